"""Turns what the formats of texts and pictures do into lines of text for a terminal."""

from collections.abc import Callable, Iterator, Mapping

from pytest_rest.metrics import format_findings
from pytest_rest.metrics.format_findings import Finding
from pytest_rest.metrics.formats import Formats
from pytest_rest.reporting.terminal.figures import first, percent, points
from pytest_rest.reporting.terminal.tables import row
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate

HEADINGS = ("of each format", "all formats agree", "beyond format", "format floor")
# What is over all pairs of formats, in words, and what writes it.
WHOLE: Mapping[str, tuple[str, Callable[[Rate], str]]] = {
    "format_floor": ("any two", percent),
    "beyond_noise": ("beyond noise", points),
    "modality_excess": ("pictures add", points),
}
_PAIRS_SHOWN = 6


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
    if formats.floor:
        yield f"{HEADINGS[3]}: how often two texts differ, in per cent [95%]"
    yield from first([*formats.floor.items()], _PAIRS_SHOWN, _floor_row)
    for key, (name, write) in WHOLE.items():
        if rate := getattr(formats, key):
            yield row(f"  {name}", rate.n, write(rate))
    if formats.excess:
        yield f"{HEADINGS[2]}: what the modality adds to another format, in points [95%]"
    yield from first([*formats.excess.items()], _PAIRS_SHOWN, _excess_row)
    if said := format_findings.sentence(formats.findings):
        yield said
        yield from (f"  {found(each)}" for each in formats.findings if each.is_clear)


def found(finding: Finding) -> str:
    """`latex as text: +20.0 [+14.1, +25.9] points beyond the other texts, n = 200`."""
    name, size = shown(finding.format, 30), finding.size
    if finding.what == "text":
        said, than = f"{name} as text", "the other texts"
    elif finding.format:
        said, than = f"pictures in {name}", "those in other formats"
    else:
        said, than = "pictures", "text"
    return f"{said}: {points(size)} points beyond {than}, n = {size.n}"


def _floor_row(pair: tuple[tuple[str, str], Rate]) -> str:
    (one, other), rate = pair
    return row(f"  {shown(one, 30)}", rate.n, percent(rate), f"from {shown(other, 30)}")


def _excess_row(pair: tuple[tuple[str, str], Rate]) -> str:
    (one, other), rate = pair
    return row(f"  {shown(one, 30)}", rate.n, points(rate), f"beyond {shown(other, 30)}")
