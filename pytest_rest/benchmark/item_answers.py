"""Reads an item's right answers and its choices from a benchmark file's nodes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from pytest_rest import scoring
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, quoted, text_of
from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import lists, numbers
from pytest_rest.terms import AnswerKind, Choice, Equivalence, Item

_LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_INTEGER = re.compile(r"[+-]?\d{1,300}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,300}\.\d{0,300}|\.\d{1,300})", re.ASCII)
_CODED = re.compile(
    r"[+-]?(?:0[xob][\da-f_]{1,300}|\.?\d[\d_]{0,300}(?:\.[\d_]{0,300})?(?:e[+-]?\d{1,9})?|\.inf)"
    r"|\.nan",
    re.ASCII | re.IGNORECASE,
)
_LACKING = {
    "question": "the item has no question; write question: and what is asked",
    "answer": "the item has no answer; write answer: and the right one, in quotes if it is null",
    "kind": "the item has no answer; write answer: and the right one, or where nobody knows it say "
    "what it is: kind: number",
}


def check_given(own: dict[str, Node], key: str, line: int) -> None:
    """Raise `PlaceError` where the item says nothing under a key that it needs."""
    if not text_of(own, key).strip():
        raise PlaceError(own[key].line if key in own else line, _LACKING[key])


def answers_of(own: dict[str, Node], kind: str, line: int) -> tuple[Node, ...]:
    """The texts of the item's right answers; none where nobody says what is right.

    The elements of a list or a set are a JSON array.
    """
    several = own.get("answers")
    if several is None and "answer" not in own:
        return ()
    if several is None or several.is_nothing:
        one = {name: _text_of(node, kind) for name, node in own.items() if name == "answer"}
        check_given(one, "answer", line)
        return (one["answer"],)
    if "answer" in own:
        raise PlaceError(several.line, "the item has answer and answers; write one of them")
    if not isinstance(several.value, tuple) or not several.value:
        raise PlaceError(several.line, "answers is a list, such as [this, that]")
    nodes = tuple(_text_of(each, kind) for each in several.value)
    texts = [text_of({"answers": each}, "answers").strip() for each in nodes]
    if not all(texts) or len(set(texts)) < len(texts):
        fault = "is empty" if not all(texts) else "is there twice"
        raise PlaceError(several.line, f"one of the answers {fault}; remove it")
    return nodes


def _text_of(node: Node, kind: str) -> Node:
    """An answer as one text; `PlaceError` for a list where the item is not of such a kind."""
    if not isinstance(node.value, tuple):
        return node
    if kind not in ("list", "set"):
        fault = "the answer is a list; say kind: list, or set; or answers: if each of them is right"
        raise PlaceError(node.line, fault)
    elements = [text_of({"answer": each}, "answer").strip() for each in node.value]
    if not all(elements):
        raise PlaceError(node.line, "an element of the answer is empty; write a text, or drop it")
    return Node(node.line, lists.write(elements))


def choices_of(node: Node | None) -> tuple[Choice, ...]:
    """The item's choices, which a list gives without their labels."""
    if node is None or node.is_nothing:
        return ()
    if isinstance(node.value, str):
        raise PlaceError(node.line, "choices is a list, such as [this, that]")
    if isinstance(node.value, tuple):
        if len(node.value) > len(_LABELS):
            raise PlaceError(node.line, "has more choices than letters; give them labels")
        listed = dict(zip(_LABELS, node.value, strict=False))
    else:
        listed = node.value
    choices = tuple(Choice(label.strip(), text_of(listed, label).strip()) for label in listed)
    labels = {scoring.fold(choice.label).casefold().strip("(.)") for choice in choices}
    is_whole = all(choice.label and choice.text for choice in choices)
    if len(choices) < 2 or len(labels) < len(choices) or not is_whole:
        raise PlaceError(node.line, "choices are two texts or more, each with a label of its own")
    return choices


def day_first_of(keys: dict[str, Node]) -> bool | None:
    """Whether a date in numbers has its day first; None where nobody says."""
    said = text_of(keys, "day_first").strip().casefold()
    if said not in ("", "true", "false"):
        raise PlaceError(keys["day_first"].line, "day_first is true, or false")
    return said == "true" if said else None


def equivalence_of(own: dict[str, Node], keys: dict[str, Node], kind: AnswerKind) -> Equivalence:
    """Who says whether answers are the same; a default of the file is that of texts alone."""
    if (said := text_of(keys, "equivalence").strip()) not in ("", "normal", "judge"):
        fault = f"unknown equivalence {quoted(said)}; known are normal, judge"
        raise PlaceError(keys["equivalence"].line, fault)
    if kind == "text":
        return "judge" if says_judge(keys) else ""
    if says_judge(own):
        fault = f"a judge compares texts, and this answer is of kind {kind}; say kind: text"
        raise PlaceError(own["equivalence"].line, fault)
    return ""


def says_judge(keys: dict[str, Node]) -> bool:
    """Whether a judge is named."""
    return text_of(keys, "equivalence").strip() == "judge"


def inferred_kind(answers: Sequence[Node], line: int) -> str:
    """What all of the answers are; `PlaceError` where there is none."""
    if not answers:
        raise PlaceError(line, _LACKING["kind"])
    kinds = sorted(set(map(_inferred_of_one, answers)))
    if len(kinds) > 1 and kinds != ["integer", "number"]:
        fault = f"the answers are of kinds {', '.join(kinds)}; say which: kind: short"
        raise PlaceError(answers[0].line, fault)
    return kinds[-1]


def _inferred_of_one(answer: Node) -> str:
    text = str(answer.value).strip()
    if answer.plain and _INTEGER.fullmatch(text):
        return "integer"
    if answer.plain and _DECIMAL.fullmatch(text):
        return "number"
    if numbers.value(text, own=text) is None and not _CODED.fullmatch(text):
        return "text"
    raise PlaceError(
        answer.line,
        f"answer {quoted(text)} may be a number or a text; write a number as 1250 or 12.5 without "
        "quotes, or add kind: number, or kind: text",
    )


def check_answer(item: Item, line: int, keys: dict[str, Node]) -> None:
    """Raise `PlaceError` where an answer cannot be judged by the item's own, or its tolerance."""
    answer = item.answer.casefold()
    meant = {c.label for c in item.choices if c.label.casefold() == answer}
    if meant and len(meant | {c.label for c in item.choices if c.text.casefold() == answer}) > 1:
        both = "is one choice's label and another one's text; give the choices other labels"
        raise PlaceError(line, f"answer {quoted(item.answer)} {both}")
    try:
        value = scoring.truth(replace(item, tolerance=""))
        line = keys["tolerance"].line if item.tolerance and "tolerance" in keys else line
        scoring.truth(item)
    except BenchmarkError as error:
        raise PlaceError(line, str(error)) from None
    if item.answer_kind == "integer" and Fraction(value).denominator != 1:
        raise PlaceError(
            line, f"answer {quoted(item.answer)} is not a whole number; say kind: number"
        )
