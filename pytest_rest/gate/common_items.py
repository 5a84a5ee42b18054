"""Turns two baselines into what both runs could ask, of which alone a comparison can be."""

from collections.abc import Mapping
from typing import Any

from pytest_rest.terms import fingerprint

Baseline = Mapping[str, Any]
Key = tuple[str, str]  # suite and id of an item


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
