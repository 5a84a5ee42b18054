"""What holds no answer under HTTP 200, taken for what it is: over the wire, by every client."""

import json
import time
from typing import Any

import pytest
from endpoint import Reply
from test_dispatcher import asked
from test_faults import dispatching
from test_protocols import CLIENTS, OPENAI, answer

from pytest_rest.dispatch import ENDED
from pytest_rest.models.contents import parsed
from pytest_rest.terms import Completion

INSIDE = ", inside HTTP 200: "


def body(data: Any, **headers: str) -> Reply:
    """That JSON, under HTTP 200."""
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(raw=json.dumps(data).encode(), headers=written)


def error(**fields: object) -> dict[str, Any]:
    """An error object."""
    return {"error": fields}


KINDS = {
    "OpenRouter": (error(code=429, message="no"), "rate limit: HTTP 429"),
    "OpenAI": (error(type="rate_limit_error", message="no"), "rate limit: HTTP 429"),
    "OpenAI's code": (error(code="rate_limit_exceeded", message="no"), "rate limit: HTTP 429"),
    "Gemini": (error(status="RESOURCE_EXHAUSTED", message="no"), "rate limit: HTTP 429"),
    "a list": ([error(code=503, status="UNAVAILABLE", message="no")], "server error: HTTP 503"),
    "Anthropic": (
        {"type": "error", **error(type="overloaded_error", message="no")},
        "server error: HTTP 529",
    ),
    "no choices": (error(code=502, message="no") | {"choices": []}, "server error: HTTP 502"),
    "in a choice": (
        {"choices": [{**error(code=502, message="no"), "finish_reason": "error"}]},
        "server error: HTTP 502",
    ),
    "vLLM": ({"object": "error", "code": 400, "message": "no"}, "bad request: HTTP 400"),
    "a code alone": ({"code": "429", "message": "no"}, "rate limit: HTTP 429"),
    "the key": (error(code="invalid_api_key", message="no"), "authentication: HTTP 401"),
    "a permission": (error(type="permission_error", message="no"), "authentication: HTTP 403"),
    "money": (error(code="insufficient_quota", message="no"), "quota: HTTP 402"),
    "money, as 429": (error(code=429, type="insufficient_quota", message="no"), "quota: HTTP 429"),
    "context": (error(code="context_length_exceeded", message="no"), "bad request: HTTP 400"),
    "a model": (error(code="model_not_found", message="no"), "bad request: HTTP 404"),
    "late": (error(type="timeout_error", message="no"), "timeout: HTTP 408"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.some(17)
def test_an_error_is_what_it_is_under_its_own_status(client: str, kind: str) -> None:
    """Whatever its shape, by its code, its type, or its status."""
    data, expected = KINDS[kind]
    assert Completion(error=f"{expected}{INSIDE}no") == timeless(answer(client, body(data)))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Rate limit reached for requests", "rate limit: HTTP 429"),
        ("Model is overloaded, come back later", "server error: HTTP 503"),
        ("Budget has been exceeded! Current cost: 3", "quota: HTTP 402"),
        ("This model's maximum context length is 4096 tokens", "bad request: HTTP 400"),
        ("Incorrect API key provided", "authentication: HTTP 401"),
    ],
)
def test_an_error_that_is_a_text(message: str, expected: str) -> None:
    """Its words say of what kind it is."""
    completion = answer("served", body({"error": message}))
    assert f"{expected}{INSIDE}{message}" == completion.error


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_says_when_to_ask_again(client: str) -> None:
    """In its text, or in a header."""
    data = error(code=429, message="Please retry in 14.4s.")
    assert "rate limit: HTTP 429, retry after 14.4 s, inside HTTP 200: Please retry in 14.4s." == (
        answer(client, body(data)).error
    )
    data = error(type="overloaded_error", message="no")
    assert "server error: HTTP 529, retry after 7 s, inside HTTP 200: no" == (
        answer(client, body(data, retry_after="7")).error
    )


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "data",
    [
        error(code="content_filter", message="no"),
        error(code=403, message="no", metadata={"reasons": ["violence"]}),
        error(code=400, message="Violated guardrail policy 'pii'"),
    ],
)
def test_a_veto_is_a_refusal(client: str, data: dict[str, Any]) -> None:
    """As under a status of its own."""
    assert Completion(finish_reason="refusal") == timeless(answer(client, body(data)))


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_of_no_known_kind_says_what_it_holds(client: str) -> None:
    """Its beginning, on one line."""
    completion = answer(client, body(error(code="E17", message=f"bad\nmoon {'x' * 900}")))
    said = completion.error or ""
    assert said.startswith("malformed response: it holds an error and no answer: 'bad moon xxx")
    assert len(said) < 170


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("raw", "kind", "held"),
    [
        (b"<!DOCTYPE html><html><title>Just a\nmoment</title>", "text/html", "'Just a moment'"),
        (b"\n <HTML><body>Down</body>", "text/plain", "'<HTML><body>Down</body>'"),
        (b"<div>Sign in</div>", "text/html; charset=utf-8", "'<div>Sign in</div>'"),
    ],
)
def test_a_page_is_a_gateways(client: str, raw: bytes, kind: str, held: str) -> None:
    """It is named, with its title, or its beginning; and may say when to ask again."""
    said = "server error: HTTP 200{}: an HTML page and no answer: " + held
    reply = Reply(raw=raw, headers={"content-type": kind})
    assert said.format("") == answer(client, reply).error
    reply = Reply(raw=raw, headers={"content-type": kind, "retry-after": "7"})
    assert said.format(", retry after 7 s") == answer(client, reply).error


