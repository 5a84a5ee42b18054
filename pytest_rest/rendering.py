"""Turns a text and a style into a PNG picture of that text.

The page is laid out in points from the font's own unhinted advances, and only then put on a grid
of pixels: lines break at the same words and glyphs stand at the same places at every DPI, with
every version of the layout library. Page sizes are whole multiples of 1/50 inch, so 50, 100 and
200 dots per inch are exactly 1x, 2x and 4x as many pixels a side.
"""

import functools
import hashlib
import math
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from fontTools.ttLib import TTFont
from PIL import Image as Picture
from PIL import ImageColor, ImageDraw, ImageFont

from pytest_rest.errors import RenderingError, nearest
from pytest_rest.terms import Image, Style

REST = Style()

_POINTS_PER_INCH = 72
_PAGE_STEP_PT = _POINTS_PER_INCH / 50
_MAX_PIXELS = 40_000_000
_TAB = "    "
_STEPS = 8  # places within a pixel at which a glyph may stand
_MARGIN = 4  # pixels around a glyph, for ink that leaves its own box
_NUMBERS = {"size": "size_pt", "line_spacing": "line_spacing"} | {
    name: f"{name}_pt" for name in ("page_width", "margin")
}


def draw(text: str, style: Style = REST) -> Image:
    """Draw `text` in `style`: equal text and style give equal pixels.

    Text is put in Unicode form NFC; a tab is four spaces; an empty text is a page of one blank
    line; a word wider than the page is broken between characters, never within a combined one.
    Raises `RenderingError` for an unknown font or colour, for a character the font has no glyph
    for (naming it), and for a page of more than 40 million pixels.
    """
    font = load_font(style.font)
    colors = [_color(style, name) for name in ("color", "background")]
    if colors[0] == colors[1]:
        raise RenderingError(
            f"style {style.id!r}: text and background are both {style.color!r}; nothing would be "
            "seen; change one of them"
        )
    lines = _lines(text, style, font)
    widest = max(font.width(line) for line in lines) * style.size_pt
    line_pt = style.line_spacing * style.size_pt
    size = (
        _pixels(widest + 2 * style.margin_pt, style.dpi),
        _pixels(len(lines) * line_pt + 2 * style.margin_pt, style.dpi),
    )
    if size[0] * size[1] > _MAX_PIXELS:
        raise RenderingError(
            f"style {style.id!r}: the page would have {size[0]} x {size[1]} pixels, more than "
            f"{_MAX_PIXELS:,}; use a lower dpi, a smaller size or a shorter text"
        )
    ink = Picture.new("L", size)
    scale = style.dpi / _POINTS_PER_INCH
    leading_pt = (line_pt - (font.ascent + font.descent) * style.size_pt) / 2
    try:
        for row, line in enumerate(lines):
            baseline = style.margin_pt + row * line_pt + leading_pt + font.ascent * style.size_pt
            for cluster, x in font.positions(line):
                at = round((style.margin_pt + x * style.size_pt) * scale * _STEPS)
                _place(
                    ink,
                    font.glyph(cluster, style.size_pt * scale, at % _STEPS),
                    at // _STEPS,
                    round(baseline * scale),
                )
    except OSError:
        raise RenderingError(
            f"style {style.id!r}: letters of {style.size_pt * scale:.2g} pixels are too small to "
            "draw; use a higher dpi or a larger size"
        ) from None
    return _encode(_colored(ink, *colors), text, style.dpi)


def parse_style(name: str) -> Style:
    """Read a style's name: a font, `50dpi`, a colour, `on-COLOUR`, `size=14`, joined by `-`.

    What is not named is REST's, so that `parse_style(style.id) == style` and `courier` is REST's
    style in another font. Raises `RenderingError` naming the odd word.
    """
    found: dict[str, Any] = {}
    words = iter(name.strip().lower().split("-"))
    for word in words:
        key, value = _style_field(word, words, name)
        if key in found:
            raise RenderingError(f"style {name!r} names its {key} twice; name it once")
        found[key] = value
    style = replace(REST, **found)
    for each in ("color", "background"):
        _color(style, each)
    return style


