"""Turns the metrics of suites into the evidence from which a gate with a confidence decides."""

from collections.abc import Sequence

from pytest_rest.metrics import Metrics
from pytest_rest.statistics.bounds import Evidence, Means, Share, Shares, Spread
from pytest_rest.statistics.error_rates import MeanErrors
from pytest_rest.statistics.intervals import t_quantile
from pytest_rest.terms import Rate

NOT_SHARES = ("cer", "excess_inconsistency")  # means of values that are not shares of an item
_IN_PART = ("accuracy.", "own.", "noise_floor", "between_forms")


def of(metric: str, suites: Sequence[Metrics], styles: int) -> Evidence | None:
    """The evidence for the unweighted mean of a metric over suites; None if a suite has none.

    With several styles an item may be right in only some of them, so that an accuracy is not a
    whole count; the noise floor never is.
    """
    rates = [rate for suite in suites if (rate := suite.rate(metric)) is not None]
    if not rates or len(rates) < len(suites):
        return None
    if metric == "cer":
        return MeanErrors(tuple(suite.errors for suite in suites))
    if metric in NOT_SHARES:
        return Means(tuple(map(_spread, rates)))
    whole = not metric.startswith(_IN_PART if styles > 1 else _IN_PART[1:])
    return Shares(tuple(_share(rate, whole) for rate in rates))


def _share(rate: Rate, whole: bool) -> Share:
    count = rate.value * rate.n
    return Share(round(count) if whole else min(count, rate.n), rate.n, whole)


def _spread(rate: Rate) -> Spread:
    """The variance behind a t interval at 95 %, from its upper bound, which is never cut."""
    if rate.high is None:
        return Spread(rate.value, None, rate.n, is_share=False)
    reach = (rate.high - rate.value) / t_quantile(rate.n - 1)
    return Spread(rate.value, reach**2 * rate.n, rate.n, is_share=False)
