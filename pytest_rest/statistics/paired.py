"""Turns paired values, two of each item, into their mean difference, its interval and its test.

Each item is its own control, so what makes items hard or easy cancels out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_rest.statistics.clusters import grouped
from pytest_rest.statistics.intervals import CONFIDENCE, Z, t_quantile
from pytest_rest.terms import Rate

_STRAIGHT = 1e-9  # a skewness that bends nothing


@dataclass(frozen=True, slots=True)
class Difference(Rate):
    """A mean difference over `n` items, with its interval at 95 % and the paired t-test.

    Bounds, t and p are None where nothing varies: equal differences do not say how they vary. `df`
    is the number of clusters less 1, which is that of items where none belong together.
    """

    t: float | None
    df: int
    p: float | None


def difference(values: Sequence[float], clusters: Sequence[str] = ()) -> Difference | None:
    """The mean of the items' differences, by Student's paired t; None without items.

    Where items belong together, its variance is that of a ratio of the clusters' sums (see
    `clusters`): k / (k - 1) sum z^2 / n^2, z being a cluster's sum less its size times the mean.
    """
    n = len(values)
    if not n:
        return None
    mean = math.fsum(values) / n
    sums = _beside_mean(values, mean, clusters)
    df = len(sums) - 1
    squares = math.fsum(each**2 for each in sums) / max(df, 1) / n
    error = math.sqrt(squares * (len(sums) / n))
    if min(values) == max(values) or error == 0 or df == 0:
        return Difference(mean, None, None, n, None, df, None)
    from scipy.special import stdtr  # when first used: it takes a third of a second

    t = mean / error
    reach = t_quantile(df) * error
    p = 2 * float(stdtr(df, -abs(t)))
    return Difference(mean, mean - reach, mean + reach, n, t, df, p)


def corrected_difference(
    values: Sequence[float], clusters: Sequence[str] = ()
) -> Difference | None:
    """`difference` with an interval that is corrected for skewness, and no narrower.

    Student's t errs on one side where most items have the same value. Hall, "On the removal of
    skewness by transformation", Journal of the Royal Statistical Society B 54, 1992; of the
    clusters' sums where items belong together.
    """
    known = difference(values, clusters)
    if known is None or known.low is None or known.high is None:
        return known
    sums = _beside_mean(values, known.value, clusters)
    k = len(sums)
    scale = math.sqrt(math.fsum(each**2 for each in sums) / known.df)
    bend = math.fsum(each**3 for each in sums) / k / scale**3 / 3
    width = (known.high - known.low) / 2
    t = t_quantile(known.df) / math.sqrt(k)

    def straightened(t: float) -> float:
        """How far from the mean, in `width`, the bound of this t is."""
        moved = t - bend / (2 * k)
        return (
            moved if abs(bend) < _STRAIGHT else (math.cbrt(1 + 3 * bend * moved) - 1) / bend
        ) / abs(t)

    low, high = (known.value - straightened(each) * width for each in (t, -t))
    return replace(known, low=min(low, known.low), high=max(high, known.high))


def mean(values: Sequence[float], clusters: Sequence[str] = ()) -> Rate | None:
    """The mean with Student's t interval, of values that may be negative; None without values."""
    mean = difference(values, clusters)
    return Rate(mean.value, mean.low, mean.high, mean.n) if mean else None


def bounded_mean(values: Sequence[float]) -> Rate:
    """The mean of one or more differences from -1 to 1, with an interval that always has a width.

    Bonett and Price, "Adjusted Wald confidence interval for a difference of binomial proportions
    based on paired data", Journal of Educational and Behavioral Statistics 37, 2012: the interval
    of the items' differences with one item added that got worse and one that got better.
    """
    n = len(values) + 2
    center = math.fsum(values) / n
    spread = (math.fsum(each * each for each in values) + 2) / n - center**2
    reach = Z * math.sqrt(spread / n)
    value = math.fsum(values) / len(values)
    return Rate(value, max(center - reach, -1.0), min(center + reach, 1.0), len(values))


def simultaneous(difference: Difference, of: int) -> tuple[float, float]:
    """Bounds of a difference of shares that hold for all `of` differences at once (Bonferroni).

    By Student's t; where nothing varies, by the worst case that was not seen: n equal items, or
    clusters, leave at that error a share of items that may be as far off as shares can be.
    """
    error = (1 - CONFIDENCE) / of
    if difference.low is None or difference.high is None:
        seen = (error / 2) ** (1 / (difference.df + 1))
        return seen * difference.value - (1 - seen), seen * difference.value + (1 - seen)
    wider = t_quantile(difference.df, 1 - error) / t_quantile(difference.df)
    reach = (difference.high - difference.low) / 2 * wider
    return max(difference.value - reach, -1.0), min(difference.value + reach, 1.0)


def _beside_mean(values: Sequence[float], mean: float, clusters: Sequence[str]) -> list[float]:
    """What the sum of each cluster is above its size times the mean."""
    off = [each - mean for each in values]
    return [*map(math.fsum, grouped(off, clusters))] if any(clusters) else off


def mcnemar(worse: int, better: int) -> float:
    """The probability of `worse` or more among these flips if each were a fair coin."""
    if not worse:
        return 1.0
    from scipy.special import betainc  # when first used: it takes a third of a second

    return float(betainc(worse, better + 1, 0.5))