def _style_field(word: str, words: Iterator[str], name: str) -> tuple[str, object]:
    if word in fonts():
        return "font", word
    if match := re.fullmatch(r"([1-9]\d{0,3})dpi", word):
        return "dpi", int(match[1])
    if word == "on":
        return "background", next(words, "")
    key, _, number = word.partition("=")
    if key in _NUMBERS and re.fullmatch(r"\d{1,4}(\.\d{1,20})?", number) and float(number) > 0:
        return _NUMBERS[key], float(number)
    if word in ImageColor.colormap or word.startswith("#"):
        return "color", word
    known = [*fonts(), *ImageColor.colormap, "50dpi", "100dpi", "200dpi"]
    raise RenderingError(
        f"unknown style {name!r}: {word!r} is no font ({', '.join(fonts())}), no dpi such as "
        f"'100dpi' and no colour{nearest(word, known)}"
    )


@dataclass(frozen=True)
class Font:
    """A font file's glyphs, advances and line metrics; lengths in ems."""

    name: str
    path: Path
    ascent: float
    descent: float
    advances: dict[int, float]

    def glyph(self, cluster: str, pixels: float, step: int) -> tuple[Picture.Image, int, int]:
        """A character's ink at a size in pixels, and where it lies from the pen: right, down.

        `step` is how far the pen stands right of a whole pixel, in eighths of one.
        """
        return _glyph(self.path, cluster, pixels, step)

    def width(self, text: str) -> float:
        """How far `text` reaches when set on one line."""
        return sum(self.advances[ord(char)] for char in text)

    def positions(self, line: str) -> Iterator[tuple[str, float]]:
        """Each character that has ink, with its combining marks, and where it starts."""
        x = 0.0
        for cluster in clusters(line):
            if not cluster.isspace():
                yield cluster, x
            x += self.width(cluster)

    def check(self, text: str) -> None:
        """Raise `RenderingError` naming the characters that have no glyph."""
        missing = sorted({char for char in text if ord(char) not in self.advances})
        if missing:
            named = ", ".join(f"{char!r} ({_name(char)})" for char in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise RenderingError(
                f"font {self.name!r} has no glyph for {named}{more}; "
                "use a style whose font has them, or leave them out of the text"
            )


def fonts() -> tuple[str, ...]:
    """The names of the bundled fonts."""
    return tuple(_catalogue())


@functools.cache
def load_font(name: str) -> Font:
    """The bundled font of that name; `RenderingError` for an unknown name or a missing file."""
    if name not in _catalogue():
        known = ", ".join(_catalogue())
        raise RenderingError(f"unknown font {name!r}; bundled are {known}{nearest(name, fonts())}")
    path = _catalogue()[name]
    if not path.is_file():
        raise RenderingError(f"font {name!r}: no file {path}; reinstall pytest-rest")
    with TTFont(path, lazy=True) as table:
        em = table["head"].unitsPerEm
        advances, glyphs = table["hmtx"].metrics, table.getBestCmap()
        return Font(
            name,
            path,
            ascent=table["hhea"].ascent / em,
            descent=-table["hhea"].descent / em,
            advances={code: advances[glyph][0] / em for code, glyph in glyphs.items()},
        )


def clusters(text: str) -> list[str]:
    """Split a text into characters, each with the combining marks that follow it."""
    found: list[str] = []
    for char in text:
        if found and unicodedata.category(char) in ("Mn", "Me"):
            found[-1] += char
        else:
            found.append(char)
    return found


@functools.lru_cache(maxsize=16)
def _face(path: Path, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=1024)  # a text has few characters, and many of each
def _glyph(path: Path, cluster: str, pixels: float, step: int) -> tuple[Picture.Image, int, int]:
    face = _face(path, pixels)
    left, top, right, bottom = (round(edge) for edge in face.getbbox(cluster, anchor="ls"))
    x, y = _MARGIN - left, _MARGIN - top
    ink = Picture.new("L", (right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN))
    pen = ImageDraw.Draw(ink)
    pen.text((x + step / _STEPS, y), cluster, font=face, fill=255, anchor="ls")
    box = ink.getbbox() or (0, 0, 1, 1)
    return ink.crop(box), box[0] - x, box[1] - y


def _place(ink: Picture.Image, glyph: tuple[Picture.Image, int, int], x: int, y: int) -> None:
    mask, right, down = glyph
    at = (x + right, y + down)
    ink.paste(255, (*at, at[0] + mask.width, at[1] + mask.height), mask)


def _colored(
    ink: Picture.Image, color: tuple[int, ...], background: tuple[int, ...]
) -> Picture.Image:
    """The page: as many channels as its colours need."""
    if len({*color}) == len({*background}) == 1:
        color, background = color[:1], background[:1]
    mode = "L" if len(color) == 1 else "RGB"
    page = Picture.new(mode, ink.size, background if mode == "RGB" else background[0])
    page.paste(color if mode == "RGB" else color[0], mask=ink)
    return page


@functools.cache
def _catalogue() -> dict[str, Path]:
    package = Path(__file__).parent
    folder = package / "fonts"
    if not folder.is_dir():  # an editable install: the folder beside the package
        folder = package.parent / "fonts"
    listed = yaml.safe_load((folder / "fonts.yaml").read_text("utf-8"))["fonts"]
    return {font["name"]: folder / font["file"] for font in listed}


def _lines(text: str, style: Style, font: Font) -> list[str]:
    """Break a text into the lines of the page; paragraphs keep their leading spaces."""
    text = unicodedata.normalize("NFC", text).replace("\t", _TAB).replace("\r\n", "\n")
    width = _column_pt(style) / style.size_pt
    lines: list[str] = []
    for paragraph in re.split("[\n\r\u0085\u2028\u2029]", text):
        font.check(paragraph)
        lines += _wrap(paragraph, width, font)
    return lines


def _wrap(paragraph: str, width: float, font: Font) -> list[str]:
    lines, line, reached = [], "", 0.0
    for word in re.findall(r" *[^ ]+", paragraph.rstrip(" ")):
        reached += font.width(word)
        if reached <= width:
            line += word
            continue
        if line:
            lines.append(line)
            word = word.lstrip(" ")
        *full, line = _break(word, width, font)
        lines += full
        reached = font.width(line)
    return [*lines, line]


def _break(word: str, width: float, font: Font) -> list[str]:
    """Cut a word into pieces that fit, at least one character each."""
    pieces = [""]
    for cluster in clusters(word):
        if pieces[-1] and font.width(pieces[-1] + cluster) > width:
            pieces.append("")
        pieces[-1] += cluster
    return pieces


def _column_pt(style: Style) -> float:
    return max(style.page_width_pt - 2 * style.margin_pt, style.size_pt)


def _pixels(points: float, dpi: int) -> int:
    steps = math.ceil(points / _PAGE_STEP_PT - 1e-9)
    return max(round(steps * dpi / 50), 1)


def _color(style: Style, name: str) -> tuple[int, ...]:
    value = getattr(style, name)
    try:
        return ImageColor.getrgb(value)[:3]
    except ValueError:
        raise RenderingError(
            f"style {style.id!r}: {name} {value!r} is no colour"
            f"{nearest(value, ImageColor.colormap)}; use a CSS name or #rrggbb"
        ) from None


def _encode(page: Picture.Image, text: str, dpi: int) -> Image:
    pixels = page.tobytes()
    digest = hashlib.sha256(b"%s %d %d " % (page.mode.encode(), *page.size) + pixels)
    return Image(_png(page, pixels, dpi), digest.hexdigest()[:16], text)


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


def _name(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'control or unnamed')}"
