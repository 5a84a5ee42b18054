"""RH-AUC: curves computed by hand, what has no area, and intervals that hold a planted one."""

import random
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics import rh_auc
from pytest_rest.statistics.rh_auc import KINDS, AreaKind, CurvePoint, UndefinedError

RISING = [(0.2, 0.9), (0.4, 0.7), (0.6, 0.3)]  # (0.8 x 0.2 + 0.5 x 0.2) / 0.4
REASONING, PERCEPTION = (0.30, 0.40, 0.50, 0.58, 0.66), (0.85, 0.78, 0.70, 0.62, 0.55)
SHARES = st.integers(0, 20).map(lambda n: n / 20)


@pytest.mark.parametrize(
    ("points", "raw", "normalised"),
    [
        (RISING, 0.65, 0.35 / 0.6),
        ([(a / 2, b / 2) for a, b in RISING], 0.325, 0.35 / 0.6),  # only raw tells them apart
        ([(0.0, 1.0), (1.0, 0.0)], 0.5, 0.5),
        ([(0.1, 0.5), (0.3, 0.9)], 0.7, 0.5),
        ([(0.5, 0.2), (0.5, 0.8), (0.7, 0.4)], 0.45, 0.25 / 0.6),  # joined at (0.5, 0.5)
        ([(0.5, 0.9), (0.7, 0.4), (0.7, 0.4)], 0.65, 0.5),
        ([(0.0, 0.4), (0.1, 1.0), (1.0, 0.4)], 0.7, 0.5),
    ],
)
def test_areas_by_hand(points: list[CurvePoint], raw: float, normalised: float) -> None:
    """Trapezoids over the sorted points, in both definitions."""
    assert pytest.approx(raw) == rh_auc.area(points, "raw")
    assert pytest.approx(normalised) == rh_auc.area(points, "normalised")


@pytest.mark.parametrize(
    ("points", "kind", "why"),
    [
        ([(0.5, 0.5)], "raw", "one budget is one point"),
        ([(0.5, 0.5)], "normalised", "one budget is one point"),
        ([(0.5, 0.5), (0.5, 0.9)], "raw", "reasoning is the same under every budget"),
        ([(0.5, 0.5), (0.5, 0.9)], "normalised", "reasoning is the same under every budget"),
        ([(0.5, 0.5), (0.6, 0.5)], "normalised", "perception is the same under every budget"),
    ],
)
def test_curves_without_an_area_say_why(points: list[CurvePoint], kind: AreaKind, why: str) -> None:
    """It is said, and nothing is divided by zero."""
    with pytest.raises(UndefinedError, match=why):
        rh_auc.area(points, kind)


def test_a_level_curve_has_its_height() -> None:
    """Perception that does not move has no shape, and a mean height."""
    assert pytest.approx(0.5) == rh_auc.area([(0.5, 0.5), (0.6, 0.5)], "raw")


@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=6), st.randoms())
def test_the_order_of_budgets_plays_no_part(points: list[CurvePoint], draws: random.Random) -> None:
    """Ties or none; and the area is a mean height, so it lies between the scores."""
    shuffled = draws.sample(points, len(points))
    if len({reasoning for reasoning, _ in points}) > 1:
        found = rh_auc.area(points, "raw")
        assert pytest.approx(found) == rh_auc.area(shuffled, "raw")
        heights = [perception for _, perception in points]
        assert min(heights) - 1e-9 <= found <= max(heights) + 1e-9


def planted(n: int, seed: int) -> tuple[list[list[float]], list[list[float]]]:
    """The scores of `n` items of each half: each right under a budget by the planted share."""
    draws = random.Random(seed)
    halves = []
    for shares in (REASONING, PERCEPTION):
        lots = [draws.random() for _ in range(n)]
        halves.append([[float(lot < share) for share in shares] for lot in lots])
    return halves[0], halves[1]


