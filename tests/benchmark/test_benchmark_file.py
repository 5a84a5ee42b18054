"""Files of questions: what they may say, what becomes of it, and what is wrong with them."""

import dataclasses
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from strategies import items, lines, texts

from pytest_rest import scoring
from pytest_rest.benchmark import file as benchmark_file
from pytest_rest.benchmark.item_fields import KINDS
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import ANSWER_KINDS, AnswerKind, Choice, Item

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(
    (ROOT / "pytest_rest" / "benchmark" / "benchmark.schema.json").read_text("utf-8")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture in it."""
    (tmp_path / "pictures").mkdir()
    Picture.new("RGB", (6, 4), "red").save(tmp_path / "pictures" / "red.png")
    return tmp_path


def load(folder: Path, text: str, name: str = "mine.rest.yaml") -> benchmark_file.Benchmark:
    """The benchmark of a file with that text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return benchmark_file.load(path)


def item(folder: Path, *written: str, header: str = "") -> Item:
    """The one item of a file with these lines."""
    inner = "\n    ".join(("question: Q", *written))
    (found,) = load(folder, f"{header}\nitems:\n  - {inner}\n").items
    return found


def fault(folder: Path, text: str, name: str = "mine.rest.yaml") -> str:
    """What is said of a file with that text, without the file's own path."""
    with pytest.raises(BenchmarkError) as caught:
        load(folder, text, name)
    message = str(caught.value)
    assert 1 == len(message.splitlines())
    assert message.startswith(f"{folder / name}:")
    return message.removeprefix(f"{folder / name}:")


# What a file says


def test_a_file_is_read_with_its_defaults(folder: Path) -> None:
    """Header, defaults and items, in their order."""
    found = load(
        folder,
        """\
        name: invoices
        styles: [dejavu, courier-50dpi-red]
        context: |
          3 lamps at $12.50
          2 chairs at $41.00
        items:
          - id: total
            question: What is the total?
            answer: 119.50
            tolerance: 0.01
          - question: Which is dearer?
            choices: [lamps, chairs]
            answer: chairs
          - {question: What is 2 + 2?, answer: 4, context: "", image: pictures/red.png}
        """.replace("\n        ", "\n").lstrip(),
    )
    context = "3 lamps at $12.50\n2 chairs at $41.00"
    assert ("invoices", ("dejavu", "courier-50dpi-red")) == (found.name, found.styles)
    total, dearer, plain = found.items
    about = total.cluster
    expected = Item(
        "total", "What is the total?", "119.50", context, (), "number", "invoices", "0.01"
    )
    assert total == replace(expected, cluster=about)
    choices = (Choice("A", "lamps"), Choice("B", "chairs"))
    assert dearer == Item(
        "invoices-0002",
        "Which is dearer?",
        "chairs",
        context,
        choices,
        "choice",
        "invoices",
        cluster=about,
    )
    assert about
    assert not plain.cluster
    assert ("", "integer", str(folder / "pictures" / "red.png"), 16) == (
        plain.context,
        plain.answer_kind,
        plain.image,
        len(plain.image_digest),
    )


def test_items_that_belong_together(folder: Path) -> None:
    """By a cluster of their own, or else by a context or a picture that some of them share."""
    items = """\
items:
- {question: Q, answer: 1, cluster: prices}
- {question: R, answer: 2, cluster: prices, context: An invoice.}
- {question: S, answer: 3, context: An invoice.}
- {question: T, answer: 4, context: An invoice.}
- {question: U, answer: 5, image: pictures/red.png}
- {question: V, answer: 6, image: pictures/red.png}
- {question: W, answer: 7, context: Another one.}
"""
    found = [item.cluster for item in load(folder, items).items]
    assert ["prices", "prices", ""] == [*found[:2], found[-1]]
    assert found[2] == found[3] != found[4] == found[5] != ""
    assert len({item.digest for item in load(folder, items.replace("prices", "p")).items}) == 7
    shared = load(folder, "context: An invoice.\n" + items[: items.index("- {question: R")] * 1)
    assert ["prices"] == [item.cluster for item in shared.items]
    about_one = "context: C\nitems:\n- {question: Q, answer: 1}\n- {question: R, answer: 2}\n"
    assert ["", ""] == [item.cluster for item in load(folder, about_one).items]


def test_items_have_the_files_tags_and_their_own(folder: Path) -> None:
    """A list, or one word; each once, and the file's first; the digest does not know them."""
    items = """\
tags: sales
items:
- {question: Q, answer: 1, tags: [invoices, "2024"]}
- {question: R, answer: 2, tags: [b.c, sales, b.c]}
- {question: S, answer: 3, tags: []}
- {question: T, answer: 4, tags: größe}
"""
    loaded = load(folder, items).items
    own = [("invoices", "2024"), ("b.c",), (), ("größe",)]
    assert [("sales", *tags) for tags in own] == [item.tags for item in loaded]
    assert loaded[0].digest == load(folder, items.replace("invoices", "other")).items[0].digest


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("a b", "4: tag 'a b' is not a short word; use at most 60 letters, digits, - _ and ."),
        (f"[{'x' * 61}]", "4: tag 'xxx"),
        ("['']", "4: tag '' is not a short word"),
        ("[[a]]", "4: tags is a list of words, such as [invoices, german]"),
        ("{a: b}", "4: tags is a list of words, such as [invoices, german]"),
        (str([*range(20)]), "4: the item has 21 tags; use at most 20"),
    ],
)
def test_a_tag_is_a_short_word(folder: Path, tags: str, expected: str) -> None:
    """Of few letters, and few of them: with the file's own, too."""
    with pytest.raises(BenchmarkError) as refused:
        load(folder, f"tags: top\nitems:\n- question: Q\n  tags: {tags}\n  answer: 1\n")
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("kind: number", "number"),
        ("kind: short", "short"),
        ("choices: [a, b]", "choice"),
        ("id: x", "text"),
    ],
)
def test_an_item_may_have_no_answer(folder: Path, written: str, kind: str) -> None:
    """If its kind is said, by it or by the file, or it has choices; but not one that is empty."""
    found = item(folder, written, header="kind: text\ntolerance: 1%")
    assert (kind, "", ()) == (found.answer_kind, found.answer, found.also_right)
    assert not found.tolerance
    assert "has no answer" in fault(folder, "items:\n- question: Q\n  kind: text\n  answer:\n")


