"""Turns two runs of answers that have fields into what the consistency of each field changed by.

A baseline has no answers, so that the fields of a report are kept beside what is made of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pytest_rest.gate import rate_changes
from pytest_rest.gate.baseline import SCHEMA, JsonObject
from pytest_rest.gate.paired_runs import ItemKey, PairedFigures, pair
from pytest_rest.gate.rate_changes import Change
from pytest_rest.scoring import agree
from pytest_rest.terms import COMPARED

_Fields = Mapping[str, list[str | None]]  # a field's values in the forms of an item, in a style


def kept(report: JsonObject) -> JsonObject:
    """The values of each field of a report's items, by item and style; of a baseline nothing."""
    items: dict[ItemKey, dict[str, _Fields]] = defaultdict(dict)
    for entry in () if report["schema"] == SCHEMA else report["items"]:
        answers = [entry["answers"][mode] for mode in COMPARED if mode in entry["answers"]]
        fields = [answer.get("fields") or {} for answer in answers]
        names = dict.fromkeys(name for each in fields for name in each)
        items[entry["suite"], entry["id"]][entry["style"]] = {
            name: [each[name]["value"] if name in each else None for each in fields]
            for name in names
        }
    return {"fields": items}


def table(old: JsonObject, new: JsonObject) -> dict[str, Change]:
    """The changes of RER of each field that items have in both runs, the worst first."""
    pairs = pair(old, new)
    runs = [run.get("fields", {}) for run in (old, new)]
    figures: dict[str, tuple[dict[ItemKey, float], dict[ItemKey, float]]] = {}
    for key in pairs.kept:
        before, after = (_consistent(run.get(key, {}), pairs.styles) for run in runs)
        for name in before.keys() & after.keys():
            listed = figures.setdefault(name, ({}, {}))
            listed[0][key], listed[1][key] = before[name], after[name]
    changes = {
        name: rate_changes.change("rer", PairedFigures(*listed, pairs.clusters).pooled)
        for name, listed in sorted(figures.items())
    }
    return dict(sorted(changes.items(), key=lambda each: each[1].value or 0.0))


def _consistent(styles: Mapping[str, _Fields], shared: Sequence[str]) -> dict[str, float]:
    """Of each field of an item whether its forms agree, in these styles."""
    values: dict[str, list[str | None]] = defaultdict(list)
    for style in shared:
        for name, known in styles.get(style, {}).items():
            values[name] += known
    return {name: float(agree(known)) for name, known in values.items()}
