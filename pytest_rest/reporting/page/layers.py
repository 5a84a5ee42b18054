"""Turns a model's measures into a plot of them over its layers, in SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_rest.reporting.page import layout
from pytest_rest.reporting.terminal.layers import NAMES
from pytest_rest.representations.alignment import COSINES, SHARES, Alignment, Estimate

_COLORS = ("#0072b2", "#d55e00", "#009e73")  # told apart by most eyes (Okabe and Ito)
_WIDTH, _HEIGHT = 360, 260  # of a panel's axes
_LEFT, _TOP, _BETWEEN = 56, 64, 96
_SIZE = 2 * _WIDTH + _LEFT + _BETWEEN + 24, _HEIGHT + _TOP + 56


def plot(alignment: Alignment, title: str) -> str:
    """An SVG of two panels, cosines and shares over layers, each line with its interval's band."""
    lows = [layer[name].low for layer in alignment.layers for name in COSINES]
    bottom = -1.0 if min(lows) < -0.5 else -0.5 if min(lows) < 0 else 0.0
    cosines = _panel(alignment, COSINES, "cosine", _LEFT, bottom)
    shares = _panel(alignment, SHARES, "share retrieved", _LEFT + _WIDTH + _BETWEEN, 0.0)
    return layout.draw("layers.svg.html", "plot", title, _SIZE, cosines, shares, alignment.chance)


@dataclass(frozen=True)
class _Panel:
    """Axes over the layers and up to 1, in pixels; each line has a name, a colour and rates."""

    axis: str
    left: int
    bottom: float
    last: int
    lines: Sequence[tuple[str, str, Sequence[Estimate]]]
    top: int = _TOP
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def steps(self) -> list[float]:
        """The values beside the axis."""
        return [step / 4 for step in range(int(self.bottom * 4), 5)]

    def x(self, layer: int) -> float:
        """A model of one layer has it at the left."""
        return round(self.left + self.width * layer / max(self.last, 1), 1)

    def y(self, value: float) -> float:
        """What is below the axis stands at its end."""
        share = (max(value, self.bottom) - self.bottom) / (1 - self.bottom)
        return round(self.top + self.height * (1 - share), 1)

    def points(self, values: Iterable[float]) -> list[str]:
        """The place of each layer's value, as SVG has it."""
        return [f"{self.x(layer)},{self.y(value)}" for layer, value in enumerate(values)]


def _panel(
    alignment: Alignment, names: Sequence[str], axis: str, left: int, bottom: float
) -> _Panel:
    lines = [
        (NAMES[name], color, [layer[name] for layer in alignment.layers])
        for name, color in zip(names, _COLORS, strict=True)
    ]
    return _Panel(axis, left, bottom, len(alignment.layers) - 1, lines)
