"""What the package needs of LiteLLM, over the wire, whichever version of its range is installed."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply

from pytest_rest.models.catalogue import Catalogue, read_prices
from pytest_rest.models.providers.litellm import LiteLLMModel, connect
from pytest_rest.terms import Completion, Form, Image, Item, Prompt, Style

KEYS = {f"{name}_API_KEY": "a-key" for name in ("OPENAI", "ANTHROPIC", "GEMINI", "AZURE")}
MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-haiku-4.5",
    "gemini": "gemini-2.5-flash",
}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
ITEM = Item("soebench-0001", "What is A?", "3", context="2A + B = 7", suite="soebench")
PROMPT = Prompt(ITEM, Form("mixed", Style()), "solve", ("Look:", Image(PNG, "0" * 16), "A?"), 64)


@contextmanager
def connected(endpoint: Endpoint, name: str) -> Iterator[LiteLLMModel]:
    """A model whose provider's address is the endpoint's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", endpoint.openai_base)
        patch.setenv("ANTHROPIC_API_BASE", endpoint.anthropic_base)
        patch.setenv("GEMINI_API_BASE", endpoint.gemini_base)
        yield connect(name, timeout=20, environ=KEYS)


def ask(provider: str, reply: Reply) -> tuple[Endpoint, Completion]:
    """What one prompt is answered with, and the server that was asked."""

    async def run(model: LiteLLMModel) -> Completion:
        try:
            (completion,) = await model.ask([PROMPT])
            return completion
        finally:
            await model.close()

    with Endpoint(lambda _: reply) as endpoint, connected(endpoint, MODELS[provider]) as model:
        return endpoint, asyncio.run(run(model))


@pytest.mark.parametrize("alias", ["claude-haiku-4.5", "gpt-5-mini", "gemini-2.5-flash-lite"])
def test_a_model_of_the_readme_is_listed_with_sight_and_price(alias: str) -> None:
    """The price table has it: a model without a price could not be held to a budget."""
    listing = Catalogue(read_prices() or {}).find(alias)
    assert listing.listed
    assert listing.price is not None


@pytest.mark.parametrize("provider", MODELS)
def test_what_is_sent(provider: str) -> None:
    """Texts in their order, the picture's bytes as they are, and one request for one call."""
    endpoint, completion = ask(provider, Reply("3", input_tokens=1000, output_tokens=10))
    (request,) = endpoint.requests
    assert ("Look:", "A?") == request.texts
    assert (PNG,) == request.images
    assert ("3", "stop", None) == (completion.text, completion.finish_reason, completion.error)
    assert (1000, 10) == (completion.input_tokens, completion.output_tokens)
    assert completion.cost


@pytest.mark.parametrize("provider", MODELS)
def test_an_answer_that_was_cut_off(provider: str) -> None:
    """Each provider's own word for the limit is `length`."""
    _, completion = ask(provider, Reply("and so", finish_reason="length"))
    assert ("and so", "length") == (completion.text, completion.finish_reason)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "bad request: HTTP 400"),
        (401, "authentication: HTTP 401"),
        (429, "rate limit: HTTP 429, retry after 7 s"),
        (500, "server error: HTTP 500"),
        (503, "server error: HTTP 503"),
    ],
)
@pytest.mark.parametrize("provider", MODELS)
def test_failures(provider: str, status: int, word: str) -> None:
    """A status comes through with its meaning, and LiteLLM asks only once."""
    after = 7 if status == 429 else None
    endpoint, completion = ask(provider, Reply("no", status=status, retry_after=after))
    assert word == (completion.error or "")[: len(word)]
    assert 1 == len(endpoint.log)


# Refusals. Each row is a shape that a provider sends.


