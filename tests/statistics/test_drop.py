"""Drops against their tolerance: Tango's own figures, laws, and what too few items may not say."""

import math
from collections import Counter
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_rest.statistics.drop import MEAN, decide, holm, least_p, measure, tally

TOLERANCES = st.sampled_from([0.0, 0.01, 0.02, 0.05, 0.1, 0.3, 0.9])
WHOLE = st.lists(st.sampled_from([-1.0, 0.0, 0.0, 1.0]), min_size=1, max_size=60)
PARTS = st.lists(st.integers(-10, 10).map(lambda part: part / 10), min_size=1, max_size=40)
SUITES = st.dictionaries(st.sampled_from("abc"), WHOLE | PARTS, min_size=1)


def tango(worse: int, better: int, n: int, t: float) -> float:
    """The score as Tango writes it: his q21 is the root of a quadratic equation."""
    a, b = 2 * n, -worse - better + (2 * n - worse + better) * t
    root = (math.sqrt(b * b + 4 * a * better * t * (1 - t)) - b) / (2 * a)
    return (worse - better - n * t) / math.sqrt(n * (2 * root + t * (1 - t)))


def test_tangos_own_example() -> None:
    """His first data set: 44 pairs, one worse, a margin of 0.1: z = 1.709, p = 0.044."""
    found = measure([{1.0: 1, 0.0: 43}], 0.1)
    assert pytest.approx(-1.709, abs=0.001) == tango(1, 0, 44, 0.1)
    assert pytest.approx(0.044, abs=0.0005) == found.within


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 600), TOLERANCES)
def test_whole_items_have_tangos_score(worse: int, better: int, same: int, t: float) -> None:
    """Or are less sure, where the correction for skewness says so."""
    n = worse + better + same
    assume(n and (t or worse + better))
    found, score = measure([{1.0: worse, -1.0: better, 0.0: same}], t), tango(worse, better, n, t)
    beyond, within = (NormalDist().cdf(sign * score) for sign in (-1, 1))
    assert found.beyond >= beyond - 1e-9
    assert found.within >= within - 1e-9
    if not t:  # then nothing is skewed
        assert max(beyond, 0.5**n) == pytest.approx(found.beyond, abs=1e-9)
        assert max(within, 0.5**n) == pytest.approx(found.within, abs=1e-9)


@given(st.lists(WHOLE | PARTS, min_size=1, max_size=3), TOLERANCES)
def test_swapped_runs_swap_the_sides(suites: list[list[float]], t: float) -> None:
    """A drop beyond a tolerance is a rise that is not within its opposite."""
    there = measure([*map(Counter, suites)], t)
    back = measure([Counter(-each for each in suite) for suite in suites], -t)
    assert pytest.approx(-back.value) == there.value
    assert (there.beyond, there.within) == pytest.approx((back.within, back.beyond), abs=1e-6)


@given(SUITES, TOLERANCES, st.sampled_from([0.5, 0.8, 0.95, 0.99]), st.data())
def test_a_worse_item_never_turns_failed_into_passed(
    drops: dict[str, list[float]], t: float, confidence: float, data: st.DataObject
) -> None:
    """Nor undecided into passed, nor failed into anything else, of whole items of one suite."""
    before = decide(drops, t, confidence).decision
    name = data.draw(st.sampled_from(sorted(drops)))
    place = data.draw(st.integers(0, len(drops[name]) - 1))
    worse = [*drops[name]]
    worse[place] = data.draw(st.sampled_from([1.0, min(worse[place] + 0.5, 1.0)]))
    after = decide({**drops, name: worse}, t, confidence).decision
    assert (before, after) != ("fail", "pass")
    if len(drops) == 1 and {*drops[name], *worse} <= {-1.0, 0.0, 1.0}:
        order = ("pass", "undecided", "fail")
        assert order.index(after) >= order.index(before)


@given(SUITES, st.sampled_from([0.5, 0.8, 0.95]))
def test_an_equal_run_neither_fails_nor_surely_passes(
    drops: dict[str, list[float]], confidence: float
) -> None:
    """Nothing flipped, nothing tolerated: nothing is sure."""
    equal = {name: [0.0] * len(listed) for name, listed in drops.items()}
    assert "undecided" == decide(equal, 0.0, confidence).decision


