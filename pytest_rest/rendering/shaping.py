"""Sets lines in scripts whose letters join, stack or run from right to left.

HarfBuzz shapes and FriBidi orders them, through Pillow's Raqm layout. Widths are measured at the
size of the font's own grid, so that lines break alike at every DPI; a line is drawn much larger and
then reduced, so that it has its place and width at every DPI too.
"""

import functools
import math
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from PIL import Image as Picture
from PIL import ImageDraw, ImageFont, features

from pytest_rest.errors import RenderingError
from pytest_rest.rendering.font import Font, face
from pytest_rest.rendering.line_breaks import graphemes

_COMPLEX = re.compile(
    "[\u0590-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\ua95f\ua980-\uaadf\uabc0-\uabff"
    "\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00011fff\U0001e800-\U0001efff]"
)
_IGNORABLE = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\u061c"))
_LABEL = re.compile(r"^[ \t]*\(?[^\W_]{1,2}[.):][ \t]", re.MULTILINE)  # of a choice
_RULER = 1024  # pixels an em, for measuring
_FINEST = 128  # pixels an em, at least, at which a line is drawn


def needs_shaping(text: str) -> bool:
    """Whether a text has letters that do not just follow each other."""
    return not text.isascii() and _COMPLEX.search(text) is not None


class Setter:
    """Sets lines of one text in a font; lengths in ems.

    A text with letters that run from right to left is set in the first of the font's files that has
    all of it, because their order is found in each file separately.
    """

    def __init__(self, font: Font, text: str) -> None:
        text = unicodedata.normalize("NFC", text)
        font.check(re.sub(r"\s", "", text.translate(_IGNORABLE)))
        if not features.check("raqm"):
            odd = _COMPLEX.findall(text)[0]
            named = f"{odd!r} ({unicodedata.name(odd, 'unnamed')})"
            raise RenderingError(
                f"{named} needs Pillow's Raqm layout, which is missing; "
                "install libfribidi (Debian: libfribidi0), which Pillow's wheels load"
            )
        self.font = self._font = font
        self._is_rtl = _direction(_LABEL.sub("", text)) == "rtl"
        if any(unicodedata.bidirectional(char) in ("R", "AL") for char in text):
            self._font = _whole(font, text)

    def check(self, text: str) -> None:
        """Nothing: the whole text was checked before."""

    def cut(self, word: str) -> list[str]:
        """The parts of a word that are never broken."""
        return graphemes(word)

    def is_rtl(self, paragraph: str) -> bool:
        """Whether its first letter runs from right to left (UAX 9, P2 and P3).

        A choice, which begins with a label, and a paragraph without letters run as the whole text.
        """
        own = "" if _LABEL.match(paragraph) else _direction(paragraph)
        return own == "rtl" if own else self._is_rtl

    def width(self, text: str) -> float:
        """The width of `text` on one line."""
        return sum(_width(font.path, font.index, run) for font, run in self._runs(text))

    def draw(self, line: str, is_rtl: bool, pixels: float, x: float) -> Picture.Image:
        """The ink of a line, `pixels` an em; the pen starts one em and `x` pixels from the left.

        The baseline is two ems below the upper edge, and one em above the lower one.
        """
        scale = max(math.ceil(_FINEST / pixels), 1)
        pad = math.ceil(pixels)
        width = math.ceil(self.width(line) * pixels + x) + 2 * pad
        large = Picture.new("L", (width * scale, 3 * pad * scale))
        pen, direction = ImageDraw.Draw(large), "rtl" if is_rtl else "ltr"
        at = (pad + x) * scale
        for font, run in self._runs(line):
            raqm = _raqm(font.path, font.index, pixels * scale)
            place = (at, 2 * pad * scale)
            pen.text(place, run, font=raqm, fill=255, anchor="ls", direction=direction)
            at += _width(font.path, font.index, run) * pixels * scale
        return large.reduce(scale) if scale > 1 else large

    def _runs(self, text: str) -> Iterator[tuple[Font, str]]:
        """The text's parts, each with the font it is drawn in."""
        if not self._font.others:
            yield self._font, text
            return
        chosen = ((self._font.of(cluster), cluster) for cluster in graphemes(text))
        for _, run in groupby(chosen, key=lambda pair: pair[0].name):
            pairs = list(run)
            yield pairs[0][0], "".join(cluster for _, cluster in pairs)


def _direction(text: str) -> str:
    """`ltr` or `rtl`, by the first letter; empty without one."""
    kinds = map(unicodedata.bidirectional, text)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "")
    return first and ("ltr" if first == "L" else "rtl")


def _whole(font: Font, text: str) -> Font:
    wanted = {ord(char) for char in text.translate(_IGNORABLE) if not char.isspace()}
    for member in font.members:
        if wanted <= member.advances.keys():
            return member
    raise RenderingError(
        f"font {font.name!r}: none of its files has all of a text that runs from right to left; "
        "name one that has, with digits and Latin letters too"
    )


@functools.lru_cache(maxsize=4096)  # in scripts without spaces a text's pieces are its letters
def _width(path: Path, index: int, text: str) -> float:
    return float(_raqm(path, index, _RULER).getlength(text)) / _RULER


def _raqm(path: Path, index: int, pixels: float) -> ImageFont.FreeTypeFont:
    return face(str(path), index, pixels, ImageFont.Layout.RAQM)
