"""Finds the styles that a user names: in words, by a file, or by another package's name."""

from collections.abc import Iterable
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.benchmark.style_file import ENDINGS, read_styles
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import check, load_font, parse_style
from pytest_rest.terms import Style


def named_styles(names: Iterable[str]) -> tuple[Style, ...]:
    """The styles of these names, and of the style files among them, each once.

    Raises `RenderingError` for a style that cannot be drawn, a missing font, two different styles
    of one id, and two ids of styles that look alike.
    """
    styles: dict[str, Style] = {}
    for name in names:
        for style in _stands_for(name):
            load_font(style.font)
            alike = next((known for known in styles.values() if known == style), None)
            if alike is not None and alike.id != style.id:
                both = f"styles {alike.id!r} and {style.id!r}"
                raise RenderingError(f"{both} look alike; leave one of them out")
            if styles.setdefault(style.id, style) != style:
                raise RenderingError(f"style {style.id!r} is given twice; rename one of them")
    return tuple(styles.values())


def _stands_for(name: str) -> Iterable[Style]:
    """The styles of a file, those that another package declares, or the one that words name."""
    if name.endswith(ENDINGS):
        return read_styles(Path(name))
    declared = extensions.load("styles", name)
    if declared is None:
        return (parse_style(name),)
    styles = (declared,) if isinstance(declared, Style) else tuple(declared)
    for style in styles:
        check(style)
    return styles
