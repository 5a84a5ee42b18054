"""Turns what a model wrote into the label of a choice."""

import re

from pytest_rest.scoring.answer_text import fold, undecorated
from pytest_rest.terms import Choice

_MARKUP = re.compile(r"[*`]|\s+$")
_SEPARATOR = re.compile(r"[)\]]?[.:,]?(?: ?[-–—‐‑] | |$|(?<=[.:)\]])(?=\D))")  # 1.5 is not 1


def value(text: str, choices: tuple[Choice, ...]) -> str | None:
    """A label, the exact text of just one choice, or a label before its own choice's text.

    A label before anything else is not an answer: it may contradict the label, or name another.
    """
    text = undecorated(fold(text))
    said = _plain(text).removeprefix("option ").removeprefix("choice ")
    labels = {_plain(fold(each.label)).strip("(.)[]"): each for each in choices}
    alone = said.strip("([])").rstrip(".):]")
    if alone in labels:
        return labels[alone].label
    named = [each.label for each in choices if undecorated(fold(each.text)) == text]
    if named:
        return named[0] if len(named) == 1 else None
    said = said.lstrip("([")
    for label, choice in labels.items():
        rest = said.removeprefix(label)
        separator = _SEPARATOR.match(rest) if rest != said else None
        own = _plain(undecorated(fold(choice.text)))
        if separator and own and _plain(undecorated(rest[separator.end() :])) == own:
            return choice.label
    return None


def _plain(text: str) -> str:
    return _MARKUP.sub("", text.casefold())
