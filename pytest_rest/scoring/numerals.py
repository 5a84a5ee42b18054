"""Turns a number as people and LaTeX write it into an exact fraction, and back into a text.

In the digits of any script: a whole number (`1,000`, `1'000`), a decimal (`2.5`, `1.234,56`,
`0,5`), a fraction (`1/2`, `2 1/2`, `½`) or a power of ten (`1e3`, `1.5×10^3`). Before it may stand
`x =`, `about`, a sign and a currency. What can be read in two ways, such as `1,5` or `1 234`, is
not a number. A comma before three digits separates thousands.
"""

import re
import unicodedata
from fractions import Fraction

from pytest_rest.scoring.decoration import DECORATION, undecorated
from pytest_rest.scoring.units import CURRENCY

_ABOUT = (
    r"(?:[≈~∼≃≅]"
    r"|(?i:about|approximately|approx\.?|around|roughly|circa|ca\.|exactly|precisely|only|just"
    r"|etwa|ungefähr|rund|genau|environ|aproximadamente|circa de|ongeveer|около|примерно) "
    r"|(?:大约|大約|约|約) ?)"
)
_POWER_OF_TEN = (
    r"(?:[eE](?P<e>[+-]?\d{1,2})(?!\d)"
    r"| ?(?:[xX×*·⋅]|times) ?10(?:(?:\^|\*\*) ?[({]?(?P<p>[+-]?\d{1,2})[)}]?"
    r"|(?P<raised>⁻?[⁰¹²³⁴-⁹]{1,2}))(?!\d))"
)
NUMBER = re.compile(
    rf"(?:[A-Za-z] ?(?:= ?|(?=≈)))?{_ABOUT}? ?"  # the variable that was asked for
    rf"(?P<sign>(?i:minus|negative) |[+-]?) ?(?:(?P<currency>{CURRENCY}) ?)?(?P<inner>[+-]?)"
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
    (re.compile(r"(?<=\d)(?=\\[dtc]?frac)"), " "),
    (re.compile(r"\\[dtc]?frac ?\{ ?(-?\d{1,30}) ?\} ?\{ ?(\d{1,30}) ?\}"), r"\1/\2"),
    (re.compile(r"\\[dtc]?frac ?\{?(\d)\}? ?\{?(\d)\}?(?!\d)"), r"\1/\2"),
    (re.compile(r"(?<=\d)\{,\}(?=\d)"), ","),
    (re.compile(r"\^ ?\{? ?\\circ ?\}?|\\(?:text)?degree\b"), "°"),
    (re.compile(r"\\(?:approx|sim|simeq|cong)\b"), "≈"),
    (re.compile(r"\\(?:times|cdot)\b"), "×"),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\\(?:left|right|displaystyle)\b ?"), ""),
    (re.compile(r"\\(?:[,;:! ]|q?quad\b)|(?<=\d) ?~ ?(?=[A-Za-z\\])"), " "),
    (re.compile(r"\$([^$]{1,60})\$"), r" \1 "),
)
_MARK_BEHIND = re.compile(r"[^\"'“‘„*]{0,100}\d ?(?:''|[\"'”’])")  # inches, feet, or a quote
_PER_CENT = re.compile(r"\bper cent\b", re.IGNORECASE)
_EXCLAMATION = re.compile(rf"!(?=[{re.escape(DECORATION)}\s.]{{0,20}}$)")
_VULGAR = re.compile("[¼½¾⅐-⅞]")
_APART = re.compile("(?<=\\d)(?=[¼½¾⅐-⅞])")
_US_DOLLAR = re.compile(r"\bU\.?S\.?D? ?(?=\$|dollars?\b)")
_SIGNS = str.maketrans("−–－‐‑‒﹣＋．，／⁄％＄￥（）［］٫٬٪˚", "-------+.,//%$¥()[].,%°")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELLED = {word: number for number, word in enumerate(_ONES.split())}
_SPELLED |= {word: 20 + 10 * number for number, word in enumerate(_TENS.split())}
_LARGEST_POWER = 30


def plain(text: str) -> str:
    """A text in ASCII digits and signs, without LaTeX, and one `!` at its end less.

    Nothing where a mark is behind its digits that may be one of inches, feet or minutes.
    """
    # not in NFKC, which would turn 5² into 52
    text = "".join(str(unicodedata.decimal(char, char)) for char in text)
    text = _PER_CENT.sub("percent", text.translate(_SIGNS))
    if _MARK_BEHIND.fullmatch(text.strip()):
        return ""
    text = _line(_EXCLAMATION.sub("", _GROUPS.sub("'", text)))
    text = _VULGAR.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _APART.sub(" ", text))
    text = text.replace("⁄", "/")
    if any(sign in text for sign in "\\${~"):
        for pattern, written in _LATEX:
            text = pattern.sub(written, text)
    return _US_DOLLAR.sub("", _line(text))


def size(match: re.Match[str]) -> Fraction | None:
    """The number that `NUMBER` has matched; None where its parts do not make one."""
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
    return number if {match["sign"], match["inner"]} <= {"", "+"} else -number


def spelled(words: str) -> Fraction | None:
    """A number in English words, up to 999,999."""
    total = part = 0
    for word in (listed := words.casefold().replace("-", " ").split()):
        if word in _SPELLED:
            part += _SPELLED[word]
        elif word in ("hundred", "thousand"):
            part *= 100 if word == "hundred" else 1
            total, part = (total + 1000 * part, 0) if word == "thousand" else (total, part)
        elif word != "and":
            return None
    return Fraction(total + part) if listed else None


def exact(number: Fraction) -> str:
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


def _line(text: str) -> str:
    """One line, without decoration."""
    return undecorated(" ".join(text.split()))
