"""Answers the questions of the suite `tables`, exactly, from the table as it was read.

A heading or a name is one word and a value a whole number there, so a row is its words and numbers,
however the table is written: ruled, as Markdown, HTML, CSV, LaTeX or JSON. A row with more or fewer
cells than the headings was misread, and a question that needs it is not answered.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

_Rows = Sequence[Mapping[str, str]]
_HEADING, _NAME = r"(?P<heading>[A-Za-z]{1,40})", r"(?P<name>[A-Za-z]{1,40})"
_TAG = re.compile(r"<[^<>]{1,40}>")
_CELL = re.compile(r"[A-Za-z]{1,40}|\d{1,9}|\S")
_BETWEEN = re.compile(r"[|,&\\]")
_MOST_LINES, _LONGEST_LINE = 500, 2_000


def answer(text: str) -> str | None:
    """The answer to the text's question; None where it has none, or its table does not say.

    The table stands before the question.
    """
    for pattern, find in _QUESTIONS.items():
        if asked := re.search(pattern, text):
            headings, rows, is_whole = _table(text[: asked.start()])
            if asked["heading"] not in headings:
                return None
            return find(rows, asked, is_whole)
    return None


def _table(text: str) -> tuple[Sequence[str], _Rows, bool]:
    """The headings, the rows by heading, and whether each row has as many cells."""
    lines = [_cells(line) for line in text.splitlines()[:_MOST_LINES]]
    lines = [cells for cells in lines if cells]
    if rows := [row for cells in lines if (row := _pairs(cells))]:
        return [*rows[0]], rows, all({*row} == {*rows[0]} for row in rows)
    at = next((n for n, cells in enumerate(lines) if cells[0] == "Name" and len(cells) > 1), None)
    if at is None:
        return (), (), False
    headings = lines[at]
    below = [cells for cells in lines[at + 1 :] if any(map(str.isdecimal, cells))]
    whole = [cells for cells in below if len(cells) == len(headings)]
    return headings, [dict(zip(headings, each, strict=True)) for each in whole], whole == below


def _cells(line: str) -> list[str]:
    """A line's words and numbers; what LaTeX and Markdown have between rows is none of them."""
    line = line[:_LONGEST_LINE].strip()
    if line.startswith(("\\", "{")) or set(line) <= set("|-: []"):
        return [line] if line.startswith("{") else []
    return _CELL.findall(_BETWEEN.sub(" ", _TAG.sub(" ", line)))


def _pairs(cells: Sequence[str]) -> Mapping[str, str]:
    """A row of JSON; empty for another line."""
    if not cells[0].startswith("{"):
        return {}
    try:
        row = json.loads(cells[0].rstrip(","))
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in row.items()}


def _value_of(rows: _Rows, asked: re.Match[str], is_whole: bool) -> str | None:
    values = [row[asked["heading"]] for row in rows if row["Name"] == asked["name"]]
    return values[0] if len(values) == 1 and values[0].isdecimal() else None


def _count(rows: _Rows, asked: re.Match[str], is_whole: bool) -> str | None:
    values = _numbers(rows, asked["heading"], is_whole)
    return None if values is None else str(sum(value > int(asked["bound"]) for value in values))


def _sum(rows: _Rows, asked: re.Match[str], is_whole: bool) -> str | None:
    values = _numbers(rows, asked["heading"], is_whole)
    return None if values is None else str(sum(values))


def _highest(rows: _Rows, asked: re.Match[str], is_whole: bool) -> str | None:
    values = _numbers(rows, asked["heading"], is_whole)
    if not values or values.count(max(values)) != 1:
        return None
    return rows[values.index(max(values))]["Name"]


def _numbers(rows: _Rows, heading: str, is_whole: bool) -> list[int] | None:
    """A column's values; None unless all of them are there."""
    values = [row.get(heading, "") for row in rows]
    if not is_whole or not all(value.isdecimal() for value in values):
        return None
    return [*map(int, values)]


# How a question is asked, and what finds its answer.
_QUESTIONS: dict[str, Callable[[_Rows, re.Match[str], bool], str | None]] = {
    rf"What value does {_NAME} have in the column {_HEADING}\?": _value_of,
    rf"In how many rows is {_HEADING} above (?P<bound>\d{{1,9}})\?": _count,
    rf"What is the sum of the column {_HEADING}\?": _sum,
    rf"Which Name has the highest {_HEADING}\?": _highest,
}
