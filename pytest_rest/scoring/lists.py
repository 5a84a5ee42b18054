"""Turns a list that a model wrote into its elements, each compared as a short answer.

Elements stand in a JSON array, on lines that begin with bullets or numbers, or in one line,
parted by semicolons, or by commas with perhaps an `and` before the last one. Quotes keep an element
together. What cannot be split for sure is not an answer: an `and` elsewhere, `1,200`, which may be
a number, and a separator without quotes that a right element has in itself.
"""

import itertools
import json
import re
from collections.abc import Sequence
from typing import Any

from pytest_rest.scoring import short_answers
from pytest_rest.scoring.answer_text import before_remarks
from pytest_rest.scoring.decoration import UNSEEN, fold, undecorated

LONGEST, _MOST = 10_000, 1_000  # characters, elements
_WORDS = "and|und|et|och|og|en|ve|dan|и|та|और|&"
_AND = re.compile(
    rf" (?:{_WORDS}) |(?<=[^\W\d]{{2}}) [yei] (?=[^\W\d]{{2}})|(?<=\w)[和及與与と및](?=\w)"
)
_LEADING = re.compile(rf"(?:{_WORDS}) ")
_JOINED = re.compile(r"\w \u0648\w")  # Arabic writes its `and` as one word with the next
_BULLET = re.compile(
    r"([ \t>]{0,20})(?:(?P<dash>[-–—])|[*•‣◦·●▪]|(?P<number>\d{1,3})[.)])[ \t]{1,8}+(?P<text>\S.*)"
)
_NUMBERED = re.compile(r"\(?1[.)] .{1,1000}? \(?2[.)] ")
_QUOTED = re.compile(
    r'"[^"]{1,500}"|“[^”]{1,500}”|„[^“”]{1,500}[“”]|«[^»]{1,500}»|「[^」]{1,500}」|『[^』]{1,500}』'
    r"|‘[^’]{1,500}’|(?<!\w)'[^']{1,500}'(?!\w)"
)
_MASK = "\ue000"  # stands for what is in quotes
_BRACKETS = ("[]", "()", "{}")
_OPENING, _CLOSING = "([{", ")]}"
_NO_ELEMENT = frozenset(("etc", "etc.", "...", "…", "none", "usw", "и т. д", "等"))
_COMMA = re.compile(r"(?<!\d),|,(?!\d)|[、،]")
_RUN = re.compile(r"(?<![\d,])\d{1,30}(?:,\d{1,30})+(?![\d,])")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_BLANK = " \t\r*_`"
_ENDS = ",;、،؛.。"


def value(text: str, truth: str = "", *, is_set: bool = False) -> str | None:
    """The elements as a JSON array, of a set sorted and each once; None if they are not sure.

    `truth` is the right answer, whose elements tell what does not part them.
    """
    written = _elements(text, truth) if len(text) <= LONGEST else None
    if written is None or len(written) > _MOST:
        return None
    elements = [_element(each) for each in written]
    known = [each for each in elements if each is not None]
    if len(known) < len(elements):
        return None
    return write(sorted(set(known)) if is_set else known)


def write(elements: Sequence[str]) -> str:
    """Elements as a JSON array."""
    return json.dumps(list(elements), ensure_ascii=False)


def texts(listed: object) -> list[str] | None:
    """The texts of a JSON array; None where it has anything but texts, numbers and booleans."""
    if not isinstance(listed, list):
        return None
    written: list[Any] = [str(e).lower() if isinstance(e, bool) else e for e in listed]
    return written if all(isinstance(e, str) and e.strip() for e in written) else None


def _element(text: str) -> str | None:
    bare = undecorated(fold(text.translate(UNSEEN)))
    if any(not _THOUSANDS.fullmatch(run[0]) for run in _RUN.finditer(bare)):
        return None  # 1,5 may be 1.5
    return short_answers.value(bare)


def _elements(text: str, truth: str) -> list[str] | None:
    if (listed := _array(text)) is not None:
        return texts(listed)
    lines = before_remarks(text).split("\n")
    while lines and not lines[0].strip(_BLANK):
        del lines[0]
    if not lines:
        return None
    if _NUMBERED.match(lines[0].lstrip()):
        return None
    if _BULLET.match(lines[0]):
        return _of_bullets(lines)
    said, *rest = lines
    while rest and rest[0].strip() and said.rstrip().endswith((",", ";")):
        said += f" {rest.pop(0)}"
    goes_on = bool(rest and rest[0].strip(_BLANK))
    is_below = goes_on and text.lstrip(_BLANK).startswith("\n")
    if is_below or any(_BULLET.match(line) or line.lstrip().startswith("[") for line in rest):
        return None
    elements = _of_line(fold(said), truth)
    return None if goes_on and elements and len(elements) == 1 else elements


