"""Reads items from the rows of a data set's files, names broken rows, and filters the rest."""

import codecs
import csv
import hashlib
import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from pytest_rest.benchmark.suites import hub
from pytest_rest.errors import BenchmarkError
from pytest_rest.terms import Choice, Item

_Cells = Iterator[tuple[str, Any]]  # a place in the file, and its cells or a RowError

LONGEST_QUESTION = 800

_MAX_DOCUMENT = 64 * 2**20  # JSON in one piece takes many times its size in memory
_MAX_LINE = 2**20
_MAX_ROWS = 1_000_000
_MAX_LEFT_OUT = 1_000
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_UTF8 = range(0xDC80, 0xDD00)  # what `surrogateescape` makes of such bytes
_LATEX = re.compile(
    r"\\[A-Za-z]{2}|\\[(\[]"  # \frac, \begin, \(, \[
    r"|[_^]\{"  # H_{2}O
    r"|\$\$"
    # $x^2$, $x$, $(1,5),$: closed, tight, and with a sign of mathematics or in one piece
    r"|(?<![\d\\])\$(?=[^$\n]{0,200}[\\^_=<>|+*{}]|[^\s$]{1,20}\$)"
    r"[^\s$](?:[^$\n]{0,200}[^\s$])?\$(?!\d)"
)


class RowError(ValueError):
    """A row that is not an item; the text says why."""


@dataclass(frozen=True)
class SourceRow:
    """A row of a file: its cells by name, in lower case, or what is `wrong` with it."""

    path: Path
    place: str
    cells: Mapping[str, Any] = field(default_factory=dict)
    wrong: str = ""

    @property
    def number(self) -> int:
        """The number of its line, or of its row, from 1."""
        return int(self.place.rpartition(" ")[2])


@dataclass(frozen=True)
class Loaded:
    """A suite's items in the source's order, and what became of the rows.

    `counts` has `rows`, `readable`, and what is left after each filter, in turn. `left_out` has a
    line for each broken row: where it is, and what is wrong.
    """

    items: tuple[Item, ...]
    counts: Mapping[str, int]
    left_out: tuple[str, ...]


def load(
    source: hub.DataSource,
    folder: hub.Location,
    make_item: Callable[[SourceRow], Item],
    *,
    columns: Sequence[str] = (),
    filters: Mapping[str, Callable[[Item], bool]] | None = None,
) -> Loaded:
    """Make an item of each row of a source; keep those that pass all filters, REST's by default.

    `make_item` raises `RowError` for a row that is not an item. Raises `BenchmarkError` for a file
    that cannot be read, and if no row can.
    """
    rows = itertools.chain.from_iterable(read(path, columns) for path in hub.files(source, folder))
    by_id: dict[str, Item] = {}
    left_out: list[str] = []
    for row in rows:
        try:
            if row.wrong:
                raise RowError(row.wrong)
            item = make_item(row)
            if item.id in by_id:
                raise RowError(f"there is already an item {item.id!r}")
            by_id[item.id] = item
        except RowError as error:
            left_out.append(f"{row.path.name!r}, {row.place}: {error}")
    if not by_id:
        first = f"; the first: {left_out[0]}" if left_out else ""
        raise BenchmarkError(f"none of {len(left_out):,} rows is a row of {source.name}{first}")
    items = list(by_id.values())
    counts = {"rows": len(items) + len(left_out), "readable": len(items)}
    for title, keeps in (FILTERS if filters is None else filters).items():
        items = list(filter(keeps, items))
        counts[title] = len(items)
    if len(left_out) > _MAX_LEFT_OUT:
        left_out[_MAX_LEFT_OUT:] = [f"and {len(left_out) - _MAX_LEFT_OUT:,} rows more"]
    return Loaded(tuple(items), counts, tuple(left_out))


def draw(items: Sequence[Item], n: int | None, seed: int) -> list[Item]:
    """`n` of the items without replacement, in their order; all of them where n is None.

    One item of each cluster comes first, then a second one of each that has more: as many items say
    more the fewer of them belong together. What is drawn depends on the seed, the ids and the
    clusters alone: it is equal on every platform, and a smaller draw is part of a larger one.
    """
    if n is None:
        return [*items]
    if not 0 <= n <= len(items):
        raise BenchmarkError(f"{n:,} items cannot be drawn: there are {len(items):,}")
    lots = [hashlib.sha256(f"{seed}/{item.id}".encode()).digest() for item in items]
    seen: Counter[str] = Counter()
    rounds: dict[int, int] = {}
    for index in sorted(range(len(items)), key=lots.__getitem__):
        cluster = items[index].cluster
        rounds[index] = seen[cluster] if cluster else 0
        seen[cluster] += 1
    drawn = sorted(rounds, key=rounds.__getitem__)[:n]
    return [items[index] for index in sorted(drawn)]


def is_short(item: Item) -> bool:
    """REST's first filter: at most 800 characters of context and question, without choices."""
    return len(f"{item.context}\n{item.question}".strip()) <= LONGEST_QUESTION


def is_without_latex(item: Item) -> bool:
    """REST's second filter: no LaTeX in context, question or choices. Prices are not LaTeX."""
    texts = (item.context, item.question, *(choice.text for choice in item.choices))
    return not any(map(_LATEX.search, texts))


FILTERS = {"short": is_short, "without_latex": is_without_latex}


