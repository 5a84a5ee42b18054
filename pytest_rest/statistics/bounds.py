"""Turns what was observed into one-sided bounds of the true rate, and those into a decision.

A gate with a confidence passes when both bounds meet the threshold, fails when neither does, and is
undecided otherwise. Each bound errs in at most 1 - confidence of all runs, whatever the true rate
is; as a true rate lies on one side of the threshold, a decision errs no more often.

- Whole counts of one suite: Clopper and Pearson, "The use of confidence or fiducial limits
  illustrated in the case of the binomial", 1934.
- The unweighted mean over k suites of n items each: the sum of their counts, taken as one count of
  k n. Hoeffding, "On the distribution of the number of successes in independent trials", 1956,
  shows that rates which differ only make its tails lighter, beyond one item from the mean; nearer
  to it only a count of one can matter, where Markov's inequality stands in.
- Suites of different sizes, and items that are right in some of their styles: each suite's share
  counts as n items, those of the smallest suite. Such a sum is below the binomial in convex order
  (Hoeffding, "Probability inequalities for sums of bounded random variables", 1963), so that its
  tails are at most e times as heavy (Bentkus, "On Hoeffding's inequalities", 2004): the count is
  rounded to the safe side and the bound taken at a e-th of the error.
- Means of values without such a range, such as excess inconsistency: Student's t, over several
  suites with the degrees of freedom of Welch, "The generalization of 'Student's' problem", 1947.
  That holds for large n or nearly normal values; where a few items hold most of the errors, it is
  too narrow.
"""

import contextlib
import math
import operator
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal, Protocol, Self

Decision = Literal["pass", "fail", "undecided"]
Bounds = tuple[float, float]
OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
MOST_ITEMS = 10**8  # what would take more items counts as undecidable
_POOLED_ERROR = 0.25  # sums of unequal rates: the proof needs errors below a quarter


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of the `n` items of one suite; `whole` where each item is either right or wrong.

    Items in several styles may be half right: their sum is not whole, even if it is an integer.
    """

    count: float
    n: int
    whole: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n or self.n < 1:
            raise ValueError(f"{self.count} of {self.n} is not a share")

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.n


class Evidence(Protocol):
    """What a decision is made from: a value, its one-sided bounds, and the number of its items."""

    @property
    def value(self) -> float:
        """What was observed."""

    @property
    def items(self) -> int:
        """How many items it was observed on."""

    def limits(self, confidence: float) -> Bounds | None:
        """A lower and an upper bound, each of that confidence; None where there are none."""

    def grown(self, factor: float) -> Self:
        """The same value, observed on `factor` times as many items."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean and variance of one suite's values, and whether all of them lie in 0 to 1.

    The variance is None where the values do not vary, as a single one does not.
    """

    value: float
    variance: float | None
    n: int
    is_share: bool


@dataclass(frozen=True)
class _Mean:
    """The unweighted mean over independent suites."""

    suites: tuple[Share, ...] | tuple[Spread, ...]

    @property
    def value(self) -> float:
        """The mean of the suites' values."""
        return fmean(suite.value for suite in self.suites)

    @property
    def items(self) -> int:
        """The number of items of all suites."""
        return sum(suite.n for suite in self.suites)


@dataclass(frozen=True)
class Shares(_Mean):
    """The unweighted mean of the shares of independent suites."""

    suites: tuple[Share, ...]

    def limits(self, confidence: float) -> Bounds | None:
        """Bounds by the module's rules; None without a suite."""
        if not self.suites:
            return None
        error, several = 1 - confidence, len(self.suites) > 1
        least = min(suite.n for suite in self.suites)
        n = least * len(self.suites)
        count = math.fsum(suite.value for suite in self.suites) * least
        whole = all(suite.whole and suite.n == least for suite in self.suites)
        if not whole or (several and error >= _POOLED_ERROR):
            error /= math.e
        near = round(count) if math.isclose(count, round(count), abs_tol=1e-6) else count
        low, high = math.floor(near), math.floor(n - near)
        return _least(low, n, error, several), 1 - _least(high, n, error, several)

    def grown(self, factor: float) -> Self:
        """The same shares of `factor` times as many items in each suite."""
        larger = [(suite, round(suite.n * factor)) for suite in self.suites]
        return type(self)(tuple(Share(s.value * n, n, s.whole) for s, n in larger))


