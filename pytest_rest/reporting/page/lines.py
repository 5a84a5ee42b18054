"""Turns figures over runs into inline SVG: lines with the bands of their intervals.

A line is not joined where what was asked changed, for the figures on both sides are not one's.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pytest_rest.reporting.page import layout
from pytest_rest.terms import Rate

_HEIGHT, _TOP = 190, 26  # pixels
_LEFT, _RIGHT = 12.0, 2.0  # per cent of the width: the levels' words, and half a dot
_DOTS = 60  # runs of which each has a dot
_ABOVE = 9  # pixels from a threshold to the middle of its words
_APART = 4.0  # per cent of the width between the numbers of two marks


@dataclass(frozen=True)
class Line:
    """A figure's rates, None where a run has none; their words are the dots' titles."""

    label: str
    rates: Sequence[Rate | None]
    said: Sequence[str]


@dataclass(frozen=True)
class Mark:
    """What changed before the run at a place; `is_break` where the line ends there."""

    place: int
    number: int
    is_break: bool


@dataclass(frozen=True)
class _Scale:
    runs: int
    bottom: float
    top: float

    def x(self, place: float) -> float:
        """A run's place in per cent of the width; the only one is in the middle."""
        if self.runs < 2:
            return 50.0
        return round(_LEFT + (100 - _LEFT - _RIGHT) * place / (self.runs - 1), 2)

    def y(self, value: float) -> float:
        """A value's place in pixels."""
        share = (value - self.bottom) / (self.top - self.bottom)
        return round(_TOP + (_HEIGHT - _TOP) * (1 - min(max(share, 0.0), 1.0)), 1)


def draw(
    name: str,
    title: str,
    lines: Sequence[Line],
    moments: Sequence[datetime],
    marks: Sequence[Mark],
    threshold: float | None = None,
    unit: str = "%",
) -> str:
    """The lines over the runs' dates; of one without intervals, such as a cost, the line alone."""
    is_a_day = len(moments) > 1 and moments[0].date() == moments[-1].date()
    dates = [f"{moment:{'%m-%d %H:%M' if is_a_day else '%Y-%m-%d'}}" for moment in moments]
    scale = _scale(lines, len(dates), threshold, unit)
    ends = [mark.place for mark in marks if mark.is_break]
    middle = (scale.bottom + scale.top) / 2
    levels = [(scale.y(value), _word(value, unit)) for value in (scale.bottom, middle, scale.top)]
    places = sorted({0, len(dates) - 1} | ({(len(dates) - 1) // 2} if len(dates) > 4 else set()))
    return layout.draw(
        "lines.svg.html",
        "lines",
        name,
        title,
        [f"{line.label}: {line.said[-1]}" for line in lines],
        _HEIGHT,
        levels,
        [(scale.x(place), dates[place]) for place in places],
        [_drawn(line, scale, ends) for line in lines],
        _numbered(marks, scale),
        None
        if threshold is None
        else (
            scale.y(threshold),
            f"threshold {_word(threshold, unit)}",
            _has_more_room_right(lines, scale, scale.y(threshold)),
        ),
    )


def days(moments: Sequence[datetime]) -> list[str]:
    """`2026-11-02`, with the time where several are of a day."""
    counts = Counter(moment.date() for moment in moments)
    form = {moment: "%Y-%m-%d %H:%M" for moment in moments if counts[moment.date()] > 1}
    return [f"{moment:{form.get(moment, '%Y-%m-%d')}}" for moment in moments]


def _has_more_room_right(lines: Sequence[Line], scale: _Scale, y: float) -> bool:
    """Whether the words above a threshold are further from the lines at their end."""
    beside = -(-scale.runs // 4)  # as wide as the words are on a telephone

    def room(places: slice) -> float:
        rates = [rate for line in lines for rate in line.rates[places] if rate]
        return min((abs(scale.y(rate.value) - y + _ABOVE) for rate in rates), default=math.inf)

    return room(slice(-beside, None)) > room(slice(beside))


def _word(value: float, unit: str) -> str:
    return (
        f"{value * 100:g} %"
        if unit == "%"
        else f"${value:.2f}"
        if value >= 0.1 or not value
        else f"${value:.2g}"
    )


def _scale(lines: Sequence[Line], runs: int, threshold: float | None, unit: str) -> _Scale:
    """From the least bound to the largest, in steps of a tenth; a cost's from 0."""
    rates = [rate for line in lines for rate in line.rates if rate]
    ends = [end for r in rates for end in (r.value, r.low, r.high) if end is not None]
    ends += [] if threshold is None else [threshold]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if unit != "%":
        return _Scale(runs, 0.0, high or 1.0)
    bottom, top = math.floor(low * 10 + 1e-9) / 10, math.ceil(high * 10 - 1e-9) / 10
    top = max(top, min(bottom + 0.2, 1.0))
    return _Scale(runs, max(min(bottom, top - 0.2), 0.0), top)


def _drawn(line: Line, scale: _Scale, ends: Sequence[int]) -> Mapping[str, object]:
    """A line's pieces and bands as corners, and its dots where they are not too many."""
    pieces: list[list[tuple[int, Rate]]] = [[]]
    for place, rate in enumerate(line.rates):
        if place in ends:
            pieces.append([])
        if rate is not None:
            pieces[-1].append((place, rate))
    bands = []
    for piece in pieces:
        known = [(p, r.low, r.high) for p, r in piece if r.low is not None and r.high is not None]
        if len(known) > 1:
            over = [(p, high) for p, _, high in known]
            bands.append(_corners([*over, *((p, low) for p, low, _ in reversed(known))], scale))
    dots = [
        {
            "x": scale.x(place),
            "y": scale.y(rate.value),
            "low": None if rate.low is None else scale.y(rate.low),
            "high": None if rate.high is None else scale.y(rate.high),
            "said": said,
        }
        for place, (rate, said) in enumerate(zip(line.rates, line.said, strict=True))
        if rate is not None
    ]
    traces = [_corners([(p, r.value) for p, r in piece], scale) for piece in pieces if piece[1:]]
    is_few = len(line.rates) <= _DOTS
    return {"label": line.label, "traces": traces, "bands": bands, "dots": dots if is_few else []}


def _corners(places: Sequence[tuple[int, float]], scale: _Scale) -> str:
    return " ".join(f"{scale.x(place):g},{scale.y(value):g}" for place, value in places)


def _numbered(marks: Sequence[Mark], scale: _Scale) -> list[Mapping[str, object]]:
    """Each mark between its run and the one before, with its number where there is room."""
    drawn: list[Mapping[str, object]] = []
    last = -math.inf
    for mark in marks:
        x = scale.x(mark.place - 0.5)
        has_room = x - last >= _APART
        last = x if has_room else last
        drawn.append({"x": x, "number": mark.number if has_room else "", "ends": mark.is_break})
    return drawn
