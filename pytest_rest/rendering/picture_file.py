"""Reads a picture file: the pixels that are meant, and whether its bytes show them to every reader.

A file may come from anywhere, so its size in bytes and in pixels is checked before it is decoded.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from PIL import ExifTags, ImageChops, ImageFilter, ImageOps
from PIL import Image as Picture

from pytest_rest.errors import BenchmarkError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")
LARGEST_FILE = 20 << 20
MOST_PIXELS = 40_000_000

_MEDIA_TYPES = {"JPEG": "image/jpeg", "WEBP": "image/webp"}  # of the others it is PNG
_SENT = ("PNG", *_MEDIA_TYPES)
_PLAIN_MODES = ("L", "RGB", "RGBA")  # not every reader looks up a palette, or scales one bit well
_COLORED = ("RGB", "RGBA", "P")
_GREYS = ("1", "L", "I", "I;16", "I;16B", "F")
_WHITES = (1.0, 255.0, 1023.0, 4095.0, 16383.0, 65535.0)
_DEEP, _SWAPPED = "RGB;16B", "RGB;16L"  # Pillow's words for the upper and the lower bytes of a PNG
_BACKGROUNDS = {"white": 255, "black": 0, "gray": 128}
_FAINT = 40  # levels of 255 by which an outline is told from its background
_FEW = 0.2  # share of the outlines that may be faint on a background
_HIDDEN = (
    "is transparent, and part of it cannot be seen on any one background; give it a background of "
    "its own"
)
_NEAR = 16  # levels of 255 within which pixels are alike
_SPECK = 1e-5  # share of the pixels that shows nothing
_WEBP_HEADER, _FRAME_HEADER = 12, 24  # bytes before a WebP's first chunk, and a frame's
_JPEGS = ("jpeg", "tiff_jpeg")  # Pillow's words for a TIFF's pictures that are
_GPS = (
    "says in its EXIF where it was taken, and goes out as it is; save it without, if that is not "
    "to be told"
)
_LFS = b"version https://git-lfs.github.com/"


class TooLargeError(BenchmarkError):
    """A picture that is too large to be read."""


@dataclass(frozen=True)
class Decoded:
    """A file's picture in RGB: upright, of an animation the first frame, on a background.

    `is_plain` says that the file's bytes show just these pixels to every reader, `media_type` what
    it goes out as, and `remarks` what its owner should know.
    """

    pixels: Picture.Image
    media_type: str
    is_grey: bool
    is_plain: bool
    remarks: tuple[str, ...]


def read(path: Path) -> bytes:
    """The bytes of a file; `TooLargeError`, or `BenchmarkError` where it cannot be read."""
    try:
        if not path.is_file():
            raise BenchmarkError(f"picture {str(path)!r} is not a file; check its path")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BenchmarkError(f"picture {str(path)!r} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise TooLargeError(
            f"picture {str(path)!r} has more than {LARGEST_FILE >> 20} MB; make it smaller"
        )
    if content.startswith(_LFS):
        raise BenchmarkError(f"picture {str(path)!r} is not fetched yet; run: git lfs pull")
    return content


def decode(content: bytes, path: Path) -> Decoded:
    """The picture in a file's bytes; `TooLargeError`, or `BenchmarkError` for what is not one."""
    try:
        with Picture.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:  # known before anything is decoded
                raise Picture.DecompressionBombError
            return _decoded(picture, content)
    except (Picture.DecompressionBombError, Picture.DecompressionBombWarning):
        raise TooLargeError(
            f"picture {str(path)!r} has more than {MOST_PIXELS:,} pixels; make it smaller"
        ) from None
    except Exception:  # each of Pillow's decoders has its own
        raise BenchmarkError(
            f"picture {str(path)!r} is not a {', '.join(FORMATS)} file, or is damaged; save it as "
            "one of them"
        ) from None


def is_lossy(content: bytes) -> bool:
    """Whether a JPEG's or a WebP's bytes have lost what a PNG would keep; of frames, the first."""
    place = _WEBP_HEADER if content[8:_WEBP_HEADER] == b"WEBP" else len(content)
    while (name := content[place : place + 4]) not in (b"", b"VP8L", b"VP8 "):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        place += _FRAME_HEADER if name == b"ANMF" else 8 + size + size % 2
    return name == b"VP8 " or content.startswith(b"\xff\xd8")


