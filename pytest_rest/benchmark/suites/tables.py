"""Generates `tables`: fresh tables, each with a question that has one right answer.

Item `i` of a seed depends on the seed and `i` alone, so a shorter run is the start of a longer one.
Its question is one of four kinds, in turn: look a value up, count rows, add a column up, or find
the row with the highest value. The kind is its tag. Its size is one of six, from 3 x 3 to 40 x 12
(rows of values x columns, the names' among them): every 24 items have each pair once. Names and
headings are short English words, values are whole numbers from 0 to 999.

Tables are constructed, not searched for: the answer is drawn first, and then values that have it.
"""

from collections.abc import Callable, Sequence

from pytest_rest.benchmark.suites.draws import Draws, SeededDraws, several
from pytest_rest.terms import DataTable, Item

NAME = "tables"
SIZES = ((3, 3), (6, 4), (10, 5), (16, 6), (25, 8), (40, 12))
LARGEST = 999
HEADINGS = (
    *("Price", "Stock", "Weight", "Height", "Width", "Depth", "Orders", "Returns", "Visits"),
    *("Sales", "Cost", "Points", "Seats", "Pages", "Miles"),
)
NAMES = (
    *("Anchor", "Basket", "Candle", "Drum", "Engine", "Feather", "Garden", "Hammer", "Island"),
    *("Jacket", "Kettle", "Ladder", "Mirror", "Needle", "Orange", "Pencil", "Quilt", "Ribbon"),
    *("Saddle", "Table", "Umbrella", "Violin", "Window", "Yarn", "Zebra", "Apple", "Bridge"),
    *("Carpet", "Desk", "Easel", "Flute", "Globe", "Harbor", "Insect", "Jungle", "Kitten"),
    *("Lemon", "Market", "Nest", "Oven", "Paper", "Rocket", "Spoon", "Tunnel", "Valley"),
)

_Made = tuple[list[int], str, str]  # the values of the column, the question, the answer


def generate(n: int, seed: int) -> list[Item]:
    """The first `n` items of a seed; equal on every platform and in every process."""
    return [item(index, seed) for index in range(n)]


def item(index: int, seed: int) -> Item:
    """Item number `index` of a seed."""
    draws = SeededDraws(NAME, seed, index)
    kind = list(_KINDS)[index % len(_KINDS)]
    rows, columns = SIZES[index // len(_KINDS) % len(SIZES)]
    names, headings = several(draws, NAMES, rows), several(draws, HEADINGS, columns - 1)
    values = [[draws.between(0, LARGEST) for _ in headings] for _ in names]
    asked = draws.between(0, len(headings) - 1)
    column, question, answer = _KINDS[kind](draws, names, headings[asked])
    for row, value in zip(values, column, strict=True):
        row[asked] = value
    cells = [(name, *map(str, row)) for name, row in zip(names, values, strict=True)]
    return Item(
        id=f"{NAME}-{index:04d}",
        question=question,
        answer=answer,
        answer_kind="integer" if answer.isdecimal() else "text",
        suite=NAME,
        table=DataTable(("Name", *headings), tuple(cells)),
        tags=(kind,),
    )


def _look_up(draws: Draws, names: Sequence[str], heading: str) -> _Made:
    values = [draws.between(0, LARGEST) for _ in names]
    row = draws.between(0, len(names) - 1)
    return values, f"What value does {names[row]} have in the column {heading}?", str(values[row])


def _count(draws: Draws, names: Sequence[str], heading: str) -> _Made:
    """At least one row is above the bound, and at least one is not."""
    bound = draws.between(100, LARGEST - 100)
    above = {*several(draws, range(len(names)), draws.between(1, len(names) - 1))}
    values = [
        draws.between(bound + 1, LARGEST) if row in above else draws.between(0, bound)
        for row in range(len(names))
    ]
    return values, f"In how many rows is {heading} above {bound}?", str(len(above))


def _add_up(draws: Draws, names: Sequence[str], heading: str) -> _Made:
    values = [draws.between(0, LARGEST) for _ in names]
    return values, f"What is the sum of the column {heading}?", str(sum(values))


def _find_highest(draws: Draws, names: Sequence[str], heading: str) -> _Made:
    """The highest value is there once."""
    highest, row = draws.between(100, LARGEST), draws.between(0, len(names) - 1)
    values = [draws.between(0, highest - 1) for _ in names]
    values[row] = highest
    return values, f"Which Name has the highest {heading}?", names[row]


_KINDS: dict[str, Callable[[Draws, Sequence[str], str], _Made]] = {
    "look-up": _look_up,
    "count": _count,
    "sum": _add_up,
    "highest": _find_highest,
}
