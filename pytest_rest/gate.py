"""Turns metrics and thresholds into a judgement, and fails closed.

A threshold passes only when its rate is defined, meets the bound, and no more items were lost
than allowed. Every other state is a reason not to pass, and the reason is said.
"""

import operator
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_rest.errors import OptionError, nearest
from pytest_rest.metrics import SUBSETS, Metrics, Subset, Table
from pytest_rest.terms import MODES, OCR_MODES, Rate

METRICS = (
    *("rer", "cfr", "mmc", "all_correct", "ocr_correct_rate", "cer"),
    *("noise_floor", "between_forms", "excess_inconsistency"),
    *(f"accuracy.{mode}" for mode in (*MODES, *OCR_MODES)),
)
_OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_THRESHOLD = re.compile(
    r"\s*(?P<metric>[\w.-]{1,40})\s*(?P<of>(?:@\s*[^\s@<>]{1,100}\s*){0,2})(?P<op>>=|<=|>|<)"
    r"\s*(?P<bound>[^\s]{1,20})\s*"
)

GateOutcome = Literal["passed", "missed", "undefined", "lost"]


@dataclass(frozen=True, order=True)
class Threshold:
    """`metric@subset@part op bound`, for the whole run or for the tests below one folder.

    `part` is a suite or a style; without one it is the mean over suites.
    """

    metric: str
    op: str
    bound: float
    subset: Subset = "all"
    scope: str = ""
    part: str = ""

    @property
    def id(self) -> str:
        """`rer>=0.9`, `cfr@ocr_correct@arc<=0.1`, `rer>=0.9 [benchmarks/ocr]`."""
        subset = "" if self.subset == "all" else f"@{self.subset}"
        subset += f"@{self.part}" if self.part else ""
        scope = f" [{self.scope}]" if self.scope else ""
        return f"{self.metric}{subset}{self.op}{self.bound:.15g}{scope}"


@dataclass(frozen=True)
class Judged:
    """One threshold's outcome, the rate it was judged on, and the reason in one line."""

    threshold: Threshold
    outcome: GateOutcome
    rate: Rate | None
    reason: str


@dataclass(frozen=True)
class Gate:
    """Whether the run passed, why not, and every threshold's own outcome."""

    passed: bool
    reason: str
    thresholds: tuple[Judged, ...]


def parse_threshold(text: str) -> Threshold:
    """Read `METRIC[@SUBSET]>=VALUE`; `OptionError` says what cannot be understood."""
    match = _THRESHOLD.fullmatch(text)
    if not match:
        raise OptionError(
            f"threshold {text!r} cannot be read; write METRIC[@SUBSET][@SUITE]>=VALUE, as in "
            "'rer>=0.9' or 'accuracy.image@ocr_correct>=0.8'"
        )
    metric, named = match["metric"], [word.strip() for word in match["of"].split("@")[1:]]
    if metric not in METRICS:
        raise OptionError(
            f"threshold {text!r}: unknown metric {metric!r}{nearest(metric, METRICS)}; "
            f"metrics are {', '.join(METRICS)}"
        )
    subsets = [word for word in named if word in SUBSETS]
    parts = [word for word in named if word not in SUBSETS]
    if len(subsets) > 1 or len(parts) > 1:
        raise OptionError(
            f"threshold {text!r} names two {'subsets' if len(subsets) > 1 else 'parts'}; "
            f"name one of {', '.join(SUBSETS)}, and one suite or style"
        )
    for part in parts:
        if hint := nearest(part, SUBSETS):
            raise OptionError(f"threshold {text!r}: unknown subset {part!r}{hint}")
    found = threshold(metric, match["op"], match["bound"])
    return replace(found, subset=(*subsets, "all")[0], part="".join(parts))


def threshold(
    metric: str, op: str, bound: object, subset: Subset = "all", scope: str = ""
) -> Threshold:
    """A threshold whose bound is checked: a share between 0 and 1 (a CER may be above 1)."""
    try:
        value = float(bound)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = float("nan")
    highest = sys.float_info.max if metric == "cer" else 1.0
    if isinstance(bound, bool) or not 0 <= value <= highest:
        hint = f"; did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise OptionError(f"threshold {metric}{op}{bound}: the value is a share from 0 to 1{hint}")
    return Threshold(metric, op, value, subset, scope)


