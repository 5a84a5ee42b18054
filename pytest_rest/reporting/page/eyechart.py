"""Turns the eyes of one endpoint, or of two side by side, into a page of one file."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.eyechart.file import Measured
from pytest_rest.reporting.page import layout, plots
from pytest_rest.reporting.page.svg import IntervalRow, Plot, Tick
from pytest_rest.reporting.terminal import eyechart as words
from pytest_rest.terms import Rate

_STEPS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def text(measured: Sequence[Measured], provenance: Mapping[str, Any]) -> str:
    """The page; a chart that was shown is in it."""
    first = measured[0].eyes
    image = first.example.image
    width, height = image.size
    return layout.render(
        "eyechart.html",
        kind="Eye chart",
        heading=" · ".join(each.name for each in measured),
        endpoints=[*map(_endpoint, measured)],
        differences=[*words.differences(*measured)] if len(measured) > 1 else [],
        picture=f"data:image/png;base64,{base64.b64encode(image.png).decode()}",
        chart=f"A chart that was shown: {width} x {height} pixels, {first.example.font}.",
        provenance=provenance,
        sure=words.SURE,
    )


def _endpoint(measured: Measured) -> dict[str, Any]:
    eyes = measured.eyes
    conclusion = eyes.conclusion
    return {
        "name": measured.name,
        "sees": eyes.sees,
        "sight": words.sight(eyes),
        "limit": words.limit(eyes, conclusion) if conclusion else "",
        "prints": [*words.prints(measured, conclusion)] if conclusion else [],
        "refused": [*words.refused(eyes)],
        "plots": [*_plot(measured)],
        "head": words.head(measured),
        "rows": [*words.rows(measured)] if conclusion else [],
        "asked": f"{eyes.calls} calls, answered by {', '.join(eyes.answered_by) or 'no model'}",
    }


def _plot(measured: Measured) -> Iterator[Plot]:
    """The smallest legible print on each page, font by font, in pixels as it is sent."""
    rows: list[IntervalRow] = []
    for font in measured.fonts:
        rows.append(IntervalRow(font, None, "", "head"))
        for cell in measured.eyes.cells:
            if cell.font == font and cell.smallest:
                size = cell.smallest
                said = f"{words.pixels(size)}; {cell.read} of {cell.shown} lines read"
                rate = Rate(size.value, size.low, size.high, cell.shown)
                rows.append(IntervalRow(f"{cell.width} x {cell.height}", rate, said))
    most = max((row.rate.high or 0.0 for row in rows if row.rate), default=0.0)
    note = (
        "Print of that height is read in half of all cases. Where it is the same on all pages, "
        "they reach the model as they are sent; where it grows with the page, they are shrunk."
    )
    heading = "Smallest legible print, in pixels as it is sent"
    yield from plots.dots(heading, note, rows, _ticks(most))


def _ticks(most: float) -> list[Tick]:
    step = next((step for step in _STEPS if most / step <= 5), _STEPS[-1])
    return [(place, f"{place:,}") for place in range(0, int(most) + step, step)]
