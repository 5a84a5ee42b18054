"""Reads what `pytest-rest export` wrote: a run's answers, as they were read and judged there.

The answers to text, image, mixed and file are taken, and what was transcribed. Other modes, and
what an item had to choose from, a table does not hold as it was asked.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from pytest_rest.benchmark.stored import cells
from pytest_rest.benchmark.stored.cells import StoredCall
from pytest_rest.benchmark.suites.rows import RowError
from pytest_rest.terms import COMPARED, FieldAnswer, Mode, Status, Transcription

_OWN = {"run", "task", "verdict", "status", "form"}  # columns that no other table has together
_READ: Mapping[str, Mode] = {"transcription": "image", "transcription-mixed": "mixed"}
_FORMULA = re.compile(r"'+[=+\-@\t\r]")  # what CSV has with one apostrophe more


def is_own(row: Mapping[str, Any]) -> bool:
    """Whether a row is of such a table."""
    return row.keys() >= _OWN


def read(row: Mapping[str, Any], place: str, *, is_csv: bool) -> StoredCall | None:
    """The call in a row; None for one of another mode. `RowError` says what is wrong."""
    row = {name: _plain(value) for name, value in row.items()} if is_csv else row
    form = cells.text(row, "form")
    if cells.text(row, "budget"):
        raise RowError("it was answered under a budget of thinking, which a table does not keep")
    if form not in (*COMPARED, *_READ) or cells.text(row, "task") == "compare":
        return None
    style = cells.text(row, "style")
    style = "" if style == cells.UNKNOWN else style
    of_format = cells.text(row, "format")
    own = {
        **{name: row.get(name) for name in cells.COLUMNS},
        "form": _READ.get(form, form),
        "kind": "text",
        "style": style.removeprefix(of_format).removeprefix("-"),
        "tokens": row.get("output_tokens"),
    }
    taken = {**_taken(row), "fields": _fields(row)}
    judged = replace(cells.call(own, place), status=_status(row), taken=taken)
    return replace(judged, reading=_reading(judged, row)) if form in _READ else judged


def _reading(call: StoredCall, row: Mapping[str, Any]) -> Transcription:
    status, text = call.status or "parsed", call.error or call.text
    rate, right = _number(row, "cer"), bool(call.correct)
    return Transcription(status, text, call.question, rate, right, model=call.model)


def _taken(row: Mapping[str, Any]) -> dict[str, float | None]:
    """What a call took."""
    tokens, seconds = _number(row, "input_tokens"), _number(row, "seconds")
    sent = None if tokens is None else int(tokens)
    return {"input_tokens": sent, "cost": _number(row, "cost"), "seconds": seconds or 0.0}


def _fields(row: Mapping[str, Any]) -> dict[str, FieldAnswer]:
    """What was read in each field, of an answer that has some."""
    if not (said := cells.text(row, "fields")):
        return {}
    try:
        listed = json.loads(said)
        fields: dict[str, FieldAnswer] = {
            str(name): {"value": each["value"], "correct": each["correct"]}
            for name, each in listed.items()
        }
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise RowError("fields is not JSON as an export has it") from None
    for field in fields.values():
        is_value = isinstance(field["value"], str | None)
        if not is_value or not isinstance(field["correct"], bool | None):
            raise RowError("fields is not JSON as an export has it")
    return fields


def _number(row: Mapping[str, Any], column: str) -> float | None:
    said = cells.text(row, column)
    try:
        number = float(said) if said else 0.0
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise RowError(f"{column} {said[:40]!r} is not a number")
    return number if said else None


def _status(row: Mapping[str, Any]) -> Status:
    said, known = cells.text(row, "status"), get_args(Status)
    if said not in known:
        raise RowError(f"status {said[:40]!r} is not one of {', '.join(known)}")
    status: Status = known[known.index(said)]
    return status


def _plain(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and _FORMULA.match(value) else value
