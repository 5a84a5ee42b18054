"""What a batch asks and answers is what a direct call does, through LiteLLM; and AIMock's batches.

A row that differs from the direct body would be another benchmark at half the price.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchServer
from endpoint import Endpoint, Reply
from test_foreign_servers import started
from test_needs_of_litellm import REFUSALS

from pytest_rest.models import batches
from pytest_rest.models.batches import BatchEndpoint
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.providers import litellm
from pytest_rest.terms import Completion, File, Form, Image, Item, Prompt, Style

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PICTURE = Image(PNG, "0" * 16)
ITEM = Item("soebench-0001", "What is A?", "3", context="2A + B = 7", suite="soebench")
SHAPES: Mapping[str, tuple[str | Image | File, ...]] = {
    "text": ("What is A?",),
    "picture": ("Look:", PICTURE, "What is A?"),
    "pages": (PICTURE, Image(PNG, "0" * 16, media_type="image/jpeg"), "What is A?"),
    "file": ("Look:", File(b"%PDF-1.7", "1" * 16), "What is A?"),
}
MODELS = {
    "openai": ("gpt-4o-mini", "gpt-5-mini", "o4-mini"),
    "anthropic": ("claude-haiku-4.5", "claude-opus-4.6"),
    "gemini": ("gemini-2.5-flash", "gemini-3-flash"),
}
NAMES = [name for names in MODELS.values() for name in names]
KEYS = {f"{name.upper()}_API_KEY": "k" for name in MODELS}
WITHOUT = Overrides()
PARAMETERS: Mapping[str, Overrides] = {
    "gpt-4o-mini": Overrides({"top_p": 0.5, "stop": "END", "seed": 7, "max_tokens": 99}),
    "claude-haiku-4.5": Overrides({"temperature": 0.3, "stop": "END", "top_k": 5}),
    "gemini-2.5-flash": Overrides({"top_p": 0.5, "stop": ["A", "B"]}),
    "claude-opus-4.6": Overrides(body={"inference_geo": "us"}),
    "gpt-5-mini": Overrides({"reasoning_effort": "low"}, {"verbosity": "low"}),
    "gemini-3-flash": Overrides(
        body={"safetySettings": [], "generationConfig": {"mediaResolution": "HIGH"}}
    ),
}


def addresses(url: str) -> dict[str, str]:
    """Where the environment says that the providers are."""
    return {
        "ANTHROPIC_API_BASE": url,
        "OPENAI_BASE_URL": f"{url}/v1",
        "GEMINI_API_BASE": f"{url}/v1beta",
    }


@contextmanager
def environment(url: str) -> Iterator[dict[str, str]]:
    """The process's own, for LiteLLM, and as a mapping."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in addresses(url).items():
            patch.setenv(name, value)
        yield {**KEYS, **addresses(url)}


def ask_directly(
    name: str, prompt: Prompt, reply: Reply, overrides: Overrides = WITHOUT
) -> tuple[Mapping[str, Any], Completion]:
    """The body that LiteLLM sends, and the completion that comes of the reply."""

    async def run(environ: Mapping[str, str]) -> Completion:
        model = litellm.connect(name, environ=environ, overrides=overrides)
        try:
            (completion,) = await model.ask([prompt])
            return completion
        finally:
            await model.close()

    with Endpoint(lambda request: reply) as endpoint, environment(endpoint.url) as environ:
        completion = asyncio.run(run(environ))
        assert endpoint.requests, completion.error
        return endpoint.requests[0].body, completion


def prompt_of(shape: str) -> Prompt:
    """A prompt with these parts."""
    return Prompt(ITEM, Form("mixed", Style()), "solve", SHAPES[shape], 64)


def body_of_row(endpoint: BatchEndpoint, prompt: Prompt) -> Mapping[str, Any]:
    """The request in a row."""
    row = json.loads(endpoint.row(prompt, "a-1"))
    body: Mapping[str, Any] = row.get("body") or row.get("params") or row["request"]
    return body


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_row_asks_what_a_direct_call_asks(name: str, shape: str) -> None:
    """The same body, key by key, down to the bytes of a picture."""
    prompt = prompt_of(shape)
    body, _ = ask_directly(name, prompt, Reply("3"))
    assert body == body_of_row(batches.connect(name, environ=KEYS), prompt)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_row_has_the_parameters_of_a_direct_call(name: str) -> None:
    """By the names that the provider has for them; and the user's own keys."""
    overrides = PARAMETERS[name]
    body, _ = ask_directly(name, prompt_of("text"), Reply("3"), overrides)
    endpoint = batches.connect(name, environ=KEYS, overrides=overrides)
    assert body == body_of_row(endpoint, prompt_of("text"))
    assert litellm.connect(name, environ=KEYS, overrides=overrides).parameters == (
        endpoint.parameters
    )


