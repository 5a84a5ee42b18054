"""Finds the one page on which an item's answer stands."""

import re
from collections.abc import Iterable, Sequence

from pytest_rest.scoring.decoration import fold
from pytest_rest.terms import Completion, Item, Prompt


def of_item(item: Item, calls: Iterable[tuple[Prompt, Completion]]) -> int:
    """On which page of the image form what answers the question stands; 0 where that is unknown."""
    if item.answer_page and item.document:
        return item.document.pages.index(item.answer_page) + 1
    labelled = [choice.text for choice in item.choices if choice.label == item.answer]
    if item.document:
        pages: Sequence[str] = item.document.texts
    else:
        asked = (prompt for prompt, _ in calls if prompt.form.mode == "image")
        solved = next((prompt for prompt in asked if prompt.task == "solve"), None)
        pages = [image.text for image in solved.images] if solved else []
    return find(pages, [*labelled, item.answer, *item.also_right][: len(labelled) or None])


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
