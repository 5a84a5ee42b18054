"""Lays code out, or text in columns: each line by itself, in a fixed-width font.

Lengths are in ems, as `lines` has them. Indentation and blanks stay as they are; a line that is
wider than the page goes on below, after a mark.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_rest.rendering import highlighting
from pytest_rest.rendering.fixed_width import FONT
from pytest_rest.rendering.font import Font, load_font
from pytest_rest.rendering.lines import BREAKS, Line, normal
from pytest_rest.rendering.shaping import Setter, needs_shaping
from pytest_rest.terms import Code

TAB = 4  # columns from one tab stop to the next
MARK = "» "  # before what a line goes on with


class Row(NamedTuple):
    """A line, or a part of one: where it begins in the code, and its text."""

    start: int
    text: str
    is_continued: bool


class Patch(NamedTuple):
    """A rectangle in ems, and the colours of the ink and of the paper in it."""

    left: float
    top: float
    width: float
    height: float
    color: str
    background: str


@dataclass(frozen=True)
class CodeBlock:
    """The rows of a code, and what sets them; all of its `text` as it is set, and of its width.

    Split over pages, each part has some of the rows and is as wide as the whole.
    """

    setter: Font | Setter
    text: str
    language: str
    rows: tuple[Row, ...]
    width: float

    def height(self, spacing: float) -> float:
        """Of all rows, at that distance."""
        return len(self.rows) * spacing

    def lines(self, spacing: float) -> Iterator[tuple[float, float, Line]]:
        """Each row, and the mark of one that goes on, with its place from the left and above."""
        for number, row in enumerate(self.rows):
            if row.is_continued:
                yield 0.0, number * spacing, Line(MARK)
            yield _left(row, self.setter), number * spacing, Line(row.text)

    def patches(self, spacing: float, style: str) -> Iterator[Patch]:
        """The block's own colours, then those of each word that has another one.

        `style` is a style of Pygments. Rows that need shaping have the block's colours.
        """
        color, paper = highlighting.colors(style)
        yield Patch(0.0, 0.0, self.width, self.height(spacing), color, paper)
        spans = deque(highlighting.spans(self.text, self.language, style))
        for number, row in enumerate(self.rows):
            while spans and spans[0].end <= row.start:
                spans.popleft()
            for start, end, ink in () if needs_shaping(row.text) else spans:
                if start >= row.start + len(row.text):
                    break
                first, last = max(start - row.start, 0), end - row.start
                left = _left(row, self.setter) + self.setter.width(row.text[:first])
                width = self.setter.width(row.text[first:last])
                yield Patch(left, number * spacing, width, spacing, ink, paper)


def lay_out(code: Code, page: float, others: str) -> CodeBlock:
    """The code on a page of that width in ems; the fonts `others` have what the bundled lacks."""
    text = normal(code.text.expandtabs(TAB))
    font = load_font(FONT if others == FONT else f"{FONT}|{others}")
    setter = Setter(font, text) if needs_shaping(text) else font
    rows: list[Row] = []
    start = 0
    for line in BREAKS.split(text):
        setter.check(line)
        rows += _rows(line, start, page, setter)
        start += len(line) + 1
    width = max(_left(row, setter) + setter.width(row.text) for row in rows)
    return CodeBlock(setter, text, code.language, tuple(rows), width)


def _left(row: Row, setter: Font | Setter) -> float:
    return setter.width(MARK) if row.is_continued else 0.0


def _rows(line: str, start: int, page: float, setter: Font | Setter) -> list[Row]:
    """The parts of a line that fit, cut after a blank where one is; together they are the line."""
    rows: list[Row] = []
    cut = ""
    for cluster in setter.cut(line.rstrip(" ")):
        while cut and setter.width((MARK if rows else "") + cut + cluster) > page:
            head = cut[: cut.rfind(" ") + 1]
            head = head if head.strip() else cut
            rows.append(Row(start, head, bool(rows)))
            start, cut = start + len(head), cut[len(head) :]
        cut += cluster
    return [*rows, Row(start, cut, bool(rows))]
