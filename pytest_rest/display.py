"""Turns text from outside, a model's above all, into text that is safe to show a person."""

import unicodedata

_ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown(text: str, limit: int = 200) -> str:
    """One line of at most about `limit` characters, with nothing that moves a terminal's cursor.

    Control, bidirectional, surrogate and unassigned characters become their escapes; a long text
    keeps its beginning and its end and says how much was left out.
    """
    if len(text) > limit:
        head, tail = limit * 2 // 3, limit // 3
        left_out = len(text) - head - tail
        ends = _escape(text[:head]), _escape(text[len(text) - tail :])
        return f" [... {left_out:,} characters ...] ".join(ends)
    return _escape(text)


def address(url: str) -> str:
    """A URL without user, password, query and fragment: what may be written into a report."""
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    rest = rest.removeprefix("//")
    place = rest.partition("?")[0].partition("#")[0]
    return f"{scheme}{separator}{place.rpartition('@')[2]}"


def _escape(text: str) -> str:
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _ESCAPED
        else char
        for char in text
    )
