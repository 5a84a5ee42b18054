"""Generates SoEBench: fresh systems of linear equations, each with one solution in integers.

REST's own definition (arXiv 2512.08923): newly generated systems, exactly one solution, all of it
integers, the only symbols the digits, the letters A-E and the operators. What it leaves open is
decided here. Item `i` of a seed depends on the seed and `i` alone, so a shorter run is the start of
a longer one. Its difficulty is the pair (variables, largest coefficient), taken in turn from 2, 3,
4, 5 variables and coefficients up to 3, 6, 9: every twelve items have each pair once. Solutions are
between -9 and 9, and the question asks for one variable, drawn evenly.

Systems are constructed, not searched for: the solution is drawn first, then one row after another;
a row that depends on those before it is moved off their span along a variable that is still free.
"""

from collections.abc import Sequence
from dataclasses import replace

from pytest_rest.benchmark.suites.draws import Draws, SeededDraws
from pytest_rest.terms import Item

NAME = "soebench"
VARIABLES = "ABCDE"
SIZES = (2, 3, 4, 5)
LIMITS = (3, 6, 9)
LARGEST_SOLUTION = 9
_SHARE_OF_ZEROS = 0.2


def generate(n: int, seed: int) -> list[Item]:
    """The first `n` items of a seed; equal on every platform and in every process."""
    return [item(index, seed) for index in range(n)]


def item(index: int, seed: int) -> Item:
    """Item number `index` of a seed: the context is a system, the question asks for a variable."""
    size = SIZES[index % len(SIZES)]
    limit = LIMITS[index // len(SIZES) % len(LIMITS)]
    return replace(system(SeededDraws(NAME, seed, index), size, limit), id=f"{NAME}-{index:04d}")


def system(draws: Draws, size: int, limit: int) -> Item:
    """A system of `size` variables, with coefficients up to `limit`, from any source of numbers.

    The smallest numbers give the smallest system, so that it shrinks well.
    """
    names = VARIABLES[:size]
    solution = [draws.between(-LARGEST_SOLUTION, LARGEST_SOLUTION) for _ in names]
    rows = _independent_rows(draws, size, limit)
    asked = draws.between(0, size - 1)
    return Item(
        id=NAME,
        context="\n".join(_equation(row, solution, names) for row in rows),
        question=f"What is the value of {names[asked]}?",
        answer=str(solution[asked]),
        answer_kind="integer",
        suite=NAME,
    )


def _independent_rows(draws: Draws, size: int, limit: int) -> list[list[int]]:
    rows: list[list[int]] = []
    reduced: dict[int, list[int]] = {}  # the pivot's column -> the row reduced to it
    while len(rows) < size:
        row = _row(draws, size, limit)
        rest = _reduce(row, reduced)
        if not any(rest):
            free = next(column for column in range(size) if column not in reduced)
            row[free] = _moved(row[free])
            rest = _reduce(row, reduced)
        pivot = next(column for column, value in enumerate(rest) if value)
        reduced[pivot] = rest
        rows.append(row)
    return rows


def _row(draws: Draws, size: int, limit: int) -> list[int]:
    """Coefficients of at least two variables; a fifth of the others are zero."""
    first = draws.between(0, size - 1)
    kept = (first, (first + 1 + draws.between(0, size - 2)) % size)
    row = []
    for column in range(size):
        value = draws.between(1, limit) * (-1 if draws.chance(0.5) else 1)
        row.append(0 if draws.chance(_SHARE_OF_ZEROS) and column not in kept else value)
    return row


def _reduce(row: Sequence[int], reduced: dict[int, list[int]]) -> list[int]:
    """The row without the others' pivots, in whole numbers: zero where it depends on them."""
    rest = [*row]
    for pivot, other in reduced.items():
        mine, its = rest[pivot], other[pivot]
        rest = [a * its - mine * b for a, b in zip(rest, other, strict=True)]
    return rest


def _moved(coefficient: int) -> int:
    """The coefficient plus or minus one: not zero, and within the limit (each is above 1)."""
    if abs(coefficient) > 1:
        return coefficient - 1 if coefficient > 0 else coefficient + 1
    return 2 * coefficient or 1


def _equation(row: Sequence[int], solution: Sequence[int], names: str) -> str:
    text = ""
    for value, name in zip(row, names, strict=True):
        if value:
            sign = ("- " if text else "-") if value < 0 else ("+ " if text else "")
            size = "" if abs(value) == 1 else str(abs(value))
            text += f"{sign}{size}{name} "
    return f"{text}= {sum(a * b for a, b in zip(row, solution, strict=True))}"
