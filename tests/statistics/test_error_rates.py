"""Mean error rates: each draw's t, exact bounds where no error was seen, and the laws."""

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_rest.statistics import error_rates
from pytest_rest.statistics.error_rates import REPLICATES, MeanErrors, limits, of_items

FEW = (0.0,) * 40 + (0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.3, 0.6)
RATES = st.lists(st.one_of(st.just(0.0), st.floats(0, 3)), min_size=1, max_size=30)


def studentised(values: Sequence[float]) -> list[float]:
    """Each draw's t, by the definition; without a spread it is beyond all others."""
    draws = np.random.RandomState(0).randint(0, len(values), (REPLICATES, len(values)))
    found = []
    for places in draws:
        drawn = [values[place] for place in places]
        off = statistics.fmean(drawn) - statistics.fmean(values)
        error = statistics.stdev(drawn) / math.sqrt(len(values))
        found.append(off / error if error else math.copysign(math.inf, off))
    return sorted(found)


@pytest.mark.parametrize(("confidence", "place"), [(0.9, 100), (0.975, 25), (0.99, 10)])
def test_bounds_are_those_of_the_studentised_bootstrap(confidence: float, place: int) -> None:
    """The value less the largest t's times its error, and less the least ones'."""
    t = studentised(FEW)
    value, error = statistics.fmean(FEW), statistics.stdev(FEW) / math.sqrt(len(FEW))
    expected = max(value - t[-1 - place] * error, 0), value - t[place] * error
    assert expected == pytest.approx(limits(of_items(FEW), confidence))
    assert value - error < expected[1] - 2 * error  # much further up than Student's t


@pytest.mark.parametrize("n", [1, 20, 300])
def test_no_error_says_how_many_items_may_have_one(n: int) -> None:
    """At most the share at which n items without an error are seen in 1 of 20 runs; 40 for both."""
    assert (0, 1 - 0.05 ** (1 / n)) == pytest.approx(limits(of_items((0.0,) * n), 0.95))
    rate = error_rates.mean(of_items([0.0] * n))
    assert rate is not None
    assert (0, 0, 1 - 0.025 ** (1 / n), n) == pytest.approx(
        (rate.value, rate.low, rate.high, rate.n)
    )


def test_what_draws_cannot_tell_is_bounded_by_the_items_with_an_error() -> None:
    """One item with an error is in none of a third of all draws; and 1,000 draws say nothing of a
    millionth: at most so many items, each as bad as the worst, or fully wrong."""
    exact = 0.17612  # 1 of 25, Clopper and Pearson at 0.95
    one = (0.0,) * 24 + (0.5,)
    assert (0, exact) == pytest.approx(limits(of_items(one), 0.95), abs=1e-3)
    worse = (0.0,) * 24 + (3.0,)
    assert 3 * limits(of_items(one), 0.95)[1] == pytest.approx(limits(of_items(worse), 0.95)[1])
    assert limits(of_items(FEW), 0.999999)[1] > 2 * limits(of_items(FEW), 0.99)[1]


def test_equal_rates_have_a_width() -> None:
    """Items that are all half wrong: others may be right, or fully wrong."""
    assert (0.5 * 0.05 ** (1 / 9), 1) == pytest.approx(limits(of_items((0.5,) * 9), 0.95))


def test_several_suites_are_combined_by_mover() -> None:
    """Squared distances add up, and a suite without an error has a distance too."""
    perfect = (0.0,) * 50
    (low, high), none = limits(of_items(FEW), 0.95), 1 - 0.05 ** (1 / 50)
    value = statistics.fmean(FEW)
    evidence = MeanErrors((of_items(FEW), of_items(perfect)))
    assert (value / 2, 98) == pytest.approx((evidence.value, evidence.items))
    expected = (value - (value - low)) / 2, value / 2 + math.hypot(high - value, none) / 2
    assert expected == pytest.approx(evidence.limits(0.95))


def test_more_items_make_it_surer() -> None:
    """Four times the items, with the same rates, come near; with none there are fewer left."""
    evidence = MeanErrors((of_items(FEW),))
    grown = evidence.grown(2).grown(2)
    before, now = evidence.limits(0.95), grown.limits(0.95)
    assert before is not None
    assert now is not None
    assert (4 * 48, evidence.value) == (grown.items, grown.value)
    assert before[0] <= now[0] < evidence.value < now[1] < before[1]
    bounds = MeanErrors((of_items((0.0,) * 10),)).grown(5.9).limits(0.95)
    assert bounds is not None
    assert 1 - 0.05 ** (1 / 59) == pytest.approx(bounds[1])


@given(RATES)
@example([0.0, 2.2e-311])
def test_a_rates_interval_contains_it(values: list[float]) -> None:
    """Whatever the order of the items."""
    rate = error_rates.mean(of_items(values))
    assert rate is not None
    assert rate == error_rates.mean(of_items(values[::-1]))
    assert statistics.fmean(values) == rate.value
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.value <= rate.high
    assert None is error_rates.mean(of_items([]))


def test_items_of_a_cluster_count_as_one() -> None:
    """Ten items of each of five passages, with one error rate: five items, and the same mean."""
    rates = [0.0, 0.1, 0.0, 0.4, 0.0]
    together = of_items(rates * 10, ["a", "b", "c", "d", "e"] * 10)
    assert pytest.approx(limits(of_items(rates), 0.95)) == limits(together, 0.95)
    assert (50, 1.0) == (together.n, together.largest)
    alone = limits(of_items(rates * 10), 0.95)
    assert limits(together, 0.95)[1] > alone[1]


def test_a_large_cluster_may_be_wholly_wrong() -> None:
    """Nineteen items without an error in ten clusters: the largest may hold most of the errors."""
    rates = of_items([0.0] * 19, ["large"] * 10 + [""] * 9)
    assert (0, (1 - 0.05 ** (1 / 10)) * 10 / 1.9) == pytest.approx(limits(rates, 0.95))
    assert 0 == MeanErrors((rates,)).value
