"""Turns two runs of the same items into what each rate was, is, and surely changed by.

The interval (`statistics.paired.bounded_mean`) has a width even if nothing changed. It also holds
for items in several styles, whose differences are parts between -1 and 1. Over suites it is that of
the unweighted mean (see `statistics.mover`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.gate import paired_runs
from pytest_rest.gate.baseline import JsonObject
from pytest_rest.gate.paired_runs import Figures, PairedFigures, pair
from pytest_rest.statistics import clusters, mover
from pytest_rest.statistics.paired import bounded_mean


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
    return of_rates(paired_runs.rates(pair(old, new)))


def of_rates(rates: Mapping[str, PairedFigures]) -> dict[str, Change]:
    """The changes of rates whose items are paired already."""
    return {name: change(name, each) for name, each in rates.items() if name != "all_correct"}


def by_tag(old: JsonObject, new: JsonObject) -> dict[str, Change]:
    """The changes of RER of the items of each tag, over all suites, the worst first."""
    changes = {t: change("rer", each) for t, each in paired_runs.tagged(pair(old, new)).items()}
    return dict(sorted(changes.items(), key=lambda each: each[1].value or 0.0))


def change(name: str, figures: PairedFigures) -> Change:
    """What a rate of that name changed by, of its items' figures in both runs."""
    is_failure = name == "cfr"  # of whose figures 0 is a failure

    def mean(run: Figures) -> float | None:
        suites: dict[str, list[float]] = defaultdict(list)
        for key, value in run.items():
            suites[key[0]].append(1 - value if is_failure else value)
        return fmean(map(fmean, suites.values())) if suites else None

    sign = 1 if is_failure else -1
    suites = (clusters.grouped(figures.drops[name], each) for name, each in figures.grouped.items())
    changes = [[sign * fmean(drops) for drops in grouped] for grouped in suites]
    moved = mover.mean([*map(bounded_mean, changes)])
    counts = figures.counts
    return Change(
        old=mean(figures.old),
        new=mean(figures.new),
        value=None if counts.change is None else sign * counts.change + 0.0,
        low=moved.low if moved else None,
        high=moved.high if moved else None,
        n=counts.n,
        worse=len(counts.worse),
        better=len(counts.better),
        p=counts.p,
    )
