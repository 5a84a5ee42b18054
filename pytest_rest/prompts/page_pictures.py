"""Draws what a prompt shows as pictures: own ones, and pages of a document and of a text."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

from pytest_rest import rendering
from pytest_rest.prompts import table_formats
from pytest_rest.rendering import document, pictures, version
from pytest_rest.terms import RULED, Block, Image, Item, KnownPictures, Source, Style


def own(item: Item) -> Iterator[Image]:
    """The pictures that belong to the question in every form, in order; errors as `draw`."""
    for path, digest in zip(item.images, item.image_digests, strict=True):
        yield pictures.read(path, digest)
    if item.image:
        yield pictures.read(item.image, item.image_digest)


@functools.lru_cache(maxsize=4)  # the transcription shows the image form's pictures again
def draw(
    text: str, style: Style, item: Item, known: KnownPictures | None = None
) -> tuple[Image, ...]:
    """The pages of an item's text in a style, after its document or under its last own picture.

    Without a text these stand alone. What is `known` is not drawn. Raises `RenderingError`, and
    `BenchmarkError` for a file that can no longer be read.
    """
    before: tuple[Image, ...] = (*own(item),)
    if (pdf := item.document) is not None:
        before = _drawn(known, style, lambda: document.draw(pdf, style), pdf)
    if before and not text.strip():
        return before
    page = page_of(text, style, item)
    if item.image:
        above = before[-1]
        made_of = (above.digest, version.of_bytes(above.content), *page)
        under = _drawn(known, page[1], lambda: _draw_under(above, *page), *made_of)
        return (*before[:-1], *under)
    return before + _drawn(known, page[1], lambda: rendering.draw_pages(*page), *page)


def page_of(text: str, style: Style, item: Item) -> tuple[str, Style, Block | None]:
    """What `rendering` draws for an item's text in a style.

    A page with a table's source is in a fixed-width font, and as wide as that asks for.
    """
    if item.table is None or style.format in ("", RULED):
        return text, style, item.block
    source = table_formats.write(item.table, style.format)
    return text, rendering.fixed_width(style, source, text), None


def _drawn(
    known: KnownPictures | None,
    style: Style,
    draw: Callable[[], tuple[Image, ...]],
    *made_of: object,
) -> tuple[Image, ...]:
    """The pictures as they are known, or else drawn, with what they are made of."""
    digest = version.digest(style, *made_of)
    if known is not None and (kept := known(digest)) is not None:
        return kept
    return tuple(
        replace(page, source=Source(digest, number, len(pages), len(page.content)))
        for pages in [draw()]
        for number, page in enumerate(pages)
    )


def _draw_under(picture: Image, text: str, style: Style, block: Block | None) -> tuple[Image, ...]:
    first, *others = rendering.draw_pages(text, style, block)
    return (pictures.place_under(picture, first, style), *others)
