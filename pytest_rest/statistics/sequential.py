"""Turns counts that are looked at after every item into bounds that hold at all looks at once.

The bounds of `bounds` hold for a number of items that was fixed in advance; looking again and again
until they say what one hopes for errs far more often. A confidence sequence errs at any look at all
in at most 1 - confidence of all runs, so that asking may stop at the first look that decides.

It is the prior-posterior-ratio martingale of Waudby-Smith and Ramdas, "Confidence sequences for
sampling without replacement", 2020 (for a Bernoulli mean Robbins' mixture, "Statistical methods
related to the law of the iterated logarithm", 1970). With a Beta(a, b) prior and s of n right,

    log R(p) = log B(a + s, b + n - s) - log B(a, b) - s log p - (n - s) log(1 - p)

is the log of a martingale at the true p, which by Ville's inequality ever reaches 1 / error in at
most that share of the runs; the p below it are the interval. For independent values from 0 to 1
(items that are right in some of their styles) R only shrinks, by convexity, so it holds there too.
Both bounds together err as stated, hence each of them as well.

Over several suites the items are counted in rounds of one item of each suite, in an order that was
fixed in advance: the rates' mean over a round is the mean over suites, and unequal rates only make
the product of the factors smaller (the inequality of the means), so that R counts all items as if
they were of one suite.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from pytest_rest.statistics.bounds import Bounds

PRIOR = (0.5, 0.5)  # Jeffreys' prior: tight at the ends of the scale, where good models are
_STEPS = 50  # halvings of the unit interval: to a millionth of a millionth and less


@dataclass(frozen=True)
class Seen:
    """What was counted up to one look, as the evidence of a decision (see `bounds`)."""

    count: float = 0.0
    items: float = 0  # whole, unless some belong together (see `gate.early_stop`)

    @property
    def value(self) -> float:
        """The observed rate; 0 before the first item."""
        return self.count / self.items if self.items else 0.0

    def limits(self, confidence: float) -> Bounds:
        """Bounds that hold at every look."""
        return limits(self.count, self.items, confidence)

    def grown(self, factor: float) -> Self:
        """The same rate of `factor` times as many items."""
        items = round(self.items * factor)
        return type(self)(self.value * items, items)


def limits(count: float, n: float, confidence: float) -> Bounds:
    """The lower and the upper bound of a rate, of which `count` of `n` have been seen so far."""
    if not n:
        return 0.0, 1.0
    level = -math.log1p(-confidence)
    low = _crossing(lambda p: log_ratio(count, n, p) >= level, 0.0, count / n)
    high = _crossing(lambda p: log_ratio(count, n, p) >= level, 1.0, count / n)
    return low, high


def log_ratio(count: float, n: float, rate: float) -> float:
    """The log of the ratio of prior to posterior density at a rate: the evidence against it."""
    a, b = PRIOR
    wrong = n - count
    evidence = _log_beta(a + count, b + wrong) - _log_beta(a, b)
    return evidence - _times_log(count, rate) - _times_log(wrong, 1 - rate)


def _crossing(outside: Callable[[float], bool], end: float, inside: float) -> float:
    """Where the interval ends between one end of the scale and the observed rate, outwards."""
    if not outside(end):
        return end
    for _ in range(_STEPS):
        middle = (end + inside) / 2
        if outside(middle):
            end = middle
        else:
            inside = middle
    return end


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _times_log(count: float, rate: float) -> float:
    """`count * log(rate)`, and 0 for a count of 0 at a rate of 0."""
    if not count:
        return 0.0
    return count * math.log(rate) if rate > 0 else -math.inf
