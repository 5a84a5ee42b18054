"""Turns records into what asking took: the report's `usage`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_rest.dispatch import ENDED
from pytest_rest.dispatch.budgets import SPENT
from pytest_rest.reporting.calls import calls
from pytest_rest.terms import Answer, Completion, Record, Transcription

_ORDER = ("calls", "retries", "input_tokens", "output_tokens", "cost", "seconds", "cached")


def of(
    records: Iterable[Record], spare: Sequence[Completion], counted: Mapping[str, Any]
) -> dict[str, Any]:
    """The report's `usage`, with what is `counted` elsewhere.

    A prompt that several tests share counts once; one that was answered and whose test did not run
    counts too. A figure that some answered call did not report is None. `cached` prompts were
    answered before this session, and `from_cache` ones by a gateway's cache; `cached_tokens` were
    in the provider's own, where some were.
    """
    asked = {call.prompt: call for record in records for call in calls(record)}
    answered: list[Answer | Transcription | Completion] = [*spare]
    answered += [call for call in asked.values() if call.status != "failed"]
    told = {
        "calls": sum(map(_is_sent, asked.values())) + len(spare),
        "input_tokens": _total([call.input_tokens for call in answered]),
        "output_tokens": _total([call.output_tokens for call in answered]),
        "cost": _total([call.cost for call in answered]),
        **counted,
    }
    cached = [call for call in answered if call.cached_tokens]
    saved = {
        "cached_tokens": sum(call.cached_tokens or 0 for call in cached),
        "cache_saved": _total([call.cache_saved for call in cached]),
    }
    return {name: told[name] for name in (*_ORDER, "from_cache")} | (saved if cached else {})


def _is_sent(call: Answer | Transcription) -> bool:
    """Whether a budget had room for the call."""
    return not (call.status == "failed" and call.text.startswith(f"{ENDED}{SPENT}"))


def _total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return sum(known) if all(isinstance(value, int) for value in known) else math.fsum(known)