def held(n: int, seeds: Sequence[int], replicates: int) -> dict[AreaKind, int]:
    """How often the interval holds the planted area."""
    truth = {k: rh_auc.area(list(zip(REASONING, PERCEPTION, strict=True)), k) for k in KINDS}
    found = dict.fromkeys(KINDS, 0)
    for seed in seeds:
        for kind, area in rh_auc.measure(*planted(n, seed), seed, replicates).items():
            assert area.rate is not None
            assert area.rate.low is not None
            assert area.rate.high is not None
            found[kind] += area.rate.low <= truth[kind] <= area.rate.high
    return found


def test_intervals_hold_a_planted_area() -> None:
    """In nearly all of a few runs."""
    assert all(count >= 22 for count in held(60, range(25), 150).values())


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_are_scipys_percentiles(kind: AreaKind) -> None:
    """Of the same replicates; corrected ones (BCa) are others."""
    halves = [np.array(half) for half in planted(40, 5)]
    found = rh_auc.measure(*planted(40, 5), 0, 2_000)[kind]

    def statistic(*drawn: np.ndarray) -> float:
        means = [half[each].mean(axis=0) for half, each in zip(halves, drawn, strict=True)]
        return rh_auc.area(list(zip(*(each.tolist() for each in means), strict=True)), kind)

    def theirs(method: str, share: float) -> tuple[float, float]:
        low, high = stats.bootstrap(
            [np.arange(len(half)) for half in halves],
            statistic,
            n_resamples=0,
            vectorized=False,
            method=method,
            confidence_level=2 * share - 1,
            bootstrap_result=SimpleNamespace(bootstrap_distribution=np.array(found.replicates)),
        ).confidence_interval
        return float(low), float(high)

    for share in (0.9, 0.975, 0.995):
        assert found.limits(share) == pytest.approx(theirs("percentile", share), abs=1e-9)
        assert found.limits(share) != pytest.approx(theirs("BCa", share), abs=1e-3)


def test_no_bound_is_surer_than_its_replicates_can_say() -> None:
    """Of 200 draws none tells what happens once in 1,000."""
    found = rh_auc.measure(*planted(40, 5), 0, 200)["raw"]
    assert found.limits(0.995) is not None
    assert found.limits(0.999) is None


@pytest.mark.slow
def test_intervals_hold_a_planted_area_as_often_as_they_say() -> None:
    """At 95 %: of 400 runs 380 are expected, and two deviations fewer are no surprise."""
    assert all(count >= 371 for count in held(150, range(400), 400).values())


def test_equal_seeds_give_equal_figures() -> None:
    """And another seed another interval, of one value."""
    one, same, other = (rh_auc.measure(*planted(40, 1), seed, 50)["raw"] for seed in (3, 3, 4))
    assert one == same
    assert (one.value, True) == (other.value, one.replicates != other.replicates)


@pytest.mark.parametrize(
    ("halves", "name"), [(([[1.0]], []), "perception"), (([], []), "reasoning")]
)
def test_a_half_without_items_has_no_area(halves: tuple[list[list[float]], ...], name: str) -> None:
    """It is undefined, and the half is named."""
    found = rh_auc.measure(halves[0], halves[1])["raw"]
    assert (None, f"no item of {name} was judged") == (found.rate, found.undefined)


def test_items_that_are_too_few_give_no_interval() -> None:
    """Where drawing them again often leaves a curve without an area."""
    found = rh_auc.measure([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0]] * 9, 0, 100)["raw"].rate
    assert found is not None
    assert (0.5, None, None, 11) == (found.value, found.low, found.high, found.n)


def test_more_items_make_it_surer() -> None:
    """Four times the items halve each bound's distance."""
    found = rh_auc.measure(*planted(50, 2), 2, 200)["raw"]
    before, then = found.limits(0.9), found.grown(4).limits(0.9)
    assert before is not None
    assert then is not None
    assert pytest.approx([(each - found.value) / 2 for each in before]) == [
        each - found.value for each in then
    ]
    assert (200, 200) == found.grown(4).halves
