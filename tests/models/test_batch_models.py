"""Which models have batches, where and with which key they are asked, and batches in files."""

import asyncio
import io
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from batch_endpoint import BatchServer
from endpoint import Endpoint
from test_batches import NAMES, answer, connect
from test_protocols import ASKED, KEY, KEYS, SHOWN

from pytest_rest.errors import ModelError
from pytest_rest.models import batches
from pytest_rest.models.batches import BatchError, BatchRow
from pytest_rest.models.batches.client import checked_id, read_lines
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.terms import Budget

ALL_KEYS = {**KEYS, "GEMINI_API_KEY": KEY}


def refused(spec: str, environ: Mapping[str, str] = ALL_KEYS, **how: object) -> str:
    """What connecting says, in one line."""
    with pytest.raises(ModelError) as caught:
        batches.connect(spec, environ=environ, **how)  # type: ignore[arg-type]
    assert 1 == len(str(caught.value).splitlines())
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("spec", ["embedded", "simulated", "simulated:flipper", "python:a:b"])
def test_a_model_that_is_not_an_endpoint_has_no_batches(spec: str) -> None:
    """Nor files of them."""
    assert "is not an endpoint" in refused(spec)
    with pytest.raises(ModelError, match="is not an endpoint"):
        batches.connect_file(spec, Path())


@pytest.mark.parametrize(
    "spec", ["bedrock/amazon.nova-lite-v1:0", "openrouter/a/b", "ollama/llava"]
)
def test_a_provider_without_batches_is_told_with_what_there_is(spec: str) -> None:
    """A file of requests can always be written."""
    environ = {"OPENROUTER_API_KEY": KEY, "AWS_PROFILE": "x"}
    assert "--rest-batch=file" in refused(spec, environ)


def test_a_model_of_another_interface_is_told_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows are chats, and this one is asked through the Responses API."""
    monkeypatch.setattr(litellm, "find_spec", lambda name: name)  # as if `mcp` were installed
    assert "--rest-batch=file" in refused("gpt-5.1-codex")


def test_a_missing_key_is_told_with_its_variable() -> None:
    """As for direct calls."""
    for spec, variable in (("gpt-4o-mini", "OPENAI"), ("gemini-2.5-flash", "GEMINI")):
        assert f"set {variable}_API_KEY" in refused(spec, {})


def test_an_address_that_is_not_one_is_told() -> None:
    """Of an option, and of the environment."""
    assert "write http://HOST:PORT/v1" in refused("m", api_base="localhost:8000")
    assert "write http://HOST:PORT/v1" in refused(
        "gpt-4o-mini", {**ALL_KEYS, "OPENAI_BASE_URL": "ftp://x"}
    )


@pytest.mark.parametrize("spec", ["claude-haiku-4.5", "gemini-2.5-flash"])
def test_what_a_row_cannot_say_as_a_direct_call_does_is_refused(spec: str) -> None:
    """LiteLLM has a rule for each model; whoever knows the provider's name for it may use that."""
    assert "--rest-reasoning-control" in refused(spec, budgets=[Budget(2048, "native")])
    assert "--rest-body" in refused(spec, overrides=Overrides({"reasoning_effort": "low"}))
    assert "limit of tokens" in refused(spec, overrides=Overrides({"max_tokens": None}))
    assert batches.connect(spec, environ=ALL_KEYS, budgets=[Budget(20)])


@pytest.mark.parametrize("protocol", NAMES)
def test_a_model_is_the_one_that_is_asked_directly(protocol: str) -> None:
    """By its name and parameters, so that answers of one are answers of the other."""
    endpoint = connect(protocol, "http://host")
    if protocol == "served":
        served = openai_compatible.connect(NAMES[protocol], "http://host/v1", environ=KEYS)
        assert (served.name, served.parameters) == (endpoint.name, endpoint.parameters)
        assert endpoint.price is None
    else:
        model = litellm.connect(NAMES[protocol], environ=ALL_KEYS)
        assert (model.name, model.parameters) == (endpoint.name, endpoint.parameters)
        assert model.price is not None
        assert endpoint.price == model.price.batch
        assert endpoint.price is not None


@pytest.mark.parametrize("protocol", NAMES)
def test_each_request_has_the_key_where_the_provider_wants_it(
    protocol: str, tmp_path: Path
) -> None:
    """And no other; each asks for what is new."""
    rows = tmp_path / "rows.jsonl"
    names = {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}

    async def run(server: BatchServer) -> None:
        endpoint = connect(protocol, server.url)
        try:
            rows.write_bytes(endpoint.row(ASKED, "a-1"))
            batch = await endpoint.create(rows, await endpoint.upload(rows, "a"), "a")
            while not (await endpoint.state(batch)).is_over:
                pass
            assert [row.row_id async for row in endpoint.results(batch)] == ["a-1"]
        finally:
            await endpoint.close()

    with BatchServer(answer) as server:
        asyncio.run(run(server))
    assert 4 <= len(server.headers)
    for headers in server.headers:
        key = names.get(protocol, "authorization")
        assert {key: KEY if protocol in names else f"Bearer {KEY}"} == {
            name: headers[name] for name in ("authorization", *names.values()) if name in headers
        }
        assert "no-cache" == headers["cache-control"]


