"""Turns the reasons of lost items into the one that a reader has to know first."""

import re
from collections import Counter
from collections.abc import Iterable

from pytest_rest.dispatch import ENDED
from pytest_rest.safe_text import shown

LOST = "lost: "  # begins why an item is skipped
_ENDED = re.compile(rf"{ENDED}.*?(?=; [a-z-]+: {ENDED}|$)")  # each form's failure names it again
_FORM = re.compile(r"^[a-z-]{1,20}(?: [a-z-]{1,20}){0,2}: ")


def ended(reason: str) -> str:
    """Why all asking ended, such as a budget that is spent; empty where it did not."""
    match = _ENDED.search(reason)
    return shown(match[0], 300) if match else ""


def first(reasons: Iterable[str]) -> str:
    """Why asking ended, if it did; otherwise the failure that most of the lost items have."""
    known = list(reasons)
    if why := next(filter(None, map(ended, known)), ""):
        return why
    causes = Counter(_FORM.sub("", reason).partition("; ")[0] for reason in known)
    return shown(max(causes, key=causes.__getitem__, default=""), 300)
