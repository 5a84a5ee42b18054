"""How large a page is, and whether it is sure to fit, without drawing it."""

import strategies
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_rest import rendering
from pytest_rest.rendering import Letters, Room
from pytest_rest.terms import Style

NARROW = Style(dpi=50, page_width_pt=60, margin_pt=0, size_pt=10)
TEXTS = strategies.words(8) | st.text("aW .\n\t\u00e9\r\u0301", max_size=40)
STYLES = st.builds(
    Style,
    font=st.sampled_from(["dejavu", "cursive|dejavu"]),
    dpi=st.integers(10, 40),
    size_pt=st.sampled_from([4.0, 12.0, 30.5]),
    line_spacing=st.sampled_from([0.9, 1.4]),
    page_width_pt=st.integers(20, 300),
    margin_pt=st.sampled_from([0.0, 3.0, 40.0]),
    rotation=st.sampled_from([0.0, -7.25, 90.0]),
)


@given(TEXTS, STYLES)
@example("", Style(rotation=30.0))
@example("السلام عليكم", Style(dpi=50))
def test_the_size_is_that_of_the_picture(text: str, style: Style) -> None:
    """Of any text in any style: the layout alone says it."""
    assert rendering.draw(text, style).size == rendering.page_size(text, style)


@given(
    TEXTS, st.sampled_from([Style(), NARROW, Style(font="cursive|dejavu", size_pt=30, rotation=9)])
)
@example(" " * 400 + "a", NARROW)
@example("WWWW " * 20 + "W", NARROW)
@example("WW " * 60 + "W", NARROW)
@example("Ж" * 300, NARROW)
@example("WW\u0301\u0301\u0301" * 50, NARROW)
def test_what_there_is_room_for_is_not_refused(text: str, style: Style) -> None:
    """Of a limit that the page just reaches, nothing says that it is far."""
    height = rendering.page_size(text, style)[1]
    tight = Room(style, lambda w, h, _: h >= height)
    assert not tight.holds(Letters(text))


def test_most_texts_need_no_layout() -> None:
    """Questions and passages, far from 8,000 pixels a side."""
    room = Room(Style(), lambda w, h, _: max(w, h) > 8000)
    for text in ("3 + 4?", "The quick brown fox. " * 100, "x = 1\n" * 50, "Größe: 5 µm × 3"):
        assert room.holds(Letters(text))
    assert not room.holds(Letters("x = 1\n" * 400))
    for unknown in ("中", "السلام عليكم"):  # one lacks a glyph, the other is to be shaped first
        assert not room.holds(Letters(unknown))
