"""Turns what the formats of texts and pictures do into lines of text for a terminal."""

from collections.abc import Iterator

from pytest_rest.metrics.formats import Formats
from pytest_rest.reporting.terminal.figures import percent, points
from pytest_rest.reporting.terminal.tables import row
from pytest_rest.safe_text import shown

HEADINGS = ("of each format", "all formats agree", "beyond format")


def lines(formats: Formats | None) -> Iterator[str]:
    """Each format's rates, how often all agree, and what the modality adds to a mere format."""
    if formats is None:
        return
    yield row(HEADINGS[0], "items", "RER", "CFR", "MMC")
    for name, subsets in formats.metrics.items():
        rates = (subsets["all"].rate(metric) for metric in ("rer", "cfr", "mmc"))
        yield row(name, subsets["all"].items, *map(percent, rates))
    if formats.agreement:
        yield f"{HEADINGS[1]} in per cent [95%]"
    for mode, rate in formats.agreement.items():
        yield row(f"  as {mode}", rate.n, percent(rate))
    if formats.excess:
        yield f"{HEADINGS[2]}: what the modality adds to another format, in points [95%]"
    for (one, other), rate in formats.excess.items():
        yield row(f"  {shown(one, 30)}", rate.n, points(rate), f"beyond {shown(other, 30)}")
