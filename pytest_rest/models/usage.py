"""Reads what a call took in tokens, in the words of each protocol."""

from collections.abc import Mapping
from typing import Any

from pytest_rest.models.completions import token_count

_SENT = ("prompt_tokens", "promptTokenCount", "input_tokens")
_ANSWERED = ("completion_tokens", "output_tokens", "candidatesTokenCount")
_DETAILS = ("prompt_tokens_details", "input_tokens_details")  # OpenAI's, with `cached_tokens`
_CACHED = (  # Anthropic's, DeepSeek's, Google's
    *("cache_read_input_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount"),
)
_WRITTEN = "cache_creation_input_tokens"
_THOUGHT = "thoughtsTokenCount"  # beside Google's other tokens of an answer


def read(usage: object) -> dict[str, int | None]:
    """`input_tokens`, `output_tokens` and `cached_tokens` of a completion; None of what is not said.

    The input is all of it, whatever of it was in a cache; Anthropic's own count leaves that out.
    """
    counts: Mapping[str, Any] = usage if isinstance(usage, dict) else {}
    sent, answered, cached = (_first(counts, names) for names in (_SENT, _ANSWERED, _CACHED))
    if sent is not None and not counts.keys() & {*_SENT[:2], *_DETAILS}:
        sent = token_count(sent + (cached or 0) + (token_count(counts.get(_WRITTEN)) or 0))
    if answered is not None and _ANSWERED[2] in counts:
        answered = token_count(answered + (token_count(counts.get(_THOUGHT)) or 0))
    for name in _DETAILS:
        details = counts.get(name)
        if cached is None and isinstance(details, dict):
            cached = token_count(details.get("cached_tokens"))
    if cached is not None and sent is not None:
        cached = min(cached, sent)
    return {"input_tokens": sent, "output_tokens": answered, "cached_tokens": cached}


def _first(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    known = (token_count(counts.get(name)) for name in names)
    return next((count for count in known if count is not None), None)
