"""Planted truth: items that belong together, and items in several styles, cover and err as stated.

The short form has fewer runs and looser limits, both of three deviations of the simulation's own.
"""

import math
import os
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import betaincinv, stdtrit

from pytest_rest.statistics import clusters
from pytest_rest.statistics.bounds import Share, Shares
from pytest_rest.statistics.clusters import Sample
from pytest_rest.statistics.intervals import of_sample
from pytest_rest.statistics.mean_bound import lowest_mean

pytestmark = pytest.mark.costly
IS_LONG = bool(os.environ.get("ALL_TESTS"))
RUNS = 10_000 if IS_LONG else 1_000
FEW = 1_000 if IS_LONG else 60  # of those that are not many at once
STYLES = 10

Floats = npt.NDArray[np.float64]


def slack(share: float, runs: int = RUNS) -> float:
    """Three deviations of a share that was simulated."""
    return 3 * math.sqrt(share * (1 - share) / runs)


def chances(truth: float, icc: float, shape: tuple[int, ...], seed: int) -> Floats:
    """The chance that each cluster's items are right: beta, with that correlation within one."""
    draws = np.random.default_rng(seed)
    if icc == 0:
        return np.full(shape, truth)
    if icc == 1:
        return (draws.random(shape) < truth).astype(float)
    spread = 1 / icc - 1
    return draws.beta(truth * spread, (1 - truth) * spread, shape)


def sample(shares: Floats, names: list[str] | None = None) -> Sample:
    """The package's own sample."""
    found = clusters.sample(shares.tolist(), names or [])
    assert found is not None
    return found


def evidence(*samples: Sample) -> Shares:
    """What a gate has of suites."""
    shares = (
        Share(min(s.value * s.n, s.n), s.n, s.is_plain, None if s.is_plain else s) for s in samples
    )
    return Shares(tuple(shares))


@dataclass(frozen=True)
class Many:
    """Intervals and bounds of many runs at once, from the clusters' sums: numpy's own way to them.

    Of clusters of one size above 1, whose items are right or wrong.
    """

    low: Floats
    high: Floats
    sure_low: Floats
    sure_high: Floats


def of_sums(sums: Floats, size: int) -> Many:
    """The formulas of `clusters`, `intervals` and `bounds`, written anew."""
    k = sums.shape[1]
    n, p = k * size, sums.sum(1) / (k * size)
    squares = (sums - p[:, None] * size) ** 2
    total = squares.sum(1)
    varies = total > 1e-9
    safe = np.where(varies, total, 1)
    spread = np.where(varies, total**2 / np.where(varies, (squares**2).sum(1), 1), 0)
    worth = np.where(varies, np.minimum(p * (1 - p) * n**2 * (k - 1) / (k * safe), n), k)
    rest = np.maximum(1 - spread / k, 1e-12)
    t = stdtrit(np.where(varies, np.clip(2 * spread / rest, 1, k - 1), k - 1), 0.975)
    width = t**2 / worth
    middle = (p + width / 2) / (1 + width)
    reach = t * np.sqrt(p * (1 - p) / worth + width / (4 * worth)) / (1 + width)
    ratio = stdtrit(n - 1, 0.95) / stdtrit(np.clip(spread - 1, 1, k - 1), 0.95)
    count = np.where(varies, worth * ratio**2, k)
    sure = []
    for share in (p, 1 - p):
        right = np.maximum(share * count, 1e-300)
        exact = np.where(share > 1e-12, betaincinv(right, (1 - share) * count + 1, 0.05), 0)
        sure.append(np.minimum(exact, 0.05 ** (1 / k)))
    low, high = np.where(p == 0, 0, middle - reach), np.where(p == 1, 1, middle + reach)
    return Many(low, high, sure[0], 1 - sure[1])


def drawn(truth: float, icc: float, size: int, k: int, runs: int = RUNS) -> Floats:
    """How many of each cluster's items are right."""
    rates = chances(truth, icc, (runs, k), 1)
    return np.random.default_rng(2).binomial(size, rates).astype(float)


