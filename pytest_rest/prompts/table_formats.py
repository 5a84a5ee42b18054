"""Writes a table as text: Markdown, HTML, CSV, LaTeX or JSON."""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence

from pytest_rest.terms import DataTable

_Cells = Sequence[str]
_LATEX = re.compile(r"[\\{}$&#%_~^]")
_LATEX_WORDS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def write(table: DataTable, form: str = "markdown") -> str:
    """The table as text in one of `FORMATS`; KeyError for another one."""
    return FORMATS[form](table)


def _markdown(table: DataTable) -> str:
    """Columns as wide as their widest cell, as people write them."""
    grid = [[_one_line(cell).replace("|", r"\|") for cell in row] for row in _grid(table)]
    widths = [max(3, *map(len, column)) for column in zip(*grid, strict=True)]

    def line(cells: _Cells) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(grid[0]), line(["-" * width for width in widths]), *map(line, grid[1:])])


def _html(table: DataTable) -> str:
    def line(cells: _Cells, kind: str) -> str:
        inner = "".join(f"<{kind}>{_break(html.escape(cell))}</{kind}>" for cell in cells)
        return f"<tr>{inner}</tr>"

    rows = [line(table.header, "th"), *(line(row, "td") for row in table.rows)]
    return "\n".join(["<table>", *rows, "</table>"])


def _csv(table: DataTable) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_grid(table))
    return text.getvalue().rstrip("\n")


def _latex(table: DataTable) -> str:
    def line(cells: _Cells) -> str:
        return f"{' & '.join(_LATEX.sub(_tex, _one_line(cell)) for cell in cells)} \\\\"

    rows = [line(table.header), r"\hline", *map(line, table.rows)]
    begin = rf"\begin{{tabular}}{{{'l' * len(table.header)}}}"
    return "\n".join([begin, *rows, r"\end{tabular}"])


def _json(table: DataTable) -> str:
    """An object a row, a row a line; where headings repeat, lists of cells."""
    if len({*table.header}) == len(table.header):
        rows: list[object] = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    else:
        rows = [*_grid(table)]
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]"


def _grid(table: DataTable) -> list[_Cells]:
    return [table.header, *table.rows]


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _break(cell: str) -> str:
    return cell.replace("\n", "<br>")


def _tex(match: re.Match[str]) -> str:
    return _LATEX_WORDS.get(match[0], f"\\{match[0]}")


FORMATS: Mapping[str, Callable[[DataTable], str]] = {
    "markdown": _markdown,
    "html": _html,
    "csv": _csv,
    "latex": _latex,
    "json": _json,
}
