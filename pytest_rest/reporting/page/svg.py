"""Turns rows of figures into inline SVG, which takes its colours from the page's style sheet.

Places along the x axis are percentages of the plot's width and sizes are pixels, so that a plot is
as wide as its column and its letters stay as large as the page's, on a telephone too.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product

from pytest_rest.safe_text import shown

_ROW = 40  # pixels: a line of text, and below it the dot with its interval
_LABEL, _LINE = 15, 26  # in a row, from its top
_AXIS = 22
_SIDE = 2.0  # per cent of the width, so that a dot at either end is whole
_BESIDE, _LONGEST = 24, 44  # characters of a label: beside its figure, and on a line of its own
_TALL = 200
_LETTER, _GAP = 2.2, 2.7  # per cent of a telephone's width: a label's letter, and what is before it
Tick = tuple[float, str]
_Box = tuple[float, float, float, float]  # left and right in per cent, top and foot in pixels


@dataclass(frozen=True)
class Row:
    """A label, a value with its interval, and both in words; None of what is undefined.

    `kind` is a class of the style sheet; `href` is what the label leads to.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    said: str
    kind: str = ""
    href: str = ""


@dataclass(frozen=True)
class Point:
    """A place in a scatter plot, with the interval of its y, which is a share, and of its x."""

    label: str
    x: float
    y: float
    low: float
    high: float
    left: float | None = None
    right: float | None = None


@dataclass(frozen=True)
class Plot:
    """A heading, what to know when reading it, the picture, and its figures in words."""

    heading: str
    note: str
    picture: str
    figures: Sequence[Sequence[str]]
    head: Sequence[str] = ("", "per cent or points [95%]")


def dots(
    name: str, title: str, rows: Sequence[Row], ticks: Sequence[Tick], marks: Sequence[float] = ()
) -> str:
    """A dot with its interval for each row, over an axis from the first tick to the last.

    `marks` are vertical lines, such as thresholds. `name` is unique on the page.
    """
    ends = (ticks[0][0], ticks[-1][0])
    *tops, height = accumulate(map(_height, rows), initial=0)
    parts = [*_axis(ticks, ends, height), *(_upright(_x(m, ends), height, "mark") for m in marks)]
    for row, top in zip(rows, tops, strict=True):
        parts += _row(row, top, ends)
    has_links = any(row.href for row in rows)
    return _svg(name, title, rows_said(rows), parts, height + _AXIS, has_links)


def strip(name: str, row: Row, ticks: Sequence[Tick], marks: Sequence[float]) -> str:
    """One dot with its interval, without words but for the axis's."""
    ends = (ticks[0][0], ticks[-1][0])
    height = _ROW - _LABEL
    parts = [*_axis(ticks, ends, height), *(_upright(_x(m, ends), height, "mark") for m in marks)]
    parts += _dot(row, height / 2, ends)
    said = [f"{row.label}: {row.said}", *(f"threshold {mark:g}" for mark in marks)]
    return _svg(name, row.label, said, parts, height + _AXIS, False)


def bars(name: str, title: str, rows: Sequence[tuple[str, int, int]]) -> str:
    """What became worse to the left of the middle, and better to the right, for each row."""
    most = max((max(worse, better) for _, worse, better in rows), default=0) or 1
    parts = [_upright(50, _ROW * len(rows), "grid")]
    said = []
    for number, (label, worse, better) in enumerate(rows):
        top = number * _ROW
        words = f"{worse} worse, {better} better"
        parts += [*_texts(label, words, top)]
        parts += [_bar(50 - worse / most * 48, worse / most * 48, top, "worse")]
        parts += [_bar(50, better / most * 48, top, "better")]
        said.append(f"{label}: {words}")
    return _svg(name, title, said, parts, _ROW * len(rows) + 4, False)


def scatter(
    name: str,
    title: str,
    points: Sequence[Point],
    ticks: Sequence[Tick],
    up: str = "",
    line: Sequence[tuple[float, float]] = (),
) -> str:
    """Shares, from 0 at the bottom to 1 at the top, over the x axis; `up` names them.

    `line` are the places that a curve goes through, from left to right, with the area below it.
    """
    ends = (ticks[0][0], ticks[-1][0])
    parts = [*_axis(ticks, ends, _TALL)]
    for share in (0.0, 0.5, 1.0):
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{_y(share)}" y2="{_y(share)}"/>')
        word = f"{share:.0%} {up}".strip() if share == 1 else f"{share:.0%}"
        parts.append(f'<text class="tick" x="0" y="{_y(share) - 3}">{_text(word)}</text>')
    parts += _curve([(_x(x, ends), _y(y)) for x, y in line])
    for point in points:
        x = f"{_x(point.x, ends):.2f}%"
        low, high, y = _y(point.low), _y(point.high), _y(point.y)
        kind = "whisker" if point.left is None else "whisker both"
        parts.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>')
        if point.left is not None and point.right is not None:
            x1, x2 = (f"{_x(each, ends):.2f}%" for each in (point.left, point.right))
            parts.append(f'<line class="{kind}" x1="{x1}" x2="{x2}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>')
    parts += _labels(points, ends)
    said = [f"{p.label}: {p.y:.1%} at {p.x:,.0f}" for p in points]
    return _svg(name, title, said, parts, _TALL + _AXIS, False)


