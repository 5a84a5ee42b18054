"""Pictures of one's own: checked, brought into one form, and put above a text."""

import io
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from pytest_rest import rendering
from pytest_rest.errors import BenchmarkError, RenderingError
from pytest_rest.rendering import pictures
from pytest_rest.terms import Image, Item, Style

ITEM = Item("i", "How many?", "7", answer_kind="integer")
RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(mode: str = "RGB") -> Picture.Image:
    """A picture of six by four pixels, its left half red, its right half blue."""
    found = Picture.new("RGB", (6, 4), RED)
    found.paste(BLUE, (3, 0, 6, 4))
    return found.convert(mode)


def saved(folder: Path, picture: Picture.Image, name: str = "p.png", **options: Any) -> Path:
    """A file with that picture."""
    path = folder / name
    picture.save(path, **options)
    return path


def read(path: Path) -> Image:
    """The picture of a file, as an item shows it."""
    item = pictures.beside(ITEM, path)
    return pictures.read(item.image, item.image_digest)


def pixels(image: Image) -> Picture.Image:
    """What a model is shown."""
    return Picture.open(io.BytesIO(image.content))


@pytest.mark.parametrize(
    ("mode", "name", "options"),
    [
        ("RGB", "p.png", {}),
        ("RGBA", "p.png", {}),
        ("P", "p.png", {}),
        ("P", "p.gif", {}),
        ("RGB", "p.webp", {"lossless": True}),
        ("RGB", "named.txt", {"format": "PNG"}),
        ("RGB", "p.tiff", {}),
        ("RGB", "p.bmp", {}),
    ],
)
def test_equal_pixels_are_one_picture(
    tmp_path: Path, mode: str, name: str, options: dict[str, object]
) -> None:
    """Whatever the file's format and name, the digest is that of the pixels."""
    plain = read(saved(tmp_path, halves(), "plain.png"))
    found = read(saved(tmp_path, halves(mode), name, **options))
    assert (plain.digest, "") == (found.digest, found.text)
    assert halves().tobytes() == pixels(found).convert("RGB").tobytes()


def test_the_digest_is_the_renderers(tmp_path: Path) -> None:
    """A picture that was drawn here, in colours, has the digest it had then."""
    drawn = rendering.draw("7 apples", Style("courier", 50, "red"))
    path = tmp_path / "drawn.png"
    path.write_bytes(drawn.content)
    assert drawn.digest == read(path).digest


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Picture.new("L", (1, 1), 128), (128, 128, 128)),
        (lambda: Picture.new("1", (1, 1), 1), (255, 255, 255)),
        (lambda: Picture.new("I;16", (1, 1), 0x8000), (128, 128, 128)),
        (lambda: Picture.new("I;16", (1, 1), 0xFFFF), (255, 255, 255)),
        (lambda: Picture.new("RGBA", (1, 1), (0, 0, 0, 0)), (255, 255, 255)),
        (lambda: Picture.new("RGBA", (1, 1), (255, 0, 0, 51)), (255, 204, 204)),
        (lambda: Picture.new("LA", (1, 1), (0, 0)), (255, 255, 255)),
    ],
)
def test_every_kind_of_pixel_becomes_rgb(
    tmp_path: Path, make: Callable[[], Picture.Image], expected: tuple[int, int, int]
) -> None:
    """Grey, sixteen bits, and transparent on white."""
    assert expected == pixels(read(saved(tmp_path, make()))).convert("RGB").getpixel((0, 0))


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    """The orientation that a camera noted is followed, as every viewer does."""
    exif = Picture.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    found = pixels(read(saved(tmp_path, halves(), "p.png", exif=exif)))
    assert ((4, 6), RED, BLUE) == (found.size, found.getpixel((0, 0)), found.getpixel((0, 5)))


