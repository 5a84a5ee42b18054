"""One-sided bounds and their verdicts: against scipy's own, and against planted truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_rest.statistics import bounds
from pytest_rest.statistics.bounds import Share, Shares

RUNS = 4000
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)
OPPOSITE = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}


def one(count: float, n: int, whole: bool = True) -> Shares:
    """One suite."""
    return Shares((Share(count, n, whole),))


def slack(error: float) -> float:
    """The error's share that a simulation of RUNS stays under, but for one in thousands."""
    return error + 3.5 * math.sqrt(error * (1 - error) / RUNS)


def random(seed: int = 0) -> np.random.Generator:
    """The draws of one simulation."""
    return np.random.default_rng(seed)


# One suite


@given(st.integers(1, 2000), st.data(), st.sampled_from(CONFIDENCES))
def test_bounds_equal_scipys_exact_tests(n: int, data: st.DataObject, confidence: float) -> None:
    """Clopper and Pearson's, each of one side: what scipy's exact test inverts to."""
    count = data.draw(st.integers(0, n))
    above = stats.binomtest(count, n, alternative="greater").proportion_ci(confidence, "exact")
    below = stats.binomtest(count, n, alternative="less").proportion_ci(confidence, "exact")
    found = bounds.lower(count, n, confidence), bounds.upper(count, n, confidence)
    assert (above.low, below.high) == pytest.approx(found, abs=1e-9)
    assert one(count, n).limits(confidence) == pytest.approx(found, abs=1e-12)


@given(st.integers(1, 300), st.data(), st.sampled_from([0.5, 0.8, 0.9, 0.97]))
def test_a_decision_is_that_of_the_exact_test(n: int, data: st.DataObject, bound: float) -> None:
    """Pass where the rate is surely not below the bound, fail where it surely is."""
    count = data.draw(st.integers(0, n))
    above = stats.binomtest(count, n, bound, alternative="greater").pvalue <= 0.05
    below = stats.binomtest(count, n, bound, alternative="less").pvalue < 0.05
    expected = "pass" if above else "fail" if below else "undecided"
    assert expected == bounds.decision(one(count, n), ">=", bound, 0.95)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("truth", "n"), [(0.9, 50), (0.9, 300), (0.5, 40), (0.02, 200), (1.0, 20)])
def test_the_gate_at_the_true_value_errs_as_stated(truth: float, n: int, confidence: float) -> None:
    """With the threshold at the truth, neither sure verdict comes more often than it may."""
    table = [bounds.decision(one(count, n), ">=", truth, confidence) for count in range(n + 1)]
    found = np.array(table)[random().binomial(n, truth, RUNS)]
    for word in ("pass", "fail"):
        assert (found == word).mean() <= slack(1 - confidence)


@pytest.mark.parametrize("truth", [0.93, 0.5])
def test_half_right_items_keep_the_error(truth: float) -> None:
    """Items right in part of their two styles, whether the parts go together or not."""
    n = 60
    for together in (0.0, 0.5, 1.0):
        parts = random().random((RUNS, n, 2))
        parts[..., 1] = np.where(
            random(1).random((RUNS, n)) < together, parts[..., 0], parts[..., 1]
        )
        counts = (parts < truth).mean(2).sum(1)
        table = {c: bounds.decision(one(c, n, False), ">=", truth, 0.95) for c in set(counts)}
        found = np.array([table[count] for count in counts])
        assert max((found == "pass").mean(), (found == "fail").mean()) <= slack(0.05)


@given(st.integers(2, 200), st.data())
def test_a_fractional_count_has_wider_bounds(n: int, data: st.DataObject) -> None:
    """A sum of parts has wider bounds than a count, and half an item lies between its counts."""
    count = data.draw(st.integers(0, n - 1))
    low, high = one(count, n).limits(0.95) or (0, 0)
    wider = one(count, n, False).limits(0.95) or (0, 0)
    assert wider[0] <= low <= high <= wider[1]
    half = bounds.lower(count + 0.5, n, 0.95), bounds.upper(count + 0.5, n, 0.95)
    assert half == pytest.approx((wider[0], (one(count + 1, n, False).limits(0.95) or (0, 0))[1]))