def _curve(places: Sequence[tuple[float, float]]) -> Iterator[str]:
    """A line through places, in per cent across and pixels down, and what lies below it."""
    if len(places) < 2:
        return
    corners = [*places, (places[-1][0], _y(0)), (places[0][0], _y(0))]
    yield (
        f'<svg class="below" width="100%" height="{_TALL}" viewBox="0 0 100 {_TALL}" '
        'preserveAspectRatio="none"><polygon points="'
        f'{" ".join(f"{x:.2f},{y:g}" for x, y in corners)}"/></svg>'
    )
    for (x1, y1), (x2, y2) in pairwise(places):
        yield f'<line class="curve" x1="{x1:.2f}%" x2="{x2:.2f}%" y1="{y1}" y2="{y2}"/>'


def _labels(points: Sequence[Point], ends: tuple[float, float]) -> Iterator[str]:
    """Each point's label where it is near no other dot and covers no label, on a telephone too."""
    taken = [_box(_x(p.x, ends) - 1.5, _y(p.y) + 18, 3, 36) for p in points]
    for point in points:
        x, y = _x(point.x, ends), _y(point.y)
        width = _LETTER * len(point.label)
        sides = ("start", "end") if x + _GAP + width < 100 else ("end", "start")
        heights = (4.0,) if point.left is None else (-8.0, 18.0)  # no interval goes through it
        found = []
        for down, side in product((*heights, -8.0, 18.0), sides):
            left = x + _GAP if side == "start" else x - _GAP - width
            found.append((_box(left, y + down, width, 13), side, y + down))
        box, side, foot = min(found, key=lambda each: sum(_meet(each[0], box) for box in taken))
        taken.append(box)
        yield (
            f'<text class="label on" x="{x:.2f}%" dx="{9 if side == "start" else -9}" y="{foot:g}" '
            f'text-anchor="{side}">{_text(point.label)}</text>'
        )


def _box(left: float, foot: float, width: float, height: float) -> _Box:
    return left, left + width, foot - height, foot


def _meet(one: _Box, other: _Box) -> bool:
    across = one[0] < other[1] and other[0] < one[1]
    return across and one[2] < other[3] and other[2] < one[3]


def rows_said(rows: Sequence[Row]) -> list[str]:
    """Each row in words, for who cannot see the plot."""
    return [f"{row.label}: {row.said}" for row in rows]


def _svg(
    name: str, title: str, said: Sequence[str], parts: Sequence[str], height: float, links: bool
) -> str:
    role = "group" if links else "img"  # in a picture no link would be found
    return (
        f'<svg role="{role}" aria-labelledby="{name}-title {name}-desc" height="{height:g}">'
        f'<title id="{name}-title">{_text(title)}</title>'
        f'<desc id="{name}-desc">{_text("; ".join(said), 2_000)}</desc>{"".join(parts)}</svg>'
    )


def _axis(ticks: Sequence[Tick], ends: tuple[float, float], height: float) -> Iterator[str]:
    for number, (value, word) in enumerate(ticks):
        x = _x(value, ends)
        anchor = "start" if not number else "end" if value == ends[1] else "middle"
        x_word = 0 if not number else 100 if value == ends[1] else x
        yield _upright(x, height, "grid")
        yield (
            f'<text class="tick" x="{x_word:g}%" y="{height + 15}" text-anchor="{anchor}">'
            f"{_text(word)}</text>"
        )


def _row(row: Row, top: float, ends: tuple[float, float]) -> Iterator[str]:
    lower = max(_height(row) - _ROW, 0)
    yield from _texts(row.label, row.said, top, row, lower)
    yield from _dot(row, top + lower + _LINE, ends)


def _height(row: Row) -> int:
    """In pixels: a heading has no dot, and a long label has a line of its own."""
    if not row.said:
        return _ROW - _LABEL
    return _ROW + (_LABEL if len(row.label) > _BESIDE else 0)


def _dot(row: Row, y: float, ends: tuple[float, float]) -> Iterator[str]:
    if row.low is not None and row.high is not None:
        x1, x2 = (f"{_x(each, ends):.2f}%" for each in (row.low, row.high))
        yield f'<line class="whisker {row.kind}" x1="{x1}" x2="{x2}" y1="{y}" y2="{y}"/>'
    if row.value is not None:
        x = f"{_x(row.value, ends):.2f}%"
        yield f'<circle class="dot {row.kind}" cx="{x}" cy="{y}" r="5"/>'


def _texts(
    label: str, said: str, top: float, row: Row | None = None, lower: float = 0
) -> Iterator[str]:
    y, kind = top + _LABEL, row.kind if row else ""
    found = f'<text class="label {kind}" x="0" y="{y}">{_text(label, _LONGEST)}</text>'
    if row and row.href:
        found = f'<a href="{html.escape(row.href)}">{found}</a>'
    yield found
    yield f'<text class="figure" x="100%" y="{y + lower}" text-anchor="end">{_text(said)}</text>'


def _bar(x: float, width: float, top: float, kind: str) -> str:
    place = f'x="{x:.2f}%" width="{width:.2f}%" y="{top + _LINE - 5}" height="10"'
    return f'<rect class="{kind}" {place}/>'


def _upright(x: float, height: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{height:g}"/>'


def _x(value: float, ends: tuple[float, float]) -> float:
    """The place of a value in per cent of the width; what is beyond the axis stands at its end."""
    share = (value - ends[0]) / ((ends[1] - ends[0]) or 1)
    return _SIDE + (100 - 2 * _SIDE) * min(max(share, 0.0), 1.0)


def _y(share: float) -> float:
    return round(12 + (_TALL - 20) * (1 - share), 1)


def _text(text: str, limit: int = 200) -> str:
    if limit == _LONGEST and len(text) > limit:  # long names often differ at their ends
        text = f"{text[: limit // 2]}…{text[-limit // 2 + 1 :]}"
    return html.escape(shown(text, limit))
