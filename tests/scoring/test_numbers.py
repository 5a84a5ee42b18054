"""Exact numbers, and how far one may be off."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import numbers


@pytest.mark.parametrize(
    ("text", "truth", "tolerance", "expected"),
    [
        ("101", "100", "1%", "100"),
        ("99", "100", "1%", "100"),
        ("101.0000000001", "100", "1%", "101.0000000001"),
        ("98.999", "100", "1%", "98.999"),
        ("-99", "-100", "1 %", "-100"),
        ("100", "-100", "1%", "100"),
        ("0.1", "0.3", "0.2", "0.3"),
        ("0.1", "0.30", "0.2", "0.3"),
        ("0.33", "1/3", "0.01", "1/3"),
        ("0.32", "1/3", "0.01", "0.32"),
        ("3.141", "3.14", "1e-3", "3.14"),
        ("3.142", "3.14", "1E-3", "3.142"),
        ("$124.5", "124.50", "0", "124.5"),
        ("7", "5", ".5", "7"),
        ("7", "5", "2", "5"),
        ("7", "5", "", "7"),
        ("7", "seven", "2", "7"),
        ("seven", "7", "2", None),
    ],
)
def test_what_is_near_enough_is_the_answer(
    text: str, truth: str, tolerance: str, expected: str | None
) -> None:
    """Within the tolerance, its edge included, a number's value is the answer's."""
    assert expected == numbers.value(text, truth, tolerance)


@given(
    st.fractions(-1000, 1000, max_denominator=60),
    st.fractions(-1000, 1000, max_denominator=60),
    st.integers(0, 300),
)
def test_the_tolerance_is_exact(one: Fraction, truth: Fraction, tenths: int) -> None:
    """Fractions decide, never floats: a tolerance of 0.1 is a tenth."""
    value = numbers.value(str(one), str(truth), f"{tenths / 10}")
    expected = truth if abs(one - truth) <= Fraction(tenths, 10) else one
    assert expected == Fraction(str(value))


@given(
    st.lists(st.fractions(-20, 20, max_denominator=9), min_size=2, max_size=5),
    st.fractions(-20, 20, max_denominator=9),
    st.sampled_from(["0", "0.5", "3", "10%", "100%"]),
)
def test_agreement_is_an_equivalence(
    drawn: list[Fraction], truth: Fraction, tolerance: str
) -> None:
    """Two numbers agree when they are equal or both are right, in whichever order they come."""
    if not truth:
        tolerance = "1"
    allowed = numbers.allowed(tolerance, truth)
    values = [numbers.value(str(number), str(truth), tolerance) for number in drawn]
    for one, a in zip(drawn, values, strict=True):
        for other, b in zip(drawn, values, strict=True):
            both_right = abs(one - truth) <= allowed >= abs(other - truth)
            assert (one == other or both_right) == (a == b)


@pytest.mark.parametrize(
    ("tolerance", "truth", "expected"),
    [
        ("0.05", 7, Fraction(1, 20)),
        ("5e-2", 7, Fraction(1, 20)),
        (".5", 7, Fraction(1, 2)),
        ("1%", 700, Fraction(7)),
        ("1 %", -700, Fraction(7)),
        ("0.5%", 700, Fraction(7, 2)),
        (" 2 ", 0, Fraction(2)),
        ("0", 7, Fraction(0)),
    ],
)
def test_a_tolerance_is_a_number_or_a_percentage(
    tolerance: str, truth: int, expected: Fraction
) -> None:
    """An absolute number, or a percentage of the answer's size."""
    assert expected == numbers.allowed(tolerance, Fraction(truth))


@pytest.mark.parametrize(
    "tolerance",
    [
        "-1",
        "+1",
        "one",
        "1%%",
        "%",
        "1/2",
        "1e999",
        "1e100",
        "nan",
        "inf",
        "0x1",
        "1,5",
        "٣",
        "1" * 31,
    ],
)
def test_an_invalid_tolerance_is_refused(tolerance: str) -> None:
    """One line says what was written and what is wanted."""
    with pytest.raises(BenchmarkError) as caught:
        numbers.allowed(tolerance, Fraction(7))
    expected = (
        f"tolerance {tolerance!r} is neither a number nor a percentage; give a number, such as "
        "0.05, or a percentage of the answer, such as 1%"
    )
    assert expected == str(caught.value)


def test_a_percentage_of_zero_is_refused() -> None:
    """Of an answer of 0 every percentage is 0: an absolute number is meant."""
    with pytest.raises(BenchmarkError, match="'5%' is 0 if the answer is 0; give a number"):
        numbers.allowed("5%", Fraction(0))


@given(texts(60), texts(10), st.sampled_from(["", "1", "1%"]))
def test_any_text_is_a_number_or_none(text: str, truth: str, tolerance: str) -> None:
    """A model's text is never an error, and a value reads as itself."""
    if numbers.value(truth) == "0":
        return
    value = numbers.value(text, truth, tolerance)
    assert value is None or value == numbers.value(value, truth, tolerance)
