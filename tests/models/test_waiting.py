"""When an endpoint wants to be asked again, wherever it says so: over the wire."""

import email.utils
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from endpoint import Reply
from test_protocols import ASKED, CLIENTS, ask, serving

from pytest_rest.dispatch.limits import pause_after

GEMINI = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "14.5s"}


def soon(seconds: float) -> str:
    """A date of HTTP."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def utc(seconds: float) -> str:
    """A date of RFC 3339."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def body(message: str, **more: object) -> Reply:
    """A rate limit with that message."""
    return Reply(status=429, body={"error": {"message": message, **more}})


def headers(**names: str) -> Reply:
    """A rate limit with such headers."""
    written = {name.replace("_", "-").replace("llm-", "llm_"): v for name, v in names.items()}
    return Reply("no", status=429, headers=written)


# What says so, and the seconds until then; made in the test, for some are times of the day.
WAITS: dict[str, tuple[Callable[[], Reply], float]] = {
    "Retry-After": (lambda: headers(retry_after="7"), 7),
    "hours": (lambda: headers(retry_after="3600"), 3600),
    "date": (lambda: headers(retry_after=soon(290)), 290),
    "RFC 850's date": (lambda: headers(retry_after=soon(290).replace("GMT", "UTC")), 290),
    "LiteLLM's proxy": (lambda: headers(llm_provider_retry_after="9"), 9),
    "milliseconds": (lambda: headers(retry_after_ms="250"), 0.25),
    "Gemini": (lambda: body("quota", details=[GEMINI]), 14.5),
    "Gemini's, in a body that is long": (lambda: body("q" * 9000, details=[GEMINI]), 14.5),
    "retry in": (lambda: body("Please retry in 14.4s."), 14.4),
    "try again in": (lambda: body("Please try again in 20s. Visit"), 20),
    "minutes": (lambda: body("Please try again in 6m0s."), 360),
    "hours, minutes": (lambda: body("Please try again in 1h2m3.5s."), 3723.5),
    "a few ms": (lambda: body("Please try again in 6ms."), 0.006),
    "words": (lambda: body("Try again in 3 minutes, please"), 180),
    "retry after": (lambda: body("Retry after 12 seconds"), 12),
    "none, and then some": (lambda: headers(retry_after="0", x_ratelimit_reset="40"), 40),
    "reset": (lambda: headers(x_ratelimit_reset_requests="1m30s"), 90),
    "reset in ms": (lambda: headers(x_ratelimit_reset_tokens="6ms"), 0.006),
    "epoch": (lambda: headers(x_ratelimit_reset=str(int(time.time()) + 290)), 290),
    "epoch in ms": (lambda: headers(x_ratelimit_reset=str(int(time.time() + 290) * 1000)), 290),
    "Anthropic": (lambda: headers(anthropic_ratelimit_requests_reset=utc(290)), 290),
    "draft of the IETF": (lambda: headers(ratelimit_reset="33", ratelimit_remaining="0"), 33),
    "through LiteLLM's proxy": (lambda: headers(llm_provider_x_ratelimit_reset_tokens="9s"), 9),
    "used up": (
        lambda: headers(
            x_ratelimit_reset_requests="1s",
            x_ratelimit_remaining_requests="5",
            x_ratelimit_reset_tokens="50s",
            x_ratelimit_remaining_tokens="0",
        ),
        50,
    ),
    "a day of which something is left": (
        lambda: headers(
            x_ratelimit_reset_requests="20h",
            x_ratelimit_remaining_requests="5000",
            x_ratelimit_reset_tokens="7.66s",
            x_ratelimit_remaining_tokens="100",
        ),
        7.66,
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", WAITS)
@pytest.mark.some(25)
def test_the_waiting_time_is_kept(client: str, kind: str) -> None:
    """As Retry-After is, wherever it is said."""
    reply, expected = WAITS[kind]
    with serving(client, lambda _: reply()) as (_, model):
        (completion,) = ask(model, ASKED)
    error = completion.error or ""
    told = re.match(r"rate limit: HTTP 429, retry after ([\d.]+) s: ", error)
    assert told, error
    late = 1.0 if expected == 290 else 0.0001  # a time of the day has whole seconds
    assert -completion.seconds - late <= float(told[1]) - expected <= late
    assert min(float(told[1]), 300.0) == pause_after(error, 1)
    assert float(told[1]) == pause_after(error, 1, longest=1e9)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("said", ["soon", "-5", "nan", "1e9", "9" * 400, "", "7 s s"])
def test_a_waiting_time_that_cannot_be_read(client: str, said: str) -> None:
    """None is told then."""
    with serving(client, headers(retry_after=said)) as (_, model):
        (completion,) = ask(model, ASKED)
    assert "rate limit: HTTP 429: no" == completion.error
