"""The public strategies: what they draw can be drawn, and shrinks to the change that matters."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from pytest_rest import benchmark, prompts, rendering
from pytest_rest.errors import BenchmarkError, OptionError
from pytest_rest.fuzzing.strategies import CHARACTERISTICS, forms, items, styles, systems
from pytest_rest.models.providers.embedded import solve
from pytest_rest.terms import Form, Item, Style

T = TypeVar("T")


def smallest(strategy: st.SearchStrategy[T], condition: Callable[[T], bool]) -> T:
    """What a strategy shrinks to."""
    few = settings(max_examples=2000, database=None, phases=(Phase.generate, Phase.shrink))
    return find(strategy, condition, settings=few, random=random.Random(3))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda style: style.dpi < 80, Style(dpi=79)),
        (
            lambda style: style.color.startswith("#") and rendering.contrast(style) < 3,
            Style(color="#989898"),
        ),
        (
            lambda style: style.font == "cursive" and style.size_pt < 12,
            Style(font="cursive", size_pt=11.5),
        ),
        (lambda style: 0 < style.jpeg_quality < 50, Style(jpeg_quality=49)),
    ],
)
def test_a_smallest_style_names_one_change(
    condition: Callable[[Style], bool], expected: Style
) -> None:
    """REST's style in everything else, and the change at its edge."""
    assert expected == smallest(styles(), condition)


@given(systems())
def test_a_system_has_its_one_solution(item: Item) -> None:
    """Exactly, in integers; and by its content alone it is named."""
    assert f"Answer: {item.answer}" == solve(prompts.whole(item)).splitlines()[-1]
    assert 2 <= item.context.count("\n") + 1 <= 5
    assert item.id.endswith(item.digest)


def test_a_smallest_system() -> None:
    """Two variables, coefficients of 1 and 2, solutions of 0; or what a condition needs."""
    assert "A + B = 0\nA + 2B = 0" == smallest(systems(), lambda item: True).context
    four = smallest(systems(), lambda item: "D" in item.context)
    assert 4 == len(four.context.splitlines())
    assert "E" not in four.context


@given(styles("dpi", "color"))
def test_only_what_is_named_differs(style: Style) -> None:
    """A style of some characteristics is REST's in all others."""
    assert set(style.changes) <= {"dpi", "color", "background"}


def test_an_unknown_characteristic() -> None:
    """One line, with the nearest known one."""
    with pytest.raises(OptionError, match="unknown characteristic 'colour'; did you mean 'color'"):
        styles("colour")


def test_every_characteristic_can_be_named_and_drawn() -> None:
    """They are all of a style's looks; each value renders in a short text."""
    unnamed = {"name", "font_sha256", "format", "highlight", "page_height_pt"}
    looks = {*Style().__dataclass_fields__} - unnamed
    assert looks == set(CHARACTERISTICS)
    for name, (_, values) in CHARACTERISTICS.items():
        for value in values:
            changes = {"color": "red", "background": "pink", name: value}
            style = Style(**changes)
            assert style == rendering.parse_style(style.id)
            if value in (values[0], values[-1]):
                rendering.draw("A = 1", style)


def _renders(item: Item, style: Style) -> None:
    image = rendering.draw(prompts.whole(item), style)
    assert image.png.startswith(b"\x89PNG")
    assert rendering.parse_style(style.id) == style


@settings(max_examples=30, suppress_health_check=[], database=None)
@given(systems(), styles())
def test_every_style_renders(item: Item, style: Style) -> None:
    """Without an error; and its name says what it is."""
    _renders(item, style)


@pytest.mark.slow
@settings(max_examples=2000, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(systems(), styles())
def test_thousands_of_styles_render(item: Item, style: Style) -> None:
    """As a hundred do."""
    _renders(item, style)


def test_items_of_a_suite_and_of_a_file(tmp_path: Path) -> None:
    """Shrinks to the first; what cannot be read is told."""
    path = tmp_path / "two.rest.yaml"
    path.write_text("items:\n  - {question: 1+1?, answer: 2}\n  - {question: 1+2?, answer: 3}\n")
    assert benchmark.load("soebench:5", 7)[0] == smallest(items("soebench:5", seed=7), bool)
    assert "1+1?" == smallest(items(path), bool).question
    assert "1+2?" == smallest(items(str(path)), lambda item: item.answer != "2").question
    with pytest.raises(BenchmarkError, match="unknown suite"):
        items("nowhere")


@given(forms(("text", "mixed")))
def test_forms(form: Form) -> None:
    """Text without a style, and every other mode with one."""
    assert (form.mode == "text") == (form.style is None)


def test_a_test_of_ones_own(pytester: pytest.Pytester) -> None:
    """As the page on fuzzing has it: Hypothesis has nothing against the fixture."""
    page = Path(__file__).parents[2].joinpath("docs", "fuzzing.md").read_text("utf-8")
    pytester.makepyfile(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[-1])
    options = (
        "-pno:randomly",
        "-pno:xdist",
        "test_a_test_of_ones_own.py",
        f"--rest-run-dir={pytester.path / 'run'}",
    )
    good = pytester.runpytest_inprocess(*options, "--rest-model=simulated")
    good.assert_outcomes(passed=1)
    pytester.runpytest_inprocess(*options).assert_outcomes(skipped=1)
