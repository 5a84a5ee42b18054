"""Eye charts are as large as they are wanted, and print is as high as it is said to be."""

import io

import pytest
from PIL import Image, ImageChops

from pytest_rest.rendering.chart import draw_chart, tallest


def ink(png: bytes) -> Image.Image:
    """The picture, black on white the other way round."""
    with Image.open(io.BytesIO(png)) as picture:
        return ImageChops.invert(picture.convert("L"))


@pytest.mark.parametrize("font", ["dejavu", "courier", "cursive"])
def test_a_chart_has_its_size_and_its_print(font: str) -> None:
    """The page to the pixel; twice the height has twice the ink's; nothing touches the edge."""
    boxes = []
    for height in (20.0, 40.0):
        chart = draw_chart([("ACEFHK", height)], font, (300, 200))
        assert (300, 200) == chart.size
        box = ink(chart.png).point(lambda value: 255 * (value > 64)).getbbox()
        assert box is not None
        boxes.append(box)
        assert 0 < box[0]
        assert box[2] < 300
    (small, large) = ((box[2] - box[0], box[3] - box[1]) for box in boxes)
    assert small == pytest.approx([side / 2 for side in large], abs=2)


def test_print_looks_alike_however_it_came_to_its_height() -> None:
    """Drawn small, or drawn large and made small by a server: an eye chart compares the two."""
    lines = [("ACEFHK", 12.0), ("NPRTXY", 9.0)]
    small = ink(draw_chart(lines, "dejavu", (160, 80)).png)
    large = ink(draw_chart([(t, 8 * h) for t, h in lines], "dejavu", (1280, 640)).png)
    shrunk = large.resize((160, 80), Image.Resampling.BICUBIC)
    off = ImageChops.difference(small, shrunk).histogram()
    assert sum(off[96:]) <= 8  # of 12,800 pixels, of which the letters' edges may be
    assert shrunk.getextrema()[1] == pytest.approx(small.getextrema()[1], abs=40)


def test_equal_charts_have_equal_pixels() -> None:
    """And the text that is on them."""
    one, other = (draw_chart([("ACEFHK", 9.5)], "dejavu", (90, 60)) for _ in range(2))
    assert one == other
    assert "ACEFHK" == one.text


def test_the_tallest_print_fits() -> None:
    """In height and in width."""
    for size in ((100, 400), (400, 30)):
        height = tallest("NNNNNN", "dejavu", size)
        chart = ink(draw_chart([("NNNNNN", height)], "dejavu", size).png)
        box = chart.point(lambda value: 255 * (value > 64)).getbbox()
        assert box is not None
        assert 0 < box[0]
        assert box[2] < size[0]