def test_a_cluster_is_a_short_name(folder: Path) -> None:
    """One line says what is wrong."""
    with pytest.raises(BenchmarkError, match=r":3: cluster '.*' is not a name; use at most 100"):
        load(folder, f"items:\n- question: Q\n  cluster: {'x' * 101}\n  answer: 1\n")


def test_json_lines_are_read(folder: Path) -> None:
    """One item a line; the first line may be a header."""
    rows = [
        {"question": "How many?", "answer": 7},
        {"id": "b", "question": "Which?", "answer": "B", "choices": ["x", "y"]},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    bare = load(folder, text, "mine.rest.jsonl")
    assert ("mine", ("mine-0001", "b")) == (bare.name, tuple(each.id for each in bare.items))
    header = json.dumps({"benchmark": "named", "context": "There are 7.", "styles": ["dejavu"]})
    named = load(folder, f"{header}\n{text}", "mine.rest.jsonl")
    assert ("named", ("dejavu",)) == (named.name, named.styles)
    assert {"There are 7."} == {each.context for each in named.items}


def test_both_formats_say_the_same(folder: Path) -> None:
    """An item is the same in YAML and in JSON Lines."""
    row = {"id": "a", "question": "Q", "answer": 1.5, "tolerance": "1%", "context": "C"}
    one = load(folder, json.dumps(row), "mine.rest.jsonl")
    assert one == load(folder, yaml.safe_dump({"items": [row]}))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine.rest.yaml", "mine"),
        ("mine.rest.yml", "mine"),
        ("My bench (2).REST.YAML", "My-bench-2-"),
        ("a.b.rest.jsonl", "a.b"),
    ],
)
def test_a_benchmark_is_named_after_its_file(folder: Path, name: str, expected: str) -> None:
    """The benchmark is called after its file, in letters that a test's name may have."""
    row = '{"question": "Q", "answer": "A"}'
    found = load(folder, row if name.endswith("jsonl") else f"items: [{row}]", name)
    assert (expected, expected) == (found.name, found.items[0].suite)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.rest.yaml", True),
        ("a.rest.yml", True),
        ("a.rest.jsonl", True),
        ("A.REST.YAML", True),
        ("a.yaml", False),
        ("rest.yaml", False),
        ("a.rest.json", False),
        ("a.rest.yaml.bak", False),
    ],
)
def test_a_benchmark_is_told_by_its_ending(name: str, expected: bool) -> None:
    """The ending says it, before anything is read."""
    assert expected == benchmark_file.is_benchmark(Path("folder") / name)


# Answers


@pytest.mark.parametrize(
    ("answer", "kind", "truth"),
    [
        ("7", "integer", "7"),
        ("-7", "integer", "-7"),
        ("+7", "integer", "7"),
        ("010", "integer", "10"),
        ("1.10", "number", "1.1"),
        ("-.5", "number", "-0.5"),
        ("7.", "number", "7"),
        ("yes", "text", "yes"),
        ("no", "text", "no"),
        ("on", "text", "on"),
        ("true", "text", "true"),
        ("12:30", "text", "12:30"),
        ("2031-03-01", "text", "2031-03-01"),
        ("1.2.3", "text", "1.2.3"),
        ("Ada Lovelace", "text", "Ada Lovelace"),
        ("'null'", "text", "null"),
        ("'~'", "text", "~"),
        ("x^2", "text", "x^2"),
    ],
)
def test_answers_are_taken_as_written(
    folder: Path, answer: str, kind: AnswerKind, truth: str
) -> None:
    """What YAML would make of it plays no part; the kind is inferred where it is plain."""
    found = item(folder, f"answer: {answer}")
    assert (kind, truth) == (found.answer_kind, scoring.truth(found))
    assert answer.strip("'") == found.answer


