"""When an endpoint wants to be asked again, and keys that must appear nowhere: over the wire."""

import email.utils
import re
import time

import pytest
from endpoint import Reply
from test_protocols import ASKED, CLIENTS, KEY, KEYS, NAMES, ask, serving

from pytest_rest.dispatch.limits import pause_after
from pytest_rest.errors import ModelError
from pytest_rest.models.providers import litellm, openai_compatible

GEMINI = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "14.5s"}


def soon(seconds: float) -> str:
    """A date of HTTP."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def body(message: str, **more: object) -> Reply:
    """A rate limit with that message."""
    return Reply(status=429, body={"error": {"message": message, **more}})


def headers(**names: str) -> Reply:
    """A rate limit with such headers."""
    return Reply("no", status=429, headers={k.replace("_", "-"): v for k, v in names.items()})


WAITS = {
    "Retry-After": (headers(retry_after="7"), 7),
    "hours": (headers(retry_after="3600"), 3600),
    "date": (headers(retry_after=soon(290)), 290),
    "LiteLLM's proxy": (Reply("no", status=429, headers={"llm_provider-retry-after": "9"}), 9),
    "milliseconds": (headers(retry_after_ms="250"), 0.25),
    "Gemini": (body("quota", details=[GEMINI]), 14.5),
    "retry in": (body("Please retry in 14.4s."), 14.4),
    "try again in": (body("Please try again in 20s. Visit"), 20),
    "minutes": (body("Please try again in 6m0s."), 360),
    "a few ms": (body("Please try again in 6ms."), 0.006),
    "words": (body("Try again in 3 minutes, please"), 180),
    "retry after": (body("Retry after 12 seconds"), 12),
    "reset": (headers(x_ratelimit_reset_requests="1m30s"), 90),
    "reset in ms": (headers(x_ratelimit_reset_tokens="6ms"), 0.006),
    "epoch": (headers(x_ratelimit_reset=str(int(time.time()) + 290)), 290),
    "epoch in ms": (headers(x_ratelimit_reset=str(int(time.time() + 290) * 1000)), 290),
    "used up": (
        headers(
            x_ratelimit_reset_requests="1s",
            x_ratelimit_remaining_requests="5",
            x_ratelimit_reset_tokens="50s",
            x_ratelimit_remaining_tokens="0",
        ),
        50,
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", WAITS)
def test_the_waiting_time_is_kept(client: str, kind: str) -> None:
    """As Retry-After is, wherever it is said."""
    reply, expected = WAITS[kind]
    with serving(client, reply) as (_, model):
        (completion,) = ask(model, ASKED)
    told = re.match(r"rate limit: HTTP 429, retry after ([\d.]+) s: ", completion.error or "")
    assert told, completion.error
    loss = (
        200 if kind in ("date", "epoch", "epoch in ms") else 0.0001
    )  # since the test was collected
    assert expected - loss <= float(told[1]) <= expected + 1
    assert min(float(told[1]), 300.0) == pause_after(completion.error or "", 1)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("said", ["soon", "-5", "nan", "1e9", "9" * 400, "", "7 s s"])
def test_a_waiting_time_that_cannot_be_read(client: str, said: str) -> None:
    """None is told then."""
    with serving(client, headers(retry_after=said)) as (_, model):
        (completion,) = ask(model, ASKED)
    assert "rate limit: HTTP 429: no" == completion.error


@pytest.mark.parametrize("client", CLIENTS)
def test_the_key_is_taken_out_of_answers(client: str) -> None:
    """A model may quote it, and a server may report it as the model's id."""
    with serving(client, Reply(f"it is {KEY}!"), reports=KEY) as (_, model):
        (completion,) = ask(model, ASKED)
    assert ("it is ***!", "***") == (completion.text, completion.model)


@pytest.mark.parametrize("key", ["two  blanks  in-it", 'a"quote\\and/slash+key'])
@pytest.mark.parametrize("status", [200, 400])
def test_odd_keys_are_taken_out(key: str, status: int) -> None:
    """As they are, or as a JSON has them."""
    with serving("served", Reply(f"<{key}>", status=status)) as (endpoint, _):
        model = openai_compatible.connect(
            "m", endpoint.openai_base, environ={"OPENAI_API_KEY": key}
        )
        (completion,) = ask(model, ASKED)
    assert "<***>" in completion.text + (completion.error or "")


@pytest.mark.parametrize(
    "key", ["line\nbreak-key", "line\r\nbreak-key", "nul\0-inside", "“quoted”"]
)
def test_a_key_with_a_line_break_is_told(key: str) -> None:
    """Before anything is asked, and without being shown."""
    environ = {**KEYS, "OPENAI_API_KEY": key}
    with pytest.raises(ModelError, match="has a line break") as served:
        openai_compatible.connect("m", "http://127.0.0.1:9/v1", environ=environ)
    with pytest.raises(ModelError, match="has a line break") as through:
        litellm.connect(NAMES["litellm-openai"], environ=environ)
    assert key not in f"{served.value} {through.value}"
