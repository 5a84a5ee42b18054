"""Turns rates with intervals into their mean and its interval."""

import math
from collections.abc import Sequence
from dataclasses import replace

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
        return replace(known[0])
    value = math.fsum(rate.value for rate in known) / len(known)

    def reach(distances: list[float | None]) -> float | None:
        sizes = [distance for distance in distances if distance is not None]
        return math.hypot(*sizes) / len(known) if len(sizes) == len(known) else None

    down = reach([None if r.low is None else r.value - r.low for r in known])
    up = reach([None if r.high is None else r.high - r.value for r in known])
    return Rate(
        value,
        None if down is None else value - down,
        None if up is None else value + up,
        sum(rate.n for rate in known),
    )