@pytest.mark.parametrize(
    "answer",
    [
        "'7'",
        '"7"',
        "1,000",
        "$18",
        "45%",
        "7 apples",
        "1/2",
        "0x1F",
        "1e3",
        "1_000",
        "0o17",
        ".inf",
        "'1e3'",
    ],
)
def test_a_kind_is_not_guessed(folder: Path, answer: str) -> None:
    """What may be a number or a text needs its kind."""
    written = answer.strip("'\"")
    expected = (
        f"3: answer {written!r} may be a number or a text; write a number as 1250 or 12.5 without "
        "quotes, or add kind: number, or kind: text"
    )
    assert expected == fault(folder, f"items:\n- question: Q\n  answer: {answer}\n")
    assert written == scoring.truth(item(folder, f"answer: {answer}", "kind: text"))


@pytest.mark.parametrize(
    ("kind", "answer", "truth"),
    [
        ("integer", "'1,000'", "1000"),
        ("number", "$18", "18"),
        ("number", "1/2", "0.5"),
        ("text", "7", "7"),
        ("expression", "(x+1)^2", "x^2 + 2*x + 1"),
        ("expression", "7", "7"),
    ],
)
def test_a_given_kind_counts(folder: Path, kind: str, answer: str, truth: str) -> None:
    """An item's kind decides how its answer is read; so does the file's default."""
    one = item(folder, f"answer: {answer}", f"kind: {kind}")
    other = item(folder, f"answer: {answer}", header=f"kind: {kind}")
    assert (kind, truth) == (one.answer_kind, scoring.truth(one))
    assert dataclasses.replace(one, id=other.id) == other


@pytest.mark.parametrize(
    ("choices", "answer", "truth"),
    [
        ("[a cat, a dog]", "B", "B"),
        ("[a cat, a dog]", "a dog", "B"),
        ("[a cat, a dog]", "b", "B"),
        ("[3, 4, 5]", "4", "B"),
        ("[yes, no]", "no", "B"),
        ("{1: a cat, 2: a dog}", "2", "2"),
        ("{yes: right, no: wrong}", "no", "no"),
        ("{Jan: January, Feb: February}", "February", "Feb"),
    ],
)
def test_choices_are_read_with_their_labels(
    folder: Path, choices: str, answer: str, truth: str
) -> None:
    """A list is lettered, a mapping has labels; the answer is a label, or the text of one."""
    found = item(folder, f"choices: {choices}", f"answer: {answer}")
    assert ("choice", truth) == (found.answer_kind, scoring.truth(found))


def test_an_items_own_key_goes_before_the_default(folder: Path) -> None:
    """Defaults are for the items that say nothing else."""
    header = "kind: number\ntolerance: 1%\ncontext: C\n"
    assert "1%" == item(folder, "answer: 7", header=header).tolerance
    assert "2" == item(folder, "answer: 7", "tolerance: 2", header=header).tolerance
    assert "" == item(folder, "answer: 7", "tolerance: ", header=header).tolerance
    assert "" == item(folder, "answer: x", "kind: text", header=header).tolerance
    assert "choice" == item(folder, "answer: A", "choices: [x, y]", header=header).answer_kind
    assert "" == item(folder, "answer: 7", "context: ''", header=header).context
    chosen = item(folder, "answer: no", header="choices: [yes, no]\n")
    assert "B" == scoring.truth(chosen)


def test_a_context_may_have_several_lines(folder: Path) -> None:
    """Indentation within a block stays, blank lines around it do not."""
    assert "a\n  b" == item(folder, "answer: x", "context: |", "", "  a", "    b", "").context


def test_fields_have_kinds_of_their_own(folder: Path) -> None:
    """Inferred as an item's are, and a date as ISO has it is one."""
    written = "fields: {a: 7, b: 1.50, c: Ada, d: 2031-03-15, e: {answers: [x, y], kind: short}}"
    found = item(folder, written, header="kind: text\ntolerance: 1%\nchoices: [x, y]")
    kinds = {field.name: (field.answer, field.kind) for field in found.fields}
    numbers = {"a": ("7", "integer"), "b": ("1.50", "number"), "c": ("Ada", "text")}
    assert {**numbers, "d": ("2031-03-15", "date"), "e": ("x", "short")} == kinds
    assert ("fields", ("y",), ()) == (found.answer_kind, found.fields[-1].also_right, found.choices)


