"""Turns paired values, two of each item, into their mean difference, its interval and its test.

Each item is its own control, so what makes items hard or easy cancels out. The test is Student's
paired t (two-sided), as in REST's comparisons of modes (arXiv 2512.08923).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference over `n` items, with its interval at 95 % and the paired t-test.

    Bounds and p are None where nothing varies: equal differences tell nothing of how they vary.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    t: float | None
    df: int
    p: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def difference(values: Sequence[float]) -> Difference | None:
    """The mean of each item's difference; None without items."""
    n = len(values)
    if not n:
        return None
    mean = math.fsum(values) / n
    error = math.sqrt(math.fsum((each - mean) ** 2 for each in values) / max(n - 1, 1) / n)
    if min(values) == max(values) or error == 0:
        return Difference(mean, None, None, n, None, n - 1, None)
    from scipy.special import stdtr  # when first used: it takes a third of a second

    t = mean / error
    reach = quantile(n - 1) * error
    p = 2 * float(stdtr(n - 1, -abs(t)))
    return Difference(mean, mean - reach, mean + reach, n, t, n - 1, p)


def quantile(df: int, confidence: float = CONFIDENCE) -> float:
    """The t between whose two signs that share lies; `df` degrees of freedom, at least 1."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + confidence) / 2))


def mcnemar(worse: int, better: int) -> float:
    """How likely at least so many of the flips are to go worse, were each a fair coin."""
    if not worse:
        return 1.0
    from scipy.special import betainc  # when first used: it takes a third of a second

    return float(betainc(worse, better + 1, 0.5))
