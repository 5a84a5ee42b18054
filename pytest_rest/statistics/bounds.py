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
- Suites of different sizes: each suite's share counts as n items, those of the smallest suite. Such
  a sum is below the binomial in convex order (Hoeffding, "Probability inequalities for sums of
  bounded random variables", 1963), so that its tails are at most e times as heavy (Bentkus, "On
  Hoeffding's inequalities", 2004): the count is rounded to the safe side and the bound taken at a
  e-th of the error.
- Items that are right in some of their styles: Gaffke's bound (see `mean_bound`), which is that of
  Clopper and Pearson where all are whole. Over suites each item of a larger one counts less, so
  that each suite counts as the smallest.
- Items that belong together: Korn and Graubard, "Confidence intervals for proportions with small
  expected number of positive counts estimated from survey data", Survey Methodology 24, 1998: the
  bound of Clopper and Pearson for as many items as the sample is worth (see `clusters`), times the
  squared ratio of Student's quantiles with n - 1 and with the variance's degrees of freedom. Theirs
  are the clusters less 1; here those clusters that hold what varies less 1, for near 0 and 1 few
  do, and the bound would err in up to .15 of the runs at .05. It is never better than if all items
  had been right, which does not say how far clusters stand or fall as a whole.
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
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Literal, Protocol, Self

from pytest_rest.statistics.clusters import Sample
from pytest_rest.statistics.mean_bound import lowest_mean

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
    `sample` is of items that are partly right, or belong together.
    """

    count: float
    n: int
    whole: bool = True
    sample: Sample | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n or self.n < 1:
            raise ValueError(f"{self.count} of {self.n} is not a share")

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.n

    def parts(self, confidence: float) -> Mapping[float, float]:
        """As how many independent items of each share it counts, for bounds of that confidence."""
        sample = self.sample
        if sample is not None and not sample.is_clustered:
            return dict(sample.parts)
        worth = float(self.n) if sample is None else _worth(sample, confidence)
        return {1.0: self.value * worth, 0.0: (1 - self.value) * worth}


class Evidence(Protocol):
    """What a decision is made from: a value, its one-sided bounds, and the number of its items."""

    @property
    def value(self) -> float:
        """What was observed."""

    @property
    def items(self) -> float:
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
        if any(suite.sample for suite in self.suites):
            return self._of_samples(confidence)
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
        return type(self)(
            tuple(
                Share(s.value * n, n, s.whole, s.sample and s.sample.grown(factor))
                for s, n in larger
            )
        )

    def _of_samples(self, confidence: float) -> Bounds:
        """Bounds from what each suite's items are worth, those of the least suite."""
        parts = [suite.parts(confidence) for suite in self.suites]
        totals = [math.fsum(each.values()) for each in parts]
        counted: Counter[float] = Counter()
        for each, total in zip(parts, totals, strict=True):
            for value, count in each.items():
                counted[value] += count * min(totals) / total  # type: ignore[assignment]
        mirrored = {1 - value: count for value, count in counted.items()}
        error, several = 1 - confidence, len(self.suites) > 1
        if several and error >= _POOLED_ERROR:
            error /= math.e
        low, high = (_lowest(each, error, several) for each in (counted, mirrored))
        sample = self.suites[0].sample
        if not several and sample is not None and sample.is_clustered:
            most = error ** (1 / sample.wholly)
            low, high = min(low, most), min(high, most)
        return low, 1 - high


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
    n = math.ceil(evidence.items)

    def decides(items: int) -> bool:
        return decision(evidence.grown(items / n), op, bound, confidence) != "undecided"

    high = 2 * n
    while not decides(high):
        high *= 2
        if high > MOST_ITEMS:
            return None
    sizes = range(high // 2 + 1, high)
    return sizes.start + bisect_left(sizes, True, key=decides) - n


def _worth(sample: Sample, confidence: float) -> float:
    """As how many independent items of one share each a clustered sample counts."""
    from scipy.special import stdtrit  # when first used: it takes a third of a second

    if not sample.spread or confidence <= 0.5:
        return sample.wholly if not sample.spread else sample.worth
    freedom = min(max(sample.spread - 1, 1), max(sample.units - 1, 1))
    ratio = stdtrit(max(sample.n - 1, 1), confidence) / stdtrit(freedom, confidence)
    return sample.worth * min(float(ratio), 1.0) ** 2


def _lowest(parts: Mapping[float, float], error: float, several: bool) -> float:
    """The lower bound of the mean of values that each count so many times."""
    total = math.fsum(value * count for value, count in parts.items())
    if several and total <= 1:  # as for a count of one
        return error * total / math.fsum(parts.values())
    return lowest_mean(parts, error)


def _least(count: int, n: int, error: float, several: bool) -> float:
    """The smallest rate at which `count` or more of n are seen in over `error` of all runs."""
    if count <= 0:
        return 0.0
    if several and count == 1:
        return error / n
    from scipy.special import betaincinv  # when first used: it takes a third of a second

    return float(betaincinv(count, n - count + 1, error))
