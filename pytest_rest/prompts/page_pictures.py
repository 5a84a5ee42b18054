"""Draws what a prompt shows as pictures: an item's own ones, and the pages of its text."""

import functools

from pytest_rest import rendering
from pytest_rest.rendering import pictures
from pytest_rest.terms import DataTable, Image, Item, Style


def draw(text: str, style: Style, item: Item) -> tuple[Image, ...]:
    """The pages of an item's text in a style, the first of them under its own picture.

    Raises `RenderingError`, and `BenchmarkError` for a picture that can no longer be read.
    """
    if item.image:
        return _draw_under(item.image, item.image_digest, text, style, item.table)
    draw_pages = _draw_several if style.page_height_pt else _draw_one
    return draw_pages(text, style, item.table)


# Pictures are kept because the transcription shows the image form's pictures again.
_draw_one = functools.lru_cache(maxsize=16)(rendering.draw_pages)
_draw_several = functools.lru_cache(maxsize=4)(rendering.draw_pages)


@functools.lru_cache(maxsize=4)
def _draw_under(
    path: str, digest: str, text: str, style: Style, table: DataTable | None
) -> tuple[Image, ...]:
    first, *others = rendering.draw_pages(text, style, table)
    return (pictures.place_under(pictures.read(path, digest), first, style), *others)