def test_a_field_has_a_tolerance_of_its_own(folder: Path) -> None:
    """And the default of the file is not its own."""
    written = "fields: {a: {answer: 119.50, kind: number, tolerance: 0.01}, b: 7}"
    found = item(folder, written, header="tolerance: 1%")
    assert ["0.01", ""] == [field.tolerance for field in found.fields]


def test_an_item_may_have_several_answers(folder: Path) -> None:
    """Any of them is right; the kind is what all of them are."""
    several = item(folder, "answers: [Ada, 'Ada Lovelace']", "kind: short")
    assert ("Ada", ("Ada Lovelace",)) == (several.answer, several.also_right)
    assert ("ada", "ada lovelace") == scoring.truths(several)
    assert "number" == item(folder, "answers: [7, 7.5]").answer_kind
    assert "text" == item(folder, "answers: [x, y]").answer_kind


# What is wrong


FIELDS = "items:\n- question: Q\n  fields: "
ONE = "items:\n- question: Q\n  answer: x\n"
DEFAULTS = (
    "kind, context, choices, tolerance, image, table, images, document, pages, "
    "day_first, code, language, layout, equivalence, tags"
)
KEYS = f"id, question, answer, answers, fields, cluster, answer_page, {DEFAULTS}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: does not begin with a key; write items: and the list below it"),
        ("- question: Q\n", "1: does not begin with a key; write items: and the list below it"),
        ("hello", "1: does not begin with a key; write items: and the list below it"),
        ("name: x\n", "1: has no items; write at least a question and its answer"),
        ("name: x\nitems:\n", "2: has no items; write at least a question and its answer"),
        ("items: []", "1: has no items; write at least a question and its answer"),
        ("items: none", "1: items is not a list; begin each item with a dash"),
        ("items: {question: Q}", "1: items is not a list; begin each item with a dash"),
        (ONE + "  answers: [x]\n", "4: the item has answer and answers; write one of them"),
        ("items:\n- question: Q\n  answers: x\n", "3: answers is a list, such as [this, that]"),
        ("items:\n- question: Q\n  answers: []\n", "3: answers is a list, such as [this, that]"),
        (
            "items:\n- question: Q\n  answers: [x, x]\n",
            "3: one of the answers is there twice; remove it",
        ),
        (
            "items:\n- question: Q\n  answers: [7, x]\n",
            "3: the answers are of kinds integer, text; say which: kind: short",
        ),
        ("items:\n- Q\n", "2: an item needs keys, at least question: and answer:"),
        (
            "items:\n- answer: x\n",
            "2: the item has no question; write question: and what is asked",
        ),
        (
            "items:\n- question: Q\n",
            "2: the item has no answer; write answer: and the right one, or where nobody knows it "
            "say what it is: kind: number",
        ),
        (
            "items:\n- question: Q\n  answer: null\n",
            "3: the item has no answer; write answer: and the right one, in quotes if it is null",
        ),
        (
            "items:\n- question: Q\n  answer: [x]\n",
            "3: the answer is a list; say kind: list, or set; or answers: if each of them is right",
        ),
        (
            "items:\n- question: Q\n  answer: {x: y}\n",
            "3: 'answer' is a list or a mapping; write one text",
        ),
        (
            "items:\n- question: Q\n  kind: set\n  answer: [x, ' ']\n",
            "4: an element of the answer is empty; write a text, or drop it",
        ),
        (
            "items:\n- question: Q\n  anwser: x\n",
            f"3: unknown key 'anwser'; did you mean 'answer' or 'answers'?; known are {KEYS}",
        ),
        (
            "nam: x\n" + ONE,
            "1: unknown key 'nam'; did you mean 'name'?; known are "
            f"name, styles, {DEFAULTS}, items",
        ),
        (ONE + "  answer: y\n", "4: key 'answer' is given twice, first in line 3; remove one"),
        (
            "items:\n- {id: a, question: Q, answer: x}\n- {id: a, question: Q, answer: x}\n",
            "3: id 'a' is already used in line 2; give this item another",
        ),
        (
            "items:\n- {id: mine-0002, question: Q, answer: x}\n- {question: Q, answer: x}\n",
            "3: id 'mine-0002' is already used in line 2; give this item another",
        ),
        (
            ONE + "  id: " + "x" * 101 + "\n",
            "4: id '" + "x" * 40 + "..." + "x" * 15 + "' is not a name; use at most 100 characters",
        ),
        (ONE + '  id: "a\\nb"\n', "4: id 'a\\nb' is not a name; use at most 100 characters"),
        (
            "name: mean\n" + ONE,
            "1: name 'mean' is a word of the report; use letters, digits, - _ and .",
        ),
        ("name: a/b\n" + ONE, "1: name 'a/b' is not a short word; use letters, digits, - _ and ."),
        (
            ONE + "  kind: textt\n",
            "4: unknown kind 'textt'; did you mean 'text'?; known are " + ", ".join(ANSWER_KINDS),
        ),
        (ONE + "  kind: fields\n", "4: kind fields needs fields: {total: 119.50}"),
        (
            ONE + "  fields: {a: 7}\n",
            "3: an item with fields has no answer of its own; write it in a field",
        ),
        (
            FIELDS + "{a: 7, A: 8}\n",
            "3: fields 'a' and 'A' are too alike",
        ),
        (
            FIELDS + "{}\n",
            "3: fields has 1 to 100 names with their answers, such as {total: 119.50}",
        ),
        (
            FIELDS + "{a b: 7}\n",
            "3: field 'a b' is not a short word; begin with a letter, and use at most 60 "
            "letters, digits, - _ and .",
        ),
        (
            FIELDS + "{a: {answer: 7, kind: choice}}\n",
            "3: unknown kind 'choice' of a field; known are " + ", ".join(KINDS),
        ),
        (
            FIELDS + "{a: {answer: x, tolerance: 1}}\n",
            "3: item 'mine-0001.a' of 'mine': only a number has a tolerance, and its answer is "
            "of kind 'text'; leave the tolerance out",
        ),
        (
            FIELDS + "{a: {answer: 03/04/2031, kind: date}}\n",
            "3: item 'mine-0001.a' of 'mine': its answer '03/04/2031' is not a valid date; give"
            " a date, such as 2031-03-15; of 03/04/2031 say day_first: true, or false",
        ),
        (
            FIELDS + "{a: 7}\n  choices: [x, y]\n",
            "4: an item with fields has no choices of its own; write it in a field",
        ),
        (FIELDS + "{a: 7}\n  kind: text\n", "4: an item with fields is of kind fields, not text"),
        (
            ONE.replace("x", "2031-03-15") + "  kind: date\n  day_first: perhaps\n",
            "5: day_first is true, or false",
        ),
        (ONE + "  kind: choice\n", "4: a choice needs choices: [this, that]"),
        (
            ONE + "  choices: [x, y]\n  kind: text\n",
            "5: an item with choices is of kind choice",
        ),
        (ONE + "  choices: x\n", "4: choices is a list, such as [this, that]"),
        (
            ONE + "  choices: [x]\n",
            "4: choices are two texts or more, each with a label of its own",
        ),
        (
            ONE + "  choices: [x, '']\n",
            "4: choices are two texts or more, each with a label of its own",
        ),
        (
            ONE + "  choices: {a: x, A: y}\n",
            "4: choices are two texts or more, each with a label of its own",
        ),
        (
            ONE + f"  choices: {list(range(27))}\n",
            "4: has more choices than letters; give them labels",
        ),
        (
            ONE + "  choices: [y, z]\n",
            "3: item 'mine-0001' of 'mine': its answer 'x' is not a valid choice; give one of A, "
            "B, or the text of a choice",
        ),
        (
            "items:\n- question: Q\n  answer: B\n  choices: [B, A]\n",
            "3: answer 'B' is one choice's label and another one's text; "
            "give the choices other labels",
        ),
        (
            ONE + "  kind: number\n",
            "3: item 'mine-0001' of 'mine': its answer 'x' is not a valid number; "
            "give a number, such as 12.5 or 1/3",
        ),
        (
            "items:\n- {question: Q, answer: 7.5, kind: integer}\n",
            "2: answer '7.5' is not a whole number; say kind: number",
        ),
        (
            "items:\n- question: Q\n  answer: 1e99\n  kind: number\n",
            "3: item 'mine-0001' of 'mine': its answer '1e99' is not a valid number; "
            "give a number, such as 12.5 or 1/3",
        ),
        (
            ONE + "  tolerance: 1\n",
            "4: item 'mine-0001' of 'mine': only a number has a tolerance, and its answer is of "
            "kind 'text'; leave the tolerance out",
        ),
        (
            "items:\n- question: Q\n  answer: 7\n  tolerance: little\n",
            "4: item 'mine-0001' of 'mine': tolerance 'little' is neither a number nor a "
            "percentage; give a number, such as 0.05, or a percentage of the answer, such as 1%",
        ),
        ("styles: [[a]]\n" + ONE, "1: styles is a list of names, such as [courier-50dpi]"),
        (
            ONE + "  image: /etc/passwd\n",
            "4: image '/etc/passwd': give a path below the file's folder",
        ),
        (ONE + "  image: ../a.png\n", "4: image '../a.png': give a path below the file's folder"),
        (
            ONE + "  image: pictures/../../a.png\n",
            "4: image 'pictures/../../a.png': give a path below the file's folder",
        ),
        (
            ONE + "  image: https://x.org/a.png\n",
            "4: image 'https://x.org/a.png': give a path below the file's folder",
        ),
        (
            ONE + "  image: 'C:\\a.png'\n",
            "4: image 'C:\\\\a.png': give a path below the file's folder",
        ),
        (ONE + "  <<: {kind: text}\n", f"4: unknown key '<<'; known are {KEYS}"),
        ("items:\n\t- question: Q\n", "2: a tab indents it; indent with spaces"),
    ],
)
def test_mistakes_are_reported_with_their_line(folder: Path, text: str, expected: str) -> None:
    """File, line, what is wrong, and what mends it."""
    assert expected == fault(folder, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: has no items; write at least a question and its answer"),
        ('{"benchmark": "x"}', "1: has no items; write at least a question and its answer"),
        ('\n"Q"\n', "2: an item needs keys, at least question: and answer:"),
        (
            '{"benchmark": "x", "items": []}',
            "1: unknown key 'items'; known are "
            f"benchmark, styles, {DEFAULTS}",
        ),
        (
            '{"question": "Q", "answer": "x"}\n{"question": "Q"}\n',
            "2: the item has no answer; write answer: and the right one, or where nobody knows it "
            "say what it is: kind: number",
        ),
        (
            '{"question": "Q", "kind": "number", "tolerance": "1%"}\n',
            "1: a tolerance is around the answer, and the item has none; leave it out",
        ),
        (
            '{"question": "Q", "answer": "7"}\n',
            "1: answer '7' may be a number or a text; write a number as 1250 or 12.5 without "
            "quotes, or add kind: number, or kind: text",
        ),
        ("{'question': 'Q'}", "1: is not JSON: Expecting property name enclosed in double quotes, "
         "at character 2; write one object on the line"),
    ],
)  # fmt: skip
def test_mistakes_in_json_lines_are_reported_with_their_line(
    folder: Path, text: str, expected: str
) -> None:
    """The same of a file of JSON Lines."""
    assert expected == fault(folder, text, "mine.rest.jsonl")


