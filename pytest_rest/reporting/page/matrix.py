"""Turns report.json's items into the page's matrix: an item a row, a form a column.

A cell compares its value with the item's reference: the value of its text form, of the first format
whose text form has one; where none has, the most frequent value among its forms, and of values as
frequent as each other that of the first column. A cell agrees where it has the same value, and
deviates where it has another one:

    right               agrees, and is right
    right, but deviates is right, and the reference is not
    deviates            is wrong, and the reference's value is another one
    wrong, but agrees   has the reference's value, which is wrong
    agrees, differs     the same, where nobody says what is right
    no answer           was answered without a value: refused, abstained, cut off, unreadable
    lost                its call failed, or its test gave no record

Rows are sorted by how many of their cells deviate or have no answer, then by how many are lost, and
how many wrong; items that fail in the same forms stand together.
"""

import functools
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from pytest_rest.reporting.entries import Outline, Said
from pytest_rest.reporting.page import style_grid
from pytest_rest.safe_text import shown
from pytest_rest.terms import COMPARED, OCR_MODES, RH_BENCH, WITHOUT_STYLE

_BYTES = 3_000_000  # of all rows together
_VALUE = 60  # characters of a value
_PICTURES = 20  # of each style, of which one is its example
_POOLED = "colour"  # what a column is called that has a colour for each item


@dataclass(frozen=True)
class State:
    """What a cell says: its letter in a row, the class of its colour, and its words."""

    letter: str
    name: str
    words: str


STATES = (
    State("r", "right", "right"),
    State("d", "deviates", "deviates"),
    State("p", "apart", "right, but deviates"),
    State("w", "wrong", "wrong, but agrees"),
    State("a", "agrees", "agrees"),
    State("o", "differs", "differs"),
    State("n", "none", "no answer"),
    State("l", "lost", "lost"),
)
_UNASKED = "."
_DIFFERS = "dpon"  # whose value, or status, is not the reference's

Key = tuple[str, str]  # suite and id of an item
Slot = tuple[str, str, str]  # format, style, mode; some forms have no style
_Row = tuple[Key, str | None, tuple[str, ...]]  # the reference, and what is not that


_LOST = Said(None, None, "failed")


@functools.lru_cache(maxsize=4096)
def _shared(said: Said) -> Said:
    """One copy of what many cells say."""
    return said


@dataclass(frozen=True)
class Matrix:
    """What the template shows of the matrix, and the `content` that the script draws."""

    items: int
    forms: int
    agreeing: int  # items all of whose cells agree
    left_out: int
    legend: Sequence[tuple[State, int]]
    has_text: bool
    modes: Sequence[str]  # of the other forms, in their order
    content: Mapping[str, Any]


