"""Paired differences: the mean, its interval and its test, against scipy's own."""

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics.paired import (
    Difference,
    bounded_mean,
    corrected_difference,
    difference,
    simultaneous,
)

VALUES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=2, max_size=60)


def is_clear(found: Difference) -> bool:
    """Whether the interval leaves out zero."""
    return found.low is not None and found.high is not None and not found.low <= 0 <= found.high


@given(VALUES)
def test_a_difference_has_scipys_paired_t(values: list[float]) -> None:
    """The statistic, its degrees of freedom, p, and the interval."""
    assume(len(set(values)) > 1)
    found = difference(values)
    assert found is not None
    theirs = stats.ttest_rel(values, [0.0] * len(values))
    interval = theirs.confidence_interval(0.95)
    assert (theirs.statistic, theirs.df) == (pytest.approx(found.t), found.df)
    assert theirs.pvalue == pytest.approx(found.p, rel=1e-6)
    assert (interval.low, interval.high) == (pytest.approx(found.low), pytest.approx(found.high))


@given(VALUES, st.integers(2, 4))
def test_items_that_repeat_each_other_say_nothing_new(values: list[float], times: int) -> None:
    """Each difference several times, as one cluster: the same test as once."""
    once = difference(values)
    again = difference(
        [v for v in values for _ in range(times)], [*map(str, _places(values, times))]
    )
    assert once is not None
    assert again is not None
    assert (times * once.n, once.df) == (again.n, again.df)
    for name in ("value", "low", "high", "t", "p"):
        assert getattr(once, name) == pytest.approx(getattr(again, name))
    assert simultaneous(once, 3) == pytest.approx(simultaneous(again, 3))


def _places(values: list[float], times: int) -> list[int]:
    return [place for place in range(len(values)) for _ in range(times)]


@given(VALUES)
def test_swapped_pairs_change_the_sign_alone(values: list[float]) -> None:
    """Swapping the pairs turns the sign and nothing else."""
    one, other = difference(values), difference([-value for value in values])
    assert one is not None
    assert other is not None
    assert one.value == -other.value
    assert one.p == other.p
    if one.low is not None and other.high is not None:
        assert one.low == pytest.approx(-other.high)
    assert is_clear(one) == is_clear(other)


@given(VALUES)
def test_the_interval_leaves_out_zero_where_p_is_small(values: list[float]) -> None:
    """The interval leaves out zero exactly when the test finds a difference at 5 %."""
    found = difference(values)
    assert found is not None
    if found.p is not None and not math.isclose(found.p, 0.05, rel_tol=1e-6):
        assert (found.p < 0.05) == is_clear(found)


def test_without_spread_there_is_no_interval() -> None:
    """One pair, or equal differences: a value without an interval, and never clear."""
    for values in ([0.5], [1.0] * 9, [0.0, 0.0]):
        found = difference(values)
        assert found is not None
        assert (values[0], None, None, None) == (found.value, found.low, found.high, found.p)
        assert not is_clear(found)
    assert difference([]) is None


def test_what_never_varied_is_bounded_by_what_was_not_seen() -> None:
    """Equal differences of n items hold for a share of error^(1/n) at least."""
    found = difference([-0.5] * 40)
    assert found is not None
    bounds = simultaneous(found, 10)
    share = (0.05 / 10 / 2) ** (1 / 40)
    assert (-0.5 * share - (1 - share), -0.5 * share + 1 - share) == pytest.approx(bounds)
    assert stats.binomtest(40, 40).proportion_ci(0.995).low == pytest.approx(share)


def test_more_differences_make_simultaneous_intervals_wider() -> None:
    """One look has the paired test's own interval."""
    found = difference([float(n % 3 == 0) for n in range(60)])
    assert found is not None
    widths = []
    for of in (1, 2, 20):
        low, high = simultaneous(found, of)
        widths.append(high - low)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(widths[0])
    assert sorted(set(widths)) == widths


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60))
def test_a_bounded_mean_has_bonett_and_prices_interval(worse: int, better: int, same: int) -> None:
    """As they write it, of the two shares of flips with one added to each."""
    n = worse + better + same
    if not n:
        return
    found = bounded_mean([-1.0] * worse + [1.0] * better + [0.0] * same)
    p12, p21 = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    reach = 1.959963984540054 * math.sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 2))
    assert pytest.approx((better - worse) / n) == found.value
    assert pytest.approx(max(p12 - p21 - reach, -1)) == found.low
    assert pytest.approx(min(p12 - p21 + reach, 1)) == found.high
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("worse", "better"), [(0.0, 0.0), (0.1, 0.0), (0.05, 0.05), (0.3, 0.1)])
def test_bounded_means_cover_the_truth(worse: float, better: float) -> None:
    """Binomial: of 400 true 95 % intervals, fewer than 368 hold the truth in 1 of 200 cases."""
    rng = random.Random(0)
    held = 0
    for _ in range(400):
        draws = [rng.random() for _ in range(80)]
        found = bounded_mean([-1.0 if d < worse else float(d > 1 - better) for d in draws])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= better - worse <= found.high
    assert 368 <= held


@given(VALUES, st.booleans())
def test_a_corrected_interval_reaches_to_the_rarer_values(
    values: list[float], turned: bool
) -> None:
    """It holds Student's, is that where nothing is skewed, and turns with the values."""
    sign = -1 if turned else 1
    plain = difference(values)
    corrected = corrected_difference([sign * value for value in values])
    assert plain is not None
    assert corrected is not None
    if plain.low is None or plain.high is None:
        assert corrected.low is None
        return
    low, high = sorted(sign * (end or 0.0) for end in (corrected.low, corrected.high))
    assert low <= plain.low + 1e-9
    assert plain.high <= high + 1e-9
    mirrored = corrected_difference([*values, *(2 * plain.value - value for value in values)])
    student = difference([*values, *(2 * plain.value - value for value in values)])
    assert mirrored is not None
    assert student is not None
    assert (student.low, student.high) == pytest.approx((mirrored.low, mirrored.high))


def test_a_corrected_interval_errs_no_more_than_it_says() -> None:
    """Of 120 items of which one in five differs, by all counts there can be: at least 95 %."""
    held = {difference: 0.0, corrected_difference: 0.0}
    for count, share in enumerate(stats.binom(120, 0.2).pmf(range(121))):
        for measure in held if share > 1e-6 else ():
            found = measure([1.0] * count + [0.0] * (120 - count))
            assert found is not None
            held[measure] += share * bool((found.low or 0) <= 0.2 <= (found.high or 0))
    assert held[difference] < 0.95 < held[corrected_difference]
