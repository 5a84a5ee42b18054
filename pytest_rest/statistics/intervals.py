"""Turns counts and values into rates with two-sided intervals at 95 %."""

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist

from pytest_rest.statistics import clusters
from pytest_rest.statistics.clusters import Sample
from pytest_rest.terms import EffectiveRate, Rate

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def t_quantile(df: float, confidence: float = CONFIDENCE) -> float:
    """The t for which that share of Student's distribution lies between -t and t; `df` >= 1."""
    from scipy.special import stdtrit  # when first used: it takes a third of a second

    return float(stdtrit(df, (1 + confidence) / 2))


@functools.lru_cache(maxsize=4096)
def proportion(count: float, n: int) -> Rate | None:
    """`count / n` with Wilson's interval; None when n is 0.

    A count that is not a whole number (an item right in half of its styles) is rounded outwards for
    each bound, which makes the interval slightly wider than necessary, never narrower. Wilson,
    "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not n:
        return None
    near = round(count) if math.isclose(count, round(count), abs_tol=1e-9) else count
    low, high = math.floor(near) / n, math.ceil(near) / n
    return Rate(near / n, _wilson(low, n)[0], _wilson(high, n)[1], n)


def mean_share(shares: Sequence[float], groups: Sequence[str] = ()) -> Rate | None:
    """The mean of items' shares from 0 to 1, as `of_sample`; None without items.

    `groups` has each item's cluster, if it has one.
    """
    sample = clusters.sample(shares, groups)
    return of_sample(sample) if sample else None


def of_sample(sample: Sample) -> Rate:
    """The mean of a sample with Wilson's interval, of as many items as it is worth.

    By Student's t, where what it is worth is estimated: where items belong together, or are partly
    right (see `clusters`). Where each item stands alone and is right or wrong, `proportion`.
    """
    if sample.is_plain:
        rate = proportion(math.fsum(share * count for share, count in sample.parts), sample.n)
        assert rate is not None  # noqa: S101 (a sample has items)
        return rate
    low, high = _wilson(sample.value, sample.worth, t_quantile(sample.freedom))
    units = sample.units if sample.is_clustered else None
    return EffectiveRate(sample.value, low, high, sample.n, sample.worth, units)


def ratio(above: Sequence[float], below: Sequence[float]) -> Rate | None:
    """The ratio of the means of paired, non-negative values, with Fieller's interval.

    By Student's t, cut at 0. None where the mean below is 0. Without bounds where nothing varies
    about the ratio, or where the mean below is not clear of 0 itself, so that the interval is
    unbounded. Fieller, "Some problems in interval estimation", JRSS B 16 (1954).
    """
    n = len(below)
    if not n or not any(below):
        return None
    a, b = math.fsum(above) / n, math.fsum(below) / n
    value = a / b
    pairs = zip(above, below, strict=True)
    if n == 1 or all(math.isclose(y, value * x, abs_tol=1e-12) for y, x in pairs):
        return Rate(value, None, None, n)
    ups, downs = [y - a for y in above], [x - b for x in below]
    scale = t_quantile(n - 1) ** 2 / (n * (n - 1))
    aa, ab, bb = (
        scale * math.fsum(y * x for y, x in zip(one, other, strict=True))
        for one, other in ((ups, ups), (ups, downs), (downs, downs))
    )
    rest = b * b - bb  # the roots of (a - r b)^2 = t^2 var(a - r b)
    if rest <= 0:
        return Rate(value, None, None, n)
    middle = (a * b - ab) / rest
    reach = math.sqrt(max((a * b - ab) ** 2 - rest * (a * a - aa), 0.0)) / rest
    return Rate(value, max(middle - reach, 0.0), middle + reach, n)


def correlation_limits(r: float, n: int) -> tuple[float, float]:
    """The interval of Pearson's r of more than three pairs, -1 < r < 1: the z of Fisher, 1921."""
    reach = Z / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)


def _wilson(value: float, n: float, z: float = Z) -> tuple[float, float]:
    spread = z**2 / n
    center = (value + spread / 2) / (1 + spread)
    reach = z * math.sqrt(value * (1 - value) / n + spread / (4 * n)) / (1 + spread)
    return 0.0 if value == 0 else center - reach, 1.0 if value == 1 else center + reach
