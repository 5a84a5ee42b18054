"""Turns rates with intervals into their mean and its interval."""

import math
from collections.abc import Sequence
from statistics import fmean

from pytest_rest.terms import Rate


def mean(rates: Sequence[Rate | None]) -> Rate | None:
    """The unweighted mean; None without rates, or where one of them is None.

    Intervals are combined by MOVER (Zou and Donner, Statistics in Medicine 27, 2008): the squared
    distances from value to bound add up. The mean of one rate is that rate.
    """
    known = [rate for rate in rates if rate is not None]
    if not known or len(known) < len(rates):
        return None
    if len(known) == 1:
        return known[0]
    value = fmean(rate.value for rate in known)

    def reach(distances: Sequence[float]) -> float | None:
        return math.hypot(*distances) / len(known) if len(distances) == len(known) else None

    down = reach([rate.value - rate.low for rate in known if rate.low is not None])
    up = reach([rate.high - rate.value for rate in known if rate.high is not None])
    return Rate(
        value,
        None if down is None else value - down,
        None if up is None else value + up,
        sum(rate.n for rate in known),
    )
