"""Reads a style from its name, and refuses styles that cannot be drawn."""

import functools
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import ImageColor

from pytest_rest.errors import RenderingError, nearest
from pytest_rest.rendering import highlighting
from pytest_rest.rendering.font import fonts
from pytest_rest.terms import PAGE_SIZES, Style

REST = Style()

# A number's word in a style's name or file, and its field.
NUMBERS = {
    "size": "size_pt",
    "line_spacing": "line_spacing",
    "page_width": "page_width_pt",
    "margin": "margin_pt",
    "rotation": "rotation",
    "blur": "blur_pt",
    "noise": "noise",
    "jpeg_quality": "jpeg_quality",
}
# The range of each field, and what to give.
_RANGES: dict[str, tuple[float, float, str]] = {
    "dpi": (1, 9999, "a whole number of dots per inch from 1 to 9999"),
    "size_pt": (0, math.inf, "points above 0"),
    "line_spacing": (0, math.inf, "a multiple of the size above 0"),
    "page_width_pt": (0, math.inf, "points above 0"),
    "page_height_pt": (0, math.inf, "points above 0"),
    "margin_pt": (0, math.inf, "points from 0"),
    "rotation": (-180, 180, "degrees from -180 to 180"),
    "blur_pt": (0, 72, "points from 0 to 72"),
    "noise": (0, 1, "a share from 0 to 1"),
    "jpeg_quality": (0, 95, "a whole number from 1 to 95, or 0 for none"),
}
_WHOLE = ("dpi", "jpeg_quality")
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,20})?", re.ASCII)
_POSITIVE = ("size_pt", "line_spacing", "page_width_pt")


def parse_style(name: str) -> Style:
    """Read a style's name: a font, `50dpi`, a colour, `on-COLOUR`, `rotation=-2`, joined by `-`.

    `highlight=github_dark` names a style of Pygments, `_` in place of `-`.

    What is not named is as in REST's style, so `courier` is REST's style in another font, and
    `parse_style(style.id) == style`. Raises `RenderingError` naming the word it does not know.
    """
    changes: dict[str, Any] = {}
    words = iter(name.strip().lower().split("-"))
    for word in words:
        key, value = _style_field(word, words, name)
        if key in changes or {key, *changes} >= {"page", "page_width_pt"}:
            raise RenderingError(f"style {name!r} names its {key} twice; name it once")
        changes[key] = value
    if "page" in changes:
        changes["page_width_pt"], changes["page_height_pt"] = changes.pop("page")
    style = replace(REST, **changes)
    check(style)
    return style


@functools.lru_cache(maxsize=256)
def check(style: Style) -> None:
    """Raise `RenderingError` for a number out of its range, and for an unknown colour."""
    for field in _RANGES:
        if why := out_of_range(field, getattr(style, field)):
            raise RenderingError(f"style {style.id!r}: {why}")
    for name in ("color", "background"):
        color(style, name)
    if style.highlight:
        highlighting.check(style.highlight)
    line_pt = style.line_spacing * style.size_pt
    if style.page_height_pt and style.page_height_pt - 2 * style.margin_pt < line_pt:
        raise RenderingError(
            f"style {style.id!r}: a page of {style.page_height_pt:g} points has no room for a line "
            "between its margins; use a higher page, a smaller margin or a smaller size"
        )


def page_sides(text: str) -> tuple[float, float] | None:
    """The width and height in points that `a4`, `letter` or `400x300` means; None for another."""
    if text in PAGE_SIZES:
        return PAGE_SIZES[text]
    sides = text.split("x")
    if len(sides) != 2 or not all(map(_NUMBER.fullmatch, sides)) or not all(map(float, sides)):
        return None
    return float(sides[0]), float(sides[1])


def out_of_range(field: str, value: object) -> str:
    """Why a field cannot have that value, and what to give; empty where it can."""
    low, high, wanted = _RANGES[field]
    if isinstance(value, int | float) and math.isfinite(value):
        is_whole = field not in _WHOLE or value == int(value)
        if is_whole and low <= value <= high and (value > 0 or field not in _POSITIVE):
            return ""
    return f"{field.removesuffix('_pt')} is {value!r}; give {wanted}"


def color(style: Style, name: str) -> tuple[int, ...]:
    """The red, green and blue of a style's `color` or `background`, 0 to 255."""
    value = getattr(style, name)
    try:
        return ImageColor.getrgb(value)[:3]
    except ValueError:
        raise RenderingError(
            f"style {style.id!r}: {name} {value!r} is not a colour"
            f"{nearest(value, ImageColor.colormap)}; use a CSS name or #rrggbb"
        ) from None


def contrast(style: Style) -> float:
    """The contrast of text and background, from 1 (equal) to 21 (black on white).

    It is WCAG 2.2's contrast ratio, from the relative luminances of both colours.
    """
    darker, lighter = sorted(_luminance(color(style, name)) for name in ("color", "background"))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(rgb: tuple[int, ...]) -> float:
    shares = [channel / 255 for channel in rgb]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _style_field(word: str, words: Iterator[str], name: str) -> tuple[str, object]:
    if word in fonts():
        return "font", word
    if match := re.fullmatch(r"([1-9]\d{0,3})dpi", word):
        return "dpi", int(match[1])
    if word == "on":
        return "background", next(words, "")
    key, _, number = word.partition("=")
    if key == "highlight":
        highlighting.check(number)
        return key, number
    if key == "page" and (sides := page_sides(number)):
        return "page", sides
    sign = -1 if word == "rotation=" else 1  # the sign is the hyphen that separates the words
    number = next(words, "") if sign < 0 else number
    if key in NUMBERS and _NUMBER.fullmatch(number) and (float(number) > 0 or key == "margin"):
        value = sign * float(number)
        return NUMBERS[key], int(value) if key == "jpeg_quality" and value.is_integer() else value
    if word in ImageColor.colormap or word.startswith("#"):
        return "color", word
    known = [*fonts(), *ImageColor.colormap, "50dpi", "100dpi", "200dpi"]
    raise RenderingError(
        f"unknown style {name!r}: {word!r} is not a font ({', '.join(fonts())}), a dpi such as "
        f"'100dpi' or a colour{nearest(word, known)}"
    )
