"""A coloured page: the pixels of an ink pasted in RGB, and a file that every reader reads."""

import io

from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageChops, ImageColor
from strategies import words

from pytest_rest import rendering
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.terms import Style

COLORS = st.integers(0, 0xFFFFFF).map(lambda rgb: f"#{rgb:06x}")
SHADES = st.integers(0, 0xFF).map(lambda level: f"#{level:02x}{level:02x}{level:02x}")


@given(words(10), st.sampled_from(rendering.fonts()), COLORS | SHADES, COLORS | SHADES)
def test_pixels_are_those_of_an_ink_pasted_in_rgb(
    text: str, font: str, color: str, background: str
) -> None:
    """With the digest that RGB has, or grey of grey colours; no reader has to know a palette."""
    assume(color != background)
    with Picture.open(io.BytesIO(rendering.draw(text, Style(font, 50)).png)) as black:
        ink = ImageChops.invert(black)
    pasted = Picture.new("RGB", ink.size, background)
    pasted.paste(ImageColor.getrgb(color)[:3], mask=ink)
    is_grey = all(len({*ImageColor.getrgb(each)}) == 1 for each in (color, background))
    expected = pasted.convert("L") if is_grey else pasted
    drawn = rendering.draw(text, Style(font, 50, color, background))
    with Picture.open(io.BytesIO(drawn.png)) as picture:
        assert (expected.mode, expected.tobytes()) == (picture.mode, picture.tobytes())
    assert pixel_digest(expected.mode, expected.size, expected.tobytes()) == drawn.digest
