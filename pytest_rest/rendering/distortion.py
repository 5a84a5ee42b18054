"""Distorts a clean page: rotation, blur, noise, JPEG compression, in this order.

Noise comes from a hash of the text and the style, so that equal text and style give equal pixels on
every platform. A JPEG is decoded again: what is sent is a PNG of its pixels. They are the same
wherever Pillow is built with the same JPEG library, as its wheels are.
"""

import functools
import hashlib
import io
import math
from statistics import NormalDist

from PIL import Image as Picture
from PIL import ImageChops, ImageFilter

from pytest_rest.terms import Style

_POINTS_PER_INCH = 72


def rotated_size(paper: tuple[float, float], degrees: float) -> tuple[float, float]:
    """The width and height of a rotated page, in the unit of `paper`."""
    sine, cosine = _sine_cosine(degrees)
    width, height = paper
    return width * abs(cosine) + height * abs(sine), width * abs(sine) + height * abs(cosine)


def distort(
    page: Picture.Image, size: tuple[int, int], style: Style, background: tuple[int, ...], text: str
) -> Picture.Image:
    """The page as its style distorts it; `size` in pixels is that of the rotated page."""
    if style.rotation:
        page = _rotate(page, size, style.rotation, background)
    if style.blur_pt:
        pixels = style.blur_pt * style.dpi / _POINTS_PER_INCH
        page = page.filter(ImageFilter.GaussianBlur(pixels))
    if style.noise:
        seed = f"{style.digest} {text}".encode("utf-8", "surrogatepass")
        page = _add_noise(page, style.noise, seed)
    if style.jpeg_quality:
        page = _compress(page, int(style.jpeg_quality), style.dpi)
    return page


def _rotate(
    page: Picture.Image, size: tuple[int, int], degrees: float, background: tuple[int, ...]
) -> Picture.Image:
    """Rotate a page about its centre, on paper of that size in the background colour."""
    sine, cosine = _sine_cosine(degrees)
    x, y = (
        size[0] / 2,
        size[1] / 2,
    )  # of the new centre; `back` maps a pixel to its place in the old page
    back = (
        *(cosine, -sine, page.width / 2 - x * cosine + y * sine),
        *(sine, cosine, page.height / 2 - x * sine - y * cosine),
    )
    fill = background if page.mode == "RGB" else background[0]
    affine, bicubic = Picture.Transform.AFFINE, Picture.Resampling.BICUBIC
    return page.transform(size, affine, back, bicubic, fillcolor=fill)


def _sine_cosine(degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return round(math.sin(angle), 15), round(math.cos(angle), 15)


def _add_noise(page: Picture.Image, deviation: float, seed: bytes) -> Picture.Image:
    """Add to each channel of each pixel the deviate for one byte of the seed's hash."""
    draws = hashlib.shake_256(seed).digest(page.width * page.height * len(page.mode))
    lighter, darker = (
        Picture.frombytes(page.mode, page.size, draws.translate(table))
        for table in _noise_tables(deviation)
    )
    return ImageChops.subtract(ImageChops.add(page, lighter), darker)


@functools.lru_cache(maxsize=16)
def _noise_tables(deviation: float) -> tuple[bytes, bytes]:
    """How much lighter, and how much darker, each of 256 equally likely bytes makes a pixel.

    They are the normal distribution in 256 steps, up to 2.9 standard deviations.
    """
    steps = [NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)]
    spread = math.sqrt(math.fsum(step * step for step in steps) / 256)
    levels = [round(round(step / spread, 9) * deviation * 255) for step in steps]
    lighter = bytes(min(max(level, 0), 255) for level in levels)
    return lighter, bytes(min(max(-level, 0), 255) for level in levels)


def _compress(page: Picture.Image, quality: int, dpi: int) -> Picture.Image:
    file = io.BytesIO()
    page.save(file, "JPEG", quality=quality, dpi=(dpi, dpi))
    with Picture.open(file, formats=["JPEG"]) as compressed:
        compressed.load()
        return compressed.copy()
