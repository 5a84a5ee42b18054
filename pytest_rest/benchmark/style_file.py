"""Reads a user's own styles from a file, `*.yaml`, with fonts of their own.

    styles:
      - courier-50dpi                   # a style by its name, or key by key:
      - name: scan                      # its name in reports; otherwise one made of its keys
        font: fonts/Sarabun.ttf         # a bundled font, or a file beside this one, file.ttc#2;
        dpi: 150                        #   in a list, each font has characters the others lack
        rotation: -1.5

A key that is left out is as in REST's style. docs/styles.md has every key with its unit.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_rest.benchmark import yaml_nodes
from pytest_rest.benchmark.yaml_nodes import Node, PlaceError, check_keys, quoted, text_of
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import highlighting
from pytest_rest.rendering.font import load_font
from pytest_rest.rendering.style_name import (
    NUMBERS,
    REST,
    check,
    color,
    out_of_range,
    page_sides,
    parse_style,
)
from pytest_rest.terms import PAGE_SIZES, Style

ENDINGS = (".yaml", ".yml")
KEYS = (
    *("name", "font", "dpi", "size", "color", "background", "line_spacing", "page_width"),
    *("page", "margin", "rotation", "blur", "noise", "jpeg_quality", "highlight"),
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,59}")
_FIELDS = {"dpi": "dpi", **NUMBERS}
_WHOLE = ("dpi", "jpeg_quality")


def read_styles(path: Path) -> tuple[Style, ...]:
    """The styles of a file; `RenderingError` is one line with file, line, fault and remedy."""
    try:
        document = yaml_nodes.read_yaml(yaml_nodes.read_text(path))
        if not isinstance(document.value, dict):
            raise PlaceError(
                document.line, "is not a list of styles; write styles: and one below it"
            )
        check_keys(document.value, ("styles",))
        listed = document.value.get("styles")
        if listed is None or not isinstance(listed.value, tuple) or not listed.value:
            raise PlaceError(document.line, "lists no styles; write styles: and one below it")
        return _read_all(listed.value, path.absolute().parent)
    except PlaceError as error:
        raise RenderingError(error.located(path)) from None


def _read_all(nodes: tuple[Node, ...], folder: Path) -> tuple[Style, ...]:
    by_id: dict[str, int] = {}  # the line of each
    by_looks: dict[Style, int] = {}
    for node in nodes:
        style = _read(node, folder)
        name = quoted(style.id)
        if style.id in by_id:
            fault = f"style {name} is already in line {by_id[style.id]}; rename it"
            raise PlaceError(node.line, fault)
        if style in by_looks:
            fault = f"style {name} looks like the one in line {by_looks[style]}; leave one out"
            raise PlaceError(node.line, fault)
        by_id[style.id] = by_looks[style] = node.line
    return tuple(by_looks)


def _read(node: Node, folder: Path) -> Style:
    if isinstance(node.value, str):
        return _by_name(node)
    if not isinstance(node.value, dict):
        raise PlaceError(node.line, "a style is a name, or a mapping of keys such as dpi: 100")
    check_keys(node.value, KEYS)
    values: dict[str, Any] = {}
    for key, value in node.value.items():
        if key in _FIELDS:
            values[_FIELDS[key]] = _number(value, key)
        elif key == "page":
            values |= _page(value, node)
        elif key == "font":
            values |= _font(value, folder)
        elif key == "highlight":
            values[key] = _highlight(value)
        elif key != "name":
            values[key] = _color(value, key)
    style = replace(REST, **values)
    if style.page_height_pt:
        _check_room(style, node)
    return replace(style, name=_name(node.value["name"], style)) if "name" in node.value else style


def _by_name(node: Node) -> Style:
    try:
        return parse_style(str(node.value))
    except RenderingError as error:
        raise PlaceError(node.line, str(error)) from None


def _name(node: Node, style: Style) -> str:
    name = text_of({"name": node}, "name").strip()
    if not _NAME.fullmatch(name):
        remedy = "use up to 60 letters, digits and ._+=-, such as scan-1"
        raise PlaceError(node.line, f"name {quoted(name)} cannot be in a test's name; {remedy}")
    try:
        meant = parse_style(name)
    except RenderingError:
        return name
    if meant != style:
        raise PlaceError(node.line, f"name {quoted(name)} already means another style; change it")
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


def _check_room(style: Style, node: Node) -> None:
    """Raise `PlaceError` where no line has room on a page."""
    try:
        check(style)
    except RenderingError as error:
        raise PlaceError(node.line, str(error)) from None


def _page(node: Node, style: Node) -> dict[str, float]:
    """The width and height of every page."""
    text = text_of({"page": node}, "page").strip().lower()
    if (sides := page_sides(text)) is None:
        known = ", ".join(PAGE_SIZES)
        fault = f"page is {quoted(text)}; give {known}, or points such as 400x300"
        raise PlaceError(node.line, fault)
    if isinstance(style.value, dict) and "page_width" in style.value:
        raise PlaceError(node.line, "page and page_width both say how wide it is; remove one")
    return {"page_width_pt": sides[0], "page_height_pt": sides[1]}


def _color(node: Node, key: str) -> str:
    if node.is_nothing:
        remedy = "a # begins a comment, so put '#rrggbb' in quotes"
        raise PlaceError(node.line, f"{key} is empty; {remedy}")
    text = text_of({key: node}, key).strip().lower()
    field: dict[str, Any] = {key: text}
    try:
        color(replace(REST, **field), key)
    except RenderingError as error:
        raise PlaceError(node.line, str(error).partition(": ")[2]) from None
    if "(" in text:  # rgb(1, 2, 3) has signs that separate a style's words
        raise PlaceError(node.line, f"{key} is {quoted(text)}; use a CSS name or '#rrggbb'")
    return text


def _highlight(node: Node) -> str:
    name = text_of({"highlight": node}, "highlight").strip().lower().replace("-", "_")
    try:
        if name:
            highlighting.check(name)
    except RenderingError as error:
        raise PlaceError(node.line, str(error)) from None
    return name


def _font(node: Node, folder: Path) -> dict[str, str]:
    """The font, files by their whole path, and a digest of the files' contents."""
    nodes = node.value if isinstance(node.value, tuple) else (node,)
    if not nodes:
        raise PlaceError(node.line, "font is an empty list; name a font")
    names = []
    for part in nodes:
        name = text_of({"font": part}, "font").strip()
        if "|" in name:
            raise PlaceError(part.line, f"font {quoted(name)}: write several fonts as a list")
        names.append(str(folder / name) if re.search(r"[./\\]", name) else name.lower())
        try:
            load_font(names[-1])
        except RenderingError as error:
            raise PlaceError(part.line, str(error)) from None
    font = "|".join(names)
    return {"font": font, "font_sha256": load_font(font).digest}
