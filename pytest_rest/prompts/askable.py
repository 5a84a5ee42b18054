"""Tells which items cannot be asked in a style, and why, before anything is drawn."""

import functools
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol as Interface

from pytest_rest import prompts, rendering
from pytest_rest.errors import BenchmarkError, RenderingError, RestError
from pytest_rest.prompts import Protocol, equivalence, page_pictures, table_formats
from pytest_rest.rendering import document, fallback_fonts, pictures
from pytest_rest.terms import (
    COMPARED,
    FILE,
    TWO_PASSES,
    Code,
    Document,
    Form,
    Item,
    Scheme,
    Style,
    Task,
)

Size = tuple[int, int]
_LEAST_DPI = 50  # of REST+: no lower one is advised
_MOST_BYTES = 3  # a pixel that a picture may have as a file


class Rule(Interface):
    """What a model's provider refuses of pictures; `provider` is empty where that is not known."""

    @property
    def provider(self) -> str:
        """Its name."""
        ...

    @property
    def request_bytes(self) -> int | None:
        """How large a request may be; None where that is not known."""
        ...

    def refusal(self, width: int, height: int, size: int = 0, pictures: int = 1) -> str:
        """Why a picture of that size and of so many bytes is refused among so many; or empty."""
        ...


@dataclass(frozen=True)
class Unaskable:
    """An item, the first of its styles in which it cannot be asked, and why, with a mend."""

    item: Item
    style: Style
    reason: str


