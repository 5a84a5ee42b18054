"""Lays a text out as a page in points, and says how many pixels that is, without drawing it."""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_rest.errors import RenderingError
from pytest_rest.rendering.distortion import rotated_size
from pytest_rest.rendering.font import Font, load_font
from pytest_rest.rendering.line_breaks import joins
from pytest_rest.rendering.lines import BREAKS, Line, column, lay_out, normal
from pytest_rest.rendering.shaping import Setter, needs_shaping
from pytest_rest.rendering.style_name import REST, check, color
from pytest_rest.terms import Style

POINTS_PER_INCH = 72
_STEP_PT = POINTS_PER_INCH / 50
_MAX_PIXELS = 40_000_000
_MOST_LINES = 10_000
_BREAKS = {*"\n\r\u0085\u2028\u2029"}
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


def lay_out_page(text: str, style: Style) -> Page:
    """The lines of a text in a style; `RenderingError` as `draw`, but for the page's pixels."""
    check_style(style)
    setter, lines, widest = _lay_out(text, style.font, column(style))
    return Page(style, setter, lines, widest)


def page_size(text: str, style: Style = REST) -> tuple[int, int]:
    """Width and height in pixels of the page that `draw` makes; `RenderingError` as it."""
    check_style(style)
    return _size(_paper(style, *_extent(text, style.font, column(style))), style)


class Room:
    """What is sure to fit on a page in a style, found without breaking lines: nearly every text.

    `is_refused` says of a page's width and height in pixels whether it is too large. Raises
    `RenderingError` for a style that cannot be drawn.
    """

    def __init__(self, style: Style, is_refused: Callable[[int, int], bool]) -> None:
        check_style(style)
        self._font, self._column = load_font(style.font), column(style)

        def is_too_long(lines: int) -> bool:
            try:
                return is_refused(*_size(_paper(style, self._column, lines), style))
            except RenderingError:
                return True

        self._most_lines = bisect_left(range(1, _MOST_LINES), True, key=is_too_long)

    def holds(self, text: "Letters") -> bool:
        """Whether the page is sure to have a glyph for each letter, and not to be refused."""
        widest = text.widest(self._font)
        if widest is None:
            return False
        if self._lines(text, widest, text.number * widest) <= self._most_lines:
            return True
        return self._lines(text, widest, text.width(self._font)) <= self._most_lines

    def _lines(self, text: "Letters", widest: float, width: float) -> float:
        """At least as many as a text with letters and words of such widths takes."""
        word = text.longest * widest
        if 2 * word <= self._column:  # a line ends where the next word does not fit
            return text.paragraphs + width / (self._column - word)
        if text.is_plain and widest <= self._column:  # of any three lines, two are wider than it
            return 3 * (text.paragraphs + width / self._column + 1)
        return math.inf


class Letters:
    """What `Room` needs to know of a text."""

    def __init__(self, text: str) -> None:
        self._shown = normal(text)
        words = BREAKS.sub(" ", self._shown).split(" ")
        self.is_plain = self._shown.isascii() or not any(map(joins, {*self._shown}))
        self.paragraphs = 1 + len(BREAKS.findall(self._shown))
        self.number = len(self._shown)
        self.longest = self.number if "  " in self._shown else max(map(len, words)) + 1
        self._needs_shaping = needs_shaping(self._shown)
        self._codes = {*map(ord, {*self._shown} - _BREAKS)}
        self._widest: dict[str, float | None] = {}
        self._width: dict[str, float] = {}

    def widest(self, font: Font) -> float | None:
        """The widest letter in ems; None where the font lacks one, or cannot tell."""
        if font.name not in self._widest:
            is_known = not self._needs_shaping and self._codes <= font.advances.keys()
            widths = map(font.advances.__getitem__, self._codes)
            self._widest[font.name] = max(widths, default=0.0) if is_known else None
        return self._widest[font.name]

    def width(self, font: Font) -> float:
        """The width of all letters together, in ems."""
        if font.name not in self._width:
            self._width[font.name] = font.width(BREAKS.sub("", self._shown))
        return self._width[font.name]


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
    steps = [math.ceil(points / _STEP_PT - 1e-9) for points in paper]
    width, height = (max(round(step * style.dpi / 50), 1) for step in steps)
    if width * height > _MAX_PIXELS:
        raise RenderingError(
            f"style {style.id!r}: the page would have {width} x {height} pixels, more than "
            f"{_MAX_PIXELS:,}; use a lower dpi, a smaller size or a shorter text"
        )
    return width, height


def _size(paper: Points, style: Style) -> tuple[int, int]:
    """The pixels of a page when it is turned; `RenderingError` for too many, before or after."""
    in_pixels(paper, style)
    return in_pixels(rotated_size(paper, style.rotation), style)


def _paper(style: Style, widest: float, lines: int) -> Points:
    line_pt = style.line_spacing * style.size_pt
    return widest * style.size_pt + 2 * style.margin_pt, lines * line_pt + 2 * style.margin_pt


def _lay_out(text: str, font_name: str, width: float) -> tuple[Font | Setter, list[Line], float]:
    font = load_font(font_name)
    setter = Setter(font, text) if needs_shaping(text) else font
    lines = lay_out(text, width, setter)
    return setter, lines, max(setter.width(line.text) for line in lines)


@functools.lru_cache(maxsize=64)  # a text is drawn in several styles, one after the other
def _extent(text: str, font_name: str, width: float) -> tuple[float, int]:
    """The widest line in ems, and how many lines there are."""
    _, lines, widest = _lay_out(text, font_name, width)
    return widest, len(lines)
