"""Turns the ids that endpoints report into who answered a run, in one line."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pytest_rest.reporting.calls import models, own_calls
from pytest_rest.safe_text import shown
from pytest_rest.terms import Record, is_same_model, one_spelling

_SHOWN = 5


def several(records: Iterable[Record], alike: Collection[str] = ()) -> str:
    """`answered by 2 models: main-1 (23), fallback-1 (1)`, at most five; empty for one model.

    A model counts under its fullest id, and a judge of open answers not at all. `alike` are ids
    that count as one model's.
    """
    records = [*records]
    if len({*one_spelling(models(records)).values()}) < 2:
        return ""
    counts = _counts(records)
    if {*counts} <= {*alike}:
        return ""
    said = [f"{shown(model, 60)} ({number:,})" for model, number in counts.most_common(_SHOWN)]
    return f"answered by {len(counts)} models: {', '.join(said)}"


def of_floating(records: Iterable[Record], about: Mapping[str, Any]) -> str:
    """Which id answered, where the name asked for floats; empty of any other name."""
    if not about.get("floats"):
        return ""
    asked = [str(about[key]) for key in ("model", "resolved_name")]
    told = [m for m in _counts(records) if not any(is_same_model(m, name) for name in asked)]
    ids = ", ".join(shown(model, 60) for model in told[:_SHOWN])
    return f"{shown(asked[0], 60)} floats: {ids or 'the endpoint does not say which id'} answered"


def _counts(records: Iterable[Record]) -> Counter[str]:
    asked = {call.prompt: call for record in records for call in own_calls(record)}
    ids = Counter(call.model for call in asked.values() if call.model)
    counts: Counter[str] = Counter()
    for name, full in one_spelling(ids).items():
        counts[full] += ids[name]
    return counts
