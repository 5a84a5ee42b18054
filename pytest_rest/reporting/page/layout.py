"""Turns a page's content into one file that needs no network, with the templates beside it.

Templates escape whatever they show, and bound it: on one line, with nothing hidden. The page's
policy allows its own script and style alone, and pictures from its own folder or the page itself.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rest import wording
from pytest_rest.reporting.terminal.figures import percent
from pytest_rest.safe_text import shown

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **content: object) -> str:
    """The page that a template makes; KeyError where the content lacks what it shows."""
    from jinja2 import UndefinedError

    try:
        return _environment().get_template(template).render(content)
    except UndefinedError as error:
        raise KeyError(error.message) from None


def draw(template: str, macro: str, *parts: object) -> str:
    """The markup that one macro of a template makes."""
    markup: str = getattr(_environment().get_template(template).module, macro)(*parts)
    return markup


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 25 ms, for pages alone

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_bounded,
    )
    environment.filters |= {"percent": percent, "rate": wording.rate, "count": wording.count}
    environment.filters["money"] = wording.money
    environment.filters |= {"shown": _bounded, "uncut": _Shown, "sha256": _sha256}
    return environment


class _Shown(str):
    """Text that goes into a page uncut: it is bounded already, or made by ourselves."""


def _bounded(value: object, limit: int = 300) -> object:
    """Text from outside as it may stand in a page; markup and numbers are as they are."""
    if isinstance(value, _Shown | int | float) or hasattr(value, "__html__"):
        return value
    return _Shown(shown(str(value), limit))


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