def test_an_unknown_style_is_reported(folder: Path) -> None:
    """The renderer's own words, at the line of the name."""
    found = fault(folder, "styles:\n- dejavu\n- comic\n" + ONE)
    assert found.startswith("3: unknown style 'comic': 'comic' is not a font")


def test_a_picture_that_cannot_be_shown_is_reported(folder: Path) -> None:
    """The picture's own fault, at the line that names it."""
    found = fault(folder, ONE + "  image: none.png\n")
    path = str(folder / "none.png")
    assert f"4: picture {path!r} is not a file; check its path" == found


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A benchmark's folder with a picture, links to it, and links that leave the folder."""
    folder, outside = tmp_path / "mine", tmp_path / "mine-too"
    for path in (folder / "own", outside):
        path.mkdir(parents=True)
        Picture.new("RGB", (4, 4), "red").save(path / "a.png")
    (folder / "inside.png").symlink_to("own/a.png")
    (folder / "out.png").symlink_to(outside / "a.png")
    (folder / "chain.png").symlink_to("out.png")
    (folder / "near.png").symlink_to("../mine-too/a.png")
    (folder / "pictures").symlink_to(outside)
    (folder / "gone.png").symlink_to("/none/a.png")
    (folder / "loop.png").symlink_to("loop.png")
    return folder


