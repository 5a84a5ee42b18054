"""Reads a table from CSV, TSV, HTML or Markdown; its first row has the headings."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from pathlib import Path

from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, quoted, read_text
from pytest_rest.terms import DataTable

SUFFIXES = (".csv", ".tsv", ".html", ".htm", ".md")
MOST_CELLS = 20_000
LONGEST_CELL = 2_000
_RULE = re.compile(r"[|\s:-]{1,10000}")
_QUOTED = re.compile(r'"[^"]*"')
_CELL_END = re.compile(r"(?<!\\)\|")
_LARGEST_SPAN = 1_000

_Rows = Sequence[tuple[int, Sequence[str]]]  # each with its line


def read(path: Path) -> DataTable:
    """The table of a file, of an HTML page the first; `PlaceError` with the line in that file."""
    readers = {".csv": separated, ".tsv": separated, ".md": _markdown}
    text = read_text(path)
    return _table(readers.get(path.suffix.lower(), _html)(text, path.suffix.lower()))


def of_node(node: Node) -> DataTable:
    """The table of a list of rows, each a list of cells; `PlaceError` where it is not one."""
    wanted = "a table is a file, or a list of rows: [[Name, Price], [Lamp, 12]]"
    if not isinstance(node.value, tuple) or not node.value:
        raise PlaceError(node.line, wanted)
    rows = []
    for row in node.value:
        cells = row.value if isinstance(row.value, tuple) else ()
        if not cells or not all(isinstance(cell.value, str) for cell in cells):
            raise PlaceError(row.line, wanted)
        rows.append((row.line, ["" if each.is_nothing else str(each.value) for each in cells]))
    return _table(rows)


def _table(rows: _Rows) -> DataTable:
    """The table, whose rows must have as many cells as there are headings."""
    if len(rows) < 2:
        raise PlaceError(rows[0][0] if rows else 0, "a table needs headings and at least one row")
    (_, header), *others = rows
    for line, cells in others:
        if len(cells) != len(header):
            has = f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}"
            raise PlaceError(line, f"the row has {has}, and there are {len(header)} headings")
    if len(rows) * len(header) > MOST_CELLS:
        raise _too_many_cells()
    for line, cells in rows:
        if too_long := next((cell for cell in cells if len(cell) > LONGEST_CELL), None):
            limit = f"more than {LONGEST_CELL:,} characters"
            raise PlaceError(line, f"the cell {quoted(too_long)} has {limit}")
    return DataTable(_tidy(header), tuple(_tidy(cells) for _, cells in others))


def _too_many_cells() -> PlaceError:
    return PlaceError(0, f"the table has more than {MOST_CELLS:,} cells; use a part of it")


def _tidy(cells: Iterable[str]) -> tuple[str, ...]:
    """Cells without blanks at their ends and within; their line breaks stay."""
    return tuple(
        "\n".join(" ".join(line.split()) for line in cell.strip().splitlines()) for cell in cells
    )


def separated(text: str, suffix: str) -> _Rows:
    """Rows of cells with a comma, a semicolon or a tab between them: what most rows fit.

    Each has its line. A `suffix` of `.tsv` says that it is the tab; `PlaceError` for what is not
    CSV.
    """
    if suffix == ".tsv":
        return _cells(text, "	")
    first = _QUOTED.sub("", text.partition("\n")[0])
    marks = sorted(",;\t", key=first.count, reverse=True)
    return max(
        (_cells(text, mark) for mark in marks if mark in first or mark == marks[0]), key=_fit
    )


def _fit(rows: _Rows) -> int:
    """How many rows have as many cells as there are headings, where those are several."""
    columns = len(rows[0][1]) if rows else 0
    return sum(len(cells) == columns for _, cells in rows[1:]) if columns > 1 else 0


def _cells(text: str, mark: str) -> _Rows:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows, line = [], 1
    try:
        for cells in lines:
            if any(map(str.strip, cells)):
                rows.append((line, cells))
            line = lines.line_num + 1
    except csv.Error as error:
        raise PlaceError(line, f"is not CSV: {error}") from None
    return rows


def _markdown(text: str, _: str) -> _Rows:
    """The lines of the first table: those with a pipe, from the one above a rule on."""
    lines = [line.strip() for line in text.splitlines()]
    rules = [n for n, line in enumerate(lines) if "-" in line and _RULE.fullmatch(line)]
    at = next((n for n in rules if n and "|" in lines[n - 1]), None)
    if at is None:
        raise PlaceError(0, "has no table; write a line |---|---| below the headings")
    rows = [(at, _split(lines[at - 1]))]
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if "|" not in line:
            break
        rows.append((number, _split(line)))
    return rows


def _split(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.replace("\\|", "|") for cell in _CELL_END.split(inner)]


def _html(text: str, _: str) -> _Rows:
    reader = _FirstTable()
    reader.feed(text)
    reader.close()
    if not reader.rows:
        raise PlaceError(0, "has no table; write <table>, and <tr> for each row")
    return reader.rows


class _FirstTable(HTMLParser):
    """Collects the rows of a page's first table; a cell that spans several stands in each."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self._depth = self._count = 0
        self._is_done = self._is_in_row = False
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._from_above: dict[int, tuple[int, str]] = {}  # by column: for how many rows, and what

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A table, a row, a cell, or a line break in one."""
        if self._is_done:
            return
        if tag == "table":
            self._depth += 1
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self.rows.append((self.getpos()[0], []))
            self._is_in_row = True
        elif self._depth == 1 and tag in ("td", "th") and self._is_in_row:
            self._end_cell()
            sizes = {name: value or "" for name, value in attrs}
            self._spans = (_span(sizes.get("colspan", "")), _span(sizes.get("rowspan", "")))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """The end of one of these."""
        if self._is_done or not self._depth:
            return
        if self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
        elif self._depth == 1 and tag in ("tr", "table"):
            self._end_row()
        if tag == "table":
            self._depth -= 1
            self._is_done = not self._depth

    def handle_data(self, data: str) -> None:
        """What stands in a cell; a line break in the file is a blank."""
        if self._cell is not None and not self._is_done:
            self._cell.append(" ".join(re.split(r"[ \t\r\n]+", data)))

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text, (across, down), self._cell = "".join(self._cell), self._spans, None
        row = self.rows[-1][1]
        self._fill(row)
        for _ in range(min(across, MOST_CELLS - len(row))):
            if down > 1:
                self._from_above[len(row)] = (down, text)
            row.append(text)

    def _end_row(self) -> None:
        self._end_cell()
        if not self._is_in_row:
            return
        self._is_in_row = False
        self._fill(self.rows[-1][1])
        self._count += len(self.rows[-1][1])
        if self._count > MOST_CELLS:
            raise _too_many_cells()
        self._from_above = {
            column: (left - 1, text)
            for column, (left, text) in self._from_above.items()
            if left > 1
        }
        if not self.rows[-1][1]:
            self.rows.pop()

    def _fill(self, row: list[str]) -> None:
        """The cells that reach down from rows above to where the row is now."""
        while len(row) in self._from_above and len(row) < MOST_CELLS:
            row.append(self._from_above[len(row)][1])


def _span(text: str) -> int:
    return min(max(int(text), 1), _LARGEST_SPAN) if re.fullmatch(r"\d{1,6}", text) else 1
