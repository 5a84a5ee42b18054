"""Turns baselines into what all of the runs asked, of which alone a comparison can be."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.terms import fingerprint

Baseline = Mapping[str, Any]
Key = tuple[str, str]  # suite and id of an item
_UNKNOWN = "unknown"  # the prompts of stored answers


def in_common(old: Baseline, new: Baseline) -> tuple[Baseline, Baseline, tuple[Key, ...]]:
    """Two baselines without the items that either left out, and which these are.

    What could not be asked in one run says nothing of the other one.
    """
    left_out = {_key(each) for run in (old, new) for each in run.get("unaskable", ())}
    if not left_out:
        return old, new, ()
    items = [*old["items"], *new["items"]]
    known = {_key(item): item["digest"] for item in items if item["digest"] is not None}
    old, new = (_without(run, left_out, known) for run in (old, new))
    return old, new, tuple(sorted(left_out))


def in_shared_styles(runs: Sequence[Baseline]) -> tuple[Sequence[Baseline], tuple[str, ...]]:
    """Baselines in the styles that all of them were asked in, and which the others are."""
    shared, others = _shared(runs)
    return ([_in_styles(run, shared) for run in runs] if others else runs), others


def added_styles(old: Baseline, new: Baseline) -> tuple[str, ...]:
    """The styles that only the new run was asked in: those of a baseline must all be there."""
    _, others = _shared([old, new])
    return tuple(sorted({*others} - {style["id"] for style in old["styles"]}))


def _shared(runs: Sequence[Baseline]) -> tuple[set[str], tuple[str, ...]]:
    """The styles of all runs and the others, which are none where the runs are to stay as they are.

    So they are where they share none. Nor are several styles told from more without a text form,
    which is the same in each, for then nobody knows whether the forms agreed over these alone.
    """
    styles = [{style["id"] for style in run["styles"]} for run in runs]
    shared = set.intersection(*styles)
    has_text = all("text" in run["modes"] and run["protocol"] != _UNKNOWN for run in runs)
    is_known = len(shared) == 1 or (shared and has_text)
    return shared, tuple(sorted(set.union(*styles) - shared)) if is_known else ()


def _in_styles(run: Baseline, shared: set[str]) -> Baseline:
    items = [
        {
            **item,
            "styles": (styles := {s: each for s, each in item["styles"].items() if s in shared}),
            "verdict": _verdict([each["verdict"] for each in styles.values()], len(shared)),
        }
        for item in run["items"]
    ]
    return {**run, "styles": [s for s in run["styles"] if s["id"] in shared], "items": items}


def _verdict(verdicts: Sequence[str], styles: int) -> str:
    """An item's over some styles: forms that agree with the one text agree with each other."""
    if "lost" in verdicts or len(verdicts) < styles:
        return "lost"
    return "inconsistent" if "inconsistent" in verdicts else "consistent"


def _without(run: Baseline, left_out: set[Key], digests: Mapping[Key, str]) -> Baseline:
    """A baseline without these items; where one is lost, its digest is the other run's."""
    items = [item for item in run["items"] if _key(item) not in left_out]
    touched = {suite for suite, _ in left_out}
    suites = [suite for suite in run["suites"] if suite["name"] not in touched]
    for name in touched:
        keys = [_key(item) for item in items if item["suite"] == name]
        asked = fingerprint(digests.get(key, "") for key in keys)
        suites += [{"name": name, "items": len(keys), "fingerprint": asked}] if keys else []
    return {**run, "items": items, "suites": suites}


def _key(item: Mapping[str, str]) -> Key:
    return item["suite"], item["id"]
