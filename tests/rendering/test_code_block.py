"""Code and text in columns: every character in its column, colours that change no layout."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import code_block, highlighting, parse_style
from pytest_rest.terms import Code, Style

SOURCE = 'def double(row):\n    """Twice."""\n    if row:\n\treturn row * 2\n    return "none"'
PYTHON = Code(SOURCE, "python")
TEXT = f"A function.\n{rendering.TABLE}\nWhat does it return?"
ROWS = st.text("ab .\t\n\u00e9\u3042", max_size=60).filter(lambda text: text.strip() != "")


@given(ROWS, st.floats(2.5, 40))
def test_every_line_is_drawn_whole(text: str, page: float) -> None:
    """Its rows together are the line, blanks and all, and each fits beside its mark."""
    text = text.replace("\u3042", "\u03a9")
    block = code_block.lay_out(Code(text), page, "dejavu")
    lines = [""]
    for row in block.rows:
        lines += [] if row.is_continued else [""]
        lines[-1] += row.text
    expected = [line.rstrip(" ") for line in text.expandtabs(4).split("\n")]
    assert expected == [line.rstrip(" ") for line in lines[1:]]
    assert block.width <= page
    assert all(block.text[row.start :].startswith(row.text) for row in block.rows)
    assert len(block.rows) == block.height(1.0) == len({y for _, y, _ in block.lines(1.0)})


def test_characters_stand_in_columns() -> None:
    """Of equal width, at the places of the indentation; a tab ends at the next fourth column."""
    block = code_block.lay_out(Code("ab\tc\n    d\n\te"), 40, "dejavu")
    assert ["ab  c", "    d", "    e"] == [row.text for row in block.rows]
    assert block.width == pytest.approx(5 * block.setter.width("m"))
    with_tabs, with_blanks = (
        rendering.draw(TEXT, Style(dpi=50), Code(text)).digest for text in ("\tx", "    x")
    )
    assert with_tabs == with_blanks != rendering.draw(TEXT, Style(dpi=50), Code(" x")).digest


def test_only_the_code_has_the_fixed_width_font() -> None:
    """What stands around it is in the style's font, and so is what the fixed one lacks."""
    one, other = (
        code_block.lay_out(Code("i \u05d0"), 40, font) for font in ("dejavu", "cursive|dejavu")
    )
    assert one.width == other.width
    with pytest.raises(RenderingError, match="has no glyph for '\u5e03'"):
        rendering.page_size(rendering.TABLE, Style(), Code("\u5e03"))
    drawn = [rendering.draw(TEXT, Style(dpi=50, font=f), PYTHON) for f in ("dejavu", "cursive")]
    assert drawn[0].digest != drawn[1].digest
    assert f"A function.\n{SOURCE}\nWhat does it return?" == drawn[0].text


@pytest.mark.parametrize(
    "style", [Style(), Style(font="cursive", dpi=50), Style(rotation=3), Style(page_width_pt=99)]
)
def test_a_page_has_the_size_that_was_said(style: Style) -> None:
    """Before it is drawn; 200 DPI are exactly 4x the pixels of 50."""
    assert rendering.page_size(TEXT, style, PYTHON) == rendering.draw(TEXT, style, PYTHON).size
    small, large = (rendering.draw(TEXT, Style(dpi=dpi), PYTHON).size for dpi in (50, 200))
    assert (4 * small[0], 4 * small[1]) == large


def test_colours_change_no_layout() -> None:
    """In black on white the picture is that without colours; in others it has their paper."""
    plain = rendering.draw(TEXT, Style(dpi=50), PYTHON)
    assert plain.digest == rendering.draw(TEXT, parse_style("50dpi-highlight=bw"), PYTHON).digest
    for name, paper in (("default", (248, 248, 248)), ("github_dark", (13, 17, 23))):
        style = parse_style(f"dejavu-50dpi-black-highlight={name}")
        assert f"dejavu-50dpi-black-highlight={name}" == style.id
        image = rendering.draw(TEXT, style, PYTHON)
        assert image.size == plain.size
        with Picture.open(io.BytesIO(image.content)) as picture:
            colors = {pixel for _, pixel in picture.getcolors(10**6)}  # type: ignore[union-attr]
        assert {paper, (255, 255, 255), (0, 0, 0)} <= colors
    assert plain.digest == rendering.draw(TEXT, style, Code(SOURCE)).digest  # no language is known


def test_words_have_their_colours() -> None:
    """By place in the code, rows of a wrapped line too; a keyword has that of Pygments."""
    block = code_block.lay_out(Code("if x:\n  return 'abc def gh'", "python"), 12 * 0.6, "dejavu")
    advance = block.setter.width("m")
    whole, *words = block.patches(1.4, "default")
    assert ("black", "#f8f8f8") == (whole.color, whole.background)
    places = [
        (round(p.left / advance), round(p.top / 1.4), round(p.width / advance)) for p in words
    ]
    assert ((0, 0, 2), (2, 1, 6)) == tuple(places[:2])
    assert "#008000" == words[0].color == words[1].color
    assert [(2, 2, 1), (3, 2, 8), (2, 3, 2), (4, 3, 1)] == places[2:]


@pytest.mark.parametrize(
    ("style", "language", "said"),
    [
        ("defualt", "", "unknown highlight 'defualt'; did you mean 'default'?; known are abap, "),
        ("default", "pyhton", "language 'pyhton' is not one that Pygments knows; did you mean "),
    ],
)
def test_unknown_names(style: str, language: str, said: str) -> None:
    """One line with the nearest, when the page is laid out."""
    with pytest.raises(RenderingError) as caught:
        rendering.page_size(TEXT, Style(highlight=style), Code("x", language))
    assert said in str(caught.value)


def test_long_code_has_its_colours_in_no_time() -> None:
    """The place of a word is found by going along."""
    block = code_block.lay_out(Code("x = 'a'  # b\n" * 1_000, "python"), 40, "dejavu")
    assert 3_000 < sum(1 for _ in block.patches(1.4, "default")) < 7_500


def test_pygments_is_asked_for_only_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, a style with highlight says how to install it; others are drawn."""
    monkeypatch.setattr(highlighting, "find_spec", lambda name: None)
    highlighting.installed_styles.cache_clear()
    rendering.draw(TEXT, Style(dpi=51), PYTHON)
    with pytest.raises(RenderingError, match="highlight needs Pygments; install it with: pip in"):
        parse_style("highlight=vs")
    monkeypatch.undo()
    assert "vs" == parse_style("highlight=vs").highlight
