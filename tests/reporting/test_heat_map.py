"""The heat map: which styles are a grid, and what stands in its cells."""

from typing import Any

import pages
import pytest

from pytest_rest.reporting.page import plots, style_grid
from pytest_rest.reporting.page.heat_map import heat_map
from pytest_rest.terms import Style

RATE = {"value": 0.75, "low": 0.5, "high": 0.9, "n": 20}


def report(shares: dict[str, float | None]) -> dict[str, Any]:
    """A report with these styles' RER."""
    styles = {
        style: {"rer": None if share is None else {**RATE, "value": share}}
        for style, share in shares.items()
    }
    return {**pages.report([pages.record(1)]), "styles": styles}


def test_styles_of_a_grid_are_a_map_and_others_a_list() -> None:
    """Fonts in REST's order, by resolution; a colour is apart, and no style is shown twice."""
    grid = {
        f"{font}-{dpi}dpi-black": 0.1 * n
        for n, font in enumerate(("cursive", "dejavu"), 3)
        for dpi in (200, 50)
    }
    told = report({**grid, "dejavu-200dpi-red": 1.0, "scan": 0.5, "courier-50dpi-black": None})
    seen = {"style": "cursive-50dpi-black", "low": 20.0, "high": 25.0, "shrunk": 1}
    told["seen"] = {"styles": [seen]}
    made = heat_map(told, {"scan": "0", "cursive-50dpi-black": "1" * 16}, lambda name: f"at {name}")
    assert made
    assert [50, 200] == made.resolutions
    shown = [
        (name, [cell and (cell.level, cell.picture, cell.seen) for cell in cells])
        for name, cells in made.rows
    ]
    assert [
        ("dejavu", [(0, "", ""), (0, "", "")]),
        ("courier", [(-1, "", ""), None]),
        ("cursive", [(0, f"at {'1' * 16}", "(seen 20-25)"), (0, "", "")]),
    ] == shown
    assert [("red", 5)] == [(cell.name, cell.level) for cell in made.colors]
    assert ("courier-50dpi-black", "undefined") == made.figures[0]
    assert ("dejavu-200dpi-red", "100.0 % [50.0, 90.0], n = 20") == made.figures[-1]
    (listed,) = (plot for plot in plots.of(told) if plot.heading == "RER by style")
    assert ["scan"] == pages.labels(listed)


@pytest.mark.parametrize(
    "styles",
    [
        [Style().id],
        ["dejavu-200dpi-black", "courier-200dpi-black", "cursive-200dpi-black"],
        ["a-50dpi-black", "b-100dpi-black", "c-200dpi-black", "d-300dpi-black"],
        ["html", "unknown", "my-own-style"],
    ],
)
def test_other_styles_are_no_map(styles: list[str]) -> None:
    """One resolution, a grid of holes, and names that say nothing stay a list."""
    told = report(dict.fromkeys(styles, 0.5))
    assert not heat_map(told, {}, str)
    assert (len(styles) > 1) == any(plot.heading == "RER by style" for plot in plots.of(told))


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("dejavu-50dpi-black", "", ("dejavu", 50, "black", "")),
        ("html-courier-50dpi-red", "html", ("courier", 50, "red", "")),
        ("dejavu-200dpi-#ff0000-on-gray-blur=1", "", ("dejavu", 200, "#ff0000", "-on-gray-blur=1")),
        ("html", "html", None),
        ("dejavu-50dpi", "", None),
    ],
)
def test_names_of_styles_say_how_they_look(name: str, written: str, expected: Any) -> None:
    """Font, resolution, colour, and what else there is, after the format."""
    look = style_grid.parse(name, written)
    assert expected == (look and (look.font, look.dpi, look.color, look.rest))