@pytest.mark.parametrize(("n", "t", "few"), [(4, 0.0, True), (5, 0.0, False), (5, 0.2, True)])
def test_too_few_items_decide_nothing(n: int, t: float, few: bool) -> None:
    """Where even all of them getting worse comes by chance in one of twenty runs."""
    assert few == (least_p(n, t) >= 0.05)
    for drops in ([1.0] * n, [-1.0] * n):
        found = decide({"a": drops}, t, 0.95)
        assert (few, ("a",) * few) == (found.decision == "undecided", found.too_few)


def test_a_suite_of_a_few_items_keeps_the_mean_from_passing() -> None:
    """Nothing could show that it fell; the others fail by themselves."""
    large = [0.0] * 500
    assert "pass" == decide({"a": large, "b": large}, 0.02, 0.95).decision
    found = decide({"a": large, "b": [0.0] * 3}, 0.02, 0.95)
    assert ("undecided", ("b",)) == (found.decision, found.too_few)
    found = decide({"a": [1.0] * 50 + large, "b": [1.0] * 3}, 0.02, 0.95)
    assert ("fail", ("a",)) == (found.decision, found.beyond)


def test_a_whole_tolerance_is_met() -> None:
    """No drop is larger than all."""
    assert "pass" == decide({"a": [1.0, 0.0]}, 1.0, 0.95).decision


def test_a_collapsed_suite_fails_by_itself() -> None:
    """However well the others do, and is named."""
    found = decide({"a": [1.0] * 20, "b": [-1.0] * 20}, 0.02, 0.95)
    assert ("fail", ("a",), 0.0) == (found.decision, found.beyond, found.mean.value)
    found = decide({"a": [1.0] * 20, "b": [0.0] * 300}, 0.02, 0.95)
    assert {"a", MEAN} == {*found.beyond}


def test_holms_procedure_by_hand() -> None:
    """Three of equal weight are held against a third, a half, and all of the error."""
    weights = {"a": 1.0, "b": 1.0, "c": 1.0}
    for p, expected in (
        ({"a": 0.01, "b": 0.02, "c": 0.04}, ("a", "b", "c")),
        ({"a": 0.02, "b": 0.02, "c": 0.02}, ()),
        ({"a": 0.01, "b": 0.03, "c": 0.001}, ("c", "a", "b")),
        ({"a": 0.01, "b": 0.9, "c": 0.03}, ("a",)),
    ):
        assert expected == holm(p, weights, 0.05)
    of_two = {"a": 0.03, "b": 0.06}
    assert ("a",) == holm(of_two, {"a": 3.0, "b": 1.0}, 0.05)
    assert () == holm(of_two, {"a": 1.0, "b": 1.0}, 0.05)


def test_unsure_of_what_was_not_seen() -> None:
    """Equal items in parts of which none fell: a few that fall wholly would not have been seen."""
    for n, expected in ((100, "undecided"), (200, "pass")):
        assert expected == decide({"a": [0.0] * n}, 0.02, 0.95).decision
        steady = [0.1, -0.1] * (n // 2)
        assert "undecided" == decide({"a": steady}, 0.001, 0.95).decision


def test_items_of_a_cluster_count_as_one() -> None:
    """Of their mean drop; of unequal ones each weighs its items, and all Kish's number."""
    clusters = ["a", "a", "b", "b", "", ""]
    assert {0.5: 1.2, 0.0: 1.2, 1.0: 0.6, -1.0: 0.6} == pytest.approx(
        tally([1.0, 0.0, 0.0, 0.0, 1.0, -1.0], clusters)
    )
    assert {1.0: 2, 0.0: 1} == tally([1.0, 1.0, 0.0])
    drops, ten = [1.0] * 20 + [0.0] * 180, [f"c{n // 10}" for n in range(200)]
    assert "fail" == decide({"a": drops}, 0.02, 0.95).decision
    found = decide({"a": drops}, 0.02, 0.95, {"a": ten})
    assert ("undecided", 20.0, 0.1) == (found.decision, found.mean.n, found.mean.value)
    found = decide({"a": [1.0] * 200}, 0.02, 0.95, {"a": [f"c{n // 50}" for n in range(200)]})
    assert ("undecided", ("a",)) == (found.decision, found.too_few)


@given(PARTS, TOLERANCES)
def test_clusters_of_one_item_are_items(drops: list[float], t: float) -> None:
    """However they are named."""
    named = {"a": [f"c{place}" for place in range(len(drops))]}
    found, plain = decide({"a": drops}, t, 0.95, named), decide({"a": drops}, t, 0.95)
    assert (found.decision, found.too_few) == (plain.decision, plain.too_few)
    assert found.mean.beyond == pytest.approx(plain.mean.beyond, abs=1e-9)