def _decoded(picture: Picture.Image, content: bytes) -> Decoded:
    # what a phone adds behind a JPEG, such as a map of brightness, is not another frame
    kind = "JPEG" if picture.format == "MPO" else str(picture.format)
    is_moving = kind != "JPEG" and getattr(picture, "is_animated", False)
    tiles = getattr(picture, "tile", ())
    coding = str(tiles[0].args) if tiles else ""
    mode, exif = picture.mode, picture.getexif()
    is_turned = exif.get(ExifTags.Base.Orientation) in range(2, 9)
    if mode.startswith("I") or mode == "F":
        picture = _scaled(picture)
    elif coding == _DEEP and (high := _highest(picture)) < 64:
        picture = _deepened(picture, content, high)
    pixels, is_transparent, faint = _flat(
        ImageOps.exif_transpose(picture) if is_turned else picture
    )
    if mode not in _COLORED:
        pixels.info.pop("icc_profile", None)  # of other channels than it has now
    is_still_deep = ";16" in coding
    is_plain = kind in _SENT and mode in _PLAIN_MODES and not is_moving
    is_plain = is_plain and not (is_turned or is_transparent or is_still_deep)
    remarks = [*_of_evenness(pixels), *([_HIDDEN] if faint > _FEW else [])]
    if is_moving:  # how often is not counted: a file may hold a million
        parts = "pages" if kind == "TIFF" else "frames"
        remarks.append(f"has several {parts}; only the first is shown")
    if is_plain and exif.get_ifd(ExifTags.IFD.GPSInfo):
        remarks.append(_GPS)
    media_type = _MEDIA_TYPES.get(kind, "image/png")
    if picture.info.get("compression") in _JPEGS or (not is_plain and is_lossy(content)):
        media_type = "image/jpeg"
    return Decoded(pixels, media_type, mode in _GREYS, is_plain, tuple(remarks))


def _scaled(picture: Picture.Image) -> Picture.Image:
    """Grey of more than eight bits as eight: white is the highest number of the depth it needs."""
    numbers = picture.convert("F")
    numbers.info.pop("transparency", None)
    _, high = cast("tuple[float, float]", numbers.getextrema())
    white = next((white for white in _WHITES if high <= white), high)
    return numbers.point(lambda number: number * (255 / white) + 0.5).convert("L")


def _highest(picture: Picture.Image) -> int:
    return max(place % 256 for place, number in enumerate(picture.histogram()) if number)


def _deepened(picture: Picture.Image, content: bytes, high: int) -> Picture.Image:
    """Colours of at most 14 of 16 bits as eight: Pillow takes the upper bytes, nearly black."""
    with Picture.open(io.BytesIO(content), formats=FORMATS) as again:
        again.tile = [tile._replace(args=_SWAPPED) for tile in again.tile]
        low = again.copy()
    bits = next(bits for bits in (8, 10, 12, 14) if high < 1 << bits - 8)
    upper = picture.point(lambda byte: min(byte << 16 - bits, 255))
    whole = ImageChops.add(upper, low.point(lambda byte: byte >> bits - 8))
    whole.info = picture.info
    return whole


def _flat(picture: Picture.Image) -> tuple[Picture.Image, bool, float]:
    """The picture in RGB, on a background where it is transparent; whether it is; what is faint."""
    if not picture.has_transparency_data:
        picture.load()
        return picture if picture.mode == "RGB" else picture.convert("RGB"), False, 0.0
    layer = picture.convert("RGBA")
    if layer.getchannel("A").getextrema() == (255, 255):
        return layer.convert("RGB"), False, 0.0
    background, faint = _background(layer)
    page = Picture.new("RGBA", layer.size, background)
    page.alpha_composite(layer)
    return page.convert("RGB"), True, faint


def _background(layer: Picture.Image) -> tuple[str, float]:
    """White, or that on which least is faint; and which share of all outlines is faint on it."""
    grey, alpha = layer.convert("LA").split()
    if min(layer.size) < 3:
        return "white", 0.0
    counts, every = {}, Picture.new("1", (layer.width - 2, layer.height - 2))
    for name, level in _BACKGROUNDS.items():
        page = Picture.new("L", layer.size, level)
        page.paste(grey, mask=alpha)
        outlines = _outlines(page)
        counts[name] = outlines.histogram()[-1]
        every = ImageChops.logical_or(every, outlines)
    number = max(every.histogram()[-1], 1)
    faint = {name: 1 - count / number for name, count in counts.items()}
    best = "white" if faint["white"] <= _FEW else min(faint, key=faint.__getitem__)
    return best, faint[best]


def _outlines(page: Picture.Image) -> Picture.Image:
    """Which pixels but those of the rim, which the filter leaves, are on either side of one."""
    sides = (side.filter(ImageFilter.FIND_EDGES) for side in (page, ImageChops.invert(page)))
    edges = ImageChops.lighter(*sides).crop((1, 1, page.width - 1, page.height - 1))
    # a straight outline counts thrice
    return edges.point(lambda level: 255 * (level >= 3 * _FAINT), "1")


def _of_evenness(pixels: Picture.Image) -> Iterator[str]:
    counts, number = pixels.histogram(), pixels.width * pixels.height
    for channel in (counts[start : start + 256] for start in range(0, 768, 256)):
        most = channel.index(max(channel))
        alike = sum(channel[max(most - _NEAR, 0) : most + _NEAR + 1])
        if number - alike > _SPECK * number:
            return
    yield "is nearly of one colour, so that there is nothing to see; is it the right one?"