def test_an_animation_shows_its_first_frame(tmp_path: Path) -> None:
    """Of moving pictures the first one is asked about."""
    frames = {"save_all": True, "append_images": [Picture.new("RGB", (6, 4), "green")]}
    still = read(saved(tmp_path, halves("P"), "still.gif"))
    assert still.digest == read(saved(tmp_path, halves("P"), "moving.gif", **frames)).digest


def test_an_item_has_its_picture(tmp_path: Path) -> None:
    """Path and digest are the item's; its own digest is that of the pixels, wherever they lie."""
    one = pictures.beside(ITEM, saved(tmp_path, halves()))
    other = pictures.beside(ITEM, saved(tmp_path, halves(), "other.gif"))
    assert str(tmp_path / "p.png") == one.image
    assert (one.digest, True) == (other.digest, one.digest != ITEM.digest)
    third = pictures.beside(ITEM, saved(tmp_path, halves().rotate(180)))
    assert one.digest != third.digest


def test_a_changed_picture_is_refused(tmp_path: Path) -> None:
    """What was collected is what is asked, or nothing is."""
    item = pictures.beside(ITEM, saved(tmp_path, halves()))
    saved(tmp_path, halves().rotate(180))
    with pytest.raises(BenchmarkError, match="is not the one that its item was made with"):
        pictures.read(item.image, item.image_digest)
    with pytest.raises(BenchmarkError, match=r"make the item with pytest_rest\.pictures\.beside"):
        pictures.read(item.image, "")


# Files that cannot be shown


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG file that says it is that large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


