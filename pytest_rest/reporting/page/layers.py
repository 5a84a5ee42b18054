"""Turns a model's measures into lines of text, and into a plot of them over its layers, in SVG."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

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
    width, height = _SIZE
    lows = [layer[name].low for layer in found.layers for name in COSINES]
    bottom = -1.0 if min(lows) < -0.5 else -0.5 if min(lows) < 0 else 0.0
    second = _LEFT + _WIDTH + _BETWEEN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_panel(found, COSINES, _LEFT, bottom, "cosine"),
        *_panel(found, SHARES, second, 0.0, "share retrieved"),
        _dashed(second, _y(found.chance, 0.0)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _panel(
    found: Alignment, names: Sequence[str], left: int, bottom: float, axis: str
) -> Iterator[str]:
    yield (
        f'<rect x="{left}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" '
        'stroke="#888"/>'
    )
    for step in range(int(bottom * 4), 5):
        value = step / 4
        y = _y(value, bottom)
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.2g}</text>'
        yield f'<path d="M{left} {y:.1f}h{_WIDTH}" stroke="#ddd"/>'
    last = len(found.layers) - 1
    below = _TOP + _HEIGHT
    for layer in sorted({0, last // 2, last}):
        x = _x(layer, last, left)
        yield f'<text x="{x:.1f}" y="{below + 18}" text-anchor="middle">{layer}</text>'
    yield f'<text x="{left + _WIDTH / 2}" y="{below + 40}" text-anchor="middle">layer</text>'
    yield f'<text x="{left}" y="{_TOP - 24}">{axis}</text>'
    for number, (name, color) in enumerate(zip(names, _COLORS, strict=True)):
        rates = [layer[name] for layer in found.layers]
        yield from _line(rates, left, bottom, color)
        x = left + number * _WIDTH / len(names)
        yield f'<text x="{x:.0f}" y="{_TOP - 8}" fill="{color}">{NAMES[name]}</text>'


def _line(rates: Sequence[Estimate], left: int, bottom: float, color: str) -> Iterator[str]:
    """A line with its band; a model of one layer has a point."""
    last = len(rates) - 1

    def points(values: Sequence[float]) -> list[str]:
        return [
            f"{_x(layer, last, left):.1f},{_y(value, bottom):.1f}"
            for layer, value in enumerate(values)
        ]

    low, high = points([rate.low for rate in rates]), points([rate.high for rate in rates])
    yield f'<polygon points="{" ".join(low + high[::-1])}" fill="{color}" opacity="0.2"/>'
    line = " ".join(points([rate.value for rate in rates]))
    yield f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>'


def _dashed(left: int, y: float) -> str:
    """Where chance is."""
    return (
        f'<path d="M{left} {y:.1f}h{_WIDTH}" stroke="black" stroke-dasharray="4"/>'
        f'<text x="{left + _WIDTH - 4}" y="{y - 4:.1f}" text-anchor="end">chance</text>'
    )


def _x(layer: int, last: int, left: int) -> float:
    return left + _WIDTH * layer / max(last, 1)


def _y(value: float, bottom: float) -> float:
    return _TOP + _HEIGHT * (1 - (max(value, bottom) - bottom) / (1 - bottom))


def _value(name: str, rate: Estimate) -> str:
    """A cosine to three places, a share in per cent."""
    if name in SHARES:
        return f"{rate.value * 100:.1f} [{rate.low * 100:.1f}, {rate.high * 100:.1f}] %"
    return f"{rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}]"
