"""Turns the rates of styles that are a grid into fonts by resolutions, and a row of colours."""

from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_rest.reporting.page import plots, style_grid
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.style_grid import Look
from pytest_rest.reporting.page.svg import IntervalRow
from pytest_rest.safe_text import shown

_BOUNDS = (0.5, 0.7, 0.8, 0.9, 0.95)  # of the shares that have a colour each
_MOST_PICTURES = 24  # so that a copy, which has each in it, grows by 1 MB at most


@dataclass(frozen=True)
class Cell:
    """A style's RER: its row as plots have them, and a picture of an item in that style."""

    name: str
    row: IntervalRow
    seen: str
    picture: str

    @property
    def level(self) -> int:
        """Which of six colours it has, the last for the highest shares; -1 without a share."""
        return bisect(_BOUNDS, self.row.rate.value) if self.row.rate else -1


@dataclass(frozen=True)
class HeatMap:
    """Rows of fonts with a cell or None for each resolution, and the coloured styles."""

    resolutions: Sequence[int]
    rows: Sequence[tuple[str, Sequence[Cell | None]]]
    colors: Sequence[Cell]

    @cached_property
    def size(self) -> int | None:
        """The number of items of each cell of the grid, where that is the same."""
        sizes = {cell.row.rate.n for _, row in self.rows for cell in row if cell and cell.row.rate}
        return sizes.pop() if len(sizes) == 1 else None

    @cached_property
    def figures(self) -> list[tuple[str, str]]:
        """Each style's name and its share in words, the lowest first."""
        cells = [cell for _, row in self.rows for cell in row if cell]
        cells = sorted([*cells, *self.colors], key=lambda cell: plots.value(cell.row))
        return [(cell.row.label, cell.row.said) for cell in cells]


def heat_map(
    report: Builtins, pictures: Mapping[str, str], source: Callable[[str], str]
) -> HeatMap | None:
    """The map of a report whose styles are a grid, else None; `pictures` are digests by style."""
    grid, colors = style_grid.split(report["styles"])
    if not grid:
        return None
    pictured = dict(list(pictures.items())[:_MOST_PICTURES])

    def cell(style: str, look: Look) -> Cell:
        name = look.color if look.is_colored else f"{look.font}{look.rest}"
        seen = plots.seen(report, style)
        row = plots.share(
            f"{shown(style)}{seen}",
            report["styles"][style]["rer"],
            href=plots.items_of(shown(style)),
        )
        place = source(pictured[style]) if style in pictured else ""
        return Cell(name, row, seen.strip(), place)

    resolutions = sorted({look.dpi for look in grid.values()})
    rows: dict[str, dict[int, Cell]] = {}
    for style, look in grid.items():
        known = cell(style, look)
        rows.setdefault(known.name, {})[look.dpi] = known
    return HeatMap(
        resolutions,
        [(name, [cells.get(dpi) for dpi in resolutions]) for name, cells in rows.items()],
        [cell(style, look) for style, look in colors.items()],
    )
