"""How many items find a drop: against simulation, and as the page on releases has it."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pytest_rest.statistics import bounds, power
from pytest_rest.statistics.bounds import Share, Shares
from pytest_rest.statistics.paired import mcnemar

PAGE = (Path(__file__).parents[2] / "docs" / "releases.md").read_text("utf-8")
RUNS = 4000
SLACK = 0.025  # nearly four standard errors of a share of 4,000 runs at 0.8


def test_the_docs_have_the_computed_table() -> None:
    """Between its marks, and nothing else there."""
    (shown,) = re.findall(r"<!-- power table -->\n(.*?)<!-- end", PAGE, re.DOTALL)
    assert power.table().strip() == shown.strip()


def test_the_examples_of_the_docs_run() -> None:
    """Its two examples give numbers."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    for line in block.splitlines():
        exec(line.replace("power.p", "a = power.p").replace("power.t", "b = power.t"), names)  # noqa: S102
    assert (power.paired_items(0.03, 0.08), power.threshold_items(0.03, 0.92, 0.9, 0.99)) == (
        names["a"],
        names["b"],
    )


def simulated_pairs(n: int, drop: float, flips: float) -> float:
    """How often the shipped comparison fails, of planted flips."""
    chances = [drop + flips / 2, flips / 2, 1 - drop - flips]
    drawn = np.random.default_rng(n).multinomial(n, chances, RUNS)[:, :2]
    cases = {tuple(each): mcnemar(*each) for each in drawn.tolist()}
    return float(np.mean([cases[tuple(each)] <= 0.05 for each in drawn.tolist()]))


@pytest.mark.parametrize("flips", power.FLIPS)
@pytest.mark.parametrize("drop", power.DROPS)
def test_a_baseline_has_the_power(drop: float, flips: float) -> None:
    """With the table's number of items four of five drops are found; and no more were needed."""
    n = power.paired_items(drop, flips)
    found = simulated_pairs(n, drop, flips)
    assert power.paired_power(n, drop, flips) == pytest.approx(found, abs=SLACK)
    assert 0.8 - SLACK <= found <= 0.8 + 0.02 + SLACK
    assert power.paired_power(n - 1, drop, flips) < 0.8


@pytest.mark.parametrize("bound", power.BOUNDS)
@pytest.mark.parametrize("drop", power.DROPS)
def test_a_threshold_has_the_power(drop: float, bound: float) -> None:
    """With the table's number of items the shipped verdict is `fail` in four of five runs."""
    n = power.threshold_items(drop, bound)
    counts = np.random.default_rng(n).binomial(n, bound - drop, RUNS).tolist()
    table = {c: bounds.decision(Shares((Share(c, n),)), ">=", bound, 0.95) for c in set(counts)}
    found = float(np.mean([table[count] == "fail" for count in counts]))
    assert power.threshold_power(n, drop, bound) == pytest.approx(found, abs=SLACK)
    assert found >= 0.8 - SLACK
    assert all(power.threshold_power(n + more, drop, bound) >= 0.8 for more in range(200))
    assert power.threshold_power(n - 1, drop, bound) < 0.8


def test_without_a_drop_the_power_is_the_error() -> None:
    """And what cannot be seen in so few items is never found."""
    assert power.paired_power(300, 1e-12, 0.1) <= 0.05
    assert power.threshold_power(300, 0.0, 0.9) <= 0.05
    assert (0.0, 0.0) == (power.paired_power(4, 0.5, 0.1), power.threshold_power(3, 0.3, 0.5))


@pytest.mark.parametrize(
    ("n", "worse_needed", "tolerance"),
    # a fair coin falls the same way five times in 3 % of runs, four times in 6 %
    [(5, 5, 0.0), (40, 5, 0.0), (40, 5, 0.1), (40, 9, 0.2), (100, 31, 0.3)],
)
def test_the_least_drop_that_is_found_is_the_binomials(
    n: int, worse_needed: int, tolerance: float
) -> None:
    """Of steady items: five must be worse for McNemar's test, and more than are tolerated."""
    powers = {p: stats.binom.sf(worse_needed - 1, n, p / 100) for p in range(1, 101)}
    expected = min(p for p, found in powers.items() if found >= 0.8)
    assert expected / 100 == power.paired_drop(n, 0.0, tolerance=tolerance)


def test_the_least_drop_that_is_found_by_hand() -> None:
    """Five of five worse in 80 % of runs: 0.96^5 is 0.82, and 0.95^5 is 0.77; never of four."""
    assert 0.96 == power.paired_drop(5, 0.0)
    assert None is power.paired_drop(4, 0.0)
    assert 0.1 == power.paired_drop(power.paired_items(0.1, 0.05), 0.05)
    assert None is power.paired_drop(100, 1.0)


def test_a_larger_drop_needs_fewer_items() -> None:
    """A steadier model too, and a lower confidence."""
    assert power.paired_items(0.1, 0.1) < power.paired_items(0.05, 0.1)
    assert power.paired_items(0.05, 0.05) < power.paired_items(0.05, 0.1)
    assert power.paired_items(0.05, 0.1, confidence=0.9) < power.paired_items(0.05, 0.1)
    assert power.threshold_items(0.05, 0.9, power=0.5) < power.threshold_items(0.05, 0.9)


@pytest.mark.parametrize(("drop", "other"), [(0, 0.5), (-0.1, 0.5), (5, 10), (0.6, 0.5), (0.1, -1)])
def test_points_instead_of_shares_are_refused(drop: float, other: float) -> None:
    """What no number of items finds is an error, and no endless search."""
    with pytest.raises(ValueError, match="shares are wanted"):
        power.paired_items(drop, other)
    with pytest.raises(ValueError, match="shares are wanted"):
        power.threshold_items(drop, other)