# Several suites


def drawn(truths: tuple[float, ...], sizes: tuple[int, ...]) -> list[Shares]:
    """Runs over several suites with these true rates."""
    counts = random().binomial(sizes, truths, (RUNS, len(sizes)))
    return [Shares(tuple(map(Share, row, sizes))) for row in counts.tolist()]


@pytest.mark.parametrize(
    ("truths", "sizes"),
    [
        ((0.9, 0.9), (50, 50)),
        ((0.99, 0.81), (50, 50)),
        ((1.0, 0.6), (40, 40)),
        ((0.97, 0.9, 0.8, 0.5), (25, 25, 25, 25)),
        ((0.97, 0.6), (30, 200)),
        ((0.6, 0.97), (30, 200)),
        ((0.02, 0.0, 0.001), (30, 30, 30)),
    ],
)
def test_the_mean_over_suites_keeps_the_error(
    truths: tuple[float, ...], sizes: tuple[int, ...]
) -> None:
    """Equal or not, large and small: the unweighted mean of the true rates is rarely outside."""
    truth = sum(truths) / len(truths)
    limits = np.array([evidence.limits(0.95) for evidence in drawn(truths, sizes)])
    assert (limits[:, 0] > truth + 1e-12).mean() <= slack(0.05)
    assert (limits[:, 1] < truth - 1e-12).mean() <= slack(0.05)


@given(st.integers(2, 4), st.integers(5, 100), st.data())
def test_equal_suites_are_one_large_suite(k: int, n: int, data: st.DataObject) -> None:
    """Suites of one size have the bounds of their pooled count; one item apart, by Markov."""
    counts = data.draw(st.lists(st.integers(0, n), min_size=k, max_size=k))
    found = Shares(tuple(Share(count, n) for count in counts)).limits(0.95)
    pooled = one(sum(counts), k * n).limits(0.95)
    assert pooled == pytest.approx(found, abs=0.05**2 / n)


# Means of values


def test_means_have_students_bounds() -> None:
    """One suite is scipy's t; two are Welch's, on normal values."""
    first, second = random().normal(0.3, 0.1, 40).tolist(), random(1).normal(0.5, 0.4, 15).tolist()
    found = bounds.Means((bounds.spread(first),)).limits(0.95)
    theirs = stats.ttest_1samp(first, 0, alternative="greater").confidence_interval(0.95)
    assert found is not None
    assert theirs.low == pytest.approx(found[0])
    both = bounds.Means((bounds.spread(first), bounds.spread([-each for each in second])))
    limits = both.limits(0.95)
    welch = stats.ttest_ind(first, second, equal_var=False, alternative="greater")
    assert limits is not None
    assert welch.confidence_interval(0.95).low / 2 == pytest.approx(limits[0])


def test_values_that_do_not_vary_give_no_false_certainty() -> None:
    """No error in 200 pictures bounds the rate, no error in 20 much less; above 1 nothing does."""
    rates = {n: bounds.Means((bounds.spread([0.0] * n),)) for n in (20, 200)}
    assert ["undecided", "pass"] == [
        bounds.decision(each, "<=", 0.02, 0.95) for each in rates.values()
    ]
    assert None is bounds.Means((bounds.spread([1.5]),)).limits(0.95)
    mixed = bounds.Means((bounds.spread([0.1, 1.2]), bounds.spread([0.0])))
    assert "undecided" == bounds.decision(mixed, "<=", 1.0, 0.95)
    assert "undecided" == bounds.decision(bounds.Means(()), "<=", 1.0, 0.95)


