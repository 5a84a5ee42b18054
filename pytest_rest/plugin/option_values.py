"""Turns the text of an option into its value; a `ValueError` says what is wrong, and the mend."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rest.credentials import learn_address
from pytest_rest.errors import nearest

if TYPE_CHECKING:
    from pytest_rest.terms import Price


def text(written: str) -> str:
    """Text, which is checked where it is used."""
    return written


def names(written: str) -> tuple[str, ...]:
    """Words with commas between them."""
    return tuple(name.strip() for name in written.split(","))


def url(written: str) -> str:
    """An address, whose secrets are shown nowhere; it is checked by who asks it."""
    learn_address(written)
    return written


def path(written: str) -> Path:
    """A whole path."""
    return Path(written)


def count(least: int = 0, most: int = 999_999_999) -> Callable[[str], int]:
    """A whole number within bounds."""
    limits = f"from {least} to {most}" if most < 999_999_999 else f"from {least}"

    def parse(written: str) -> int:
        if not re.fullmatch(r"\d{1,9}", written) or not least <= int(written) <= most:
            raise ValueError(f"is not a valid count; give a whole number {limits}")
        return int(written)

    return parse


def one_of(*names: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(written: str) -> str:
        if written not in names:
            known = f"{', '.join(names)}{nearest(written, names)}"
            raise ValueError(f"is unknown; give one of {known}")
        return written

    return parse


def some_of(*names: str) -> Callable[[str], tuple[str, ...]]:
    """Some of these words, each once, with commas between."""

    def parse(written: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in written.split(","))
        for word in words:
            if word not in names:
                known = f"{', '.join(names)}{nearest(word, names)}"
                raise ValueError(f"names {word!r}, which is unknown; give some of {known}")
            if words.count(word) > 1:
                raise ValueError(f"names {word!r} twice; name it once")
        return words

    return parse


def seed(written: str) -> int | str:
    """A whole number, or the word for a new one."""
    if written == "fresh":
        return written
    if not re.fullmatch(r"\d{1,18}", written):
        raise ValueError("is not a valid seed; give a whole number from 0, or 'fresh'")
    return int(written)


def share(written: str) -> float:
    """A share from 0 to 1."""
    if not re.fullmatch(r"\d{0,3}(\.\d{1,6})?", written) or not 0 <= float(written) <= 1:
        raise ValueError("is not a valid share; give one from 0 to 1, such as 0.02")
    return float(written)


def confidence(written: str) -> float:
    """How sure a verdict must be: a share from 0.5 to below 1."""
    if not re.fullmatch(r"0?\.\d{1,6}", written) or not 0.5 <= float(written) < 1:
        raise ValueError(
            "is not a valid confidence; give a share from 0.5 to below 1, such as 0.95"
        )
    return float(written)


def seconds(written: str) -> float:
    """A time above 0."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", written) or not float(written):
        raise ValueError("is not a valid time; give a number of seconds above 0")
    return float(written)


def price(written: str) -> "Price":
    """Dollars for a million tokens in, out and, of those in, from the provider's cache."""
    from pytest_rest.terms import Price  # not for every pytest run of the environment

    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?(/\d{1,6}(\.\d{1,6})?){1,2}", written):
        raise ValueError(
            "is not a valid price; give US dollars for a million tokens as IN/OUT or "
            "IN/OUT/CACHED, such as 0.25/2 or 0.25/2/0.025"
        )
    sent, answered, *rest = (float(amount) / 1e6 for amount in written.split("/"))
    cached = rest[0] if rest else None
    if cached is not None and cached > sent:
        raise ValueError(
            "has a dearer price for cached tokens than for others; give IN/OUT/CACHED in this order"
        )
    return Price(sent, answered, cached)


def dollars(written: str) -> float:
    """An amount above 0."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", written) or not float(written):
        raise ValueError("is not a valid amount; give dollars, such as 2.50")
    return float(written)
