"""Turns a date that a model wrote into ISO's form: `2031-03-15`, `2031-03`, `2031`.

Read are ISO dates, numbers such as `15.3.2031`, the names of months in many languages, and
`2031年3月15日`, in the digits of any script. A date that can be read in two ways, such as
`03/04/2031`, is not an answer unless the item says which comes first; nor is a year of two digits,
a day that does not exist, or one that is not the day of the week that stands beside it.
"""

import datetime
import re
import unicodedata

from pytest_rest.scoring.decoration import UNSEEN, fold, undecorated
from pytest_rest.scoring.month_names import month, weekday

_LONGEST = 100
_MIDNIGHT = re.compile(r"[t ]00:00(?::00(?:\.0{1,9})?)?(?:z|\+00:00)?$")
_NUMERIC = re.compile(r"(\d{1,4}) ?([-./]) ?(\d{1,4})(?: ?\2 ?(\d{1,4}))?", re.ASCII)
_CJK = re.compile(r"(\d{4}) ?[年년](?: ?(\d{1,2}) ?[月월](?: ?(\d{1,2}) ?[日号號일])?)?", re.ASCII)
_TOKEN = re.compile(r"\d{1,4}(?!\d)|[^\s\d.,/()’'-]{1,20}")
_BETWEEN = re.compile(r"[\s.,،()’'/-]{0,4}")
_WORDS = (
    "the of on in st nd rd th am der den vom le du de d er ère el del di il l º ª ste e op w dnia r"
    " roku г год года р рік року den i los yılı o a tahun tanggal pada في عام سنة م को"
)
_FILLERS = frozenset(_WORDS.split())
_DAY_BEFORE = re.compile(r"([^\s\d,.،]{2,20})[,.،]? (?=\S)")
_DAY_AFTER = re.compile(r"(?:,? |(?<=[日일])) ?\(?([^\s\d(),.]{1,20})\)?$")
_PAIRS = re.compile("(كانون|تشرين) (?=ال)")
_ORDERS = ("dmy", "mdy", "ymd", "ydm", "my", "ym", "y")
_SIGNS: dict[int, str | None] = {
    **UNSEEN,
    **dict.fromkeys(map(ord, "\u061c\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069")),
    **dict.fromkeys(map(ord, "‐‑‒–—−－"), "-"),
}


Date = tuple[int, int | None, int | None]


def value(text: str, day_first: bool | None = None) -> str | None:
    """The date in ISO's form, as precise as it is written; None if it is not one date for sure."""
    if len(text) > _LONGEST:
        return None
    said = "".join(str(unicodedata.decimal(char, char)) for char in text).translate(_SIGNS)
    said = undecorated(fold(said)).casefold().lstrip("- ")
    said, days = _without_weekdays(_MIDNIGHT.sub("", said))
    if match := _CJK.fullmatch(said):
        year, *others = (int(part) if part else None for part in match.groups())
        date: Date | None = (year or 0, others[0], others[1])
    elif match := _NUMERIC.fullmatch(said):
        date = _numeric(match[1], match[3], match[4] or "", day_first)
    else:
        date = _named(said)
    return _written(*date, days) if date else None


def _without_weekdays(said: str) -> tuple[str, list[int]]:
    """A date without the day of the week before and after it, and which day that was."""
    days = []
    if (match := _DAY_BEFORE.match(said)) and (day := weekday(match[1])):
        said, days = said[match.end() :], [day]
    match = _DAY_AFTER.search(said)
    if match and (len(match[1]) > 1 or said[-1] == ")") and (day := weekday(match[1])):
        said, days = said[: match.start()], [*days, day]
    return said, days


def _numeric(one: str, two: str, three: str, day_first: bool | None) -> Date | None:
    """Year first, or year last where it is sure which of the others is the day."""
    sizes = [len(part) for part in (one, two, three)]
    if sizes[0] == 4 and max(sizes[1:]) <= 2:
        return int(one), int(two), int(three) if three else None
    if sizes == [sizes[0], 4, 0] and sizes[0] <= 2:
        return int(two), int(one), None
    if sizes[2] != 4 or max(sizes[:2]) > 2:
        return None  # a year of two digits, or none
    day, number = int(one), int(two)
    if day <= 12 and number <= 12 and day != number and day_first is None:
        return None
    if number > 12 or (day <= 12 and day_first is False):
        day, number = number, day
    return int(three), number, day


def _named(said: str) -> Date | None:
    """A date in words: one month's name, a year of four digits and perhaps a day, or a year."""
    said = _PAIRS.sub(r"\1_", said)
    known: dict[str, int] = {}
    order, place = "", 0
    while place < len(said):
        place = _BETWEEN.match(said, place).end()  # type: ignore[union-attr] # matches nothing, too
        if place == len(said):
            break
        token = _TOKEN.match(said, place)
        if token is None:
            return None
        place = token.end()
        if token[0] in _FILLERS:
            continue
        sign = {1: "d", 2: "d", 4: "y"}.get(len(token[0]), "") if token[0].isdecimal() else "m"
        number = month(token[0]) if sign == "m" else int(token[0])
        if not sign or number is None or sign in known:
            return None
        known[sign], order = number, order + sign
    return (known["y"], known.get("m"), known.get("d")) if order in _ORDERS else None


def _written(year: int, number: int | None, day: int | None, days: list[int]) -> str | None:
    if year < 1000:
        return None
    try:
        date = datetime.date(year, number or 1, day or 1)
    except ValueError:
        return None
    if any(day is None or each != date.isoweekday() for each in days):
        return None
    return date.isoformat()[: 4 if number is None else 7 if day is None else 10]
