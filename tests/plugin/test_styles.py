"""What a style may be: clean pages and spoiled ones, ids, digests, and what is refused."""

import contextlib
import dataclasses
import io
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from strategies import styles

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.metrics import style_effects
from pytest_rest.terms import Image, Record, Style, Verdict

ROOT = Path(__file__).parents[2]
FEW = settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
TEXT = "3A - 2B = 7\nThe quick brown fox"

# Digests of the pixels before pages could be spoiled: a run of then can be gone on with.
PLAIN = {
    "dejavu-200dpi-black": "fcc00b5f7075a318",
    "courier-50dpi-red": "abae3b1f5f4266f0",
    "dejavu-200dpi-black-size=14-line_spacing=2-page_width=300-margin=9": "bd0d5830b2579ab4",
}


def pixels(image: Image) -> npt.NDArray[np.int_]:
    """The picture as rows of columns of red, green and blue."""
    return np.asarray(Picture.open(io.BytesIO(image.png)).convert("RGB")).astype(int)


def drawn(name: str, text: str = TEXT) -> npt.NDArray[np.int_]:
    """The pixels of a text in the style of that name."""
    return pixels(rendering.draw(text, rendering.parse_style(name)))


def spoiled() -> st.SearchStrategy[Style]:
    """Small pages, spoiled in any way."""
    return st.builds(
        Style,
        dpi=st.sampled_from([20, 50]),
        color=st.sampled_from(["black", "red"]),
        rotation=st.integers(-360, 360).map(lambda n: n / 2),
        blur_pt=st.sampled_from([0.0, 0.0, 0.5, 3.0]),
        noise=st.sampled_from([0.0, 0.0, 0.05, 1.0]),
        jpeg_quality=st.sampled_from([0, 0, 1, 50, 95]),
    )


# Ids and digests


@pytest.mark.parametrize("name", PLAIN)
def test_plain_pages_are_what_they_were(name: str) -> None:
    """Neither the ids nor the pixels of the styles of before have changed."""
    style = rendering.parse_style(name)
    assert name == style.id
    assert PLAIN[name] == rendering.draw("3A - 2B = 7\nZoë ñ̃ Ωλ Жщ", style).digest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dejavu-100dpi-black-rotation=2", Style(dpi=100, rotation=2.0)),
        ("dejavu-200dpi-black-rotation=-2.5", Style(rotation=-2.5)),
        (
            "dejavu-200dpi-red-rotation=-90-blur=0.5",
            Style(color="red", rotation=-90.0, blur_pt=0.5),
        ),
        ("dejavu-200dpi-black-noise=0.05", Style(noise=0.05)),
        ("dejavu-200dpi-black-jpeg_quality=20", Style(jpeg_quality=20)),
    ],
)
def test_ids_of_spoiled_pages(name: str, expected: Style) -> None:
    """What differs from REST's style is named, and reads from its id, below zero too."""
    assert (name, expected) == (expected.id, rendering.parse_style(name))


@given(styles(), styles())
def test_a_digest_is_one_styles(one: Style, other: Style) -> None:
    """Equal styles have equal digests, and different ones different digests."""
    assert (one == other) == (one.digest == other.digest)


def test_a_digest_takes_whole_numbers() -> None:
    """14 points are 14.0 points."""
    assert Style(size_pt=14).digest == Style(size_pt=14.0).digest


def test_a_name_is_an_id_and_nothing_else() -> None:
    """A named style is equal to what it looks like, and draws the same noise."""
    named, unnamed = Style(noise=0.1, name="grainy"), Style(noise=0.1)
    assert ("grainy", unnamed) == (named.id, named)
    assert (hash(unnamed), unnamed.digest) == (hash(named), named.digest)
    assert rendering.draw("x", unnamed).digest == rendering.draw("x", named).digest


def test_effects_do_not_know_names() -> None:
    """A named style is paired with its default, and its name is not a characteristic."""
    own = {"tilted": Style(rotation=5.0, name="tilted"), Style().id: Style(name="plain")}
    verdict = Verdict("consistent", {})
    records = [Record("s", "1", style, "d", "1", verdict) for style in own]
    found = [(each.characteristic, each.value) for each in style_effects.table(records, own)]
    assert {("rotation", "5"), ("style", "tilted")} == set(found)


# Spoiled pages


@given(spoiled())
@FEW
def test_drawing_twice_gives_equal_pixels(style: Style) -> None:
    """However a page is spoiled."""
    assert rendering.draw(TEXT, style) == rendering.draw(TEXT, style)


