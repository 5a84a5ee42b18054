"""The one page on which an answer stands."""

from collections.abc import Sequence

import pytest

from pytest_rest.scoring import answer_page


@pytest.mark.parametrize(
    ("pages", "answers", "expected"),
    [
        (("Rent: 1450.", "Deposit: 14500", "1,450 or 0.1450"), ("1450",), 1),
        (("Ends", "on 31  May\n2027.", ""), ("31 may 2027",), 2),
        (("Ada", "Ada"), ("Ada",), 0),
        (("Lovelace", "x"), ("Ada", "Lovelace"), 1),
        (("Adam", "x"), ("Ada",), 0),
        (("x", "y"), ("",), 0),
        ((), ("x",), 0),
        (("a.b", "axb"), ("a.b",), 1),
    ],
)
def test_it_is_the_only_page_with_the_answer_in_it(
    pages: Sequence[str], answers: Sequence[str], expected: int
) -> None:
    """A word or words of its own, a number not within another one; on two pages it is neither."""
    assert expected == answer_page.find(pages, answers)
