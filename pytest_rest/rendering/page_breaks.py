"""Splits a text over pages: lines, lines of code, and the rows of a table under its headings."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, takewhile

from pytest_rest.errors import RenderingError
from pytest_rest.rendering.code_block import CodeBlock
from pytest_rest.rendering.font import Font
from pytest_rest.rendering.lines import BREAKS, Line, normal
from pytest_rest.rendering.ruled_table import RULE, Row, RuledTable
from pytest_rest.rendering.shaping import Setter
from pytest_rest.terms import Style

GAP = 0.4  # ems that are free above and below a table or code
MOST_PAGES = 200
_EXACT = 1e-6  # of what sums of lengths are off
_GAP = re.compile(f"(?: |{BREAKS.pattern})*")


@dataclass(frozen=True)
class Content:
    """The lines above and below a table or code, or all of them above; `widest` is in ems."""

    setter: Font | Setter
    above: Sequence[Line]
    below: Sequence[Line]
    block: RuledTable | CodeBlock | None
    widest: float


def number(lines: int, style: Style) -> int:
    """On how many pages so many lines are."""
    if not style.page_height_pt:
        return 1
    return math.ceil(lines / max(int(_room(style) / style.line_spacing), 1))


def split(content: Content, style: Style) -> list[Content]:
    """What stands on each page; `RenderingError` for more than 200, and for too low ones."""
    flow = _Flow(content, style)
    flow.set_lines(content.above)
    if isinstance(content.block, CodeBlock):
        flow.set_code(content.block)
    elif content.block is not None:
        flow.set_table(content.block)
    flow.set_lines(content.below)
    if len(flow.pages) > MOST_PAGES:
        raise RenderingError(
            f"style {style.id!r}: the text takes {len(flow.pages):,} pages, more than "
            f"{MOST_PAGES}; use a larger page, a smaller size or a shorter text"
        )
    return flow.pages


def texts(text: str, pages: Sequence[Content], mark: str) -> list[str]:
    """What of a text each page shows, a table in the place of `mark`, its headings on each page.

    Without a table they are, joined, the text as it is set, with code in that place.
    """
    first = next((n for n, page in enumerate(pages) if page.block), None)
    if first is None:
        return [*_cut(normal(text), [page.above for page in pages])]
    above, below = (normal(part) for part in text.split(mark, 1))
    if isinstance(pages[first].block, CodeBlock):
        return _with_code(above, below, pages, first)
    befores = _cut(above, [page.above if n <= first else () for n, page in enumerate(pages)])
    afters = _cut(
        below, [page.below or (page.above if n > first else ()) for n, page in enumerate(pages)]
    )
    tables = (page.block.texts if isinstance(page.block, RuledTable) else () for page in pages)
    parts = zip(befores, map("\n".join, tables), afters, strict=True)
    return ["\n".join(filter(None, map(str.strip, part))) for part in parts]


def _with_code(above: str, below: str, pages: Sequence[Content], first: int) -> list[str]:
    """What each page shows of a text with code, which begins on the page `first`."""
    codes = [page.block for page in pages if isinstance(page.block, CodeBlock)]
    starts = [*(code.rows[0].start for code in codes), None]
    sources = (codes[0].text[start:end] for start, end in pairwise(starts))
    last = first + len(codes) - 1
    shown = [""] * len(pages)
    for start, parts in (
        (0, _cut(above, [page.above for page in pages[: first + 1]])),
        (first, sources),
        (last, _cut(below, [pages[last].below, *(page.above for page in pages[last + 1 :])])),
    ):
        for number, part in enumerate(parts, start):
            shown[number] += part
    return shown


class _Flow:
    """Fills one page after the other; heights are in ems."""

    def __init__(self, content: Content, style: Style) -> None:
        self._style, self._spacing, self._room = style, style.line_spacing, _room(style)
        self._empty = replace(content, above=(), below=(), block=None)
        self.pages = [self._empty]
        self._used = 0.0

    def set_lines(self, lines: Sequence[Line]) -> None:
        while lines:
            number = int((self._room - self._used) / self._spacing)
            if number < 1:
                self._turn()
                continue
            page, some = self.pages[-1], lines[:number]
            below = [*page.below, *some] if page.block else page.below
            above = page.above if page.block else [*page.above, *some]
            self.pages[-1] = replace(page, above=above, below=below)
            self._used += len(some) * self._spacing
            lines = lines[number:]

    def set_table(self, table: RuledTable) -> None:
        """Rows stay whole, but for one that no page has room for."""
        rows: Sequence[_TextRow] = [*zip(table.cells[1:], table.texts[1:], strict=True)]
        while rows:
            free = (
                self._room
                - self._used
                - 2 * GAP
                - replace(table, cells=table.cells[:1]).height(self._spacing)
            )
            if not (number := self._fitting(rows, free)):
                if self._used:
                    self._turn()
                    continue
                rows, number = [*self._torn(rows[0], free), *rows[1:]], 1
            cells, texts = zip(*rows[:number], strict=True)
            part = replace(table, cells=(table.cells[0], *cells), texts=(table.texts[0], *texts))
            self._put(part)
            rows = rows[number:]
            if rows:
                self._turn()

    def set_code(self, code: CodeBlock) -> None:
        """It is split between its rows."""
        rows = code.rows
        while rows:
            number = int((self._room - self._used - 2 * GAP) / self._spacing)
            if number < 1 and not self._used:
                raise RenderingError(
                    f"style {self._style.id!r}: a page has no room for a line of the code; use a "
                    "larger page or a smaller size"
                )
            if number > 0:
                self._put(replace(code, rows=rows[:number]))
                rows = rows[number:]
            if rows:
                self._turn()

    def _put(self, block: RuledTable | CodeBlock) -> None:
        self.pages[-1] = replace(self.pages[-1], block=block)
        self._used += block.height(self._spacing) + 2 * GAP

    def _turn(self) -> None:
        self.pages.append(self._empty)
        self._used = 0.0

    def _fitting(self, rows: Iterable["_TextRow"], free: float) -> int:
        """How many of the rows fit."""
        heights = accumulate(_height(row, self._spacing) for row, _ in rows)
        return sum(1 for _ in takewhile(lambda height: height <= free, heights))

    def _torn(self, row: "_TextRow", free: float) -> tuple["_TextRow", "_TextRow"]:
        """What of a row has room on a page, and what is left of it."""
        number = int((free - RULE) / self._spacing)
        if number < 1:
            raise RenderingError(
                f"style {self._style.id!r}: a page has no room for a row of the table under its "
                "headings; use a larger page or a smaller size"
            )
        cells, _ = row
        parts = (tuple(cell[:number] for cell in cells), tuple(cell[number:] for cell in cells))
        top, rest = (
            (part, " ".join(line.text for cell in part for line in cell)) for part in parts
        )
        return top, rest


_TextRow = tuple[Row, str]  # a row, and what stands in it


def _height(row: Row, spacing: float) -> float:
    return max(map(len, row)) * spacing + RULE


def _room(style: Style) -> float:
    """How high what stands on a page may be, in ems."""
    return (style.page_height_pt - 2 * style.margin_pt) / style.size_pt + _EXACT


def _cut(text: str, pages: Sequence[Sequence[Line]]) -> Iterator[str]:
    """The part of a text that is on each page, with what is blank up to the next page's line."""
    start = place = 0
    for page, lines in enumerate(pages, 1):
        for char in "".join(line.text for line in lines).replace(" ", ""):
            place = text.index(char, place) + 1
        if lines and (gap := _GAP.match(text, place)):
            place += len(gap[0].rstrip(" ") or gap[0])  # a paragraph's indentation is its own
        end = place if page < len(pages) else len(text)
        yield text[start:end]
        start = place = end
