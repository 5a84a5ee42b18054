"""Reads the fields of an item's answer from a benchmark file's node."""

import re
from collections.abc import Mapping

from pytest_rest.benchmark.item_answers import answers_of, day_first_of, inferred_kind
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, check_keys, quoted, text_of
from pytest_rest.errors import nearest
from pytest_rest.scoring import fields
from pytest_rest.terms import ANSWER_KINDS, AnswerKind, ItemField

KINDS = tuple(kind for kind in ANSWER_KINDS if kind not in ("choice", "fields"))
_KEYS = ("answer", "answers", "kind", "tolerance", "day_first")
_MOST = 100
_NAME = re.compile(r"[^\W\d][\w.-]{0,59}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def fields_of(node: Node | None) -> tuple[ItemField, ...]:
    """An item's fields: by name a value, or its `answer` with its `kind` and the like."""
    if node is None or node.is_nothing:
        return ()
    if not isinstance(node.value, dict) or not 0 < len(node.value) <= _MOST:
        fault = f"fields has 1 to {_MOST} names with their answers, such as {{total: 119.50}}"
        raise PlaceError(node.line, fault)
    names = list(node.value)
    for number, name in enumerate(names):
        line = node.value[name].line
        if not _NAME.fullmatch(name):
            rule = "begin with a letter, and use at most 60 letters, digits, - _ and ."
            raise PlaceError(line, f"field {quoted(name)} is not a short word; {rule}")
        for other in names[:number]:
            if fields.same_name(name, other):
                raise PlaceError(line, f"fields {quoted(other)} and {quoted(name)} are too alike")
    return tuple(_field(name, own) for name, own in node.value.items())


def take_fields(own: dict[str, Node], keys: dict[str, Node]) -> tuple[ItemField, ...]:
    """An item's fields, of which its answer and its kind follow."""
    listed = fields_of(own.get("fields"))
    if listed:
        _check_alone(own)
        keys["kind"] = Node(own["fields"].line, "fields")
        own["answer"] = as_answer(listed, own["fields"].line)
    return listed


def as_answer(listed: tuple[ItemField, ...], line: int) -> Node:
    """The right answer to all fields, as one text."""
    return Node(line, fields.write({each.name: each.answer for each in listed}))


def _check_alone(own: dict[str, Node]) -> None:
    """Raise `PlaceError` for what an item with fields does not have."""
    for key in ("answer", "answers", "choices", "tolerance", "day_first"):
        if key in own:
            fault = f"an item with fields has no {key} of its own; write it in a field"
            raise PlaceError(own[key].line, fault)
    if (kind := text_of(own, "kind")) not in ("", "fields"):
        raise PlaceError(own["kind"].line, f"an item with fields is of kind fields, not {kind}")


def _field(name: str, node: Node) -> ItemField:
    own = node.value if isinstance(node.value, dict) else {"answer": node}
    check_keys(own, _KEYS)
    answers = answers_of(own, text_of(own, "kind"), node.line)
    if not answers:
        raise PlaceError(node.line, f"field {quoted(name)} has no answer; write answer:")
    said = [str(answer.value).strip() for answer in answers]
    is_date = all(_DATE.fullmatch(str(each.value)) for each in answers)
    kind = text_of(own, "kind") or ("date" if is_date else inferred_kind(answers, node.line))
    return ItemField(
        name,
        said[0],
        _kind(kind, own),
        text_of(own, "tolerance").strip(),
        tuple(said[1:]),
        day_first_of(own),
    )


def _kind(kind: str, own: Mapping[str, Node]) -> AnswerKind:
    for known in KINDS:
        if kind == known:
            return known
    fault = f"unknown kind {quoted(kind)} of a field{nearest(kind, KINDS)}"
    raise PlaceError(own["kind"].line, f"{fault}; known are {', '.join(KINDS)}")
