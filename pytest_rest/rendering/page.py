"""Lays a text out as a page in points, and says how many pixels that is, without drawing it."""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_rest.errors import RenderingError
from pytest_rest.rendering import code_block, highlighting, page_breaks, ruled_table
from pytest_rest.rendering.code_block import CodeBlock, Patch
from pytest_rest.rendering.distortion import rotated_size
from pytest_rest.rendering.font import Font, load_font
from pytest_rest.rendering.line_breaks import joins
from pytest_rest.rendering.lines import BREAKS, Line, column, lay_out, normal
from pytest_rest.rendering.page_breaks import GAP, MOST_PAGES, Content
from pytest_rest.rendering.ruled_table import RuledTable
from pytest_rest.rendering.shaping import Setter, needs_shaping
from pytest_rest.rendering.style_name import REST, check, color
from pytest_rest.terms import Block, Code, Style

POINTS_PER_INCH = 72
TABLE = "\ufffc"  # where a text has its table or code, on a line by itself
_STEP_PT = POINTS_PER_INCH / 50
_MAX_PIXELS = 40_000_000
_MOST_LINES = 10_000
_BREAKS = {*"\n\r\u0085\u2028\u2029"}
_SMALLEST = 0.5  # pixels of a letter's em, which FreeType rounds to a whole one

Points = tuple[float, float]  # of a page, before it is turned


class Placed(NamedTuple):
    """A line on its page: `x` ems right of the left margin, its top points below the upper one."""

    line: Line
    x: float
    top: float
    setter: Font | Setter


class Rule(NamedTuple):
    """A line of ink, in points from the left and the upper margin."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Page:
    """A page of a text as it is set in a style, and what of the text it shows."""

    style: Style
    content: Content
    text: str

    @property
    def paper(self) -> Points:
        """Width and height in points."""
        return _paper(self.style, self.content)

    @property
    def lines(self) -> Iterator[Placed]:
        """The lines of the text, then those of the table or the code."""
        style, content = self.style, self.content
        line_pt = style.line_spacing * style.size_pt
        for row, line in enumerate([*content.above, *content.below]):
            is_below = row >= len(content.above)
            x = content.widest - content.setter.width(line.text) if line.is_rtl else 0.0
            top = row * line_pt + (self._block_pt if is_below else 0.0)
            yield Placed(line, x, top, content.setter)
        if content.block:
            top = len(content.above) * line_pt + GAP * style.size_pt
            setter = content.block.setter
            for x, down, line in content.block.lines(style.line_spacing):
                yield Placed(line, x, top + down * style.size_pt, setter)

    @property
    def rules(self) -> Iterator[Rule]:
        """Those of the table."""
        if not isinstance(table := self.content.block, RuledTable):
            return
        size = self.style.size_pt
        top = len(self.content.above) * self.style.line_spacing + GAP
        for left, down, width, height in table.rules(self.style.line_spacing):
            yield Rule(left * size, (top + down) * size, width * size, height * size)

    @property
    def patches(self) -> Iterator[Patch]:
        """Where code of a known language has colours of its own, in points."""
        style, code = self.style, self.content.block
        if not style.highlight or not isinstance(code, CodeBlock) or not code.language:
            return
        size, above = style.size_pt, len(self.content.above) * style.line_spacing + GAP
        for left, down, width, height, *colors in code.patches(style.line_spacing, style.highlight):
            yield Patch(left * size, (above + down) * size, width * size, height * size, *colors)

    @property
    def _block_pt(self) -> float:
        return _block_pt(self.style, self.content)


def lay_out_pages(text: str, style: Style, block: Block | None = None) -> list[Page]:
    """The pages of a text, its table or code where `TABLE` is; `RenderingError` as `draw_pages`.

    What is not told here is a page of too many pixels.
    """
    check_style(style)
    if style.highlight and isinstance(block, Code):
        highlighting.check(style.highlight, block.language)
    content = _lay_out(text, block, style.font, column(style))
    if style.page_height_pt:
        contents = page_breaks.split(content, style)
        if len(contents) > 1:
            texts = page_breaks.texts(text, contents, TABLE)
            return [Page(style, *page) for page in zip(contents, texts, strict=True)]
    if block is not None:
        written = block.text if isinstance(block, Code) else ruled_table.as_text(block)
        text = text.replace(TABLE, written, 1)
    return [Page(style, content, text)]


def page_size(text: str, style: Style = REST, block: Block | None = None) -> tuple[int, int]:
    """Width and height in pixels of the pages that are drawn; `RenderingError` as `draw_pages`."""
    return page_sizes(text, style, block)[1]


def page_sizes(
    text: str, style: Style = REST, block: Block | None = None
) -> tuple[int, tuple[int, int]]:
    """How many pages are drawn, and the width and height of each; `RenderingError` as for one."""
    pages = lay_out_pages(text, style, block)
    return len(pages), _size(pages[0].paper, style)


class Room:
    """What is sure to fit on a page in a style, found without breaking lines: nearly every text.

    `is_refused` says of a page's width and height in pixels, and of the number of pages, whether
    that is too large. Raises `RenderingError` for a style that cannot be drawn.
    """

    def __init__(self, style: Style, is_refused: Callable[[int, int, int], bool]) -> None:
        check_style(style)
        self._font, self._column = load_font(style.font), column(style)

        def is_too_long(lines: int) -> bool:
            try:
                paper = _text_paper(style, self._column, lines)
                pages = page_breaks.number(lines, style)
                return pages > MOST_PAGES or is_refused(*_size(paper, style), pages)
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


def _paper(style: Style, content: Content) -> Points:
    lines = len(content.above) + len(content.below)
    width, height = _text_paper(style, content.widest, lines)
    return width, height if style.page_height_pt else height + _block_pt(style, content)


def _text_paper(style: Style, widest: float, lines: int) -> Points:
    line_pt = style.line_spacing * style.size_pt
    width = widest * style.size_pt + 2 * style.margin_pt
    if style.page_height_pt:
        return max(width, style.page_width_pt), style.page_height_pt
    return width, lines * line_pt + 2 * style.margin_pt


def _block_pt(style: Style, content: Content) -> float:
    """The height of a table or code and of what is free above and below it, in points."""
    if content.block is None:
        return 0.0
    return (content.block.height(style.line_spacing) + 2 * GAP) * style.size_pt


@functools.lru_cache(maxsize=64)  # a text is drawn in several styles, one after the other
def _lay_out(text: str, block: Block | None, font_name: str, width: float) -> Content:
    font = load_font(font_name)
    table = None if isinstance(block, Code) else block
    cells = [cell for row in (table.header, *table.rows) for cell in row] if table else []
    whole = "\n".join([text.replace(TABLE, "", 1) if block else text, *cells])
    setter = Setter(font, whole) if needs_shaping(whole) else font
    if block is None:
        lines = lay_out(text, width, setter)
        return Content(setter, lines, (), None, max(setter.width(each.text) for each in lines))
    above, below = (
        lay_out(part.strip("\n"), width, setter) if part.strip() else []
        for part in text.split(TABLE, 1)
    )
    laid_out = (
        code_block.lay_out(block, width, font_name)
        if isinstance(block, Code)
        else ruled_table.lay_out(block, width, setter)
    )
    widest = max((setter.width(each.text) for each in (*above, *below)), default=0.0)
    return Content(setter, above, below, laid_out, max(widest, laid_out.width))
