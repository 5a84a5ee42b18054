"""Turns options into what the gate judges by: thresholds, a baseline, and what is tolerated."""

from collections.abc import Collection, Mapping
from typing import Any

from pytest_rest.errors import BaselineError, OptionError
from pytest_rest.gate import baseline, item_changes, regression
from pytest_rest.gate.regression import Tolerance
from pytest_rest.gate.thresholds import Threshold, checked, parse
from pytest_rest.plugin.options import OPTIONS


def read(values: Mapping[str, Any], kept: Collection[str], *, in_main: bool) -> dict[str, Any]:
    """The settings that the gate judges by; only the main process reads an earlier run.

    `kept` are the options that are as the run that is gone on with has them.
    """
    return {
        "thresholds": thresholds(values),
        "is_compared": values["rest_baseline"] is not None,
        "baseline": earlier(values, kept) if in_main else None,
        "tolerance": tolerance(values),
    }


def thresholds(values: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """Those of --rest-require, and RER's and CFR's own options."""
    asked = [parse(text) for text in values["rest_require"]]
    for key, metric, op in (("rest_min_rer", "rer", ">="), ("rest_max_cfr", "cfr", "<=")):
        if bound := values[key]:
            asked.append(checked(metric, op, bound))
    return tuple(dict.fromkeys(asked))


def earlier(values: Mapping[str, Any], kept: Collection[str]) -> Mapping[str, Any] | None:
    """An earlier run's report, or the baseline made of it; `OptionError` where it cannot judge."""
    if (path := values["rest_baseline"]) is None:
        return None
    try:
        lost, cached = values["rest_max_lost"], values["rest_allow_cached"]
        return baseline.load(path, lost, cached, item_changes.answers)
    except BaselineError as error:
        is_kept = "rest_baseline" in kept
        mend = "; the run was asked with it: put it back, or give another one" if is_kept else ""
        raise OptionError(f"--rest-baseline {error}{mend}") from None


def tolerance(values: Mapping[str, Any]) -> Tolerance:
    """How far a run may be worse; `OptionError` where there is no baseline to be worse than."""
    keys = ("rest_max_rer_drop", "rest_max_cfr_rise", "rest_max_drop", "rest_baseline_undecided")
    for key in keys:
        if values[key] not in (None, []) and not values["rest_baseline"]:
            name = OPTIONS[key].name
            raise OptionError(f"{name} needs a run to compare with; give --rest-baseline")
    rer_drop, cfr_rise, drops, undecided = (values[key] for key in keys)
    return regression.tolerance(rer_drop, cfr_rise, drops, values["rest_confidence"], undecided)


def check_early_stop(values: Mapping[str, Any]) -> None:
    """Raise for what a run that may stop early cannot have."""
    if not values["rest_early_stop"]:
        return
    if values["rest_confidence"] is None:
        raise OptionError(
            "--rest-early-stop ends when the verdict is sure; say how sure: --rest-confidence=0.95"
        )
    if values["rest_baseline"]:
        raise OptionError("--rest-baseline compares all items; leave it or --rest-early-stop out")
    if values["rest_shard"]:
        raise OptionError("--rest-shard asks a part; only a whole run can have --rest-early-stop")
    if values["rest_reasoning_budgets"]:
        raise OptionError(
            "--rest-early-stop has no bounds for --rest-reasoning-budgets; leave one out"
        )
