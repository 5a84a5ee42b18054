"""Odd pictures of one's own arrive at a real server upright, whole and legible, each as meant."""

import asyncio
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply
from PIL import Image as Picture
from PIL import ImageChops, ImageDraw, ImageStat

from pytest_rest import prompts
from pytest_rest.models.providers import openai_compatible
from pytest_rest.rendering import pictures
from pytest_rest.terms import Form, Item, Style

TURNS = {
    2: Picture.Transpose.FLIP_LEFT_RIGHT,
    3: Picture.Transpose.ROTATE_180,
    4: Picture.Transpose.FLIP_TOP_BOTTOM,
    5: Picture.Transpose.TRANSPOSE,
    6: Picture.Transpose.ROTATE_90,
    7: Picture.Transpose.TRANSVERSE,
    8: Picture.Transpose.ROTATE_270,
}


def scene(paper: str = "white", ink: str = "black", corner: str = "red") -> Picture.Image:
    """What is meant: an F in the middle and a spot in a corner, so no turn is like another."""
    meant = Picture.new("RGB", (96, 64), paper)
    draw = ImageDraw.Draw(meant)
    for box in ((40, 12, 47, 51), (40, 12, 67, 19), (40, 28, 60, 35)):
        draw.rectangle(box, fill=ink)
    draw.rectangle((0, 0, 15, 15), fill=corner)
    return meant


MEANT = scene()
GREY = scene(corner="gray").convert("L")
BARE = scene(corner="black").convert("L")


def saved(picture: Picture.Image, kind: str, **options: Any) -> bytes:
    """A file of that kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, orientation: int) -> bytes:
    """The scene as a camera keeps it that was held in that way."""
    exif = Picture.Exif()
    exif[0x0112] = orientation
    method = TURNS.get(orientation)
    return saved(MEANT.transpose(method) if method is not None else MEANT, kind, exif=exif)


def transparent(ink: str) -> Picture.Image:
    """The F alone, in that ink, on nothing."""
    layer = Picture.new("RGBA", BARE.size, (255, 0, 255, 0))
    layer.paste(ink, mask=BARE.point(lambda level: 255 - level))
    return layer


def palette_with_hole(ink: str) -> bytes:
    """The F in a palette of two colours, of which one is transparent."""
    layer = BARE.point(lambda level: level // 255).convert("L")
    layer = Picture.frombytes("P", layer.size, layer.tobytes())
    layer.putpalette([*Picture.new("RGB", (1, 1), ink).tobytes(), 255, 0, 255])
    return saved(layer, "PNG", transparency=1)


def deep(levels: int, picture: Picture.Image) -> bytes:
    """A PNG of 16 bits a channel in which white is that number, written by hand."""
    width, height = picture.size
    channels = len(picture.mode) if picture.mode == "RGB" else 1
    numbers = [round(byte * levels / 255) for byte in picture.tobytes()]
    row = width * channels
    rows = b"".join(
        b"\0" + struct.pack(f">{row}H", *numbers[start : start + row])
        for start in range(0, len(numbers), row)
    )
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def cmyk() -> Picture.Image:
    """The scene in a printer's colours, without black."""
    inks = ImageChops.invert(MEANT)
    return Picture.merge("CMYK", (*inks.split(), Picture.new("L", MEANT.size)))


def animation(kind: str, **options: Any) -> bytes:
    """The scene, and then another one."""
    return saved(MEANT, kind, save_all=True, append_images=[MEANT.rotate(180)], **options)


def measured() -> bytes:
    """A TIFF of numbers between 0 and 1, as instruments write it."""
    return saved(GREY.convert("F").point(lambda level: level * (1 / 255) + 0), "TIFF")


PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
PLAIN, MENDED = True, False
OnBlack = ImageChops.invert(BARE)
Case = tuple[Callable[[], bytes], Picture.Image, str, bool]
CASES: dict[str, Case] = {
    "jpeg": (lambda: saved(MEANT, "JPEG"), MEANT, JPEG, PLAIN),
    "progressive-jpeg": (lambda: saved(MEANT, "JPEG", progressive=True), MEANT, JPEG, PLAIN),
    "grey-jpeg": (lambda: saved(GREY, "JPEG"), GREY, JPEG, PLAIN),
    **{
        f"exif-{n}": (lambda n=n: turned("JPEG", n), MEANT, JPEG, n == 1)  # type: ignore[misc]
        for n in range(1, 9)
    },
    "exif-6-png": (lambda: turned("PNG", 6), MEANT, PNG, MENDED),
    "exif-6-webp": (lambda: turned("WEBP", 6), MEANT, JPEG, MENDED),
    "exif-6-tiff": (lambda: turned("TIFF", 6), MEANT, PNG, MENDED),
    "cmyk-jpeg": (lambda: saved(cmyk(), "JPEG"), MEANT, JPEG, MENDED),
    "cmyk-tiff": (lambda: saved(cmyk(), "TIFF"), MEANT, PNG, MENDED),
    "png": (lambda: saved(MEANT, "PNG"), MEANT, PNG, PLAIN),
    "one-colour-is-a-hole": (
        lambda: saved(MEANT, "PNG", transparency=(255, 0, 0)),
        scene(corner="white"),
        PNG,
        MENDED,
    ),
    "rgba-opaque": (lambda: saved(MEANT.convert("RGBA"), "PNG"), MEANT, PNG, PLAIN),
    "rgba-black-ink": (lambda: saved(transparent("black"), "PNG"), BARE, PNG, MENDED),
    "rgba-white-ink": (lambda: saved(transparent("white"), "PNG"), OnBlack, PNG, MENDED),
    "webp-white-ink": (
        lambda: saved(transparent("white"), "WEBP", lossless=True),
        OnBlack,
        WEBP,
        MENDED,
    ),
    "la-black-ink": (lambda: saved(transparent("black").convert("LA"), "PNG"), BARE, PNG, MENDED),
    "la-white-ink": (
        lambda: saved(transparent("white").convert("LA"), "PNG"),
        OnBlack,
        PNG,
        MENDED,
    ),
    "p-black-ink": (lambda: palette_with_hole("black"), BARE, PNG, MENDED),
    "p-white-ink": (lambda: palette_with_hole("white"), OnBlack, PNG, MENDED),
    "p-opaque": (lambda: saved(MEANT.quantize(8), "PNG"), MEANT, PNG, MENDED),
    "one-bit": (lambda: saved(BARE.convert("1"), "PNG"), BARE, PNG, MENDED),
    "12-in-16-bit": (lambda: deep(4095, GREY), GREY, PNG, MENDED),
    "10-in-16-bit": (lambda: deep(1023, GREY), GREY, PNG, MENDED),
    "16-bit": (lambda: deep(65535, GREY), GREY, PNG, MENDED),
    "12-in-16-bit-colour": (lambda: deep(4095, MEANT), MEANT, PNG, MENDED),
    "16-bit-colour": (lambda: deep(65535, MEANT), MEANT, PNG, MENDED),
    "apng": (lambda: animation("PNG"), MEANT, PNG, MENDED),
    "gif": (lambda: saved(MEANT, "GIF"), MEANT, PNG, MENDED),
    "animated-gif": (lambda: animation("GIF"), MEANT, PNG, MENDED),
    "webp": (lambda: saved(MEANT, "WEBP"), MEANT, WEBP, PLAIN),
    "animated-webp": (lambda: animation("WEBP", lossless=True), MEANT, WEBP, MENDED),
    "tiff": (lambda: saved(MEANT, "TIFF", compression="tiff_lzw"), MEANT, PNG, MENDED),
    "jpeg-in-tiff": (lambda: saved(MEANT, "TIFF", compression="jpeg"), MEANT, JPEG, MENDED),
    "fax-of-two-pages": (
        lambda: saved(
            BARE.convert("1"),
            "TIFF",
            compression="group4",
            save_all=True,
            append_images=[Picture.new("1", BARE.size)],
        ),
        BARE,
        PNG,
        MENDED,
    ),
    "float-tiff": (measured, GREY, PNG, MENDED),
    "bmp": (lambda: saved(MEANT, "BMP"), MEANT, PNG, MENDED),
}


