"""The bound of a mean of values from 0 to 1: where it is known, and laws where it is not."""

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics.mean_bound import lowest_mean

ERRORS = st.sampled_from([0.001, 0.01, 0.05, 0.2, 0.5])
TENTHS = st.lists(st.integers(0, 10).map(lambda n: n / 10), min_size=1, max_size=60)
ALMOST = 1 - 1e-9  # takes the integral, where 1 takes the closed formula


@given(st.integers(1, 10_000), st.data(), ERRORS)
def test_whole_values_have_the_exact_bound(n: int, data: st.DataObject, error: float) -> None:
    """Clopper and Pearson's, digit for digit; the integral gives it too."""
    count = data.draw(st.integers(0, n))
    exact = stats.binomtest(count, n, alternative="greater").proportion_ci(1 - error, "exact").low
    parts = {1.0: count, 0.0: n - count}
    assert exact == pytest.approx(lowest_mean(parts, error), abs=1e-12)
    near = lowest_mean({ALMOST: count, 0.0: n - count}, error)
    assert exact == pytest.approx(near, abs=5e-6)


@given(st.integers(1, 10_000), st.floats(0.01, 0.99), ERRORS)
def test_equal_values_may_hide_zeros(n: int, value: float, error: float) -> None:
    """Zeros of that share of the items are not seen in so many runs."""
    assert value * error ** (1 / n) == pytest.approx(lowest_mean({value: n}, error), abs=5e-6)


@given(TENTHS, ERRORS, st.data())
def test_a_bound_rises_where_a_value_does(
    values: list[float], error: float, data: st.DataObject
) -> None:
    """Never the other way round, and it is at most the mean."""
    place = data.draw(st.integers(0, len(values) - 1))
    better = [*values]
    better[place] = data.draw(st.sampled_from([0.15, 0.5, 0.9, 1.0]))
    better[place] = max(better[place], values[place])
    low, high = (lowest_mean(Counter(each), error) for each in (values, better))
    assert 0 <= low <= high + 1e-7
    assert low <= sum(values) / len(values) + 1e-9


@given(TENTHS, ERRORS)
def test_more_confidence_or_fewer_items_lower_a_bound(values: list[float], error: float) -> None:
    """The same values twice, or a larger error, give a bound that is at least as high."""
    once, twice = Counter(values), Counter(values + values)
    assert lowest_mean(once, error / 2) <= lowest_mean(once, error) + 1e-7
    if error <= 0.05:
        assert lowest_mean(once, error) <= lowest_mean(twice, error) + 1e-7


def test_it_is_the_quantile_of_random_weights() -> None:
    """Of 400,000 draws of Dirichlet's weights over the values and one zero more."""
    values = [0.3, 0.9, 1.0, 0.5, 0.5]
    weights = np.random.default_rng(0).dirichlet(np.ones(6), 400_000)
    drawn = np.quantile(weights[:, :5] @ values, 0.05)
    assert drawn == pytest.approx(lowest_mean(Counter(values), 0.05), abs=1e-3)


def test_many_different_values_are_rounded_down() -> None:
    """A bound of 2,000 values is below that of their 256 steps, by a step at most."""
    values = np.random.default_rng(0).random(2_000)
    found = lowest_mean(Counter(values.tolist()), 0.05)
    steps = lowest_mean(Counter((np.floor(values * 255) / 255).tolist()), 0.05)
    assert found == pytest.approx(steps, abs=1 / 255)


def test_a_bound_is_fast() -> None:
    """Of 1,000 items in ten styles, in the best of three: 50 ms of the processor for both sides."""
    values = np.random.default_rng(0).binomial(10, 0.93, 1_000) / 10
    took = []
    for _ in range(3):
        began = time.process_time()
        lowest_mean(Counter(values.tolist()), 0.05)
        lowest_mean(Counter((1 - values).round(1).tolist()), 0.05)
        took.append(time.process_time() - began)
    assert min(took) < 0.05
