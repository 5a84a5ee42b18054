"""The curve of RH-AUC as lines of text."""

import pytest

from pytest_rest.metrics.by_budget import BudgetPoint
from pytest_rest.reporting.terminal import thinking
from pytest_rest.terms import Rate


def points(*scores: tuple[float, float]) -> list[BudgetPoint]:
    """A point for each pair of scores."""
    pairs = enumerate(scores)
    return [BudgetPoint(n, Rate(a, a, a, 9), Rate(b, b, b, 9), None) for n, (a, b) in pairs]


def test_points_stand_in_their_places() -> None:
    """The least score below and left, the largest above and right; none outlasts the line."""
    lines = [*thinking._drawing(points((0.2, 0.9), (0.5, 0.6), (0.8, 0.3)))]
    frame = [line.partition("|")[2] for line in lines if "|" in line]
    assert (0, 59) == (frame[0].index("1"), frame[-1].index("3"))
    assert 1 == sum("2" in line[25:35] for line in frame[4:6])
    assert (True, True) == (lines[1].startswith("   90.0 |"), lines[10].startswith("   30.0 |"))
    assert lines[-1].endswith("80.0 reasoning")
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("scores", [[], [(0.5, 0.5)], [(0.5, 0.5)] * 3])
def test_points_of_a_single_place_draw_nothing(scores: list[tuple[float, float]]) -> None:
    """And nothing is drawn."""
    assert [] == [*thinking._drawing(points(*scores))]


def test_points_that_coincide_are_a_star() -> None:
    """A star for several; a level curve is drawn too."""
    lines = [*thinking._drawing(points((0.5, 0.5), (0.5, 0.5), (0.7, 0.5)))]
    assert 1 == sum(line.count("*") for line in lines)
    assert 1 == sum("3" in line.partition("|")[2] for line in lines)
