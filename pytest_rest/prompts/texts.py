"""Writes an item's texts: the whole of it, and what a template of a prompt shows of it."""

import re
from collections.abc import Mapping

from pytest_rest import rendering
from pytest_rest.prompts import table_formats
from pytest_rest.prompts.templates import PLACEHOLDER
from pytest_rest.terms import RULED, Code, Item

_SAID: Mapping[str, str] = {  # of a field's kind
    "integer": "a whole number",
    "number": "a number",
    "text": "a text",
    "expression": "an expression",
    "short": "a short text",
    "list": "an array, in order",
    "set": "an array, in any order",
    "date": "a date, YYYY-MM-DD",
    "quantity": "a number with its unit, as a text",
}


def fill(
    template: str, item: Item, asking: str = "", block: str = "", quoted: tuple[str, str] = ("", "")
) -> str:
    """The template with the item's texts in it, and what a model wrote (`quoted`), as it is.

    Tables and code are as in `whole`.
    """
    context = _context(item, block)
    values = {
        "whole": whole(item, block),
        "context": context,
        "question": item.question,
        "stem": "\n".join(filter(None, (context, item.question))),
        "choices": _choices(item),
        "labels": ", ".join(choice.label for choice in item.choices),
        "fields": ", ".join(f"{each.name} ({_SAID[each.kind]})" for each in item.fields),
        **dict(zip(("transcription", "thinking"), quoted, strict=True)),
    }
    template = template.replace("{answer_format}", asking)
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)


def whole(item: Item, block: str = "") -> str:
    """The item as one text: context, table or code, question and choices.

    A table is written as Markdown and code is fenced, or else `block` is in its place.
    """
    return "\n".join(filter(None, (_context(item, block), item.question, _choices(item))))


def table_in_picture(item: Item, format: str) -> str:
    """What a picture's text has for an item's table or code: its source, or where it is drawn."""
    is_source = item.table is not None and format not in ("", RULED)
    return written(item, format) if is_source else rendering.TABLE


def written(item: Item, format: str) -> str:
    """An item's table or code as text."""
    if item.code is not None:
        return _fenced(item.code)
    form = "markdown" if format in ("", RULED) else format
    return table_formats.write(item.table, form) if item.table else ""


def _context(item: Item, block: str) -> str:
    """What stands before the question; of a document that is drawn, nothing that is text."""
    if item.document:
        return "" if block else item.document.text
    if item.block is None or item.layout:
        return (item.layout and block) or item.context
    return "\n".join(filter(None, (item.context, block or written(item, ""))))


def _fenced(code: Code) -> str:
    """Code in a fence of Markdown that is longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", f"``{code.text}")))
    return f"{fence}{code.language}\n{code.text}\n{fence}"


def _choices(item: Item) -> str:
    return "\n".join(f"{choice.label}. {choice.text}" for choice in item.choices)
