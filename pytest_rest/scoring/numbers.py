"""Turns a number that a model wrote into an exact one, and knows which numbers are right."""

import re
import unicodedata
from fractions import Fraction

from pytest_rest.errors import BenchmarkError

_CURRENCY = "$€£¥₣₺"
_NUMBER = re.compile(
    rf"(?:[A-Za-z] ?= ?)?"  # the variable that was asked for
    rf"(?P<sign>[+-]?) ?[{_CURRENCY}]? ?"
    r"(?P<whole>\d{1,3}(?:,\d{3}){1,9}|\d{0,30})"
    r"(?:(?P<decimals>\.\d{1,30})| ?/ ?(?P<denominator>\d{1,30}))?"
    rf"(?! (?:or|and|to|not)\b)(?: ?[%{_CURRENCY}]| [A-Za-z]{{1,20}}){{0,3}}"  # a unit
)
_SIGNS = str.maketrans("−–－＋．，／⁄", "---+.,//")
_TOLERANCE = re.compile(
    r"(?P<size>(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?) ?(?P<percent>%?)",
    re.ASCII,
)


def value(text: str, truth: str = "", tolerance: str = "") -> str | None:
    """A number as `7`, `-3.5` or `1/3`; None unless the text is one number.

    A number within the tolerance of the true one, including its edge, is returned as the true one.
    So agreement stays equality, whatever the order. Being close to each other would not be enough:
    A might agree with B, and B with C, but not A with C.
    """
    number, own = _read(text), _read(truth) if tolerance else None
    if number is None:
        return None
    is_right = own is not None and abs(number - own) <= allowed(tolerance, own)
    return _exact(own if own is not None and is_right else number)


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


def _read(text: str) -> Fraction | None:
    # not in NFKC, which would turn 5² into 52 and 3½ into 31/2
    text = "".join(str(unicodedata.decimal(char, char)) for char in text).translate(_SIGNS)
    match = _NUMBER.fullmatch(text)
    if not match or not (match["whole"] or match["decimals"]):
        return None
    number = Fraction((match["whole"].replace(",", "") or "0") + (match["decimals"] or ""))
    if match["denominator"]:
        if not int(match["denominator"]):
            return None
        number /= int(match["denominator"])
    return -number if match["sign"] == "-" else number


def _exact(number: Fraction) -> str:
    """`7`, `124.5`, and a fraction such as `1/3` if no decimal is exact."""
    twos, rest = 0, number.denominator
    while rest % 2 == 0:
        twos, rest = twos + 1, rest // 2
    fives = 0
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    places = max(twos, fives)
    if rest != 1 or not 0 < places <= 30:
        return str(number)
    digits = str(abs(number.numerator) * 10**places // number.denominator).zfill(places + 1)
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"
