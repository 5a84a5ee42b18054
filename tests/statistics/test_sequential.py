"""Confidence sequences: at every look, against planted truth; and what early stopping saves."""

import bisect
import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from pytest_rest.statistics import bounds, sequential

RUNS = 2000
N = 1000


def slack(error: float) -> float:
    """The error's share that a simulation of RUNS stays under, but for one in thousands."""
    return error + 3.5 * math.sqrt(error * (1 - error) / RUNS)


def walks(truth: float, n: int = N, seed: int = 0, runs: int = RUNS) -> np.ndarray:
    """How many are right after each item, of many runs: looked at after every one."""
    draws = np.random.default_rng(seed).random((runs, n)) < truth
    return np.cumsum(draws, axis=1, dtype=np.int16)


def decided(count: float, n: int, op: str, bound: float) -> str:
    """The verdict at 0.95."""
    return bounds.decide(sequential.limits(count, n, 0.95), op, bound)


@functools.cache
def borders(op: str, bound: float) -> np.ndarray:
    """For each n the count below which the shipped code decides one way, and from which the other.

    Both are looked for from where they were for one item less.
    """
    first, last = ("fail", "pass") if op == ">=" else ("pass", "fail")
    found, below, above = [], 0, 1
    for n in range(1, N + 1):
        while below <= n and decided(below, n, op, bound) == first:
            below += 1
        while above <= n and decided(above, n, op, bound) != last:
            above += 1
        found.append((below, above))
    return np.array(found)


def looks(truth: float, bound: float, op: str = ">=") -> tuple[np.ndarray, np.ndarray]:
    """After how many items each run is decided (N if never), and how: -1, 0 or 1."""
    counts = walks(truth)
    table = borders(op, bound)
    found = np.where(counts < table[:, 0], -1, 0) + np.where(counts >= table[:, 1], 1, 0)
    sure = found != 0
    first = np.where(sure.any(1), sure.argmax(1), N - 1)
    return first + 1, found[np.arange(len(found)), first]


def against(counts: np.ndarray, ns: np.ndarray, rate: float) -> np.ndarray:
    """The module's log ratio at a rate, by scipy, of many runs at once."""
    a, b = sequential.PRIOR
    ratio = special.betaln(a + counts, b + ns - counts) - special.betaln(a, b)
    found: np.ndarray = ratio - special.xlogy(counts, rate) - special.xlog1py(ns - counts, -rate)
    return found


# The bounds


@given(st.integers(1, 10_000), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_bounds_are_where_the_ratio_is_one_over_the_error(
    n: int, data: st.DataObject, confidence: float
) -> None:
    """By scipy's own functions, to a millionth; and the observed rate lies between."""
    count = data.draw(st.integers(0, n))
    low, high = sequential.limits(count, n, confidence)
    assert 0 <= low <= count / n <= high <= 1
    for end in {low, high} - {0.0, 1.0}:
        ratio = against(np.array(count), np.array(n), end)
        assert -math.log(1 - confidence) == pytest.approx(float(ratio), abs=1e-6)


@given(st.integers(1, 500), st.data())
def test_bounds_for_every_look_are_wider_than_for_one(n: int, data: st.DataObject) -> None:
    """Wider than the bounds for one look, at the same count; wrong is right's mirror."""
    count = data.draw(st.integers(0, n))
    low, high = sequential.limits(count, n, 0.95)
    assert low <= bounds.lower(count, n, 0.95) <= bounds.upper(count, n, 0.95) <= high
    mirrored = sequential.limits(n - count, n, 0.95)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-9)


def test_before_the_first_item_the_bounds_are_zero_and_one() -> None:
    """Before the first item."""
    assert (0.0, 1.0) == sequential.limits(0, 0, 0.95)


# Planted truth


