"""Models that have not changed, that go up and down, and that fall by a point a release: alarms.

Each history is looked at after every release, as by somebody who runs the command in CI. The short
form has fewer histories and looser limits, of three deviations of the simulation's own.
"""

import math
import os

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtr, stdtr

from pytest_rest.statistics.trend import FEWEST, measure

pytestmark = pytest.mark.costly
IS_LONG = bool(os.environ.get("ALL_TESTS"))
HISTORIES = 2_000 if IS_LONG else 150
RATE = 0.9
Floats = npt.NDArray[np.float64]


def history(
    rng: np.random.Generator, items: int, runs: int, slope: float = 0.0, wobble: float = 0.0
) -> Floats:
    """Whether each item agreed in each release: harder and easier ones, all of them moved alike."""
    chance = rng.beta(3.0, 3.0 / RATE - 3.0, items)
    moved = 1 + (slope * np.arange(runs) + rng.normal(0, wobble, runs)) / RATE
    return (rng.random((items, runs)) < np.clip(chance[:, None] * moved, 0, 1)).astype(float)


def first_alarm(rows: Floats) -> int | None:
    """After how many releases; `measure` written anew in numpy, which the last test holds to it."""
    for runs in range(FEWEST, rows.shape[1] + 1):
        times = np.arange(runs) - (runs - 1) / 2
        own = rows[:, :runs] - rows[:, :runs].mean(1, keepdims=True)
        squares = float((times**2).sum())
        variance = squares * float((own**2).sum()) / (runs - 1)
        means = own.mean(0)
        slope = float(means @ times) / squares
        error = math.sqrt(float(((means - slope * times) ** 2).sum()) / (runs - 2) / squares)
        if variance < 1e-12 or error < 1e-12:
            continue
        adjusted = ndtr(float((own @ times).sum()) / math.sqrt(variance)) * runs * (runs - 1) / 3
        if adjusted < 0.05 and stdtr(runs - 2, slope / error) < 0.05:
            return runs
    return None


def alarms(items: int, runs: int, slope: float = 0.0, wobble: float = 0.0) -> float:
    """The share of histories in which any look alarms."""
    rng = np.random.default_rng(items + runs)
    drawn = (history(rng, items, runs, slope, wobble) for _ in range(HISTORIES))
    return sum(first_alarm(rows) is not None for rows in drawn) / HISTORIES


def slack(share: float) -> float:
    """Three deviations of a share that was simulated."""
    return 3 * math.sqrt(share * (1 - share) / HISTORIES)


@pytest.mark.parametrize(
    ("items", "runs"),
    [
        (100, 20),
        *(
            pytest.param(n, runs, marks=pytest.mark.slow)
            for n in (10, 20, 50, 100, 300)
            for runs in (10, 20, 40)
        ),
    ],
)
def test_a_model_that_has_not_changed_hardly_ever_alarms(items: int, runs: int) -> None:
    """In at most one history of twenty, over all looks at it together."""
    assert alarms(items, runs) <= 0.05 + slack(0.05) * (not IS_LONG)


@pytest.mark.slow
@pytest.mark.parametrize("items", [50, 100, 300])
@pytest.mark.parametrize("wobble", [0.01, 0.02])
def test_releases_that_go_up_and_down_seldom_alarm(items: int, wobble: float) -> None:
    """Without a trend, by one or two points: not in each look anew, as the items alone would."""
    assert alarms(items, 20, wobble=wobble) <= 0.15


@pytest.mark.parametrize(
    ("items", "runs", "power"),
    [
        (300, 10, 0.9),
        pytest.param(50, 20, 0.9, marks=pytest.mark.slow),
        pytest.param(100, 12, 0.7, marks=pytest.mark.slow),
        pytest.param(100, 15, 0.9, marks=pytest.mark.slow),
        pytest.param(300, 8, 0.75, marks=pytest.mark.slow),
    ],
)
def test_a_point_a_release_is_found(items: int, runs: int, power: float) -> None:
    """With so much power by then."""
    assert alarms(items, runs, slope=-0.01) >= power - slack(power)


def test_the_simulation_is_of_the_package_s_own_test() -> None:
    """Both alarm after as many releases."""
    rng = np.random.default_rng(0)
    for slope in (0.0, -0.03):
        rows = history(rng, 40, 8, slope)
        found = None
        for runs in range(FEWEST, 9):
            moved = measure(rows[:, :runs].tolist())
            assert moved
            if found is None and moved.adjusted < 0.05 and moved.p_runs < 0.05:
                found = runs
        assert found == first_alarm(rows)
