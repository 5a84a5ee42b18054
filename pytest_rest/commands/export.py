"""Write a run's answers as a table, a row an answer, or its figures laid out as in REST's paper.

What a column holds is in docs/export.md. In CSV, an answer that a spreadsheet would take
for a formula has an apostrophe before it.
"""

import csv
import io
import json
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from pytest_rest.commands import GOOD, writing
from pytest_rest.credentials import masked
from pytest_rest.errors import BaselineError, OptionError
from pytest_rest.reporting import answer_rows, paper_table, runs
from pytest_rest.reporting.answer_rows import COLUMNS, Row
from pytest_rest.reporting.atomic_file import replacing, save

_SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet", ".md": "markdown"}
_SUFFIXES |= {".tex": "latex"}
_TABLES = get_args(paper_table.Format)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{1,400})?")
_END = "\r\n"
_BATCH = 10_000  # rows of a Parquet file that are in memory at once


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or its report.json"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=f"the file to write: {', '.join(_SUFFIXES)} (default: standard output)",
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=_SUFFIXES.values(),
        help="csv, jsonl, parquet: a row an answer; markdown, latex: the table of the paper, a row "
        "a run (default: as FILE ends, else csv)",
    )


def run(arguments: Namespace) -> int:
    """Write it, and say where."""
    form = arguments.form or _form(arguments.output)
    if form == "parquet" and arguments.output is None:
        raise OptionError("Parquet is not for a terminal; name a file: -o answers.parquet")
    try:
        if form == "parquet":
            _write_parquet(_rows(arguments.runs), arguments.output)
        elif arguments.output is None:
            sys.stdout.writelines(map(_printable, _lines(form, arguments.runs)))
        else:
            with writing(arguments.output):
                save(map(_printable, _lines(form, arguments.runs)), arguments.output)
    except (KeyError, TypeError, AttributeError) as error:
        raise BaselineError(f"a report cannot be read: {type(error).__name__} {error}") from None
    if arguments.output is not None:
        print(arguments.output)
    return GOOD


def _form(output: Path | None) -> str:
    if output is None:
        return "csv"
    if form := _SUFFIXES.get(output.suffix.lower()):
        return form
    raise OptionError(f"{str(output)!r} does not say as what; name it {', '.join(_SUFFIXES)}")


def _lines(form: str, paths: Sequence[Path]) -> Iterator[str]:
    if form in _TABLES:
        reports = [*map(runs.report, paths)]
        return (f"{line}\n" for line in paper_table.lines(reports, form))  # type: ignore[arg-type]
    rows = _rows(paths)
    return _csv_lines(rows) if form == "csv" else (f"{json.dumps(row)}\n" for row in rows)


def _rows(paths: Sequence[Path]) -> Iterator[Row]:
    for path in paths:
        report = runs.report(path)
        yield from answer_rows.rows(report, runs.prompts(path), runs.folder(path).resolve().name)


def _csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    rows = iter(rows)
    first = [*islice(rows, 1)]  # before the heading: what cannot be read has none
    for cells in chain([COLUMNS], (map(_cell, row.values()) for row in chain(first, rows))):
        line = io.StringIO()
        csv.writer(line).writerow(cells)  # it quotes what ends its lines, which is CR LF
        yield f"{line.getvalue().removesuffix(_END)}\n"


def _cell(value: Any) -> Any:
    """A value as CSV has it: what a spreadsheet would run is text, by an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _write_parquet(rows: Iterator[Row], output: Path) -> None:
    try:
        import pyarrow  # imported when first used: it is large
        from pyarrow import parquet
    except ImportError:
        needs = "needs another package: pip install 'pytest-rest[datasets]'"
        raise OptionError(f"Parquet {needs}; or write .csv or .jsonl") from None
    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    kinds[bool] = pyarrow.bool_()
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    with writing(output), replacing(output) as half, parquet.ParquetWriter(half, schema) as writer:
        while batch := [*islice(rows, _BATCH)]:
            for row in batch:
                texts = {name: value for name, value in row.items() if isinstance(value, str)}
                row.update({name: masked(_printable(text)) for name, text in texts.items()})
            writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _printable(text: str) -> str:
    """Without lone surrogates, which no encoding has."""
    return text.encode("utf-8", "replace").decode()
