"""Turns the reasons of lost items into the one that a reader has to know first."""

import re
from collections import Counter
from collections.abc import Iterable

from pytest_rest.dispatch import ENDED
from pytest_rest.dispatch.budgets import SPENT, spent_after
from pytest_rest.safe_text import shown

LOST = "lost: "  # begins why an item is skipped
_ENDED = re.compile(rf"{ENDED}.*?(?=; [a-z-]+: {ENDED}|$)")  # each form's failure names it again
_FORM = re.compile(r"^[a-z-]{1,20}(?: [a-z-]{1,20}){0,2}: ")
_FORMS = re.compile(r"(?:^|; )([a-z-]{1,20}(?: [a-z-]{1,20}){0,2}): ")


def briefly(reason: str) -> str:
    """`image, mixed: timeout: 5 s` of forms that failed alike; any other reason as it is."""
    _, *parts = _FORMS.split(reason)
    names, whys = parts[::2], {*parts[1::2]}
    is_alike = len(names) > 1 and len(whys) == 1 and _FORMS.match(reason)
    return f"{', '.join(names)}: {whys.pop()}" if is_alike else reason


def ended(reason: str) -> str:
    """Why all asking ended, such as a budget that is spent; empty where it did not."""
    match = _ENDED.search(reason)
    return shown(match[0], 300) if match else ""


def first(reasons: Iterable[str], answered: int, of: int) -> str:
    """Why asking ended, if it did; otherwise the failure that all of the lost items have, or most.

    Of most of them it is `mostly ...`; of a budget that is spent after how many `of` the items.
    """
    known = list(reasons)
    if why := next(filter(None, map(ended, known)), ""):
        reason = why.removeprefix(ENDED)
        return spent_after(reason, answered, of) if reason.startswith(SPENT) else why
    causes = Counter(_FORM.sub("", reason).partition("; ")[0] for reason in known)
    most = max(causes, key=causes.__getitem__, default="")
    return shown(f"mostly {most}" if len(causes) > 1 else most, 300)
