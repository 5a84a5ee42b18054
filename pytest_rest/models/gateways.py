"""What a gateway between us and a model does: answers from a cache, and says what a call costs."""

import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pytest_rest.models.completions import amount

# How each is told to ask the model. LiteLLM's proxy reads no header, but a key of the body, which
# others refuse: it is asked so once an answer shows that it is one, and has a cache.
_NO_CACHE = {"Cache-Control": "no-cache"}
_NO_CACHE_AT = {
    "gateway.ai.cloudflare.com": {"cf-aig-skip-cache": "true"},
    "helicone.ai": {"Helicone-Cache-Enabled": "false"},
    "portkey.ai": {"x-portkey-cache-force-refresh": "true"},
    "openrouter.ai": {"X-OpenRouter-Cache": "false"},
}
_NO_CACHE_OF_LITELLM = {"cache": {"no-cache": True}}

# What says that an answer is an old one. LiteLLM's key is there on a hit alone; the others have a
# word: cf-aig-cache-status, helicone-cache, x-portkey-cache-status, nginx's x-cache, Cache-Status.
_KEY_OF_A_HIT = "x-litellm-cache-key"
_OF_PROMPTS = re.compile(r"prompt|token|lookup|control")
_HIT = re.compile(r"(?<![a-z])hit(?![a-z])")
_IS_HIT = re.compile(r"cache-hit$|cached$|from-cache$")
_COST = "x-litellm-response-cost"
_OWN = "llm_provider-"  # before the names of an endpoint's headers, where LiteLLM hands them on


def no_cache_headers(url: str) -> dict[str, str]:
    """The headers that ask for a new answer at that address."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    at_host = [
        headers
        for name, headers in _NO_CACHE_AT.items()
        if host == name or host.endswith(f".{name}")
    ]
    return {name: value for headers in (_NO_CACHE, *at_host) for name, value in headers.items()}


def is_from_cache(headers: Mapping[str, str]) -> bool:
    """Whether a response's headers, their names in lower case, say that the answer is an old one.

    A provider's cache of prompts, which still asks the model, is not meant.
    """
    if headers.get(_KEY_OF_A_HIT) or _age(headers.get("age", "")) > 0:
        return True
    for name, value in headers.items():
        if "cache" not in name or _OF_PROMPTS.search(name):
            continue
        word = value[:200].strip().lower()
        if _HIT.search(word) or (_IS_HIT.search(name) and word in ("true", "1", "yes")):
            return True
    return False


def no_cache_body(headers: Mapping[str, str]) -> dict[str, object]:
    """With which keys to ask again for a new answer; none if this is one, or nobody knows how."""
    is_litellm = any(name.startswith("x-litellm-") for name in headers)
    return {**_NO_CACHE_OF_LITELLM} if is_litellm and is_from_cache(headers) else {}


def cost(headers: Mapping[str, str]) -> float | None:
    """What the gateway says that the call costs, in dollars; None where it says nothing that is."""
    if _COST not in headers:
        return None
    try:
        dollars = float(headers[_COST][:40])
    except ValueError:
        return None
    return amount(dollars) if math.isfinite(dollars) else None


def from_litellm(headers: object) -> dict[str, str]:
    """The endpoint's own headers, of those that LiteLLM hands on; names in lower case."""
    if not isinstance(headers, Mapping):
        return {}
    return {str(n).lower().removeprefix(_OWN): str(value) for n, value in headers.items()}


def _age(written: str) -> int:
    return int(written) if re.fullmatch(r"\d{1,9}", written.strip()) else 0