class Gathered:
    """The cells of items that are added one by one."""

    def __init__(self) -> None:
        self._items: dict[Key, dict[Slot, Said]] = defaultdict(dict)
        self._styles: dict[str, dict[Slot, None]] = defaultdict(dict)  # what each was asked in
        self._lost: list[tuple[Key, str]] = []
        self._slots: dict[Slot, Slot] = {}
        self._pictures: dict[str, dict[Key, str]] = defaultdict(dict)

    def add(self, outline: Outline, entry: Callable[[], Mapping[str, Any]]) -> None:
        """One of the report's items, and what builds it, which some are asked for a picture.

        RH-Bench's have one form, which agrees with itself.
        """
        if outline.suite == RH_BENCH:
            return
        key, style = (outline.suite, outline.item), outline.style
        cells, styles = self._items[key], self._styles[style]
        for mode, said in outline.said.items():
            slot = (outline.format, "" if mode in WITHOUT_STYLE else style, mode)
            slot = self._slots.setdefault(slot, slot)
            cells.setdefault(slot, _shared(said))
            styles[slot] = None
        if outline.verdict == "lost":
            self._lost.append((key, style))
        pictures = self._pictures[style]
        is_wanted = len(pictures) < _PICTURES and "image" in outline.said
        if is_wanted and (image := entry()["answers"]["image"].get("image")):
            pictures[key] = image

    @property
    def examples(self) -> dict[str, str]:
        """For each style a picture's digest, of one item wherever it was asked in that style."""
        often = Counter(key for pictures in self._pictures.values() for key in pictures)
        return {
            style: pictures[min(pictures, key=lambda key: (-often[key], key))]
            for style, pictures in self._pictures.items()
            if pictures
        }

    def matrix(self, lost: Iterable[Mapping[str, Any]], modes: Sequence[str]) -> Matrix | None:
        """The matrix, with what was lost without a record; None where there is nothing to see."""
        named = [((e["suite"], e["item"]), e["style"]) for e in lost if e["suite"] != RH_BENCH]
        for key, style in (*self._lost, *named):
            slots = self._styles.get(style) or [
                ("", "" if m == "text" else style, m) for m in modes
            ]
            for slot in slots:
                self._items[key].setdefault(slot, _LOST)
        columns = _columns(self._items.values(), self._styles)
        if not self._items or len(columns) < 2:
            return None
        suites = {suite: number for number, suite in enumerate(sorted({k[0] for k in self._items}))}
        texts = [place for place, column in enumerate(columns) if column.mode == "text"]
        number, rows = len(self._items), self._rows(columns, texts)
        counts: Counter[str] = Counter()
        for letters, alike in rows.items():
            counts.update({letter: n * len(alike) for letter, n in Counter(letters).items()})
        drawn = [*_bounded(rows, suites)]
        agreeing = [alike for letters, alike in rows.items() if not {*letters} & {*_DIFFERS, "l"}]
        return Matrix(
            items=number,
            forms=len(columns),
            agreeing=sum(map(len, agreeing)),
            left_out=number - len(drawn),
            legend=[(state, counts[state.letter]) for state in STATES if counts[state.letter]],
            has_text=bool(texts),
            modes=[
                *dict.fromkeys(column.mode for column in columns if column.mode != column.group)
            ],
            content={
                "columns": [column.to_builtins() for column in columns],
                "suites": [shown(suite) for suite in suites],
                "rows": drawn,
            },
        )

    def _rows(self, columns: Sequence["_Column"], texts: Sequence[int]) -> dict[str, list[_Row]]:
        """The rows by their letters, of which there are few; the cells are let go of for them."""
        places = {slot: place for place, column in enumerate(columns) for slot in column.slots}
        rows: dict[str, list[_Row]] = defaultdict(list)
        while self._items:
            key, cells = self._items.popitem()
            letters, row = _row(key, _placed(cells, places), texts)
            rows[letters].append(row)
        return rows


@dataclass(frozen=True)
class _Column:
    """The forms that share a column, below the name of their group."""

    group: str
    label: str
    mode: str
    slots: Sequence[Slot]
    styles: Sequence[str]

    def to_builtins(self) -> dict[str, Any]:
        """What the script needs of it."""
        one = shown(self.styles[0]) if len(self.styles) == 1 else f"{self.group} {self.label}"
        name = " ".join(filter(None, (self.mode, self.label)))
        return {
            "group": shown(self.group, 40),
            "label": shown(self.label, 20),
            "mode": shown(self.mode, 40),
            "name": shown(name if self.mode == self.group else f"{self.mode}, {one}"),
            "styles": [shown(style) for style in self.styles],
        }


def _columns(
    items: Collection[Mapping[Slot, Said]], styles: Mapping[str, Collection[Slot]]
) -> list[_Column]:
    """Forms without a style, then each style's: by format, font and resolution, colours last."""
    slots = list(dict.fromkeys(slot for cells in items for slot in cells))
    shared = {slot: _pool(slot) for slot in slots}
    for cells in items:
        often = Counter(pool for slot in cells if (pool := shared[slot]))
        twice = {pool for pool, n in often.items() if n > 1}
        if twice:  # an item in two colours: a column for each
            shared = {slot: pool if pool not in twice else None for slot, pool in shared.items()}
    columns: dict[Any, list[Slot]] = defaultdict(list)
    for slot in sorted(slots, key=_place):
        columns[shared[slot] or slot].append(slot)
    return [_column(together, styles) for together in columns.values()]


