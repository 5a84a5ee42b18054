"""Turns the name of a font into its glyphs, advances and line metrics."""

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from fontTools.ttLib import TTFont
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from pytest_rest.errors import RenderingError, nearest

STEPS = 8  # places within a pixel at which a glyph may stand
_MARGIN = 4  # pixels around a glyph, for ink that leaves its own box


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
    pen.text((x + step / STEPS, y), cluster, font=face, fill=255, anchor="ls")
    box = ink.getbbox() or (0, 0, 1, 1)
    return ink.crop(box), box[0] - x, box[1] - y


@functools.cache
def _catalogue() -> dict[str, Path]:
    package = Path(__file__).parents[1]
    folder = package / "fonts"
    if not folder.is_dir():  # an editable install: the folder beside the package
        folder = package.parent / "fonts"
    listed = yaml.safe_load((folder / "fonts.yaml").read_text("utf-8"))["fonts"]
    return {font["name"]: folder / font["file"] for font in listed}


def _name(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'control or unnamed')}"
