"""Of effects that are not there none is called clear, in nineteen of twenty runs."""

import os

import numpy as np
import pytest

from pytest_rest.metrics import advice
from pytest_rest.statistics.paired import difference

pytestmark = pytest.mark.costly
RUNS = 2_000 if os.environ.get("ALL_TESTS") else 150
ROWS = 27


@pytest.mark.parametrize("n", [20, 60, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("right", [0.6, 0.9])
def test_no_row_is_clear_where_nothing_is_there(n: int, right: float) -> None:
    """Two forms of each item in each of 27 looks, as often right as in the usual one."""
    draws = np.random.default_rng(n)
    some = by_itself = 0
    for _ in range(RUNS):
        hard = draws.normal(0, 1, (1, n, 1))
        correct = draws.random((ROWS + 1, n, 2)) < 1 / (1 + (1 / right - 1) * np.exp(hard))
        shares = correct.mean(axis=2)
        rows = [difference(row) for row in (shares[1:] - shares[0]).tolist()]
        known = [row for row in rows if row is not None]
        some += any(advice.is_clear(row, ROWS) for row in known)
        by_itself += any(row.p is not None and row.p < 0.05 for row in known)
    assert some / RUNS <= 0.06
    assert by_itself / RUNS > 0.3  # each by itself, as an interval at 95 % has it


def test_nineteen_items_are_never_clear() -> None:
    """However alike they change: two or three that agree are what chance has at hand."""
    for n in (2, 3, 10, 19):
        change = difference([-1.0] * n)
        assert change is not None
        assert not advice.is_clear(change, 1)
