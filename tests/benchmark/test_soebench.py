"""Fresh systems of equations: each with one solution, in integers, the same for the same seed."""

import hashlib
import re
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from pytest_rest import scoring
from pytest_rest.benchmark.suites import soebench
from pytest_rest.terms import Item

EQUATION = re.compile(r"(-?\d*[A-E](?: [+-] \d*[A-E])*) = (-?\d+)")
TERM = re.compile(r"(?:^|([+-]) )(-?)(\d*)([A-E])")
QUESTION = re.compile(r"What is the value of ([A-E])\?")
MANY = 3_000
LONGEST_SECONDS = 10.0


def read(item: Item) -> tuple[list[dict[str, int]], list[int]]:
    """The system as a person reads it: each equation's coefficients by name, and its right side."""
    left: list[dict[str, int]] = []
    right: list[int] = []
    for line in item.context.split("\n"):
        match = EQUATION.fullmatch(line)
        assert match, f"{item.id}: {line!r} is no equation"
        terms = [
            (name, int(size or 1) * (-1 if "-" in (operator, sign) else 1))
            for operator, sign, size, name in TERM.findall(match[1])
        ]
        assert len(terms) == len(dict(terms)), f"{item.id}: {line!r} names a variable twice"
        left.append(dict(terms))
        right.append(int(match[2]))
    return left, right


def asked(item: Item) -> str:
    """The variable that the question names."""
    match = QUESTION.fullmatch(item.question)
    assert match, f"{item.id}: {item.question!r}"
    return match[1]


