"""Turns a model's measures over its layers into lines of text for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from pytest_rest.representations import JudgedRun, Measured
from pytest_rest.representations.alignment import PEAKS, SHARES, Alignment, Correlation, Estimate
from pytest_rest.safe_text import shown
from pytest_rest.wording import interval, share

NAMES = {
    "matched": "matched cosine",
    "mismatched": "mismatched cosine",
    "gap": "gap of cosines",
    "image_to_text": "image to text",
    "text_to_image": "text to image",
    "two_way": "two-way retrieval",
}


def table(alignment: Alignment) -> Iterator[str]:
    """The maximum over layers of each measure."""
    yield f"{'maximum over layers':<20} {'value [95%]':<24} layer"
    for name in PEAKS:
        peak = alignment.peaks[name]
        yield f"{NAMES[name]:<20} {_value(name, peak):<24} {peak.layer}"
    yield f"n {alignment.n:,}; chance retrieves {alignment.chance * 100:.2g} %"


def correlations(
    pairs: Sequence[tuple[Measured, JudgedRun]], with_rer: Mapping[str, Correlation | None]
) -> Iterator[str]:
    """The models, and each measure's R^2 with RER."""
    yield f"{'model':<34} {'gap':>6} {'two-way':>8} {'RER':>6}  run of"
    for file, run in pairs:
        figures = f"{file.peaks['gap']:>6.3f} {file.peaks['two_way'] * 100:>8.1f}"
        names = f"{shown(file.model):<34.34}", shown(run.model)
        yield f"{names[0]} {figures} {run.rer * 100:>6.1f}  {names[1]:.20}"
    yield f"{'with RER, over models':<24} {'R^2 [95%]':<22} {'r':>6} {'n':>4}"
    for name, correlation in with_rer.items():
        if correlation is None:
            why = "fewer than 3 models" if len(pairs) < 3 else "nothing varies"
            yield f"{NAMES[name]:<24} undefined: {why}"
            continue
        r2 = interval(correlation.r2, correlation.low, correlation.high, "{:.3f}".format)
        yield f"{NAMES[name]:<24} {r2:<22} {correlation.r:>6.3f} {correlation.n:>4}"


def _value(name: str, rate: Estimate) -> str:
    """A cosine to three places, a share in per cent."""
    if name in SHARES:
        return f"{interval(rate.value, rate.low, rate.high, share)} %"
    return interval(rate.value, rate.low, rate.high, "{:.3f}".format)