LARGE = "has more than 40,000,000 pixels; make it smaller"
NO_PICTURE = "is not a PNG, JPEG, WEBP, GIF, TIFF, BMP file, or is damaged; save it as one of them"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(8000, 5001), LARGE),
        (png(100_000, 100_000), LARGE),
        (png(10_000, 10_000), LARGE),
        (png(2**31 - 1, 2**31 - 1), LARGE),
        (b"", NO_PICTURE),
        (b"x" * 100, NO_PICTURE),
        (png(10, 10), NO_PICTURE),
        (png(10, 10, zlib.compress(b"\0" * 50)), NO_PICTURE),
        (png(0, 10), NO_PICTURE),
        (png(10, 10)[:20], NO_PICTURE),
        (b"GIF89a" + b"\xff" * 30, NO_PICTURE),
        (b"\xff\xd8\xff\xe0" + b"\0" * 30, NO_PICTURE),
        (b"RIFF\x20\0\0\0WEBPVP8 " + b"\0" * 30, NO_PICTURE),
        (b"BM" + b"\0" * 60, NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE),
        (b"%PDF-1.7", NO_PICTURE),
        (b"version https://git-lfs.github.com/spec/v1\n", "is not fetched yet; run: git lfs pull"),
        (b"\0" * ((20 << 20) + 1), "has more than 20 MB; make it smaller"),
    ],
    ids=range(18),
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_shown_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """Too large, damaged, of another format: one line with the file and the mend."""
    path = tmp_path / "p.png"
    path.write_bytes(content)
    with pytest.raises(BenchmarkError) as caught:
        pictures.digest(path)
    assert f"picture {str(path)!r} {expected}" == str(caught.value)


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    """No more of it than says so: it may be larger than memory."""
    path = tmp_path / "large.png"
    path.touch()
    os.truncate(path, 200 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(BenchmarkError, match="more than 20 MB"):
            pictures.digest(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


def test_warnings_that_are_errors_change_nothing(tmp_path: Path) -> None:
    """Pillow warns of a large picture; with -W error the message is the same."""
    path = tmp_path / "p.png"
    path.write_bytes(png(10_000, 10_000))
    with pytest.raises(BenchmarkError, match="more than 40,000,000 pixels"):
        pictures.digest(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """No file, or a folder in its place."""
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(BenchmarkError, match=r"is not a file; .*path"):
            pictures.digest(path)


@given(st.binary(max_size=60), st.integers(0, 80), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_damaged_files_are_refused(
    tmp_path_factory: pytest.TempPathFactory, end: bytes, place: int, byte: int
) -> None:
    """Whatever a byte is changed to, it is a picture or one line."""
    content = bytearray(png(6, 4, zlib.compress(b"\0" * 76)) + end)
    content[min(place, len(content) - 1)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(content)
    try:
        assert 16 == len(pictures.digest(path))
    except BenchmarkError as error:
        assert 1 == len(str(error).splitlines())


# A text under a picture


@pytest.mark.parametrize("text", ["How many?", "How many of them are there in all of it?\nA. 1"])
@pytest.mark.parametrize(
    "style",
    [Style(dpi=50), Style("courier", 100, "yellow", "navy"), Style(dpi=200)],
    ids=lambda s: s.id,
)
def test_a_text_stands_under_its_picture(tmp_path: Path, text: str, style: Style) -> None:
    """Above the same pixels as ever, a line across all of it, and the page as it is drawn alone."""
    own, page = read(saved(tmp_path, halves().resize((90, 40)))), rendering.draw(text, style)
    found = pictures.place_under(own, page, style)
    whole, above, below = (pixels(image).convert("RGB") for image in (found, own, page))
    rule = whole.height - above.height - below.height
    assert (text, max(above.width, below.width)) == (found.text, whole.width)
    assert above.tobytes() == whole.crop((0, 0, *above.size)).tobytes()
    start = above.height + rule
    assert below.tobytes() == whole.crop((0, start, below.width, start + below.height)).tobytes()
    across = {
        whole.getpixel((x, y)) for x in range(whole.width) for y in range(above.height, start)
    }
    assert 1 == len(across)
    assert rule >= 1
    assert across != {whole.getpixel((0, whole.height - 1))}


@pytest.mark.parametrize("frames", [{}, {"save_all": True, "append_images": [halves()]}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("is_lossless", [True, False])
def test_what_lost_nothing_loses_nothing(
    tmp_path: Path, frames: dict[str, Any], mode: str, *, is_lossless: bool
) -> None:
    """A lossy WebP with text below it is a JPEG, as a PNG of it would be ten times as large."""
    picture = halves(mode)
    picture.putpixel((0, 0), (*RED, 0)[: len(mode)])
    own = read(saved(tmp_path, picture, "p.webp", lossless=is_lossless, **frames))
    page = rendering.draw("How many?", Style(dpi=50))
    found = pictures.place_under(own, page, Style(dpi=50))
    assert ("image/png" if is_lossless else "image/jpeg") == found.media_type
    assert Picture.MIME[str(pixels(found).format)] == found.media_type


def test_what_is_too_long_for_a_jpeg_is_a_png(tmp_path: Path) -> None:
    """A TIFF may hold a JPEG a strip, and be longer than one."""
    long = Picture.linear_gradient("L").resize((2, 65_501))
    path = saved(tmp_path, long, "p.tiff", compression="jpeg", tiffinfo={278: 64})
    assert ("image/png", long.size) == (read(path).media_type, read(path).size)


def test_equal_pictures_and_texts_are_one_picture(tmp_path: Path) -> None:
    """The digest is that of what is seen: another picture, text or style is another one."""
    own, other = read(saved(tmp_path, halves())), read(saved(tmp_path, halves().rotate(180)))
    style, wide = Style(dpi=50), Style(dpi=50, color="red")
    page = rendering.draw("How many?", style)
    found = pictures.place_under(own, page, style)
    assert found == pictures.place_under(own, page, style)
    others = [
        pictures.place_under(other, page, style),
        pictures.place_under(own, rendering.draw("How many", style), style),
        pictures.place_under(own, rendering.draw("How many?", wide), wide),
        own,
        page,
    ]
    assert found.digest not in {each.digest for each in others}


def test_a_page_under_a_picture_is_bounded(tmp_path: Path) -> None:
    """Two sides that fit alone may not fit together."""
    tall = read(saved(tmp_path, Picture.new("L", (10, 30_000))))
    page = rendering.draw("x " * 400, Style(dpi=300))
    with pytest.raises(RenderingError, match=r"the page under its picture would have 1\d\d\d x 3"):
        pictures.place_under(tall, page, Style(dpi=300))


# What their owner should know


def test_what_its_owner_should_know(tmp_path: Path) -> None:
    """A picture of nothing, pages that are not shown, and a place that goes out with it."""
    lettered = halves().resize((600, 400))
    place = Picture.Exif()
    place.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    held = Picture.Exif()
    held[0x0112] = 6
    held.get_ifd(0x8825).update(place.get_ifd(0x8825))
    pages = {"save_all": True, "append_images": [lettered]}
    speck = Picture.new("L", (600, 400), 250)
    speck.paste(238, (0, 0, 300, 400))  # paper that is not quite even
    faint = speck.copy()
    faint.paste(0, (300, 200, 304, 204))  # a dot of ink
    paths = {
        saved(tmp_path, lettered): "",
        saved(tmp_path, speck, "speck.png"): "is nearly of one colour",
        saved(tmp_path, faint, "faint.png"): "",
        saved(tmp_path, lettered, "pages.tiff", **pages): "has several pages; only the first",
        saved(tmp_path, lettered, "photo.jpg", exif=place): "says in its EXIF where it was taken",
        saved(tmp_path, lettered, "held.jpg", exif=held): "",  # it goes out without
    }
    for path, expected in paths.items():
        remarks = pictures.look(path).remarks
        assert [expected] * bool(expected) == [each[: len(expected)] for each in remarks], path


def test_what_a_phone_adds_is_not_another_frame(tmp_path: Path) -> None:
    """A JPEG with a second one behind it, as phones write it, goes out as it is."""
    path = saved(tmp_path, halves(), "p.jpg", format="MPO", save_all=True, append_images=[halves()])
    facts = pictures.look(path)
    assert ("image/jpeg", True, ()) == (facts.media_type, facts.is_plain, facts.remarks)
    assert path.read_bytes() == read(path).content


@pytest.mark.parametrize(
    ("paint", "background"),
    [
        (["black"], "white"),
        (["white"], "black"),
        (["yellow"], "black"),
        (["black", "white"], "gray"),
        (["black"] * 19 + ["white"], "white"),
        (["white"] * 3 + ["black", "gray", "gray"], "black"),
        (["gray"], "white"),
    ],
)
def test_a_background_tells_outlines(tmp_path: Path, paint: list[str], background: str) -> None:
    """White, but where more than a fifth of the outlines would vanish on it."""
    layer = Picture.new("RGBA", (10 * len(paint) + 2, 12))
    for place, color in enumerate(paint):
        layer.paste(color, (10 * place + 2, 2, 10 * place + 9, 9))
    corner = pixels(read(saved(tmp_path, layer))).convert("RGB").getpixel((0, 0))
    assert Picture.new("RGB", (1, 1), background).getpixel((0, 0)) == corner


@pytest.mark.parametrize(
    ("paint", "is_hidden"),
    [
        (["white", "black", "gray"], True),
        (["white"] * 3 + ["black"] * 3 + ["gray"], False),
        (["black", "white"], False),
        (["gray"], False),
        (["black"], False),
        (["silver", "red"], False),
    ],
)
def test_what_no_background_shows_is_told(
    tmp_path: Path, paint: list[str], *, is_hidden: bool
) -> None:
    """Where more than a fifth of the outlines vanish even on the best one."""
    layer = Picture.new("RGBA", (20 * len(paint) + 2, 30))
    for place, color in enumerate(paint):
        layer.paste(color, (20 * place + 2, 10, 20 * place + 19, 14))
    remarks = pictures.look(saved(tmp_path, layer)).remarks
    assert is_hidden == any("cannot be seen on any one background" in each for each in remarks)
