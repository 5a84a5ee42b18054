"""Finds the colours of code's words, by Pygments, which is imported when first used."""

import functools
from importlib.util import find_spec
from typing import Any, NamedTuple

from PIL import ImageColor

from pytest_rest.errors import RenderingError, nearest


class Span(NamedTuple):
    """The characters from one to before another, and their colour."""

    start: int
    end: int
    color: str


@functools.cache
def check(style: str, language: str = "") -> None:
    """Raise `RenderingError` for an unknown style of Pygments, or an unknown language."""
    names = sorted(installed_styles())
    if style not in names:
        raise RenderingError(
            f"unknown highlight {style!r}{nearest(style, names)}; known are {', '.join(names)}"
        )
    if language and _lexer(language) is None:
        from pygments.lexers import get_all_lexers

        known = [alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases]
        raise RenderingError(
            f"language {language!r} is not one that Pygments knows{nearest(language, known)}; "
            "use a name of https://pygments.org/languages, or a style without highlight"
        )


def colors(style: str) -> tuple[str, str]:
    """The colours of what has none of its own, and of the paper."""
    from pygments.token import Token

    chosen = _style(style)
    paper = str(chosen.background_color)
    own = chosen.style_for_token(Token)["color"]
    luma = sum(w * c for w, c in zip((3, 6, 1), ImageColor.getrgb(paper)[:3], strict=True)) / 10
    return f"#{own}" if own else "black" if luma > 127 else "white", paper


@functools.lru_cache(maxsize=4)  # for the pages of one code
def spans(text: str, language: str, style: str) -> tuple[Span, ...]:
    """The spans of a code that have a colour of their own, in order."""
    lexer = _lexer(language) if language else None
    if lexer is None:
        return ()
    tokens = list(lexer(stripnl=False, ensurenl=False).get_tokens(text))
    if "".join(value for _, value in tokens) != text:
        return ()  # the lexer changed it, so that no place is known
    chosen, colored, start = _style(style), list[Span](), 0
    for token, value in tokens:
        if (color := chosen.style_for_token(token)["color"]) and value.strip():
            colored.append(Span(start, start + len(value), f"#{color}"))
        start += len(value)
    return tuple(colored)


def _lexer(language: str) -> Any:
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    try:
        return find_lexer_class_by_name(language)
    except ClassNotFound:
        return None


def _style(name: str) -> Any:
    from pygments.styles import get_style_by_name

    return get_style_by_name(installed_styles()[name])


@functools.cache
def installed_styles() -> dict[str, str]:
    """The styles of Pygments, by their names with `_` in place of `-`."""
    if find_spec("pygments") is None:
        raise RenderingError("highlight needs Pygments; install it with: pip install pygments")
    from pygments.styles import STYLE_MAP

    return {name.replace("-", "_"): name for name in STYLE_MAP}
