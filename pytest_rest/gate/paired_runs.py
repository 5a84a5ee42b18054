"""Turns two runs of the same items into what changed between them, paired by item.

Each item is its own control: what makes items hard or easy cancels out, and only items that flipped
count. If nothing has changed, an item is as likely to flip one way as the other, so that the number
of the `worse + better` flips that are for the worse is that of coin tosses. McNemar, "Note on the
sampling error of the difference between correlated proportions or percentages", 1947; exact and
one-sided, as the sign test.

The drop is that of the headline: the unweighted mean over suites, of the items that both runs
judged. The test pools the items of all suites.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.errors import BaselineError
from pytest_rest.gate.baseline import JsonObject, differences, number_of_items, to_baseline
from pytest_rest.statistics import clusters
from pytest_rest.statistics.bounds import Decision
from pytest_rest.statistics.paired import mcnemar

ItemKey = tuple[str, str]
Figures = Mapping[ItemKey, float]


@dataclass(frozen=True)
class PairedCounts:
    """The items of `n` that got worse and better; `change` is a share of them, worse above 0.

    `p` is how likely as many flips for the worse were if nothing had changed. `change` is None if
    no items could be paired.
    """

    n: int
    change: float | None
    p: float
    worse: tuple[str, ...]
    better: tuple[str, ...]

    def decide(self, tolerance: float, confidence: float) -> Decision:
        """`fail` if it is worse by more than the tolerance, and surely worse at all.

        Otherwise `pass`; `undecided` if no items could be paired, for nothing was compared.
        """
        if self.change is None:
            return "undecided"
        large = self.change > tolerance + 1e-12  # not by the last bit alone
        return "fail" if large and self.p <= 1 - confidence + 1e-12 else "pass"


@dataclass(frozen=True)
class PairedComparison:
    """Two runs compared: `rer` by consistency, `cfr` by failures among items covered in both.

    `styles` has the consistency of each style by itself. `left_out` are the items that one of the
    runs lost, `lost` says how many the old one and how many the new one. The models are the names
    asked for, with those they answered by.
    """

    rer: PairedCounts
    cfr: PairedCounts
    styles: Mapping[str, PairedCounts]
    left_out: tuple[str, ...]
    lost: tuple[int, int]
    old_model: str
    new_model: str

    @property
    def note(self) -> str:
        """What a reader must know: another model, items left out; or an empty text."""
        said = []
        if self.old_model != self.new_model:
            said.append(f"another model: {self.old_model} in the baseline, {self.new_model} now")
        if self.left_out:
            said.append(f"{number_of_items(len(self.left_out))} lost in either run and left out")
        return "; ".join(said)


@dataclass(frozen=True)
class Pairs:
    """Two runs' items: the `kept` were judged in both, the `covered` right in a form in both."""

    runs: tuple[Mapping[ItemKey, JsonObject], Mapping[ItemKey, JsonObject]]
    clusters: Mapping[ItemKey, str]  # of the items that are in one, as the new run has them
    kept: Sequence[ItemKey]
    covered: Sequence[ItemKey]
    left_out: Sequence[ItemKey]
    lost: tuple[int, int]
    styles: Sequence[str]
    models: tuple[str, str]


def compare(old: JsonObject, new: JsonObject) -> PairedComparison:
    """Pair two reports, or a baseline and a report; `BaselineError` says why it is refused."""
    pairs = pair(old, new)

    def paired(good: Callable[[JsonObject], bool], keys: Iterable[ItemKey]) -> PairedCounts:
        old, new = ({key: good(run[key]) for key in keys} for run in pairs.runs)
        return flips(old, new, pairs.clusters)

    return PairedComparison(
        rer=paired(is_consistent, pairs.kept),
        cfr=paired(all_right, pairs.covered),
        styles={
            style: paired(
                _consistent_in(style),
                [k for k in pairs.kept if all(style in run[k]["styles"] for run in pairs.runs)],
            )
            for style in pairs.styles
        },
        left_out=tuple("/".join(key) for key in pairs.left_out),
        lost=pairs.lost,
        old_model=pairs.models[0],
        new_model=pairs.models[1],
    )


def pair(old: JsonObject, new: JsonObject) -> Pairs:
    """The items of two runs, those of each by suite and id; `BaselineError` as `compare`."""
    before, after = to_baseline(old), to_baseline(new)
    reasons = differences(before, after)
    if reasons:
        raise BaselineError(f"the runs cannot be compared: {'; '.join(reasons)}")
    runs = _items(before), _items(after)
    everything = sorted(runs[0].keys() | runs[1].keys())
    asked = {key: set().union(*(_forms(run.get(key)) for run in runs)) for key in everything}
    lost = [{k for k in everything if not _judged(run.get(k), asked[k])} for run in runs]
    left_out = lost[0] | lost[1]
    kept = [key for key in everything if key not in left_out]
    return Pairs(
        runs=runs,
        clusters={k: f"{k[0]}/{i['cluster']}" for k, i in runs[1].items() if i.get("cluster")},
        kept=kept,
        covered=[key for key in kept if all(any_right(run[key]) for run in runs)],
        left_out=sorted(left_out),
        lost=(len(lost[0]), len(lost[1])),
        styles=[style["id"] for style in before["styles"]],
        models=(_model(before), _model(after)),
    )


def flips(old: Figures, new: Figures, grouped: Mapping[ItemKey, str] | None = None) -> PairedCounts:
    """What changed of items' figures, of which more is better; the keys are the same in both.

    Items of a cluster count once for p, by what most of them did.
    """
    netted = clusters.net({key: old[key] - new[key] for key in old}, grouped or {})
    p = mcnemar(sum(change > 0 for change in netted), sum(change < 0 for change in netted))
    worse = tuple(sorted("/".join(key) for key in old if new[key] < old[key]))
    better = tuple(sorted("/".join(key) for key in old if new[key] > old[key]))
    by_suite: dict[str, list[float]] = defaultdict(list)
    for key in old:
        by_suite[key[0]].append(old[key] - new[key])
    change = fmean(map(fmean, by_suite.values())) if by_suite else None
    return PairedCounts(len(old), change, p, worse, better)


def is_consistent(item: JsonObject) -> bool:
    """Whether the forms of a baseline's item agreed."""
    return bool(item["verdict"] == "consistent")


def any_right(item: JsonObject) -> bool:
    """Whether it was right in at least one form."""
    return any(style["right"] for style in item["styles"].values())


def all_right(item: JsonObject) -> bool:
    """Whether it was wrong in no form."""
    return not any(style["wrong"] for style in item["styles"].values())


def _items(baseline: JsonObject) -> dict[ItemKey, JsonObject]:
    return {(item["suite"], item["id"]): item for item in baseline["items"]}


def _judged(item: JsonObject | None, asked: set[tuple[str, str]]) -> bool:
    """Whether an item has a verdict over every form that was asked of it in either run."""
    return item is not None and item["verdict"] != "lost" and _forms(item) == asked != set()


def _forms(item: JsonObject | None) -> set[tuple[str, str]]:
    styles = item["styles"].items() if item else ()
    return {(style, mode) for style, each in styles for mode in (*each["right"], *each["wrong"])}


def _consistent_in(style: str) -> Callable[[JsonObject], bool]:
    return lambda item: bool(item["styles"][style]["verdict"] == "consistent")


def _model(baseline: JsonObject) -> str:
    name = str(baseline["model"])
    resolved = ", ".join(filter(None, baseline["resolved_model"]))
    return f"{name} ({resolved})" if resolved not in ("", name) else name
