"""Draws a text in a style, as a PNG picture.

The page is laid out in points from the font's own unhinted advances, and only then put on a grid
of pixels: lines break at the same words and glyphs are at the same places at every DPI, with every
version of the layout library. Page sizes are whole multiples of 1/50 inch, so 50, 100 and
200 dots per inch are exactly 1x, 2x and 4x as many pixels a side.
"""

import math
import struct
import zlib
from collections.abc import Iterator

from PIL import Image as Picture

from pytest_rest.errors import RenderingError
from pytest_rest.rendering.distortion import distort, rotated_size
from pytest_rest.rendering.font import STEPS, Font, clusters, fonts, load_font
from pytest_rest.rendering.lines import Line, lay_out
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.rendering.shaping import Setter, needs_shaping
from pytest_rest.rendering.style_name import REST, check, color, contrast, parse_style
from pytest_rest.terms import Image, Style

__all__ = [
    "REST",
    "Font",
    "check",
    "clusters",
    "color",
    "contrast",
    "draw",
    "fonts",
    "load_font",
    "parse_style",
]

_POINTS_PER_INCH = 72
_PAGE_STEP_PT = _POINTS_PER_INCH / 50
_MAX_PIXELS = 40_000_000


def draw(text: str, style: Style = REST) -> Image:
    """Draw `text` in `style`: equal text and style give equal pixels.

    Text is normalised to NFC; a tab is four spaces; an empty text is a page of one blank line; a
    word wider than the page is broken between characters, never within a combined one. Raises
    `RenderingError` for an unknown font or colour, a number out of its range, a character without a
    glyph in the font (naming it), and a page of more than 40 million pixels.
    """
    check(style)
    font = load_font(style.font)
    colors = [color(style, name) for name in ("color", "background")]
    if colors[0] == colors[1]:
        raise RenderingError(
            f"style {style.id!r}: text and background are both {style.color!r}, so the text would "
            "be invisible; change one of them"
        )
    setter = Setter(font, text) if needs_shaping(text) else font
    lines = lay_out(text, style, setter)
    widest = max(setter.width(line.text) for line in lines)
    paper = _paper(widest, len(lines), style)
    ink = Picture.new("L", _size(paper, style))
    pixels = style.size_pt * style.dpi / _POINTS_PER_INCH
    try:
        for baseline, line in zip(_baselines(len(lines), style, font), lines, strict=True):
            if isinstance(setter, Setter):
                x = widest - setter.width(line.text) if line.is_rtl else 0.0
                _set_shaped(ink, line, setter, style, x, baseline)
            else:
                _set_plain(ink, line.text, setter, style, baseline)
    except OSError:
        raise RenderingError(
            f"style {style.id!r}: letters of {pixels:.2g} pixels are too small to "
            "draw; use a higher dpi or a larger size"
        ) from None
    page = _colored(ink, *colors)
    if not style.is_plain:
        whole = _size(rotated_size(paper, style.rotation), style)
        page = distort(page, whole, style, colors[1], text)
    content = page.tobytes()
    digest = pixel_digest(page.mode, page.size, content)
    return Image(_png(page, content, style.dpi), digest, text)


def page_size(text: str, style: Style = REST) -> tuple[int, int]:
    """The pixels that `draw` makes of a text in a style, without drawing; raises as that does."""
    check(style)
    font = load_font(style.font)
    setter = Setter(font, text) if needs_shaping(text) else font
    lines = lay_out(text, style, setter)
    paper = _paper(max(setter.width(line.text) for line in lines), len(lines), style)
    return _size(rotated_size(paper, style.rotation) if style.rotation else paper, style)


def _paper(widest: float, lines: int, style: Style) -> tuple[float, float]:
    """The width and height of a page in points; its widest line in ems."""
    high = lines * style.line_spacing * style.size_pt
    return widest * style.size_pt + 2 * style.margin_pt, high + 2 * style.margin_pt


def _size(paper: tuple[float, float], style: Style) -> tuple[int, int]:
    """The pixels of a page of that width and height in points."""
    steps = [math.ceil(points / _PAGE_STEP_PT - 1e-9) for points in paper]
    width, height = (max(round(step * style.dpi / 50), 1) for step in steps)
    if width * height > _MAX_PIXELS:
        raise RenderingError(
            f"style {style.id!r}: the page would have {width} x {height} pixels, more than "
            f"{_MAX_PIXELS:,}; use a lower dpi, a smaller size or a shorter text"
        )
    return width, height


def _baselines(count: int, style: Style, font: Font) -> Iterator[int]:
    """How many pixels below the page's upper edge each line's baseline is."""
    line_pt = style.line_spacing * style.size_pt
    leading_pt = (line_pt - (font.ascent + font.descent) * style.size_pt) / 2
    scale = style.dpi / _POINTS_PER_INCH
    for row in range(count):
        baseline = style.margin_pt + row * line_pt + leading_pt + font.ascent * style.size_pt
        yield round(baseline * scale)


def _set_plain(ink: Picture.Image, line: str, font: Font, style: Style, baseline: int) -> None:
    margin, size, scale = style.margin_pt, style.size_pt, style.dpi / _POINTS_PER_INCH
    pixels = size * scale
    for cluster, x in font.positions(line):
        at = round((margin + x * size) * scale * STEPS)
        _place(ink, font.glyph(cluster, pixels, at % STEPS), at // STEPS, baseline)


def _set_shaped(
    ink: Picture.Image, line: Line, setter: Setter, style: Style, x: float, baseline: int
) -> None:
    """Set a line whose pen starts `x` ems right of the left margin."""
    scale = style.dpi / _POINTS_PER_INCH
    pixels = style.size_pt * scale
    part, whole = math.modf((style.margin_pt + x * style.size_pt) * scale)
    mask = setter.draw(line.text, line.is_rtl, pixels, part)
    em = math.ceil(pixels)
    _place(ink, (mask, -em, -2 * em), int(whole), baseline)


def _place(ink: Picture.Image, glyph: tuple[Picture.Image, int, int], x: int, y: int) -> None:
    mask, right, down = glyph
    at = (x + right, y + down)
    ink.paste(255, (*at, at[0] + mask.width, at[1] + mask.height), mask)


def _colored(
    ink: Picture.Image, color: tuple[int, ...], background: tuple[int, ...]
) -> Picture.Image:
    """The page, with as many channels as its colours need."""
    if len({*color}) == len({*background}) == 1:
        color, background = color[:1], background[:1]
    mode = "L" if len(color) == 1 else "RGB"
    page = Picture.new(mode, ink.size, background if mode == "RGB" else background[0])
    page.paste(color if mode == "RGB" else color[0], mask=ink)
    return page


def _png(page: Picture.Image, pixels: bytes, dpi: int) -> bytes:
    """A PNG file (RFC 2083) without row filters: for text a third of Pillow's time, and smaller."""
    row = page.width * len(page.mode)
    rows = [pixels[start : start + row] for start in range(0, len(pixels), row)]
    gray_or_rgb = 0 if page.mode == "L" else 2
    per_meter = round(dpi / 0.0254)
    header = struct.pack(">IIBBBBB", *page.size, 8, gray_or_rgb, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"pHYs", struct.pack(">IIB", per_meter, per_meter, 1)),
            (b"IDAT", zlib.compress(b"\0" + b"\0".join(rows), 2)),
            (b"IEND", b""),
        )
    )
