"""Turns a model's measures into a plot of them over its layers, in SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_rest.reporting.page import layout
from pytest_rest.reporting.page.svg import PixelAxes
from pytest_rest.reporting.terminal.layers import NAMES
from pytest_rest.representations.alignment import COSINES, SHARES, Alignment

_COLORS = ("#0072b2", "#d55e00", "#009e73")  # told apart by most eyes (Okabe and Ito)
_WIDTH, _HEIGHT = 360, 260  # of a panel's axes
_LEFT, _TOP, _BETWEEN = 56, 64, 96
_SIZE = 2 * _WIDTH + _LEFT + _BETWEEN + 24, _HEIGHT + _TOP + 56


def plot(alignment: Alignment, title: str) -> str:
    """An SVG of two panels, cosines and shares over layers, each line with its interval's band."""
    lowest = min(layer[name].low for layer in alignment.layers for name in COSINES)
    bottom = -1.0 if lowest < -0.5 else -0.5 if lowest < 0 else 0.0
    last = len(alignment.layers) - 1
    right = _LEFT + _WIDTH + _BETWEEN
    panels = (
        _Panel(last, _LEFT, _TOP, _WIDTH, _HEIGHT, bottom, axis="cosine", measures=COSINES),
        _Panel(last, right, _TOP, _WIDTH, _HEIGHT, axis="share retrieved", measures=SHARES),
    )
    return layout.draw("layers.svg.html", "plot", title, _SIZE, panels, alignment, NAMES, _COLORS)


@dataclass(frozen=True, kw_only=True)
class _Panel(PixelAxes):
    """Axes over the layers, for the lines of some measures."""

    axis: str
    measures: Sequence[str]

    @property
    def steps(self) -> list[float]:
        """The values beside the axis."""
        return [step / 4 for step in range(int(self.bottom * 4), 5)]

    def points(self, values: Iterable[float]) -> list[str]:
        """The place of each layer's value, as SVG has it."""
        return [f"{self.x(layer)},{self.y(value)}" for layer, value in enumerate(values)]