def text(value: object, what: str) -> str:
    """A cell's text, stripped, with `\\n` at line ends; `RowError` if it is not text."""
    if not isinstance(value, str):
        raise RowError(f"{what} is not text but {type(value).__name__}")
    stripped = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not stripped:
        raise RowError(f"{what} is empty")
    if unfit := _UNFIT.search(stripped):
        code = ord(unfit[0])
        raise RowError(f"{what} {'is not UTF-8' if code in _NOT_UTF8 else f'holds U+{code:04X}'}")
    return stripped


def choices(labels: Sequence[object], texts: Sequence[object]) -> tuple[Choice, ...]:
    """The choices of a row; `RowError` unless there are two, each with a text of its own."""
    if len(labels) != len(texts):
        raise RowError(f"there are {len(labels)} labels for {len(texts)} choices")
    pairs = [(text(label, "a label"), cell) for label, cell in zip(labels, texts, strict=True)]
    listed = tuple(Choice(label, text(cell, f"choice {label[:9]!r}")) for label, cell in pairs)
    if len(listed) < 2:
        raise RowError("it has fewer than two choices")
    for name, fault in (("label", "have one label"), ("text", "read the same")):
        if len({" ".join(getattr(choice, name).split()) for choice in listed}) < len(listed):
            raise RowError(f"two choices {fault}")
    return listed


def read(path: Path, columns: Sequence[str] = ()) -> Iterator[SourceRow]:
    """Each row of a file, in order: JSON, JSONL, CSV, TSV, each also compressed; Parquet, Arrow.

    `columns` name the cells of a table without a header. A row that cannot be read has `wrong` set.
    Raises `BenchmarkError` for a file that cannot be read, or is too large.
    """
    readers = {".json": _json, ".jsonl": _jsonl, ".csv": _table, ".tsv": _table}
    reader = readers.get(hub.format_of(path), _columnar)
    with hub.opened(path) as file:
        for number, (place, cells) in enumerate(reader(path, file, columns)):
            if number >= _MAX_ROWS:
                raise hub.refused(path, f"has more than {_MAX_ROWS:,} rows")
            if isinstance(cells, dict):
                yield SourceRow(
                    path, place, {str(key).strip().lower(): cells[key] for key in cells}
                )
            else:
                wrong = str(cells)[:100] if isinstance(cells, RowError) else "it is not an object"
                yield SourceRow(path, place, wrong=wrong)


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    size = 0
    for number in itertools.count(1):
        line = file.readline(_MAX_LINE + 1)
        size += len(line)
        if not line:
            return
        if len(line) > _MAX_LINE:
            raise hub.refused(path, f"has more than {_MAX_LINE:,} bytes in line {number}")
        if size > hub.MAX_BYTES:
            raise hub.refused(path, f"unpacks to more than {hub.MAX_BYTES:,} bytes")
        yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


class WrittenNumber(float):
    """A number with a point or a power as JSON has it: its text is as it is written."""

    def __new__(cls, text: str) -> Self:
        """The number that a text is."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __str__(self) -> str:
        return self.text


def _decoded(text: str) -> Any:
    """What a text of JSON holds; `ValueError` where a name is twice in an object."""
    return json.loads(text, parse_float=WrittenNumber, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ValueError("a name is twice in an object")
    return named


def _jsonl(path: Path, file: IO[bytes], _: Sequence[str]) -> _Cells:
    for number, line in _lines(path, file):
        if line.strip():
            try:
                cells = _decoded(line.decode())
            except (ValueError, RecursionError) as error:
                cells = RowError(f"it is not JSON: {error}")
            yield f"line {number}", cells


def _json(path: Path, file: IO[bytes], columns: Sequence[str]) -> _Cells:
    """An array of objects, bare or as the hub's viewer gives it; or JSONL by a wrong name."""
    data = file.read(_MAX_DOCUMENT + 1)
    if len(data) > _MAX_DOCUMENT:
        limit = f"more than {_MAX_DOCUMENT:,} bytes"
        raise hub.refused(path, f"has {limit}; give it as JSONL, a row a line")
    try:
        content = _decoded(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        yield from _jsonl(path, io.BytesIO(data), columns)
        return
    if isinstance(content, dict):
        content = next((content[k] for k in ("rows", "data", "test") if k in content), [content])
    for number, row in enumerate(content if isinstance(content, list) else [content], 1):
        yield f"row {number}", row.get("row", row) if isinstance(row, dict) else row


def _table(path: Path, file: IO[bytes], columns: Sequence[str]) -> _Cells:
    """CSV with quotes, TSV without; the first row is a header if it has `question`."""
    lines = (line.decode("utf-8", "surrogateescape") for _, line in _lines(path, file))
    if hub.format_of(path) == ".tsv":
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines, strict=True)
    names: Sequence[str] = ()
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield place, RowError(f"it is not a row of a table: {error}")
            continue
        if cells is None:
            return
        if cells and not names:
            titles = [cell.strip().lower() for cell in cells]
            is_title = "question" in titles or not columns
            names, cells = (titles, []) if is_title else (columns, cells)
        if cells:
            is_whole = len(cells) == len(names)
            wrong = RowError(f"it has {len(cells)} cells, not {len(names)}")
            yield place, dict(zip(names, cells, strict=False)) if is_whole else wrong


def _columnar(path: Path, file: IO[bytes], _: Sequence[str]) -> _Cells:
    for number, cells in enumerate(hub.records(path, file), 1):
        yield f"row {number}", cells
