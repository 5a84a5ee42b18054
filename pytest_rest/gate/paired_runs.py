"""Turns two runs of the same items into what changed between them, paired by item.

Each item is its own control: what makes items hard or easy cancels out, and only items that flipped
count. If nothing has changed, an item is as likely to flip one way as the other, so that the number
of the `worse + better` flips that are for the worse is that of coin tosses. McNemar, "Note on the
sampling error of the difference between correlated proportions or percentages", 1947; exact and
one-sided, as the sign test. It says whether anything changed, over the items of all suites;
`statistics.drop` says whether it changed by more than a tolerance.

The drop is that of the headline: the unweighted mean over suites, of the items that both runs
judged.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from pytest_rest.errors import BaselineError
from pytest_rest.gate.baseline import JsonObject, differences, few, to_baseline
from pytest_rest.gate.common_items import added_styles, in_common, in_shared_styles
from pytest_rest.statistics import clusters
from pytest_rest.statistics.paired import mcnemar
from pytest_rest.terms import COMPARED
from pytest_rest.wording import count

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


@dataclass(frozen=True)
class PairedFigures:
    """A figure of each item in the old run and in the new one, from 0 to 1; more is better.

    That of `cfr` is 0 where the item failed. `clusters` are those of the items that are in one.
    """

    old: Figures
    new: Figures
    clusters: Mapping[ItemKey, str]

    @property
    def counts(self) -> PairedCounts:
        """How many items got worse and better, and which."""
        return flips(self.old, self.new, self.clusters)

    @property
    def drops(self) -> dict[str, list[float]]:
        """By how much each item fell, by suite."""
        by_suite: dict[str, list[float]] = defaultdict(list)
        for key, old in self.old.items():
            by_suite[key[0]].append(old - self.new[key])
        return by_suite

    @property
    def pooled(self) -> "PairedFigures":
        """The same as if all items were of one suite."""
        names = {key: ("", "/".join(key)) for key in (*self.old, *self.clusters)}
        old, new = ({names[k]: v for k, v in each.items()} for each in (self.old, self.new))
        return PairedFigures(old, new, {names[k]: name for k, name in self.clusters.items()})

    @property
    def grouped(self) -> dict[str, list[str]]:
        """The cluster of each of `drops`, or an empty text."""
        by_suite: dict[str, list[str]] = defaultdict(list)
        for key in self.old:
            by_suite[key[0]].append(self.clusters.get(key, ""))
        return by_suite


@dataclass(frozen=True)
class PairedComparison:
    """Two runs compared: `rates` by their names, and the consistency of each style by itself.

    The rates are those of `rates`. `left_out` are the items that one of the runs lost, `lost` says
    how many the old one and how many the new one, `unaskable` are those that one could not ask.
    `other_styles` are those of the new run alone, which are not compared. The models are the names
    asked for, with those they answered by.
    """

    rates: Mapping[str, PairedFigures]
    styles: Mapping[str, PairedCounts]
    left_out: tuple[str, ...]
    unaskable: tuple[str, ...]
    lost: tuple[int, int]
    old_model: str
    new_model: str
    other_styles: tuple[str, ...] = ()

    @property
    def rer(self) -> PairedCounts:
        """The flips of consistency."""
        return self.rates["rer"].counts

    @property
    def cfr(self) -> PairedCounts:
        """The flips of failures among items covered in both."""
        return self.rates["cfr"].counts

    @property
    def note(self) -> str:
        """What a reader must know: another model, items that are not compared; or an empty text."""
        said = []
        if self.old_model != self.new_model:
            said.append(f"another model: {self.old_model} in the baseline, {self.new_model} now")
        if self.left_out:
            said.append(f"{count(len(self.left_out), 'item')} lost in either run and left out")
        if self.unaskable:
            items = count(len(self.unaskable), "item")
            said.append(f"{items} not compared, which either run left out: {few(self.unaskable)}")
        if self.other_styles:
            said.append(in_styles([*self.styles], self.other_styles))
        return "; ".join(said)


@dataclass(frozen=True)
class Pairs:
    """Two runs' items: the `kept` were judged in both, the `covered` right in a form in both."""

    runs: tuple[Mapping[ItemKey, JsonObject], Mapping[ItemKey, JsonObject]]
    clusters: Mapping[ItemKey, str]  # of the items that are in one, as the new run has them
    kept: Sequence[ItemKey]
    covered: Sequence[ItemKey]
    left_out: Sequence[ItemKey]
    unaskable: Sequence[ItemKey]
    lost: tuple[int, int]
    styles: Sequence[str]
    other_styles: tuple[str, ...]
    models: tuple[str, str]


def in_styles(shared: Sequence[str], others: Sequence[str]) -> str:
    """In which styles alone runs are compared, where some were asked in others too."""
    number = f"{len(others)} other style{'' if len(others) == 1 else 's'}"
    return f"compared in {few(shared)} alone, for not all were asked in {number}: {few(others)}"


