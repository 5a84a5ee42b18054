"""Finds the one page on which an item's answer stands."""

import re
from collections.abc import Iterable, Sequence

from pytest_rest.scoring.decoration import fold


def find(pages: Sequence[str], answers: Iterable[str]) -> int:
    """The number of the only page, from 1, on which one of the answers stands; 0 without one.

    As a word or words of its own, in any case; a number not within another one.
    """
    words = [re.escape(folded) for each in answers if (folded := fold(each).casefold())]
    if not words:
        return 0
    pattern = re.compile(rf"(?<![\w.,])(?:{'|'.join(words)})(?!\w|[.,]\d)")
    found = [
        number for number, page in enumerate(pages, 1) if pattern.search(fold(page).casefold())
    ]
    return found[0] if len(found) == 1 else 0
