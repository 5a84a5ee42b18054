"""The style in which source is drawn: letters of one width, and its lines whole."""

import pytest

from pytest_rest import rendering
from pytest_rest.rendering import fixed_width
from pytest_rest.rendering.fixed_width import LONGEST_LINE
from pytest_rest.rendering.page import lay_out_pages
from pytest_rest.terms import Style


@pytest.mark.parametrize(("font", "drawn"), [("dejavu", "courier"), ("courier", "courier")])
def test_a_font_is_kept_if_its_letters_are_all_as_wide(font: str, drawn: str) -> None:
    """All else of the style stays."""
    style = Style(font=font, dpi=50, color="red")
    assert fixed_width(style, "a") == Style(font=drawn, dpi=50, color="red")


def test_a_font_of_ones_own_is_kept() -> None:
    """With its digest, by which the style is told from others."""
    path = str(rendering.load_font("courier").path)
    style = Style(font=path, font_sha256="d")
    assert (path, "d") == (fixed_width(style, "a").font, fixed_width(style, "a").font_sha256)
    other = Style(font=str(rendering.load_font("dejavu").path), font_sha256="d")
    assert ("courier", "") == (fixed_width(other, "a").font, fixed_width(other, "a").font_sha256)


@pytest.mark.parametrize("letters", [10, 61, 100, LONGEST_LINE])
@pytest.mark.parametrize("size", [7.0, 12.0])
def test_a_line_is_not_broken(letters: int, size: float) -> None:
    """The page is as wide as it, and never narrower than the style's."""
    style = Style(size_pt=size)
    wide = fixed_width(style, f"a\n{'x' * letters}\nb")
    assert wide.page_width_pt >= style.page_width_pt
    lines = [placed.line.text for placed in lay_out_pages(f"a\n{'x' * letters}\nb", wide)[0].lines]
    assert ["a", "x" * letters, "b"] == lines


def test_a_line_that_is_too_long_is_broken() -> None:
    """After as many letters as a line may have."""
    wide = fixed_width(Style(), "x" * (LONGEST_LINE + 9))
    lines = [placed.line.text for placed in lay_out_pages("x" * (LONGEST_LINE + 9), wide)[0].lines]
    assert [LONGEST_LINE, 9] == [*map(len, lines)]


def test_the_styles_font_stands_in_for_what_is_lacking() -> None:
    """In the source, or around it; a line of letters that are wider is whole, too."""
    arabic = "السعر"
    assert (
        "courier|dejavu" == fixed_width(Style(), arabic).font == fixed_width(Style(), "a", "∅").font
    )
    wide = fixed_width(Style(page_width_pt=90), f"<td>{'∰' * 90}</td>")
    lines = [each.line.text for each in lay_out_pages(f"<td>{'∰' * 90}</td>", wide)[0].lines]
    assert [f"<td>{'∰' * 90}</td>"] == lines
