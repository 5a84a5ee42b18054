"""Draws a text in a style, as a PNG picture.

The page is laid out in points from the font's own unhinted advances, and only then put on a grid
of pixels: lines break at the same words and glyphs are at the same places at every DPI, with every
version of the layout library. Page sizes are whole multiples of 1/50 inch, so 50, 100 and
200 dots per inch are exactly 1x, 2x and 4x as many pixels a side.
"""

import functools
import math
from collections.abc import Sequence

from PIL import Image as Picture
from PIL import ImageChops, ImageColor, ImageDraw

from pytest_rest.errors import RenderingError
from pytest_rest.rendering import png
from pytest_rest.rendering.code_block import Patch
from pytest_rest.rendering.distortion import distort, rotated_size
from pytest_rest.rendering.fixed_width import fixed_width
from pytest_rest.rendering.font import STEPS, Font, clusters, fonts, lacking, load_font
from pytest_rest.rendering.lines import Line
from pytest_rest.rendering.page import (
    POINTS_PER_INCH,
    TABLE,
    Letters,
    Page,
    Room,
    Rule,
    in_pixels,
    lay_out_pages,
    page_size,
    page_sizes,
)
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.rendering.shaping import Setter
from pytest_rest.rendering.style_name import REST, check, color, contrast, parse_style
from pytest_rest.terms import Block, Image, Style

__all__ = [
    "REST",
    "TABLE",
    "Font",
    "Letters",
    "Room",
    "check",
    "clusters",
    "color",
    "contrast",
    "draw",
    "draw_pages",
    "fixed_width",
    "fonts",
    "lacking",
    "load_font",
    "page_size",
    "page_sizes",
    "parse_style",
]

_Patch = tuple[tuple[int, int, int, int], tuple[int, ...], tuple[int, ...]]


def draw(text: str, style: Style = REST, block: Block | None = None) -> Image:
    """The one page of a text; `RenderingError` as `draw_pages`, and where it takes several."""
    first, *others = draw_pages(text, style, block)
    if others:
        raise RenderingError(
            f"style {style.id!r}: the text takes {len(others) + 1} pages, and one is wanted here; "
            "use a larger page, or a style without one"
        )
    return first


def draw_pages(text: str, style: Style = REST, block: Block | None = None) -> tuple[Image, ...]:
    """Draw `text` in `style`, its table or code where `TABLE` is: equal ones give equal pixels.

    It is one page, unless the style has a `page_height_pt`: then as many as it takes, of that size.
    The `text` of each is what stands there, and joined these are the text; a table that goes on
    over pages has its headings on each.

    Text is normalised to NFC; a tab is four spaces; an empty text is a page of one blank line; a
    word wider than the page is broken between characters, never within a combined one. Raises
    `RenderingError` for an unknown font or colour, a number out of its range, a character without a
    glyph in the font (naming it), a page of more than 40 million pixels, and more than 200 pages.
    """
    pages = lay_out_pages(text, style, block)
    if len(pages) == 1:
        return (_draw_page(pages[0], text),)
    return tuple(_draw_page(page, page.text) for page in pages)


def _draw_page(page: Page, seed: str) -> Image:
    """The picture of a page, whose noise is drawn from a seed."""
    style, paper = page.style, page.paper
    inks = color(style, "color"), color(style, "background")
    ink = Picture.new("L", in_pixels(paper, style))
    pen = ImageDraw.Draw(ink)
    whole = ink.size if style.is_plain else in_pixels(rotated_size(paper, style.rotation), style)
    for rule in page.rules:
        _draw_rule(ink, rule, style)
    for line, x, top, setter in page.lines:
        if isinstance(setter, Setter):
            _set_shaped(pen, line, setter, style, x, _baseline(top, style, setter.font))
        else:
            _set_plain(pen, line.text, setter, style, x, _baseline(top, style, setter))
    patches = [_in_pixels(patch, style) for patch in page.patches]
    picture = _colored(ink, *inks, patches)
    if not style.is_plain:
        picture = distort(picture, whole, style, inks[1], seed)
    digest = pixel_digest(picture.mode, picture.size, picture.tobytes())
    return Image(png.encode(picture, style.dpi), digest, page.text)


