"""Turns scores under several budgets of thinking into RH-AUC, with intervals over items.

Each budget is a point: the reasoning score across, the perception score up, each a mean over its
own items. Sorted by reasoning the points are a curve, and the area under it (trapezoids) says how
well perception holds while reasoning grows (Liu et al., arXiv 2505.21523). Two figures:

- raw: the area over the range of reasoning, divided by that range: the mean height of the curve;
- normalised: both axes scaled to 0 and 1 by the sweep's own least and largest score, so that only
  the shape counts: a sweep and the same sweep with all scores halved have one area.

Points of one reasoning score are first joined, at their mean perception: else the area would depend
on the order of the budgets. What has no area is said to have none: one point, reasoning that does
not move, and for the normalised figure perception that does not move.

Intervals are percentiles of a bootstrap that draws items, each with its scores under all budgets,
from both halves apart.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import fmean
from typing import Literal, Self

from pytest_rest.terms import Rate

Kind = Literal["raw", "normalised"]
KINDS: tuple[Kind, ...] = ("raw", "normalised")
Point = tuple[float, float]  # reasoning, perception
Scores = Sequence[Sequence[float]]  # a row an item, a column a budget

REPLICATES = 1_000
_CONFIDENCE = 0.95
_MOST_UNDEFINED = 0.05  # share of the replicates that may have no area


class UndefinedError(ValueError):
    """A curve that has no area; the text says why."""


@dataclass(frozen=True)
class Area:
    """One of the two figures: its value and interval at 95 %, or why there is none.

    `items` are those of both halves; `replicates` the bootstrap's, sorted.
    """

    value: float
    items: int
    replicates: tuple[float, ...] = ()
    undefined: str = ""

    @property
    def rate(self) -> Rate | None:
        """The value with its interval; None where it is undefined."""
        if self.undefined:
            return None
        low, high = self.limits((1 + _CONFIDENCE) / 2) or (None, None)
        return Rate(self.value, low, high, self.items)

    def limits(self, confidence: float) -> tuple[float, float] | None:
        """A lower and an upper bound, each of that confidence; None where nothing varies."""
        found = self.replicates
        if not found or found[0] == found[-1]:
            return None
        return _quantile(found, 1 - confidence), _quantile(found, confidence)

    def grown(self, factor: float) -> Self:
        """The same, had it been observed on so many times the items: its spread is less."""
        scale = math.sqrt(factor)
        nearer = tuple(self.value + (each - self.value) / scale for each in self.replicates)
        return replace(self, items=round(self.items * factor), replicates=nearer)


def curve(points: Sequence[Point]) -> list[Point]:
    """The points by their reasoning score, those of one score joined at their mean perception."""
    groups = groupby(sorted(points), key=lambda point: point[0])
    return [(score, fmean(point[1] for point in same)) for score, same in groups]


def area(points: Sequence[Point], kind: Kind) -> float:
    """The area under the curve of these points; `UndefinedError` where it has none."""
    if len(points) < 2:
        raise UndefinedError("one budget is one point")
    found = curve(points)
    left, right = found[0][0], found[-1][0]
    if left == right:
        raise UndefinedError("reasoning is the same under every budget")
    whole = math.fsum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(found))
    height = whole / (right - left)
    if kind == "raw":
        return height
    low, high = (end(point[1] for point in points) for end in (min, max))
    if low == high:
        raise UndefinedError("perception is the same under every budget")
    return (height - low) / (high - low)


def measure(
    reasoning: Scores, perception: Scores, seed: int = 0, replicates: int = REPLICATES
) -> dict[Kind, Area]:
    """Both figures, of each item's scores from 0 to 1; equal for equal seeds, on every platform."""
    items = len(reasoning) + len(perception)
    if not reasoning or not perception:
        half = "perception" if reasoning else "reasoning"
        return {kind: Area(math.nan, items, (), f"no item of {half} was judged") for kind in KINDS}
    points = list(zip(_means(reasoning), _means(perception), strict=True))
    draws = random.Random(f"rh-auc/{seed}")  # noqa: S311 (no secret)
    drawn = [_Drawing(rows, draws) for rows in (reasoning, perception)]
    sampled = [list(zip(*(each.means() for each in drawn), strict=True)) for _ in range(replicates)]
    return {kind: _area(points, sampled, kind, items) for kind in KINDS}


def _area(points: Sequence[Point], sampled: Sequence[list[Point]], kind: Kind, items: int) -> Area:
    try:
        value = area(points, kind)
    except UndefinedError as error:
        return Area(math.nan, items, (), str(error))
    found = []
    for each in sampled:
        try:
            found.append(area(each, kind))
        except UndefinedError:
            continue
    if len(found) < (1 - _MOST_UNDEFINED) * len(sampled):
        found = []  # too few items to say how sure it is
    return Area(value, items, tuple(sorted(found)))


class _Drawing:
    """Draws as many rows as there are, with replacement; equal rows are drawn as one."""

    def __init__(self, rows: Scores, draws: random.Random) -> None:
        counts = Counter(tuple(row) for row in rows)
        self._rows = sorted(counts)
        self._weights = [counts[row] for row in self._rows]
        self._n, self._draws = len(rows), draws

    def means(self) -> list[float]:
        """The column means of one draw."""
        return _means(self._draws.choices(self._rows, self._weights, k=self._n))


def _means(rows: Scores) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def _quantile(values: Sequence[float], share: float) -> float:
    """Between the two nearest of sorted values."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
