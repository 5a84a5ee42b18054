"""Turns rows of figures into inline SVG, which takes its colours from the page's style sheet.

Where everything stands is computed here; `plots.svg.html` draws it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any

from pytest_rest import wording
from pytest_rest.reporting.page import layout
from pytest_rest.terms import Rate

_ROW = 40  # pixels: a line of text, and below it the dot with its interval
_LABEL, _LINE = 15, 26  # in a row, from its top
_SIDE = 2.0  # per cent of the width, so that a dot at either end is whole
_LONGEST = 44  # characters of a label on a line of its own
_TALL = 200
_LETTER, _GAP = 2.2, 2.7  # per cent of a telephone's width: a label's letter, and what is before it
_TEMPLATE = "plots.svg.html"
Tick = tuple[float, str]
SHARES: Sequence[Tick] = ((0, "0 %"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1, "100"))
_Box = tuple[float, float, float, float]  # left and right in per cent, top and foot in pixels


@dataclass(frozen=True)
class IntervalRow:
    """A label with its rate, which may be undefined, and the rate in words.

    `kind` is a class of the style sheet; `href` is what the label leads to.
    """

    label: str
    rate: Rate | None
    said: str
    kind: str = ""
    href: str = ""


@dataclass(frozen=True)
class Marker:
    """A place in a scatter plot, with the intervals there are; y is a share."""

    label: str
    x: Rate
    y: Rate


@dataclass(frozen=True)
class Plot:
    """A heading, what to know when reading it, the picture, and its figures where it lacks them."""

    heading: str
    note: str
    picture: str
    figures: Sequence[Sequence[str]] = ()
    head: Sequence[str] = ("", "per cent or points [95% each]")
    is_folded: bool = False


@dataclass(frozen=True)
class _Axes:
    """An x axis from its first tick to its last, with lines such as thresholds across it."""

    ticks: Sequence[Tick]
    height: float = _TALL
    marks: Sequence[float] = ()

    def x(self, value: float) -> float:
        """A value's place in per cent of the width; what is beyond the axis stands at its end."""
        (first, _), *_, (last, _) = self.ticks
        share = (value - first) / ((last - first) or 1)
        return _SIDE + (100 - 2 * _SIDE) * min(max(share, 0.0), 1.0)

    def at(self, value: float) -> str:
        """The same, as SVG has it."""
        return f"{self.x(value):.2f}%"

    def y(self, share: float) -> float:
        """The place of a share in pixels, 1 at the top."""
        return round(12 + (self.height - 20) * (1 - share), 1)

    def area(self, line: Sequence[tuple[float, float]]) -> str:
        """The corners of what lies below a line, in per cent across and in pixels down."""
        corners = [*line, (line[-1][0], 0.0), (line[0][0], 0.0)]
        return " ".join(f"{self.x(x):.2f},{self.y(y):g}" for x, y in corners)


@dataclass(frozen=True)
class PixelAxes:
    """Axes in a picture of fixed size: from 0 to `last` across, and from `bottom` to 1 upwards."""

    last: float
    left: int
    top: int
    width: int
    height: int
    bottom: float = 0.0

    def x(self, value: float) -> float:
        """A value's place in pixels; where there is but one, it is at the left."""
        return round(self.left + self.width * value / (self.last or 1), 1)

    def y(self, value: float) -> float:
        """The same from the top; what is below the axis stands at its end."""
        share = (max(value, self.bottom) - self.bottom) / (1 - self.bottom)
        return round(self.top + self.height * (1 - share), 1)


def dots(rows: Sequence[IntervalRow], ticks: Sequence[Tick], marks: Sequence[float] = ()) -> str:
    """A table: in each row a dot with its interval, between its label and its words.

    The axis goes from the first tick to the last. `marks` are vertical lines, such as thresholds.
    """
    return layout.draw(_TEMPLATE, "dots", _Axes(ticks, marks=marks), rows)


