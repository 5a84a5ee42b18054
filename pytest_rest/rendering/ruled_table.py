"""Lays a table out as a ruled one: columns as wide as their cells, which wrap on a narrow page.

Lengths are in ems, as `lines` has them. Columns share the page as a browser's do: each gets its
widest cell where all fit, else its longest word and a share of what is left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rest.rendering.font import Font
from pytest_rest.rendering.lines import Line, wrap
from pytest_rest.rendering.shaping import Setter
from pytest_rest.terms import DataTable

PADDING = 0.4  # ems, on each side of a cell's text
RULE = 0.06  # ems, a rule's thickness; below the headings it is twice that
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\d[\d.,' ]{0,40}[%)]?")


@dataclass(frozen=True)
class RuledTable:
    """The lines of each cell, row by row, and the columns' widths and sides in ems.

    The first row has the headings. A column of numbers stands `on_the_right`.
    """

    cells: tuple[tuple[tuple[Line, ...], ...], ...]
    widths: tuple[float, ...]
    on_the_right: tuple[bool, ...]

    @property
    def width(self) -> float:
        """Of the whole table, with its outer rules."""
        return sum(self.widths) + RULE

    def row_lines(self, row: int) -> int:
        """How many lines a row has: those of its longest cell."""
        return max(map(len, self.cells[row]))


def lay_out(table: DataTable, page: float, setter: Font | Setter) -> RuledTable:
    """The table on a page of that width in ems; wider only where its longest words are."""
    grid = [table.header, *table.rows]
    columns = [*zip(*grid, strict=True)]
    widths = _widths([_bounds(column, setter) for column in columns], page - RULE)
    cells = tuple(
        tuple(
            tuple(_lines(cell, width - 2 * PADDING - RULE, setter))
            for cell, width in zip(row, widths, strict=True)
        )
        for row in grid
    )
    return RuledTable(cells, tuple(widths), tuple(_is_numbers(column[1:]) for column in columns))


def _bounds(column: Sequence[str], setter: Font | Setter) -> tuple[float, float]:
    """A column's width at least, for its longest word, and at most, for its widest line."""
    around = 2 * PADDING + RULE + 1e-6
    words = [word for cell in column for word in cell.split()] or [""]
    lines = [line for cell in column for line in cell.splitlines() or [""]]
    return max(map(setter.width, words)) + around, max(map(setter.width, lines)) + around


def _widths(bounds: Sequence[tuple[float, float]], page: float) -> list[float]:
    least, most = (sum(each) for each in zip(*bounds, strict=True))
    if most <= page:
        return [widest for _, widest in bounds]
    share = max(page - least, 0) / (most - least) if most > least else 0.0
    return [narrow + share * (wide - narrow) for narrow, wide in bounds]


def _lines(cell: str, width: float, setter: Font | Setter) -> list[Line]:
    paragraphs = cell.splitlines() or [""]
    return [
        Line(line, setter.is_rtl(paragraph))
        for paragraph in paragraphs
        for line in wrap(paragraph, width, setter)
    ]


def _is_numbers(cells: Sequence[str]) -> bool:
    """Whether a column has numbers, and nothing else but empty cells."""
    written = [cell.strip() for cell in cells if cell.strip()]
    return bool(written) and all(_NUMBER.fullmatch(cell) for cell in written)
