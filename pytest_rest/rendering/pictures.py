"""Turns a user's own picture, a chart or a scan, into what a model is shown.

The file's own bytes, where they show what is meant to every reader. Otherwise what is mended is
encoded again in kind: turned upright, in eight bits of RGB, on a background where it is
transparent, the first frame of an animation. It is never scaled, so that its pixels are the same
in every form of a question, and only the text beside it changes.
"""

import functools
import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image as Picture
from PIL import ImageColor

from pytest_rest.errors import BenchmarkError, RenderingError
from pytest_rest.rendering import picture_file
from pytest_rest.rendering.picture_file import FORMATS, MOST_PIXELS
from pytest_rest.terms import Image, Item, Style

_SAVED: dict[str, tuple[str, dict[str, Any]]] = {
    "image/png": ("PNG", {}),
    "image/jpeg": ("JPEG", {"quality": 95}),
    "image/webp": ("WEBP", {"lossless": True}),
}
_THUMBNAIL = 640
_LONGEST_JPEG = 65_500  # pixels a side

Size = tuple[int, int]


@dataclass(frozen=True)
class Facts:
    """What is known of a picture file: its pixels' digest and size, and what its owner should know.

    `length` is in bytes. `is_plain` says that the bytes go out as they are.
    """

    digest: str
    size: tuple[int, int]
    length: int
    media_type: str
    is_plain: bool
    remarks: tuple[str, ...] = ()


_FACTS: dict[bytes, Facts] = {}  # by the checksum of a file's bytes: to decode takes long


def beside(item: Item, path: Path) -> Item:
    """The item with the picture of that file beside its question.

    Raises `BenchmarkError` for a file that cannot be read, is too large, or is not a picture.
    """
    return replace(item, image=str(path.absolute()), image_digest=digest(path))


def digest(path: Path) -> str:
    """Sixteen hex digits of a file's pixels; `BenchmarkError` as `beside`."""
    return look(path).digest


def look(path: Path) -> Facts:
    """What is known of a picture file; `BenchmarkError` as `beside`."""
    return _look(picture_file.read(path), path)


def _look(content: bytes, path: Path) -> Facts:
    checksum = hashlib.sha256(content).digest()
    if checksum not in _FACTS:
        decoded = picture_file.decode(content, path)
        _FACTS[checksum] = Facts(
            _digest(decoded.pixels),
            decoded.pixels.size,
            len(content),
            decoded.media_type,
            decoded.is_plain,
            decoded.remarks,
        )
    return _FACTS[checksum]


def pixel_digest(mode: str, size: tuple[int, int], pixels: bytes) -> str:
    """Sixteen hex digits of a picture's pixels, with its mode and size."""
    digest = hashlib.sha256(b"%s %d %d " % (mode.encode(), *size))
    digest.update(pixels)  # joined to the head they would be copied
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def read(path: str, expected: str) -> Image:
    """The picture of an item, which must still have that digest; its `text` is empty."""
    content = picture_file.read(Path(path))
    facts = _look(content, Path(path))
    if facts.digest != expected:
        raise BenchmarkError(
            f"picture {path!r} is not the one that its item was made with; "
            "run again, or make the item with pytest_rest.pictures.beside"
        )
    if facts.is_plain:
        return Image(content, facts.digest, "", facts.media_type, facts.size)
    decoded = picture_file.decode(content, Path(path))
    pixels = decoded.pixels.convert("L") if decoded.is_grey else decoded.pixels
    image = _encode(pixels, "", decoded.media_type)
    return replace(image, digest=facts.digest)


def decode(image: Image) -> Picture.Image:
    """A picture as Pillow has it, in RGB: for a model that runs in this process."""
    with Picture.open(io.BytesIO(image.content), formats=FORMATS) as picture:
        picture.load()
        return picture if picture.mode == "RGB" else picture.convert("RGB")  # spares a copy


def place_under(picture: Image, page: Image, style: Style) -> Image:
    """One picture: a picture, a line under it, and under that a page of text in a style.

    It is as wide as the wider of the two; its `text` is the page's. A JPEG at quality 95 under a
    JPEG or a lossy WebP: as a PNG a scan would take ten times as much, and seconds. Otherwise
    nothing is lost.
    """
    above, below = decode(picture), decode(page)
    rule = _rule(style)
    size = placed_size(above.size, below.size, style)
    whole = Picture.new("RGB", size, ImageColor.getrgb(style.background)[:3])
    whole.paste(above, (0, 0))
    ink = ImageColor.getrgb(style.color)[:3]
    whole.paste(ink, (0, above.height, size[0], above.height + rule))
    whole.paste(below, (0, above.height + rule))
    is_lossy = picture_file.is_lossy(picture.content)
    return _encode(whole, page.text, "image/jpeg" if is_lossy else "image/png")


def placed_size(picture: Size, page: Size, style: Style) -> Size:
    """The size of a picture with a page under it; `RenderingError` for too many pixels."""
    width, height = max(picture[0], page[0]), picture[1] + _rule(style) + page[1]
    if width * height > MOST_PIXELS:
        raise RenderingError(
            f"style {style.id!r}: the page under its picture would have {width} x {height} "
            f"pixels, more than {MOST_PIXELS:,}; use a lower dpi or a smaller picture"
        )
    return width, height


def thumbnail(path: Path) -> bytes | None:
    """A PNG of a picture file, at most 640 pixels wide, in 32 colours; None for other files."""
    try:
        picture = picture_file.decode(picture_file.read(path), path).pixels
    except BenchmarkError:
        return None
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL * 8))
    file = io.BytesIO()
    picture.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


def _rule(style: Style) -> int:
    """How many pixels thick the line above the page is."""
    return max(style.dpi // 72, 1)


def _digest(picture: Picture.Image) -> str:
    return pixel_digest(picture.mode, picture.size, picture.tobytes())


def _encode(picture: Picture.Image, text: str, media_type: str = "image/png") -> Image:
    """A file of that kind; JPEG at quality 95, and the others without a loss."""
    if max(picture.size) > _LONGEST_JPEG and media_type == "image/jpeg":
        media_type = "image/png"
    file = io.BytesIO()
    kind, options = _SAVED[media_type]
    picture.save(file, kind, icc_profile=picture.info.get("icc_profile"), **options)
    return Image(file.getvalue(), _digest(picture), text, media_type, picture.size)
