"""Turns a drop that must not go unnoticed into the number of items that finds it, and back.

For two gates: a baseline, where both runs answer the same items and the score of `drop` is used, of
one suite, and a threshold with a confidence, by Clopper and Pearson's bound. The powers are summed
over the binomials. The search starts from the normal approximations of Connor, "Sample size for
testing differences in proportions for the paired-sample design", 1987, and of Fleiss, Levin and
Paik, "Statistical Methods for Rates and Proportions", 2003.

Some of the paired items flip by themselves, half of them either way, because the model is unsteady
or another one; `docs/releases.md` says how to find their share. A drop adds items that get worse.
"""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable
from statistics import NormalDist

from pytest_rest.statistics.drop import least_p, measure
from pytest_rest.statistics.intervals import CONFIDENCE

POWER = 0.8
TOLERATED = 0.02
DROPS = (0.02, 0.05, 0.1)
FLIPS = (0.02, 0.05, 0.1, 0.2)
BOUNDS = (0.95, 0.9, 0.8)

_quantile = NormalDist().inv_cdf


def paired_items(
    drop: float,
    flips: float,
    power: float = POWER,
    confidence: float = CONFIDENCE,
    tolerance: float = 0.0,
) -> int:
    """How many items both runs need, of one suite, to be sure of a drop with that power.

    Of a drop above the tolerance that it is beyond it, of one below that it is within. `flips` is
    the share of items that flip without any drop.
    """
    far, discordant = abs(drop - tolerance), drop + flips
    if not (far > 0 <= min(flips, drop, tolerance) and discordant <= 1):
        raise ValueError(f"a drop of {drop} among items of which {flips} flip: shares are wanted")
    spread = _quantile(confidence) * math.sqrt(flips + max(drop, tolerance))
    spread += _quantile(power) * math.sqrt(max(discordant - drop**2, 0.0))
    sizes = range(1, 2 * math.ceil((spread / far) ** 2) + 100)
    return sizes.start + bisect_left(
        sizes, power, key=lambda n: paired_power(n, drop, flips, confidence, tolerance)
    )


@functools.lru_cache(maxsize=4096)
def paired_power(
    n: int, drop: float, flips: float, confidence: float = CONFIDENCE, tolerance: float = 0.0
) -> float:
    """How often n paired items of one suite are sure of the drop: beyond the tolerance, or within.

    Which of the two is asked is said by the drop itself. Exact: the sum over all numbers of flips.
    """
    from scipy.special import bdtr, bdtrc  # when first used: it takes a third of a second

    error = 1 - confidence
    if least_p(n, tolerance) >= error:
        return 0.0
    discordant, beyond = min(drop + flips, 1.0), drop > tolerance
    worse = min((drop + flips / 2) / discordant, 1.0) if discordant else 0.0
    middle, reach = n * discordant, 5 * math.sqrt(n * discordant) + 5
    sure, before, few = 0.0, 0.0, 0  # with more flips no fewer have to be, or may be, for the worse
    for flipped in range(max(0, int(middle - reach)), min(n, int(middle + reach)) + 1):
        up_to = float(bdtr(flipped, n, discordant))
        while few <= flipped and (_p(few, flipped, n, tolerance)[beyond] < error) != beyond:
            few += 1
        if beyond:
            share = float(bdtrc(few - 1, flipped, worse)) if 0 < few <= flipped else float(few == 0)
        else:
            share = float(bdtr(few - 1, flipped, worse)) if few else 0.0
        sure, before = sure + (up_to - before) * share, up_to
    return sure


def paired_drop(
    n: int, flips: float, confidence: float = CONFIDENCE, tolerance: float = 0.0
) -> float | None:
    """The smallest drop, in whole points, that n paired items find with 80 % power.

    `flips` is the share of items that flip without any drop; None where no drop is found so often.
    """
    points = range(math.floor(100 * tolerance + 1e-9) + 1, math.floor(100 * (1 - flips) + 1e-9) + 1)
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
    rows = [
        *(
            [f"baseline: a drop that far beyond the tolerance of {TOLERATED:g}, {_flip(flips)}"]
            + [f"{paired_items(TOLERATED + d, flips, tolerance=TOLERATED):,}" for d in DROPS]
            for flips in FLIPS
        ),
        *(
            [f"baseline: that nothing has changed, the tolerance that large, {_flip(flips)}"]
            + [f"{paired_items(0.0, flips, tolerance=tolerance):,}" for tolerance in DROPS]
            for flips in FLIPS
        ),
        *(
            [f"threshold {bound:g}: a rate that far below it"]
            + [f"{threshold_items(drop, bound):,}" for drop in DROPS]
            for bound in BOUNDS
        ),
    ]
    head = ["to be sure with 80 % power of", *points]
    lines = [head, ["---", *("---:" for _ in DROPS)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _flip(flips: float) -> str:
    return f"{100 * flips:g} % of the items flip by themselves"


@functools.lru_cache(maxsize=65536)
def _p(worse: int, flipped: int, n: int, tolerance: float) -> tuple[float, float]:
    """The test's p that the drop is within the tolerance, and that it is beyond."""
    drop = measure([{1.0: worse, -1.0: flipped - worse, 0.0: n - flipped}], tolerance)
    return drop.within, drop.beyond


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