def openai(message: Mapping[str, Any], ended: str = "stop") -> Reply:
    """A chat completion with that message."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": ended}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1767225600, "model": "m"}
    return Reply(body={**head, "choices": [choice], "usage": usage})


def openai_error(code: str, kind: str | None, message: str = "flagged", **more: object) -> Reply:
    """An error of status 400."""
    error = {"message": message, "type": kind, "param": None, "code": code, **more}
    return Reply(status=400, body={"error": error})


def anthropic(*texts: str) -> Reply:
    """A message that ends with `refusal`."""
    content = [{"type": "text", "text": text} for text in texts]
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m"}
    usage = {"input_tokens": 3, "output_tokens": 1}
    ended = {"stop_reason": "refusal", "stop_sequence": None}
    return Reply(body={**head, **ended, "content": content, "usage": usage})


def gemini(ended: str = "", text: str = "", blocked: str = "") -> Reply:
    """A candidate that ended so, or a prompt that was blocked."""
    body: dict[str, Any] = {"usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}
    if blocked:
        return Reply(body={**body, "promptFeedback": {"blockReason": blocked}})
    candidate: dict[str, Any] = {"finishReason": ended, "index": 0}
    if text:
        candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    return Reply(body={**body, "candidates": [candidate]})


# Tokens of 2,000 in and 7 out, of which the provider had 1,024 in its cache.
CACHED: dict[str, tuple[Reply, dict[str, object]]] = {
    "openai": (
        openai({"content": "3"}),
        {
            "usage": {
                **{"prompt_tokens": 2000, "completion_tokens": 7, "total_tokens": 2007},
                "prompt_tokens_details": {"cached_tokens": 1024},
            }
        },
    ),
    "anthropic": (
        anthropic("3"),
        {"usage": {"input_tokens": 976, "output_tokens": 7, "cache_read_input_tokens": 1024}},
    ),
    "gemini": (
        gemini("STOP", "3"),
        {
            "usageMetadata": {
                **{"promptTokenCount": 2000, "candidatesTokenCount": 7, "totalTokenCount": 2007},
                "cachedContentTokenCount": 1024,
            }
        },
    ),
}


@pytest.mark.parametrize("provider", MODELS)
def test_what_a_provider_had_in_its_cache(provider: str) -> None:
    """It is counted in the input, at its own price, which the table has."""
    reply, usage = CACHED[provider]
    _, said = ask(provider, Reply(body={**(reply.body or {}), **usage}))
    price = Catalogue(read_prices() or {}).find(MODELS[provider]).price
    assert price is not None
    assert price.cached is not None
    assert (2000, 7, 1024) == (said.input_tokens, said.output_tokens, said.cached_tokens)
    assert pytest.approx(price.cost(2000, 7, 1024)) == said.cost
    assert pytest.approx(1024 * (price.input - price.cached)) == said.cache_saved


FILTERED = "Output blocked by content filtering policy"
FLAGGED = "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
BAD = "invalid_request_error"
REFUSALS: dict[str, tuple[str, Reply, str]] = {
    "refusal field": ("openai", openai({"content": None, "refusal": "I won't."}), "I won't."),
    "refusal field, empty text": ("openai", openai({"content": "", "refusal": "No."}), "No."),
    "filtered": ("openai", openai({"content": None}, "content_filter"), ""),
    "filtered in the middle": ("openai", openai({"content": "A ="}, "content_filter"), "A ="),
    "ended by refusal": ("openai", openai({"content": "No."}, "refusal"), "No."),
    "ended as sensitive": ("openai", openai({"content": ""}, "sensitive"), ""),
    "filter's error": ("openai", openai_error("content_filter", None), ""),
    "filter's error, Azure": (
        "openai",
        openai_error("content_filter", None, innererror={"code": "ResponsibleAIPolicyViolation"}),
        "",
    ),
    "policy's error": ("openai", openai_error("content_policy_violation", BAD), ""),
    "policy's error, no type": ("openai", openai_error("content_policy_violation", None), ""),
    "policy's error, image": (
        "openai",
        openai_error("content_policy_violation", "image_generation_user_error"),
        "",
    ),
    "flagged prompt": ("openai", openai_error("invalid_prompt", BAD, FLAGGED), ""),
    "stop_reason": ("anthropic", anthropic("I won't."), "I won't."),
    "stop_reason, no text": ("anthropic", anthropic(), ""),
    "filter's error, Anthropic": (
        "anthropic",
        Reply(status=400, body={"type": "error", "error": {"type": BAD, "message": FILTERED}}),
        "",
    ),
    **{
        ended: ("gemini", gemini(ended), "")
        for ended in ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII")
    },
    "SAFETY in the middle": ("gemini", gemini("SAFETY", "A ="), ""),
    **{
        f"prompt blocked: {why}": ("gemini", gemini(blocked=why), "")
        for why in ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "OTHER")
    },
}


@pytest.mark.parametrize("shape", REFUSALS)
def test_refusals(shape: str) -> None:
    """Whatever LiteLLM makes of it, it is a refusal: neither an empty answer nor a failed call."""
    provider, reply, text = REFUSALS[shape]
    _, completion = ask(provider, reply)
    assert ("refusal", None) == (completion.finish_reason, completion.error)
    assert text == completion.text


@pytest.mark.parametrize(
    ("provider", "reply"),
    [
        ("openai", openai_error("invalid_value", BAD, "the policy was not found")),
        ("openai", openai_error("invalid_prompt", BAD, "the prompt has no messages")),
        ("openai", openai({"content": "A ="}, "error")),
        ("gemini", gemini("OTHER")),
        ("gemini", gemini("LANGUAGE")),
    ],
)
def test_failures_that_are_not_refusals(provider: str, reply: Reply) -> None:
    """A bad request, and a provider that broke down, are failed calls and never answers."""
    _, completion = ask(provider, reply)
    assert completion.error
    assert "refusal" != completion.finish_reason


@pytest.mark.parametrize("word", ["abort", "cancelled", "load", "MALFORMED_FUNCTION_CALL", "odd"])
@pytest.mark.parametrize("provider", MODELS)
def test_an_answer_that_is_broken_off_is_a_failed_call(provider: str, word: str) -> None:
    """Whatever LiteLLM makes of the word."""
    shapes = {
        "openai": openai({"content": "A = 1"}, word),
        "anthropic": Reply("A = 1", finish_reason=word),
        "gemini": gemini(word, "A = 1"),
    }
    _, completion = ask(provider, shapes[provider])
    said = f"server error: the provider ended its answer with {word!r}"
    assert ("", said) == (completion.text, completion.error)


def test_closing_leaves_nothing_open() -> None:
    """Where warnings are errors, a run of each provider ends without a word."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    code = (
        f"import gc, sys; sys.path[:0] = {json.dumps(folders)}; import test_needs_of_litellm as t; "
        "[t.ask(provider, t.Reply('3')) for provider in t.MODELS]; gc.collect()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "Unclosed" in line or "unclosed" in line]
    assert (0, []) == (done.returncode, said), done.stderr