def check_parts(thresholds: Sequence[Threshold], known: Sequence[str]) -> None:
    """Raise `OptionError` for a threshold on a suite or a style that is not asked."""
    for each in thresholds:
        if each.part and each.part not in known:
            raise OptionError(
                f"threshold {each.id!r}: {each.part!r} is no subset ({', '.join(SUBSETS)}), and no "
                f"suite or style of this run{nearest(each.part, [*SUBSETS, *known])}"
            )


def covers(scope: str, nodeid: str) -> bool:
    """Whether a test lies in a folder, file or class; an empty scope holds every test."""
    return not scope or nodeid.startswith((f"{scope}/", f"{scope}::"))


def judge(
    thresholds: Sequence[Threshold],
    tables: Mapping[str, Table],
    lost: Mapping[str, Sequence[str]],
    max_lost: int = 0,
) -> Gate:
    """Judge every threshold on its scope's mean over suites, or on one suite or style of it.

    `tables` (with the styles among the suites) and `lost` (the names of lost items) are by scope,
    `""` being the whole run.
    """
    judged = tuple(
        _judge(each, tables.get(each.scope), lost.get(each.scope, ()), max_lost)
        for each in sorted(set(thresholds))
    )
    everything = lost.get("", ())
    reasons = [each.reason for each in judged if each.outcome != "passed"]
    if len(everything) > max_lost:
        reasons.insert(0, lost_reason(everything, max_lost))
    return Gate(not reasons, reasons[0] if reasons else "every threshold is met", judged)


def withhold(judged: Gate, broken: Sequence[str]) -> Gate:
    """The gate, not passed if these files could not be collected: their items were not judged."""
    if not broken:
        return judged
    more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
    reason = f"not collected: {', '.join(name or 'tests' for name in broken[:5])}{more}"
    return replace(judged, passed=False, reason=reason)


def lost_reason(lost: Sequence[str], max_lost: int) -> str:
    """`3 items lost (allowed: 0): a, b, c`, at most five of them by name."""
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    noun = "item" if len(lost) == 1 else "items"
    return f"{len(lost)} {noun} lost (allowed: {max_lost}): {', '.join(lost[:5])}{more}"


def _judge(threshold: Threshold, table: Table | None, lost: Sequence[str], max_lost: int) -> Judged:
    metrics = _metrics(threshold, table)
    rate = metrics.rate(threshold.metric) if metrics else None
    name = threshold.id

    def outcome(word: GateOutcome, reason: str) -> Judged:
        return Judged(threshold, word, rate, reason)

    if len(lost) > max_lost:
        return outcome("lost", f"{name} is not judged: {lost_reason(lost, max_lost)}")
    if rate is None:
        return outcome("undefined", f"{name} is not judged: {_undefined(threshold, table)}")
    if not _OPERATORS[threshold.op](rate.value, threshold.bound):
        return outcome("missed", f"{name} is missed: {describe(rate)}")
    return outcome("passed", f"{name} is met: {describe(rate)}")


def describe(rate: Rate) -> str:
    """`0.920 (0.812 to 0.968, n = 50)`."""
    if rate.low is None or rate.high is None:
        return f"{rate.value:.3f} (n = {rate.n})"
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f}, n = {rate.n})"


def _metrics(threshold: Threshold, table: Table | None) -> Metrics | None:
    found = table.get(threshold.part or "mean") if table else None
    return found[threshold.subset] if found else None


def _undefined(threshold: Threshold, table: Table | None) -> str:
    metrics = _metrics(threshold, table)
    if metrics is None or not metrics.items:
        return "no item was judged"
    if threshold.metric == "cfr":
        return f"of {metrics.items} items of some suite none was right in any form"
    return f"it is undefined on {metrics.items} items"
