"""The pages of a PDF: text layers, pictures, and a file of some of them."""

import io
import random
import threading
from pathlib import Path
from typing import Any

import pdf
import pytest
from PIL import Image as Picture

from pytest_rest.errors import BenchmarkError
from pytest_rest.rendering import document, parse_style, pictures
from pytest_rest.terms import Document, Item, Style, to_item

LOW = Style(dpi=50)


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    """Three pages."""
    return pdf.write(tmp_path / "lease.pdf", [f"Page {n}\n(100) \\ 7" for n in range(1, 4)])


def test_the_text_layer_is_read_page_by_page(lease: Path) -> None:
    """All pages, or those that are wanted, with their sizes."""
    whole = document.read(lease)
    assert ((1, 2, 3), 3) == (whole.pages, whole.of)
    assert tuple(f"Page {n}\n(100) \\ 7" for n in (1, 2, 3)) == whole.texts
    assert {(595.0, 842.0)} == {*whole.sizes}
    part = document.read(lease, lambda of: [of, 1])
    assert ((3, 1), "Page 3\n(100) \\ 7\n\nPage 1\n(100) \\ 7") == (part.pages, part.text)
    assert whole.digest == part.digest


def test_pages_are_drawn_at_the_styles_resolution(lease: Path) -> None:
    """With their text layer as their text; equal ones have equal pixels, spoiled ones too."""
    own = document.read(lease)
    for style in (LOW, Style(dpi=100), parse_style("dejavu-50dpi-rotation=3-noise=0.1")):
        pages = document.draw(own, style)
        assert document.page_sizes(own, style) == [page.size for page in pages]
        assert [*own.texts] == [page.text for page in pages]
        document._drawn.cache_clear()
        assert pages == document.draw(own, style)
    assert (414, 585) == document.draw(own, LOW)[0].size
    shown = pictures.decode(document.draw(own, LOW)[0])
    assert 255 == shown.getpixel((5, 5))[0]  # type: ignore[index]
    assert shown.convert("L").getextrema()[0] < 100  # type: ignore[operator]


def test_a_scan_has_no_text_and_is_packed_as_one(tmp_path: Path) -> None:
    """As a PNG it would take several times as much; what is spoiled stays one."""
    grain = random.Random(0).randbytes(14_000)
    scan = document.read(pdf.write(tmp_path / "a.pdf", [grain], (100, 140)))
    assert "" == scan.text
    (page,) = document.draw(scan, Style(dpi=72))
    assert ("image/jpeg", "") == (page.media_type, page.text)
    assert (100, 140) == Picture.open(io.BytesIO(page.content)).size == page.size
    (spoiled,) = document.draw(scan, Style(dpi=72, noise=0.1))
    assert "image/png" == spoiled.media_type


def test_the_file_is_the_users_own_or_one_of_just_the_pages(lease: Path, tmp_path: Path) -> None:
    """With digests of their own, of what they are made of."""
    whole = document.as_file(document.read(lease))
    assert lease.read_bytes() == whole.content
    two = document.as_file(document.read(lease, lambda _: [2, 3]))
    other = tmp_path / "two.pdf"
    other.write_bytes(two.content)
    assert document.read(lease).texts[1:] == document.read(other).texts
    digests = {
        whole.digest,
        two.digest,
        document.as_file(document.read(lease, lambda _: [3])).digest,
    }
    assert 3 == len(digests)


def test_a_document_that_has_changed_is_refused(lease: Path) -> None:
    """What is shown is what the item was made with."""
    own = document.read(lease)
    pdf.write(lease, ["Other"])
    for use in (lambda: document.draw(own, Style(dpi=60)), lambda: document.as_file(own)):
        with pytest.raises(BenchmarkError, match="not the one that its item was made with"):
            use()


def test_reading_ends_in_time(lease: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever PDFium makes of a file."""
    held = threading.Event()
    monkeypatch.setattr(document, "LONGEST_SECONDS", 0.05)

    def hang(of: int) -> Any:
        held.wait(5)
        return [of]

    with pytest.raises(BenchmarkError, match="takes more than 0 s; print it to a new PDF"):
        document.read(lease, hang)
    held.set()


def test_pages_are_drawn_one_at_a_time(lease: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no more than one has its pixels in memory, and all together within the time."""
    order, opened, packed = [], document._opened, document._image
    given = []

    def note_opened(content: bytes, path: Path, work: Any, seconds: float) -> Any:
        order.append("drawn")
        given.append(seconds)
        return opened(content, path, work, seconds)

    def note_packed(*page: Any) -> Any:
        order.append("packed")
        return packed(*page)

    own = document.read(lease)
    monkeypatch.setattr(document, "_opened", note_opened)
    monkeypatch.setattr(document, "_image", note_packed)
    document.draw(own, Style(dpi=51))
    assert ["drawn", "packed"] * 3 == order
    assert document.LONGEST_SECONDS == given[0] > given[1] > given[2]


def test_too_much_text_is_refused(lease: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a file of too many bytes."""
    monkeypatch.setattr(document, "LONGEST_TEXT", 20)
    with pytest.raises(BenchmarkError, match="more than 20 characters; name some of its pages"):
        document.read(lease)
    monkeypatch.setattr(document, "LARGEST_FILE", 1 << 10)
    with pytest.raises(BenchmarkError, match="more than 0 MB; make it smaller"):
        document.read(lease)


def test_an_items_digest_is_that_of_file_and_pages(lease: Path, tmp_path: Path) -> None:
    """Not of the path, nor of what a version of PDFium reads in it; an item survives the wire."""
    own = document.read(lease)
    item = Item("a", "What?", "x", document=own)
    other = Document("elsewhere", own.digest, 3, own.pages, ("read otherwise",) * 3, own.sizes)
    assert item.digest == Item("a", "What?", "x", document=other).digest
    part = document.read(lease, lambda _: [1])
    assert item.digest != Item("a", "What?", "x", document=part).digest
    assert item.digest != Item("a", "What?", "x").digest
    wire = {"document": {**vars(own), "pages": [*own.pages], "texts": [*own.texts]}}
    assert item == to_item({**vars(Item("a", "What?", "x")), **wire, "choices": ()})