def compare(old: JsonObject, new: JsonObject) -> PairedComparison:
    """Pair two reports, or a baseline and a report; `BaselineError` says why it is refused."""
    pairs = pair(old, new)
    return PairedComparison(
        rates=rates(pairs),
        styles={
            style: _figures(
                pairs,
                [k for k in pairs.kept if all(style in run[k]["styles"] for run in pairs.runs)],
                _consistent_in(style),
            ).counts
            for style in pairs.styles
        },
        left_out=tuple("/".join(key) for key in pairs.left_out),
        unaskable=tuple("/".join(key) for key in pairs.unaskable),
        lost=pairs.lost,
        old_model=pairs.models[0],
        new_model=pairs.models[1],
        other_styles=pairs.other_styles,
    )


def rates(pairs: Pairs) -> dict[str, PairedFigures]:
    """RER, CFR, MMC, the share of items right in all forms, and each mode's accuracy.

    CFR is of the items that are covered, right in at least one form, in both runs; an accuracy of
    those that were asked in the mode, each the share of its styles that are right. An item of which
    nobody says what is right counts for RER alone.
    """
    judged = [key for key in pairs.kept if all(_is_judged(run[key]) for run in pairs.runs)]
    listed = {
        "rer": _figures(pairs, pairs.kept, is_consistent),
        "cfr": _figures(pairs, pairs.covered, all_right),
        "mmc": _figures(pairs, judged, any_right),
        "all_correct": _figures(pairs, judged, all_right),
    }
    for mode in COMPARED:
        share = partial(share_right, mode)
        asked = [k for k in pairs.kept if all(share(run[k]) is not None for run in pairs.runs)]
        if asked:
            listed[f"accuracy.{mode}"] = _figures(pairs, asked, share)
    return listed


def tagged(pairs: Pairs) -> dict[str, PairedFigures]:
    """The consistency of the items that have a tag in both runs, by tag, over all suites."""
    keys: dict[str, list[ItemKey]] = defaultdict(list)
    for key in pairs.kept:
        old, new = (run[key].get("tags", ()) for run in pairs.runs)
        for tag in {*old} & {*new}:
            keys[tag].append(key)
    figures = {tag: _figures(pairs, keys[tag], is_consistent) for tag in sorted(keys)}
    return {tag: each.pooled for tag, each in figures.items()}


def pair(old: JsonObject, new: JsonObject) -> Pairs:
    """The items of two runs, those of each by suite and id; `BaselineError` as `compare`."""
    before, after, unaskable = in_common(to_baseline(old), to_baseline(new))
    reasons = differences(before, after)
    if reasons:
        raise BaselineError(f"the runs cannot be compared: {'; '.join(reasons)}")
    other_styles = added_styles(before, after)
    if other_styles:
        (before, after), _ = in_shared_styles([before, after])
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
        unaskable=unaskable,
        lost=(len(lost[0]), len(lost[1])),
        styles=[style["id"] for style in before["styles"]],
        other_styles=other_styles,
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
    drops = PairedFigures(old, new, {}).drops.values()
    change = fmean(map(fmean, drops)) if drops else None
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


def _figures(
    pairs: Pairs, keys: Sequence[ItemKey], measure: Callable[[JsonObject], float | None]
) -> PairedFigures:
    old, new = ({key: float(measure(run[key]) or 0) for key in keys} for run in pairs.runs)
    return PairedFigures(old, new, pairs.clusters)


def share_right(mode: str, item: JsonObject) -> float | None:
    """The share of an item's styles that a mode got right; None if it was not asked."""
    styles = item["styles"].values()
    right = [mode in each["right"] for each in styles if mode in (*each["right"], *each["wrong"])]
    return sum(right) / len(right) if right else None


def _items(baseline: JsonObject) -> dict[ItemKey, JsonObject]:
    return {(item["suite"], item["id"]): item for item in baseline["items"]}


def _judged(item: JsonObject | None, asked: set[tuple[str, str]]) -> bool:
    """Whether an item has a verdict over every form that was asked of it in either run."""
    return item is not None and item["verdict"] != "lost" and _forms(item) == asked != set()


def _forms(item: JsonObject | None) -> set[tuple[str, str]]:
    styles = item["styles"].items() if item else ()
    words = "right", "wrong", "unknown"
    return {(style, mode) for style, each in styles for w in words for mode in each.get(w, ())}


def _is_judged(item: JsonObject) -> bool:
    return not any(style.get("unknown") for style in item["styles"].values())


def _consistent_in(style: str) -> Callable[[JsonObject], bool]:
    return lambda item: bool(item["styles"][style]["verdict"] == "consistent")


def _model(baseline: JsonObject) -> str:
    name = str(baseline["model"])
    resolved = ", ".join(filter(None, baseline["resolved_model"]))
    return f"{name} ({resolved})" if resolved not in ("", name) else name
