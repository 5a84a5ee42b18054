"""Breaks a text into the lines of a page, by a font's own advances."""

import re
import unicodedata
from typing import NamedTuple

from pytest_rest.rendering.font import Font
from pytest_rest.rendering.line_breaks import pieces
from pytest_rest.rendering.shaping import Setter
from pytest_rest.terms import Style

BREAKS = re.compile("[\n\r\u0085\u2028\u2029]")  # between paragraphs
_TAB = "    "


class Line(NamedTuple):
    """A line's text in reading order, and whether its paragraph starts on the right."""

    text: str
    is_rtl: bool = False


def normal(text: str) -> str:
    """The text as it is set: NFC, a tab as four spaces, one character for the end of a line."""
    return unicodedata.normalize("NFC", text).replace("\t", _TAB).replace("\r\n", "\n")


def column(style: Style) -> float:
    """How wide a line may be, in ems: one at least."""
    return max(style.page_width_pt - 2 * style.margin_pt, style.size_pt) / style.size_pt


def lay_out(text: str, width: float, font: Font | Setter) -> list[Line]:
    """Break a text into lines of that width in ems; paragraphs keep their leading spaces."""
    lines: list[Line] = []
    for paragraph in BREAKS.split(normal(text)):
        font.check(paragraph)
        is_rtl = font.is_rtl(paragraph)
        lines += [Line(line, is_rtl) for line in wrap(paragraph, width, font)]
    return lines


def wrap(paragraph: str, width: float, font: Font | Setter) -> list[str]:
    """Break a paragraph into lines of that width, in ems, between words where that can be."""
    lines, line, reached = [], "", 0.0
    words: list[str] = re.findall(r" *[^ ]+", paragraph.rstrip(" "))
    if not paragraph.isascii():
        words = [piece for word in words for piece in pieces(word)]
    for word in words:
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


def _break(word: str, width: float, font: Font | Setter) -> list[str]:
    """Cut a word into pieces that fit, at least one character each."""
    cut = [""]
    for cluster in font.cut(word):
        if cut[-1] and font.width(cut[-1] + cluster) > width:
            cut.append("")
        cut[-1] += cluster
    return cut
