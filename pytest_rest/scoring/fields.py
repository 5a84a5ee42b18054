"""Reads the fields of an answer: a JSON object, or lines `name: value`.

JSON is JSON: with single quotes, cut off, with a name twice, or with NaN it is not an answer, nor
are two objects. Names are compared without case, and `_`, `-` and a space are one. A field that is
missing, null or nested has no text.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.scoring.decoration import fold

LONGEST = 20_000
_MOST = 1_000  # names in an object
_AROUND = " \t\r*_`"
_LINE = re.compile(
    r"[ \t>]{0,20}(?:[-–—*•‣◦·●▪][ \t]{1,8}|\d{1,2}[.)][ \t]{1,8})?"
    r"[*_`\"'“]{0,4}([^\W\d][\w .-]{0,60}?)[*_`\"'”]{0,4} {0,4}[:=：][*_`]{0,4}(.{0,2000})"
)
_NAMED = re.compile(r"(?:^|[\s,;*_`\"'])([^\W\d][\w.-]{0,60})[*_`\"']{0,4} {0,4}[:=：]")


def texts(said: str, names: Sequence[str]) -> dict[str, str | None] | None:
    """The text of each field; None where there are no fields, or not for sure."""
    if len(said) > LONGEST:
        return None
    known = {_plain(name): name for name in names}
    bare = said.lstrip(_AROUND + "\n")
    found = _of_object(bare, known) if bare.startswith("{") else _of_lines(said, known)
    if found is None:
        return None
    return {name: found.get(key) for key, name in known.items()}


def is_object(text: str) -> bool:
    """Whether a text begins as an object, perhaps in a code fence."""
    return bool(re.match(r"\s{0,20}(?:```[a-z]{0,10}\s{0,5})?\{", text))


def write(values: Mapping[str, str]) -> str:
    """Fields as a JSON object."""
    return json.dumps(dict(values), ensure_ascii=False)


def same_name(one: str, other: str) -> bool:
    """Whether two fields cannot be told apart."""
    return _plain(one) == _plain(other)


def _of_object(bare: str, known: Mapping[str, str]) -> dict[str, str | None] | None:
    try:
        content, end = _DECODER.raw_decode(bare)
    except (ValueError, RecursionError):
        return None
    first, *below = bare[end:].split("\n")
    if first.strip(_AROUND + ".") or "{" in bare[end:] or any(_name(line, known) for line in below):
        return None
    return {key: _text(value) for key, value in content.items() if key in known}


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if isinstance(value, str) else None


def _of_lines(said: str, known: Mapping[str, str]) -> dict[str, str | None] | None:
    """What stands on lines with a field's name, up to the first line that has none."""
    found: dict[str, str | None] = {}
    is_over = was_blank = False
    for line in said.split("\n"):
        if not line.strip(_AROUND):
            was_blank = bool(found)
            continue
        match = _LINE.fullmatch(line.rstrip())
        name = _name(line, known)
        if name is None:
            if not match and not (was_blank and found):
                return None
            is_over = not match
            continue
        if is_over or name in found or match is None or _holds_name(match[2], known):
            return None
        found[name], was_blank = match[2].strip() or None, False
    return found or None


def _name(line: str, known: Mapping[str, str]) -> str | None:
    match = _LINE.match(line)
    name = _plain(match[1]) if match else ""
    return name if name in known else None


def _holds_name(value: str, known: Mapping[str, str]) -> bool:
    return any(_plain(match[1]) in known for match in _NAMED.finditer(value))


def _plain(name: str) -> str:
    return re.sub(r"[ _-]{1,60}", " ", fold(name).casefold()).strip()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's values by plain names; `ValueError` for one that is there twice, or too many."""
    named = {_plain(name): value for name, value in pairs}
    if len(named) < len(pairs) or len(pairs) > _MOST:
        raise ValueError("a name is there twice")
    return named


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=str, parse_float=str, parse_constant=_refuse
)
