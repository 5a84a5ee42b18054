"""Turns text from outside, a model's above all, into text that is safe to show a person."""

import unicodedata
from urllib.parse import urlsplit

_ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown(text: str, limit: int = 200) -> str:
    """One line of at most about `limit` characters, with nothing that moves a terminal's cursor.

    Control, bidirectional, surrogate and unassigned characters become their escapes; a long text
    keeps its beginning and its end and says how much was left out.
    """
    if len(text) > limit:
        head, tail = limit * 2 // 3, limit // 3
        left_out = len(text) - head - tail
        return f"{_escape(text[:head])} [... {left_out:,} characters ...] {_escape(text[-tail:])}"
    return _escape(text)


def address(url: str) -> str:
    """A URL without user, password, query and fragment: what may be written into a report."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else parts.path


def _escape(text: str) -> str:
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _ESCAPED
        else char
        for char in text
    )
