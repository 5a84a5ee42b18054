"""Paired differences: the mean, its interval and its test, against scipy's own."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics.paired import difference

VALUES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=2, max_size=60)


@given(VALUES)
def test_it_is_scipys_paired_t(values: list[float]) -> None:
    """The statistic, its degrees of freedom, p, and the interval."""
    assume(len(set(values)) > 1)
    found = difference(values)
    assert found is not None
    theirs = stats.ttest_rel(values, [0.0] * len(values))
    interval = theirs.confidence_interval(0.95)
    assert (theirs.statistic, theirs.df) == (pytest.approx(found.t), found.df)
    assert theirs.pvalue == pytest.approx(found.p, rel=1e-6)
    assert (interval.low, interval.high) == (pytest.approx(found.low), pytest.approx(found.high))


@given(VALUES)
def test_the_other_way_round(values: list[float]) -> None:
    """Swapping the pairs turns the sign and nothing else."""
    one, other = difference(values), difference([-value for value in values])
    assert one is not None
    assert other is not None
    assert one.value == -other.value
    assert one.p == other.p
    if one.low is not None and other.high is not None:
        assert one.low == pytest.approx(-other.high)
    assert one.is_clear == other.is_clear


@given(VALUES)
def test_it_is_clear_where_p_is_small(values: list[float]) -> None:
    """The interval leaves out zero exactly when the test finds a difference at 5 %."""
    found = difference(values)
    assert found is not None
    if found.p is not None and not math.isclose(found.p, 0.05, rel_tol=1e-6):
        assert (found.p < 0.05) == found.is_clear


def test_without_spread_nothing_is_certain() -> None:
    """One pair, or equal differences: a value without an interval, and never clear."""
    for values in ([0.5], [1.0] * 9, [0.0, 0.0]):
        found = difference(values)
        assert found is not None
        assert (values[0], None, None, None) == (found.value, found.low, found.high, found.p)
        assert not found.is_clear
    assert difference([]) is None