EVENTS = b'data: {"id": "1", "choices": [{"delta": {"content": "3"}}]}\n\ndata: [DONE]\n\n'
STREAMS = {
    "its type": Reply(raw=EVENTS, headers={"content-type": "text/event-stream; charset=utf-8"}),
    "its look": Reply(raw=EVENTS),
    "a comment": Reply(raw=b": PROCESSING\n\n" + EVENTS),
    "an event": Reply(raw=b"event: ping\n" + EVENTS),
    "lines": Reply(raw=b'{"a": 1}\n{"b": 2}', headers={"content-type": "application/x-ndjson"}),
}
STREAM_ONLY = "bad request: HTTP 200: the server answers as a stream only, which is not read; ask"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_is_named(client: str, kind: str) -> None:
    """With the mend, and its beginning."""
    said = answer(client, STREAMS[kind]).error or ""
    start = STREAMS[kind].raw or b""
    assert said.startswith(STREAM_ONLY)
    assert repr(" ".join(start.decode().split())[:20])[:-1] in said
    assert len(said) < 300


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ["data: ", "event: error\ndata:"])
def test_an_error_in_a_stream_is_what_it_is(client: str, name: str) -> None:
    """Not what it comes in."""
    raw = (name + json.dumps(error(code=429, message="no")) + "\n\n").encode()
    reply = Reply(raw=raw, headers={"content-type": "text/event-stream"})
    assert f"rate limit: HTTP 429{INSIDE}no" == answer(client, reply).error


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_server_that_only_streams_ends_all_asking(client: str, concurrency: int) -> None:
    """As it cannot be asked: at once, with what was in flight."""
    plan = lambda _: STREAMS["its look"]  # noqa: E731
    with dispatching(client, plan, concurrency) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(40))
    assert {True} == {str(each.error).startswith(ENDED + STREAM_ONLY) for each in completions}
    assert len(endpoint.log) <= concurrency


def test_a_stream_after_an_answer_is_one_prompts() -> None:
    """The others are asked."""
    late = lambda r: STREAMS["its look"] if r.number == 2 else Reply("3")  # noqa: E731
    with dispatching("served", late, 1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(30))
    assert 1 == sum(each.error is not None for each in completions)
    assert (30, 0) == (len(endpoint.log), dispatcher.retries)


def test_a_gateways_page_that_passes_loses_nothing() -> None:
    """As a 502 of some seconds, whatever --rest-retries says."""
    begun = time.monotonic()

    def plan(_: object) -> Reply:
        is_down = time.monotonic() < begun + 1.0
        return Reply("Back soon", fault="page") if is_down else Reply("3")

    with dispatching("served", plan, 12, retries=1) as (_, dispatcher):
        completions = dispatcher.ask(asked(40))
    assert {("3", None)} == {(each.text, each.error) for each in completions}


@pytest.mark.parametrize(
    "data",
    [
        {"choices": [{"message": {"content": "3"}}], "error": None},
        {"choices": [{"message": {"content": "3"}, "error": None}], "status": "error"},
        {"content": [{"type": "text", "text": "3"}], "error": {"code": 429}},
        {"id": "c", "message": {"content": "3"}},
        {"access_token": "3", "code": 0},
        [],
        [3],
        "error",
        None,
    ],
)
def test_what_is_no_error(data: Any) -> None:
    """An answer beside one, or another JSON, is read by who asked for it."""
    assert data == parsed(json.dumps(data), {})


def timeless(completion: Completion) -> Completion:
    """The completion less what it took."""
    return Completion(completion.text, completion.finish_reason, error=completion.error)
