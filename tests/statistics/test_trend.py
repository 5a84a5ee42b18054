"""The trend of items' figures over runs: what it must not depend on, and what it finds."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.statistics.trend import FEWEST, measure

RUNS = st.integers(FEWEST, 8)
FIGURES = st.sampled_from([0.0, 0.5, 1.0, None])


@st.composite
def histories(draw: st.DrawFn) -> list[list[float | None]]:
    """Some items' figures, each judged in a run or not."""
    runs = draw(RUNS)
    row = st.lists(FIGURES, min_size=runs, max_size=runs)
    return draw(st.lists(row, min_size=1, max_size=8))


@given(histories())
def test_the_order_of_items_plays_no_part(rows: list[list[float | None]]) -> None:
    """Each is compared with itself."""
    found, turned = measure(rows), measure(rows[::-1])
    assert (found is None) == (turned is None)
    if found and turned:
        assert found.slope == pytest.approx(turned.slope, abs=1e-9)
        assert found.p == pytest.approx(turned.p, abs=1e-9)


@given(histories())
def test_runs_in_reverse_rise_where_they_fell(rows: list[list[float | None]]) -> None:
    """As surely: the two chances are one together."""
    found, turned = measure(rows), measure([row[::-1] for row in rows])
    if found and turned:
        assert found.slope == pytest.approx(-turned.slope, abs=1e-9)
        if found.p < 1 and turned.p < 1:
            assert 1 == pytest.approx(found.p + turned.p)


@given(histories())
def test_items_that_never_vary_do_not_count_for_p(rows: list[list[float | None]]) -> None:
    """Nor do those that one run alone judged; but they make the slope smaller."""
    runs = len(rows[0])
    still: list[float | None] = [1.0] * runs
    once: list[float | None] = [1.0, *[None] * (runs - 1)]
    found, more = measure(rows), measure([*rows, still, still, once])
    if found and more:
        assert found.p == pytest.approx(more.p, abs=1e-9)
        assert abs(more.slope) <= abs(found.slope) + 1e-12


def test_the_score_is_the_exact_permutation_tests() -> None:
    """Its variance is that over all orders of each item's figures, counted one by one."""
    rows = [[1.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.5]]
    scores = [
        sum((t - 1.5) * (a + b) for t, (a, b) in enumerate(zip(one, other, strict=True)))
        for one in itertools.permutations(rows[0])
        for other in itertools.permutations(rows[1])
    ]
    spread = math.sqrt(sum(score**2 for score in scores) / len(scores))
    found = measure(rows)
    assert found
    score = sum((t - 1.5) * (a + b) for t, (a, b) in enumerate(zip(*rows, strict=True)))
    assert found.p == pytest.approx(0.5 * math.erfc(-score / spread / math.sqrt(2)))
    assert found.slope == pytest.approx(score / 5 / 2)


def test_a_planted_slope_is_found_though_runs_lost_items() -> None:
    """Every item falls by two points a run; each lost another one of six runs."""
    rows: list[list[float | None]] = [
        [None if t == place % 6 else 0.9 - 0.02 * t for t in range(6)] for place in range(12)
    ]
    found = measure(rows)
    assert found
    assert -0.02 == pytest.approx(found.slope)
    assert found.p < 0.001
    assert (6, 12) == (found.runs, found.items)


def test_an_item_of_a_cluster_is_no_witness_of_its_own() -> None:
    """Ten items that fall together are one: what they show is what one shows."""
    fall: list[float | None] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    alone, together = measure([fall]), measure([fall] * 10, ["a"] * 10)
    assert alone
    assert together
    assert (alone.p, alone.slope) == pytest.approx((together.p, together.slope))
    apart = measure([fall] * 10)
    assert apart
    assert apart.p < alone.p / 100


def test_too_few_runs_have_no_trend() -> None:
    """Nor has a history without an item that two runs judged; one that never varies has no p."""
    assert measure([]) is None
    assert measure([[1.0, 0.5, 0.0]]) is None
    assert measure([[1.0, None, None, None]]) is None
    still = measure([[1.0] * 5] * 3)
    assert still
    assert (0, None, None, 1.0, 1.0) == (still.slope, still.low, still.high, still.p, still.p_runs)


def test_the_shares_of_all_looks_are_the_whole_error() -> None:
    """However many runs: what each look may spend sums to no more than 1."""
    spent = []
    for runs in range(FEWEST, 200):
        found = measure([[1.0] * runs])
        assert found
        spent.append(found.spent)
    assert 0.98 < sum(spent) <= 1


def test_a_steep_fall_of_many_items_has_a_p() -> None:
    """A normal distribution's share below -8 is small, and not 0."""
    found = measure([[1.0, 1.0, 0.0, 0.0]] * 100)
    assert found
    assert 0 < found.p < 1e-15
