"""Turns runs of several models into each two's differences, and who is right where no other is.

All are compared in the styles that all were asked in. Each figure's p, of two sides, is McNemar's,
and by Holm's procedure holds for all pairs of models together.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pytest_rest.errors import BaselineError
from pytest_rest.gate import paired_runs, rate_changes
from pytest_rest.gate.baseline import JsonObject, differences, to_baseline
from pytest_rest.gate.common_items import in_shared_styles
from pytest_rest.gate.paired_runs import PairedFigures, Pairs, all_right, pair
from pytest_rest.gate.rate_changes import Change
from pytest_rest.statistics.drop import holm_adjusted


@dataclass(frozen=True, slots=True)
class PairDifference:
    """What a figure of one model is more than the other's; the models are places in the list.

    `p` is that they differ at all, and `p_adjusted` holds for all pairs together.
    """

    one: int
    other: int
    change: Change
    p: float
    p_adjusted: float


@dataclass(frozen=True)
class SeveralRuns:
    """Each figure's differences, and items by model: `alone_right` in all forms, or `alone_wrong`.

    Of the `n` items that all models have a verdict on. `other_styles` are not those of all runs.
    """

    models: Sequence[str]
    differences: Mapping[str, Sequence[PairDifference]]
    n: int
    alone_right: Sequence[Sequence[str]]
    alone_wrong: Sequence[Sequence[str]]
    styles: Sequence[str]
    other_styles: Sequence[str]


def compare(reports: Mapping[str, JsonObject]) -> SeveralRuns:
    """Compare two or more reports or baselines by their names.

    `BaselineError` names two that were not asked the same.
    """
    names = [*reports]
    runs, other_styles = in_shared_styles([to_baseline(report) for report in reports.values()])
    figures: dict[str, dict[tuple[int, int], PairedFigures]] = defaultdict(dict)
    with_first: list[Pairs] = []
    for one, other in combinations(range(len(runs)), 2):
        if reasons := differences(runs[one], runs[other]):
            said = "; ".join(reasons)
            raise BaselineError(f"{names[other]!r} cannot stand beside {names[one]!r}: {said}")
        pairs = pair(runs[one], runs[other])
        if one == 0:
            with_first.append(pairs)
        for name, known in paired_runs.rates(pairs).items():
            if name != "all_correct":
                figures[name][one, other] = known
    right = [with_first[0].runs[0], *(pairs.runs[1] for pairs in with_first)]
    kept = set.intersection(*({*pairs.kept} for pairs in with_first))
    who = {key: [all_right(run[key]) for run in right] for key in sorted(kept)}
    models = [with_first[0].models[0], *(pairs.models[1] for pairs in with_first)]
    return SeveralRuns(
        models=[
            model if models.count(model) == 1 else f"{model} in {name}"
            for model, name in zip(models, names, strict=True)
        ],
        differences={name: _differences(name, known) for name, known in figures.items()},
        n=len(kept),
        alone_right=[_alone(who, place, True) for place in range(len(runs))],
        alone_wrong=[_alone(who, place, False) for place in range(len(runs))],
        styles=with_first[0].styles,
        other_styles=other_styles,
    )


def _differences(name: str, known: Mapping[tuple[int, int], PairedFigures]) -> list[PairDifference]:
    changes = [rate_changes.change(name, figures) for figures in known.values()]
    turned = [PairedFigures(each.new, each.old, each.clusters).counts.p for each in known.values()]
    p = [min(2 * change.p, 2 * q, 1.0) for change, q in zip(changes, turned, strict=True)]
    rows = zip(known, changes, p, holm_adjusted(p), strict=True)
    return [PairDifference(*places, change, q, adjusted) for places, change, q, adjusted in rows]


def _alone(who: Mapping[tuple[str, str], Sequence[bool]], place: int, right: bool) -> list[str]:
    return [
        "/".join(key)
        for key, each in who.items()
        if each[place] is right and each.count(right) == 1
    ]
