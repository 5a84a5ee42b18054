"""Turns a style's name into the style, and refuses what no page could be drawn in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import ImageColor

from pytest_rest.errors import RenderingError, nearest
from pytest_rest.rendering.font import fonts
from pytest_rest.terms import Style

REST = Style()

_NUMBERS = {"size": "size_pt", "line_spacing": "line_spacing"} | {
    name: f"{name}_pt" for name in ("page_width", "margin")
}


def parse_style(name: str) -> Style:
    """Read a style's name: a font, `50dpi`, a colour, `on-COLOUR`, `size=14`, joined by `-`.

    What is not named is REST's, so that `parse_style(style.id) == style` and `courier` is REST's
    style in another font. Raises `RenderingError` naming the odd word.
    """
    found: dict[str, Any] = {}
    words = iter(name.strip().lower().split("-"))
    for word in words:
        key, value = _style_field(word, words, name)
        if key in found:
            raise RenderingError(f"style {name!r} names its {key} twice; name it once")
        found[key] = value
    style = replace(REST, **found)
    for each in ("color", "background"):
        color(style, each)
    return style


def color(style: Style, name: str) -> tuple[int, ...]:
    """The red, green and blue of a style's `color` or `background`, 0 to 255."""
    value = getattr(style, name)
    try:
        return ImageColor.getrgb(value)[:3]
    except ValueError:
        raise RenderingError(
            f"style {style.id!r}: {name} {value!r} is no colour"
            f"{nearest(value, ImageColor.colormap)}; use a CSS name or #rrggbb"
        ) from None


def _style_field(word: str, words: Iterator[str], name: str) -> tuple[str, object]:
    if word in fonts():
        return "font", word
    if match := re.fullmatch(r"([1-9]\d{0,3})dpi", word):
        return "dpi", int(match[1])
    if word == "on":
        return "background", next(words, "")
    key, _, number = word.partition("=")
    if key in _NUMBERS and re.fullmatch(r"\d{1,4}(\.\d{1,20})?", number) and float(number) > 0:
        return _NUMBERS[key], float(number)
    if word in ImageColor.colormap or word.startswith("#"):
        return "color", word
    known = [*fonts(), *ImageColor.colormap, "50dpi", "100dpi", "200dpi"]
    raise RenderingError(
        f"unknown style {name!r}: {word!r} is no font ({', '.join(fonts())}), no dpi such as "
        f"'100dpi' and no colour{nearest(word, known)}"
    )
