"""Turns a text into the lines of a page: where they break, in a font's own advances."""

import re
import unicodedata

from pytest_rest.rendering.font import Font, clusters
from pytest_rest.terms import Style

_TAB = "    "


def lay_out(text: str, style: Style, font: Font) -> list[str]:
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
