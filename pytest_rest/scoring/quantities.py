"""Turns a number with a unit that a model wrote into the same in the right answer's unit.

`2500 g` is `2.5 kg`, `41 °F` is `5 °C`, `19 %` is `0.19`: exactly, for units are pint's, in whole
fractions. Pint is given the names of units alone, never an expression. Currencies, decibels and
pixels are units of their own that nothing converts; an angle is not a plain number. What pint does
not know is not an answer, nor is `ton`, which is three units.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pytest_rest.scoring import numbers, numerals, units
from pytest_rest.scoring.answer_text import LONGEST

_SHARES = {"%": 100, "percent": 100, "‰": 1000, "permille": 1000}
_APART = ("dB", "px")  # of the list's own units, those that nothing converts
_TO_PINT = {"°": "degree", "°C": "degree_Celsius", "°F": "degree_Fahrenheit", "KB": "kB"}
_ZERO = {  # in kelvin, of the scales that do not begin there
    "degree_Celsius": Fraction("273.15"),
    "degree_Fahrenheit": Fraction("459.67") * 5 / 9,
}
_UNSURE = units.UNSURE_CASES | {  # of several meanings
    *("ton", "tons", "pt", "kb", "Kb", "Mb", "Gb", "Tb", "gr", "Gr", "GR", "bp", "pp"),
    *("mil", "mils", "ma", "AU"),
}
_ALSO = {  # what a unit's name may mean, where the right answer is not of the unit's own kind
    **dict.fromkeys(("c", "f", "°", "deg", "degree", "degrees"), "kelvin"),
    **dict.fromkeys(("pound", "pounds"), "£"),
}
_LETTERS = frozenset("CFHSTΩÅ")  # units that the list lacks; other letters are constants to pint
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]{1,2}")
_FROM_RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_OPERATORS = (
    (re.compile(r" ?(?:\*\*|\^) ?\{? ?([+-]?\d{1,2})(?: ?\})?"), r"^\1"),
    (re.compile(r" ?[·⋅×*] ?"), "*"),
    (re.compile(r" ?/ ?|(?:^| )(?:per|pro|par|por|a|an) "), "/"),
)
_DEGREES = re.compile(r"(?:degrees?|deg\.?|°) ?([cf])(?:elsius|ahrenheit)?$", re.IGNORECASE)
_BELOW = re.compile(r"([^()]{0,100})/\(([^()]{1,100})\)")
_FACTOR = re.compile(
    r"(?:(square|sq|cubic|cu)\.? )?"
    r"([^\W\d_][\w'. -]{0,38}?|[^\w\s/*^()]{1,3}[A-Za-z]?|[A-Z]{0,2}\$)"
    r"\.?(?: (squared|cubed)|\^?([+-]?[1-9]))?"
)
_POWERS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3, "cubed": 3}
_LARGEST_POWER = 20
_SHORTEST_PLURAL = 5
_LARGEST = 10**30
_SYMBOL = re.compile(r"(?!(?:in|at|are|an?|or|of|to)$)[A-Za-zΩµμ]{1,3}(?:\^-?\d)?")
_BRACKETED = re.compile(r"([^()]{1,100}?) ?\(([^()]{1,100})\)")
Dimensions = Mapping[str, int]  # of each base unit its power


@dataclass(frozen=True)
class _Unit:
    """How much a unit is in base units, from where it counts, and how it was written."""

    factor: Fraction
    dimensions: Dimensions
    zero: Fraction = Fraction(0)
    text: str = ""


_NONE = _Unit(Fraction(1), {})


def value(text: str, truth: str = "", tolerance: str = "") -> str | None:
    """A number with its unit, such as `2.5 kg`; None unless the text is one quantity.

    It is in the unit of the true one where both are of one kind, otherwise in base units. One
    within the tolerance, in the unit of the true one, is returned as the true one.
    """
    if (read := _read(text)) is None:
        return None
    number, unit = read
    base = number * unit.factor + unit.zero
    right = _read(truth) if truth else None
    also = _ALSO.get(unit.text.rstrip(".").casefold())
    if also and right and right[1].dimensions == {also: 1}:
        return None
    if right is None or right[1].dimensions != unit.dimensions:
        return _confirmed(base, _in_base_units(unit.dimensions))
    number, unit = right
    size = (base - unit.zero) / unit.factor
    if tolerance and abs(size - number) <= numbers.allowed(tolerance, number):
        size = number
    return _confirmed(size, unit.text)


def _confirmed(number: Fraction, unit: str) -> str | None:
    """The quantity as a text, if that is read as the same; what pi is in is rounded."""
    for size in (number, Fraction(f"{float(number):.12g}") if abs(number) < _LARGEST else number):
        written = f"{numerals.exact(size)} {unit}".strip()
        again = _read(written)
        if again and (again[0], again[1].text) == (size, unit):
            return written
    return None


@functools.lru_cache(maxsize=1024)  # the right answer's text comes with each answer
def _read(text: str) -> tuple[Fraction, _Unit] | None:
    text = numerals.plain(text) if len(text) <= LONGEST else ""
    if (both := _BRACKETED.fullmatch(text)) and any(map(str.isdigit, both[2])):
        said, again = _alone(both[1]), _alone(both[2])
        same = said and again and _base(said) == _base(again)
        return said if same else None
    return _alone(text)


def _base(quantity: tuple[Fraction, _Unit]) -> tuple[Fraction, Dimensions]:
    number, unit = quantity
    return number * unit.factor + unit.zero, unit.dimensions


def _alone(text: str) -> tuple[Fraction, _Unit] | None:
    match = numerals.NUMBER.match(text)
    number = numerals.size(match) if match else None
    if match is None or number is None:
        return None
    currency = (match["currency"] or "").rstrip(".")
    scale, rest = units.scale(text[match.end() :], bool(currency))
    unit = _unit(f"{currency}{rest}".strip())
    return (number * scale, unit) if unit else None


@functools.lru_cache(maxsize=1024)
def _unit(text: str) -> _Unit | None:
    """The unit that a text is, `_NONE` for none; None for one that is not known for sure."""
    if not text:
        return _NONE
    said = _RAISED.sub(lambda match: "^" + match[0].translate(_FROM_RAISED), text)
    said = _DEGREES.sub(lambda match: f"°{match[1].upper()}", said)
    for pattern, written in _OPERATORS:
        said = pattern.sub(written, said)
    above, _, below = said.partition("/(")
    if below:
        parts = _BELOW.fullmatch(said)
        signs = [(part, 1) for part in parts[1].split("*")] if parts else []
        signs += [(part, -1) for part in parts[2].split("*")] if parts else []
    elif "*" in said.partition("/")[2]:
        return None  # J/kg*K may be J/(kg*K)
    else:
        above, *others = said.split("/")
        signs = [(part, 1) for part in above.split("*")] + [(part, -1) for part in others]
    if not signs:
        return None
    return _product(tuple((name, sign) for name, sign in signs if name not in ("", "1")), text)


def _product(parts: tuple[tuple[str, int], ...], text: str) -> _Unit | None:
    factor, dimensions = Fraction(1), dict[str, int]()
    for name, sign in parts:
        unit = _factor(name)
        if unit is None or (unit.zero and (sign < 0 or len(parts) > 1)):
            return None
        factor *= unit.factor**sign
        for base, power in unit.dimensions.items():
            dimensions[base] = dimensions.get(base, 0) + sign * power
        if unit.zero:
            return _Unit(factor, dimensions, unit.zero, text)
    known = {base: power for base, power in sorted(dimensions.items()) if power}
    if any(abs(power) > _LARGEST_POWER for power in known.values()):
        return None
    return _Unit(factor, known, Fraction(0), text)


def _factor(said: str) -> _Unit | None:
    """A unit with its power, such as `square miles` or `m^2`, or symbols such as `N m`."""
    match = _FACTOR.fullmatch(said)
    unit = _single(match[2]) if match else None
    if match and unit:
        power = _POWERS.get(match[1], 1) * _POWERS.get(match[3], 1) * int(match[4] or 1)
        if power == 1:
            return unit
        powers = {base: number * power for base, number in unit.dimensions.items()}
        return None if unit.zero or not powers else _Unit(unit.factor**power, powers)
    symbols = said.split(" ")
    if not 2 <= len(symbols) <= 4 or not all(map(_SYMBOL.fullmatch, symbols)):
        return None
    return _product(tuple((symbol, 1) for symbol in symbols), said)


def _single(name: str) -> _Unit | None:
    """A unit by one of its names: the list's, in many languages, or pint's."""
    own, quantity = units.named(name) or ("", "")
    is_constant = len(name) == 1 and name.isalpha() and not own and name not in _LETTERS
    if name in _UNSURE or is_constant or (own and not quantity):
        return None
    if share := _SHARES.get(own or name.casefold()):
        return _Unit(Fraction(1, share), {})
    if quantity == "money" or own in _APART:
        return _Unit(Fraction(1), {own: 1})
    if "/" in own or "*" in own:
        return _unit(own)
    return _of_pint(_TO_PINT.get(own, own) or re.sub("[ -]", "_", name), is_own=bool(own))


def _of_pint(name: str, *, is_own: bool) -> _Unit | None:
    from pint.errors import UndefinedUnitError

    if 2 < len(name) < _SHORTEST_PLURAL and name.endswith("s") and not is_own:
        return None  # `cats` are not centi-atmospheres
    known = registry()
    for spelled in dict.fromkeys((name, name.casefold() if len(name) > 3 else name)):
        try:
            full = known.get_name(spelled)
            prefix, *_ = known.parse_unit_name(spelled)[0]
        except (UndefinedUnitError, ValueError):
            continue
        is_word = len(spelled) >= _SHORTEST_PLURAL and spelled.endswith("s")
        if prefix and is_word and not spelled.casefold().startswith(prefix):
            return None  # `finches` are not femto-inches
        factor, base = known.get_root_units(full)
        powers = {name: int(power) for name, power in base._units.items()}
        if powers != dict(base._units):
            return None
        if full in _ZERO:
            return _Unit(Fraction(factor), powers, _ZERO[full])
        is_straight = known._units[full].is_multiplicative  # not one such as dBm
        return _Unit(Fraction(factor), powers) if is_straight else None
    return None


@functools.cache
def registry() -> Any:
    """Pint's units, in whole fractions."""
    import pint  # when first used: it takes 0.2 s, and its units 0.3 s more

    return pint.UnitRegistry(non_int_type=Fraction)


def _in_base_units(dimensions: Dimensions) -> str:
    """Base units with their powers: `gram*meter/second^2`."""
    above = (_raised(base, power) for base, power in dimensions.items() if power > 0)
    below = (f"/{_raised(base, -power)}" for base, power in dimensions.items() if power < 0)
    return "*".join(above) + "".join(below)


def _raised(base: str, power: int) -> str:
    return base if power == 1 else f"{base}^{power}"
