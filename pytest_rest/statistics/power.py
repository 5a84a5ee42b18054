"""Turns a drop that must not go unnoticed into the number of items that finds it, and back.

For two gates: a baseline, where both runs answer the same items and McNemar's exact one-sided test
is used, and a threshold with a confidence, by Clopper and Pearson's bound. The powers are those of
the exact tests, summed over the binomials. The search starts from the normal approximations of
Connor, "Sample size for testing differences in proportions for the paired-sample design", 1987, and
of Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 2003.

Some of the paired items flip by themselves, half of them either way, because the model is unsteady
or another one; `docs/releases.md` says how to find their share. A drop adds items that get worse.
"""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable
from statistics import NormalDist

from pytest_rest.statistics.intervals import CONFIDENCE

POWER = 0.8
DROPS = (0.02, 0.05, 0.1)
FLIPS = (0.02, 0.05, 0.1, 0.2)
BOUNDS = (0.95, 0.9, 0.8)

_quantile = NormalDist().inv_cdf


def paired_items(
    drop: float, flips: float, power: float = POWER, confidence: float = CONFIDENCE
) -> int:
    """How many items both runs need to find a drop of that share with that power.

    `flips` is the share of items that flip without any drop. More items never have less power.
    """
    discordant = drop + flips
    if not (drop > 0 <= flips and discordant <= 1):
        raise ValueError(f"a drop of {drop} among items of which {flips} flip: shares are wanted")
    spread = _quantile(confidence) * math.sqrt(discordant)
    spread += _quantile(power) * math.sqrt(discordant - drop**2)
    guess = math.ceil((spread / drop) ** 2)
    return _least(lambda n: paired_power(n, drop, flips, confidence) >= power, guess, guess // 20)


@functools.lru_cache(maxsize=4096)
def paired_power(
    n: int, drop: float, flips: float, confidence: float = CONFIDENCE, tolerance: float = 0.0
) -> float:
    """How often McNemar's exact test finds the drop on n paired items.

    An observed drop within the tolerance is not found, however sure the test is.
    """
    from scipy.special import bdtr, bdtrc  # when first used: it takes a third of a second

    discordant, worse = min(drop + flips, 1.0), drop + flips / 2
    middle, reach = n * discordant, 6 * math.sqrt(n * discordant) + 6
    found, before = 0.0, 0.0
    for flipped in range(max(0, int(middle - reach)), min(n, int(middle + reach)) + 1):
        up_to = float(bdtr(flipped, n, discordant))
        tolerated = math.floor((n * tolerance + flipped) / 2 + 1e-9)  # items that may get worse
        needed = max(_needed(flipped, confidence), tolerated + 1)
        if needed <= flipped:
            found += (up_to - before) * float(bdtrc(needed - 1, flipped, worse / discordant))
        before = up_to
    return found


def paired_drop(
    n: int, flips: float, confidence: float = CONFIDENCE, tolerance: float = 0.0
) -> float | None:
    """The smallest drop, in whole points, that n paired items find with 80 % power.

    `flips` is the share of items that flip without any drop; None where no drop is found so often.
    """
    points = range(1, math.floor(100 * (1 - flips) + 1e-9) + 1)
    place = bisect_left(
        points, POWER, key=lambda each: paired_power(n, each / 100, flips, confidence, tolerance)
    )
    return points[place] / 100 if place < len(points) else None


def threshold_items(
    drop: float, bound: float, power: float = POWER, confidence: float = CONFIDENCE
) -> int:
    """How many items show that a threshold is missed when the true rate is that far below it."""
    truth = bound - drop
    if not (0 <= truth < bound < 1):
        raise ValueError(f"a drop of {drop} below {bound}: shares are wanted")
    spread = _quantile(confidence) * math.sqrt(bound * (1 - bound))
    spread += _quantile(power) * math.sqrt(truth * (1 - truth))
    guess = math.ceil((spread / drop) ** 2)
    return _least(lambda n: threshold_power(n, drop, bound, confidence) >= power, guess, guess // 3)


@functools.lru_cache(maxsize=4096)
def threshold_power(n: int, drop: float, bound: float, confidence: float = CONFIDENCE) -> float:
    """How often n items are sure that the rate misses the bound when it is that far below it."""
    from scipy.special import bdtr  # when first used: it takes a third of a second

    error = 1 - confidence
    few = bisect_left(range(n), error, key=lambda count: float(bdtr(count, n, bound)))
    return float(bdtr(few - 1, n, bound - drop)) if few else 0.0  # fewer right are a sure miss


def table() -> str:
    """The numbers of items for the usual drops, as a table in Markdown."""
    points = [f"{100 * drop:g} points" for drop in DROPS]
    head = ["to find with 80 % power a drop of", *points]
    rows = [
        *(
            [f"baseline, {100 * flips:g} % of the items flip by themselves"]
            + [f"{paired_items(drop, flips):,}" for drop in DROPS]
            for flips in FLIPS
        ),
        *(
            [f"threshold {bound:g}, the rate that far below it"]
            + [f"{threshold_items(drop, bound):,}" for drop in DROPS]
            for bound in BOUNDS
        ),
    ]
    lines = [head, ["---", *("---:" for _ in DROPS)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


@functools.lru_cache(maxsize=4096)
def _needed(flipped: int, confidence: float) -> int:
    """How many of the flips must be for the worse for McNemar's test to fail the run."""
    from scipy.special import bdtrc  # when first used: it takes a third of a second

    numbers = range(flipped // 2 + 1, flipped + 1)  # half of them is never enough
    error = 1 - confidence
    place = bisect_left(
        numbers, True, key=lambda worse: float(bdtrc(worse - 1, flipped, 0.5)) <= error
    )
    return numbers.start + place


def _least(enough: Callable[[int], bool], guess: int, margin: int) -> int:
    """The number from which on it is always enough.

    Exact powers rise in saw teeth, so the search comes down from beyond the last tooth.
    """
    n = guess + margin + 20
    while not enough(n):
        n += margin + 20
    while n > 1 and enough(n - 1):
        n -= 1
    return n
