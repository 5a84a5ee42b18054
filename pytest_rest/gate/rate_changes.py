"""Turns two runs of the same items into what each rate was, is, and surely changed by.

The interval (`statistics.paired.bounded_mean`) has a width even if nothing changed. It also holds
for items in several styles, whose differences are parts between -1 and 1. Over suites it is that of
the unweighted mean (see `statistics.mover`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from pytest_rest.gate.baseline import JsonObject
from pytest_rest.gate.paired_runs import (
    ItemKey,
    Pairs,
    all_right,
    any_right,
    flips,
    is_consistent,
    pair,
)
from pytest_rest.statistics import mover
from pytest_rest.statistics.paired import bounded_mean
from pytest_rest.terms import MODES


@dataclass(frozen=True, slots=True)
class Change:
    """A rate of the items of both runs: `old`, `new`, and new less old with its interval at 95 %.

    `worse` and `better` items flipped; `p` is McNemar's, exact and one-sided: how likely as many
    flips for the worse were if nothing had changed. The rates are None without items.
    """

    old: float | None
    new: float | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    worse: int
    better: int
    p: float


def table(old: JsonObject, new: JsonObject) -> dict[str, Change]:
    """The changes of RER, CFR, MMC and each mode's accuracy between two reports or baselines.

    CFR is that of the items that are covered, right in at least one form, in both runs.
    `BaselineError` says why they cannot be compared.
    """
    pairs = pair(old, new)
    changes = {
        "rer": _change(pairs, pairs.kept, is_consistent),
        "cfr": _change(pairs, pairs.covered, lambda item: not all_right(item), sign=-1),
        "mmc": _change(pairs, pairs.kept, any_right),
    }
    for mode in MODES:
        share = partial(_share, mode)
        asked = [k for k in pairs.kept if all(share(run[k]) is not None for run in pairs.runs)]
        if asked:
            changes[f"accuracy.{mode}"] = _change(pairs, asked, share)
    return changes


def _change(
    pairs: Pairs,
    keys: Iterable[ItemKey],
    measure: Callable[[JsonObject], float | None],
    sign: int = 1,
) -> Change:
    """The change of a measure of each item, which is better where `sign` times it is larger."""
    before, after = ({key: float(measure(run[key]) or 0) for key in keys} for run in pairs.runs)
    by_suite: dict[str, list[ItemKey]] = defaultdict(list)
    for key in before:
        by_suite[key[0]].append(key)
    suites = by_suite.values()
    moved = mover.mean([bounded_mean([after[k] - before[k] for k in listed]) for listed in suites])
    old, new = ({key: sign * run[key] for key in run} for run in (before, after))
    counts = flips(old, new, pairs.clusters)

    def mean(run: Mapping[ItemKey, float]) -> float | None:
        return fmean(fmean(run[key] for key in listed) for listed in suites) if suites else None

    return Change(
        old=mean(before),
        new=mean(after),
        value=moved.value if moved else None,
        low=moved.low if moved else None,
        high=moved.high if moved else None,
        n=counts.n,
        worse=len(counts.worse),
        better=len(counts.better),
        p=counts.p,
    )


def _share(mode: str, item: JsonObject) -> float | None:
    """The share of an item's styles that a mode got right; None if it was not asked."""
    styles = item["styles"].values()
    right = [mode in each["right"] for each in styles if mode in (*each["right"], *each["wrong"])]
    return sum(right) / len(right) if right else None
