"""What the package needs of Hypothesis, Pillow, jiwer, pint and RapidOCR."""

import io
from fractions import Fraction
from pathlib import Path

import jiwer
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from PIL import Image, ImageFont, features

from pytest_rest import rendering
from pytest_rest.benchmark.suites import soebench
from pytest_rest.models.providers.embedded import EmbeddedModel
from pytest_rest.scoring import quantities
from pytest_rest.terms import Style

PLAIN = settings(
    max_examples=50,
    deadline=None,
    database=None,
    derandomize=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def drawn(number: int) -> list[int]:
    """The examples that a seed draws."""
    numbers: list[int] = []

    @seed(number)
    @PLAIN
    @given(st.integers(0, 255))
    def look(value: int) -> None:
        numbers.append(value)

    look()
    return numbers


def test_a_seed_draws_the_same_examples_again() -> None:
    """And another seed draws others, also where the profile of a CI server is loaded."""
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_what_fails_is_made_small() -> None:
    """To the edge, from a handful of calls."""
    assert 80 == find(st.integers(20, 300), lambda dpi: dpi >= 80, settings=PLAIN)


def test_what_failed_is_kept_and_tried_first(tmp_path: Path) -> None:
    """By a folder of one's own."""
    tried: list[int] = []
    kept = settings(
        PLAIN,
        database=DirectoryBasedExampleDatabase(tmp_path),
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
    )

    @kept
    @given(st.integers(0, 10_000))
    def fails(value: int) -> None:
        tried.append(value)
        assert value < 100

    for _ in range(2):
        with pytest.raises(AssertionError):
            fails()
        last = [*tried]
        tried.clear()
    assert 100 == last[0]


def test_an_interrupt_ends_a_hunt() -> None:
    """It is the one exception that Hypothesis does not keep an example of."""

    @PLAIN
    @given(st.integers())
    def stops(value: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stops()


def test_pillow_shapes_other_scripts() -> None:
    """Its wheels have Raqm, which joins letters and runs from right to left where they do."""
    assert features.check("raqm")
    path = rendering.load_font("dejavu").path
    basic, raqm = (
        ImageFont.truetype(path, 40, layout_engine=engine)
        for engine in (ImageFont.Layout.BASIC, ImageFont.Layout.RAQM)
    )
    assert basic.getlength("3A + B = 7") > 0
    word = "\N{ARABIC LETTER LAM}\N{ARABIC LETTER ALEF}"
    assert raqm.getlength(word) < sum(raqm.getlength(letter) for letter in word)


@pytest.mark.parametrize("dpi", [50, 100, 200])
def test_a_page_is_a_whole_multiple_of_the_smallest(dpi: int) -> None:
    """The same page at every resolution, and the same pixels each time it is drawn."""
    small = Image.open(io.BytesIO(rendering.draw("3A + B = 7", Style(dpi=50)).png)).size
    page = rendering.draw("3A + B = 7", Style(dpi=dpi))
    assert (small[0] * dpi // 50, small[1] * dpi // 50) == Image.open(io.BytesIO(page.png)).size
    assert page.digest == rendering.draw("3A + B = 7", Style(dpi=dpi)).digest


def test_a_colour_is_the_colour() -> None:
    """Red ink on yellow has no pixel bluer than either."""
    page = rendering.draw("3A", Style(color="red", background="yellow"))
    colors = Image.open(io.BytesIO(page.png)).convert("RGB").getcolors(1 << 16)
    assert colors is not None
    assert (255, 0, 0) in {color for _, color in colors}
    assert (255, 255, 0) in {color for _, color in colors}


@pytest.mark.parametrize(
    ("reference", "read", "errors"),
    [("3A + B = 7", "3A + B = 7", 0), ("3A = 6", "8A = 6", 1), ("ab", "abcd", 2), ("abc", "", 3)],
)
def test_the_character_error_rate(reference: str, read: str, errors: int) -> None:
    """Edits for each character of the reference, with transforms of one's own."""
    same = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])
    rate = jiwer.cer(reference, read, reference_transform=same, hypothesis_transform=same)
    assert pytest.approx(errors / len(reference)) == rate


@pytest.mark.parametrize(
    ("name", "full", "factor", "base"),
    [
        ("km", "kilometer", 1000, {"meter": 1}),
        ("degF", "degree_Fahrenheit", Fraction(5, 9), {"kelvin": 1}),
        ("rpm", "revolutions_per_minute", None, {"radian": 1, "second": -1}),
        ("lb", "pound", Fraction("453.59237"), {"gram": 1}),
    ],
)
def test_the_units_of_pint(name: str, full: str, factor: object, base: dict[str, int]) -> None:
    """By name, in whole fractions, with the radian as a base unit."""
    registry = quantities.registry()
    assert full == registry.get_name(name)
    size, powers = registry.get_root_units(full)
    assert base == dict(powers._units)
    assert factor in (None, size)
    assert (name != "degF") == registry._units[full].is_multiplicative


def test_rapidocr_reads_a_system() -> None:
    """Its own networks, from its wheel, read REST's style without an error, in one thread."""
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    (item,) = soebench.generate(1, 0)
    model, picture = EmbeddedModel(), rendering.draw(item.context)
    assert "".join(item.context.split()) == "".join(model._read(picture.content).split())
    for part in (model._engine().text_det, model._engine().text_rec):
        assert 1 == part.session.session.get_session_options().intra_op_num_threads
