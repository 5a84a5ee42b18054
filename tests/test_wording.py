"""Rates, money and counts, in the one form of words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import wording
from pytest_rest.terms import EffectiveRate, Rate


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (Rate(2 / 3, 0.467, 0.82, 24), "66.7 % [46.7, 82.0], n = 24"),
        (Rate(0.5, None, None, 1), "50.0 % [no spread], n = 1"),
        (Rate(-0.021, -0.1, 0.05, 9), "-2.1 % [-10.0, 5.0], n = 9"),
        (Rate(0.016, -0.0004, 0.033, 9), "1.6 % [0.0, 3.3], n = 9"),
        (EffectiveRate(1.0, 0.5, 1.0, 40, 4.2, 4), "100.0 % [50.0, 100.0], n = 40 in 4 clusters"),
    ],
)
def test_a_rate(rate: Rate, said: str) -> None:
    """In per cent, with its interval where there is one, and its n."""
    assert wording.rate(rate).startswith(said)


@pytest.mark.parametrize(
    ("dollars", "said"),
    [(0, "$0.00"), (0.0004, "less than $0.01"), (0.01, "$0.01"), (1234.5, "$1,234.50")],
)
def test_money(dollars: float, said: str) -> None:
    """What is not nothing is not written as nothing."""
    assert said == wording.money(dollars)


@given(st.integers(0, 10**6))
def test_one_is_singular(number: int) -> None:
    """And nothing else is."""
    said = wording.count(number, "item"), wording.lost(number), wording.count(number, "retry", "-")
    assert (number == 1) == bool(re.fullmatch("1 item", said[0]))
    assert (number == 1) == (said[1] == "1 item was lost") == said[2].endswith("retry")