def test_students_bounds_keep_the_error_on_many_items() -> None:
    """Character error rates, most of them zero: of 400 items t errs little more than stated."""
    values = random().exponential(0.05, (1000, 400)) * (random(1).random((1000, 400)) < 0.3)
    limits = np.array([bounds.Means((bounds.spread(row),)).limits(0.95) for row in values.tolist()])
    assert (limits[:, 1] < 0.015).mean() <= 0.09
    assert (limits[:, 0] > 0.015).mean() <= 0.07


# Verdicts


@given(st.integers(1, 300), st.data(), st.sampled_from(sorted(OPPOSITE)), st.integers(0, 20))
def test_a_share_and_its_complement_mirror_each_other(
    n: int, data: st.DataObject, op: str, odd: int
) -> None:
    """What is right is judged as what is wrong is, the other way round."""
    count, bound = data.draw(st.integers(0, n)), (2 * odd + 1) / 41
    right = bounds.decision(one(count, n), op, bound, 0.95)
    assert right == bounds.decision(one(n - count, n), OPPOSITE[op], 1 - bound, 0.95)


@pytest.mark.parametrize(
    ("count", "n", "op", "bound", "expected"),
    [
        (10, 10, ">=", 0.7, "pass"),
        (10, 10, ">=", 0.8, "undecided"),
        (10, 10, ">=", 1.0, "undecided"),
        (9, 10, ">=", 1.0, "fail"),
        (0, 10, ">=", 0.0, "pass"),
        (0, 10, ">", 0.0, "undecided"),
        (0, 10, "<=", 0.0, "undecided"),
        (10, 10, "<=", 1.0, "pass"),
        (10, 10, "<", 1.0, "undecided"),
        (10, 10, "<=", 0.5, "fail"),
    ],
)
def test_decisions_at_the_ends_of_the_scale(
    count: int, n: int, op: str, bound: float, expected: str
) -> None:
    """At the ends of the scale too: what holds by itself is sure, what only may hold is not."""
    assert expected == bounds.decision(one(count, n), op, bound, 0.95)


def test_nothing_observed_decides_nothing() -> None:
    """No suite, no verdict; and a share of nothing is none."""
    assert "undecided" == bounds.decision(Shares(()), ">=", 0.0, 0.95)
    assert None is bounds.more_items(Shares(()), ">=", 0.5, 0.95)
    for count, n in ((0, 0), (2, 1), (-1, 3)):
        with pytest.raises(ValueError, match="is not a share"):
            Share(count, n)


# How many more


@given(st.integers(5, 200), st.data(), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_items_asked_for_decide_it(n: int, data: st.DataObject, bound: float) -> None:
    """So many more at the same rate decide it, and none are asked for where it is decided."""
    evidence = one(data.draw(st.integers(0, n)), n)
    more = bounds.more_items(evidence, ">=", bound, 0.95)
    if more is None:
        assert bound == evidence.value
    else:
        grown = evidence.grown((n + more) / n)
        expected = "pass" if evidence.value > bound else "fail"
        assert expected == bounds.decision(grown, ">=", bound, 0.95)
        assert (more == 0) == (bounds.decision(evidence, ">=", bound, 0.95) != "undecided")


def test_the_number_of_more_items_by_hand() -> None:
    """59 right of 59 are sure of 95 % at 95 %: (0.95 ** 59) < 0.05."""
    assert 59 - 10 == bounds.more_items(one(10, 10), ">=", 0.95, 0.95)
    assert None is bounds.more_items(one(9, 10), ">=", 0.9, 0.95)
    assert None is bounds.more_items(one(10, 10), ">=", 1.0, 0.95)
    two = Shares((Share(10, 10), Share(10, 10)))
    assert 40 <= 20 + (bounds.more_items(two, ">=", 0.95, 0.95) or 0) <= 60
    spread = bounds.Means((bounds.spread([0.0, 0.1] * 5),))
    assert 0 < (bounds.more_items(spread, "<=", 0.06, 0.95) or 0) < 100
