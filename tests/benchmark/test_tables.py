"""Fresh tables: each question has one right answer, the same for the same seed."""

import hashlib
import re
from collections import Counter, defaultdict

import pytest

from pytest_rest.benchmark.suites import tables
from pytest_rest.terms import Item

MANY = 480
SIZES = ((3, 3), (6, 4), (10, 5), (16, 6), (25, 8), (40, 12))


def column(item: Item, heading: str) -> list[int]:
    """A column's values, as a person reads them."""
    assert item.table
    place = item.table.header.index(heading)
    return [int(row[place]) for row in item.table.rows]


def solved(item: Item) -> list[str]:
    """Every answer that the table allows: worked out from the question alone."""
    assert item.table
    names = [row[0] for row in item.table.rows]
    if match := re.fullmatch(r"What value does (\w+) have in the column (\w+)\?", item.question):
        named = zip(names, column(item, match[2]), strict=True)
        return [str(value) for name, value in named if name == match[1]]
    if match := re.fullmatch(r"In how many rows is (\w+) above (\d+)\?", item.question):
        above = [value for value in column(item, match[1]) if value > int(match[2])]
        assert 0 < len(above) < len(names)
        return [str(len(above))]
    if match := re.fullmatch(r"What is the sum of the column (\w+)\?", item.question):
        return [str(sum(column(item, match[1])))]
    match = re.fullmatch(r"Which Name has the highest (\w+)\?", item.question)
    assert match, item.question
    values = column(item, match[1])
    return [name for name, value in zip(names, values, strict=True) if value == max(values)]


@pytest.mark.parametrize("seed", [0, 20_261_129])
def test_each_question_has_one_right_answer(seed: int) -> None:
    """Found by other code, from what is written; names and headings are there once."""
    for item in tables.generate(MANY, seed):
        assert [item.answer] == solved(item), item
        assert item.table
        names = [row[0] for row in item.table.rows]
        assert len({*names}) == len(names)
        assert len({*item.table.header}) == len(item.table.header)
        assert all(0 <= int(cell) <= 999 for row in item.table.rows for cell in row[1:])


def test_each_pair_of_kind_and_size_has_its_turn() -> None:
    """Once in 24 items; the kind is the item's tag."""
    kinds: dict[tuple[str, ...], set[str]] = defaultdict(set)
    seen: Counter[tuple[str, int, int]] = Counter()
    for item in tables.generate(48, 1):
        assert item.table
        assert {len(item.table.header)} == {len(row) for row in item.table.rows}
        size = len(item.table.rows), len(item.table.header)
        seen[re.sub(r"[A-Z]\w+|\d+", "", item.question), *size] += 1
        kinds[item.tags].add(re.sub(r"[A-Z]\w+|\d+", "", item.question))
    assert {("look-up",), ("count",), ("sum",), ("highest",)} == kinds.keys()
    assert {1} == {len(questions) for questions in kinds.values()}
    assert {2} == {*seen.values()}
    assert 24 == len(seen)
    assert {*SIZES} == {(rows, columns) for _, rows, columns in seen}


def test_the_same_seed_gives_the_same_items() -> None:
    """On every platform, and a shorter run is the start of a longer one."""
    items = tables.generate(30, 7)
    assert items[:12] == tables.generate(12, 7)
    assert items != tables.generate(30, 8)
    digests = " ".join(item.digest for item in items)
    assert "099ba8ee4753c735" == hashlib.sha256(digests.encode()).hexdigest()[:16]


def test_answers_do_not_give_themselves_away() -> None:
    """The asked row and column are drawn evenly, and so is the count."""
    rows: Counter[int] = Counter()
    for index in range(3, 3 + 4 * 300, 4):  # which has the highest
        item = tables.item(index, 2)
        assert item.table
        if len(item.table.rows) == 3:
            rows[[row[0] for row in item.table.rows].index(item.answer)] += 1
    assert {0, 1, 2} == {*rows}
    assert max(rows.values()) < 2.5 * min(rows.values())
