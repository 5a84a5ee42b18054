"""Reads how large a user's own picture is from its header, before anything is decoded."""

import functools
import math
from pathlib import Path

from PIL import ExifTags
from PIL import Image as Picture

from pytest_rest.errors import BenchmarkError
from pytest_rest.rendering.pictures import FORMATS, LARGEST_FILE, MOST_PIXELS

_ON_ITS_SIDE = range(5, 9)  # of EXIF's orientations


class TooLargeError(BenchmarkError):
    """A picture that is too large to be read."""


def is_too_large(path: str) -> bool:
    """Whether a file is a picture that is too large to be read."""
    try:
        read_size(path)
    except TooLargeError:
        return True
    except BenchmarkError:
        return False
    return False


@functools.lru_cache(maxsize=1024)
def read_size(path: str) -> tuple[int, int]:
    """Width and height in pixels as it is shown, upright.

    `TooLargeError` for a picture that is too large to be read, `BenchmarkError` for no picture.
    """
    if not Path(path).is_file():
        raise BenchmarkError(f"picture {path!r} is not a file; check its path")
    if Path(path).stat().st_size > LARGEST_FILE:
        raise TooLargeError(
            f"picture {path!r} has more than {LARGEST_FILE >> 20} MB; make it smaller"
        )
    try:
        with Path(path).open("rb") as file, Picture.open(file, formats=FORMATS) as picture:
            size = picture.size
            is_turned = picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
    except (Picture.DecompressionBombError, Picture.DecompressionBombWarning):
        raise TooLargeError(
            f"picture {path!r} has more than {MOST_PIXELS:,} pixels; make it smaller"
        ) from None
    except Exception:  # each of Pillow's decoders has its own
        raise BenchmarkError(
            f"picture {path!r} is not a {', '.join(FORMATS)} file, or is damaged; save it as one "
            "of them"
        ) from None
    width, height = size[::-1] if is_turned else size
    if width * height > MOST_PIXELS:
        share = math.floor(100 * math.sqrt(MOST_PIXELS / (width * height)))
        raise TooLargeError(
            f"picture {path!r} has {width} x {height} pixels, more than {MOST_PIXELS:,}; make it "
            f"smaller, {share} % a side or less"
        )
    return width, height
