"""Turns a file of styles, `*.yaml`, into styles, with fonts of one's own.

    styles:
      - courier-50dpi                   # a style by its name, or in its parts:
      - name: scan                      # what the reports call it; else what it looks like
        font: fonts/Sarabun.ttf         # a bundled font or a file beside this one, file.ttc#2;
        dpi: 150                        #   a list: each stands in for what those before it lack
        rotation: -1.5

What is not said is REST's style. Every key with its unit is in docs/styles.md.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_rest.benchmark.yaml_nodes import (
    Node,
    PlaceError,
    check_keys,
    read_text,
    read_yaml,
    said,
    text_of,
)
from pytest_rest.errors import RenderingError
from pytest_rest.rendering.font import load_font
from pytest_rest.rendering.style_name import NUMBERS, REST, color, out_of_range, parse_style
from pytest_rest.terms import Style

ENDINGS = (".yaml", ".yml")
KEYS = (
    *("name", "font", "dpi", "size", "color", "background", "line_spacing", "page_width"),
    *("margin", "rotation", "blur", "noise", "jpeg_quality"),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,59}")
_FIELDS = {"dpi": "dpi", **NUMBERS}
_WHOLE = ("dpi", "jpeg_quality")


def read_styles(path: Path) -> tuple[Style, ...]:
    """The styles of a file; `RenderingError` is one line with file, line, fault and mend."""
    try:
        document = read_yaml(read_text(path))
        if not isinstance(document.value, dict):
            raise PlaceError(document.line, "is no list of styles; write styles: and one below it")
        check_keys(document.value, ("styles",))
        listed = document.value.get("styles")
        if listed is None or not isinstance(listed.value, tuple) or not listed.value:
            raise PlaceError(document.line, "lists no styles; write styles: and one below it")
        return _read_all(listed.value, path.absolute().parent)
    except PlaceError as error:
        place = str(path) if str(path).isprintable() else repr(str(path))
        line = f":{error.line}" if error.line else ""
        raise RenderingError(f"{place}{line}: {error}") from None


def _read_all(nodes: tuple[Node, ...], folder: Path) -> tuple[Style, ...]:
    lines: dict[str, int] = {}
    found: dict[Style, Node] = {}
    for node in nodes:
        style = _read(node, folder)
        if style.id in lines:
            there = f"is there already, line {lines[style.id]}"
            raise PlaceError(node.line, f"style {said(style.id)} {there}; rename it")
        if style in found:
            there = f"looks like the one of line {found[style].line}"
            raise PlaceError(node.line, f"style {said(style.id)} {there}; leave one out")
        lines[style.id], found[style] = node.line, node
    return tuple(found)


def _read(node: Node, folder: Path) -> Style:
    if isinstance(node.value, str):
        return _by_name(node)
    if not isinstance(node.value, dict):
        raise PlaceError(node.line, "a style is a name, or a mapping of keys such as dpi: 100")
    check_keys(node.value, KEYS)
    values: dict[str, Any] = {}
    for key, each in node.value.items():
        if key in _FIELDS:
            values[_FIELDS[key]] = _number(each, key)
        elif key == "font":
            values |= _font(each, folder)
        elif key != "name":
            values[key] = _color(each, key)
    style = replace(REST, **values)
    return replace(style, name=_name(node.value["name"], style)) if "name" in node.value else style


def _by_name(node: Node) -> Style:
    try:
        return parse_style(str(node.value))
    except RenderingError as error:
        raise PlaceError(node.line, str(error)) from None


def _name(node: Node, style: Style) -> str:
    name = text_of({"name": node}, "name").strip()
    if not _NAME.fullmatch(name):
        mend = "use up to 60 letters, digits and ._+=-, such as scan-1"
        raise PlaceError(node.line, f"name {said(name)} cannot stand in a test's name; {mend}")
    try:
        meant = parse_style(name)
    except RenderingError:
        return name
    if meant != style:
        raise PlaceError(node.line, f"name {said(name)} means another style already; change it")
    return name


def _number(node: Node, key: str) -> float:
    text = text_of({key: node}, key).strip()
    value: object = text
    if re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,20})?", text, re.ASCII):
        value = float(text)
        if key in _WHOLE and value.is_integer():
            value = int(value)
    if why := out_of_range(_FIELDS[key], value):
        raise PlaceError(node.line, why)
    assert isinstance(value, int | float)  # noqa: S101 (for the type checker: it is in range)
    return value


def _color(node: Node, key: str) -> str:
    if node.is_nothing:
        mend = "a # begins a comment, so put '#rrggbb' in quotes"
        raise PlaceError(node.line, f"{key} is empty; {mend}")
    text = text_of({key: node}, key).strip().lower()
    field: dict[str, Any] = {key: text}
    try:
        color(replace(REST, **field), key)
    except RenderingError as error:
        raise PlaceError(node.line, str(error).partition(": ")[2]) from None
    if "(" in text:  # rgb(1, 2, 3) has what parts a style's name
        raise PlaceError(node.line, f"{key} is {said(text)}; use a CSS name or '#rrggbb'")
    return text


def _font(node: Node, folder: Path) -> dict[str, str]:
    """The font, files by their whole path, and what tells those files from changed ones."""
    nodes = node.value if isinstance(node.value, tuple) else (node,)
    if not nodes:
        raise PlaceError(node.line, "font is an empty list; name a font")
    names = []
    for each in nodes:
        name = text_of({"font": each}, "font").strip()
        if re.search(r"[|]", name):
            raise PlaceError(each.line, f"font {said(name)}: write several fonts as a list")
        names.append(str(folder / name) if re.search(r"[./\\]", name) else name.lower())
        try:
            load_font(names[-1])
        except RenderingError as error:
            raise PlaceError(each.line, str(error)) from None
    font = "|".join(names)
    return {"font": font, "font_sha256": load_font(font).digest}