def _baseline(top: float, style: Style, font: Font) -> int:
    """How many pixels below the page's upper edge the baseline of a line is."""
    line_pt = style.line_spacing * style.size_pt
    leading_pt = (line_pt - (font.ascent + font.descent) * style.size_pt) / 2
    baseline = style.margin_pt + top + leading_pt + font.ascent * style.size_pt
    return round(baseline * style.dpi / POINTS_PER_INCH)


def _draw_rule(ink: Picture.Image, rule: Rule, style: Style) -> None:
    """At least one pixel of it."""
    scale, margin = style.dpi / POINTS_PER_INCH, style.margin_pt
    left, top = (round((margin + place) * scale) for place in (rule.left, rule.top))
    width, height = (max(round(length * scale), 1) for length in (rule.width, rule.height))
    ink.paste(255, (left, top, left + width, top + height))


def _set_plain(
    pen: ImageDraw.ImageDraw, line: str, font: Font, style: Style, start: float, baseline: int
) -> None:
    """Set a line whose pen starts `start` ems right of the left margin."""
    margin, size, scale = style.margin_pt, style.size_pt, style.dpi / POINTS_PER_INCH
    pixels = size * scale
    for cluster, x in font.positions(line):
        at = round((margin + (start + x) * size) * scale * STEPS)
        _place(pen, font.glyph(cluster, pixels, at % STEPS), at // STEPS, baseline)


def _set_shaped(
    pen: ImageDraw.ImageDraw, line: Line, setter: Setter, style: Style, x: float, baseline: int
) -> None:
    """Set a line whose pen starts `x` ems right of the left margin."""
    scale = style.dpi / POINTS_PER_INCH
    pixels = style.size_pt * scale
    part, whole = math.modf((style.margin_pt + x * style.size_pt) * scale)
    mask = setter.draw(line.text, line.is_rtl, pixels, part)
    em = math.ceil(pixels)
    _place(pen, (mask, -em, -2 * em), int(whole), baseline)


def _place(pen: ImageDraw.ImageDraw, glyph: tuple[Picture.Image, int, int], x: int, y: int) -> None:
    mask, right, down = glyph
    # as `pen.bitmap`, which takes three times as long, and `paste` four times
    pen.draw.draw_bitmap((x + right, y + down), mask.im, 255)


def _in_pixels(patch: Patch, style: Style) -> _Patch:
    """A patch's box in pixels, and its colours."""
    left, top, width, height, *colors = patch
    scale, margin = style.dpi / POINTS_PER_INCH, style.margin_pt
    edges = (left, top, left + width, top + height)
    first, upper, last, lower = (round((margin + edge) * scale) for edge in edges)
    color, background = (ImageColor.getrgb(color)[:3] for color in colors)
    return (first, upper, last, lower), color, background


def _colored(
    ink: Picture.Image,
    color: tuple[int, ...],
    background: tuple[int, ...],
    patches: Sequence[_Patch] = (),
) -> Picture.Image:
    """The page, with as many channels as its colours need; patches have their own."""
    colors = [color, background, *(each for _, *pair in patches for each in pair)]
    mode = "L" if all(len({*each}) == 1 for each in colors) else "RGB"
    channels = len(mode)
    if mode == "L" and (color[0], background[0]) == (0, 255):
        page = ImageChops.invert(ink)  # the same pixels as pasted, in a fifteenth of the time
    elif mode == "L":
        page = Picture.new(mode, ink.size, background[0])
        page.paste(color[0], mask=ink)
    else:
        page = ink.copy()
        page.putpalette(_shades(color, background))
        page = page.convert("RGB")  # the same pixels as pasted in RGB, in a fifth of the time
    for box, color, background in patches:
        page.paste(background[:channels], box)
        page.paste(color[:channels], box, ink.crop(box))
    return page


@functools.lru_cache(maxsize=64)
def _shades(color: tuple[int, ...], background: tuple[int, ...]) -> bytes:
    """Red, green and blue of each of 256 shares of ink, from none to all."""
    shades = Picture.new("RGB", (256, 1), background)
    shades.paste(color, mask=Picture.frombytes("L", (256, 1), bytes(range(256))))
    return shades.tobytes()
