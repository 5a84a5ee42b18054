"""Turns independent values from 0 to 1 into a lower bound of their mean, whatever they may be.

Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
variable", Mathematical Methods of Statistics 14, 2005: give the n values, and one more of 0, random
weights that are even over all that add up to 1 (Dirichlet's, as in a Bayesian bootstrap); the bound
is the quantile of the weighted mean at the error. If each value is 0 or 1, that is the bound of
Clopper and Pearson, digit for digit; it only rises where a value does. So items in several styles,
which are partly right, are never judged by a weaker bound than items in one.

That the bound errs in at most the stated share of runs is proved for values of 0 and one other
number, and for one value; in general it is conjectured, and no distribution is known that breaks it
(Learned-Miller and Thomas, "A new confidence interval for the mean of a bounded random variable",
arXiv 1905.06208). `tests/simulations` looks for one.

The weights are exponential variables over their sum, so that the weighted mean is at most q where
the sum T of (value - q) times such variables is at most 0. That probability is an integral of T's
moment generating function along a line through its saddle point (Daniels, "Saddlepoint
approximations in statistics", Annals of Mathematical Statistics 25, 1954; here the integral itself,
by the trapezoidal rule, which is exact to many digits for such functions: Trefethen and Weideman,
SIAM Review 56, 2014). Values that count as less or more than one have gamma variables instead.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from statistics import NormalDist

_MOST_VALUES = 256  # more different ones are rounded down to as many
_STEP, _NODES = 0.1, 150  # of the integral, in the line's hyperbolic scale
_STEPS = 60  # at most, for either root
_ROUNDING = 1e-9
_NORMAL = NormalDist()


def lowest_mean(parts: Mapping[float, float], error: float) -> float:
    """The lower bound of the mean of values that each count so many times.

    It errs in at most that share of runs.
    """
    if len(parts) > _MOST_VALUES:
        parts = _rounded(parts)
    ones, total = parts.get(1.0, 0.0), math.fsum(parts.values())
    highest = max((value for value, count in parts.items() if count > 0), default=0.0)
    if highest <= 0:
        return 0.0
    if all(value in (0.0, 1.0) for value in parts):
        from scipy.special import betaincinv  # when first used: it takes a third of a second

        return float(betaincinv(ones, total - ones + 1, error))
    with_zero = Counter(parts) + Counter({0.0: 1.0})
    wanted, mean = _NORMAL.inv_cdf(error), math.fsum(v * c for v, c in with_zero.items()) / total
    spread = math.sqrt(math.fsum(c * (v - mean) ** 2 for v, c in with_zero.items())) / total
    near = min(max(mean + wanted * spread, 0.0), highest)
    return _root(lambda value: _deviation(_below(with_zero, value)) - wanted, near, highest)


def _root(rising: Callable[[float], float], near: float, high: float) -> float:
    """Where a rising function is 0 between 0 and `high`, from below: regula falsi (Illinois)."""
    low, below, above = 0.0, rising(0.0), rising(high)
    middle, side = near, 0
    for _ in range(_STEPS):
        value = rising(middle)
        if value > 0:
            below /= 2 if side > 0 else 1  # else the other end might never move
            high, above, side = middle, value, 1
        else:
            above /= 2 if side < 0 else 1
            low, below, side = middle, value, -1
        if high - low <= _ROUNDING or -_ROUNDING <= value <= 0:
            break
        middle = max(high - above * (high - low) / (above - below), low)
    return low


def _below(parts: Mapping[float, float], mean: float) -> float:
    """The probability that the weighted mean of the values is at most `mean`."""
    import numpy as np  # as scipy, when first used

    slopes = np.array([*parts], float) - mean
    counts = np.array([*parts.values()], float)
    if slopes.max() <= 0:
        return 1.0
    if slopes.min() >= 0:
        return 0.0
    is_above = float(slopes @ counts) > 0  # then T is rarely below 0
    low, high = (1 / slopes.min(), 0.0) if is_above else (0.0, 1 / slopes.max())
    for _ in range(_STEPS):
        saddle = (low + high) / 2
        if float((counts * slopes / (1 - slopes * saddle)).sum()) > 1 / saddle:
            high = saddle
        else:
            low = saddle
    bent = float((counts * (slopes / (1 - slopes * saddle)) ** 2).sum()) + saddle**-2
    places = np.arange(_NODES) * _STEP
    heights = np.sinh(places) / math.sqrt(bent)
    lengths = np.cosh(places) * (_STEP / math.pi / math.sqrt(bent))
    lengths[0] /= 2
    across, along = slopes[:, None] * heights, (1 - slopes * saddle)[:, None]
    sizes = counts @ np.log(across**2 + along**2) / 2
    turns = counts @ np.arctan2(across, along)  # twice as fast as complex logarithms
    values = np.exp(1j * turns - sizes) / (saddle + 1j * heights)
    integral = float((values.real * lengths).sum())
    return -integral if is_above else 1 - integral


def _deviation(probability: float) -> float:
    """A probability in standard deviations, in which it is nearly straight."""
    return _NORMAL.inv_cdf(min(max(probability, 1e-300), 1 - 1e-15))


def _rounded(parts: Mapping[float, float]) -> Mapping[float, float]:
    rounded: Counter[float] = Counter()
    for value, count in parts.items():
        rounded[math.floor(value * _MOST_VALUES) / _MOST_VALUES] += count  # type: ignore[assignment]
    return rounded
