"""Turns a style into the one in which source is drawn: a fixed-width font, and whole lines."""

from dataclasses import replace

from pytest_rest.rendering.font import lacking, load_font
from pytest_rest.rendering.lines import normal
from pytest_rest.terms import Style

FONT = "courier"  # the bundled font whose letters are all as wide
LONGEST_LINE = 120  # letters, which is 12 inches of print in 12 points; longer lines are broken
_SLACK = 0.01  # ems, for rounding


def fixed_width(style: Style, source: str, around: str = "") -> Style:
    """The style with a page as wide as the source's lines; its own font, if that is fixed-width.

    Else it is `FONT`, and the style's font stands in for what that lacks of the source, and of the
    text around it.
    """
    font = load_font(style.font).advances
    is_fixed = len({font.get(ord(letter)) for letter in "iM.0"}) == 1
    lines = [line[:LONGEST_LINE] for line in normal(source).split("\n")]
    name, digest = (style.font, style.font_sha256) if is_fixed else (FONT, "")
    advance = load_font(name).advances[ord("0")]
    longest = max(map(len, lines)) * advance
    if not is_fixed and lacking(source + around, FONT):
        name = f"{FONT}|{style.font}"
        both = load_font(name)
        digest = both.digest if style.font_sha256 else ""
        widths = (sum(both.advances.get(ord(c), advance) for c in line) for line in lines)
        longest = max(longest, *widths)
    width = (longest + _SLACK) * style.size_pt + 2 * style.margin_pt
    return replace(
        style,
        font=name,
        font_sha256=digest,
        page_width_pt=max(style.page_width_pt, width),
    )
