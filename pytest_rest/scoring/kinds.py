"""Turns a text that is the answer alone into a value, by the item's kind of answer."""

import functools
import string
from dataclasses import replace

from pytest_rest.scoring import (
    answer_text,
    choices,
    dates,
    expressions,
    fields,
    lists,
    numbers,
    quantities,
    short_answers,
)
from pytest_rest.scoring.abstentions import abstains
from pytest_rest.scoring.decoration import DECORATION, fold
from pytest_rest.terms import Item, ItemField

MENDS = {
    "integer": "a whole number, such as 7",
    "number": "a number, such as 12.5 or 1/3",
    "text": "a text, or another kind",
    "expression": "one such as 2(x+1), x^2 or sqrt(x), or say kind: text",
    "short": "a short text",
    "list": "its elements, such as [red, green]",
    "set": "its elements, such as [red, green]",
    "date": "a date, such as 2031-03-15; of 03/04/2031 say day_first: true, or false",
    "fields": "a value for each field",
    "quantity": "a number with its unit, such as 2.5 kg; no ton, but t or short ton",
}


def parse(text: str, item: Item) -> str | None:
    """Read a value of the item's kind from a text that is the answer alone."""
    values = [(_parse(text, alone), alone) for alone in with_one_answer(item)]
    first = values[0][0]
    if not item.also_right:
        return first
    return next((value for value, alone in values if value == _parse(alone.answer, alone)), first)


def with_one_answer(item: Item) -> list[Item]:
    """The item once for each of its right answers, which alone is right there."""
    if not item.also_right:
        return [item]
    return [replace(item, answer=a, also_right=()) for a in (item.answer, *item.also_right)]


@functools.lru_cache(maxsize=256)
def right_values(item: Item) -> tuple[str | None, ...]:
    """What the item's right answers are read as."""
    return tuple(_parse(alone.answer, alone) for alone in with_one_answer(item))


def _parse(text: str, item: Item) -> str | None:
    if item.answer_kind == "open":
        return fold(text) or None
    if item.answer_kind == "text":
        return answer_text.read(text)
    if item.answer_kind == "fields":
        values = field_values(text, item)
        known = {name: value for name, value in values.items() if value is not None}
        return fields.write(known) if known and len(known) == len(values) else None
    if item.answer_kind == "short":
        return short_answers.value(text)
    if item.answer_kind in ("list", "set"):
        return lists.value(text, item.answer, is_set=item.answer_kind == "set")
    if len(text) > answer_text.LONGEST:
        return None
    if item.answer_kind == "date":
        return dates.value(text, item.day_first)
    if item.answer_kind == "quantity":
        return quantities.value(text, item.answer, item.tolerance)
    if item.answer_kind == "expression":
        return expressions.value(_bare(text), _bare(item.answer))
    if item.answer_kind == "choice":
        return choices.value(text, item.choices)
    own = f"{item.answer} {item.question} {item.context}"
    return numbers.value(text, item.answer, item.tolerance, own, item.question)


def field_values(text: str, item: Item) -> dict[str, str | None]:
    """The value of each field of an item in a text; None where it has none for sure."""
    said = fields.texts(text, [each.name for each in item.fields]) or {}
    return {each.name: _of_field(said.get(each.name), of_field(item, each)) for each in item.fields}


def of_field(item: Item, field: ItemField) -> Item:
    """The item as if it asked for one of its fields alone."""
    return replace(
        item,
        id=f"{item.id}.{field.name}",
        answer=field.answer,
        answer_kind=field.kind,
        tolerance=field.tolerance,
        also_right=field.also_right,
        day_first=field.day_first,
        fields=(),
    )


def _of_field(said: str | None, item: Item) -> str | None:
    value = None if said is None else parse(said, item)
    is_answer = value is not None and (value in right_values(item) or not abstains(said or ""))
    return value if is_answer else None


def _bare(text: str) -> str:
    """An expression without the Markdown and the full stop around it."""
    around = DECORATION + string.whitespace
    return text.lstrip(around).rstrip(around + ".")