def test_another_process_draws_equal_pixels() -> None:
    """Noise is of the text and the style: neither hashing nor what was drawn before counts."""
    style = "courier-50dpi-red-rotation=3-blur=0.5-noise=0.1-jpeg_quality=40"
    code = "import sys; from pytest_rest import rendering as r; print(r.draw(sys.argv[2], "
    code += "r.parse_style(sys.argv[1])).digest)"
    command = [sys.executable, "-c", code, style, TEXT]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert rendering.draw(TEXT, rendering.parse_style(style)).digest == found.stdout.strip()


def test_noise_is_known() -> None:
    """A digest written down: the same on every platform and in every version."""
    assert "a103b9d52b73b1e1" == rendering.draw("7", Style(dpi=50, noise=0.1)).digest


@given(st.integers(-360, 360).map(lambda n: n / 2), st.sampled_from([50, 100, 200]))
@FEW
def test_a_turned_page_grows(degrees: float, dpi: int) -> None:
    """To what a turned rectangle needs, to a fiftieth of an inch, and is whole pixels at 50 DPI."""
    plain = rendering.draw(TEXT, Style(dpi=50))
    turned = pixels(rendering.draw(TEXT, Style(dpi=dpi, rotation=degrees)))
    height, width, _ = pixels(plain).shape
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    expected = (width * sine + height * cosine, width * cosine + height * sine)
    found = turned.shape[0] * 50 / dpi, turned.shape[1] * 50 / dpi
    assert expected == pytest.approx(found, abs=2)
    assert all(side == int(side) for side in found)


