"""Rows of every layout that users have on disk, hostile ones too; REST's filters; the draw."""

import bz2
import gzip
import json
import lzma
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import shared_data

from pytest_rest.benchmark.suites import hub, rows
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Choice, Item

ROWS: tuple[dict[str, Any], ...] = (
    {"question": 'Who said\n"one, two"\x85?', "answer": "TRUE"},
    {"question": "नमस्ते?", "answer": "None"},
)
TABLE = 'question,answer\n"Who said\n""one, two""\x85?",TRUE\nनमस्ते?,None\n'
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
SOURCE = hub.DataSource("Quiz", "some/quiz", "0" * 40, (), "quiz", (r"/test$",))
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def written(folder: Path, name: str, data: str | bytes) -> Path:
    """A file in a folder."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def cells(path: Path, *columns: str) -> list[Mapping[str, Any]]:
    """The rows of a file, none of them broken."""
    found = [*rows.read(path, columns)]
    assert [] == [row.wrong for row in found if row.wrong]
    return [row.cells for row in found]


def broken(path: Path, *columns: str) -> list[str]:
    """What is wrong with the rows of a file, each with its place."""
    return [f"{row.place}: {row.wrong}" for row in rows.read(path, columns) if row.wrong]


def quiz(row: rows.SourceRow) -> Item:
    """The simplest item: its question names it."""
    question = rows.text(row.cells.get("question"), "the question")
    return Item(question[:20], question, rows.text(row.cells.get("answer"), "the answer"))


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("test.jsonl", LINES),
        ("test.jsonl", "\ufeff" + LINES.replace("\n", "\r\n\r\n")),
        ("test.json", json.dumps(ROWS)),
        ("test.json", LINES),
        ("test.json", json.dumps({"rows": [{"row_idx": 3, "row": row} for row in ROWS]})),
        ("test.json", json.dumps({"data": ROWS})),
        ("TEST.CSV", TABLE),
        ("test.csv", "\ufeff" + TABLE),
        ("test.csv", TABLE.partition("\n")[2]),
    ],
)
def test_each_layout_gives_the_same_rows(
    tmp_path: Path, packing: str, name: str, data: str
) -> None:
    """Line breaks in cells, U+0085, quotes, `TRUE` and `None` come through all of them."""
    path = written(tmp_path, name + packing, PACKERS[packing](data.encode()))
    assert [*ROWS] == cells(path, "question", "answer")


@pytest.mark.parametrize("name", ["test.parquet", "test.arrow"])
def test_columnar_files_give_the_same_rows(tmp_path: Path, name: str) -> None:
    """Parquet as the hub has it, and Arrow streams as `save_to_disk` writes them."""
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    from pyarrow import ipc, parquet

    table = pyarrow.Table.from_pylist([*ROWS])
    path = tmp_path / name
    if name == "test.parquet":
        parquet.write_table(table, path)
    else:
        with ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table)
    assert [*ROWS] == cells(path)


@pytest.mark.parametrize("name", ["test.parquet", "test.arrow"])
def test_damaged_columnar_files_are_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With pyarrow or without, in one line."""
    path = written(tmp_path, name, b"PAR1" + b"\xff" * 40)
    if "pyarrow" not in sys.modules:
        pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    with pytest.raises(BenchmarkError, match=r"test\.(parquet|arrow)' cannot be read: "):
        [*rows.read(path)]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BenchmarkError, match=r"pip install 'pytest-rest\[datasets\]'"):
        [*rows.read(path)]


