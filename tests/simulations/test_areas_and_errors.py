"""RH-AUC's and the error rate's intervals hold what is planted as often as they say."""

import os
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from pytest_rest.statistics import error_rates, rh_auc
from pytest_rest.statistics.rh_auc import KINDS, AreaKind

pytestmark = pytest.mark.costly
ALL = bool(os.environ.get("ALL_TESTS"))
# A share that is .95 is found within these limits: of few runs, and of many.
HELD = (0.93, 0.97) if ALL else (0.91, 0.99)
REASONING, PERCEPTION = (0.30, 0.40, 0.50, 0.58, 0.66), (0.85, 0.78, 0.70, 0.62, 0.55)
CORRELATED = 0.93  # of what lies behind an item's answers; of the answers themselves it is .64


def scores(draws: np.random.Generator, n: int, shares: Sequence[float]) -> list[list[float]]:
    """Items that are right under each budget by its share, each much alike under all of them."""
    own = draws.standard_normal((n, 1)) * CORRELATED**0.5
    lots = own + draws.standard_normal((n, len(shares))) * (1 - CORRELATED) ** 0.5
    right: list[list[float]] = (lots < stats.norm.ppf(shares)).astype(float).tolist()
    return right


def test_items_are_correlated_as_they_are() -> None:
    """The planted correlation of an item's answers under two budgets is .64."""
    right = np.array(scores(np.random.default_rng(1), 20_000, REASONING))
    pairs = np.corrcoef(right.T)[np.triu_indices(len(REASONING), 1)]
    assert 0.64 == pytest.approx(pairs.mean(), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, pytest.param(200, marks=pytest.mark.slow)])
def test_areas_are_held(n: int) -> None:
    """Both definitions of RH-AUC, with items whose answers are correlated."""
    draws, runs = np.random.default_rng(n), 1_000 if ALL else 120
    truth = {k: rh_auc.area(list(zip(REASONING, PERCEPTION, strict=True)), k) for k in KINDS}
    held: dict[AreaKind, int] = dict.fromkeys(KINDS, 0)
    for run in range(runs):
        one, other = (scores(draws, n, shares) for shares in (REASONING, PERCEPTION))
        for kind, area in rh_auc.measure(one, other, run, 400 if ALL else 200).items():
            limits = area.limits(0.975)
            assert limits is not None
            held[kind] += limits[0] <= truth[kind] <= limits[1]
    for kind, count in held.items():
        assert HELD[0] <= count / runs <= HELD[1], (kind, count / runs)


@pytest.mark.parametrize(
    ("n", "share", "size"),
    [
        (100, 0.2, 0.1),
        pytest.param(200, 0.1, 0.1, marks=pytest.mark.slow),
        pytest.param(200, 0.2, 0.3, marks=pytest.mark.slow),
        pytest.param(500, 0.05, 0.1, marks=pytest.mark.slow),
    ],
)
def test_error_rates_are_held(n: int, share: float, size: float) -> None:
    """A few items have errors, and of those a few most of them: exponential, of that mean."""
    draws, runs = np.random.default_rng(n), 2_000 if ALL else 250
    held = by_student = 0
    for _ in range(runs):
        rates = draws.exponential(size, n) * (draws.random(n) < share)
        rate = error_rates.mean(error_rates.of_items(rates.tolist()))
        assert rate is not None
        assert rate.low is not None
        assert rate.high is not None
        held += rate.low <= share * size <= rate.high
        reach = stats.t.isf(0.025, n - 1) * rates.std(ddof=1) / n**0.5
        by_student += abs(rates.mean() - share * size) <= reach
    assert HELD[0] <= held / runs <= HELD[1], held / runs
    assert by_student < held


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_very_few_errors_never_pass_too_easily(share: float) -> None:
    """With none or a handful of errors a gate's upper bound is below the truth in 1 of 20 runs."""
    draws, runs, n = np.random.default_rng(7), 2_000 if ALL else 200, 60
    below = 0
    for _ in range(runs):
        rates = draws.exponential(0.2, n).clip(0, 1) * (draws.random(n) < share)
        true = share * 0.2 * (1 - np.exp(-5))
        below += error_rates.limits(error_rates.of_items(rates.tolist()), 0.95)[1] < true
    assert below / runs <= 0.06