@pytest.mark.parametrize("degrees", [90, 180, -90, -180])
def test_a_quarter_turn_is_exact(degrees: int) -> None:
    """Counter-clockwise, and not a pixel is lost."""
    turned = drawn(f"100dpi-rotation={degrees}")
    assert (np.rot90(drawn("100dpi"), degrees // 90) == turned).all()


@pytest.mark.parametrize("degrees", [3.0, -17.5, 45.0])
def test_turning_keeps_all_of_the_ink(degrees: float) -> None:
    """Nothing is cut off, and the new corners have the background's colour."""
    plain, turned = (
        pixels(rendering.draw(TEXT, Style(background="yellow", rotation=each)))
        for each in (0.0, degrees)
    )
    assert (plain[0, 0] == turned[[0, 0, -1, -1], [0, -1, 0, -1]]).all()
    ink = [(plain[0, 0] - each).sum() for each in (plain, turned)]
    assert ink[0] == pytest.approx(ink[1], rel=0.01)


def test_text_leans_counter_clockwise() -> None:
    """A line that is turned by a few degrees ends higher than it begins."""
    mask = drawn("rotation=5", "m" * 30)[:, :, 0] < 128
    rows = [np.flatnonzero(half.any(axis=1)).mean() for half in np.array_split(mask, 2, axis=1)]
    assert rows[0] > rows[1] + 10


def test_blur_is_in_points() -> None:
    """Twice the radius blurs more; at twice the DPI the page blurs alike."""
    sharp, little, much = (
        np.abs(np.diff(drawn(name, "████")[:, :, 0], axis=1)).max()
        for name in ("100dpi", "100dpi-blur=0.5", "100dpi-blur=2")
    )
    assert sharp > little > much
    coarse, fine = (drawn(f"{dpi}dpi-blur=3", "████")[:, :, 0] for dpi in (50, 100))
    assert np.abs(coarse - fine.reshape(*_halved(fine)).mean(axis=(1, 3))).mean() < 6


@pytest.mark.parametrize("share", [0.02, 0.05, 0.15])
def test_noise_has_its_deviation(share: float) -> None:
    """Of 255, around what was drawn, in each channel by itself."""
    style = Style(color="black", background="#808080", noise=share)
    noise = pixels(rendering.draw(" ", style)) - 128
    assert share * 255 == pytest.approx(noise.std(), rel=0.03)
    assert abs(noise.mean()) < share * 255 / 20
    red, green = (pixels(rendering.draw(" ", style)) for style in (_red(share), _red(share)))
    assert (red == green).all()
    assert len(np.unique(red[:, :, 0] - red[:, :, 1])) > 3


def test_noise_is_of_the_text_and_the_style() -> None:
    """Two pages of equal size have different noise, and so have two amounts of it."""
    blank, other = (drawn("noise=0.1", text) for text in ("", " "))
    assert blank.shape == other.shape
    assert (blank != other).any()
    assert (drawn("noise=0.1", "") != drawn("noise=0.100001", "")).any()


def test_a_jpegs_quality() -> None:
    """The lower, the further from what was drawn; the picture stays a PNG."""
    clean = drawn("100dpi")
    errors = [
        float(np.abs(drawn(f"100dpi-jpeg_quality={quality}") - clean).mean())
        for quality in (5, 30, 95)
    ]
    assert errors == sorted(errors, reverse=True)
    assert 0 < errors[-1] < 1
    image = rendering.draw(TEXT, Style(jpeg_quality=10))
    assert ("PNG", "L") == (Picture.open(io.BytesIO(image.png)).format, _mode(image))


def test_noise_comes_before_the_jpeg() -> None:
    """A coarse JPEG of a noisy page is smooth: the noise is packed, too."""
    noisy, packed = drawn("noise=0.2"), drawn("noise=0.2-jpeg_quality=1")
    steps = [np.abs(np.diff(each[:, :, 0], axis=1)).mean() for each in (noisy, packed)]
    assert steps[0] > 3 * steps[1]


def test_a_large_page_is_spoiled_in_no_time() -> None:
    """About a thousand by four hundred pixels: well below a second."""
    style = rendering.parse_style("red-rotation=2-blur=0.5-noise=0.1-jpeg_quality=50")
    begun = time.perf_counter()
    rendering.draw("The quick brown fox jumps over the lazy dog. " * 6, style)
    assert time.perf_counter() - begun < 1


def test_a_plain_page_takes_no_detour(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not spoiled does not meet the code that spoils."""
    monkeypatch.setattr(rendering, "distort", None)
    monkeypatch.setattr(rendering, "rotated_size", None)
    assert rendering.draw(TEXT, Style(dpi=100, color="red")).png


# What is refused


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (Style(rotation=181.0), "rotation=181': rotation is 181.0; give degrees from -180 to 180"),
        (Style(rotation=math.nan), "rotation is nan; give degrees"),
        (Style(blur_pt=-1.0), "blur is -1.0; give points from 0 to 72"),
        (Style(blur_pt=math.inf), "blur is inf; give points"),
        (Style(noise=1.5), "noise is 1.5; give a share from 0 to 1"),
        (Style(jpeg_quality=96), "jpeg_quality is 96; give a whole number from 1 to 95, or 0"),
        (Style(jpeg_quality=50.5), "jpeg_quality is 50.5"),  # type: ignore[arg-type]
        (Style(rotation="2"), "rotation is '2'; give degrees"),  # type: ignore[arg-type]
        (Style(dpi=0), "dpi is 0; give a whole number of dots per inch"),
        (Style(size_pt=0.0), "size is 0.0; give points above 0"),
        (Style(line_spacing=math.nan), "line_spacing is nan"),
        (Style(page_width_pt=-5.0), "page_width is -5.0; give points above 0"),
        (Style(margin_pt=-1.0), "margin is -1.0; give points from 0"),
    ],
)
def test_what_is_out_of_range(style: Style, expected: str) -> None:
    """The number is named with its range, before anything is drawn."""
    for refuse in (rendering.check, lambda style: rendering.draw("x", style)):
        with pytest.raises(RenderingError) as caught:
            refuse(style)
        assert expected in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["rotation=200", "rotation=-181", "noise=2", "jpeg_quality=99", "jpeg_quality=2.5", "blur=73"],
)
def test_names_out_of_range_are_refused_when_read(name: str) -> None:
    """The option is wrong usage, not a page that fails later."""
    with pytest.raises(RenderingError, match="give "):
        rendering.parse_style(name)


@given(st.builds(Style, rotation=st.floats(), blur_pt=st.floats(), noise=st.floats()))
@FEW
def test_any_number_is_in_range_or_refused(style: Style) -> None:
    """There is no third way."""
    values = (style.rotation / 180, style.blur_pt / 72, style.noise)
    is_allowed = all(-1 <= value <= 1 for value in values) and min(values[1:]) >= 0
    with contextlib.nullcontext() if is_allowed else pytest.raises(RenderingError):
        rendering.check(style)


def test_a_turned_page_may_be_too_large() -> None:
    """The pixels of the turned page count."""
    style = Style(dpi=600, size_pt=60.0, page_width_pt=2000.0)
    text = "m" * 30
    assert rendering.draw(text, style).png
    with pytest.raises(RenderingError, match="more than 40,000,000"):
        rendering.draw(text, dataclasses.replace(style, rotation=45.0))


def _red(share: float) -> Style:
    return Style(color="red", background="#808080", noise=share)


def _mode(image: Image) -> str:
    return Picture.open(io.BytesIO(image.png)).mode


def _halved(array: npt.NDArray[Any]) -> tuple[int, int, int, int]:
    return array.shape[0] // 2, 2, array.shape[1] // 2, 2