def test_a_tsv_has_no_quotes(tmp_path: Path) -> None:
    """TSV as MGSM has it: a quotation mark is a character like another."""
    path = written(tmp_path, "test.tsv", '"How many?\t114,200\nB"?\t5\n')
    expected = [{"question": '"How many?', "answer": "114,200"}, {"question": 'B"?', "answer": "5"}]
    assert expected == cells(path, "question", "answer")


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("parts", "n"),
    [(("mgsm", f"mgsm_{name}.tsv"), 250) for name in ("zh", "ja", "th", "bn", "te", "ru", "en")]
    + [(("gsm8k", "test.first300.jsonl"), 300)],
)
def test_real_files_are_read(parts: tuple[str, str], n: int) -> None:
    """Every row of MGSM and GSM8K, in every script, has a question and an answer."""
    found = cells(shared_data(*parts), "question", "answer")
    assert n == len(found)
    assert [{"question", "answer"}] * n == [set(each) for each in found]
    assert all(rows.text(each[name], name) for each in found for name in each)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', "line 2: it is not JSON: 'utf-8' codec can't"),
        ("a.jsonl", b'{"a"\n', "line 1: it is not JSON: Expecting ':' delimiter"),
        ("a.jsonl", b"[" * 100_000, "line 1: it is not JSON: "),
        ("a.jsonl", b"9" * 5_000, "line 1: it is not JSON: Exceeds the limit"),
        ("a.jsonl", b'"\\u001b[2J"\n', "line 1: it is not an object"),
        ("a.json", b'[{"a": 1}, 7]', "row 2: it is not an object"),
        ("a.json", b"null", "row 1: it is not an object"),
        ("a.json", b"[" * 100_000, "line 1: it is not JSON: "),
        ("a.csv", b"a,b\n1,2\n3\n", "line 3: it has 1 cells, not 2"),
        ("a.csv", b'a,b\n1,"2\n', "line 2: it is not a row of a table: unexpected end of data"),
        ("a.csv", b'a,b\n1,"2"3\n', "line 2: it is not a row of a table: ',' expected after"),
        ("a.csv", b"a,b\n1,%s\n" % (b"x" * 200_000), "line 2: it is not a row of a table: field"),
        ("a.csv", b"a,b\r1,2\r", "line 1: it is not a row of a table: new-line character"),
    ],
)
def test_broken_rows_are_named(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    """Each with its line, and none of what it says; the rows around it are read."""
    found = broken(written(tmp_path, name, data))
    assert [True] == [each.startswith(expected) and len(each) < 120 for each in found]


def test_rows_after_a_broken_one_are_read(tmp_path: Path) -> None:
    """A cell with a quote too many costs its own row."""
    path = written(tmp_path, "a.csv", 'a,b\n1,"2"3\n4,5\n')
    assert [{}, {"a": "4", "b": "5"}] == [row.cells for row in rows.read(path)]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl", b" " * (2**20 + 1), "has more than 1,048,576 bytes in line 1"),
        ("a.csv.gz", gzip.compress(bytes(2**20)) * 64, "has more than 1,048,576 bytes in line 1"),
        ("a.jsonl.gz", b"\x1f\x8bnot", "cannot be read: "),
        ("a.jsonl.gz", gzip.compress(bytes(range(99)))[:60], "cannot be read: "),
        ("a.jsonl.bz2", b"not", "cannot be read: "),
        ("a.jsonl.xz", b"not", "cannot be read: "),
    ],
    ids=["long-line", "bomb", "no-gzip", "cut-gzip", "no-bz2", "no-xz"],
)
def test_hostile_files_are_refused(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    """In one line that names the file: giant lines, bombs, damage."""
    path = written(tmp_path, name, data)
    with pytest.raises(BenchmarkError) as caught:
        [*rows.read(path)]
    assert f"'{path}' {reason}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_size_is_checked_first(tmp_path: Path) -> None:
    """A file over 512 MB is not read at all (this one is a hole)."""
    path = written(tmp_path, "a.jsonl", b"")
    os.truncate(path, 2**29 + 1)
    start = time.perf_counter()
    with pytest.raises(BenchmarkError, match=r"has 536,870,913 bytes; more than 536,870,912"):
        [*rows.read(path)]
    assert time.perf_counter() - start < 1


def test_what_a_file_unpacks_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many short lines swell too, and so do many rows."""
    path = written(tmp_path, "a.jsonl.gz", gzip.compress(b"{}\n" * 9_000))
    assert 9_000 == len([*rows.read(path)])
    with monkeypatch.context() as patch:
        patch.setattr(hub, "MAX_BYTES", 20_000)
        with pytest.raises(BenchmarkError, match="unpacks to more than 20,000 bytes"):
            [*rows.read(path)]
    monkeypatch.setattr(rows, "_MAX_ROWS", 8_999)
    with pytest.raises(BenchmarkError, match="has more than 8,999 rows"):
        [*rows.read(path)]
    monkeypatch.setattr(rows, "_MAX_DOCUMENT", 999)
    with pytest.raises(BenchmarkError, match="has more than 999 bytes; give it as JSONL, a row a"):
        [*rows.read(written(tmp_path, "a.json.gz", gzip.compress(b" " * 1_000)))]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    """A pipe would be waited for without an end."""
    os.mkfifo(tmp_path / "a.jsonl")
    with pytest.raises(BenchmarkError, match=r"a\.jsonl' is not a file"):
        [*rows.read(tmp_path / "a.jsonl")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" \ta\r\nb\rc \n", "a\nb\nc"),
        ("create\x85...", "create\x85..."),
        ("None", "None"),
        ("  ", "it is empty"),
        (None, "it is not text but NoneType"),
        (float("nan"), "it is not text but float"),
        (True, "it is not text but bool"),
        ([[]], "it is not text but list"),
        ("a\0b", "it holds U+0000"),
        ("\x1b[2J", "it holds U+001B"),
        ("a\ud800", "it holds U+D800"),
        (b"a\xffb".decode("utf-8", "surrogateescape"), "it is not UTF-8"),
    ],
)
def test_a_cell_is_text_or_broken(value: object, expected: str) -> None:
    """Blanks at the ends go, line ends become one kind; what cannot be shown breaks the row."""
    try:
        assert expected == rows.text(value, "it")
    except rows.RowError as error:
        assert expected == str(error)


@pytest.mark.parametrize(
    ("labels", "texts", "expected"),
    [
        ("AB", ["one"], "there are 2 labels for 1 choices"),
        ("A", ["one"], "it has fewer than two choices"),
        ("AA", ["one", "two"], "two choices have one label"),
        ("AB", ["one  two", "one two"], "two choices read the same"),
        ("AB", ["one", ""], "choice 'B' is empty"),
        ([1, 2], ["one", "two"], "a label is not text but int"),
    ],
)
def test_choices_are_told_apart(labels: Any, texts: list[str], expected: str) -> None:
    """By label and by text, or the row is broken."""
    with pytest.raises(rows.RowError) as caught:
        rows.choices(labels, texts)
    assert expected == str(caught.value)
    assert 2 == len(rows.choices("12", ["WW", "Ww"]))


def test_rows_become_items(tmp_path: Path) -> None:
    """Rows, readable rows and what each filter leaves are counted; broken rows have a line each."""
    data = ["Short?", "x" * 801, r"\frac12", "", "Short?", "y" * 800]
    lines = [json.dumps({"question": question, "answer": "7"}) for question in data]
    path = written(tmp_path, "test.jsonl", "\n".join([*lines, "{"]))
    loaded = rows.load(SOURCE, path, quiz)
    assert ["Short?", "y" * 20] == [item.id for item in loaded.items]
    assert [("rows", 7), ("readable", 4), ("short", 3), ("without_latex", 2)] == [
        *loaded.counts.items()
    ]
    assert (
        "'test.jsonl', line 4: the question is empty",
        "'test.jsonl', line 5: there is already an item 'Short?'",
        "'test.jsonl', line 7: it is not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
    ) == loaded.left_out


def test_the_list_of_broken_rows_is_bounded(tmp_path: Path) -> None:
    """However many rows are broken; the counts say all of them."""
    path = written(tmp_path, "test.jsonl", "7\n" * 1_500 + LINES)
    loaded = rows.load(SOURCE, path, quiz, filters={})
    assert 1_001 == len(loaded.left_out)
    assert "and 500 rows more" == loaded.left_out[-1]
    assert {"rows": 1_502, "readable": 2} == loaded.counts


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", "none of 0 rows is a row of Quiz"),
        (
            "7\n8\n",
            "none of 2 rows is a row of Quiz; the first: 'test.jsonl', line 1: it is not an obj",
        ),
    ],
)
def test_a_source_without_a_readable_row_is_refused(
    tmp_path: Path, data: str, expected: str
) -> None:
    """A file of another data set is never an empty suite."""
    with pytest.raises(BenchmarkError, match=expected):
        rows.load(SOURCE, written(tmp_path, "test.jsonl", data), quiz, filters={})


@pytest.mark.parametrize(
    ("context", "question", "expected"),
    [
        ("", "x" * 800, True),
        ("", "x" * 801, False),
        ("x" * 399, "x" * 400, True),
        ("x" * 400, "x" * 400, False),
    ],
)
def test_questions_are_short(context: str, question: str, expected: bool) -> None:
    """800 characters of context, a blank and question pass; choices are not counted."""
    choices = (Choice("A", "x" * 900), Choice("B", "y"))
    item = Item("i", question, "A", context=context, choices=choices, answer_kind="choice")
    assert expected == rows.is_short(item)


LATEX = (
    r"Compute \frac{1}{2}.",
    r"so that \(x\) is",
    r"so that \[x\] is",
    r"\begin{align}",
    r"for all a \in A",
    "Water is H_{2}O.",
    "C^{14}",
    "Find $x$.",
    "If $n,$ and",
    "the point $(1,5)$?",
    "Simplify $x^2 + 3$ now.",
    "If $x - y = 7$, then",
    "sum to $19$?",
    "only$$f(x)$$for",
    "the $2,3,4,$ or",
)
PLAIN = (
    "It costs $5.",
    "It costs $5 and $6.",
    "Between $5-$10 a day",
    "The initial cost is $800,000. She has to pay daily costs of $250 and labor costs of $400.",
    "A$100 note, US$5 and C$7",
    "He pays 5$ and gets 3$ back.",
    "5$=4€ and 3$ more",
    r"It costs \$5+\$6.",
    "x^2 + 1 in Z_3",
    "f: A -> B, and {1, 2}",
    "snake_case and a_1",
    "print('a\\n')",
    "₺20, ₣30, ¥40 and $50",
    "$4,902\n$8,902\n$7,122",
)


@pytest.mark.parametrize(
    ("text", "expected"), [(each, False) for each in LATEX] + [(each, True) for each in PLAIN]
)
def test_latex_is_told_from_prices(text: str, expected: bool) -> None:
    """Wherever it stands: in the context, the question or a choice."""
    found = {
        rows.is_without_latex(Item("i", text, "")),
        rows.is_without_latex(Item("i", "?", "", context=text)),
        rows.is_without_latex(Item("i", "?", "A", choices=(Choice("A", text), Choice("B", "b")))),
    }
    assert {expected} == found


AMOUNTS = st.decimals(0, 10**6, places=2).map(lambda amount: f"${amount:,}")
WORDS = st.text("abcdefghijklmnopqrstuvwxyz,.?!()'", min_size=1, max_size=9)


@given(st.lists(st.one_of(AMOUNTS, WORDS), max_size=20))
def test_prices_are_never_latex(words: list[str]) -> None:
    """However many stand in one text."""
    assert rows.is_without_latex(Item("i", " ".join(words), ""))


@pytest.mark.parametrize("text", ["$a", "$ a", "a$", "$a=", "\\(", "_", "$" + "a " * 90])
def test_hostile_texts_take_no_time(text: str) -> None:
    """The patterns are bounded: a megabyte is a matter of a second."""
    start = time.perf_counter()
    rows.is_without_latex(Item("i", text * (2**20 // len(text)), ""))
    assert time.perf_counter() - start < 5


ITEMS = [Item(f"quiz-{index}", "?", "7") for index in range(60)]
SEEDS = st.integers(-(2**70), 2**70)


@given(st.integers(0, 60), st.integers(0, 60), SEEDS)
def test_a_draw_is_part_of_a_larger_one(one: int, other: int, seed: int) -> None:
    """N different items, in their order, and all of a smaller draw's are in a larger one's."""
    small, large = (rows.draw(ITEMS, n, seed) for n in sorted((one, other)))
    assert sorted((one, other)) == [len(small), len(large)]
    assert small == [item for item in large if item in small]
    assert large == [item for item in ITEMS if item in large]


@given(st.sets(st.sampled_from(ITEMS), min_size=1), SEEDS)
def test_a_draw_depends_on_seed_and_ids_alone(kept: set[Item], seed: int) -> None:
    """What other items there are does not change which of two comes first."""
    some = [item for item in ITEMS if item in kept]
    drawn = rows.draw(ITEMS, 30, seed)
    among = [item for item in some if item in drawn]
    assert among == rows.draw(some, len(among), seed)


@given(st.integers(1, 60), st.integers(1, 60), SEEDS)
def test_a_draw_takes_one_of_each_cluster_first(one: int, other: int, seed: int) -> None:
    """No cluster has two more than another that has some left; a smaller draw is in a larger."""
    sizes = {"a": 1, "b": 2, "c": 7, "": 20, "d": 30}
    names = [name for name, size in sizes.items() for _ in range(size)]
    items = [replace(item, cluster=name) for item, name in zip(ITEMS, names, strict=True)]
    small, large = (rows.draw(items, n, seed) for n in sorted((one, other)))
    assert small == [item for item in large if item in small]
    counts = Counter(item.cluster for item in large)
    most = max((counts[name] for name in "abcd"), default=0)
    assert all(counts[name] >= min(most - 1, sizes[name]) for name in "abcd")
    assert counts[""] == sizes[""] or most <= 1


def test_draws_are_spread() -> None:
    """Each item is drawn about as often: 15 of 60 by 400 seeds, within five deviations."""
    counts = dict.fromkeys(ITEMS, 0)
    for seed in range(400):
        for item in rows.draw(ITEMS, 15, seed):
            counts[item] += 1
    assert max(abs(count - 100) for count in counts.values()) < 5 * (400 * 0.25 * 0.75) ** 0.5


def test_a_draw_stays_the_same_over_versions() -> None:
    """The same items for a seed in every release, on every platform, or the change is a choice."""
    expected = ["quiz-1", "quiz-31", "quiz-35", "quiz-49", "quiz-51"]
    assert expected == [item.id for item in rows.draw(ITEMS, 5, 0)]


def test_all_are_drawn_without_a_number() -> None:
    """None is all of them, in their order; more than there are is an error, and so is less."""
    assert ITEMS == rows.draw(ITEMS, None, 7)
    assert [] == rows.draw(ITEMS, 0, 7)
    for n in (61, -1):
        with pytest.raises(BenchmarkError, match=f"{n} items cannot be drawn: there are 60"):
            rows.draw(ITEMS, n, 7)
