"""Turns what a model wrote into the label of a choice."""

import re

from pytest_rest.scoring.decoration import DECORATION, UNSEEN, fold, undecorated
from pytest_rest.terms import Choice

_BEFORE = re.compile(r"(?:[-–—] )?(?:(?:option|choice) |选项 ?|選項 ?)?", re.IGNORECASE)
_BETWEEN = re.compile(r"[)\]]?[.:,;]? ?[-–—‐‑=→|]? ?[(\[]?")
_END = ").:]!"


def value(text: str, choices: tuple[Choice, ...]) -> str | None:
    """A label, the text of just one choice, or both where they belong together.

    A label beside anything else is not an answer: it may contradict the label, or name another.
    """
    whole = undecorated(fold(_plain(text)))
    said = _BEFORE.sub("", whole, count=1)
    known = [(_label(each), undecorated(fold(_plain(each.text))), each.label) for each in choices]
    alone = said.strip("([])").rstrip(_END)
    named = (
        [name for label, _, name in known if label == alone.casefold()]
        or [name for _, own, name in known if own in (whole, said)]
        or [name for _, own, name in known if own.casefold() == said.casefold().rstrip("!")]
        or [name for label, own, name in known if _are_both(said, label, own)]
    )
    return named[0] if len(named) == 1 else None


def _label(choice: Choice) -> str:
    return fold(choice.label).casefold().strip("(.)[]")


def _plain(text: str) -> str:
    return text.translate(UNSEEN)


def _are_both(said: str, label: str, own: str) -> bool:
    """Whether a text is a choice's label before its text, or after it in brackets or the like."""
    said, own = said.casefold().strip("([").rstrip(_END), own.casefold().rstrip(_END)
    if not own or len(said) <= len(label + own):
        return False
    between = said[len(label) : -len(own)].rstrip(DECORATION)
    if said.startswith(label) and said.endswith(own) and _BETWEEN.fullmatch(between):
        return not own[0].isdigit() or between.endswith((" ", "(", "["))  # 1.5 is not 1
    between = said[len(own) : -len(label)].lstrip(DECORATION)
    is_after = said.startswith(own) and said.endswith(label) and bool(between.strip())
    return is_after and bool(_BETWEEN.fullmatch(between)) and between[-1] in " (["
