"""Turns text from outside, a model's above all, into text that is safe to show a person."""

import re
import unicodedata

from pytest_rest.credentials import masked

# What is invisible, or moves other text: controls other than tab and line end, marks of direction,
# halves of surrogate pairs, private use. What joins letters and emoji is kept.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufeff\ufff9-\ufffb\U000f0000-\U0010ffff]"
)
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


def lines(text: str) -> str:
    """Text of several lines in which nothing is hidden: what is invisible becomes its escape."""
    if text.replace("\n", "").isprintable():  # as nearly all text is, found in half the time
        return text
    return _UNSEEN.sub(lambda match: _escape(match[0]), text.replace("\r\n", "\n"))


def address(url: str) -> str:
    """A URL without secrets, user, query and fragment, so that a report may show it."""
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    rest = rest.removeprefix("//")
    place = rest.partition("?")[0].partition("#")[0]
    return masked(f"{scheme}{separator}{place.rpartition('@')[2]}")


def _escape(text: str) -> str:
    if text.isprintable():  # which has nothing of those categories
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _ESCAPED
        else char
        for char in text
    )
