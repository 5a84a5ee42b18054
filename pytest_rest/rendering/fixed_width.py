"""Turns a style into the one in which source is drawn: a fixed-width font, and whole lines."""

from dataclasses import replace

from pytest_rest.rendering.font import load_font
from pytest_rest.rendering.lines import normal
from pytest_rest.terms import Style

FONT = "courier"  # the bundled font whose letters are all as wide
LONGEST_LINE = 120  # letters, which is 12 inches of print in 12 points; longer lines are broken
_SLACK = 0.01  # ems, for rounding


def fixed_width(style: Style, source: str) -> Style:
    """The style with a page as wide as the source's lines; its own font, if that is fixed-width."""
    font = load_font(style.font).advances
    is_fixed = len({font.get(ord(letter)) for letter in "iM.0"}) == 1
    advance = (font if is_fixed else load_font(FONT).advances)[ord("0")]
    longest = min(max(map(len, normal(source).split("\n"))), LONGEST_LINE)
    width = (longest * advance + _SLACK) * style.size_pt + 2 * style.margin_pt
    return replace(
        style,
        font=style.font if is_fixed else FONT,
        font_sha256=style.font_sha256 if is_fixed else "",
        page_width_pt=max(style.page_width_pt, width),
    )
