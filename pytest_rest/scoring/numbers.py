"""Turns a number that a model wrote into an exact one, and knows which numbers are right.

A number is a whole one (`1,000`, `1'000`), a decimal (`2.5`, `1.234,56`, `0,5`), a fraction (`1/2`,
`2 1/2`, `½`, LaTeX's) or a power of ten (`1e3`, `1.5×10^3`), in the digits of any script. Before it
may stand `x =`, `about`, a sign and a currency; after it a word such as `million`, which
multiplies, and a unit: one of a list (`units`), or of the item's own words. With anything else it
is not an answer, and neither is what can be read in two ways, such as `1,5` or `1 234`. A comma
before three digits separates thousands.

If the item's answer, or else the end of its question, has a unit of the same quantity, a number
with another one, such as grams for kilograms, is not an answer.
"""

import re
import string
import unicodedata
from fractions import Fraction

from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import units
from pytest_rest.scoring.answer_text import DECORATION, LONGEST, undecorated

_APPROXIMATE = (
    r"(?:[≈~∼≃]|(?i:about|approximately|approx\.?|around|roughly|circa|ca\.|etwa|environ) )"
)
_CURRENCY = (
    r"(?:(?:US|CA|AU|NZ|HK|[ACR])?\$|[€£¥₣₺₹₩₽]|(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|Rs)\b\.?)"
)
_POWER_OF_TEN = (
    r"(?:[eE](?P<e>[+-]?\d{1,2})(?!\d)"
    r"| ?(?:[x×*·]|times) ?10(?:\^ ?[({]?(?P<p>[+-]?\d{1,2})[)}]?"
    r"|(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,2}))(?!\d))"
)
_NUMBER = re.compile(
    rf"(?:[A-Za-z] ?(?:= ?|(?=≈)))?{_APPROXIMATE}? ?"  # the variable that was asked for
    rf"(?P<sign>[+-]?) ?(?P<currency>{_CURRENCY}?) ?(?P<inner>[+-]?)"
    r"(?:(?P<mixed>\d{1,30}) (?P<over>\d{1,30})/(?P<under>\d{1,30})(?![\d/])"
    r"|(?P<whole>[1-9]\d{0,2}(?:,\d{3}){1,9}(?!\d)|[1-9]\d?(?:,\d\d){1,8},\d{3}(?!\d)"
    r"|[1-9]\d{0,2}(?:'\d{3}){1,9}(?!\d)"
    r"|[1-9]\d{0,2}(?:\.\d{3}){1,9}(?=,\d)|0(?=,\d)|\d{0,30})"
    r"(?: ?/ ?(?P<denominator>\d{1,30})"
    r"|(?P<decimals>(?:\.|(?:(?<=\.\d{3})|(?<=(?<!\d)0)|(?<='\d{3})),)\d{1,30})?"
    rf"{_POWER_OF_TEN}?))"
)
_GROUPS = re.compile(r"(?<=\d)(?:[\u00a0\u202f\u2009\u2007’']|\\,|\\ )(?=\d{3}(?!\d))")
_LATEX = (
    (re.compile(r"\\[dt]?frac ?\{ ?(\d{1,30}) ?\} ?\{ ?(\d{1,30}) ?\}"), r" \1/\2"),
    (re.compile(r"\\[dt]?frac ?(\d) ?(\d)(?!\d)"), r" \1/\2"),
    (re.compile(r"(?<=\d)\{,\}(?=\d)"), ","),
    (re.compile(r"\^ ?\{? ?\\circ ?\}?|\\degree\b"), "°"),
    (re.compile(r"\\(?:approx|sim|simeq)\b"), "≈"),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\\(?:[,;:! ]|q?quad\b|left\b|right\b)"), " "),
    (re.compile(r"\$([^$]{1,60})\$"), r" \1 "),
)
_BRACKETED = re.compile(r"[(\[]([+-]?[\d.,/]{1,60})[)\]]")
_SPELLED = re.compile(
    r"(.{1,60}?) ?\(([A-Za-z -]{1,60})\)|([A-Za-z][A-Za-z -]{0,60}) \((\d{1,30})\)"
)
_DIGITS = re.compile(r"-?\d{1,15}", re.ASCII)  # most answers
_VULGAR = re.compile("[¼½¾⅐-⅞]")
_SIGNS = str.maketrans("−–－‐‑‒﹣＋．，／⁄％＄（）٫٬٪", "-------+.,//%$().,%")
_TOLERANCE = re.compile(
    r"(?P<size>(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?) ?(?P<percent>%?)",
    re.ASCII,
)
_SPELLED_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_SPELLED_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _SPELLED_ONES.split(), _SPELLED_TENS.split()
_LETTERS = re.compile(r"[^\W\d_]{1,30}")
_LARGEST_POWER = 30
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
    if unit[1]:
        wanted = {right[1]} if right and right[1][1] else units.asked(question)
        if unit not in wanted and unit[1] in {quantity for _, quantity in wanted}:
            return None
    if right and tolerance and abs(number - right[0]) <= allowed(tolerance, right[0]):
        number = right[0]
    written = _exact(number)
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


