"""Draws what a prompt shows as pictures: own ones, and pages of a document and of a text."""

import functools
from collections.abc import Iterator

from pytest_rest import rendering
from pytest_rest.rendering import document, pictures
from pytest_rest.terms import DataTable, Image, Item, Style


def own(item: Item) -> Iterator[Image]:
    """The pictures that belong to the question in every form, in order; errors as `draw`."""
    for path, digest in zip(item.images, item.image_digests, strict=True):
        yield pictures.read(path, digest)
    if item.image:
        yield pictures.read(item.image, item.image_digest)


def draw(text: str, style: Style, item: Item) -> tuple[Image, ...]:
    """The pages of an item's text in a style, after its document or under its last own picture.

    Raises `RenderingError`, and `BenchmarkError` for a file that can no longer be read.
    """
    if item.image:
        *before, last = own(item)
        return (*before, *_draw_under(last, text, style, item.table))
    draw_pages = _draw_several if style.page_height_pt else _draw_one
    if item.document:
        pages = document.draw(item.document, style)
        return pages + draw_pages(text, style, None) if text.strip() else pages
    return draw_pages(text, style, item.table)


# Pictures are kept because the transcription shows the image form's pictures again.
_draw_one = functools.lru_cache(maxsize=16)(rendering.draw_pages)
_draw_several = functools.lru_cache(maxsize=4)(rendering.draw_pages)


@functools.lru_cache(maxsize=4)
def _draw_under(
    picture: Image, text: str, style: Style, table: DataTable | None
) -> tuple[Image, ...]:
    first, *others = rendering.draw_pages(text, style, table)
    return (pictures.place_under(picture, first, style), *others)
