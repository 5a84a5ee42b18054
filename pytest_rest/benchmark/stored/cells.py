"""Turns a row's cells into one stored call: which item it answers, in which form, and how."""

import contextlib
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, get_args

from pytest_rest.benchmark import item_tags
from pytest_rest.benchmark.suites.rows import RowError
from pytest_rest.benchmark.yaml_nodes import quoted
from pytest_rest.errors import nearest
from pytest_rest.terms import (
    ANSWER_KINDS,
    COMPARED,
    RH_BENCH,
    AnswerKind,
    Mode,
    Status,
    Transcription,
)

COLUMNS = (
    *("item", "suite", "form", "style", "format", "repeat", "answer", "value", "expected"),
    *("kind", "correct", "error", "model", "tokens", "question", "cluster", "tags"),
    "day_first",
)
KINDS = tuple(kind for kind in ANSWER_KINDS if kind != "choice")
RESERVED = {"mean", "pooled", "all", "ocr_correct", RH_BENCH}  # words of a report, and of a gate
LONGEST_NAME = 100
UNKNOWN = "unknown"  # the style of answers that do not say it

_NAME = re.compile(rf"[^\s@<>]{{1,{LONGEST_NAME}}}")
_STRUCTURED = ("list", "set", "fields")  # kinds whose answers may be JSON
_TRUTHS = {"": None, "true": True, "1": True, "false": False, "0": False}
_LONGEST_TEXT = 1 << 20
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what a table's reader makes of such bytes


@dataclass(frozen=True, slots=True)
class StoredCall:
    """One answer as it is stored, and `place`, the file and line that it is in.

    `value` is what somebody has read out of it; without one `text` is to be read. `expected` are
    the right answers, any of them; where there is none, `correct` is what another judge said. With
    a `status` the answer was read and judged by this project; a `reading` is a transcription of the
    mode's picture.
    """

    place: str
    item: str
    suite: str
    mode: Mode
    style: str
    format: str
    repeat: int
    text: str
    value: str | None
    expected: tuple[str, ...]
    kind: AnswerKind
    correct: bool | None
    error: str
    model: str
    tokens: int | None
    question: str
    cluster: str
    status: Status | None = None
    taken: Mapping[str, Any] = field(default_factory=dict)  # input_tokens, cost, seconds
    reading: Transcription | None = None
    tags: tuple[str, ...] = ()
    day_first: bool | None = None

    def to_json(self) -> str:
        """One line of ASCII; what was transcribed is no answer, and not in it."""
        return json.dumps({name: getattr(self, name) for name in _WRITTEN})

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The call that `to_json` wrote."""
        data = json.loads(line)
        return cls(**data | {name: tuple(data[name]) for name in ("expected", "tags")})


_WRITTEN = [name for name in StoredCall.__dataclass_fields__ if name != "reading"]


def call(cells: Mapping[str, Any], place: str) -> StoredCall:
    """The call in a row, whose names are those of `COLUMNS`; `RowError` says what is wrong."""
    kind = text(cells, "kind") or "short"
    if kind not in KINDS:
        hint = "; say short, and give labels" if kind == "choice" else nearest(kind, KINDS)
        raise RowError(f"kind {quoted(kind)} is not one of {', '.join(KINDS)}{hint}")
    form = text(cells, "form").strip()
    if form not in COMPARED:
        said = f"form {quoted(form)}" if form else "form"
        raise RowError(
            f"{said} is {'not one' if form else 'missing: one'} of {', '.join(COMPARED)}"
        )
    if kind in _STRUCTURED:
        cells = {**cells, **{name: _written(cells.get(name)) for name in ("answer", "value")}}
    value = cells.get("value")
    return StoredCall(
        place=place,
        item=_name(cells, "item", is_word=False),
        suite=_name(cells, "suite"),
        mode=next(mode for mode in get_args(Mode) if mode == form),
        style=_name(cells, "style", may_lack=True),
        format=_name(cells, "format", may_lack=True),
        repeat=_number(cells, "repeat") or 0,
        text=text(cells, "answer"),
        value=None if value is None or value == "" else text(cells, "value"),
        expected=_expected(cells.get("expected"), kind),
        kind=next(known for known in KINDS if known == kind),
        correct=_truth(cells, "correct"),
        error=text(cells, "error"),
        model=text(cells, "model").strip(),
        tokens=_number(cells, "tokens"),
        question=text(cells, "question").strip(),
        cluster=_name(cells, "cluster", is_word=False, may_lack=True),
        tags=_tags(cells.get("tags")),
        day_first=_truth(cells, "day_first"),
    )


def text(cells: Mapping[str, Any], column: str) -> str:
    """A cell's text, empty where there is none; `RowError` for a list or a mapping."""
    return _text(cells.get(column), column)


