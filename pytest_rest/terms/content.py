"""Turns a noun into its own fields, and contents into digests."""

import functools
import hashlib
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

# Fields that a report has only where they are set.
_LATE = ("page_height_pt", "pages", "fields", "format", "highlight", "cached_tokens", "cache_saved")


def fingerprint(digests: Iterable[str]) -> str:
    """Sixteen hex digits of the items with these digests, whatever their order."""
    return short_digest(" ".join(sorted(digests)))


def to_builtins(noun: Any) -> dict[str, Any]:
    """A noun's own fields, as they are; `dataclasses.asdict` copies all that they hold."""
    kind: Any = type(noun)
    names, values_of, late = _fields(kind)
    values = dict(zip(names, values_of(noun), strict=True))
    for name in late:
        if not values[name]:
            del values[name]
    return values


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]], list[str]]:
    """Its fields, what takes them all out of one, and which of them are late."""
    names: tuple[str, ...] = tuple(kind.__dataclass_fields__)
    values_of = attrgetter(*names) if len(names) > 1 else lambda one: (getattr(one, names[0]),)
    return names, values_of, [name for name in names if name in _LATE]


def short_digest(text: str) -> str:
    """Sixteen hex digits of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
