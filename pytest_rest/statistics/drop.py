"""Turns the drops of paired items into how sure it is that their mean is beyond a tolerance.

An item's drop is its figure in the old run less that in the new one, from -1 to 1; below 0 it got
better. The drop of several suites is the unweighted mean of theirs. With d the mean drop of n
items and t the tolerance, the score is

    S = (d - t) / sqrt(V / n),    V = sum w(x) (x - t)^2

where w is the likeliest distribution of the drops x whose mean is t, over the values that were seen
and -1 and 1. Where each item got worse, better, or neither, this is the score test of Tango,
"Equivalence test and confidence interval for the difference in proportions for the paired-sample
design", Statistics in Medicine 17, 1998. For items that are right in some of their styles it is the
same with more values: w is that of Owen, "Empirical likelihood ratio confidence intervals for a
single functional", Biometrika 75, 1988, with the ends of the scale among its values, so that a
fall that was not seen yet counts as possible.

Over k suites d is the mean of their means, and its variance the sum of their V / n over k squared,
each V at the suite's own mean, moved as far as the mean over suites has to be moved to t.

Items of a cluster tend to flip together. They count as one item of their mean drop, weighed by
their number, and a suite as Kish's n for unequal weights, n^2 / sum m^2 for clusters of m items
("Survey Sampling", 1965): the number of clusters, if all are of one size.

Where few items flip, S is skewed. It is then also corrected for its third moment (Laud,
"Equal-tailed confidence intervals for comparison of rates", Pharmaceutical Statistics 16, 2017),
and the less sure of the two counts. Of one suite, nothing is surer than that all items flip.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean

from pytest_rest.statistics.bounds import Decision

MEAN = "mean"  # over suites: no suite has that name
_STEPS = 60
_normal = NormalDist().cdf

Counts = Mapping[float, float]  # how many items have which drop


@dataclass(frozen=True, slots=True)
class Drop:
    """A mean drop over `n` items, and how likely it were if the true one were the tolerance.

    `beyond` is the chance of such a drop or a larger one, `within` of such or a smaller one. Where
    items belong to clusters, `n` is what they count as.
    """

    value: float
    n: float
    beyond: float
    within: float


@dataclass(frozen=True, slots=True)
class DropVerdict:
    """Whether a drop is surely within the tolerance (`pass`), surely beyond (`fail`), or neither.

    `beyond` names what surely is, suites or `MEAN`; `too_few` the suites whose items could not show
    it though all of them got worse.
    """

    decision: Decision
    mean: Drop
    suites: Mapping[str, Drop]
    beyond: tuple[str, ...]
    too_few: tuple[str, ...]


def decide(
    drops: Mapping[str, Sequence[float]],
    tolerance: float,
    confidence: float,
    clusters: Mapping[str, Sequence[str]] | None = None,
) -> DropVerdict:
    """Judge the items' drops, at least one in each suite, by their mean and by each suite's.

    `clusters` has the cluster of each item, or an empty text.

    It fails where the mean or one suite is surely beyond the tolerance: by Holm's procedure, in
    which the mean has one half of the error and the suites share the other, so that all of them
    together err in at most 1 - confidence of runs whose drops are at the tolerance. It passes where
    the mean is surely within, and no suite too small to fail.
    """
    clusters = clusters or {}
    counts = {name: tally(values, clusters.get(name, ())) for name, values in drops.items()}
    suites = {name: measure([each], tolerance) for name, each in counts.items()}
    mean = measure([*counts.values()], tolerance)
    error, several = 1 - confidence, len(suites) > 1
    weights = {name: 0.5 / len(suites) for name in suites} if several else {}
    weights[MEAN] = 0.5 if several else 1.0
    too_few = tuple(
        name
        for name, suite in suites.items()
        if least_p(suite.n, tolerance) >= error * weights.get(name, 1.0)
    )
    p = {name: suite.beyond for name, suite in suites.items() if name not in too_few and several}
    if not too_few:
        p[MEAN] = mean.beyond
    beyond = holm(p, weights, error)
    passes = not beyond and not too_few and mean.within < error
    decision: Decision = "fail" if beyond else "pass" if passes else "undecided"
    return DropVerdict(decision, mean, suites, beyond, too_few)


def tally(drops: Sequence[float], clusters: Sequence[str] = ()) -> Counts:
    """How many items have which drop, or clusters of them which mean drop."""
    if not any(clusters):
        return Counter(drops)
    members: dict[str | int, list[float]] = defaultdict(list)
    for place, (drop, cluster) in enumerate(zip(drops, clusters, strict=True)):
        members[cluster or place].append(drop)
    scale = len(drops) / sum(len(own) ** 2 for own in members.values())
    counts: dict[float, float] = defaultdict(float)
    for own in members.values():
        counts[fmean(own)] += len(own) * scale
    return counts


def measure(suites: Sequence[Counts], tolerance: float) -> Drop:
    """The mean over suites of their items' drops, by the module's score."""
    sizes = [sum(counts.values()) for counts in suites]
    means = [
        math.fsum(x * k for x, k in counts.items()) / n
        for counts, n in zip(suites, sizes, strict=True)
    ]
    value, n = fmean(means), sum(sizes)
    excess = 0.0 if math.isclose(value, tolerance, abs_tol=1e-12) else value - tolerance
    moved = [max(min(mean - excess, 1.0), -1.0) for mean in means]
    moments = [_moments(counts, mean) for counts, mean in zip(suites, moved, strict=True)]
    several = len(suites)
    variance = math.fsum(v / n for (v, _), n in zip(moments, sizes, strict=True)) / several**2
    third = math.fsum(m / n**2 for (_, m), n in zip(moments, sizes, strict=True)) / several**3
    if variance < 1e-15:
        return Drop(value, n, float(excess <= 0), float(excess >= 0))
    score, bend = excess / math.sqrt(variance), third / variance**1.5 / 6
    corrected = _corrected(score, bend)
    beyond, within = _normal(-min(score, corrected)), _normal(max(score, corrected))
    if several == 1:
        beyond, within = max(beyond, least_p(n, tolerance)), max(within, least_p(n, -tolerance))
    return Drop(value, n, beyond, within)


def least_p(n: float, tolerance: float) -> float:
    """The exact chance that all of n items get worse, where the true drop is the tolerance.

    That is where it is largest, with items that all flip.
    """
    return float(((1 + tolerance) / 2) ** n) if tolerance < 1 else 0.0


def holm(p: Mapping[str, float], weights: Mapping[str, float], error: float) -> tuple[str, ...]:
    """Which hypotheses are rejected, so that any true one is in at most that share of all runs.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979, with weights.
    """
    ordered = sorted(p, key=lambda name: p[name] / weights[name])
    for place, name in enumerate(ordered):
        if p[name] >= error * weights[name] / math.fsum(weights[each] for each in ordered[place:]):
            return tuple(ordered[:place])
    return tuple(ordered)


def holm_adjusted(p: Sequence[float]) -> list[float]:
    """Each p, as it may be held against the error of all of these tests together."""
    adjusted, largest = list(p), 0.0
    for place, number in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        largest = max(largest, min((len(p) - place) * p[number], 1.0))
        adjusted[number] = largest
    return adjusted


def _corrected(score: float, bend: float) -> float:
    """The z of which `z + bend (z^2 - 1)` is the score; `bend` is a sixth of its skewness."""
    if abs(bend) < 1e-9:
        return score
    return (math.sqrt(max(1 + 4 * bend * (score + bend), 0.0)) - 1) / (2 * bend)


def _moments(counts: Counts, mean: float) -> tuple[float, float]:
    """The second and third moment about `mean` of the likeliest distribution with that mean.

    A value that k of n items have weighs k / (n (1 + pull (x - mean))); an end of the scale that no
    item has weighs what those leave, where the pull is at the end of its range.
    """
    if abs(mean) >= 1:
        return 0.0, 0.0
    values = [(x - mean, k) for x, k in counts.items() if k]
    n = sum(k for _, k in values)
    pull = _pull(values, 1 - mean, -1 - mean)
    weights = [(away, k / n / (1 + pull * away)) for away, k in values]
    rest = 1 - math.fsum(weight for _, weight in weights)
    weights.append((1 - mean if pull < 0 else -1 - mean, rest))
    second, third = (math.fsum(w * away**power for away, w in weights) for power in (2, 3))
    return second, third


def _pull(values: Sequence[tuple[float, float]], top: float, bottom: float) -> float:
    """The Lagrange multiplier that puts the mean at 0: by Newton's method, within its range."""

    def balance(pull: float) -> float:
        return sum(k * away / (1 + pull * away) for away, k in values)

    low, high = -1 / top, -1 / bottom
    if max(values)[0] < top - 1e-9 and balance(low) <= 0:
        return low
    if min(values)[0] > bottom + 1e-9 and balance(high) >= 0:
        return high
    pull = 0.0
    for _ in range(_STEPS):
        pulled = [(away / (1 + pull * away), k) for away, k in values]
        rest = sum(k * each for each, k in pulled)
        low, high = (pull, high) if rest > 0 else (low, pull)
        nearer = pull + rest / sum(k * each * each for each, k in pulled)
        if not low < nearer < high:
            nearer = (low + high) / 2
        if abs(nearer - pull) < 1e-12:
            break
        pull = nearer
    return pull