def _read(text: str, own: str) -> Quantity | None:
    """A number and its unit; None for any other text."""
    if _DIGITS.fullmatch(text):
        return Fraction(text), units.WITHOUT
    text = _plain(text) if len(text) <= LONGEST else ""
    if spelled := _SPELLED.fullmatch(text):
        return _confirmed(spelled, own)
    if bracketed := _BRACKETED.fullmatch(text):
        text = bracketed[1]
    match = _NUMBER.match(text)
    number = _size(match) if match else None
    if match is None or number is None:
        return None
    currency = match["currency"]
    factor, rest = units.scale(text[match.end() :], bool(currency))
    if factor == 1 and rest and rest[0].isalpha() and not _is_joined(rest):
        return None
    is_apart = not rest[:1].isalpha()
    unit, money = units.read(rest, own if is_apart else ""), units.read(currency, "")
    if (
        unit is None
        or money is None
        or (currency and unit[1] and unit[1] not in ("money", "/time"))
    ):
        return None
    return number * factor, (money if currency and not unit[1].startswith("/") else unit)


def _plain(text: str) -> str:
    """The text in ASCII digits and signs, without LaTeX, and one `!` at its end less."""
    # not in NFKC, which would turn 5² into 52
    text = "".join(str(unicodedata.decimal(char, char)) for char in text).translate(_SIGNS)
    around = DECORATION + string.whitespace
    text = _line(_GROUPS.sub("'", text).strip(around).removesuffix("!"))
    text = _VULGAR.sub(lambda m: f" {unicodedata.normalize('NFKC', m[0])}", text).replace("⁄", "/")
    if any(sign in text for sign in "\\${"):
        for pattern, plain in _LATEX:
            text = pattern.sub(plain, text)
    return _line(text)


def _line(text: str) -> str:
    """One line, without decoration."""
    return undecorated(" ".join(text.split()))


def _size(match: re.Match[str]) -> Fraction | None:
    whole = re.sub("[,.']", "", match["mixed"] or match["whole"] or "")
    decimals = (match["decimals"] or "").replace(",", ".")
    if not (whole or decimals) or (match["sign"] and match["inner"]):
        return None
    number = Fraction((whole or "0") + decimals)
    over, under = int(match["over"] or 0), int(match["denominator"] or match["under"] or 1)
    if not under or (match["mixed"] and over >= under):
        return None
    number = number + Fraction(over, under) if match["mixed"] else number / under
    raised = unicodedata.normalize("NFKC", match["raised"] or "").replace("\u2212", "-")
    power = int(match["e"] or match["p"] or raised or 0)
    if abs(power) > _LARGEST_POWER:
        return None
    number *= Fraction(10) ** power
    return -number if "-" in (match["sign"], match["inner"]) else number


def _is_joined(rest: str) -> bool:
    """Whether letters right after a number can be its unit: not those of `1990s` or `5A`."""
    word = _LETTERS.match(rest)
    return word is None or len(word[0]) > 1 or word[0] in "gmhL" or not word[0].isascii()


def _confirmed(spelled: re.Match[str], own: str) -> Quantity | None:
    """`5 (five)` and `five (5)` where both say the same, and `5 (kg)`."""
    digits, words = (spelled[1], spelled[2]) if spelled[1] else (spelled[4], spelled[3])
    read = _read(digits, own)
    if read is None or read[0] == _spelled(words):
        return read
    unit = units.read(words, own) if spelled[1] and not read[1][0] else None
    return (read[0], unit) if unit else None


def _spelled(words: str) -> int | None:
    """A number in English words, up to 999,999."""
    total = part = 0
    for word in words.casefold().replace("-", " ").split():
        if word in _ONES:
            part += _ONES.index(word)
        elif word in _TENS:
            part += 20 + 10 * _TENS.index(word)
        elif word in ("hundred", "thousand"):
            part *= 100 if word == "hundred" else 1
            total, part = (total + 1000 * part, 0) if word == "thousand" else (total, part)
        elif word != "and":
            return None
    return total + part


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
