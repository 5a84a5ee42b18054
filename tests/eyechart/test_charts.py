"""Which lines of a chart an answer has."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_rest.eyechart import PAGES, charts
from pytest_rest.statistics.legibility import Page, pixels

CHART = charts.make(3, 0, PAGES[3], ("dejavu",), 0, 80.0, 12.0)
FIRST, SECOND, *_ = CHART.texts


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (FIRST, 1),
        (f"{FIRST}\n{SECOND}", 2),
        (f"1. {SECOND.lower()}\n2) **{FIRST}**", 2),
        (" ".join(FIRST), 1),
        (f"I see {FIRST}, and {SECOND}.", 2),
        (f"?{FIRST[1:]}", 1),  # one of six is wrong
        (FIRST[:-1], 1),
        (f"{FIRST}X", 1),
        (f"??{FIRST[2:]}", 0),
        (f"ZZ{FIRST[2:]}", 0),
        (FIRST[:4], 0),
        (f"XX{FIRST}", 0),
        ("", 0),
        ("I cannot read this.", 0),
        ("A" * 1_000_000, 0),
    ],
)
def test_lines_are_looked_for_in_an_answer(answer: str, read: int) -> None:
    """In any order and among anything; legible is what has at most one wrong character of six."""
    assert read == sum(line.is_legible for line in CHART.read(answer))


@given(st.text(max_size=200))
def test_no_answer_breaks_the_reading(answer: str) -> None:
    """What a model writes is data; hardly any of it is a random string."""
    assert len(CHART.texts) == len(CHART.read(answer))


@example(PAGES[0], 110.0, 1.0)
@given(st.sampled_from(PAGES), st.floats(20, 110), st.floats(1, 60))
def test_lines_fit_their_page(page: Page, middle: float, spread: float) -> None:
    """However large the print that is wanted, and from large to small."""
    chart = charts.make(0, 0, page, ("dejavu", "courier", "cursive"), 1, middle, spread)
    assert [*chart.heights] == sorted(chart.heights, reverse=True)
    assert 1.5 * sum(map(pixels, chart.heights)) <= page.size[1]
    assert len(chart.heights) >= 2
