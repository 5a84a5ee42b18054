"""Turns a noun into its own fields, and contents into digests."""

import hashlib
from collections.abc import Iterable
from typing import Any

# Fields that a report has only where they are set.
_LATE = ("page_height_pt", "pages", "fields", "format", "highlight", "cached_tokens", "cache_saved")


def fingerprint(digests: Iterable[str]) -> str:
    """Sixteen hex digits of the items with these digests, whatever their order."""
    return short_digest(" ".join(sorted(digests)))


def to_builtins(noun: Any) -> dict[str, Any]:
    """A noun's own fields, as they are; `dataclasses.asdict` copies all that they hold."""
    values = {name: getattr(noun, name) for name in noun.__dataclass_fields__}
    return {name: value for name, value in values.items() if value or name not in _LATE}


def short_digest(text: str) -> str:
    """Sixteen hex digits of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
