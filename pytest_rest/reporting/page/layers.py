"""Turns a model's measures into lines of text, and into a plot of them over its layers, in SVG."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_rest.reporting.page import layout
from pytest_rest.representations import Judged, Measured
from pytest_rest.representations.alignment import (
    COSINES,
    PEAKS,
    SHARES,
    Alignment,
    Correlation,
    Estimate,
)
from pytest_rest.safe_text import shown

NAMES = {
    "matched": "matched cosine",
    "mismatched": "mismatched cosine",
    "gap": "gap of cosines",
    "image_to_text": "image to text",
    "text_to_image": "text to image",
    "two_way": "two-way retrieval",
}
_COLORS = ("#0072b2", "#d55e00", "#009e73")  # told apart by most eyes (Okabe and Ito)
_WIDTH, _HEIGHT = 360, 260  # of a panel's axes
_LEFT, _TOP, _BETWEEN = 56, 64, 96
_SIZE = 2 * _WIDTH + _LEFT + _BETWEEN + 24, _HEIGHT + _TOP + 56


def table(found: Alignment) -> Iterator[str]:
    """The maximum over layers of each measure; in 80 columns."""
    yield f"{'maximum over layers':<20} {'value [95%]':<24} layer"
    for name in PEAKS:
        peak = found.peaks[name]
        yield f"{NAMES[name]:<20} {_value(name, peak):<24} {peak.layer}"
    yield f"n {found.n:,}; chance retrieves {found.chance * 100:.2g} %"


def correlations(
    pairs: Sequence[tuple[Measured, Judged]], found: Mapping[str, Correlation | None]
) -> Iterator[str]:
    """The models, and each measure's R^2 with RER; in 80 columns."""
    yield f"{'model':<34} {'gap':>6} {'two-way':>8} {'RER':>6}  run of"
    for file, run in pairs:
        figures = f"{file.peaks['gap']:>6.3f} {file.peaks['two_way'] * 100:>8.1f}"
        names = f"{shown(file.model):<34.34}", shown(run.model)
        yield f"{names[0]} {figures} {run.rer * 100:>6.1f}  {names[1]:.20}"
    yield f"{'with RER, over models':<24} {'R^2 [95%]':<22} {'r':>6} {'n':>4}"
    for name, each in found.items():
        if each is None:
            why = "fewer than 3 models" if len(pairs) < 3 else "nothing varies"
            yield f"{NAMES[name]:<24} undefined: {why}"
            continue
        bounds = "" if each.low is None else f" [{each.low:.3f}, {each.high:.3f}]"
        yield f"{NAMES[name]:<24} {f'{each.r2:.3f}{bounds}':<22} {each.r:>6.3f} {each.n:>4}"


def plot(found: Alignment, title: str) -> str:
    """An SVG of two panels, cosines and shares over layers, each line with its interval's band."""
    lows = [layer[name].low for layer in found.layers for name in COSINES]
    bottom = -1.0 if min(lows) < -0.5 else -0.5 if min(lows) < 0 else 0.0
    cosines = _panel(found, COSINES, "cosine", _LEFT, bottom)
    shares = _panel(found, SHARES, "share retrieved", _LEFT + _WIDTH + _BETWEEN, 0.0)
    return layout.draw("layers.svg.html", "plot", title, _SIZE, cosines, shares, found.chance)


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


def _panel(found: Alignment, names: Sequence[str], axis: str, left: int, bottom: float) -> _Panel:
    lines = [
        (NAMES[name], color, [layer[name] for layer in found.layers])
        for name, color in zip(names, _COLORS, strict=True)
    ]
    return _Panel(axis, left, bottom, len(found.layers) - 1, lines)


def _value(name: str, rate: Estimate) -> str:
    """A cosine to three places, a share in per cent."""
    if name in SHARES:
        return f"{rate.value * 100:.1f} [{rate.low * 100:.1f}, {rate.high * 100:.1f}] %"
    return f"{rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}]"
