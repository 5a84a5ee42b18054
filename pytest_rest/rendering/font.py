"""Loads a font, by its name or the path of its file: glyphs, advances and line metrics."""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from pytest_rest import safe_yaml
from pytest_rest.errors import RenderingError, nearest

STEPS = 8  # positions of a glyph within a pixel
_MARGIN = 4  # pixels around a glyph, for ink outside of its box


@dataclass(frozen=True)
class Font:
    """A font file's glyphs, advances and line metrics; lengths in ems.

    `index` is its place in a collection; `digest` is that of its file. `others` have characters
    that it lacks; `advances` has theirs too.
    """

    name: str
    path: Path
    ascent: float
    descent: float
    advances: dict[int, float]
    index: int = 0
    digest: str = ""
    others: "tuple[Font, ...]" = ()

    def glyph(self, cluster: str, pixels: float, step: int) -> tuple[Picture.Image, int, int]:
        """A character's ink at a size in pixels, and its offset from the pen: right, down.

        `step` is how far the pen is right of a whole pixel, in eighths of one.
        """
        font = self.of(cluster) if self.others else self
        return _glyph(str(font.path), font.index, cluster, pixels, step)

    def of(self, cluster: str) -> "Font":
        """The first member that has all characters of a cluster, or its first; else this font."""
        for wanted in (cluster, cluster[:1]):
            for font in self.members:
                if all(ord(char) in font.advances for char in wanted):
                    return font
        return self

    @functools.cached_property
    def members(self) -> "tuple[Font, ...]":
        """This font alone, then the others."""
        if not self.others:
            return (self,)
        return (load_font(self.name.partition("|")[0]), *self.others)

    def width(self, text: str) -> float:
        """The width of `text` on one line."""
        return sum(map(self.advances.__getitem__, map(ord, text)))

    def positions(self, line: str) -> Iterator[tuple[str, float]]:
        """Each character that has ink, with its combining marks, and where it starts."""
        x = 0.0
        for cluster in clusters(line):
            if not cluster.isspace():
                yield cluster, x
            x += self.advances[ord(cluster)] if len(cluster) == 1 else self.width(cluster)

    def cut(self, word: str) -> list[str]:
        """The parts of a word that are never broken."""
        return clusters(word)

    def is_rtl(self, paragraph: str) -> bool:
        """Whether it starts on the right: never, because that needs shaping."""
        return False

    def check(self, text: str) -> None:
        """Raise `RenderingError` naming the characters without a glyph."""
        missing = sorted({char for char in text if ord(char) not in self.advances})
        if missing:
            named = ", ".join(f"{char!r} ({_name(char)})" for char in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise RenderingError(
                f"font {self.name!r} has no glyph for {named}{more}; "
                "use a style whose font has them, or leave them out of the text"
            )


def lacking(text: str, name: str) -> str:
    """The characters that are seen in a text, and that a font has no glyph for."""
    advances, unseen = load_font(name).advances, ("Cc", "Cf", "Zs", "Zl", "Zp")
    letters = sorted({*unicodedata.normalize("NFC", text)})
    return "".join(
        c for c in letters if ord(c) not in advances and unicodedata.category(c) not in unseen
    )


def fonts() -> tuple[str, ...]:
    """The names of the bundled fonts."""
    return tuple(_catalogue())


def files() -> tuple[Path, ...]:
    """The files of the bundled fonts."""
    return tuple(_catalogue().values())


@functools.cache
def load_font(name: str) -> Font:
    """The font of that name: a bundled one's, or the path of a file, `file.ttc#2`, or several.

    `RenderingError` for an unknown name, a missing file, and a file that is not a font.
    """
    if "|" in name:
        first, *others = map(load_font, name.split("|"))
        advances: dict[int, float] = {}
        for font in (*others[::-1], first):
            advances |= font.advances
        digest = "|".join(font.digest or font.name for font in (first, *others))
        return replace(first, name=name, advances=advances, others=tuple(others), digest=digest)
    return _read_file(name) if re.search(r"[./\\]", name) else _bundled(name)


def _bundled(name: str) -> Font:
    if name not in _catalogue():
        known = ", ".join(_catalogue())
        raise RenderingError(f"unknown font {name!r}; bundled are {known}{nearest(name, fonts())}")
    path = _catalogue()[name]
    if not path.is_file():
        raise RenderingError(f"font {name!r}: no file {path}; reinstall pytest-rest")
    return _read(name, path, 0)


def _read_file(name: str) -> Font:
    match = re.fullmatch(r"(.+\.(?:ttf|otf|ttc|otc))(?:#(\d{1,4}))?", name, re.IGNORECASE)
    if not match:
        raise RenderingError(f"font {name!r} is not a .ttf, .otf or .ttc file; convert it to one")
    path, index = Path(match[1]), int(match[2] or 0)
    if not path.is_file():
        raise RenderingError(f"font {name!r}: no file {str(path)!r}; check its path")
    try:
        font = _read(name, path, index)
        ImageFont.truetype(str(path), 16, index, layout_engine=ImageFont.Layout.BASIC)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except Exception as error:  # each table of a damaged file has its own
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise RenderingError(f"font {name!r} cannot be read: {reason}; use another file") from None
    return replace(font, digest=f"{digest}#{index}" if index else digest)


def _read(name: str, path: Path, index: int) -> Font:
    with path.open("rb") as file, TTFont(file, lazy=True, fontNumber=index) as table:
        # any names do, and its own are those of outlines, which take long to read
        table.setGlyphOrder([*map(str, range(table["maxp"].numGlyphs))])
        em = table["head"].unitsPerEm
        advances, glyphs = table["hmtx"].metrics, table.getBestCmap()
        return Font(
            name,
            path,
            ascent=table["hhea"].ascent / em,
            descent=-table["hhea"].descent / em,
            advances={code: advances[glyph][0] / em for code, glyph in glyphs.items()},
            index=index,
        )


def clusters(text: str) -> list[str]:
    """Split a text into characters, each with the combining marks that follow it."""
    if text.isascii():
        return [*text]
    split: list[str] = []
    for char in text:
        if split and unicodedata.category(char) in ("Mn", "Me"):
            split[-1] += char
        else:
            split.append(char)
    return split


@functools.lru_cache(maxsize=32)
def face(path: str, index: int, pixels: float, layout: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    """A font file at a size, as Pillow draws it."""
    return ImageFont.truetype(path, pixels, index, layout_engine=layout)


@functools.lru_cache(maxsize=1024)  # a text has few characters, and many of each
def _glyph(
    path: str, index: int, cluster: str, pixels: float, step: int
) -> tuple[Picture.Image, int, int]:
    font = face(path, index, pixels, ImageFont.Layout.BASIC)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(cluster, anchor="ls"))
    x, y = _MARGIN - left, _MARGIN - top
    ink = Picture.new("L", (right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN))
    pen = ImageDraw.Draw(ink)
    pen.text((x + step / STEPS, y), cluster, font=font, fill=255, anchor="ls")
    box = ink.getbbox() or (0, 0, 1, 1)
    return ink.crop(box), box[0] - x, box[1] - y


@functools.cache
def _catalogue() -> dict[str, Path]:
    package = Path(__file__).parents[1]
    folder = package / "fonts"
    if not folder.is_dir():  # an editable install: the folder beside the package
        folder = package.parent / "fonts"
    listed = safe_yaml.load((folder / "fonts.yaml").read_text("utf-8"))["fonts"]
    return {font["name"]: folder / font["file"] for font in listed}


def _name(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'control or unnamed')}"
