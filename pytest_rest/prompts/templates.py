"""Checks the templates of a protocol, and reads those for budgets of thinking."""

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rest import safe_yaml
from pytest_rest.errors import nearest
from pytest_rest.terms import ANSWER_KINDS, AnswerKind, Budget, Task

LATE_KINDS: tuple[AnswerKind, ...] = (  # for which older protocol files have no words
    *("list", "set", "date", "quantity", "fields"),
)

PLACEHOLDERS = (
    "whole",
    "context",
    "question",
    "stem",
    "choices",
    "labels",
    "fields",
    "answer_format",
)
PLACEHOLDER = re.compile(r"\{([^{}\n]{1,40})\}")

_OWN = Path(__file__).with_name("reasoning.yaml")
_EFFORT_TOKENS = 16_384  # room to think where an effort has a word and no number
_FORMAT = "final_format"
_SHOWN = {  # what else each part may show; it must show the last of these
    "think": (),
    "conclude": (_FORMAT, "thinking"),
    "at-once": (_FORMAT,),
    "native": (_FORMAT,),
    "rate": ("question", "reference", "answer"),
}


@dataclass(frozen=True)
class Reasoning:
    """How to ask under a budget, and how to ask a judge: `parts` by name, formats by answer kind.

    `max_tokens` limits a final answer, `rating_tokens` a rating.
    """

    id: str
    max_tokens: int
    rating_tokens: int
    parts: Mapping[str, str]
    final_format: Mapping[str, str]

    def asking(self, task: Task, budget: Budget, kind: AnswerKind) -> str:
        """The template that asks to think, or to answer, under a budget."""
        name = "think" if task == "think" else "conclude"
        if budget.control == "native":
            name = "native"
        elif budget.amount == 0:
            name = "at-once"
        return self.parts[name].replace(f"{{{_FORMAT}}}", self.final_format[kind])

    def limit(self, task: Task, budget: Budget, usual: int) -> int:
        """The most tokens of output; native thinking counts as output."""
        if budget.control == "native":
            return usual + (_EFFORT_TOKENS if isinstance(budget.amount, str) else budget.amount)
        return int(budget.amount) if task == "think" else self.max_tokens


def load(data: Mapping[str, Any]) -> Reasoning:
    """What a protocol file has for budgets, or else the project's own wording.

    Raises `KeyError`, `TypeError` and `ValueError` for what cannot be used.
    """
    return _read(data) if "reasoning" in data or _FORMAT in data else _own()


def checked(template: str, known: tuple[str, ...] = PLACEHOLDERS) -> str:
    """The template; `ValueError` for a placeholder that is not one of the known ones."""
    for name in PLACEHOLDER.findall(template):
        if name not in known:
            raise ValueError(f"unknown placeholder {{{name}}}{nearest(name, known)}")
    return template


def by_kind(
    data: Mapping[str, Any], kinds: Sequence[AnswerKind], late: Mapping[str, str]
) -> dict[str, str]:
    """How an answer of each kind is asked for; a short one without words of its own as a text.

    `late` has the words for those kinds that older files lack. Raises `KeyError` for a kind that
    needs its own, and `ValueError` as `checked`.
    """
    named = {kind: "text" if kind == "short" and kind not in data else kind for kind in kinds}
    words = {**late, **data}
    return {kind: checked(words[name], PLACEHOLDERS[:-1]) for kind, name in named.items()}


@functools.cache
def late_words(path: Path, key: str) -> Mapping[str, str]:
    """What the project's own file has, under a key, for the kinds that older files lack."""
    words = safe_yaml.load(path.read_text("utf-8"))[key]
    return {kind: words[kind] for kind in LATE_KINDS}


def in_digest(data: Mapping[str, Any], late: Mapping[str, str]) -> dict[str, Any]:
    """The words that a digest is of: those of late kinds only where they are somebody's own."""
    return {kind: words for kind, words in data.items() if late.get(kind) != words}


def limits(data: dict[str, Any]) -> dict[str, int]:
    """Tokens of output by suite, with a `default`; `ValueError` for a number below 1."""
    tokens = {str(key): int(value) for key, value in (data | {"default": data["default"]}).items()}
    for suite, limit in tokens.items():
        if limit < 1:
            raise ValueError(f"max_tokens of {suite!r} is {limit}; give at least 1")
    return tokens


@functools.cache
def _own() -> Reasoning:
    return _read(safe_yaml.load(_OWN.read_text("utf-8")))


def _read(data: Mapping[str, Any]) -> Reasoning:
    asked, final = data["reasoning"], data[_FORMAT]
    late = late_words(_OWN, _FORMAT)
    parts = {}
    for name, own in _SHOWN.items():
        known = own if name == "rate" else (*PLACEHOLDERS[:-1], *own)
        parts[name] = checked(asked[name], known)
        if own and f"{{{own[-1]}}}" not in parts[name]:
            raise ValueError(f"reasoning {name!r} does not show the {{{own[-1]}}}")
    in_id = [sorted(asked.items()), sorted(in_digest(final, late).items())]
    digest = hashlib.sha256(repr(in_id).encode())
    return Reasoning(
        id=f"{data['version']} ({digest.hexdigest()[:8]})",
        max_tokens=limits({"default": asked["max_tokens"]})["default"],
        rating_tokens=limits({"default": asked["rating_tokens"]})["default"],
        parts=parts,
        final_format=by_kind(final, (*ANSWER_KINDS, "open"), late),
    )
