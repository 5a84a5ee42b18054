"""Turns answers to one content in several formats into what the format does, beside the modality.

A table written as HTML, as Markdown and as LaTeX is the same content, as text and as a picture. A
format has the metrics of its own forms alone; RER over all of them asks that every form of every
format agrees. Beside it stand how often the formats agree in one mode, and what changing the
modality adds to what changing the mere format of the text does, over items with both::

    excess(F, G) = mean([text in F differs from picture in F] - [text in F differs from text in G])

paired by item, with Student's t interval. Differs is what does not agree: no answer agrees with
nothing.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from pytest_rest.metrics import Metrics, Subset, Table, compute_subsets
from pytest_rest.metrics.agreement import Group, by_item, cluster, modes
from pytest_rest.scoring import agree
from pytest_rest.statistics import paired
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import MODES, Mode, Rate, Record

Excess = Mapping[tuple[str, str], Rate]  # by format, and the one that it is compared with


@dataclass(frozen=True)
class Formats:
    """Each format's metrics, how often all of them agree in a mode, and the modality's excess."""

    metrics: Mapping[str, Mapping[Subset, Metrics]]
    agreement: Mapping[Mode, Rate]
    excess: Excess

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
        }


def measure(records: Sequence[Record], whole: Table) -> Formats | None:
    """What formats do, pooled over suites; None where no answer is in a format.

    The records are those of items without a lost one, and `whole` is their `table`.
    """
    names = sorted({record.format for record in records} - {""})
    if not names:
        return None
    groups = by_item(records)
    shares = {mode: _agreements(groups, mode, names) for mode in MODES if mode in modes(records)}
    rates = {mode: mean_share(*each) for mode, each in shares.items() if len(names) > 1}
    pairs = {pair: _excess(groups, *pair) for pair in itertools.permutations(names, 2)}
    return Formats(
        by_format(records, whole),
        {mode: rate for mode, rate in rates.items() if rate},
        {pair: rate for pair, rate in pairs.items() if rate},
    )


def by_format(records: Sequence[Record], whole: Table) -> Table:
    """Metrics for each format alone, in whichever styles."""
    names = sorted({record.format for record in records} - {""})
    if len(names) == 1 and all(record.format for record in records):
        return {names[0]: whole["pooled"]}
    ordered = sorted(records, key=lambda record: record.key)
    return {name: compute_subsets([r for r in ordered if r.format == name]) for name in names}


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
            clusters.append(cluster(group))
    return shares, clusters


def _excess(groups: Sequence[Group], one: str, other: str) -> Rate | None:
    """The mean over the items that have text and picture in one format, and text in the other."""
    known = [
        (value, cluster(group))
        for group in groups
        if (value := _of_item(_answers(group, one), _answers(group, other))) is not None
    ]
    return paired.mean([value for value, _ in known], [name for _, name in known])


def _answers(group: Group, name: str) -> list[Record]:
    return [record for record in group if record.format == name]


def _of_item(here: Sequence[Record], there: Sequence[Record]) -> float | None:
    both = [r.verdict.answers for r in here if {"text", "image"} <= r.verdict.answers.keys()]
    texts = [r.verdict.answers["text"] for r in there if "text" in r.verdict.answers]
    if not (both and texts):
        return None
    modality = fmean(not agree((a["text"].value, a["image"].value)) for a in both)
    pairs = itertools.product([answers["text"] for answers in both], texts)
    return modality - fmean(not agree((a.value, b.value)) for a, b in pairs)
