"""Turns the names of styles into what they have in common: font, resolution, colour.

A name that does not say so, such as that of a style file or of stored answers, has none of these.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_rest.terms import Style

_NAME = re.compile(
    r"(?P<font>[^-]{1,200})-(?P<dpi>[0-9]{1,5})dpi-(?P<color>#?\w{1,40})(?P<rest>-.*)?", re.ASCII
)
_MOST = 60  # cells of a grid
_FONTS: Sequence[str] = (Style().font, "courier", "cursive")  # as in REST's paper


@dataclass(frozen=True)
class Look:
    """What a style's name says; `rest` are its other characteristics, `-on-gray-blur=1`."""

    font: str
    dpi: int
    color: str
    rest: str

    @cached_property
    def is_colored(self) -> bool:
        """Whether the print has another colour than REST's."""
        return self.color != Style().color

    @property
    def place(self) -> tuple[int, str, str, bool, int, str]:
        """What looks are sorted by: font, then those in black by resolution, colours last."""
        return (_rank(self.font), self.font, self.rest, self.is_colored, self.dpi, self.color)


def parse(style: str, written: str = "") -> Look | None:
    """What the name of a style says, after the format that it begins with, if it has one."""
    words = _NAME.fullmatch(style.removeprefix(f"{written}-") if written else style)
    if words is None:
        return None
    return Look(words["font"], int(words["dpi"]), words["color"], words["rest"] or "")


def split(styles: Iterable[str]) -> tuple[dict[str, Look], dict[str, Look]]:
    """The styles that are a grid, and those that differ from one of them in their colour alone.

    A grid has two resolutions or more, and at least half of its cells.
    """
    looks = {style: look for style in styles if (look := parse(style))}
    looks = dict(sorted(looks.items(), key=lambda pair: pair[1].place))
    grid = {style: look for style, look in looks.items() if not look.is_colored}
    resolutions = {look.dpi for look in grid.values()}
    fonts = {(look.font, look.rest) for look in grid.values()}
    has_holes = 2 * len(grid) < len(fonts) * len(resolutions)
    if len(resolutions) < 2 or has_holes or len(grid) > _MOST:
        return {}, {}
    places = {(look.font, look.rest, look.dpi) for look in grid.values()}
    colors = {
        style: look
        for style, look in looks.items()
        if look.is_colored and (look.font, look.rest, look.dpi) in places
    }
    alike = {(look.font, look.rest, look.dpi) for look in colors.values()}
    return grid, colors if len(alike) == 1 else {}


def _rank(font: str) -> int:
    return _FONTS.index(font) if font in _FONTS else len(_FONTS)
