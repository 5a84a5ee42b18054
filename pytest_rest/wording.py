"""Turns rates, money and counts into the one form of words in which people read them everywhere."""

from collections.abc import Callable

from pytest_rest.terms import Rate

NO_SPREAD = " [no spread]"
METRICS = {"rer": "RER", "cfr": "CFR", "mmc": "MMC"}


def interval(
    value: float,
    low: float | None,
    high: float | None,
    write: Callable[[float], str],
    unknown: str = "",
) -> str:
    """`0.65 [0.41, 0.90]`, each number as `write` has it; `unknown` stands for absent bounds."""
    bounds = unknown if low is None or high is None else f" [{write(low)}, {write(high)}]"
    return f"{write(value)}{bounds}"


def metric(name: str) -> str:
    """`RER`; a metric without an abbreviation is its name."""
    return METRICS.get(name, name)


def share(value: float | None) -> str:
    """`92.0`, a share in per cent."""
    return "-" if value is None else f"{value * 100:z.1f}"  # not -0.0


def rate(rate: Rate, size: str = "") -> str:
    """`66.7 % [46.7, 82.0], n = 24`; `size` stands for what the rate itself says of its n."""
    said = interval(rate.value, rate.low, rate.high, share, NO_SPREAD)
    return f"{said.replace(' ', ' % ', 1)}, {size or rate.size}"


def area(rate: Rate, size: str = "") -> str:
    """`0.650 [0.412, 0.900], n = 20`, of a figure that is not a share of anything."""
    return f"{interval(rate.value, rate.low, rate.high, '{:.3f}'.format)}, {size or rate.size}"


def money(dollars: float) -> str:
    """`$1,234.50`; what is not nothing and would be written so is `less than $0.01`."""
    return "less than $0.01" if 0 < dollars < 0.01 else f"${dollars:,.2f}"


def count(number: int, noun: str, several: str = "") -> str:
    """`1 item`, `1,200 items`; `several` is a plural that is not made by an s."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def points(share: float) -> str:
    """`2 points`, `1 point`, a tolerance in points of per cent."""
    return f"{share * 100:g} point{'' if round(share * 100, 9) == 1 else 's'}"


def lost(number: int) -> str:
    """`1 item was lost`, `24 items were lost`."""
    return f"{count(number, 'item')} {'was' if number == 1 else 'were'} lost"
