"""Reads a user's own picture, a chart or a scan, as a PNG that a model can be shown.

A file may come from anywhere, so its size in bytes and in pixels is checked before it is decoded.
The result is a PNG in RGB: turned upright, on white where it is transparent, the first frame of an
animation. It is never scaled, so that its pixels are the same in every form of a question, and only
the text beside it changes.
"""

import functools
import hashlib
import io
from dataclasses import replace
from pathlib import Path

from PIL import Image as Picture
from PIL import ImageColor, ImageOps

from pytest_rest.errors import BenchmarkError, RenderingError
from pytest_rest.terms import Image, Item, Style

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST_FILE = 20 << 20
MOST_PIXELS = 40_000_000
_THUMBNAIL = 640

Size = tuple[int, int]

_LFS = b"version https://git-lfs.github.com/"


def beside(item: Item, path: Path) -> Item:
    """The item with the picture of that file beside its question.

    Raises `BenchmarkError` for a file that cannot be read, is too large, or is not a picture.
    """
    return replace(item, image=str(path.absolute()), image_digest=digest(path))


def digest(path: Path) -> str:
    """Sixteen hex digits of a file's pixels; `BenchmarkError` as `beside`."""
    return _digest(_decode(path))


def pixel_digest(mode: str, size: tuple[int, int], pixels: bytes) -> str:
    """Sixteen hex digits of a picture's pixels, with its mode and size."""
    return hashlib.sha256(b"%s %d %d " % (mode.encode(), *size) + pixels).hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def read(path: str, expected: str) -> Image:
    """The picture of an item, which must still have that digest; its `text` is empty."""
    picture = _decode(Path(path))
    if _digest(picture) != expected:
        raise BenchmarkError(
            f"picture {path!r} is not the one that its item was made with; "
            "run again, or make the item with pytest_rest.pictures.beside"
        )
    return _encode(picture, "")


def decode(image: Image) -> Picture.Image:
    """A picture as Pillow has it, in RGB: for a model that runs in this process."""
    with Picture.open(io.BytesIO(image.png), formats=FORMATS) as picture:
        return picture.convert("RGB")


def place_under(picture: Image, page: Image, style: Style) -> Image:
    """One picture: a picture, a line under it, and under that a page of text in a style.

    It is as wide as the wider of the two; its `text` is the page's.
    """
    above, below = (Picture.open(io.BytesIO(image.png)) for image in (picture, page))
    rule = _rule(style)
    size = placed_size(above.size, below.size, style)
    whole = Picture.new("RGB", size, ImageColor.getrgb(style.background)[:3])
    whole.paste(above, (0, 0))
    ink = ImageColor.getrgb(style.color)[:3]
    whole.paste(ink, (0, above.height, size[0], above.height + rule))
    whole.paste(below, (0, above.height + rule))
    return _encode(whole, page.text)


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
        picture = _decode(path)
    except BenchmarkError:
        return None
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL * 8))
    file = io.BytesIO()
    picture.quantize(32).save(file, "PNG", optimize=True)
    return file.getvalue()


def _rule(style: Style) -> int:
    """How many pixels thick the line above the page is."""
    return max(style.dpi // 72, 1)


def _decode(path: Path) -> Picture.Image:
    content = _content(path)
    try:
        with Picture.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:  # known before anything is decoded
                raise Picture.DecompressionBombError
            return _flat(ImageOps.exif_transpose(picture))
    except (Picture.DecompressionBombError, Picture.DecompressionBombWarning):
        raise BenchmarkError(
            f"picture {str(path)!r} has more than {MOST_PIXELS:,} pixels; make it smaller"
        ) from None
    except Exception:  # each of Pillow's decoders has its own
        raise BenchmarkError(
            f"picture {str(path)!r} is not a {', '.join(FORMATS)} file, or is damaged; save it as "
            "one of them"
        ) from None


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise BenchmarkError(f"picture {str(path)!r} is not a file; check its path")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BenchmarkError(f"picture {str(path)!r} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise BenchmarkError(
            f"picture {str(path)!r} has more than {LARGEST_FILE >> 20} MB; make it smaller"
        )
    if content.startswith(_LFS):
        raise BenchmarkError(f"picture {str(path)!r} is not fetched yet; run: git lfs pull")
    return content


def _flat(picture: Picture.Image) -> Picture.Image:
    """RGB, on white where it is transparent; of 16 bits a pixel the upper eight."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    page = Picture.new("RGBA", picture.size, "white")
    page.alpha_composite(picture.convert("RGBA"))
    return page.convert("RGB")


def _digest(picture: Picture.Image) -> str:
    return pixel_digest(picture.mode, picture.size, picture.tobytes())


def _encode(picture: Picture.Image, text: str) -> Image:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return Image(file.getvalue(), _digest(picture), text)