@pytest.mark.costly
@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("truth", [0.5, 0.9, 0.98])
def test_the_truth_is_inside_at_every_look(truth: float, confidence: float) -> None:
    """In thousands of runs of a thousand items, both bounds looked at after each."""
    level, ns = -math.log1p(-confidence), np.arange(1, N + 1)
    counts = walks(truth)
    left = against(counts, ns, truth) >= level
    assert left.any(1).mean() <= slack(1 - confidence)
    for run, n in [(0, 10), (1, 100), (2, 999), (3, 1000)]:  # what was counted is the code's
        low, high = sequential.limits(int(counts[run, n - 1]), n, confidence)
        assert left[run, n - 1] == (not low < truth < high)


def test_looking_at_bounds_of_one_look_errs() -> None:
    """Why it is needed: exact bounds for a fixed n, looked at after each item, err far more."""
    counts, truth = walks(0.9, 300), 0.9
    table = np.array([_first_above(n, truth) for n in range(1, 301)])
    assert (counts >= table).any(1).mean() > 0.15


def _first_above(n: int, truth: float) -> int:
    return bisect.bisect_left(
        range(n + 1), True, key=lambda count: bounds.lower(count, n, 0.95) > truth
    )


@pytest.mark.costly
@pytest.mark.parametrize("bound", [0.5, 0.7, 0.9])
def test_the_gate_at_the_true_value_errs_as_stated(bound: float) -> None:
    """With the threshold at the truth, stopping early errs no more often than stated."""
    _, found = looks(bound, bound)
    assert (found != 0).mean() <= slack(0.05)


@pytest.mark.costly
@pytest.mark.parametrize("bound", [0.5, 0.6, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("off", [-0.1, 0.1])
def test_ten_points_off_saves_half_of_the_calls(bound: float, off: float) -> None:
    """In the mean of the runs over a thousand items, and in most of the runs; and it is right."""
    truth = min(bound + off, 0.995)
    asked, found = looks(truth, bound)
    assert asked.mean() <= N / 2
    assert np.quantile(asked, 0.8) <= N / 2
    wrong = 1 if off < 0 else -1
    assert (found == wrong).mean() <= 0.05
    assert (found == -wrong).mean() >= 0.95


def test_a_rate_that_must_be_low_is_decided() -> None:
    """CFR: the share of the covered items, with the threshold above it."""
    asked, found = looks(0.05, 0.15, "<=")
    assert asked.mean() <= N / 2
    assert (found == -1).mean() >= 0.95  # few of them is what passes
    assert "pass" == decided(2, 200, "<=", 0.15)
    assert "fail" == decided(80, 200, "<=", 0.15)


@pytest.mark.parametrize("truths", [(0.9, 0.9), (1.0, 0.8), (0.99, 0.96, 0.9, 0.75)])
def test_rounds_keep_the_error(truths: tuple[float, ...]) -> None:
    """One item of each suite, looked at after every round, equal rates or not."""
    k, ns = len(truths), np.arange(1, 301)
    counts = np.sum([walks(truth, 300, seed) for seed, truth in enumerate(truths)], axis=0)
    assert (against(counts, k * ns, 0.9) >= -math.log(0.05)).any(1).mean() <= slack(0.05)


def test_rounds_are_surer_than_suites_by_themselves() -> None:
    """Four suites of a hundred items, ten points off: decided together, not yet one by one."""
    right = [95, 90, 95, 90]
    assert "pass" == decided(sum(right), 400, ">=", 0.825)
    alone = [sequential.limits(count, 100, 1 - 0.05 / 4) for count in right]
    assert sum(low for low, _ in alone) / 4 < 0.825


def test_half_right_items_keep_the_error() -> None:
    """Items right in half of their styles: values between 0 and 1 err no more often."""
    rng = np.random.default_rng(0)
    counts = np.cumsum(rng.choice([0.0, 0.5, 1.0], (RUNS, 400), p=[0.1, 0.2, 0.7]), axis=1)
    assert (against(counts, np.arange(1, 401), 0.8) >= -math.log(0.05)).any(1).mean() <= slack(0.05)
