"""MMLU's rows as items: real ones in the authors' layout, made-up ones in every other."""

import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import shared_data

from pytest_rest import prompts, scoring
from pytest_rest.benchmark.suites import mmlu
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Choice, Item

MADE_UP: list[dict[str, Any]] = [
    {"question": "2 + 2?", "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": 3},
    {"question": "3?\nOr 4", "subject": "sums", "choices": ["None", "TRUE", "x", "y"], "answer": 0},
]


def raw(name: str) -> list[list[str]]:
    """The cells of a real file, read without the package."""
    with shared_data("mmlu", "test", name).open(newline="", encoding="utf-8") as file:
        return [*csv.reader(file)]


def written(folder: Path, name: str, data: str) -> Path:
    """A folder that holds one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data, "utf-8")
    return folder


def lines(*rows: dict[str, Any]) -> str:
    """The rows as JSONL."""
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.shared_data
@pytest.mark.parametrize("parts", [(), ("mmlu",), ("mmlu", "test")])
def test_real_rows_are_counted(parts: tuple[str, ...]) -> None:
    """3,135 rows of 21 subjects; one has two choices that read the same, and is named."""
    shared_data("mmlu")
    loaded = mmlu.load(shared_data(*parts))
    expected = {"rows": 3_135, "readable": 3_134, "short": 2_991, "without_latex": 2_819}
    assert [*expected.items()] == [*loaded.counts.items()]
    assert 2_819 == len(loaded.items)
    assert ("'business_ethics_test.csv', line 3: two choices read the same",) == loaded.left_out


@pytest.mark.shared_data
def test_real_rows_come_through_unchanged() -> None:
    """Each cell but for the blanks at its ends, `None`, `TRUE` and line breaks as they stand.

    What is missing is too long, has LaTeX, or is the one row with a choice twice.
    """
    items = {item.id: item for item in mmlu.load(shared_data("mmlu")).items}
    seen: Counter[str] = Counter()
    for path in sorted(shared_data("mmlu", "test").iterdir()):
        subject = path.name.removesuffix("_test.csv")
        for index, (question, *texts, letter) in enumerate(raw(path.name)):
            item = items.pop(f"mmlu-{subject}-{index:04d}", None)
            if item:
                choices = tuple(map(Choice, "ABCD", [text.strip() for text in texts]))
                own = (question.strip(), choices, letter)
                assert own == (item.question, item.choices, item.answer)
                whole = [question, *texts]
                seen["line breaks"] += any("\n" in cell.strip() for cell in whole)
                seen["blanks"] += any(cell != cell.strip() for cell in whole)
                seen["U+0085"] += "\x85" in question
                seen["None or TRUE"] += bool({"None", "TRUE"} & set(texts))
                seen["dollars"] += any("$" in cell for cell in whole)
            elif len(question.strip()) <= 800 and (subject, index) != ("business_ethics", 2):
                assert re.search(r"\$.*\$|\\|[_^]\{", "\n".join([question, *texts]), re.DOTALL)
    assert {} == items
    assert {
        "line breaks": 185,
        "blanks": 307,
        "U+0085": 1,
        "None or TRUE": 8,
        "dollars": 7,
    } == seen


@pytest.mark.shared_data
def test_repeated_questions_are_items_of_their_own() -> None:
    """The text is not a key: ids come from the place in the subject."""
    items = mmlu.load(shared_data("mmlu")).items
    repeated = len(items) - len({item.question for item in items})
    assert 35 - repeated <= 5  # the others are too long, or have LaTeX
    assert 0 < repeated
    assert len(items) == len({item.id for item in items})


@pytest.mark.shared_data
def test_both_real_layouts_give_the_same_items() -> None:
    """With a header and keys 0-3, or without and with letters."""
    items = {item.id: item for item in mmlu.load(shared_data("mmlu")).items}
    loaded = mmlu.load(shared_data("mmlu", "test_headered_intkey"))
    assert 413 == loaded.counts["rows"] == len(loaded.items)
    assert [items[item.id] for item in loaded.items] == [*loaded.items]


@pytest.mark.shared_data
def test_real_items_can_be_asked_and_scored() -> None:
    """In every form: the stem as a picture, the choices as text; their answers read as such."""
    for item in mmlu.load(shared_data("mmlu")).items:
        assert ("", "choice", "mmlu") == (item.context, item.answer_kind, item.suite)
        assert item.answer == scoring.truth(item)
        assert re.fullmatch(r"mmlu-[a-z0-9_]+-\d{4}", item.id)
        assert prompts.whole(item).startswith(item.question)


@pytest.mark.shared_data
def test_few_shot_rows_are_not_test_rows() -> None:
    """A folder of `dev` files alone holds no suite."""
    with pytest.raises(BenchmarkError, match="has no test rows of MMLU"):
        mmlu.load(shared_data("mmlu", "dev"))


EXPECTED = (
    Item(
        "mmlu-sums-0000",
        "2 + 2?",
        "D",
        choices=tuple(map(Choice, "ABCD", "1234")),
        answer_kind="choice",
        suite="mmlu",
        tags=("sums",),
    ),
    Item(
        "mmlu-sums-0001",
        "3?\nOr 4",
        "A",
        choices=tuple(map(Choice, "ABCD", ["None", "TRUE", "x", "y"])),
        answer_kind="choice",
        suite="mmlu",
        tags=("sums",),
    ),
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("test.jsonl", lines(*MADE_UP)),
        ("all/test.json", json.dumps(MADE_UP)),
        ("sums_test.csv", '2 + 2?,1,2,3,4, D\n"3?\nOr 4 ",None,TRUE,x,y,A\n'),
        (
            "test/sums_test.csv",
            'question,A,B,C,D,answer\n2 + 2?,1,2,3,4,D\n"3?\nOr 4",None,TRUE,x,y,A',
        ),
        (
            "sums_test.csv",
            'answer,Question,A,B,C,D\n3,2 + 2?,1,2,3,4\n0,"3?\r\nOr 4",None,TRUE,x,y\n',
        ),
        (
            "test.csv",
            "question,choice0,choice1,choice2,choice3,answer,subject\n2 + 2?,1,2,3,4,3,sums\n"
            '"3?\nOr 4",None,TRUE,x,y,0,sums\n',
        ),
    ],
)
def test_each_layout_gives_the_same_items(tmp_path: Path, name: str, data: str) -> None:
    """Letters or places as keys, choices in a list or in columns, a subject's or all rows."""
    assert EXPECTED == mmlu.load(written(tmp_path, name, data)).items


