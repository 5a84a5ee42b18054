"""Turns a record's line of JSON into builtins of little memory: what is alike is there once."""

import functools
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

_SHORT = 40  # characters of a text that is likely to come again
_OWN = {"id", "digest", "prompt", "image"}  # which no other record has
_UNNEEDED: Mapping[str, Any] = {"image": None, "seconds": 0.0}  # by figures
_SEEN = {"width", "height", "dpi"}


def decode(line: str) -> dict[str, Any]:
    """A record as builtins; models' names, statuses, sizes and the like are shared by all."""
    data: dict[str, Any] = _DECODER.decode(line)
    return data


def leave_out_texts(data: Mapping[str, Any]) -> None:
    """Take what no figure needs out of a record: texts, pictures' digests, and seconds.

    Of an answer's text they need the length, so that it is blank; that of a failure stays.
    """
    for call in _calls(data):
        if call["status"] != "failed":
            call |= _UNNEEDED
            call["text"] = _blank(len(call["text"]))
            if "reference" in call:
                call["text"] = call["reference"] = ""


def _calls(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from data["answers"].values()
    for again in data["repeats"].values():
        yield from again
    yield from data.get("steps", ())
    for read in filter(None, (data["ocr"], data["ocr_mixed"])):
        yield read
        yield from read.get("pages", ())


@functools.cache  # a text is bounded, so that there are not many lengths
def _blank(length: int) -> str:
    return " " * length


def _sharing(data: dict[str, Any]) -> dict[str, Any]:
    """The same with one copy of what most records say alike: a model's name, a status, a size."""
    if data.keys() == _SEEN and type(data["width"]) is int:
        return _seen(**data)
    for name, value in data.items():
        if type(value) is str and len(value) <= _SHORT and name not in _OWN:
            data[name] = sys.intern(value)
    return data


@functools.lru_cache(maxsize=4096)
def _seen(width: int, height: int, dpi: float | None) -> dict[str, Any]:
    return {"width": width, "height": height, "dpi": dpi}


# a number is made once, as most are small and come again
_parse_int = functools.lru_cache(maxsize=4096)(int)
_DECODER = json.JSONDecoder(object_hook=_sharing, parse_int=_parse_int)