class Check:
    """Whether items can be asked so, of a model with that rule.

    Only fonts, the layout of long texts, and the headers of picture files are looked at; an item's
    own picture is encoded as it would be sent where it may have more bytes than are taken.
    """

    def __init__(self, scheme: Scheme, protocol: Protocol, rule: Rule) -> None:
        self._scheme, self._protocol, self._rule = scheme, protocol, rule
        self._rooms: dict[Style, rendering.Room | None] = {}  # None: it cannot be drawn

    def refused(self, items: Mapping[Item, Iterable[Style]]) -> Iterator[Unaskable]:
        """The items that cannot be asked in all of their styles."""
        for item, wanted in items.items():
            styles = [*wanted]
            try:
                texts = {f: self._texts(item, f) for f in {style.format for style in styles}}
            except BenchmarkError as error:
                yield Unaskable(item, styles[0], str(error))
                continue
            own = (text for each in texts.values() for text in each)
            if self._is_looked_at(item, styles) or not self._are_far_from_limits(own, styles):
                reasons = ((s, self._reason(item, texts[s.format], s)) for s in styles)
                if (first := next((found for found in reasons if found[1]), None)) is not None:
                    yield Unaskable(item, *first)

    def mend(self, refused: Unaskable) -> str:
        """What would help beyond the reason's own mend, and takes a moment to find; or empty."""
        item, style = refused.item, refused.style
        try:
            texts = self._texts(item, style.format)
        except BenchmarkError:
            return ""
        block = item.block
        if not isinstance(block, Code):
            written = table_formats.write(block, "csv") if block else ""
        else:
            written = block.text
        shown = "".join(texts).replace(rendering.TABLE, "") + written
        if lacking := rendering.lacking(shown, style.font):
            font = fallback_fonts.fonts_with(lacking)
            several = ", ".join([*style.font.split("|"), font])
            return f"{font} has them: font: [{several}] in a style file" if font else ""

        def is_refused(dpi: int) -> bool:
            return bool(self._reason(item, texts, replace(style, dpi=dpi), with_bytes=False))

        if not is_refused(style.dpi):  # but for its own picture's bytes
            return ""
        lower = range(_LEAST_DPI, style.dpi)
        taken = bisect_left(lower, True, key=is_refused)
        return f"{lower[taken - 1]} dpi is low enough" if taken else ""

    def _texts(self, item: Item, written: str) -> list[str]:
        """What each form draws of a format; `BenchmarkError` where it lacks a form, or its text."""
        equivalence.check(item, self._scheme)
        scheme = self._scheme.of(item)
        asked: list[tuple[Form, Task]]
        modes = [mode for mode in scheme.modes if mode != TWO_PASSES]
        asked = [(Form(mode, format=written), "solve") for mode in modes]
        asked += [(Form(mode, format=written), "transcribe") for mode in scheme.transcribed]
        texts: dict[str, None] = {}
        for form, task in asked:
            for text in prompts.drawn(item, form, task, self._protocol):
                if not text.strip() and (item.document or (task == "solve" and item.table)):
                    continue  # its pages, or a given picture of its table, are shown alone
                if not text.strip():
                    raise BenchmarkError(
                        f"there is nothing to draw in its {form.mode} form, whose text is blank; "
                        "give it a text, or leave it out"
                    )
                texts[text] = None
        may_lack_forms = item.document or FILE in self._scheme.modes
        if may_lack_forms and len({*scheme.modes} & {*COMPARED}) < 2:
            why, ask = "it has no document", "text,image"
            if item.document:
                why, ask = "its document has no text layer", "image,mixed"
            asked_modes = ",".join(self._scheme.modes)
            raise BenchmarkError(
                f"{why}, and of --rest-modes={asked_modes} only "
                f"{', '.join(scheme.modes) or 'none'} is left; ask {ask}, or leave it out"
            )
        return [*texts]

    def _is_looked_at(self, item: Item, styles: Iterable[Style]) -> bool:
        """Whether more than the number of its letters decides."""
        if item.image or item.block or item.document:
            return True
        return TWO_PASSES in self._scheme.modes and any(style.page_height_pt for style in styles)

    def _are_far_from_limits(self, texts: Iterable[str], styles: Iterable[Style]) -> bool:
        """Whether all texts are sure to be drawn and taken; nearly all are."""
        letters = [rendering.Letters(text) for text in texts]
        rooms = map(self._room, styles)
        return all(room is not None and all(map(room.holds, letters)) for room in rooms)

    def _room(self, style: Style) -> rendering.Room | None:
        if style not in self._rooms:
            self._rooms[style] = None
            with suppress(RenderingError):
                refusal = self._rule.refusal
                self._rooms[style] = rendering.Room(
                    style, lambda width, height, pages: bool(refusal(width, height, 0, pages))
                )
        return self._rooms[style]

    def _reason(
        self, item: Item, texts: Sequence[str], style: Style, *, with_bytes: bool = True
    ) -> str:
        """Why an item cannot be asked in a style; or empty."""
        item = prompts.as_shown(item, Form("image", style, style.format))
        try:
            if item.document:
                self._check_document(item.document, texts, style)
                return ""
            own = self._own_size(item.image, item.image_digest) if item.image else None
            for before in zip(item.images, item.image_digests, strict=True):
                self._own_size(*before)
            for text in texts:
                self._check_page(item, text, style, own)
            if own and with_bytes:
                for text in texts:
                    self._check_bytes(item, text, style, own)
        except RestError as error:
            return str(error)
        return ""

    def _own_size(self, path: str, digest: str) -> Size:
        """The size of an item's own picture; `BenchmarkError` for one that is not taken."""
        facts = _look(path, digest)
        (width, height), length = facts.size, facts.length
        if not facts.is_plain and self._may_be_too_long(facts.size):
            length = len(pictures.read(path, digest).content)
        elif not facts.is_plain:
            length = 0
        if why := self._rule.refusal(width, height, length):
            raise BenchmarkError(
                f"picture {path!r} has {width:,} x {height:,} pixels in "
                f"{length or facts.length:,} bytes, {self._refuses(why)}; make it smaller"
            )
        return facts.size

    def _may_be_too_long(self, size: Size) -> bool:
        """Whether a picture of a size that is taken may have more bytes than are."""
        refusal, (width, height) = self._rule.refusal, size
        return bool(refusal(width, height, _MOST_BYTES * width * height)) and not refusal(*size)

    def _check_document(self, own: Document, texts: Sequence[str], style: Style) -> None:
        """Raise `RenderingError` for pages that cannot be drawn, or are too many or too large."""
        sizes = document.page_sizes(own, style)
        for text in ("", *texts):
            number, page = rendering.page_sizes(text, style) if text else (0, sizes[0])
            number += len(sizes)
            for width, height in {*sizes, page}:
                if why := self._rule.refusal(width, height, 0, number):
                    raise RenderingError(
                        f"style {style.id!r}: document {own.path!r} takes {number} pictures of up "
                        f"to {width:,} x {height:,} pixels, {self._refuses(why)}; use a lower dpi, "
                        "or name some of its pages: pages: 2-5"
                    )
        most = self._rule.request_bytes
        if FILE in self._scheme.modes and most is not None:
            encoded = 4 * math.ceil(len(document.as_file(own).content) / 3)
            if encoded > most:
                why = f"more than {most:,} bytes a request"
                raise BenchmarkError(
                    f"document {own.path!r} takes {encoded:,} bytes as a file, "
                    f"{self._refuses(why)}; name some of its pages: pages: 2-5"
                )
        if TWO_PASSES in self._scheme.modes:
            raise RenderingError(
                f"{TWO_PASSES} reads one picture, and a document has several; leave that form out "
                "of --rest-modes"
            )

    def _check_page(self, item: Item, text: str, style: Style, own: Size | None) -> None:
        """Raise `RenderingError` for pages that cannot be drawn, or are refused."""
        number, page = rendering.page_sizes(*page_pictures.page_of(text, style, item))
        number += len(item.images)
        if number > 1 and TWO_PASSES in self._scheme.modes:
            raise RenderingError(
                f"{TWO_PASSES} reads one picture, and here are {number} pages; leave that "
                "form out of --rest-modes, or use a style without page"
            )
        width, height = pictures.placed_size(own, page, style) if own else page
        if why := self._rule.refusal(width, height, 0, number):
            if number > 1 and not self._rule.refusal(width, height):
                raise RenderingError(
                    f"style {style.id!r}: the text takes {number} pages of {width:,} x {height:,} "
                    f"pixels, {self._refuses(why)}; use a lower dpi, a larger page, a smaller size "
                    "or a shorter text"
                )
            smaller = "a smaller size, a smaller picture" if own else "a smaller size"
            raise RenderingError(
                f"style {style.id!r}: the page would have {width:,} x {height:,} pixels, "
                f"{self._refuses(why)}; use a lower dpi, {smaller} or a shorter text"
            )

    def _check_bytes(self, item: Item, text: str, style: Style, own: Size) -> None:
        """Raise `RenderingError` for a page under its picture that is refused for its bytes."""
        page = rendering.page_size(*page_pictures.page_of(text, style, item))
        width, height = size = pictures.placed_size(own, page, style)
        if not self._may_be_too_long(size):
            return
        length = max(len(page.content) for page in page_pictures.draw(text, style, item))
        if why := self._rule.refusal(width, height, length):
            raise RenderingError(
                f"style {style.id!r}: the page under its picture has {width:,} x {height:,} pixels "
                f"in {length:,} bytes, {self._refuses(why)}; make the picture smaller"
            )

    def _refuses(self, why: str) -> str:
        return f"which {self._rule.provider or 'the provider'} refuses: {why}"


@functools.lru_cache(maxsize=64)
def _look(path: str, digest: str) -> pictures.Facts:
    """What is known of a picture file, which was decoded when its item was made."""
    return pictures.look(Path(path))
