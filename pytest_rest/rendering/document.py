"""Reads the pages of a PDF file: their text layers, their pictures, and a file of just these.

Everything that PDFium does runs in a thread of its own, one thing at a time (PDFium may not be used
by several threads), and is given up where it takes too long: a file may come from anywhere.
"""

import functools
import hashlib
import io
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image as Picture
from PIL import ImageChops

from pytest_rest.errors import BenchmarkError, RenderingError
from pytest_rest.rendering import picture_file, png
from pytest_rest.rendering.distortion import distort, rotated_size
from pytest_rest.rendering.page_breaks import MOST_PAGES
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.rendering.style_name import color
from pytest_rest.terms import Document, File, Image, Style

LARGEST_FILE = 50 << 20
LONGEST_TEXT = 2_000_000  # characters of all pages together
LONGEST_SECONDS = 60.0
_PASSWORD = 4  # PDFium's code for a file that needs one
_JPEG_QUALITY = 95
_HYPHENS = dict.fromkeys((0x02, 0xFFFE), "-")  # PDFium's marks for one at the end of a line
_CONTROLS = dict.fromkeys({*range(32)} - {9, 10})
_LOCK = threading.Lock()

T = TypeVar("T")
Size = tuple[int, int]


def read(path: Path, wanted: Callable[[int], Sequence[int]] | None = None) -> Document:
    """The pages of a PDF file, all or those that `wanted` says of their number.

    `BenchmarkError` for a file that cannot be read, needs a password or is damaged, for no pages,
    more than 200, or more than 2 million characters, and where it takes longer than a minute.
    """
    content = _content(path)

    def look(pdf: Any) -> Document:
        pages = tuple(wanted(len(pdf)) if wanted else range(1, len(pdf) + 1))
        if not 1 <= len(pages) <= MOST_PAGES:
            mend = "name some: pages: 2-5" if pages else "is it the right file?"
            has = f"has {len(pages):,} pages, not 1 to {MOST_PAGES}"
            raise BenchmarkError(f"document {str(path)!r} {has}; {mend}")
        shown = [pdf[number - 1] for number in pages]
        sizes = tuple(page.get_size() for page in shown)
        texts = tuple(map(_clean, (page.get_textpage().get_text_bounded() for page in shown)))
        if sum(map(len, texts)) > LONGEST_TEXT:
            raise BenchmarkError(
                f"document {str(path)!r} has more than {LONGEST_TEXT:,} characters; name some of "
                "its pages: pages: 2-5"
            )
        digest = hashlib.sha256(content).hexdigest()[:16]
        return Document(str(path.absolute()), digest, len(pdf), pages, texts, sizes)

    return _opened(content, path, look)


def draw(document: Document, style: Style) -> tuple[Image, ...]:
    """The pages as pictures at the style's resolution, spoiled as it says; in no font of its own.

    A page's `text` is its text layer. What does not pack well as a PNG, a scan, is a JPEG.
    `RenderingError` for a page of too many pixels, `BenchmarkError` for a file that has changed.
    """
    page_sizes(document, style)
    return _drawn(document, style)


def page_sizes(document: Document, style: Style) -> list[Size]:
    """Width and height of each page's picture in pixels; `RenderingError` for too many."""
    sizes = []
    for number, size in zip(document.pages, document.sizes, strict=True):
        width, height = _pixels(rotated_size(size, style.rotation), style)
        whole = _pixels(size, style)
        if max(width * height, whole[0] * whole[1]) > picture_file.MOST_PIXELS:
            raise RenderingError(
                f"style {style.id!r}: page {number} of {document.path!r} would have {width:,} x "
                f"{height:,} pixels, more than {picture_file.MOST_PIXELS:,}; use a lower dpi"
            )
        sizes.append((width, height))
    return sizes


@functools.lru_cache(maxsize=8)
def as_file(document: Document) -> File:
    """The PDF file as it is, or one of just these pages; `BenchmarkError` if it has changed."""
    content = _unchanged(document)
    if document.pages == tuple(range(1, document.of + 1)):
        return File(content, document.digest, document.text)

    def extract(pdf: Any) -> bytes:
        import pypdfium2

        part, file = pypdfium2.PdfDocument.new(), io.BytesIO()
        part.import_pages(pdf, [number - 1 for number in document.pages])
        part.save(file)
        return file.getvalue()

    # the bytes that PDFium writes are not the same in each of its versions
    digest = hashlib.sha256(f"{document.digest} {document.pages}".encode()).hexdigest()[:16]
    return File(_opened(content, Path(document.path), extract), digest, document.text)