@dataclass(frozen=True)
class Means(_Mean):
    """The unweighted mean of the means of independent suites."""

    suites: tuple[Spread, ...]

    def limits(self, confidence: float) -> Bounds | None:
        """Student's bounds; where a suite's values do not vary, those of values from 0 to 1.

        Equal values say nothing about how values vary. If they lie in 0 to 1, the values of other
        items are assumed to lie there too; otherwise there are no bounds.
        """
        varied = [suite for suite in self.suites if suite.variance]
        if not self.suites or len(varied) < len(self.suites):
            return self._of_a_range(confidence)
        squares = [(s.variance or 0.0) / s.n for s in varied]
        df = math.fsum(squares) ** 2 / math.fsum(
            square**2 / (suite.n - 1) for square, suite in zip(squares, varied, strict=True)
        )
        from scipy.special import stdtrit  # when first used: it takes a third of a second

        error = math.sqrt(math.fsum(squares)) / len(varied)
        reach = float(stdtrit(df, confidence)) * error
        return self.value - reach, self.value + reach

    def grown(self, factor: float) -> Self:
        """The same means and variances, of `factor` times as many items in each suite."""
        return type(self)(
            tuple(Spread(s.value, s.variance, round(s.n * factor), s.is_share) for s in self.suites)
        )

    def _of_a_range(self, confidence: float) -> Bounds | None:
        if not self.suites or not all(suite.is_share for suite in self.suites):
            return None
        shares = tuple(Share(s.value * s.n, s.n, whole=False) for s in self.suites)
        return Shares(shares).limits(confidence)


def prepare() -> None:
    """Begin to import what bounds and intervals need, in a thread of its own."""

    def load() -> None:
        with contextlib.suppress(Exception):  # it comes again where the import is needed
            import scipy.special  # noqa: F401

    threading.Thread(target=load, name="rest-import", daemon=True).start()


def spread(values: Sequence[float]) -> Spread:
    """The mean and the variance of one suite's values, at least one."""
    is_share = 0 <= min(values) and max(values) <= 1
    if min(values) == max(values):
        return Spread(values[0], None, len(values), is_share)
    return Spread(fmean(values), variance(values), len(values), is_share)


def lower(count: float, n: int, confidence: float) -> float:
    """The lower bound of one suite's share: exact for a whole count, otherwise by Bentkus."""
    whole = float(count).is_integer()
    return _least(math.floor(count), n, (1 - confidence) / (1 if whole else math.e), False)


def upper(count: float, n: int, confidence: float) -> float:
    """The upper bound of one suite's share: exact for a whole count, otherwise by Bentkus."""
    return 1 - lower(n - count, n, confidence)


def decision(evidence: Evidence, op: str, bound: float, confidence: float) -> Decision:
    """Whether `value op bound` is certain, its opposite is, or neither; `op` is a threshold's."""
    return decide(evidence.limits(confidence), op, bound)


def decide(limits: Bounds | None, op: str, bound: float) -> Decision:
    """The decision of a lower and an upper bound; `undecided` without them."""
    meets = {OPERATORS[op](limit, bound) for limit in limits or ()}
    if len(meets) != 1:
        return "undecided"
    return "pass" if meets.pop() else "fail"


def more_items(evidence: Evidence, op: str, bound: float, confidence: float) -> int | None:
    """How many more items would decide it if the value stayed as it is; 0 if it is decided.

    All suites grow by the same factor. None if no number would: the value is the bound, or so close
    to it that more than `MOST_ITEMS` would be needed.
    """
    if decision(evidence, op, bound, confidence) != "undecided":
        return 0
    if not evidence.items or evidence.value == bound:
        return None
    n = evidence.items

    def decides(items: int) -> bool:
        return decision(evidence.grown(items / n), op, bound, confidence) != "undecided"

    high = 2 * n
    while not decides(high):
        high *= 2
        if high > MOST_ITEMS:
            return None
    sizes = range(high // 2 + 1, high)
    return sizes.start + bisect_left(sizes, True, key=decides) - n


def _least(count: int, n: int, error: float, several: bool) -> float:
    """The smallest rate at which `count` or more of n are seen in over `error` of all runs."""
    if count <= 0:
        return 0.0
    if several and count == 1:
        return error / n
    from scipy.special import betaincinv  # when first used: it takes a third of a second

    return float(betaincinv(count, n - count + 1, error))
