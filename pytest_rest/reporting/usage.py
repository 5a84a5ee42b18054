"""Adds up what calls took in tokens and dollars."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_rest.dispatch import ENDED
from pytest_rest.dispatch.budgets import SPENT
from pytest_rest.reporting.calls import calls
from pytest_rest.terms import Answer, Completion, Record, Transcription

Calls = Sequence[Answer | Transcription | Completion]


def of(
    records: Iterable[Record], spare: Sequence[Completion], retries: int, told: Mapping[str, Any]
) -> dict[str, Any]:
    """The report's `usage`, with what is `told` after the sums.

    A prompt that several tests share counts once; one that was answered and whose test did not run
    counts too. `cached_tokens` were in the provider's own cache, where some were.
    """
    asked = {call.prompt: call for record in records for call in calls(record)}
    answered: list[Answer | Transcription | Completion] = [*spare]
    answered += [call for call in asked.values() if call.status != "failed"]
    return {
        "calls": sum(map(is_sent, asked.values())) + len(spare),
        "retries": retries,
        **sums(answered),
        **told,
        **from_cache(answered),
    }


def is_sent(call: Answer | Transcription) -> bool:
    """Whether a budget had room for the call."""
    return not (call.status == "failed" and call.text.startswith(f"{ENDED}{SPENT}"))


def sums(answered: Calls) -> dict[str, float | None]:
    """Tokens in and out, and dollars; a figure that some answered call did not report is None."""
    return {
        "input_tokens": _total([call.input_tokens for call in answered]),
        "output_tokens": _total([call.output_tokens for call in answered]),
        "cost": _total([call.cost for call in answered]),
    }


def from_cache(answered: Calls) -> dict[str, float | None]:
    """Tokens in that the provider had in its cache, and dollars saved; nothing where none were."""
    cached = [call for call in answered if call.cached_tokens]
    if not cached:
        return {}
    return {
        "cached_tokens": sum(call.cached_tokens or 0 for call in cached),
        "cache_saved": _total([call.cache_saved for call in cached]),
    }


def _total(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return sum(known) if all(isinstance(value, int) for value in known) else math.fsum(known)