def run_batch(name: str, reply: Reply, folder: Path) -> Completion:
    """What comes of the reply in a batch."""

    async def run(environ: Mapping[str, str]) -> Completion:
        endpoint = batches.connect(name, environ=environ)
        try:
            rows = folder / "rows.jsonl"
            rows.write_bytes(endpoint.row(prompt_of("text"), "a-1"))
            batch = await endpoint.create(rows, await endpoint.upload(rows, "a"), "a")
            while not (await endpoint.state(batch)).is_over:
                pass
            (row,) = [row async for row in endpoint.results(batch)]
            return row.completion
        finally:
            await endpoint.close()

    with BatchServer(lambda request: reply) as server, environment(server.url) as environ:
        return asyncio.run(run(environ))


ANSWERS: Mapping[str, Reply] = {
    "answer": Reply("3", input_tokens=1000, output_tokens=10),
    "cut off": Reply("and so", finish_reason="length"),
    "error": Reply("no", status=400),
    "busy": Reply("no", status=429),
    "broken": Reply("no", status=500),
}


def same(direct: Completion, row: Completion) -> None:
    """They say the same, but for the price and the time, and how an error goes on.

    Older versions of LiteLLM say of Gemini's model what was asked for.
    """
    first, second = ((each.error or "").partition(":")[0] for each in (direct, row))
    assert first == second
    if not first:
        assert row.model == direct.model or direct.model.startswith("gemini")
        names = ("text", "finish_reason", "input_tokens", "output_tokens", "cached_tokens")
        assert [getattr(direct, name) for name in names] == [getattr(row, name) for name in names]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("provider", MODELS)
def test_a_row_is_answered_as_a_direct_call_is(provider: str, answer: str, tmp_path: Path) -> None:
    """Its text, how it ended, its tokens, its model; and the kind of an error."""
    name = MODELS[provider][0]
    _, direct = ask_directly(name, prompt_of("text"), ANSWERS[answer])
    same(direct, run_batch(name, ANSWERS[answer], tmp_path))


@pytest.mark.parametrize("shape", REFUSALS)
def test_a_refusal_in_a_batch_is_one(shape: str, tmp_path: Path) -> None:
    """In each shape that a provider sends."""
    provider, reply, text = REFUSALS[shape]
    row = run_batch(MODELS[provider][0], reply, tmp_path)
    assert ("refusal", None, text) == (row.finish_reason, row.error, row.text)


@pytest.mark.parametrize("usage", ["thoughts", "thoughts inside", "cache"])
def test_tokens_that_are_counted_apart(usage: str, tmp_path: Path) -> None:
    """Thoughts of Gemini's are answered tokens, and cached ones of Anthropic's are sent."""
    counts = {"promptTokenCount": 30, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}
    counts["totalTokenCount"] = 35 if usage == "thoughts inside" else 42
    answered = {"content": {"parts": [{"text": "3"}], "role": "model"}, "finishReason": "STOP"}
    gemini = {"candidates": [answered], "usageMetadata": counts, "modelVersion": "m"}
    cached = {"input_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3}
    head: dict[str, Any] = {"id": "x", "type": "message", "role": "assistant", "model": "m"}
    content = [{"type": "text", "text": "3"}]
    claude = {**head, "content": content, "stop_reason": "end_turn"}
    claude["usage"] = {**cached, "output_tokens": 2}
    name = "gemini-2.5-flash" if "thoughts" in usage else "claude-haiku-4.5"
    body = gemini if "thoughts" in usage else claude
    _, direct = ask_directly(name, prompt_of("text"), Reply(body=body))
    same(direct, run_batch(name, Reply(body=body), tmp_path))


def test_aimock_takes_and_gives_back_a_batch(tmp_path: Path) -> None:
    """A server that nobody here wrote; each of its answers is the same."""
    (tmp_path / "none.json").write_text('{"fixtures": []}')

    async def run(url: str) -> Any:
        endpoint = batches.connect("m", api_base=f"{url}/v1", environ={})
        try:
            ids = [f"a-{number}" for number in range(5)]
            rows = tmp_path / "rows.jsonl"
            rows.write_bytes(b"".join(endpoint.row(prompt_of("picture"), each) for each in ids))
            batch = await endpoint.create(rows, await endpoint.upload(rows, "a"), "a")
            assert [batch] == [each for each, _ in await endpoint.find("a", 5, 0.0)]
            while not (state := await endpoint.state(batch)).is_over:
                assert 5 == state.total
            found = [row async for row in endpoint.results(batch)]
            assert ids == [row.row_id for row in found]
            return state, {row.completion.text for row in found}
        finally:
            await endpoint.close()

    with started("AIMOCK", "--fixtures", "none.json", folder=tmp_path) as url:
        state, texts = asyncio.run(run(url))
    assert ("ended", 5, {"Mock batch completion"}) == (state.status, state.done, texts)