def _text(value: object, column: str) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""  # other programs write NaN where there is nothing
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise RowError(f"{column} is a list or a mapping; write one text")
    said = value if isinstance(value, str) else str(value)
    if len(said) > _LONGEST_TEXT:
        raise RowError(f"{column} has more than {_LONGEST_TEXT:,} characters")
    if not said.isascii() and _NOT_UTF8.search(said):
        raise RowError(f"{column} is not UTF-8")
    return said


def _name(
    cells: Mapping[str, Any], column: str, *, is_word: bool = True, may_lack: bool = False
) -> str:
    name = text(cells, column).strip()
    if not name and may_lack:
        return ""
    if not name:
        raise RowError(f"{column} is missing")
    is_short = name.isprintable() and len(name) <= LONGEST_NAME
    if not is_short or (is_word and not _NAME.fullmatch(name)):
        rule = "a word of" if is_word else "a name of"
        raise RowError(
            f"{column} {quoted(name)} is not {rule} at most {LONGEST_NAME} characters"
            + (", without blanks, @, < and >" if is_word else "")
        )
    if is_word and name in RESERVED:
        raise RowError(f"{column} {quoted(name)} is a word of the report; choose another")
    return sys.intern(name) if is_word else name  # a suite is that of many items


def _number(cells: Mapping[str, Any], column: str) -> int | None:
    said = text(cells, column).strip().removesuffix(".0")
    if not said:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", said):
        raise RowError(f"{column} {quoted(said)} is not a whole number")
    return int(said)


def _truth(cells: Mapping[str, Any], column: str) -> bool | None:
    said = text(cells, column).strip().lower().removesuffix(".0")
    if said not in _TRUTHS:
        raise RowError(f"{column} {quoted(said)} is neither true nor false")
    return _TRUTHS[said]


def _expected(value: object, kind: str) -> tuple[str, ...]:
    """One answer, or a list of them, which a table has as JSON; a list may be one answer itself."""
    listed = _listed(value)
    if kind in ("list", "set") and not all(isinstance(each, list) for each in listed):
        listed = [listed if isinstance(value, list) or len(listed) > 1 else value]
    return _distinct(map(_written, listed) if kind in _STRUCTURED else listed, "expected")


def _written(value: object) -> object:
    """A list or a mapping as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _tags(value: object) -> tuple[str, ...]:
    """Words with semicolons between them, or a list, which a table may have as JSON."""
    listed = _listed(value)
    words = listed[0].split(";") if len(listed) == 1 and isinstance(listed[0], str) else listed
    tags = _distinct(words, "tags")
    if wrong := item_tags.fault(tags):
        raise RowError(wrong)
    return tags


def _listed(value: object) -> list[Any]:
    """What a cell holds: a list, as JSON if it is a text, or one thing."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):  # a text in brackets
            value = json.loads(value)
    return value if isinstance(value, list) else [value]


def _distinct(values: Iterable[object], column: str) -> tuple[str, ...]:
    texts = (_text(each, column).strip() for each in values)
    return tuple(dict.fromkeys(filter(None, texts)))