def _array(text: str) -> list[Any] | None:
    """A JSON array, its numbers as they are written; None for any other text."""
    bare = text.strip().strip("*`").strip()
    if not bare.startswith("["):
        return None
    try:
        listed: list[Any] = json.loads(bare, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return listed


def _of_bullets(lines: list[str]) -> list[str] | None:
    """The texts of lines with bullets, which other lines may follow; None where one goes on."""
    bullets: list[re.Match[str]] = []
    is_over = was_blank = False
    for line in lines:
        match = _BULLET.match(line)
        if match and (is_over or (match["dash"] and match["text"][0].isdecimal())):
            return None  # a second list; a minus sign or a dash
        if match:
            bullets.append(match)
        elif line.strip() and not was_blank:
            return None
        is_over = is_over or not (match or not line.strip())
        was_blank = is_over or not line.strip()
    return [each["text"].strip().rstrip(_ENDS) for each in bullets] if _is_one(bullets) else None


def _is_one(bullets: Sequence[re.Match[str]]) -> bool:
    """Whether bullets are all of one level, and their numbers in order, or the same."""
    depths = [len(each[1]) for each in bullets]
    numbers = [int(each["number"] or 0) for each in bullets]
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    return max(depths) - min(depths) < 2 and steps in (set(), {0}, {1})


def _of_line(said: str, truth: str) -> list[str] | None:
    if len(said) > LONGEST:
        return None
    if not _QUOTED.search(said):
        said = undecorated(said)
    said = said.replace("\\{", "{").replace("\\}", "}").strip(_BLANK).rstrip(".。")
    is_closed = said[:1] + said[-1:] in _BRACKETS
    if is_closed and said[0] == "{" and ":" in said:
        return None  # an object
    quoted = _QUOTED.findall(said)
    parts = _parts(_QUOTED.sub(_MASK, said[1:-1] if is_closed else said), truth, is_closed)
    if parts is None or not all(map(_is_whole, parts)):
        return None
    restored = iter(quoted)
    return [re.sub(_MASK, lambda _: next(restored), part) for part in parts]


def _is_whole(part: str) -> bool:
    """Whether a part is an element, and not half of one in brackets, or an `etc.`."""
    depth = 0
    for char in part:
        depth += (char in _OPENING) - (char in _CLOSING)
        if depth < 0:
            return False
    return not depth and bool(part.strip()) and part.strip().casefold() not in _NO_ELEMENT


def _parts(said: str, truth: str, is_closed: bool) -> list[str] | None:
    """What a line without what is in quotes has, parted at its separators."""
    own = texts(_array(truth)) or []
    has_and = any(_AND.search(each) for each in own)
    if _MASK in "".join(own):
        return None
    if ";" in said:
        parts = None if any(";" in each for each in own) else said.split(";")
    else:
        parts = _at_commas(said, any(_COMMA.search(each) for each in own), is_closed)
        if parts and not has_and and any(_AND.search(part) for part in parts[:-1]):
            return None
    if not parts:
        return None
    last = parts[-1].strip()
    if len(parts) > 1 and (leading := _LEADING.match(last)):
        last = last[leading.end() :]
        return None if _AND.search(last) and not has_and else [*parts[:-1], last]
    joints = _AND.findall(last)
    if (joints and has_and) or len(joints) > 1 or (len(parts) > 1 and _JOINED.search(last)):
        return None
    return [*parts[:-1], *_AND.split(last)]


def _at_commas(said: str, is_in_element: bool, is_closed: bool) -> list[str] | None:
    """The parts between commas; those of numbers part nothing, unless there are no others."""
    parts = _COMMA.split(said)
    is_quoted = all(_LEADING.sub("", part.strip(), count=1) == _MASK for part in parts)
    runs = _RUN.findall(said)
    if len(parts) > 1:
        return None if is_in_element and not is_quoted else parts
    if not runs or _AND.search(said):
        return parts
    if _THOUSANDS.fullmatch(runs[0]) or (runs[0].count(",") < 2 and not is_closed):
        return None
    return said.split(",")