@dataclass(frozen=True)
class Arrived:
    """What the server got for one file."""

    file: bytes
    media_type: str
    content: bytes
    digest: str
    drawn_under: bytes


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Arrived]]:
    """Every case, asked in its text and in its image form."""
    folder = tmp_path_factory.mktemp("golden")
    protocol, files, asked = prompts.load_protocol(), {}, []
    for name, (make, *_) in CASES.items():
        files[name] = make()
        (folder / name).write_bytes(files[name])
        item = pictures.beside(Item(name, f"Which letter is in {name}?", "F"), folder / name)
        for form in (Form("text"), Form("image", Style(dpi=50))):
            asked.append(prompts.build(item, form, "solve", protocol))

    async def ask(url: str) -> None:
        model = openai_compatible.connect("m", url, environ={})
        try:
            for prompt in asked:  # one after the other: the requests are in that order
                await model.ask([prompt])
        finally:
            await model.close()

    with Endpoint(lambda _: Reply("Answer: F")) as server:
        asyncio.run(ask(server.openai_base))
        requests = server.requests
    got = {}
    for name, prompt, text, image in zip(
        CASES, asked[::2], requests[::2], requests[1::2], strict=True
    ):
        parts = text.body["messages"][0]["content"]
        (url,) = [part["image_url"]["url"] for part in parts if "image_url" in part]
        media_type = url.partition(";")[0].removeprefix("data:")
        digest = prompt.images[0].digest
        (sent,), (whole,) = text.images, image.images
        got[name] = Arrived(files[name], media_type, sent, digest, whole)
    yield got


def difference(one: Picture.Image, other: Picture.Image) -> float:
    """The mean difference of two pictures, in levels of 255, in the channel where it is largest."""
    assert one.size == other.size
    apart = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(ImageStat.Stat(apart).mean)


@pytest.mark.parametrize("name", CASES)
def test_a_picture_arrives_as_it_is_meant(arrived: dict[str, Arrived], name: str) -> None:
    """Read as a server without any care reads it: no turning, no blending, no palette."""
    _, meant, media_type, is_plain = CASES[name]
    got = arrived[name]
    picture = Picture.open(io.BytesIO(got.content))
    assert media_type == got.media_type == Picture.MIME[str(picture.format)]
    assert 1 == getattr(picture, "n_frames", 1)
    assert picture.mode in ("L", "RGB", *(("RGBA",) if is_plain else ()))
    assert picture.getexif().get(0x0112, 1) == 1
    assert is_plain == (got.file == got.content)
    assert difference(picture, meant) < (4 if is_lossy(name) else 1.5)


@pytest.mark.parametrize("name", CASES)
def test_a_text_is_drawn_under_what_is_meant(arrived: dict[str, Arrived], name: str) -> None:
    """In the image form the same picture stands above the question."""
    _, meant, *_ = CASES[name]
    picture = Picture.open(io.BytesIO(arrived[name].drawn_under)).convert("RGB")
    assert picture.height > meant.height + 10
    assert difference(picture.crop((0, 0, *meant.size)), meant) < (6 if is_lossy(name) else 1.5)


def is_lossy(name: str) -> bool:
    """Whether a file's format is one that changes pixels."""
    return name == "webp" or CASES[name][2] == JPEG


@pytest.mark.parametrize("name", [name for name in CASES if not is_lossy(name)])
def test_a_digest_is_of_the_pixels(arrived: dict[str, Arrived], name: str, tmp_path: Path) -> None:
    """Whatever the file: the picture that is meant, saved plainly, has the same digest."""
    sent = Picture.open(io.BytesIO(arrived[name].content)).convert("RGB")
    sent.save(tmp_path / "plain.png")
    assert pictures.digest(tmp_path / "plain.png") == arrived[name].digest


@pytest.mark.costly
def test_a_large_scan_goes_out_byte_for_byte(tmp_path: Path) -> None:
    """Some 2.8 MB of 4000 x 6000 pixels, and no more than 7 MB where text is under it."""
    grain = Picture.effect_noise((500, 750), 40).resize((4000, 6000), Picture.Resampling.BILINEAR)
    path = tmp_path / "scan.jpg"
    grain.convert("RGB").save(path, quality=78)
    assert 2_000_000 < path.stat().st_size < 3_500_000
    item = pictures.beside(Item("scan", "How many?", "7"), path)
    protocol = prompts.load_protocol()
    (image,) = prompts.build(item, Form("text"), "solve", protocol).images
    assert path.read_bytes() == image.content
    assert ((4000, 6000), JPEG) == (image.size, image.media_type)
    (whole,) = prompts.build(item, Form("image", Style()), "solve", protocol).images
    assert (JPEG, True) == (whole.media_type, len(whole.content) < 7_000_000)
