"""Turns scores under several budgets of thinking into RH-AUC, with intervals over items.

Each budget is a point: the reasoning score on the x axis, the perception score on the y axis, each
a mean over its own items. Sorted by reasoning the points are a curve, and the area under it (by
trapezoids) says how well perception holds while reasoning grows (Liu et al., arXiv 2505.21523):

- raw: the area over the range of reasoning, divided by that range: the mean height of the curve;
- normalised: both axes scaled to 0 and 1 by the sweep's own least and largest score, so that only
  the shape counts: a sweep and the same sweep with all scores halved have one area.

Points with the same reasoning score are first joined at their mean perception; otherwise the area
would depend on the order of the budgets. A single point has no area, nor has reasoning that does
not move, nor, for the normalised figure, perception that does not move.

Intervals are percentiles of a bootstrap that draws items, each with its scores under all budgets,
separately from both halves (Efron, "Bootstrap methods: another look at the jackknife", The Annals
of Statistics 7, 1979). Corrections for bias and skewness (BCa) are left out: the least and the
largest score scale the normalised area, so that its replicates are biased themselves, and corrected
intervals held it in .68 to .92 of simulated runs.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import fmean
from typing import Literal, Self

from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.terms import Rate

AreaKind = Literal["raw", "normalised"]
KINDS: tuple[AreaKind, ...] = ("raw", "normalised")
CurvePoint = tuple[float, float]  # reasoning, perception
Scores = Sequence[Sequence[float]]  # a row for each item, a column for each budget

REPLICATES = 1_000
_MOST_UNDEFINED = 0.05  # share of the replicates that may have no area


class UndefinedError(ValueError):
    """A curve has no area; the message says why."""


@dataclass(frozen=True)
class Area:
    """One of the two figures: its value and interval at 95 %, or why it is undefined.

    `halves` are the numbers of items of reasoning and of perception; `replicates` the bootstrap's,
    sorted.
    """

    value: float
    halves: tuple[int, int]
    replicates: tuple[float, ...] = ()
    undefined: str = ""

    @property
    def items(self) -> int:
        """The number of items of both halves."""
        return sum(self.halves)

    @property
    def rate(self) -> Rate | None:
        """The value with its interval; None where it is undefined."""
        if self.undefined:
            return None
        low, high = self.limits((1 + CONFIDENCE) / 2) or (None, None)
        return Rate(self.value, low, high, self.items)

    def limits(self, confidence: float) -> tuple[float, float] | None:
        """A lower and an upper bound, each of that confidence; None where they cannot be told.

        That is where nothing varies, and where the confidence is beyond the replicates' number.
        """
        replicates, error = self.replicates, 1 - confidence
        if len(replicates) * error < 1 or replicates[0] == replicates[-1] or min(self.halves) < 2:
            return None
        low, high = (_quantile(replicates, share) for share in (error, confidence))
        return min(low, self.value), max(high, self.value)

    def grown(self, factor: float) -> Self:
        """The same value of `factor` times as many items, with less spread."""
        scale = math.sqrt(factor)
        reasoning, perception = (round(n * factor) for n in self.halves)
        nearer = tuple(self.value + (each - self.value) / scale for each in self.replicates)
        return replace(self, halves=(reasoning, perception), replicates=nearer)


def curve(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The points by reasoning score, those of the same score joined at their mean perception."""
    groups = groupby(sorted(points), key=lambda point: point[0])
    return [(score, fmean(point[1] for point in same)) for score, same in groups]


def area(points: Sequence[CurvePoint], kind: AreaKind) -> float:
    """The area under the curve of these points; `UndefinedError` where it has none."""
    if len(points) < 2:
        raise UndefinedError("one budget is one point")
    by_reasoning = curve(points)
    left, right = by_reasoning[0][0], by_reasoning[-1][0]
    if left == right:
        raise UndefinedError("reasoning is the same under every budget")
    whole = math.fsum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(by_reasoning))
    height = whole / (right - left)
    if kind == "raw":
        return height
    low, high = (end(point[1] for point in points) for end in (min, max))
    if low == high:
        raise UndefinedError("perception is the same under every budget")
    return (height - low) / (high - low)


def measure(
    reasoning: Scores, perception: Scores, seed: int = 0, replicates: int = REPLICATES
) -> dict[AreaKind, Area]:
    """Both figures, from items' scores of 0 to 1; equal for equal seeds, on every platform."""
    halves = len(reasoning), len(perception)
    if not reasoning or not perception:
        half = "perception" if reasoning else "reasoning"
        return {kind: Area(math.nan, halves, (), f"no item of {half} was judged") for kind in KINDS}
    means = _means(reasoning), _means(perception)
    points = list(zip(*means, strict=True))
    draws = random.Random(f"rh-auc/{seed}")  # noqa: S311 (no secret)
    samplers = [_sampler(rows, draws) for rows in (reasoning, perception)]
    sampled = [list(zip(*(draw() for draw in samplers), strict=True)) for _ in range(replicates)]
    return {kind: _area(points, sampled, kind, halves) for kind in KINDS}


def _area(
    points: Sequence[CurvePoint],
    sampled: Sequence[list[CurvePoint]],
    kind: AreaKind,
    halves: tuple[int, int],
) -> Area:
    try:
        value = area(points, kind)
    except UndefinedError as error:
        return Area(math.nan, halves, (), str(error))
    replicates = []
    for each in sampled:
        try:
            replicates.append(area(each, kind))
        except UndefinedError:
            continue
    if len(replicates) < (1 - _MOST_UNDEFINED) * len(sampled):
        return Area(value, halves)  # too few items to say how sure it is
    return Area(value, halves, tuple(sorted(replicates)))


def _sampler(rows: Scores, draws: random.Random) -> Callable[[], list[float]]:
    """Gives the column means of as many rows, drawn with replacement; equal rows are one."""
    counts = Counter(map(tuple, rows))
    distinct = sorted(counts)
    weights = [counts[row] for row in distinct]
    return lambda: _means(draws.choices(distinct, weights, k=len(rows)))


def _means(rows: Scores) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def _quantile(values: Sequence[float], share: float) -> float:
    """The quantile of sorted values, interpolated between the two nearest."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
