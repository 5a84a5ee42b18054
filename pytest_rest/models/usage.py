"""Reads what a call took in tokens, in the words of each protocol."""

from collections.abc import Mapping
from typing import Any, TypedDict

from pytest_rest.models.completions import token_count

_SENT = ("prompt_tokens", "promptTokenCount", "input_tokens")
_ANSWERED = ("completion_tokens", "output_tokens", "candidatesTokenCount")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")  # OpenAI's, with `cached_tokens`
_CACHED = (  # Anthropic's, DeepSeek's, Google's
    *("cache_read_input_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount"),
)
_OF_OTHERS = frozenset({*_SENT[:2], *_DETAILS})  # than Anthropic
_WRITTEN = "cache_creation_input_tokens"
# Google's, beside the other tokens of an answer, or, as the total shows, counted among them
_THOUGHT, _TOTAL = "thoughtsTokenCount", "totalTokenCount"


class Counts(TypedDict):
    """As a completion has them."""

    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None


def read(usage: object) -> Counts:
    """The tokens of a call, None of what is not said.

    The input is all of it, whatever of it was in a cache; Anthropic's own count leaves that out.
    """
    counts: Mapping[str, Any] = usage if isinstance(usage, dict) else {}
    sent, answered, cached = (
        _first(counts, _SENT),
        _first(counts, _ANSWERED),
        _first(counts, _CACHED),
    )
    if sent is not None and _OF_OTHERS.isdisjoint(counts):
        sent = token_count(sent + (cached or 0) + (token_count(counts.get(_WRITTEN)) or 0))
    thought = token_count(counts.get(_THOUGHT))
    if thought and counts.get(_TOTAL) != (sent or 0) + (answered or 0):
        answered = token_count((answered or 0) + thought)
    for name in _DETAILS:
        details = counts.get(name)
        if cached is None and isinstance(details, dict):
            cached = token_count(details.get("cached_tokens"))
    if cached is not None and sent is not None:
        cached = min(cached, sent)
    return {"input_tokens": sent, "output_tokens": answered, "cached_tokens": cached}


def _first(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (count := token_count(counts.get(name))) is not None:
            return count
    return None