@pytest.mark.parametrize(("truth", "icc", "size"), [(0.8, 0.1, 10), (0.97, 0.3, 7), (0.5, 0, 2)])
def test_many_runs_at_once_are_the_packages_runs(truth: float, icc: float, size: int) -> None:
    """What is simulated below is what a report shows and what a gate decides by."""
    sums = drawn(truth, icc, size, 20, 12)
    many = of_sums(sums, size)
    names = [str(place // size) for place in range(20 * size)]
    for place, row in enumerate(sums):
        items = (np.arange(size) < row[:, None]).ravel().astype(float)
        found = sample(items, names)
        rate, sure = of_sample(found), evidence(found).limits(0.95)
        expected = many.low[place], many.high[place], many.sure_low[place], many.sure_high[place]
        assert expected == pytest.approx((rate.low, rate.high, *(sure or ())), abs=1e-9)


@pytest.mark.parametrize("size", [10, 50])
@pytest.mark.parametrize("icc", [0, 0.1, 0.3])
@pytest.mark.parametrize("truth", [0.6, 0.8, 0.9])
def test_intervals_of_clusters_cover(truth: float, icc: float, size: int) -> None:
    """In .93 to .97 of runs, of 100 clusters, as a hundred templates are."""
    many = of_sums(drawn(truth, icc, size, 100), size)
    coverage = ((many.low <= truth) & (truth <= many.high)).mean()
    assert 0.93 - slack(0.95) <= coverage <= 0.97 + slack(0.95)


@pytest.mark.parametrize("icc", [0, 0.1, 0.3])
def test_taken_as_independent_they_would_not(icc: float) -> None:
    """The fault that clusters mend: coverage far below .93 where items belong together."""
    sums = drawn(0.8, icc, 10, 50)
    p, n = sums.sum(1) / 500, 500
    reach = 1.96 * np.sqrt(p * (1 - p) / n)
    coverage = (abs(p - 0.8) <= reach).mean()
    assert (coverage > 0.92) == (icc == 0)


@pytest.mark.parametrize("truth", [0.8, 0.9])
def test_intervals_of_items_that_stand_alone_cover(truth: float) -> None:
    """Clusters of one are what they were: Wilson's, .93 to .97."""
    table = [of_sample(sample((np.arange(300) < right).astype(np.float64))) for right in range(301)]
    held = [(rate.low or 0) <= truth <= (rate.high or 0) for rate in table]
    right = np.random.default_rng(3).binomial(300, truth, RUNS)
    assert 0.93 - slack(0.95) <= np.array(held)[right].mean() <= 0.97 + slack(0.95)


@pytest.mark.parametrize("k", [10, 30, 100])
@pytest.mark.parametrize("size", [2, 10, 50])
@pytest.mark.parametrize("icc", [0, 0.1, 0.3])
def test_gates_of_clusters_err_as_stated(icc: float, size: int, k: int) -> None:
    """With the threshold at the truth neither sure verdict comes in more than .05 of runs."""
    for truth in (0.6, 0.8, 0.9, 0.97):
        many = of_sums(drawn(truth, icc, size, k), size)
        assert (many.sure_low > truth + 1e-9).mean() <= 0.05 + slack(0.05)
        assert (many.sure_high < truth - 1e-9).mean() <= 0.05 + slack(0.05)


@pytest.mark.parametrize("icc", [0.1, 0.3])
def test_gates_of_clusters_of_different_sizes_err_as_stated(icc: float) -> None:
    """One to twenty items of a context, and beside a suite whose items stand alone."""
    sizes = np.array([*range(1, 21)] * 2)
    names = [str(place) for place, size in enumerate(sizes) for _ in range(size)]
    runs = FEW
    rates, draws = chances(0.9, icc, (runs, len(sizes)), 4), np.random.default_rng(5)
    wrong = Counter[str]()
    for row in rates:
        found = sample((draws.random(len(names)) < np.repeat(row, sizes)).astype(float), names)
        beside = sample((draws.random(100) < 0.9).astype(float))
        for kind, each in (("one", evidence(found)), ("two", evidence(found, beside))):
            low, high = each.limits(0.95) or (0, 1)
            wrong[kind + "passed"] += low > 0.9
            wrong[kind + "failed"] += high < 0.9
    assert max(wrong.values(), default=0) / runs <= 0.05 + slack(0.05, runs)


# Several styles


def in_styles(truth: float, icc: float, n: int, runs: int, seed: int = 6) -> Floats:
    """The shares of each item's ten styles that are right."""
    rates = chances(truth, icc, (runs, n), seed)
    return np.random.default_rng(seed + 1).binomial(STYLES, rates) / STYLES


@pytest.mark.parametrize("icc", [0.1, 0.3, pytest.param(0.6, marks=pytest.mark.slow), 1])
def test_ten_styles_are_at_least_as_strong_as_one(icc: float) -> None:
    """A gate at .9 of 100 items that are truly .95: it passes as often, or more often."""
    runs = FEW
    one = lowest_one(0.95, 20_000)
    ten = [
        (evidence(sample(row)).limits(0.95) or (0, 1))[0] for row in in_styles(0.95, icc, 100, runs)
    ]
    power = float((np.array(ten) >= 0.9).mean())
    assert one - slack(one, runs) <= power
    assert (icc == 1) or one + 0.08 < power


def lowest_one(truth: float, runs: int) -> float:
    """How often 100 items in one style pass at .9."""
    table = np.array(
        [
            (evidence(sample((np.arange(100) < c).astype(np.float64))).limits(0.95) or (0, 1))[0]
            for c in range(101)
        ]
    )
    return float((table[np.random.default_rng(8).binomial(100, truth, runs)] >= 0.9).mean())


@pytest.mark.parametrize("n", [30, 100])
@pytest.mark.parametrize("icc", [0.1, 0.3, pytest.param(0.6, marks=pytest.mark.slow)])
def test_gates_of_ten_styles_err_as_stated(icc: float, n: int) -> None:
    """And what is shown covers, in .93 to .97."""
    runs = FEW
    wrong = Counter[str]()
    for row in in_styles(0.9, icc, n, runs):
        found = sample(row)
        low, high = evidence(found).limits(0.95) or (0, 1)
        rate = of_sample(found)
        wrong["passed"] += low > 0.9 + 1e-9
        wrong["failed"] += high < 0.9 - 1e-9
        wrong["outside"] += not (rate.low or 0) <= 0.9 <= (rate.high or 0)
    assert wrong["passed"] / runs <= 0.05 + slack(0.05, runs)
    assert wrong["failed"] / runs <= 0.05 + slack(0.05, runs)
    assert 0.03 - slack(0.05, runs) <= wrong["outside"] / runs <= 0.07 + slack(0.05, runs)


@pytest.mark.parametrize("sizes", [(30, 200), (200, 30), (60, 60)])
def test_gates_of_suites_in_ten_styles_err_as_stated(sizes: tuple[int, int]) -> None:
    """The mean over two suites of different rates, large and small."""
    runs, truth = FEW, (0.97 + 0.6) / 2
    rows = zip(
        in_styles(0.97, 0.3, sizes[0], runs), in_styles(0.6, 0.3, sizes[1], runs, 9), strict=True
    )
    limits = np.array([evidence(*map(sample, each)).limits(0.95) for each in rows])
    assert (limits[:, 0] > truth + 1e-9).mean() <= 0.05 + slack(0.05, runs)
    assert (limits[:, 1] < truth - 1e-9).mean() <= 0.05 + slack(0.05, runs)


@pytest.mark.parametrize("seed", range(200) if IS_LONG else range(20))
def test_no_distribution_breaks_the_bound(seed: int) -> None:
    """One that is drawn: up to four values, 1 to 20 items, the mean often near an end."""
    draws = np.random.default_rng(seed)
    number = int(draws.integers(2, 5))
    known = draws.choice([0, 0.01, 0.1, 0.5, 0.9, 0.99, 1], number, replace=False)
    values = draws.random(number) if seed % 2 else known
    weights = draws.dirichlet(np.full(number, draws.choice([0.2, 1, 5])))
    n, mean = int(draws.choice([1, 2, 3, 5, 10, 20])), float(values @ weights)
    rows, times = np.unique(draws.multinomial(n, weights, RUNS), axis=0, return_counts=True)
    order = np.argsort(-times)[: 10_000 if IS_LONG else 25]  # what is left out counts as wrong
    wrong = RUNS - int(times[order].sum())
    for row, time in zip(rows[order], times[order], strict=True):
        parts = {float(v): float(c) for v, c in zip(values, row, strict=True) if c}
        wrong += int(time) * (lowest_mean(parts, 0.05) > mean + 1e-9)
    left_out = 1 - times[order].sum() / RUNS
    assert wrong / RUNS <= 0.05 + slack(0.05) + left_out
