"""Turns a quantity that a model wrote into an exact number, and knows which numbers are right.

It is a number (`numerals`), then perhaps a word such as `million`, which multiplies, and a unit:
one of a list (`units`), or of the item's own words. Beside it may stand the same in brackets, such
as `5 (five)`. With anything else it is not an answer.

Neither is a number with another unit than the item's answer has, such as grams for kilograms; or,
if that has none, with another one of the same quantity than the end of the question asks for.
"""

import functools
import re
from fractions import Fraction

from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import numerals, units
from pytest_rest.scoring.answer_text import LONGEST

_BRACKETED = re.compile(r"[(\[] ?([+-]?[\d.][^()\[\]]{0,100})[)\]]([^()\[\]\d]{0,60})")
_BESIDE = re.compile(
    r"([^()\[\]]{1,100}?)(?: |(?=.[A-Za-z]))[(\[] ?([^()\[\]]{1,100}?) ?[)\]]([^()\[\]\d]{0,60})"
)
_DIGITS = re.compile(r"-?\d{1,15}", re.ASCII)  # most answers
_LETTERS = re.compile(r"[^\W\d_]{1,30}")
_TOLERANCE = re.compile(
    r"(?P<size>(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?) ?(?P<percent>%?)",
    re.ASCII,
)
Quantity = tuple[Fraction, units.Unit]


def value(
    text: str, truth: str = "", tolerance: str = "", own: str = "", question: str = ""
) -> str | None:
    """A number as `7`, `-3.5` or `1/3`; None unless the text is one number.

    `own` are the item's own words, among which a unit may be; `question` may ask for one.

    A number within the tolerance of the true one, including its edge, is returned as the true one.
    So agreement stays equality, whatever the order. Being close to each other would not be enough:
    A might agree with B, and B with C, but not A with C.
    """
    if (read := _read(text, own)) is None:
        return None
    right = _read(truth, own)
    number, unit = read
    if units.contradicts(unit, right[1] if right else units.NONE, question):
        return None
    if right and tolerance and abs(number - right[0]) <= allowed(tolerance, right[0]):
        number = right[0]
    written = numerals.exact(number)
    again = _read(written, "")
    return written if again and again[0] == number else None


def allowed(tolerance: str, truth: Fraction) -> Fraction:
    """How far a number may be off: `0.05`, `5e-3`, or `1%` of the true one.

    `BenchmarkError` for a tolerance that is neither, and for a percentage of 0.
    """
    match = _TOLERANCE.fullmatch(tolerance.strip())
    if not match or (match["percent"] and not truth):
        wrong = "is 0 if the answer is 0" if match else "is neither a number nor a percentage"
        raise BenchmarkError(
            f"tolerance {tolerance!r} {wrong}; give a number, such as 0.05, or a percentage of the "
            "answer, such as 1%"
        )
    size = Fraction(match["size"])
    return size * abs(truth) / 100 if match["percent"] else size


@functools.lru_cache(maxsize=1024)  # the right answer's text comes with each answer
def _read(text: str, own: str) -> Quantity | None:
    """A quantity, perhaps with the same or its unit in brackets; None for any other text."""
    if _DIGITS.fullmatch(text):
        return Fraction(text), units.NONE
    text = numerals.plain(text) if len(text) <= LONGEST else ""
    if beside := _BESIDE.fullmatch(text):
        return _confirmed(beside[1], beside[2], beside[3], own)
    if bracketed := _BRACKETED.fullmatch(text):
        text = f"{bracketed[1]} {bracketed[2]}"
    return _quantity(text, own)


def _quantity(text: str, own: str) -> Quantity | None:
    match = numerals.NUMBER.match(text)
    number = numerals.size(match) if match else None
    if match is None or number is None:
        return None
    factor, rest = units.scale(text[match.end() :], bool(match["currency"]))
    if factor == 1 and rest[:1].isalpha() and not _is_joined(rest):
        return None
    unit = units.read(rest, "" if rest[:1].isalpha() else own)
    unit = units.of_money(match["currency"], unit) if unit and match["currency"] else unit
    return (number * factor, unit) if unit else None


def _is_joined(rest: str) -> bool:
    """Whether letters right after a number can be its unit: not those of `1990s` or `5A`."""
    word = _LETTERS.match(rest)
    return word is None or len(word[0]) > 1 or word[0] in "gmhL" or not word[0].isascii()


def _confirmed(said: str, bracketed: str, after: str, own: str) -> Quantity | None:
    """`5 (five)`, `five (5) km`, `7 million (7,000,000)` where both are the same, and `5 (kg)`."""
    outer, inner = (_quantity(part, own) or _spelled(part) for part in (said, bracketed))
    if outer is None or not any(map(str.isdigit, said + bracketed)):
        return None
    other = inner[1] if inner else units.read(bracketed, own)
    named = {outer[1], other, units.read(after, own)} - {units.NONE}
    if len(named) > 1 or (inner and inner[0] != outer[0]):
        return None
    (unit,) = named or {units.NONE}
    return (outer[0], unit) if unit else None


def _spelled(words: str) -> Quantity | None:
    number = numerals.spelled(words)
    return None if number is None else (number, units.NONE)