def _column(slots: Sequence[Slot], styles_asked: Mapping[str, Collection[Slot]]) -> _Column:
    written, style, mode = slots[0]
    if not style:
        asked = [style for style, known in styles_asked.items() if slots[0] in known]
        return _Column(mode, written, mode, slots, asked)
    look = style_grid.parse(style, written)
    styles = [slot[1] for slot in slots]
    if look is None:
        return _Column(style, "", mode, slots, styles)
    color = _POOLED if len(slots) > 1 else look.color
    label = color if look.is_colored else str(look.dpi)
    group = f"{written} {look.font}{look.rest}".strip()
    return _Column(group, label, mode, slots, styles)


def _pool(slot: Slot) -> tuple[object, ...] | None:
    """What the coloured styles share that differ in their colours alone; None for others."""
    written, style, mode = slot
    look = style_grid.parse(style, written) if style else None
    if look is None or not look.is_colored:
        return None
    return (written, look.font, look.dpi, look.rest, mode)


def _place(slot: Slot) -> tuple[object, ...]:
    written, style, mode = slot
    look = style_grid.parse(style, written)
    known = (*COMPARED, *OCR_MODES)
    rank = known.index(mode) if mode in known else len(known)
    # the modes of a column that has many colours stand together, as those of any style
    named = (look is None, *(look.place[:5] if look else ()), style if look is None else "")
    return (bool(style), rank if not style else 0, written, *named, rank, style)


def _placed(cells: Mapping[Slot, Said], places: Mapping[Slot, int]) -> list[Said | None]:
    row: list[Said | None] = [None] * (1 + max(places.values()))
    for slot, cell in cells.items():
        row[places[slot]] = cell
    return row


def _row(key: Key, cells: Sequence[Said | None], texts: Sequence[int]) -> tuple[str, _Row]:
    """A row, and its letters."""
    said = [cell.value for place in texts if (cell := cells[place])]
    values = Counter(cell.value for cell in cells if cell and cell.value is not None)
    most = values.most_common(1)[0][0] if values else None
    reference = next((value for value in said if value is not None), most)
    letters = "".join(_letter(cell, reference) for cell in cells)
    pairs = zip(letters, cells, strict=True)
    others = [cell.value or cell.status for letter, cell in pairs if letter in _DIFFERS and cell]
    return letters, (key, reference, tuple(others))


def _letter(cell: Said | None, reference: str | None) -> str:
    if cell is None:
        return _UNASKED
    if cell.value is None:
        return "l" if cell.status == "failed" else "n"
    deviates = cell.value != reference
    if cell.correct is None:
        return "o" if deviates else "a"
    return ("p" if deviates else "r") if cell.correct else ("d" if deviates else "w")


def _order(letters: str) -> tuple[int, int, int, str]:
    apart = sum(letters.count(letter) for letter in _DIFFERS)
    return (-apart, -letters.count("l"), -letters.count("w"), letters)


def _bounded(rows: Mapping[str, list[_Row]], suites: Mapping[str, int]) -> Iterator[list[Any]]:
    """The first rows, as many as there is room for."""
    room = _BYTES
    for letters in sorted(rows, key=_order):
        for (suite, name), reference, others in sorted(rows[letters], key=itemgetter(0)):
            value = None if reference is None else shown(reference, _VALUE)
            each = [shown(other, _VALUE) for other in others]
            row = [suites[suite], shown(name), letters, value, each]
            room -= len(json.dumps(row))
            if room < 0:
                return
            yield row