def test_the_hubs_own_layout_is_read(tmp_path: Path) -> None:
    """Parquet, all subjects in one file or each in a folder of its own."""
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    from pyarrow import parquet

    table = pyarrow.Table.from_pylist(MADE_UP)
    for part in ("sums", "all"):
        (tmp_path / part).mkdir()
        parquet.write_table(table, tmp_path / part / "test-00000-of-00001.parquet")
        assert EXPECTED == mmlu.load(tmp_path).items


def test_places_are_counted_in_each_subject(tmp_path: Path) -> None:
    """So that an item has one name in every layout, whatever is broken before it."""
    other = MADE_UP[0] | {"subject": "more_sums"}
    data = lines(MADE_UP[0] | {"answer": 4}, other, MADE_UP[1])
    loaded = mmlu.load(written(tmp_path, "test.jsonl", data))
    assert ["mmlu-more_sums-0000", "mmlu-sums-0001"] == [item.id for item in loaded.items]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"answer": 4}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": -1}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": True}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": 1.0}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": "E"}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": "AB"}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": ""}, "its answer is neither A to D nor 0 to 3"),
        ({"answer": None}, "its answer is neither A to D nor 0 to 3"),
        ({"choices": ["1", "2", "3"]}, "it has no list of four choices"),
        ({"choices": "['1' '2' '3' '4']"}, "it has no list of four choices"),
        ({"choices": ["1", "2", "3", None]}, "choice 'D' is not text but NoneType"),
        ({"choices": ["1", "2", "3", 4]}, "choice 'D' is not text but int"),
        ({"choices": ["1", "2", "1 ", "4"]}, "two choices read the same"),
        ({"question": " "}, "the question is empty"),
        ({"question": None}, "the question is not text but NoneType"),
        ({"subject": "a]::b"}, "its subject is not valid"),
        ({"subject": ["sums"]}, "its subject is not valid"),
    ],
)
def test_broken_rows_are_left_out(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    """And named with what is wrong; the rows around them are items."""
    data = lines(MADE_UP[0] | change, MADE_UP[1])
    loaded = mmlu.load(written(tmp_path, "test.jsonl", data))
    assert (f"'test.jsonl', line 1: {expected}",) == loaded.left_out
    assert [2, 1, 1, 1] == [*loaded.counts.values()]
