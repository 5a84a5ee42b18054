"""Turns report.json's vision tokens into what its page shows of them."""

from typing import Any

from pytest_rest.metrics import seen_dpi
from pytest_rest.metrics.vision_tokens import Use, Vision
from pytest_rest.reporting.page import layout
from pytest_rest.reporting.page.svg import PixelAxes, Plot
from pytest_rest.reporting.terminal import vision_tokens

_MOST = 400  # styles in the table
_HEADING = "Accuracy over input tokens"
_NOTE = (
    "Each point is a style, each line a look at several resolutions, with intervals at 95 %. The "
    "dashed lines cross at the text form: left of them a picture takes fewer tokens, below them it "
    "is answered worse."
)
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 460, 360, 52, 34, 44, 10
_LINE, _COLUMNS = 20, 2  # of the names below
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito, 2008
_MOST_LOOKS = 2 * len(_COLORS)


def tokens(vision: Vision) -> dict[str, Any] | None:
    """Whether pictures save tokens and what they cost in right answers, in words and as a plot.

    None where one style was asked, as on the terminal.
    """
    rows = vision_tokens.compared(vision)
    if not rows:
        return None
    lines = (*vision_tokens.answer(vision), *vision_tokens.equal(vision, rows))
    figures = [_named(use) for use in rows[:_MOST]]
    head = vision_tokens.head(rows)
    return {"lines": lines, "plot": Plot(_HEADING, _NOTE, plot(vision), figures, head)}


def _named(use: Use) -> tuple[str, ...]:
    style, *cells = vision_tokens.cells(use)
    return f"{style}{seen_dpi.words(use.seen)}", *cells


def plot(vision: Vision) -> str:
    """An SVG element: each style's accuracy over its form's tokens, a line for each look.

    The twelve looks with the most items, those after the sixth with hollow points; their names
    stand below. Bars are intervals at 95 %; the dashed lines cross at the text form. It takes the
    colour of the page's text, and needs nothing else of the page.
    """
    uses = vision_tokens.of_one_mode(vision)
    looks: dict[str, list[Use]] = {}
    for use in uses:
        looks.setdefault(use.look, []).append(use)
    kept = sorted(looks, key=lambda look: (-max(use.n for use in looks[look]), look))[:_MOST_LOOKS]
    most = max(max(use.input.value for use in uses), 1.0) * 1.1
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    axes = PixelAxes(most, _LEFT, _TOP, width, height)
    asked = max(uses, key=lambda use: use.n)
    curves = [
        {
            "look": look,
            "uses": sorted(looks[look], key=lambda use: use.input.value),
            "color": _COLORS[number % len(_COLORS)],
            "is_hollow": number >= len(_COLORS),
            "left": 14 + number % _COLUMNS * _WIDTH // _COLUMNS,  # of its name
            "foot": _HEIGHT + _LINE * (number // _COLUMNS + 1),
        }
        for number, look in enumerate(kept)
    ]
    size = _WIDTH, _HEIGHT + _LINE * -(-len(kept) // _COLUMNS) + 8
    step = next(s for s in (0.25, 0.5, 1, 2, 5, 10, 50, 500, 10**9) if most / s <= 8)
    ticks = [number * step for number in range(int(most / step) + 1)]  # at most nine
    text_form = axes.x(1.0), axes.y(asked.accuracy.value - asked.change.value)
    parts = size, axes, ticks, uses[0].mode, text_form, curves
    return layout.draw("tokens.svg.html", "plot", *parts)
