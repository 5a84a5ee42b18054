"""Draws what a prompt shows as pictures: own ones, and pages of a document and of a text."""

import functools
from collections.abc import Iterator

from pytest_rest import rendering
from pytest_rest.prompts import table_formats
from pytest_rest.rendering import document, pictures
from pytest_rest.terms import RULED, Block, Image, Item, Style


def own(item: Item) -> Iterator[Image]:
    """The pictures that belong to the question in every form, in order; errors as `draw`."""
    for path, digest in zip(item.images, item.image_digests, strict=True):
        yield pictures.read(path, digest)
    if item.image:
        yield pictures.read(item.image, item.image_digest)


def draw(text: str, style: Style, item: Item) -> tuple[Image, ...]:
    """The pages of an item's text in a style, after its document or under its last own picture.

    Without a text these stand alone. Raises `RenderingError`, and `BenchmarkError` for a file that
    can no longer be read.
    """
    before = document.draw(item.document, style) if item.document else (*own(item),)
    if before and not text.strip():
        return before
    page = page_of(text, style, item)
    if item.image:
        return (*before[:-1], *_draw_under(before[-1], *page))
    draw_pages = _draw_several if style.page_height_pt else _draw_one
    return before + draw_pages(*page)


def page_of(text: str, style: Style, item: Item) -> tuple[str, Style, Block | None]:
    """What `rendering` draws for an item's text in a style.

    A page with a table's source is in a fixed-width font, and as wide as that asks for.
    """
    if item.table is None or style.format in ("", RULED):
        return text, style, item.block
    return text, rendering.fixed_width(style, table_formats.write(item.table, style.format)), None


# Pictures are kept because the transcription shows the image form's pictures again.
_draw_one = functools.lru_cache(maxsize=16)(rendering.draw_pages)
_draw_several = functools.lru_cache(maxsize=4)(rendering.draw_pages)


@functools.lru_cache(maxsize=4)
def _draw_under(picture: Image, text: str, style: Style, block: Block | None) -> tuple[Image, ...]:
    first, *others = rendering.draw_pages(text, style, block)
    return (pictures.place_under(picture, first, style), *others)
