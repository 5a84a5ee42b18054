"""Turns a judged gate into the report's `gate`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pytest_rest.gate import Gate, JudgedThreshold
from pytest_rest.gate.regression import Regression


def verdict(gate: Mapping[str, Any]) -> str:
    """`passed`, `failed` or `undecided`, of the report's `gate`; `not judged` where it is None.

    What is undecided has not passed either, where nothing lets it.
    """
    if gate["passed"] is None or gate["passed"]:
        return "passed" if gate["passed"] else "not judged"
    judged = [each["outcome"] for each in gate["thresholds"]]
    checks = (gate["baseline"] or {"checks": ()})["checks"]
    judged += [each["outcome"] for each in checks if not each.get("passes")]
    return "undecided" if {*judged} - {"passed"} == {"undecided"} else "failed"


def gate_to_builtins(gate: Gate | None) -> dict[str, Any]:
    """The report's `gate`; `passed` is None when no threshold was asked for."""
    if gate is None:
        reason = "no threshold was asked for"
        return {"passed": None, "reason": reason, "warning": "", "thresholds": [], "baseline": None}
    return {
        "passed": gate.passed,
        "reason": gate.reason,
        "warning": gate.warning,
        "thresholds": [*map(_judged, gate.thresholds)],
        "baseline": gate.regression and _regression(gate.regression),
    }


def _regression(regression: Regression) -> dict[str, Any]:
    return {
        **({"against": dict(regression.against)} if regression.against else {}),
        "note": regression.note,
        "warning": regression.warning,
        "left_out": [*regression.left_out],
        "rates": {name: asdict(change) for name, change in regression.rates.items()},
        "checks": [
            {
                "name": check.name,
                "outcome": check.outcome,
                "reason": check.reason,
                "passes": check.passes,
                **(asdict(check.flips) if check.flips else {}),
                "drop": check.drop and asdict(check.drop),
            }
            for check in regression.checks
        ],
        "changes": regression.changes and regression.changes.to_builtins(),
    }


def _judged(judged: JudgedThreshold) -> dict[str, Any]:
    rate = judged.rate
    return {
        **asdict(judged.threshold),
        "value": rate and rate.value,
        "low": rate and rate.low,
        "high": rate and rate.high,
        "n": rate.n if rate else 0,
        "outcome": judged.outcome,
        "reason": judged.reason,
    }
