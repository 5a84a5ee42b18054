"""Turns the names of styles, as a user writes them, into styles: words, a file, a package's own."""

from collections.abc import Iterable
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.benchmark.style_file import ENDINGS, read_styles
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import check, load_font, parse_style
from pytest_rest.terms import Style


def named_styles(names: Iterable[str]) -> tuple[Style, ...]:
    """The styles of these names, and of the style files among them, each once.

    Raises `RenderingError` for a style that cannot be drawn in, a font that is not there, and two
    different ones of one id, or two ids of styles that look alike.
    """
    found: dict[str, Style] = {}
    for name in names:
        for style in _stands_for(name):
            load_font(style.font)
            alike = next((each for each in found.values() if each == style), None)
            if alike is not None and alike.id != style.id:
                both = f"styles {alike.id!r} and {style.id!r}"
                raise RenderingError(f"{both} look alike; leave one of them out")
            if found.setdefault(style.id, style) != style:
                raise RenderingError(f"style {style.id!r} is there twice; rename one of them")
    return tuple(found.values())


def _stands_for(name: str) -> Iterable[Style]:
    """What a name stands for: a file's styles, those another package declares, or one in words."""
    if name.endswith(ENDINGS):
        return read_styles(Path(name))
    declared = extensions.load("styles", name)
    if declared is None:
        return (parse_style(name),)
    found = (declared,) if isinstance(declared, Style) else tuple(declared)
    for style in found:
        check(style)
    return found
