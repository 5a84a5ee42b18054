"""Rates with two-sided intervals: closed formulas, known values, and coverage."""

import math
import random
import statistics
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics.intervals import proportion, ratio

Z = statistics.NormalDist().inv_cdf(0.975)
PAIRS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), min_size=2, max_size=40)


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's interval from its closed formula."""
    share = k / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return middle - half, middle + half


@given(st.integers(1, 100_000), st.data())
def test_a_proportion_has_wilsons_interval(n: int, data: st.DataObject) -> None:
    """The interval is the closed formula's, within 0 and 1 and around the value."""
    k = data.draw(st.integers(0, n))
    rate = proportion(k, n)
    assert rate is not None
    assert (k / n, n) == (rate.value, rate.n)
    assert rate.low is not None
    assert rate.high is not None
    assert wilson(k, n) == pytest.approx((rate.low, rate.high), abs=1e-12)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (45, 50, 0.7864, 0.9565),
    ],
)
def test_wilsons_interval_by_table(k: int, n: int, low: float, high: float) -> None:
    """Known values to four places."""
    rate = proportion(k, n)
    assert rate is not None
    assert (low, high) == pytest.approx((rate.low, rate.high), abs=5e-5)


@given(st.integers(1, 60), st.data())
def test_a_fractional_count_is_rounded_outwards(n: int, data: st.DataObject) -> None:
    """Half an item widens the interval: the bounds are those of the counts around it."""
    whole = data.draw(st.integers(0, n - 1))
    part = data.draw(st.sampled_from([0.5, 0.25, 1 / 3, 0.1]))
    rate = proportion(whole + part, n)
    assert rate is not None
    assert (whole + part) / n == pytest.approx(rate.value)
    expected = wilson(whole, n)[0], wilson(whole + 1, n)[1]
    assert expected == pytest.approx((rate.low, rate.high), abs=1e-12)


def test_a_sum_of_tenths_is_whole() -> None:
    """The last bit of a floating sum does not widen an interval."""
    below_one = 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1
    assert below_one < 1
    assert proportion(1, 4) == proportion(below_one, 4)


def test_without_items_there_is_no_rate() -> None:
    """No items: no rate, rather than 0 or 1."""
    assert None is proportion(0, 0)


def t(values: Sequence[float]) -> float:
    """The size of Student's t against 0."""
    spread = statistics.stdev(values)
    mean = abs(statistics.fmean(values))
    return mean / (spread / math.sqrt(len(values))) if spread else math.inf


@given(PAIRS)
def test_fiellers_bounds_solve_his_equation(pairs: Sequence[tuple[int, int]]) -> None:
    """At a bound r, the mean of y - r x is just significant: |t| is Student's own quantile."""
    above, below = [float(y) for y, _ in pairs], [float(x) for _, x in pairs]
    found = ratio(above, below)
    assert found is not None
    assert found.value == pytest.approx(sum(above) / sum(below))
    wanted = stats.t.ppf(0.975, len(pairs) - 1)
    for bound in (found.low, found.high):
        if bound:  # not cut at 0
            rest = [y - bound * x for y, x in zip(above, below, strict=True)]
            assert wanted == pytest.approx(t(rest), rel=1e-5)
    if found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high
    else:
        assert t(below) <= wanted or all(
            math.isclose(y, found.value * x, abs_tol=1e-9)
            for y, x in zip(above, below, strict=True)
        )


def test_fiellers_interval_covers_the_ratio() -> None:
    """Of 400 samples of 40 pairs, about 95 in 100 intervals hold the ratio of the true means."""
    held = 0
    for seed in range(400):
        draws = random.Random(seed)
        hard = [draws.lognormvariate(0, 0.5) for _ in range(40)]
        below = [200 * each * draws.lognormvariate(0, 0.2) for each in hard]
        above = [60 * each * draws.lognormvariate(0, 0.2) for each in hard]
        found = ratio(above, below)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
    assert 365 <= held <= 394
