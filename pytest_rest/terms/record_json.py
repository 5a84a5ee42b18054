"""Takes out of a record what no figure needs, and has once what many records have alike."""

import functools
import sys
from collections.abc import Iterator
from typing import Any

_SHORT = 40  # characters of a text that is likely to come again
_OWN = {"id", "digest", "prompt"}  # which no other record has


def leave_out_texts(data: dict[str, Any]) -> None:
    """Take texts, pictures' digests, and seconds out of a record in builtins.

    Of an answer's text figures need the length, so that it is blank; that of a failure stays.
    """
    _share(data)
    values = {data["answer"]: data["answer"]}  # an item's answers are mostly alike
    for call in _calls(data):
        if call["status"] != "failed":
            is_read = "reference" in call
            call |= {"image": None, "seconds": 0.0}
            call["text"] = "" if is_read else _blank(len(call["text"]))
            if is_read:
                call["reference"] = ""
        _share(call)
        if call.get("value"):
            call["value"] = values.setdefault(call["value"], call["value"])
        if call.get("seen"):
            call["seen"] = _seen(**call["seen"])


def _calls(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from data["answers"].values()
    for again in data["repeats"].values():
        yield from again
    yield from data.get("steps", ())
    for read in filter(None, (data["ocr"], data["ocr_mixed"])):
        yield read
        yield from read.get("pages", ())


def _share(data: dict[str, Any]) -> None:
    """Have one copy of what most records say alike: a model's name, a status, a number."""
    for name, value in data.items():
        kind = type(value)
        if kind is str:
            if len(value) <= _SHORT and name not in _OWN:
                data[name] = sys.intern(value)
        elif kind is int or kind is float:
            data[name] = _number(value)


@functools.cache  # a text is bounded, so that there are not many lengths
def _blank(length: int) -> str:
    return " " * length


@functools.lru_cache(maxsize=4096)
def _seen(width: int, height: int, dpi: float | None) -> dict[str, Any]:
    return {"width": width, "height": height, "dpi": dpi}


@functools.lru_cache(maxsize=4096, typed=True)
def _number(value: float) -> float:
    return value
