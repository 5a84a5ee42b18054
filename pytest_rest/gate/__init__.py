"""Turns metrics and thresholds into a judgement, and fails closed.

A threshold passes only when its rate is defined, meets the bound, and no more items were lost than
allowed. Anything else is a reason not to pass, which is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_rest import wording
from pytest_rest.gate import evidence
from pytest_rest.gate.baseline import few
from pytest_rest.gate.regression import Regression
from pytest_rest.gate.thresholds import AREAS, RH_AUC, Threshold
from pytest_rest.metrics import Metrics, Table
from pytest_rest.statistics import bounds
from pytest_rest.statistics.bounds import Decision, Evidence
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.statistics.sequential import Seen
from pytest_rest.terms import Rate

_MEANS = ("mean", "pooled")
GateOutcome = Literal["passed", "failed", "undecided", "undefined", "lost"]
_OUTCOMES: dict[Decision, GateOutcome] = {
    "pass": "passed",
    "fail": "failed",
    "undecided": "undecided",
}


@dataclass(frozen=True)
class Look:
    """What is known of a threshold after `after` of the run's items, by bounds for every look.

    A decision stands, whatever comes after it (see `statistics.sequential`).
    """

    seen: Seen = field(default_factory=Seen)
    decision: Decision = "undecided"
    after: int = 0


@dataclass(frozen=True)
class JudgedThreshold:
    """One threshold's outcome, the rate it was judged on, and the reason in one line."""

    threshold: Threshold
    outcome: GateOutcome
    rate: Rate | None
    reason: str


@dataclass(frozen=True)
class Gate:
    """Whether the run passed, why not, and every threshold's own outcome.

    `passed` is None for a shard, which cannot be judged before it is merged with the others.
    `warning`, which `reason` has too, is of what was judged and not of a rate.
    """

    passed: bool | None
    reason: str
    thresholds: tuple[JudgedThreshold, ...]
    regression: Regression | None = None
    warning: str = ""


def judge(
    thresholds: Sequence[Threshold],
    tables: Mapping[str, Table],
    lost: Mapping[str, Sequence[str]],
    max_lost: int = 0,
    *,
    why_lost: str = "",
    confidence: float | None = None,
    parts: Mapping[str, Table] | None = None,
    looks: Mapping[Threshold, Look] | None = None,
    areas: Mapping[AreaKind, Area] | None = None,
) -> Gate:
    """Judge every threshold on its scope's mean over suites, or on one part of it.

    `tables`, `parts` (each style or tag alone) and `lost` (the names of lost items) are by scope,
    `""` being the whole run; `why_lost` says why those were. With a confidence a threshold passes
    when the data are sure that it is met (see `statistics.bounds`); without one the values are
    compared. A run that may stop early is judged by its `looks`: bounds for a fixed number of items
    do not hold where the data say when to stop. `areas` are those of RH-AUC.
    """
    by_metric = {f"{RH_AUC}{kind}": area for kind, area in (areas or {}).items()}

    def judged_alone(threshold: Threshold) -> JudgedThreshold:
        scope = threshold.scope
        scoped = tables.get(scope) or {}, (parts or {}).get(scope) or {}
        data = _Data(threshold, *scoped, by_metric.get(threshold.metric))
        look = None if looks is None else looks.get(threshold, Look())
        outcome, reason = _outcome(data, confidence, look)
        if len(missing := lost.get(scope, ())) > max_lost:
            outcome, reason = "lost", f"is not judged: {lost_reason(missing, max_lost)}"
        return JudgedThreshold(threshold, outcome, data.rate, f"{threshold.id} {reason}")

    judged = tuple(map(judged_alone, sorted(set(thresholds))))
    everything = lost.get("", ())
    reasons = [each.reason for each in judged if each.outcome != "passed"]
    if len(everything) > max_lost:
        reasons.insert(0, lost_reason(everything, max_lost, why_lost))
    return Gate(not reasons, reasons[0] if reasons else "every threshold passed", judged)


def compare(judged: Gate, regression: Regression) -> Gate:
    """The gate with a comparison: not passed if that is not, or could not be made."""
    passed = bool(judged.passed) and not regression.reasons
    reason = judged.reason
    if judged.passed:
        decided = all(check.outcome == "passed" for check in regression.checks)
        said = [reason] if judged.thresholds and passed else []
        reason = "; ".join([*said, *([] if said and decided else [regression.summary])])
    if regression.warning:
        reason += f"; warning: {regression.warning}"
    return replace(judged, passed=passed, reason=reason, regression=regression)


def withhold(judged: Gate, broken: Sequence[str]) -> Gate:
    """The gate, not passed if some files could not be collected: their items were not judged."""
    if not broken:
        return judged
    reason = f"not collected: {few([name or 'tests' for name in broken])}"
    return replace(judged, passed=False, reason=reason)


def distrust(judged: Gate, cached: int) -> Gate:
    """The gate, not passed where so many answers came from a gateway's cache: they are old ones."""
    if not cached:
        return judged
    reason = cached_reason(cached)
    undecided = tuple(
        replace(each, outcome="undecided", reason=f"{each.threshold.id} is not judged: {reason}")
        for each in judged.thresholds
    )
    reason = reason if judged.passed or judged.thresholds else judged.reason
    return replace(judged, passed=False, reason=reason, thresholds=undecided)


