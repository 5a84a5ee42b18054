"""Turns answers to one content in several formats into what the format does, beside the modality.

A table written as HTML, as Markdown and as LaTeX is the same content, as text and as a picture. A
format has the metrics of its own forms alone; RER over all of them asks that every form of every
format agrees. Beside it stand how often the formats agree in one mode, and what changing the
modality adds to what changing the mere format of the text does, over items with both::

    excess(F, G) = mean([text in F differs from picture in F] - [text in F differs from text in G])

paired by item, with Student's t interval. Differs is what does not agree: no answer agrees with
nothing. Over all pairs that is the format floor, and what the modality adds to it (`format_floor`);
which format it is, or the pictures, is in `format_findings`.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

from pytest_rest.metrics import Metrics, Subset, Table, compute_subsets, format_findings
from pytest_rest.metrics.agreement import Group, Grouped, by_item, mean_of_items, modes
from pytest_rest.metrics.format_findings import Finding
from pytest_rest.metrics.format_floor import as_text, beyond_noise
from pytest_rest.scoring import agree
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import MODES, Mode, Rate, Record

Excess = Mapping[tuple[str, str], Rate]  # by format, and the one that it is compared with


@dataclass(frozen=True)
class Formats:
    """Each format's metrics, how often all of them agree in a mode, and the modality's excess."""

    metrics: Mapping[str, Mapping[Subset, Metrics]]
    agreement: Mapping[Mode, Rate]
    excess: Excess
    floor: Excess = field(default_factory=dict)  # how often the texts in both differ
    format_floor: Rate | None = None
    modality_excess: Rate | None = None
    beyond_noise: Rate | None = None  # of the format floor, where texts were asked again
    findings: Sequence[Finding] = ()

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        return {
            "metrics": {
                name: {subset: each.to_builtins() for subset, each in subsets.items()}
                for name, subsets in self.metrics.items()
            },
            "agreement": {mode: asdict(rate) for mode, rate in self.agreement.items()},
            "excess": [
                {"format": one, "other": other, **asdict(rate)}
                for (one, other), rate in self.excess.items()
            ],
            "floor": [
                {"format": one, "other": other, **asdict(rate)}
                for (one, other), rate in self.floor.items()
            ],
            "format_floor": self.format_floor and asdict(self.format_floor),
            "modality_excess": self.modality_excess and asdict(self.modality_excess),
            "beyond_noise": self.beyond_noise and asdict(self.beyond_noise),
            "findings": [finding.to_builtins() for finding in self.findings],
        }


def measure(records: Sequence[Record], whole: Table, styles: Table | None = None) -> Formats | None:
    """What formats do, pooled over suites; None where no answer is in a format.

    The records are those of items without a lost one, `whole` is their `table`, and `styles` what
    is known of styles.
    """
    names = sorted({record.format for record in records} - {""})
    if not names:
        return None
    groups = by_item(records)
    asked = modes(groups)
    shares = {mode: _agreements(groups, mode, names) for mode in MODES if mode in asked}
    rates = {mode: mean_share(*each) for mode, each in shares.items() if len(names) > 1}
    pairs = {
        (one, other): mean_of_items(groups, partial(_excess, one, other))
        for one, other in itertools.product(names, _texts(names))
        if as_text(one) != as_text(other)
    }
    pooled = whole["pooled"]["all"]
    return Formats(
        by_format(records, whole, styles),
        {mode: rate for mode, rate in rates.items() if rate},
        {pair: rate for pair, rate in pairs.items() if rate},
        _floor(groups),
        pooled.format_floor,
        pooled.modality_excess,
        mean_of_items(groups, beyond_noise),
        format_findings.find(groups),
    )


def by_format(records: Sequence[Record], whole: Table, styles: Table | None = None) -> Table:
    """Metrics for each format alone, in whichever styles; one of one style has that style's."""
    names = sorted({record.format for record in records} - {""})
    if len(names) == 1 and all(record.format for record in records):
        return {names[0]: whole["pooled"]}
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in Grouped.of(records):
        by_name[record.format].append(record)
    return {name: _of_style(by_name[name], styles) for name in names}


def _of_style(records: Sequence[Record], styles: Table | None) -> dict[Subset, Metrics]:
    """The metrics of a format's records: those of a style that has just these."""
    known = (styles or {}).get(records[0].style)
    is_one = known and len({r.style for r in records}) == 1 and known["all"].items == len(records)
    return known if known and is_one else compute_subsets(records)


def _texts(names: Sequence[str]) -> list[str]:
    """The formats, but of those that are one as text the first."""
    return [*{as_text(name): name for name in reversed(names)}.values()][::-1]


def _floor(groups: Iterable[Group]) -> Excess:
    """How often the texts in each two formats differ."""
    shares: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for group in groups:
        item = group.in_formats
        for pair in item.pairs:
            shares[pair].append((item.between[pair], group.counted.cluster))
    rates = {
        pair: mean_share([share for share, _ in known], [name for _, name in known])
        for pair, known in sorted(shares.items())
    }
    return {pair: rate for pair, rate in rates.items() if rate}


def _agreements(
    groups: Sequence[Group], mode: Mode, names: Sequence[str]
) -> tuple[list[float], list[str]]:
    """Of each item that has a mode in all formats whether its formats agree, and its cluster."""
    shares, clusters = [], []
    for group in groups:
        values = [
            (r.format, r.verdict.answers[mode].value) for r in group if mode in r.verdict.answers
        ]
        if {name for name, _ in values} == set(names):
            shares.append(float(agree(value for _, value in values)))
            clusters.append(group.counted.cluster)
    return shares, clusters


def _excess(one: str, other: str, group: Group) -> float | None:
    """Of an item that has text and picture in one format, and text in the other."""
    here, there = (
        [record.verdict.answers for record in group if record.format == name]
        for name in (one, other)
    )
    both = [answers for answers in here if {"text", "image"} <= answers.keys()]
    texts = [answers["text"] for answers in there if "text" in answers]
    if not (both and texts):
        return None
    modality = fmean(not agree((a["text"].value, a["image"].value)) for a in both)
    pairs = itertools.product([answers["text"] for answers in both], texts)
    return modality - fmean(not agree((a.value, b.value)) for a, b in pairs)
