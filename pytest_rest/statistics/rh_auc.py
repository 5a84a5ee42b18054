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
separately from both halves. The percentiles are corrected for the bias and the skewness of the area
(BCa; Efron, "Better bootstrap confidence intervals", JASA 82, 1987), and for its spread, which a
bootstrap of few items underestimates: Student's t replaces the normal, with the degrees of freedom
of the smaller half (Hesterberg, "What teachers should know about the bootstrap", The American
Statistician 69, 2015).
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import NormalDist, fmean
from typing import Literal, Self

from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.terms import Rate

AreaKind = Literal["raw", "normalised"]
KINDS: tuple[AreaKind, ...] = ("raw", "normalised")
CurvePoint = tuple[float, float]  # reasoning, perception
Scores = Sequence[Sequence[float]]  # a row for each item, a column for each budget
# for each half, the points without one of its items, and for how many items those are the same
_Without = Sequence[Sequence[tuple[Sequence[CurvePoint], int]]]

REPLICATES = 1_000
_NORMAL = NormalDist()
_MOST_UNDEFINED = 0.05  # share of the replicates that may have no area


class UndefinedError(ValueError):
    """A curve has no area; the message says why."""


@dataclass(frozen=True)
class Area:
    """One of the two figures: its value and interval at 95 %, or why it is undefined.

    `halves` are the numbers of items of reasoning and of perception; `replicates` the bootstrap's,
    sorted. `bias` is how far their median is below the value, in standard deviations;
    `acceleration` a sixth of the skewness.
    """

    value: float
    halves: tuple[int, int]
    replicates: tuple[float, ...] = ()
    undefined: str = ""
    bias: float = 0.0
    acceleration: float = 0.0

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
        """A lower and an upper bound, each of that confidence; None where nothing varies."""
        replicates, n = self.replicates, min(self.halves)
        if not replicates or replicates[0] == replicates[-1] or n < 2:
            return None
        from scipy.special import stdtrit  # when first used: it takes a third of a second

        reach = math.sqrt(n / (n - 1)) * float(stdtrit(n - 1, confidence))
        low, high = (_quantile(replicates, self._place(each)) for each in (-reach, reach))
        return min(low, self.value), max(high, self.value)

    def grown(self, factor: float) -> Self:
        """The same value of `factor` times as many items, with less spread."""
        scale = math.sqrt(factor)
        reasoning, perception = (round(n * factor) for n in self.halves)
        nearer = tuple(self.value + (each - self.value) / scale for each in self.replicates)
        return replace(
            self,
            halves=(reasoning, perception),
            replicates=nearer,
            bias=self.bias / scale,
            acceleration=self.acceleration / scale,
        )

    def _place(self, deviations: float) -> float:
        """The replicates' percentile that many standard deviations from the value."""
        far = self.bias + deviations
        rest = 1 - self.acceleration * far
        return _NORMAL.cdf(self.bias + far / rest) if rest > 0 else float(far > 0)


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
    without = [
        [(list(zip(each, means[1], strict=True)), n) for each, n in _without_one(reasoning)],
        [(list(zip(means[0], each, strict=True)), n) for each, n in _without_one(perception)],
    ]
    return {kind: _area(points, sampled, without, kind, halves) for kind in KINDS}


def _area(
    points: Sequence[CurvePoint],
    sampled: Sequence[list[CurvePoint]],
    without: _Without,
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
    return Area(
        value,
        halves,
        tuple(sorted(replicates)),
        bias=_bias(replicates, value),
        acceleration=_acceleration(without, kind),
    )


def _bias(replicates: Sequence[float], value: float) -> float:
    below = sum((each < value) + (each == value) / 2 for each in replicates)
    n = len(replicates)
    return _NORMAL.inv_cdf(min(max(below, 0.5), n - 0.5) / n)


def _acceleration(without: _Without, kind: AreaKind) -> float:
    """By leaving out each item once; 0 where the remaining curve has no area."""
    squares = cubes = 0.0
    for half in without:
        n = sum(count for _, count in half)
        try:
            areas = [(area(points, kind), count) for points, count in half]
        except UndefinedError:
            return 0.0
        middle = math.fsum(value * count for value, count in areas) / max(n, 1)
        pulls = [((middle - value) * (n - 1) / n, count) for value, count in areas]
        squares += math.fsum(pull**2 * count for pull, count in pulls)
        cubes += math.fsum(pull**3 * count for pull, count in pulls)
    return cubes / (6 * squares**1.5) if squares else 0.0


def _sampler(rows: Scores, draws: random.Random) -> Callable[[], list[float]]:
    """Gives the column means of as many rows, drawn with replacement; equal rows are one."""
    counts = Counter(map(tuple, rows))
    distinct = sorted(counts)
    weights = [counts[row] for row in distinct]
    return lambda: _means(draws.choices(distinct, weights, k=len(rows)))


def _without_one(rows: Scores) -> list[tuple[list[float], int]]:
    """The column means without one of the items that have equal scores, and how many those are."""
    n = len(rows)
    if n == 1:
        return []
    totals = [mean * n for mean in _means(rows)]
    return [
        ([(total - score) / (n - 1) for total, score in zip(totals, row, strict=True)], count)
        for row, count in Counter(map(tuple, rows)).items()
    ]


def _means(rows: Scores) -> list[float]:
    return [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]


def _quantile(values: Sequence[float], share: float) -> float:
    """The quantile of sorted values, interpolated between the two nearest."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])