# Kept because the image form, the mixed form and the transcriptions show the same pages.
@functools.lru_cache(maxsize=2)
def _drawn(document: Document, style: Style) -> tuple[Image, ...]:
    content, left, images = _unchanged(document), LONGEST_SECONDS, []
    for number, size, text in zip(document.pages, document.sizes, document.texts, strict=True):

        def render(pdf: Any, index: int = number - 1) -> Picture.Image:
            pdf.init_forms()  # so that what was filled in is drawn
            page: Picture.Image = pdf[index].render(scale=style.dpi / 72).to_pil()
            return page

        # one at a time: 200 of them as large as may be drawn have 24 GB of pixels
        begun = time.monotonic()
        page = _opened(content, Path(document.path), render, left)
        left -= time.monotonic() - begun
        images.append(_image(document, style, number, size, text, page))
    return tuple(images)


def _image(
    document: Document,
    style: Style,
    number: int,
    size: tuple[float, float],
    text: str,
    page: Picture.Image,
) -> Image:
    page = page.convert("RGB")
    first, *others = page.split()
    if all(ImageChops.difference(first, other).getbbox() is None for other in others):
        page = first
    if not style.is_plain:
        paper = color(style, "background")
        page = page.convert("RGB") if len({*paper}) > 1 else page
        whole = _pixels(rotated_size(size, style.rotation), style) if style.rotation else page.size
        page = distort(page, whole, style, paper, f"{document.digest} {number}")
    digest = pixel_digest(page.mode, page.size, page.tobytes())
    content, media_type = png.encode(page, style.dpi), "image/png"
    if style.is_plain and len(content) > page.width * page.height / 2:
        file = io.BytesIO()
        page.save(file, "JPEG", quality=_JPEG_QUALITY)
        content, media_type = file.getvalue(), "image/jpeg"
    return Image(content, digest, text, media_type, page.size)


def _pixels(size: tuple[float, float], style: Style) -> Size:
    width, height = (max(math.ceil(side * style.dpi / 72), 1) for side in size)
    return width, height


def _clean(text: str) -> str:
    """A text layer as it is shown to a model: without control characters and blanks at the ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_HYPHENS).translate(_CONTROLS)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BenchmarkError(f"document {str(path)!r} is not a file; check its path")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BenchmarkError(f"document {str(path)!r} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise BenchmarkError(
            f"document {str(path)!r} has more than {LARGEST_FILE >> 20} MB; make it smaller"
        )
    return content


def _unchanged(document: Document) -> bytes:
    content = _content(Path(document.path))
    if hashlib.sha256(content).hexdigest()[:16] != document.digest:
        raise BenchmarkError(
            f"document {document.path!r} is not the one that its item was made with; run again"
        )
    return content


def _opened(content: bytes, path: Path, work: Callable[[Any], T], seconds: float = math.inf) -> T:
    """What is made of an open PDF; `BenchmarkError` for one that cannot be, or not in time."""
    outcome: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        with _LOCK:
            try:
                outcome.append(_made(content, path, work))
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=run, name="rest-pdf", daemon=True)
    thread.start()
    thread.join(min(max(seconds, 0), LONGEST_SECONDS))
    if thread.is_alive():
        raise BenchmarkError(
            f"document {str(path)!r} takes more than {LONGEST_SECONDS:.0f} s; print it to a new PDF"
        )
    if errors:
        raise errors[0]
    return outcome[0]


def _made(content: bytes, path: Path, work: Callable[[Any], T]) -> T:
    import pypdfium2  # when first used

    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code == _PASSWORD:
            raise BenchmarkError(
                f"document {str(path)!r} is encrypted and needs a password; save it without one"
            ) from None
        raise _damaged(path) from None
    try:
        return work(pdf)
    except (pypdfium2.PdfiumError, MemoryError):
        raise _damaged(path) from None
    finally:
        pdf.close()


def _damaged(path: Path) -> BenchmarkError:
    return BenchmarkError(
        f"document {str(path)!r} is not a PDF, or is damaged; print it to a new PDF"
    )