LEAVES = "4: image {!r}: a link leaves the file's folder; copy it"


@pytest.mark.parametrize(
    "name", ["out.png", "chain.png", "near.png", "pictures/a.png", "own/../out.png", "gone.png"]
)
def test_a_link_that_leaves_the_folder_is_not_followed(linked: Path, name: str) -> None:
    """A file that came from elsewhere must not send what else lies on this machine."""
    assert LEAVES.format(name) == fault(linked, ONE + f"  image: {name}\n")
    path = linked / "mine.rest.jsonl"
    path.write_text(f'{{"question": "1?", "answer": 1, "image": "{name}"}}\n')
    with pytest.raises(BenchmarkError, match=r"jsonl:1: image .* leaves the file's folder"):
        benchmark_file.load(path)


def test_a_link_within_the_folder_is_followed(linked: Path) -> None:
    """Wherever the folder itself was linked to; one that goes in circles is no traceback."""
    other = linked.parent / "elsewhere"
    other.symlink_to(linked)
    (linked / "mine.rest.yaml").write_text(ONE + "  image: inside.png\n")
    loaded = [benchmark_file.load(path / "mine.rest.yaml").items[0] for path in (linked, other)]
    assert loaded[0].image_digest == loaded[1].image_digest != ""
    assert fault(linked, ONE + "  image: loop.png\n").startswith("4: picture ")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff\xfei\x00", " is UTF-16; save it as UTF-8 text"),
        (b"items:\n- question: caf\xe9\n", "2: the byte 0xE9 is not UTF-8; save it as UTF-8"),
        (b"\x7fELF\x00\x00", " is not text; save it as UTF-8 text"),
    ],
)
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """Binary files and other encodings, where no line is to blame and where one is."""
    path = tmp_path / "mine.rest.yaml"
    path.write_bytes(content)
    with pytest.raises(BenchmarkError) as caught:
        benchmark_file.load(path)
    assert f"{path}:{expected}" == str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """No file, or a folder in its place."""
    for path in (tmp_path / "none.rest.yaml", tmp_path):
        with pytest.raises(BenchmarkError, match=r"cannot be read: .*; check its path"):
            benchmark_file.load(path)