def test_a_token_of_anthropics_takes_the_place_of_its_key() -> None:
    """Other ways of signing in are LiteLLM's alone."""
    federation = {"ANTHROPIC_FEDERATION_RULE_ID": "rule"}
    assert "ANTHROPIC_AUTH_TOKEN" in refused("claude-haiku-4.5", federation)

    async def run(url: str) -> None:
        environ = {"ANTHROPIC_AUTH_TOKEN": KEY, "ANTHROPIC_API_BASE": f"{url}/v1/messages"}
        endpoint = batches.connect("claude-haiku-4.5", environ=environ)
        try:
            await endpoint.find("a", 1, 0.0)
        finally:
            await endpoint.close()

    with BatchServer(answer) as server:
        asyncio.run(run(server.url))
    (headers,) = server.headers
    assert (f"Bearer {KEY}", False) == (headers["authorization"], "x-api-key" in headers)


def test_the_users_own_headers_come_first() -> None:
    """With one for a gateway's key no other key is made up."""
    own = {"X-Gateway-Key": "secret-of-a-gateway"}
    instead = {"authorization": "Bearer secret-of-a-user"}

    async def run(url: str) -> None:
        for headers, environ in ((own, {}), (instead, KEYS)):
            more = Overrides(headers=headers)
            base = f"{url}/v1"
            endpoint = batches.connect("m", api_base=base, environ=environ, overrides=more)
            try:
                await endpoint.find("a", 1, 0.0)
            finally:
                await endpoint.close()

    with BatchServer(answer) as server:
        asyncio.run(run(server.url))
    first, second = server.headers
    assert "secret-of-a-gateway" == first["x-gateway-key"]
    assert "authorization" not in first
    assert "Bearer secret-of-a-user" == second["authorization"]


def test_a_server_without_batches_is_told_with_what_there_is(tmp_path: Path) -> None:
    """As vLLM's, which has an offline program instead."""
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(b"{}\n")

    async def run(url: str) -> None:
        endpoint = batches.connect("m", api_base=f"{url}/v1", environ={})
        try:
            await endpoint.upload(rows, "a")
        finally:
            await endpoint.close()

    with (
        Endpoint(answer) as server,
        pytest.raises(BatchError, match=r"^bad request: HTTP 404.*--rest-batch=file"),
    ):
        asyncio.run(run(server.url))


@pytest.mark.parametrize(
    "value", ["../x", "a/b", "a?b", "a#b", "..", "", "a b", "a\n", "x" * 301, None, 3, ["a"], "%2e"]
)
def test_an_id_that_leads_elsewhere_is_refused(value: object) -> None:
    """It comes from outside, and stands in a path."""
    with pytest.raises(BatchError, match="malformed response: an id"):
        checked_id(value)


# Batches in files


async def _file_states(folder: Path) -> tuple[list[str], list[BatchRow], str]:
    endpoint = batches.connect_file("Org/My-Model", folder)
    rows = folder / "a.jsonl"
    rows.write_bytes(b"".join(endpoint.row(SHOWN, f"a-{place}") for place in range(3)))
    assert [] == [*await endpoint.find("b", 3, 0.0)]
    assert [("a", True)] == [*await endpoint.find("a", 3, 0.0)]
    batch = await endpoint.create(rows, await endpoint.upload(rows, "a"), "a")
    states = [await endpoint.state(batch)]
    body = {"choices": [{"message": {"content": "3"}, "finish_reason": "stop"}], "model": "m"}
    lines = [
        {"custom_id": "a-2", "response": {"status_code": 200, "body": body}, "error": None},
        {
            "custom_id": "a-0",
            "response": {"status_code": 400, "body": None},
            "error": {"error": {"message": "too long", "type": "BadRequestError", "code": 400}},
        },
    ]
    results = folder / "a.results.jsonl"
    for count in (1, 2):
        results.write_text("\n".join(map(json.dumps, lines[:count])), "utf-8")
        states.append(await endpoint.state(batch))
    long_ago = time.time() - 100
    os.utime(results, (long_ago, long_ago))
    states.append(await endpoint.state(batch))
    read = [row async for row in endpoint.results(batch)]
    results.write_text("{}\n" * 3, "utf-8")
    states.append(await endpoint.state(batch))
    return [state.status for state in states], read, states[0].detail


def test_a_batch_in_a_file_is_over_with_its_results(tmp_path: Path) -> None:
    """Whose program is named with its arguments; a file that is being written is waited for."""
    statuses, rows, detail = asyncio.run(_file_states(tmp_path))
    assert ["waiting", "running", "running", "ended", "ended"] == statuses
    command = f"vllm run-batch -i {tmp_path}/a.jsonl -o {tmp_path}/a.results.jsonl"
    assert f"{command} --model Org/My-Model" == detail
    assert ["a-2", "a-0"] == [row.row_id for row in rows]
    assert ("3", None) == (rows[0].completion.text, rows[0].completion.error)
    assert "bad request: HTTP 400, in a batch: too long" == rows[1].completion.error


def test_a_pipe_is_not_a_file_of_results(tmp_path: Path) -> None:
    """Reading it might never end."""
    os.mkfifo(tmp_path / "a.results.jsonl")
    endpoint = batches.connect_file("m", tmp_path)

    async def run() -> list[BatchRow]:
        assert "waiting" == (await endpoint.state("a")).status
        return [row async for row in endpoint.results("a")]

    with pytest.raises(BatchError, match="there is no file"):
        asyncio.run(run())


# Lines of results


def test_a_line_without_an_end_is_read_up_to_its_bound() -> None:
    """And the next line is whole again."""
    file = io.BytesIO(b'{"a": 1}\n\n  \n' + b"x" * (33 << 20) + b"\n" + b'{"b": 2}')
    assert [8, 16 << 20, 8] == [len(line.rstrip(b"\n")) for line in read_lines(file)]
