"""Hypothesis strategies for what REST asks: systems, items, styles and forms::

    from hypothesis import given
    from pytest_rest.strategies import styles, systems

    @given(systems(), styles())
    def test_red_is_read(rest_ask, item, style):  # asks the run's model, in any test
        assert rest_ask(item, style).consistent

They shrink towards what is simplest: few variables and small numbers, and REST's own style, one
characteristic at a time, so that the smallest example names the change that matters, at its edge.
"""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pytest_rest import benchmark, rendering
from pytest_rest.benchmark import file
from pytest_rest.benchmark.rest_plus import COLORS as COLORS
from pytest_rest.benchmark.suites import soebench
from pytest_rest.errors import OptionError, nearest
from pytest_rest.terms import MODES, Form, Item, Mode, Style

BACKGROUNDS = ("ivory", "lightgray", "lightblue", "pink", "yellow", "gray", "navy", "black")


def systems() -> st.SearchStrategy[Item]:
    """New systems of SoEBench, 2 to 5 variables; larger ones, which flip more, come more often.

    Shrinks to two variables, coefficients of 1 and 2, and solutions of 0.
    """
    return _systems()


def items(source: str | Path = "soebench:50", *, seed: int = 0) -> st.SearchStrategy[Item]:
    """The items of a suite, `NAME[:N]` drawn by the seed, or of a benchmark file, by its path.

    Shrinks to the first item. Raises `BenchmarkError` for what cannot be read.
    """
    path = Path(source)
    if file.is_benchmark(path):
        return st.sampled_from(file.load(path).items)
    return st.sampled_from(benchmark.load(str(source), seed))


def styles(*names: str) -> st.SearchStrategy[Style]:
    """Styles that can be drawn, with changes in these characteristics, or in any.

    The names are the fields of `Style`. Font, resolution, colour and size differ from REST's in
    half of the styles, the others in a quarter or less. Numbers go as far as a page can be drawn,
    and shrink to their edge in steps of one dot per inch, half a point of size, half a degree.
    """
    for name in names:
        if name not in CHARACTERISTICS:
            known = ", ".join(CHARACTERISTICS)
            near = nearest(name, CHARACTERISTICS)
            raise OptionError(f"styles: unknown characteristic {name!r}{near}; known are {known}")
    return _styles(tuple(name for name in CHARACTERISTICS if name in names or not names))


def forms(modes: Sequence[Mode] = MODES) -> st.SearchStrategy[Form]:
    """What an item is asked as: text, or a mode with a picture in any of `styles`."""
    strategies = [
        st.just(Form(m)) if m == "text" else st.builds(Form, st.just(m), styles()) for m in modes
    ]
    return st.one_of(strategies)


@functools.cache
def _place(place: int, values: tuple[Any, ...]) -> st.SearchStrategy[tuple[int, Any]]:
    """One of the values, with the place where it is drawn; shrinks to the first.

    Because of the place, Hypothesis takes each number for another kind; otherwise it makes most of
    its examples by copying numbers of an example over each other.
    """
    return st.sampled_from([(place, value) for value in values])


class _HypothesisDraws:
    """The numbers of a system, drawn by Hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw, self._places = draw, itertools.count()

    def between(self, low: int, high: int) -> int:
        numbers = range(low, high + 1)
        return int(self.one_of(tuple(sorted(numbers, key=lambda n: (abs(n), -n)))))

    def chance(self, share: float) -> bool:
        return bool(self.one_of((*[False] * (round(1 / share) - 1), True)))

    def one_of(self, values: tuple[Any, ...]) -> Any:
        return self._draw(_place(next(self._places), values))[1]


@st.composite
def _systems(draw: st.DrawFn) -> Item:
    draws = _HypothesisDraws(draw)
    size = draws.one_of((2, 3, 4, 4, 5, 5))
    item = soebench.system(draws, size, draws.one_of(soebench.LIMITS))
    return replace(item, id=f"{soebench.NAME}-{item.digest}")


@st.composite
def _styles(draw: st.DrawFn, names: Sequence[str]) -> Style:
    changes: dict[str, Any] = {}
    for name in names:
        if draw(_differs(name))[1]:
            changes[name] = draw(_values(name))
    style = replace(rendering.REST, **changes)
    if rendering.color(style, "color") != rendering.color(style, "background"):
        return style
    return replace(style, background="black" if style.color == "white" else "white")


@functools.cache
def _differs(name: str) -> st.SearchStrategy[tuple[str, bool]]:
    """Whether a style differs in a characteristic, as often as its share says; shrinks to no."""
    least = 20 * (1 - CHARACTERISTICS[name][0])
    return st.sampled_from([(name, n >= least) for n in range(20)])


@functools.cache
def _values(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(CHARACTERISTICS[name][1])


def _steps(name: str, step: float, lower: int, higher: int) -> list[float]:
    """The numbers up to so many steps below REST's, and then above it, the nearest first."""
    usual = getattr(rendering.REST, name)
    away = [*(-n for n in range(1, lower + 1)), *range(1, higher + 1)]
    return [type(usual)(round(usual + n * step, 6)) for n in away]


# At most 256: of more values Hypothesis draws the first ones more often than the others.
_GRAYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(8, 0xE9, 8)]
_OTHER_COLORS = [*_GRAYS, *(color for color in COLORS for _ in range(36)), *["white"] * 8]

# Each characteristic: the share of styles that differ in it, and in what.
CHARACTERISTICS: dict[str, tuple[float, Sequence[Any]]] = {
    "font": (0.5, [font for font in rendering.fonts() if font != rendering.REST.font]),
    "dpi": (0.5, _steps("dpi", 1, 160, 96)),
    "color": (0.65, _OTHER_COLORS),
    "background": (0.25, BACKGROUNDS),
    "size_pt": (0.5, _steps("size_pt", 0.5, 15, 24)),
    "line_spacing": (0.2, _steps("line_spacing", 0.1, 6, 16)),
    "page_width_pt": (0.2, _steps("page_width_pt", 12, 33, 20)),
    "margin_pt": (0.2, _steps("margin_pt", 1, 18, 54)),
    "rotation": (0.2, _steps("rotation", 0.5, 40, 40)),
    "blur_pt": (0.2, _steps("blur_pt", 0.1, 0, 12)),
    "noise": (0.2, _steps("noise", 0.01, 0, 25)),
    "jpeg_quality": (0.2, range(95, 4, -1)),
}
