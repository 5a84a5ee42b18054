"""Turns the ids that answered two runs of one name into a warning, where they are not the same."""

from collections.abc import Collection

from pytest_rest.gate.baseline import JsonObject, few
from pytest_rest.safe_text import shown
from pytest_rest.terms import is_same_model, one_spelling


def warning(old: JsonObject, new: JsonObject, alike: Collection[str] = ()) -> str:
    """What to know of two reports or baselines; empty where nothing is known to have changed.

    An endpoint that repeats the name it was asked for says nothing of what answered. `alike` are
    ids that count as one model's.
    """
    before, after = (report.get("provenance", report) for report in (old, new))
    then, now = _told(before), _told(after)
    is_same_name = bool(_asked(before) & _asked(after))
    if not (is_same_name and then and now) or {*then, *now} <= {*alike}:
        return ""
    if _are_among(then, now) and _are_among(now, then):
        return ""
    said = [few([shown(name, 60) for name in ids]) for ids in (then, now)]
    name = shown(after["model"], 60)
    return (
        f"{name} may be another model: answered by {said[0]} in the baseline, and by {said[1]} now"
    )


def _asked(about: JsonObject) -> set[str]:
    return {str(about[key]) for key in ("model", "resolved_name") if about.get(key)}


def _told(about: JsonObject) -> list[str]:
    """The ids that answered, each in one spelling, but for those that repeat what was asked."""
    ids = {*one_spelling(filter(None, about["resolved_model"])).values()}
    asked = _asked(about)
    return sorted(id for id in ids if not any(is_same_model(id, name) for name in asked))


def _are_among(ids: Collection[str], others: Collection[str]) -> bool:
    return all(any(is_same_model(id, other) for other in others) for id in ids)
