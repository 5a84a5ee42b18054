"""Turns a table's rates, differences, times and long lists into words, for terminal and page."""

import math
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from pytest_rest import wording
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import Rate
from pytest_rest.wording import NO_SPREAD, interval, share

_Item = TypeVar("_Item")


def percent(rate: Rate | None) -> str:
    """`92.0 [81.2, 96.8]`, a rate in per cent with its interval."""
    return "-" if rate is None else interval(rate.value, rate.low, rate.high, share, NO_SPREAD)


def worst_first(parts: Mapping[str, _Item], rer: Callable[[_Item], Rate | None]) -> list[str]:
    """The names of parts by their RER, the lowest first; those without one last."""

    def place(name: str) -> tuple[float, str]:
        rate = rer(parts[name])
        return rate.value if rate else 1.0, name

    return sorted(parts, key=place)


def area(rate: Rate | None, undefined: str) -> str:
    """`0.650 [0.412, 0.900], n = 20`, or why it is undefined."""
    if rate is None:
        return f"undefined, {undefined}"
    unknown = " (no interval: too few items)" if rate.low is None else ""
    return f"{wording.area(rate)}{unknown}"


def signed(change: float) -> str:
    """`+2.5`, a difference of shares in points."""
    return f"{change * 100 + 0.0:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def points(change: Difference | Rate | None) -> str:
    """`-10.1 [-14.0, -6.2]`, a difference of shares in points with its interval."""
    if change is None:
        return "-"
    low, high = change.low, change.high
    if low is not None and high is not None:
        low, high = max(low, -1.0), min(high, 1.0)  # no two shares are further apart
    return interval(change.value, low, high, signed, NO_SPREAD)


def wrapped(line: str) -> list[str]:
    """A sentence in 80 columns, options and names of items whole."""
    return textwrap.wrap(line, 80, subsequent_indent="  ", break_on_hyphens=False)


def duration(seconds: float) -> str:
    """`1 h 5 min 3 s`."""
    minutes, seconds = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def cut(text: str, width: int) -> str:
    """The text in so many characters; three dots stand for what is cut off."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def first(
    items: Sequence[_Item], most: int, line: Callable[[_Item], str], where: str = ", in report.json"
) -> Iterator[str]:
    """A line for each of the first items, and how many more there are."""
    yield from map(line, items[:most])
    if len(items) > most:
        yield f"  and {len(items) - most} more{where}"
