"""Lays a text out as a page in points, and says how many pixels that is, without drawing it."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rest.errors import RenderingError
from pytest_rest.rendering.distortion import rotated_size
from pytest_rest.rendering.font import Font, load_font
from pytest_rest.rendering.line_breaks import graphemes
from pytest_rest.rendering.lines import BREAKS, Line, column, lay_out, normal
from pytest_rest.rendering.shaping import Setter, needs_shaping
from pytest_rest.rendering.style_name import REST, check, color
from pytest_rest.terms import Style

POINTS_PER_INCH = 72
_STEP_PT = POINTS_PER_INCH / 50
_MAX_PIXELS = 40_000_000
_SMALLEST = 0.5  # pixels of a letter's em, which FreeType rounds to a whole one

Points = tuple[float, float]  # of a page, before it is turned


@dataclass(frozen=True)
class Page:
    """A text as it is set in a style; `widest` is its longest line's width in ems."""

    style: Style
    setter: Font | Setter
    lines: Sequence[Line]
    widest: float

    @property
    def paper(self) -> Points:
        """Width and height in points."""
        return _paper(self.style, self.widest, len(self.lines))


@dataclass(frozen=True)
class _Letters:
    """What bounds a page: its paragraphs, all its letters in ems, and the widest cluster."""

    paragraphs: int
    width: float
    widest: float


def lay_out_page(text: str, style: Style) -> Page:
    """The lines of a text in a style; `RenderingError` as `draw`, but for the page's pixels."""
    check_style(style)
    setter = _setter(text, style)
    lines = lay_out(text, style, setter)
    return Page(style, setter, lines, max(setter.width(line.text) for line in lines))


def page_size(text: str, style: Style = REST) -> tuple[int, int]:
    """Width and height in pixels of the page that `draw` makes; `RenderingError` as it."""
    paper = lay_out_page(text, style).paper
    in_pixels(paper, style)
    return in_pixels(rotated_size(paper, style.rotation), style)


def page_bound(text: str, style: Style = REST) -> tuple[int, int]:
    """A size in pixels that the page does not exceed, found without breaking it into lines.

    It is for many texts, nearly all of which are far from any limit: the page may have a third of
    it. Raises `RenderingError` as `draw`, but for the page's pixels.
    """
    check_style(style)
    letters = _letters(text, style.font)
    # Of three lines that follow each other two are together wider than the column.
    lines = 3 * (letters.paragraphs + math.ceil(letters.width / column(style)))
    paper = _paper(style, min(letters.width, column(style) + letters.widest), lines)
    return _pixels(rotated_size(paper, style.rotation), style.dpi)


@functools.lru_cache(maxsize=256)
def check_style(style: Style) -> None:
    """Raise `RenderingError` for a style in which no text can be drawn."""
    check(style)
    if color(style, "color") == color(style, "background"):
        raise RenderingError(
            f"style {style.id!r}: text and background are both {style.color!r}, so the text would "
            "be invisible; change one of them"
        )
    pixels = style.size_pt * style.dpi / POINTS_PER_INCH
    if pixels < _SMALLEST:
        raise RenderingError(
            f"style {style.id!r}: letters of {pixels:.2g} pixels are too small to "
            "draw; use a higher dpi or a larger size"
        )


def in_pixels(paper: Points, style: Style) -> tuple[int, int]:
    """The pixels of a page of that width and height; `RenderingError` for too many."""
    width, height = _pixels(paper, style.dpi)
    if width * height > _MAX_PIXELS:
        raise RenderingError(
            f"style {style.id!r}: the page would have {width} x {height} pixels, more than "
            f"{_MAX_PIXELS:,}; use a lower dpi, a smaller size or a shorter text"
        )
    return width, height


def _pixels(paper: Points, dpi: int) -> tuple[int, int]:
    steps = [math.ceil(points / _STEP_PT - 1e-9) for points in paper]
    width, height = (max(round(step * dpi / 50), 1) for step in steps)
    return width, height


def _paper(style: Style, widest: float, lines: int) -> Points:
    line_pt = style.line_spacing * style.size_pt
    return widest * style.size_pt + 2 * style.margin_pt, lines * line_pt + 2 * style.margin_pt


def _setter(text: str, style: Style) -> Font | Setter:
    font = load_font(style.font)
    return Setter(font, text) if needs_shaping(text) else font


@functools.lru_cache(maxsize=64)  # a text is drawn in several styles, one after the other
def _letters(text: str, font_name: str) -> _Letters:
    font = load_font(font_name)
    shown = normal(text)
    joined = needs_shaping(text)
    if joined:
        Setter(font, text)  # which checks it
    else:
        font.check(BREAKS.sub("", shown))
    widths = [font.advances.get(ord(letter), 0.0) for letter in {*shown} - {*"\n\r"}]
    widest = max(widths, default=0.0) * (2 if joined else 1)  # letters that join may be wider
    cluster = 1 if shown.isascii() else max(map(len, graphemes(shown)), default=1)
    return _Letters(1 + len(BREAKS.findall(shown)), widest * len(shown), widest * cluster)