def cached_reason(cached: int) -> str:
    """`3 answers came from a gateway's cache, ...`: what it means, and what to do."""
    return (
        f"{wording.count(cached, 'answer')} came from a gateway's cache, and not from the model; "
        "switch the cache off, or give --rest-allow-cached"
    )


def warn(judged: Gate, warning: str) -> Gate:
    """The gate with a warning, if there is one, at the end of its reason."""
    if not warning:
        return judged
    return replace(judged, reason=f"{judged.reason}; warning: {warning}", warning=warning)


def caution(judged: Gate, why: Sequence[str], *, is_first: bool = True) -> Gate:
    """The gate with what its rates do not tell in its reason, first where they were judged."""
    said = [*why, judged.reason] if is_first else [judged.reason, *why]
    return replace(judged, reason="; ".join(said))


def lost_reason(names: Sequence[str], max_lost: int, why: str = "") -> str:
    """`WHY; 3 items were lost (allowed: 0): a, b and 1 more`."""
    said = f"{wording.lost(len(names))} (allowed: {max_lost}): {few(names, 2)}"
    return f"{why}; {said}" if why else said


@dataclass(frozen=True)
class _Data:
    """A threshold with the metrics of its scope's suites, and of its other parts."""

    threshold: Threshold
    table: Table
    parts: Table
    area: Area | None = None

    @property
    def is_of_area(self) -> bool:
        return self.threshold.metric in AREAS

    @property
    def metrics(self) -> Metrics | None:
        part = self.threshold.part
        subsets = (self.table.get(part) or self.parts.get(part)) if part else self.table.get("mean")
        return subsets[self.threshold.subset] if subsets else None

    @property
    def rate(self) -> Rate | None:
        if self.is_of_area:
            return self.area.rate if self.area else None
        return self.metrics.rate(self.threshold.metric) if self.metrics else None

    @property
    def is_clustered(self) -> bool:
        """Whether items belong together, which early stops count as one."""
        known = {**self.parts, **self.table}
        names = [self.threshold.part] if self.threshold.part else [*self.table]
        subsets = [known[name][self.threshold.subset] for name in names if name in known]
        samples = [each.samples.get(self.threshold.metric) for each in subsets]
        return any(sample.is_clustered for sample in samples if sample)

    @property
    def evidence(self) -> Evidence | None:
        """The evidence for the mean over suites, or for one part."""
        if self.is_of_area:
            return self.area
        part, subset = self.threshold.part, self.threshold.subset
        names = [part] if part else [name for name in self.table if name not in _MEANS]
        suites = [(self.table.get(name) or self.parts[name])[subset] for name in names]
        return evidence.of(self.threshold.metric, suites)


def _outcome(data: _Data, confidence: float | None, look: Look | None) -> tuple[GateOutcome, str]:
    """The outcome, and the rest of a sentence that begins with the threshold."""
    threshold, rate = data.threshold, data.rate
    if rate is None:
        return "undefined", f"is not judged: {_undefined(data)}"
    if confidence is not None:
        return _decide(data, confidence, look)
    if not bounds.OPERATORS[threshold.op](rate.value, threshold.bound):
        return "failed", f"failed: {_described(threshold, rate)}"
    return "passed", f"passed: {_described(threshold, rate)}"


def _decide(data: _Data, confidence: float, look: Look | None) -> tuple[GateOutcome, str]:
    """The same by one-sided bounds; undecided does not pass."""
    threshold, found = data.threshold, data.evidence if look is None else look.seen
    limits = found.limits(confidence) if found else None
    if found is None or limits is None:
        return "undecided", "is undecided: nothing varies, so nothing is sure"
    low, high = max(limits[0], 0), limits[1]
    unit = "clusters" if look is not None and data.is_clustered else "items"
    size = f"n = {round(found.items, 1):.15g}{' clusters' if unit == 'clusters' else ''}"
    size = data.rate.size if look is None and data.rate else size
    decision = (
        bounds.decide(limits, threshold.op, threshold.bound) if look is None else look.decision
    )
    rate = _described(threshold, Rate(found.value, low, high, 0), size)
    sure = f"{rate}; each end is sure at {confidence:.15g}{', at every look' if look else ''}"
    if decision != "undecided":
        return _OUTCOMES[decision], f"{_OUTCOMES[decision]}: {sure}"
    more = bounds.more_items(found, threshold.op, threshold.bound, confidence)
    items = (
        f"no number of {unit}"
        if more is None
        else f"about {wording.count(more, f'more {unit[:-1]}')}"
    )
    return "undecided", f"is undecided: {sure}; {items} would decide it"


def _described(threshold: Threshold, rate: Rate, size: str = "") -> str:
    said = wording.area if threshold.metric in AREAS else wording.rate
    return said(rate, size)


def _undefined(data: _Data) -> str:
    metrics = data.metrics
    if data.is_of_area:
        return data.area.undefined if data.area else "no item of rh-bench was judged"
    if metrics is None or not metrics.items:
        return "no item was judged"
    if data.threshold.metric == "cfr":
        return f"none of {metrics.items} items of some suite was right in any form"
    return f"it is undefined on {metrics.items} items"
