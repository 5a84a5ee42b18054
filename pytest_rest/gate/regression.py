"""Turns an earlier run, this one and tolerances into what got worse, and whether it may.

A rate passes when it is sure that it fell by no more than is tolerated, fails when it is sure that
it fell by more, in the mean over suites or in one of them (see `statistics.drop`), and is undecided
between the two. Fails closed: runs that cannot be compared, that lost more items than allowed, or
of which no items can be paired, do not pass.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal

from pytest_rest import wording
from pytest_rest.errors import BaselineError, OptionError, nearest
from pytest_rest.gate import item_changes, model_change, paired_runs, rate_changes
from pytest_rest.gate.baseline import JsonObject, few
from pytest_rest.gate.item_changes import ItemChanges
from pytest_rest.gate.paired_runs import PairedComparison, PairedCounts, PairedFigures
from pytest_rest.gate.rate_changes import Change
from pytest_rest.statistics import drop, power
from pytest_rest.statistics.drop import MEAN, DropVerdict
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.terms import COMPARED
from pytest_rest.wording import count, lost

ACCURACY = "accuracy"  # the accuracy of every mode
METRICS = ("rer", "mmc", "all_correct", ACCURACY, *(f"{ACCURACY}.{mode}" for mode in COMPARED))
_SHOWN = 10

Undecided = Literal["pass", "fail"]
CheckOutcome = Literal["passed", "failed", "undecided", "refused"]
_OUTCOMES: dict[str, CheckOutcome] = {"pass": "passed", "fail": "failed", "undecided": "undecided"}


@dataclass(frozen=True)
class Tolerance:
    """The drop of RER and the rise of CFR that are tolerated, as shares; None is not checked.

    `drops` are those of other metrics. `undecided` says whether what is not sure at the confidence
    passes.
    """

    rer_drop: float | None = 0.0
    cfr_rise: float | None = 0.0
    confidence: float = CONFIDENCE
    drops: Mapping[str, float] = field(default_factory=dict)
    undecided: Undecided = "pass"

    @property
    def bounds(self) -> dict[str, float]:
        """What is tolerated, by metric."""
        known = {"rer": self.rer_drop, "cfr": self.cfr_rise, **self.drops}
        return {metric: bound for metric, bound in known.items() if bound is not None}


@dataclass(frozen=True)
class Check:
    """One tolerance, its outcome, the flips behind it, and the reason in one line.

    `passes` says what becomes of an undecided one.
    """

    name: str
    outcome: CheckOutcome
    flips: PairedCounts | None
    reason: str
    passes: bool = False
    drop: DropVerdict | None = None

    @property
    def met(self) -> bool | None:
        """Whether it passes; None where it is undecided, and passes."""
        return None if self.outcome == "undecided" and self.passes else self.passes


@dataclass(frozen=True)
class Regression:
    """The checks, a note on differences that do not prevent a comparison, and items left out.

    `warning` says whether one name stood for two models, and which accuracies surely fell that no
    check is of. `rates` are what each rate was and is, of the items of both runs, and `changes` the
    items that changed; both are there where the runs were compared.
    """

    checks: tuple[Check, ...]
    note: str = ""
    left_out: tuple[str, ...] = ()
    warning: str = ""
    rates: Mapping[str, Change] = field(default_factory=dict)
    changes: ItemChanges | None = None
    against: Mapping[str, Any] = field(default_factory=dict)  # the earlier run: model, date, commit

    @property
    def reasons(self) -> list[str]:
        """Why it does not pass; empty when it does."""
        return [check.reason for check in self.checks if not check.passes]

    @property
    def summary(self) -> str:
        """The first reason why it does not pass; else what is undecided, or else has passed."""
        undecided = [check.reason for check in self.checks if check.outcome == "undecided"]
        return [*self.reasons, *undecided, *(check.reason for check in self.checks)][0]

    @property
    def worse(self) -> tuple[str, ...]:
        """The items that were consistent and are no longer."""
        return next((c.flips.worse for c in self.checks if c.flips and "rer" in c.name), ())


def tolerance(
    rer_drop: float | None,
    cfr_rise: float | None,
    drops: Sequence[str],
    confidence: float | None,
    undecided: Undecided | None,
) -> Tolerance:
    """What options say, each None or empty where it was not given; `drops` are `METRIC=SHARE`.

    What is named is all that is checked. Whoever gives a confidence wants to be sure.
    """
    parsed = [_parse(text) for text in drops]
    metrics = [metric for metric, _ in parsed] + ["rer"] * (rer_drop is not None)
    if twice := [metric for metric in metrics if metrics.count(metric) > 1]:
        raise OptionError(f"the drop of {twice[0]} is given twice; give it once")
    is_named = bool(metrics) or cfr_rise is not None
    return Tolerance(
        rer_drop if is_named else 0.0,
        cfr_rise if is_named else 0.0,
        confidence or CONFIDENCE,
        dict(parsed),
        undecided or ("fail" if confidence else "pass"),
    )


def _parse(text: str) -> tuple[str, float]:
    metric, _, bound = (part.strip() for part in text.partition("="))
    if metric not in METRICS:
        raise OptionError(
            f"the drop {text!r} is of an unknown metric {metric!r}{nearest(metric, METRICS)}; "
            f"metrics are {', '.join(METRICS)}"
        )
    try:
        share = float(bound)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(
            f"the drop {text!r} has no valid share; give one from 0 to 1, such as {metric}=0.05"
        )
    return metric, share


def check(tolerance: Tolerance, modes: Collection[str]) -> None:
    """Raise `OptionError` for the accuracy in a form that is not asked."""
    for metric in tolerance.drops:
        mode = metric.partition(".")[2]
        if mode and mode not in modes:
            raise OptionError(
                f"the drop of {metric} is of a form that is not asked; these are: "
                f"{', '.join(modes)}"
            )


def check_answers(tolerance: Tolerance) -> None:
    """Raise `OptionError` for what is not judged where no item says what is right."""
    if lacking := [metric for metric in tolerance.bounds if metric != "rer"]:
        raise OptionError(
            f"--rest-baseline compares {wording.metric(lacking[0])}, too, and no item says "
            "what is right; compare RER alone: --rest-max-rer-drop=0"
        )


def judge(
    old: JsonObject,
    new: JsonObject,
    tolerance: Tolerance,
    max_lost: int = 0,
    alike: Collection[str] = (),
) -> Regression:
    """Compare two reports, or a baseline and a report; `max_lost` items may be lost in either.

    `alike` are ids of models that count as one.
    """
    bounds = tolerance.bounds
    try:
        compared = paired_runs.compare(old, new)
    except BaselineError as error:
        return Regression(_refused(bounds, str(error)))
    changed = model_change.warning(old, new, alike)
    if len(compared.left_out) > max_lost:
        sides = f"{compared.lost[0]} in the baseline, {compared.lost[1]} now"
        why = f"{lost(len(compared.left_out))} (allowed: {max_lost}): {sides}"
        return Regression(_refused(bounds, why), compared.note, compared.left_out, changed)
    checks = [
        _check(metric, bound, compared.rates[metric], tolerance)
        if metric in compared.rates
        else _refused({metric: bound}, "neither run was asked in this form")[0]
        for metric, bound in _of_each_mode(bounds, compared)
    ]
    fell = _warning(compared, {c.name.partition("_drop")[0] for c in checks}, tolerance)
    warning = "; ".join(filter(None, (changed, fell)))
    rates = rate_changes.of_rates(compared.rates)
    changes = item_changes.find(old, new, compared)
    return Regression(tuple(checks), compared.note, compared.left_out, warning, rates, changes)


def shown(names: Sequence[str]) -> list[str]:
    """The first ten items, a line each, and how many more there are."""
    more = [f"and {len(names) - _SHOWN} more, in report.json"] if len(names) > _SHOWN else []
    return [*names[:_SHOWN], *more]


def _of_each_mode(
    bounds: Mapping[str, float], compared: PairedComparison
) -> Iterator[tuple[str, float]]:
    modes = [name for name in compared.rates if name.startswith(f"{ACCURACY}.")]
    for metric, bound in bounds.items():
        if metric == ACCURACY and modes:
            yield from ((mode, bound) for mode in modes if mode not in bounds)
        else:
            yield metric, bound


def _name(metric: str, bound: float) -> str:
    return f"{metric}_{'rise' if metric == 'cfr' else 'drop'}<={bound}"


def _refused(bounds: Mapping[str, float], why: str) -> tuple[Check, ...]:
    names = [_name(*each) for each in bounds.items()]
    return tuple(Check(name, "refused", None, f"{name} is not judged: {why}") for name in names)


def _check(metric: str, bound: float, figures: PairedFigures, tolerance: Tolerance) -> Check:
    name, flips, drops = _name(metric, bound), figures.counts, figures.drops
    if not drops:
        why = f"{name} is not judged: no items could be paired"
        return Check(name, "undecided", flips, why)
    verdict = drop.decide(drops, bound, tolerance.confidence, figures.grouped)
    outcome = _OUTCOMES[verdict.decision]
    passes = outcome == "passed" or (outcome == "undecided" and tolerance.undecided == "pass")
    if outcome == "failed":
        said = _failed(metric, bound, drops, verdict)
    elif outcome == "passed":
        evidence = _evidence(MEAN, bound, drops, verdict)
        said = f"passed: {_moved(metric, verdict.mean.value)} ({evidence})"
    else:
        evidence = _evidence(MEAN, bound, drops, verdict)
        said = f"is undecided: {_moved(metric, verdict.mean.value)} ({evidence}); cannot tell: "
        said += _cannot_tell(metric, bound, drops, verdict, tolerance.confidence)
        if not (passes or bound):
            said += "; no number of items shows that nothing fell: tolerate more than 0"
    return Check(name, outcome, flips, f"{name} {said}", passes, verdict)


def _moved(metric: str, value: float) -> str:
    """`RER fell by 2.4 points`; a CFR rises where its items fall."""
    word = "rose" if (value < 0) != (metric == "cfr") else "fell"
    moved = f"{word} by {abs(value) * 100:.1f} points" if value else "is as it was"
    return f"{wording.metric(metric)} {moved}"


def _evidence(
    name: str, bound: float, drops: Mapping[str, Sequence[float]], verdict: DropVerdict
) -> str:
    """`12 items worse, 5 better, of 300; p = 0.03 if it were 2 points`, of a suite or of all."""
    items = [each for suite in (drops if name == MEAN else [name]) for each in drops[suite]]
    worse = count(sum(each > 0 for each in items), "item")
    counts = f"{worse} worse, {sum(each < 0 for each in items)} better, of {len(items)}"
    tested = verdict.mean if name == MEAN else verdict.suites[name]
    p = tested.beyond if name in verdict.beyond else min(tested.within, tested.beyond)
    truth = f"it were {wording.points(bound)}" if bound else "nothing had changed"
    return f"{counts}; p = {p:.2g} if {truth}"


def _failed(
    metric: str, bound: float, drops: Mapping[str, Sequence[float]], verdict: DropVerdict
) -> str:
    """By the mean over suites, and in which of them; or in some suites alone."""
    suites = [name for name in verdict.beyond if name != MEAN]
    by = {name: f"{verdict.suites[name].value * 100:.1f}" for name in suites}
    moved = _moved(metric, verdict.mean.value)
    if MEAN in verdict.beyond:
        alone = f"; by {', '.join(f'{by[name]} in {name}' for name in suites[:3])}" * bool(suites)
        return f"failed: {moved} ({_evidence(MEAN, bound, drops, verdict)}){alone}"
    worst = _moved(metric, verdict.suites[suites[0]].value)
    evidence = _evidence(suites[0], bound, drops, verdict)
    mean = f"; the mean over {len(drops)} suites {moved.partition(' ')[2]}"
    return f"failed in {few(suites)}: {worst} ({evidence}){mean}"


def _cannot_tell(
    metric: str,
    bound: float,
    drops: Mapping[str, Sequence[float]],
    verdict: DropVerdict,
    confidence: float,
) -> str:
    """Which drop as many items, as unsteady as these, show; or that they are too few for any."""
    sizes = {name: suite.n for name, suite in verdict.suites.items()}
    of = f" in {len(sizes)} suites" if len(sizes) > 1 else ""
    if verdict.too_few:
        name = verdict.too_few[0]
        n = len(drops[name])
        items = _counted(n, sizes[name], f" of {name}" if of else "")
        return f"it would not be sure if {n} of {items} got worse"
    word = "rise" if metric == "cfr" else "drop"
    shares = math.fsum(1 / n for n in sizes.values())
    alike = int(len(sizes) ** 2 / shares)  # items of one suite whose mean is as sure
    flips = math.fsum(fmean(d * d for d in drops[name]) / n for name, n in sizes.items()) / shares
    sure = 1 - (1 - confidence) * (0.5 if of else 1.0)
    found = power.paired_drop(alike, flips, sure, bound)
    change = f"a {word} of {found * 100:.0f} points" if found else f"no {word}"
    items = _counted(sum(map(len, drops.values())), sum(sizes.values()), of)
    return f"{items} find {change} with {power.POWER * 100:.0f} %"


def _counted(items: int, worth: float, of: str) -> str:
    """`500 items in 2 suites`, and what they count as where they belong to clusters."""
    counted = f", which count as {worth:.0f}," if worth < items - 1e-9 else ""
    return f"{count(items, 'item')}{of}{counted}"


def _warning(compared: PairedComparison, checked: set[str], tolerance: Tolerance) -> str:
    """Which accuracies surely fell at all, of those that no check is of, where there are checks."""
    accuracies = {
        name: figures
        for name, figures in compared.rates.items()
        if checked and name.startswith(f"{ACCURACY}.") and name not in checked
    }
    sure = 1 - (1 - tolerance.confidence) / max(len(accuracies), 1)
    fell = []
    for name, figures in accuracies.items():
        verdict = drop.decide(figures.drops, 0.0, sure, figures.grouped)
        if verdict.decision == "fail":
            suites = [] if MEAN in verdict.beyond else verdict.beyond
            value = verdict.suites[suites[0]].value if suites else verdict.mean.value
            where = f" in {suites[0]}" if suites else ""
            fell.append(f"{name.partition('.')[2]} by {value * 100:.1f} points{where}")
    return f"accuracy surely fell: {', '.join(fell)}" if fell else ""