def test_thousands_of_items_are_read_in_seconds(folder: Path) -> None:
    """A file of thousands of items is read in a second or two, and aliases do not expand."""
    start = time.process_time()
    rows = "\n".join(
        f"- {{question: Is {n} odd?, answer: {n}, context: *long }}" for n in range(3000)
    )
    found = load(folder, f"context: &long {'x' * 10_000}\nitems:\n{rows}\n")
    assert time.process_time() - start < 5.0
    assert 3000 == len({each.id for each in found.items})
    assert 1 == len({id(each.context) for each in found.items})


# Laws


def dumped(found: list[Item]) -> dict[str, Any]:
    """Items as a file says them."""
    rows = []
    for each in found:
        row: dict[str, Any] = {"id": each.id, "question": each.question, "answer": each.answer}
        row["kind"] = each.answer_kind
        optional = {"context": each.context, "tolerance": each.tolerance}
        row |= {key: value for key, value in optional.items() if value}
        if each.choices:
            row["choices"] = {choice.label: choice.text for choice in each.choices}
        rows.append(row)
    return {"name": "own", "items": rows}


def own_id(item: Item) -> str:
    """An item's name."""
    return item.id


def own_context(item: Item) -> str:
    """An item's context, if any: a file's items that share theirs are in one cluster."""
    return item.context or f"none of {item.id}"


@given(st.lists(items(), min_size=1, max_size=4, unique_by=(own_id, own_context)))
@settings(max_examples=40, deadline=None)
def test_what_was_dumped_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, found: list[Item]
) -> None:
    """Items that are written as YAML or JSON Lines are loaded as they were."""
    found = [dataclasses.replace(each, suite="own") for each in found]
    for each in found:  # a text that is another choice's label is refused
        texts = {choice.text.strip().casefold() for choice in each.choices}
        assume(each.answer.casefold() not in texts)
    folder = tmp_path_factory.getbasetemp()
    file = dumped(found)
    assert tuple(found) == load(folder, yaml.safe_dump(file)).items
    rows = [{"benchmark": "own"}, *file["items"]]
    text = "\n".join(json.dumps(row) for row in rows)
    assert tuple(found) == load(folder, text, "mine.rest.jsonl").items


@given(
    st.dictionaries(
        st.sampled_from([*benchmark_file.ITEM_KEYS, "other"]),
        lines(max_size=8) | texts(8) | st.lists(lines(max_size=4), max_size=3) | st.integers(),
        max_size=6,
    ),
    st.sampled_from(["mine.rest.yaml", "mine.rest.jsonl"]),
)
@settings(max_examples=100, deadline=None)
def test_any_item_is_loaded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any], name: str
) -> None:
    """A benchmark whose answers can be judged, or one line with a place."""
    path = tmp_path_factory.getbasetemp() / name
    file = json.dumps(row) if name.endswith("jsonl") else json.dumps({"items": [row]})
    path.write_text(file, "utf-8")
    try:
        (found,) = benchmark_file.load(path).items
    except BenchmarkError as error:
        assert (1, True) == (len(str(error).splitlines()), str(error).startswith(f"{path}:"))
    else:
        assert scoring.truth(found)


