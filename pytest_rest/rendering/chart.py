"""Draws an eye chart: lines of print in falling heights, on a page of a given size."""

import io
import math
from collections.abc import Sequence

from PIL import Image as Picture

from pytest_rest.rendering import draw
from pytest_rest.rendering.font import load_font
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.terms import Image, Style

LEADING = 1.5  # from line to line, in heights
_LARGE = 64  # pixels: print is drawn so high, and then made smaller
_AROUND = 0.25  # heights on each side of a line, for ink outside of its box


def tallest(text: str, font: str, size: tuple[int, int]) -> float:
    """The greatest height in which the text fits on a page of that size, in pixels."""
    across = load_font(font).width(text) + 2 * _AROUND
    return min(size[0] / across, size[1] / LEADING)


def draw_chart(lines: Sequence[tuple[str, float]], font: str, size: tuple[int, int]) -> Image:
    """A page of that width and height in pixels, with lines of these heights (of an em) on it.

    They stand in the middle. All print is drawn large and made smaller, as it is where a page is
    shrunk on its way: so print of one height looks alike, however it came to it.
    """
    page = Picture.new("L", size, 255)
    top = (size[1] - LEADING * sum(height for _, height in lines)) / 2
    for text, height in lines:
        line = _line(text, font, height)
        page.paste(line, ((size[0] - line.width) // 2, round(top)))
        top += LEADING * height
    file = io.BytesIO()
    page.save(file, "PNG")
    digest = pixel_digest(page.mode, page.size, page.tobytes())
    return Image(file.getvalue(), digest, "\n".join(text for text, _ in lines))


def _line(text: str, font: str, height: float) -> Picture.Image:
    times = max(math.ceil(_LARGE / height), 1)
    large = height * times
    style = Style(
        font, 72, size_pt=large, line_spacing=1.0, page_width_pt=1e6, margin_pt=large * _AROUND
    )
    with Picture.open(io.BytesIO(draw(text, style).png)) as line:
        width, tall = line.width // times, line.height // times
        box = (0, 0, width * times, tall * times)
        return line.resize((width, tall), Picture.Resampling.BICUBIC, box)
