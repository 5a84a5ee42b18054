"""Turns an earlier run, this one and a tolerance into what got worse, and whether it may.

Fails closed: runs that cannot be compared, that lost more items than allowed, or of which no items
can be paired, do not pass.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_rest.errors import BaselineError
from pytest_rest.gate import paired_runs
from pytest_rest.gate.baseline import JsonObject, number_of_items
from pytest_rest.gate.paired_runs import PairedCounts
from pytest_rest.statistics import power
from pytest_rest.statistics.intervals import CONFIDENCE

_SHOWN = 10

CheckOutcome = Literal["passed", "missed", "undecided", "refused"]
_OUTCOMES: dict[str, CheckOutcome] = {"pass": "passed", "fail": "missed", "undecided": "undecided"}


@dataclass(frozen=True)
class Tolerance:
    """The drop of RER and the rise of CFR that are tolerated, as shares; None is not checked.

    A larger one counts if McNemar's exact test is sure of it at the confidence.
    """

    rer_drop: float | None = 0.0
    cfr_rise: float | None = 0.0
    confidence: float = CONFIDENCE


@dataclass(frozen=True)
class Check:
    """One tolerance, its outcome, the flips behind it, and the reason in one line."""

    name: str
    outcome: CheckOutcome
    flips: PairedCounts | None
    reason: str


@dataclass(frozen=True)
class Regression:
    """The checks, a note on differences that do not prevent a comparison, and items left out."""

    checks: tuple[Check, ...]
    note: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """Why it does not pass; empty when it does."""
        return [check.reason for check in self.checks if check.outcome != "passed"]

    @property
    def worse(self) -> tuple[str, ...]:
        """The items that were consistent and are no longer."""
        return next((c.flips.worse for c in self.checks if c.flips and "rer" in c.name), ())


def judge(old: JsonObject, new: JsonObject, tolerance: Tolerance, max_lost: int = 0) -> Regression:
    """Compare two reports, or a baseline and a report; `max_lost` items may be lost in either."""
    bounds = {"rer_drop": tolerance.rer_drop, "cfr_rise": tolerance.cfr_rise}
    wanted = {f"{name}<={bound}": bound for name, bound in bounds.items() if bound is not None}
    try:
        compared = paired_runs.compare(old, new)
    except BaselineError as error:
        return Regression(_refused(wanted, str(error)))
    if len(compared.left_out) > max_lost:
        items = number_of_items(len(compared.left_out))
        sides = f"{compared.lost[0]} in the baseline, {compared.lost[1]} now"
        why = f"{items} lost (allowed: {max_lost}): {sides}"
        return Regression(_refused(wanted, why), compared.note, compared.left_out)
    checks = (
        _check(name, bound, compared.rer if name.startswith("rer") else compared.cfr, tolerance)
        for name, bound in wanted.items()
    )
    return Regression(tuple(checks), compared.note, compared.left_out)


def shown(names: Sequence[str]) -> list[str]:
    """The first ten items, a line each, and how many more there are."""
    more = [f"and {len(names) - _SHOWN} more, in report.json"] if len(names) > _SHOWN else []
    return [*names[:_SHOWN], *more]


def _refused(names: Iterable[str], why: str) -> tuple[Check, ...]:
    return tuple(Check(name, "refused", None, f"{name} is not judged: {why}") for name in names)


def _check(name: str, bound: float, flips: PairedCounts, tolerance: Tolerance) -> Check:
    rate = name.partition("_")[0].upper()
    outcome = _OUTCOMES[flips.decide(bound, tolerance.confidence)]
    if flips.change is None:
        return Check(name, outcome, flips, f"{name} is not judged: no items could be paired")
    rises = (flips.change > 0) == (rate == "CFR")
    moved = f"{'rose' if rises else 'fell'} by {abs(flips.change) * 100:.1f} points"
    moved = moved if flips.change else "is as it was"
    worse = number_of_items(len(flips.worse))
    counts = f"{worse} worse, {len(flips.better)} better, of {flips.n}"
    evidence = f"{rate} {moved} ({counts}; McNemar's exact p = {flips.p:.2g})"
    if outcome != "passed":
        return Check(name, outcome, flips, f"{name} is missed: {evidence}")
    change = _would_be_found(rate, bound, flips, tolerance.confidence)
    return Check(name, outcome, flips, f"{name} is met: {evidence}; {change}")


def _would_be_found(rate: str, bound: float, flips: PairedCounts, confidence: float) -> str:
    """The change that as many items, as unsteady as these, would have shown."""
    share = (len(flips.worse) + len(flips.better)) / flips.n
    drop = power.paired_drop(flips.n, share, confidence, bound)
    word = "rise" if rate == "CFR" else "drop"
    change = f"a {word} of {drop * 100:.0f} points" if drop else f"no {word}"
    items = number_of_items(flips.n)
    return f"with {items} {change} would be found in {power.POWER * 100:.0f} % of runs"