@given(st.binary(max_size=80) | st.text("items: -[]{}\n\tqa&*'\"!", max_size=60).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_file_is_loaded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Whatever the bytes, nothing but a benchmark or a `BenchmarkError` comes of them."""
    for name in ("mine.rest.yaml", "mine.rest.jsonl"):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(content)
        try:
            benchmark_file.load(path)
        except BenchmarkError as error:
            assert 1 == len(str(error).splitlines())


# The schema, for editors


def test_the_schema_knows_the_same_keys() -> None:
    """What an editor offers is what is read."""
    assert set(benchmark_file.HEADER_KEYS) == set(SCHEMA["properties"])
    assert set(benchmark_file.ITEM_KEYS) == set(SCHEMA["$defs"]["item"]["properties"])
    assert list(ANSWER_KINDS) == SCHEMA["$defs"]["kind"]["enum"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("items: [{question: Q, answer: 7}]", True),
        ("name: x\nstyles: dejavu\nitems: [{question: Q, answer: x, choices: [x, y]}]", True),
        ("items: [{question: Q, answer: x, choices: {1: x, 2: y}, image: null}]", True),
        ("items: [{question: Q, answer: 7, tolerance: 1%, kind: number}]", True),
        ("tags: [a, 2024]\nitems: [{question: Q, answer: 7, tags: b.c}]", True),
        ("items: [{question: Q, answer: 7, tags: [a b]}]", False),
        ("kind: text\nitems: [{question: Q}]", True),
        ("items: [{question: Q, kind: number}, {question: Q, choices: [x, y]}]", True),
        ("items: [{question: Q, answer: x, answers: [y]}]", False),
        ("items: []", False),
        ("items: [{question: Q}]", False),
        ("items: [{question: Q, anwser: 7}]", False),
        ("items: [{question: Q, answer: [7], kind: list}]", True),
        ("items: [{question: Q, answer: {a: 7}}]", False),
        ("items: [{question: Q, fields: {a: 7, b: {answer: [x], kind: set}}}]", True),
        ("items: [{question: Q, fields: {a: {answer: x, kind: choice}}}]", False),
        ("items: [{question: Q, answer: '2031-03-15', kind: date, day_first: true}]", True),
        ("items: [{question: Q, answer: 7, kind: textt}]", False),
        ("items: [{question: Q, answer: x, choices: [x]}]", False),
    ],
)
def test_the_schema_accepts_the_same(folder: Path, text: str, expected: bool) -> None:
    """What an editor underlines is what is refused."""
    jsonschema = pytest.importorskip("jsonschema")
    data = json.loads(json.dumps(yaml.safe_load(text)))  # the keys of JSON are texts
    assert expected == jsonschema.Draft202012Validator(SCHEMA).is_valid(data)
    try:
        load(folder, text)
    except BenchmarkError:
        assert not expected
    else:
        assert expected


# The example


def test_the_example_is_read() -> None:
    """Every kind of item is there, each can be judged, and an editor finds nothing wrong."""
    path = ROOT / "examples" / "own_benchmark" / "invoices.rest.yaml"
    found = benchmark_file.load(path)
    kinds = {each.answer_kind for each in found.items}
    assert {"integer", "number", "choice", "text", "expression"} == kinds
    assert (True, True) == (3 <= len(found.items) <= 10, any(each.image for each in found.items))
    assert all(scoring.truth(each) for each in found.items)
    assert all(each.context or each.choices for each in found.items)  # each has a mixed form
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 (texts only)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)


def test_the_examples_picture_is_small() -> None:
    """A chart of a few kilobytes, beside the script that draws it."""
    folder = ROOT / "examples" / "own_benchmark" / "pictures"
    assert (folder / "draw.py").is_file()
    assert (folder / "sales.png").stat().st_size < 10_000


def test_a_csv_has_an_item_a_row(tmp_path: Path) -> None:
    """Headings are keys, an empty cell is a key that is not there, and lists are joined by |."""
    path = tmp_path / "own.rest.csv"
    path.write_text(
        "question;answer;answers;choices;context;kind\n"
        "How many?;7;;;Seven pens;\n"
        "Who?;;Ada | Ada Lovelace;;;short\n"
        '"Which\n""one""?";b;;a pen|b;Ink;\n'
    )
    number, short, choice = benchmark_file.load(path).items
    assert ("own", "integer", "Seven pens") == (number.suite, number.answer_kind, number.context)
    assert ("Ada", ("Ada Lovelace",), "short") == (
        *(short.answer, short.also_right),
        short.answer_kind,
    )
    assert ['Which\n"one"?', "A", "a pen"] == [
        *(choice.question, choice.choices[0].label),
        choice.choices[0].text,
    ]
    assert {"own-0001": 2, "own-0002": 3, "own-0003": 4} == benchmark_file.load(path).lines


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", ":1: has no items"),
        ("question,answer\n", ":1: has no items"),
        ("question,anser\na,b\n", ":1: unknown key 'anser'; did you mean 'answer'"),
        ("question,answer,answer\na,b,c\n", ":1: a heading is there twice"),
        ("question,answer\na,b,c\n", ":2: the row has 3 cells, and there are 2 headings"),
        ("question,answer\na,b\nc,\n", ":3: the item has no answer"),
        ('question,answer\na,"b\n', ":2: is not CSV"),
    ],
)
def test_a_csv_that_cannot_be_read_is_told_by_its_line(tmp_path: Path, text: str, why: str) -> None:
    """As of any other benchmark file."""
    path = tmp_path / "own.rest.csv"
    path.write_text(text)
    with pytest.raises(BenchmarkError) as told:
        benchmark_file.load(path)
    assert f"own.rest.csv{why}" in str(told.value)
