"""How many items find a drop: against simulation, and as the page on releases has it."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from pytest_rest.statistics import bounds, power
from pytest_rest.statistics.bounds import Share, Shares
from pytest_rest.statistics.drop import decide

PAGE = (Path(__file__).parents[2] / "docs" / "releases.md").read_text("utf-8")
RUNS = 4000
SLACK = 0.025  # nearly four standard errors of a share of 4,000 runs at 0.8


@pytest.mark.slow
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
    assert (
        power.paired_items(0.05, 0.08, tolerance=0.02),
        power.threshold_items(0.03, 0.92, 0.9, 0.99),
    ) == (
        names["a"],
        names["b"],
    )


@functools.cache
def verdict(n: int, worse: int, better: int, tolerance: float) -> str:
    """What the shipped comparison says of so many flips."""
    drops = [1.0] * worse + [-1.0] * better + [0.0] * (n - worse - better)
    return decide({"a": drops}, tolerance, 0.95).decision


def simulated(n: int, drop: float, flips: float, tolerance: float, expected: str) -> float:
    """How often the shipped comparison says so, of planted flips."""
    chances = [drop + flips / 2, flips / 2, 1 - drop - flips]
    drawn = np.random.default_rng(n).multinomial(n, chances, RUNS)[:, :2].tolist()
    return float(np.mean([verdict(n, *each, tolerance) == expected for each in drawn]))


LONG = pytest.mark.slow
CASES = [
    pytest.param(far, flips, marks=LONG if flips / far > 3 else ())
    for far in power.DROPS
    for flips in power.FLIPS
]


@pytest.mark.parametrize(("far", "flips"), CASES)
def test_a_baseline_has_the_power(far: float, flips: float) -> None:
    """With the table's number of items four of five drops beyond the tolerance are found.

    And four of five runs in which nothing changed are sure to be within a tolerance that large.
    """
    beyond = (power.TOLERATED + far, power.TOLERATED, "fail")
    for drop, tolerance, expected in (beyond, (0.0, far, "pass")):
        n = power.paired_items(drop, flips, tolerance=tolerance)
        found = simulated(n, drop, flips, tolerance, expected)
        computed = power.paired_power(n, drop, flips, tolerance=tolerance)
        assert computed == pytest.approx(found, abs=SLACK)
        assert 0.8 - SLACK <= found <= 0.95  # a single flip of a few items is a large step
        assert power.paired_power(n - 1, drop, flips, tolerance=tolerance) < 0.8


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
    ("n", "worse_needed", "tolerance"), [(5, 3, 0.0), (40, 3, 0.0), (40, 8, 0.1), (100, 38, 0.3)]
)
def test_the_least_drop_that_is_found_is_the_binomials(
    n: int, worse_needed: int, tolerance: float
) -> None:
    """Of steady items: as many as the score test needs are worse in 80 % of runs."""
    assert "fail" == verdict(n, worse_needed, 0, tolerance)
    assert "fail" != verdict(n, worse_needed - 1, 0, tolerance)
    powers = {p: stats.binom.sf(worse_needed - 1, n, p / 100) for p in range(1, 101)}
    expected = min(p for p, found in powers.items() if found >= 0.8)
    assert expected / 100 == power.paired_drop(n, 0.0, tolerance=tolerance)


def test_too_few_items_find_no_drop() -> None:
    """Four that all got worse did so in one of sixteen runs without a drop, or fewer."""
    assert None is power.paired_drop(4, 0.0)
    assert None is not power.paired_drop(5, 0.0)
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