def pair(index: int) -> tuple[int, int]:
    """The difficulty of an item: how many variables, and the largest coefficient."""
    return (2, 3, 4, 5)[index % 4], (3, 6, 9)[index // 4 % 3]


@pytest.mark.some(2)
@pytest.mark.parametrize("seed", [0, 20_251_209])
def test_each_system_has_one_solution_in_integers(seed: int) -> None:
    """Solved by another program, exactly: one solution, whole, and the answer is its value."""
    for item in soebench.generate(MANY, seed):
        left, right = read(item)
        names = "ABCDE"[: len(left)]
        rows = [[QQ(row.get(name, 0)) for name in names] for row in left]
        matrix = DomainMatrix(rows, (len(rows), len(names)), QQ)
        assert matrix.det() != 0, item
        sides = DomainMatrix([[QQ(side)] for side in right], (len(rows), 1), QQ)
        solved = [row[0] for row in matrix.lu_solve(sides).to_list()]
        assert all(each.denominator == 1 for each in solved), item
        solution = dict(zip(names, map(int, solved), strict=True))
        assert all(-9 <= each <= 9 for each in solution.values()), item
        assert str(solution[asked(item)]) == item.answer, item


def test_each_system_is_as_hard_as_its_turn() -> None:
    """Every twelve items hold each pair of variables and largest coefficient once."""
    largest: dict[tuple[int, int], int] = {}
    for index, item in enumerate(soebench.generate(MANY, 1)):
        size, limit = pair(index)
        left, _ = read(item)
        assert size == len(left)
        assert set("ABCDE"[:size]) == {name for row in left for name in row}
        coefficients = [abs(value) for row in left for value in row.values()]
        assert 1 <= min(coefficients)
        assert limit >= max(coefficients)
        largest[size, limit] = max(largest.get((size, limit), 0), *coefficients)
    assert {(size, limit): limit for size in (2, 3, 4, 5) for limit in (3, 6, 9)} == largest


def test_each_equation_has_several_variables() -> None:
    """An equation of one variable would give its value away."""
    for item in soebench.generate(MANY, 2):
        left, _ = read(item)
        assert 2 <= min(map(len, left))


def test_some_variables_are_absent() -> None:
    """About a fifth of those beyond an equation's two: neither all are there nor half gone."""
    items = soebench.generate(MANY, 3)[3::4]
    count = sum(len(row) for item in items for row in read(item)[0])
    assert 0.85 < count / (len(items) * 25) < 0.91


def test_the_symbols_are_digits_letters_and_operators() -> None:
    """A system is written in the digits, A-E, plus, minus and equals, and all of them occur."""
    found = set().union(*(item.context for item in soebench.generate(MANY, 4)))
    assert set("0123456789ABCDE+-= \n") == found


def test_each_item_is_complete() -> None:
    """Its name, its suite, its kind, and an answer that reads as itself."""
    for index, item in enumerate(soebench.generate(100, 5)):
        assert f"soebench-{index:04d}" == item.id
        assert ("soebench", "integer", ()) == (item.suite, item.answer_kind, item.choices)
        assert item.answer == scoring.truth(item)


def test_ids_stay_apart_beyond_four_digits() -> None:
    """The ten thousandth item has a name of its own."""
    assert ["soebench-9999", "soebench-10000"] == [
        soebench.item(index, 0).id for index in (9_999, 10_000)
    ]


def test_answers_are_spread() -> None:
    """Each value from -9 to 9 is the answer about as often, within five standard deviations."""
    count = Counter(item.answer for item in soebench.generate(MANY, 6))
    assert {str(value) for value in range(-9, 10)} == set(count)
    mean = MANY / 19
    assert max(abs(each - mean) for each in count.values()) < 5 * mean**0.5


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_each_variable_is_asked_for_alike(size: int) -> None:
    """No place among the variables is asked for more than another, within five deviations."""
    count = Counter(asked(item) for item in soebench.generate(MANY, 7)[size - 2 :: 4])
    assert set("ABCDE"[:size]) == set(count)
    mean = MANY / 4 / size
    assert max(abs(each - mean) for each in count.values()) < 5 * mean**0.5


@given(st.integers(0, 40), st.integers(0, 40), st.integers(-(2**70), 2**70))
def test_a_shorter_run_is_the_beginning_of_a_longer_one(one: int, other: int, seed: int) -> None:
    """An item depends on the seed and its number alone."""
    short, long = sorted((one, other))
    assert soebench.generate(short, seed) == soebench.generate(long, seed)[:short]
    assert soebench.item(long, seed) == soebench.generate(long + 1, seed)[long]


def test_zero_items_can_be_generated() -> None:
    """Zero items are not an error."""
    assert [] == soebench.generate(0, 0)


@pytest.mark.parametrize(("one", "other"), [(0, 1), (0, -1), (1, 11), (12, 2**64)])
def test_seeds_share_practically_nothing(one: int, other: int) -> None:
    """Of a thousand systems, no more than a stray small one is another seed's too."""
    seen = {item.context for item in soebench.generate(1_000, one)}
    assert len(seen & {item.context for item in soebench.generate(1_000, other)}) <= 2


def test_a_seed_does_not_repeat_itself() -> None:
    """Nearly every system of a run is another one."""
    assert len({item.context for item in soebench.generate(MANY, 8)}) >= MANY - 5


@pytest.mark.costly
def test_ten_thousand_items_take_seconds() -> None:
    """Generation is construction, not search."""
    start = time.perf_counter()
    assert 10_000 == len(soebench.generate(10_000, 9))
    assert time.perf_counter() - start < LONGEST_SECONDS


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, "f4804b63f60b6cd5"),
        (7, "9036e33e6a838798"),
    ],
)
def test_generation_stays_the_same_over_versions(seed: int, expected: str) -> None:
    """The first twelve items of a seed are the same in every release, or the change is a choice."""
    digests = " ".join(item.digest for item in soebench.generate(12, seed))
    assert expected == hashlib.sha256(digests.encode()).hexdigest()[:16]


def test_the_first_item_of_seed_0() -> None:
    """What a user sees first, word for word."""
    expected = Item(
        id="soebench-0000",
        question="What is the value of A?",
        answer="4",
        context="-3A - 3B = -15\n-2A - B = -9",
        answer_kind="integer",
        suite="soebench",
    )
    assert expected == soebench.item(0, 0)
