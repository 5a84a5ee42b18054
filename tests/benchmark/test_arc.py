"""ARC's rows as items: real ones of both parts, and made-up ones in the other layouts."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import shared_data

from pytest_rest import prompts, scoring
from pytest_rest.benchmark.suites import arc
from pytest_rest.terms import Choice, Item

OFFICIAL = ("arc", "genmc_official", "ARC-Challenge-test.jsonl.gz")
IN_HOUSE = ("arc", "genmc_in_house", "ARC-Easy-test.first500.jsonl")
MADE_UP: dict[str, Any] = {
    "id": "AKDE&ED_2008_8-1",
    "question": {
        "stem": " Which is water? ",
        "choices": [{"text": "gold", "label": "1"}, {"text": "ice\n", "label": "2", "para": "x"}],
    },
    "answerKey": "2",
}
EXPECTED = Item(
    "arc-AKDE&ED_2008_8-1",
    "Which is water?",
    "2",
    choices=(Choice("1", "gold"), Choice("2", "ice")),
    answer_kind="choice",
    suite="arc",
)
ON_THE_HUB = {
    "id": MADE_UP["id"],
    "question": "Which is water?",
    "choices": {"text": ["gold", "ice"], "label": ["1", "2"]},
    "answerKey": "2",
}


def raw(*parts: str) -> list[dict[str, Any]]:
    """The rows of a real file, read without the package."""
    path = shared_data(*parts)
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.split("\n") if line]


def is_bad(row: dict[str, Any]) -> bool:
    """The key is not a label: which of the two was changed cannot be known."""
    return row["answerKey"] not in {each["label"] for each in row["question"]["choices"]}


def written(folder: Path, name: str, *rows: Any) -> Path:
    """A folder that holds one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("arc",), [1_670, 1_649, 1_648, 1_631]),
        (OFFICIAL[:2], [1_170, 1_170, 1_169, 1_154]),
        (IN_HOUSE[:2], [500, 479, 479, 477]),
        (IN_HOUSE, [500, 479, 479, 477]),
    ],
)
def test_real_rows_are_counted(parts: tuple[str, ...], expected: list[int]) -> None:
    """One question is too long, 16 rows have `H_{2}O` or the like, and one has `\\times`."""
    counts = arc.load(shared_data(*parts)).counts
    titles = ["rows", "readable", "short", "without_latex"]
    assert [*zip(titles, expected, strict=True)] == [*counts.items()]


@pytest.mark.shared_data
def test_rows_with_another_key_are_named() -> None:
    """The 21 of ARC-Easy with labels 1-4 and a letter as the key: each by line and name."""
    expected = tuple(
        f"'{IN_HOUSE[2]}', line {number}: {row['id']}: the answer key {row['answerKey']!r} is not "
        "one of 1, 2, 3, 4"
        for number, row in enumerate(raw(*IN_HOUSE), 1)
        if is_bad(row)
    )
    assert 21 == len(expected)
    assert expected == arc.load(shared_data("arc")).left_out


@pytest.mark.shared_data
def test_real_rows_come_through_unchanged() -> None:
    """Under their own names and labels; what is missing is bad, too long, or has LaTeX."""
    items = {item.id: item for item in arc.load(shared_data("arc")).items}
    labels: Counter[str] = Counter()
    for row in raw(*OFFICIAL) + raw(*IN_HOUSE):
        item = items.pop(f"arc-{row['id']}", None)
        stem, choices = row["question"]["stem"], row["question"]["choices"]
        if item:
            own = tuple(Choice(each["label"], each["text"].strip()) for each in choices)
            assert (stem.strip(), own, row["answerKey"]) == (
                item.question,
                item.choices,
                item.answer,
            )
            labels["".join(each.label for each in own)] += 1
        elif not is_bad(row) and len(stem) <= 800:
            assert re.search(r"_\{|\\times", " ".join([stem, *(each["text"] for each in choices)]))
    assert {} == items
    assert {"ABCD": 1_603, "1234": 21, "ABC": 3, "ABCDE": 3, "123": 1} == labels


@pytest.mark.shared_data
def test_real_items_can_be_asked_and_scored() -> None:
    """Their own labels are read as answers, digits too; ids are one line and unique."""
    for item in arc.load(shared_data("arc")).items:
        assert ("", "choice", "arc") == (item.context, item.answer_kind, item.suite)
        assert item.answer == scoring.truth(item)
        assert re.fullmatch(r"arc-[\w.&+-]{1,80}", item.id)
        assert prompts.whole(item).startswith(item.question)


@pytest.mark.parametrize("name", ["ARC-Easy/ARC-Easy-Test.jsonl", "arc/test.json"])
@pytest.mark.parametrize("row", [MADE_UP, ON_THE_HUB])
def test_each_layout_gives_the_same_item(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    """AI2 lists the choices, the hub has a list of labels and one of texts."""
    assert (EXPECTED,) == arc.load(written(tmp_path, name, row)).items


def test_the_hubs_own_layout_is_read(tmp_path: Path) -> None:
    """Parquet, the two parts in folders of their own."""
    pyarrow = pytest.importorskip("pyarrow", reason="the extra `datasets` is not installed")
    from pyarrow import parquet

    for part, name in (("ARC-Easy", "e_1"), ("ARC-Challenge", MADE_UP["id"])):
        (tmp_path / part).mkdir()
        table = pyarrow.Table.from_pylist([ON_THE_HUB | {"id": name}])
        parquet.write_table(table, tmp_path / part / "test-00000-of-00001.parquet")
    items = arc.load(tmp_path).items
    assert (EXPECTED, "arc-e_1") == (items[0], items[1].id)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"answerKey": "B"}, "a: the answer key 'B' is not one of 1, 2"),
        ({"answerKey": ""}, "the answer key is empty"),
        ({"answerKey": 2}, "the answer key is not text but int"),
        ({"answerKey": "\x1b[2J" * 99}, "the answer key holds U+001B"),
        ({"answerKey": "9" * 999}, "a: the answer key '999999999' is not one of 1, 2"),
        ({"id": "a]::b"}, "its id is not valid"),
        ({"id": "a" * 81}, "its id is not valid"),
        ({"id": 7}, "its id is not valid"),
        ({"id": "AKDE&ED_2008_8-1"}, "there is already an item 'arc-AKDE&ED_2008_8-1'"),
        ({"question": "Which?"}, "it has no choices"),
        ({"question": {"stem": "Which?"}}, "it has no choices"),
        ({"question": {"stem": "", "choices": MADE_UP["question"]["choices"]}}, "the question is"),
        ({"question": "Which?", "choices": {"text": "gold"}}, "it has no list of choices"),
        ({"question": "Which?", "choices": {"text": ["gold"], "label": ["A", "B"]}}, "there are 2"),
        (
            {"question": "Which?", "choices": [{"text": "x", "label": "A"}]},
            "it has fewer than two choices",
        ),
        ({"question": "?", "choices": {"text": ["a", "b"], "label": ["1", "Z!"]}}, "a label is ne"),
    ],
)
def test_broken_rows_are_left_out(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    """And named with what is wrong, nothing of theirs unescaped; the rows around are items."""
    loaded = arc.load(written(tmp_path, "test.jsonl", MADE_UP, MADE_UP | {"id": "a"} | change))
    assert [f"'test.jsonl', line 2: {expected}"] == [
        line[: 22 + len(expected)] for line in loaded.left_out
    ]
    assert all(len(line) < 120 and line.isprintable() for line in loaded.left_out)
    assert (EXPECTED,) == loaded.items