def strip(name: str, row: IntervalRow, marks: Sequence[float], old: float | None = None) -> str:
    """One share with its interval, without words; `old` is a baseline's, a hollow dot."""
    said = [f"{row.label}: {row.said}", *(f"threshold {mark * 100:g} %" for mark in marks)]
    said += [] if old is None else [f"in the baseline {wording.share(old)} %"]
    axes = _Axes(SHARES, marks=marks)
    return layout.draw(_TEMPLATE, "strip", name, row.label, said, axes, row.rate, old)


def bars(name: str, title: str, rows: Sequence[tuple[str, int, int]]) -> str:
    """What became worse to the left of the middle, and better to the right, for each row."""
    most = max((max(worse, better) for _, worse, better in rows), default=0) or 1
    words = [f"{worse} worse, {better} better" for _, worse, better in rows]
    placed = [
        (_short(label), text, worse / most * 48, better / most * 48, top + _LABEL, top + _LINE - 5)
        for (label, worse, better), text, top in zip(rows, words, count(0, _ROW), strict=False)
    ]
    said = [f"{label}: {text}" for (label, *_), text in zip(rows, words, strict=True)]
    return layout.draw(_TEMPLATE, "bars", name, title, said, _ROW * len(rows), placed)


def scatter(
    name: str,
    title: str,
    markers: Sequence[Marker],
    ticks: Sequence[Tick],
    up: str = "",
    line: Sequence[tuple[float, float]] = (),
) -> str:
    """Shares, from 0 at the bottom to 1 at the top, over the x axis; `up` names them.

    `line` are the places that a curve goes through, from left to right, with the area below it.
    """
    axes = _Axes(ticks)
    shares = [(0.0, "0 %"), (0.5, "50 %"), (1.0, f"100 % {up}".strip())]
    said = [f"{m.label}: {wording.rate(m.y)} at {m.x.value:,.0f}" for m in markers]
    labels = [*_labels(markers, axes)]
    return layout.draw(_TEMPLATE, "scatter", name, title, said, axes, shares, line, markers, labels)


def _labels(markers: Sequence[Marker], axes: _Axes) -> Iterator[dict[str, Any]]:
    """Each label where it is near no other dot and covers no label, on a telephone too."""
    places = [(axes.x(marker.x.value), axes.y(marker.y.value)) for marker in markers]
    taken = [_box(x - 1.5, y + 18, 3, 36) for x, y in places]
    beyond = [_box(side, 2 * _TALL, 100, 3 * _TALL) for side in (-100, 100)]
    taken += len(places) * beyond  # worse than over any others
    for marker, (x, y) in zip(markers, places, strict=True):
        width = _LETTER * len(marker.label)
        sides = ("start", "end") if x + _GAP + width < 100 else ("end", "start")
        heights = (4.0,) if marker.x.low is None else (-8.0, 18.0)  # no interval goes through it
        free = []
        for down, side in product((*heights, -8.0, 18.0), sides):
            left = x + _GAP if side == "start" else x - _GAP - width
            free.append((_box(left, y + down, width, 13), side, y + down))
        box, side, foot = min(free, key=lambda place: sum(_meet(place[0], box) for box in taken))
        taken.append(box)
        yield {"x": axes.at(marker.x.value), "y": foot, "side": side, "text": marker.label}


def _box(left: float, foot: float, width: float, height: float) -> _Box:
    return left, left + width, foot - height, foot


def _meet(one: _Box, other: _Box) -> bool:
    across = one[0] < other[1] and other[0] < one[1]
    return across and one[2] < other[3] and other[2] < one[3]


def _short(label: str) -> str:
    """A label that fits on a line, cut in its middle, for long names often differ at their ends."""
    if len(label) <= _LONGEST:
        return label
    return f"{label[: _LONGEST // 2]}…{label[-_LONGEST // 2 + 1 :]}"
