"""The errors a user can cause: one family, and a hint at what was meant."""

import pytest

from pytest_rest import errors


@pytest.mark.parametrize(
    "name",
    [
        *("OptionError", "ModelError", "BenchmarkError", "RenderingError", "DispatcherError"),
        *("StoreError", "BaselineError"),
    ],
)
def test_every_error_is_a_rest_error(name: str) -> None:
    """One `except RestError` catches whatever a user can mend, and no bug beside it."""
    error = getattr(errors, name)
    assert (errors.RestError, Exception) == error.__mro__[1:3]


def test_an_error_says_its_text_alone() -> None:
    """The text is what a person reads, without the error's name before it."""
    assert "use 'courier'" == str(errors.RenderingError("use 'courier'"))


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("couriers", ["dejavu", "courier", "cursive"], "; did you mean 'courier'?"),
        ("COURIER", ["dejavu", "courier", "script"], "; did you mean 'courier'?"),
        ("rar", ["rer", "cfr", "mmc"], "; did you mean 'rer'?"),
        ("bat", ["cat", "rat", "dog"], "; did you mean 'rat' or 'cat'?"),
        ("zzz", ["dejavu", "courier"], ""),
        ("", ["dejavu"], ""),
        ("dejavu", [], ""),
    ],
)
def test_nearest_names_are_offered(name: str, known: list[str], expected: str) -> None:
    """Near names are offered, the nearest first; far ones are not."""
    assert expected == errors.nearest(name, known)


def test_nearest_offers_no_more_than_asked() -> None:
    """Of many near names only the first few are said."""
    known = [f"model-{n}" for n in range(9)]
    assert 3 == errors.nearest("model-x", known).count("'model-")
    assert 1 == errors.nearest("model-x", known, n=1).count("'model-")


def test_nearest_does_not_depend_on_the_order_of_the_names() -> None:
    """A set of names gives the same hint in every process."""
    known = ["cat", "rat", "hat", "mat"]
    assert errors.nearest("bat", known) == errors.nearest("bat", reversed(known))
