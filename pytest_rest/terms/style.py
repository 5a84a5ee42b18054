"""How a text is drawn."""

import functools
import json
import re
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from pytest_rest.terms.content import short_digest

PAGE_SIZES = {"a4": (595.0, 842.0), "letter": (612.0, 792.0)}  # in points, as PostScript has them
_PAGE_SIDES = ("page_width_pt", "page_height_pt")


@dataclass(frozen=True)
class Style:
    """How text is drawn; the defaults are REST's style. Lengths are in points (1/72 inch).

    `font` is a bundled font's name or the path of a font file, `file.ttc#2` the third font of a
    collection; several, joined by `|`, stand in for each other's missing characters.
    `page_width_pt` is the widest the page gets: text wraps there, and a shorter text has a
    narrower page. With a `page_height_pt` every page has this width and height, and a text goes on
    over as many as it takes. `line_spacing` is the distance of two lines in multiples of `size_pt`.

    Then the page is spoiled, in this order: turned by `rotation` degrees counter-clockwise, blurred
    by a Gaussian of radius `blur_pt`, given Gaussian `noise` of that standard deviation as a share
    of 255, and packed as a JPEG of `jpeg_quality` 1 to 95 (0: not at all).

    `highlight` is a style of Pygments in which code has its colours, `_` in place of `-`.

    `format` is how a table is written, in every form, and its picture shows that source; `ruled` is
    Markdown as text and a ruled table as a picture, as is a style without one.

    `name`, if it has one, is its id; styles that differ in their names only are equal.
    `font_sha256` has, where `font` has files, the digest of each in its path's place.
    """

    font: str = "dejavu"
    dpi: int = 200
    color: str = "black"
    background: str = "white"
    size_pt: float = 12.0
    line_spacing: float = 1.4
    page_width_pt: float = 468.0
    margin_pt: float = 18.0
    rotation: float = 0.0
    blur_pt: float = 0.0
    noise: float = 0.0
    jpeg_quality: int = 0
    highlight: str = ""
    format: str = ""
    name: str = field(default="", compare=False)
    font_sha256: str = field(default="", compare=False)
    page_height_pt: float = 0.0

    def __hash__(self) -> int:
        return hash((self.font, self.dpi, self.color))

    @functools.cached_property
    def id(self) -> str:
        """`dejavu-200dpi-black`; whatever else differs from REST's style is named after it.

        A format is named before it: `html-dejavu-200dpi-black`.
        """
        return f"{self.format}-{self._looks}" if self.format else self._looks

    @property
    def _looks(self) -> str:
        if self.name:
            return self.name
        name = f"{self._font_word}-{self.dpi}dpi-{self.color}"
        for each, value in self.changes.items():
            if each in ("font", "dpi", "color", "format"):
                continue
            if each in _PAGE_SIDES and self.page_height_pt:
                continue
            if isinstance(value, str):
                name += f"-on-{value}" if each == "background" else f"-{each}={value}"
            else:
                name += f"-{each.removesuffix('_pt')}={_number(value)}"
        return f"{name}-page={self.page}" if self.page_height_pt else name

    @functools.cached_property
    def digest(self) -> str:
        """Sixteen hex digits of how it looks: of a font's file the content, not the path."""
        content = {
            name: value if isinstance(value, str) else float(value)
            for name, value in self.changes.items()
        }
        if self.font_sha256:
            content["font"] = self.font_sha256
        return short_digest(json.dumps(content, sort_keys=True))

    @property
    def page(self) -> str:
        """`a4`, or `400x300`: the size of its pages in points; empty where it is the text's."""
        if not self.page_height_pt:
            return ""
        sides = (self.page_width_pt, self.page_height_pt)
        named = {size: name for name, size in PAGE_SIZES.items()}
        return named.get(sides) or "x".join(map(_number, sides))

    @property
    def is_plain(self) -> bool:
        """Whether the page stays as it was drawn."""
        return not (self.rotation or self.blur_pt or self.noise or self.jpeg_quality)

    @property
    def has_own_font(self) -> bool:
        """Whether the font is a file, or several; a bundled font's name has no dot."""
        return "." in self.font

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from REST's style, in the order of the fields."""
        looks = [each for each in fields(self) if each.compare]
        found = {each.name: (getattr(self, each.name), each.default) for each in looks}
        return {name: value for name, (value, usual) in found.items() if value != usual}

    @property
    def _font_word(self) -> str:
        """The font in an id: its name, or that of its file with a digest."""
        if not self.has_own_font:
            return self.font
        stem = re.sub(r"\W", "_", PurePath(self.font.partition("|")[0]).stem, flags=re.ASCII)
        return f"{stem}.{short_digest(self.font_sha256 or self.font)[:8]}"


class StoredStyle(Style):
    """The style of stored answers, of which only its name is known: it is equal to no other."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredStyle) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def _number(value: float) -> str:
    return format(Decimal(repr(value)), "f").removesuffix(".0")
