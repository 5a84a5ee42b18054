"""Turns the items known before anything is asked into what the model will see of the longest."""

import contextlib
from collections.abc import Iterator
from functools import partial

from pytest_rest import prompts, rendering
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import RestError
from pytest_rest.models.seen import NOTICED, Picture, shrink
from pytest_rest.plugin import benchmark_files, table_formats
from pytest_rest.plugin.run import Run
from pytest_rest.prompts import page_pictures
from pytest_rest.terms import Item, Seen, Style

_LINE = 60  # characters, about


def longest(run: Run) -> list[Picture]:
    """Of each style in which it is shrunk noticeably, the longest item's picture.

    Nothing is drawn for it: the page is laid out, of one item of a suite in each style.
    """
    if run.settings.plan or run.vision_rule.seen(100, 100) is None:
        return []
    pictures = []
    for item, style in _cases(run):
        with contextlib.suppress(RestError):  # its test meets the same, and says so
            text = prompts.whole(item, prompts.table_in_picture(item, style.format))
            sent = rendering.page_size(*page_pictures.page_of(text, style, item))
            size = run.vision_rule.seen(*sent)
            if size is not None:
                seen = Seen(width=size[0], height=size[1], dpi=style.dpi * shrink(sent, size))
                pictures.append(Picture(item.id, style.id, style.dpi, sent, seen))
    return sorted((p for p in pictures if p.left < NOTICED), key=lambda picture: picture.left)


def _cases(run: Run) -> Iterator[Case]:
    """The longest item of each suite and of each benchmark file, in its styles."""
    settings = run.settings
    for drawn in settings.drawn:
        longest = _longest(drawn.items, run)
        yield from table_formats.cases(longest, settings.styles_of, settings.table_formats)
    for name in settings.files:
        with contextlib.suppress(RestError):  # the collection tells it
            found = settings.library.read(settings.root / name)
            own = () if settings.styles_named else benchmark_files.styles(found.styles)
            styles_of = partial(_styles, own) if own else settings.styles_of
            longest = _longest(found.items, run)
            yield from table_formats.cases(longest, styles_of, settings.table_formats)


def _styles(own: tuple[Style, ...], item: Item) -> tuple[Style, ...]:
    return own


def _longest(items: tuple[Item, ...], run: Run) -> list[Item]:
    """The one with the longest text that is asked, without a picture of its own; or none."""
    drawn = [item for item in items if not (_is_given(item) or run.leaves_out(item))]
    return [max(drawn, key=lambda item: _length(prompts.whole(item)))] if drawn else []


def _is_given(item: Item) -> bool:
    """Whether its picture has parts that are not drawn."""
    return bool(item.image or item.document or (item.table and item.table.picture))


def _length(text: str) -> int:
    return len(text) + _LINE * text.count("\n")
