"""Lays a table out as a ruled one: columns as wide as their cells, which wrap on a narrow page.

Lengths are in ems, as `lines` has them. Columns share the page as a browser's do: each gets its
widest cell where all fit, else its longest word and a share of what is left.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pytest_rest.rendering.font import Font
from pytest_rest.rendering.lines import Line, wrap
from pytest_rest.rendering.shaping import Setter
from pytest_rest.terms import DataTable

PADDING = 0.4  # ems, on each side of a cell's text
RULE = 0.06  # ems, a rule's thickness; below the headings it is twice that
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\d[\d.,' ]{0,40}[%)]{0,2}")
Row = tuple[tuple[Line, ...], ...]  # the lines of its cells


@dataclass(frozen=True)
class RuledTable:
    """The lines of each cell, row by row, and the columns' widths and sides in ems.

    The first row has the headings. A column of numbers stands `on_the_right`. `texts` are what
    stands in the rows. `setter` sets them.
    """

    setter: Font | Setter
    cells: tuple[Row, ...]
    widths: tuple[float, ...]
    on_the_right: tuple[bool, ...]
    texts: tuple[str, ...]

    @property
    def width(self) -> float:
        """Of the whole table, with its outer rules."""
        return sum(self.widths) + RULE

    def height(self, spacing: float) -> float:
        """Of the whole table, with its outer rules, for lines at that distance."""
        return self._tops(spacing)[-1] + RULE

    def lines(self, spacing: float) -> Iterator[tuple[float, float, Line]]:
        """Each line of each cell, with where it begins, from the left and from above."""
        for row, top in zip(self.cells, self._tops(spacing), strict=False):
            left = 0.0
            for cell, width, on_the_right in zip(row, self.widths, self.on_the_right, strict=True):
                for number, line in enumerate(cell):
                    free = width - RULE - 2 * PADDING - self.setter.width(line.text)
                    x = left + RULE + PADDING + (free if on_the_right or line.is_rtl else 0.0)
                    yield x, top + RULE + number * spacing, line
                left += width

    def rules(self, spacing: float) -> Iterator[tuple[float, float, float, float]]:
        """Each rule: its place from the left and from above, its width and its height."""
        tops = self._tops(spacing)
        for number, top in enumerate(tops):
            yield 0.0, top, self.width, RULE * (2 if number == 1 else 1)
        for column in range(len(self.widths) + 1):
            yield sum(self.widths[:column]), 0.0, RULE, tops[-1] + RULE

    def _tops(self, spacing: float) -> list[float]:
        """Where each row begins, and where the last one ends."""
        heights = (max(map(len, row)) * spacing + RULE for row in self.cells)
        return [0.0, *accumulate(heights)]


def lay_out(table: DataTable, page: float, setter: Font | Setter) -> RuledTable:
    """The table on a page of that width in ems; wider only where its longest words are."""
    grid = [table.header, *table.rows]
    for cell in (cell for row in grid for cell in row):
        setter.check("".join(cell.splitlines()))
    columns = [*zip(*grid, strict=True)]
    widths = _widths([_bounds(column, setter) for column in columns], page - RULE)
    cells = tuple(
        tuple(
            tuple(_lines(cell, width - 2 * PADDING - RULE, setter))
            for cell, width in zip(row, widths, strict=True)
        )
        for row in grid
    )
    are_numbers = tuple(_is_numbers(column[1:]) for column in columns)
    return RuledTable(setter, cells, tuple(widths), are_numbers, tuple(map(_row_text, grid)))


def as_text(table: DataTable) -> str:
    """What stands in the table, a row a line, a blank between cells."""
    return "\n".join(map(_row_text, (table.header, *table.rows)))


def _row_text(cells: Sequence[str]) -> str:
    return " ".join(" ".join(cells).split())


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
