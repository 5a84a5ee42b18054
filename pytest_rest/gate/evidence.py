"""Turns the metrics of suites into the evidence from which a gate with a confidence decides."""

from collections.abc import Sequence

from pytest_rest.metrics import OF_FORMATS, Metrics
from pytest_rest.statistics.bounds import Evidence, Means, Share, Shares, Spread
from pytest_rest.statistics.clusters import Sample
from pytest_rest.statistics.error_rates import MeanErrors
from pytest_rest.statistics.intervals import t_quantile
from pytest_rest.terms import Rate

# means of values that are not shares of an item
NOT_SHARES = ("cer", "excess_inconsistency", "modality_excess")


def of(metric: str, suites: Sequence[Metrics]) -> Evidence | None:
    """The evidence for the unweighted mean of a metric over suites; None if a suite has none."""
    if metric in OF_FORMATS:  # which only some suites are asked in
        suites = [suite for suite in suites if suite.rate(metric)]
    rates = [rate for suite in suites if (rate := suite.rate(metric)) is not None]
    if not rates or len(rates) < len(suites):
        return None
    if metric == "cer":
        return MeanErrors(tuple(suite.errors for suite in suites))
    if metric in NOT_SHARES:
        return Means(tuple(map(_spread, rates)))
    samples = (suite.samples.get(metric) for suite in suites)
    return Shares(tuple(map(_share, rates, samples)))


def _share(rate: Rate, sample: Sample | None) -> Share:
    """Of a sample that is not plain, that sample; otherwise a whole count."""
    if sample is None or sample.is_plain:
        return Share(round(rate.value * rate.n), rate.n)
    return Share(min(rate.value * rate.n, rate.n), rate.n, False, sample)


def _spread(rate: Rate) -> Spread:
    """The variance behind a t interval at 95 %, from its upper bound, which is never cut."""
    if rate.high is None:
        return Spread(rate.value, None, rate.n, is_share=False)
    reach = (rate.high - rate.value) / t_quantile(rate.n - 1)
    return Spread(rate.value, reach**2 * rate.n, rate.n, is_share=False)
