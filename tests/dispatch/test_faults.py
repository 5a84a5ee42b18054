"""The fault table: how each way in which an endpoint can fail ends, over both clients.

What was asked is counted at the server; nothing of a client is replaced.
"""

import asyncio
import os
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Finished, Oracle, RunRest
from test_dispatcher import asked
from test_protocols import ASKED, ask, connected, serving

from pytest_rest.dispatch import ENDED, Dispatcher
from pytest_rest.dispatch.limits import Limits
from pytest_rest.dispatch.outage import may_pass
from pytest_rest.models.failures import describe_status
from pytest_rest.models.providers import openai_compatible
from pytest_rest.terms import Completion, Prompt

CLIENTS = ("served", "litellm-openai")
Plan = Callable[[Request], Reply]
SOON = 0.05  # what a server may say in Retry-After to a test that has no time


@pytest.fixture(scope="module", autouse=True)
def _litellm_is_warm() -> None:
    """Its first call imports this and that, for longer than the timeouts here."""
    with serving("litellm-openai", Reply("3")) as (_, model):
        ask(model, ASKED)


@contextmanager
def dispatching(
    client: str,
    plan: Plan,
    concurrency: int = 32,
    *,
    retries: int = 5,
    timeout: float = 5.0,
    patience: float = 60.0,
) -> Iterator[tuple[Endpoint, Dispatcher]]:
    """A server with a plan, and a dispatcher that asks it by that client."""
    with (
        Endpoint(plan) as endpoint,
        connected(client, endpoint.url, timeout=timeout) as model,
    ):
        dispatcher = Dispatcher(model, Limits(concurrency, retries=retries, patience=patience))
        try:
            yield endpoint, dispatcher
        finally:
            dispatcher.close()


def right(request: Request) -> Reply:
    """An answer that says which prompt it is for."""
    return Reply(text=request.texts[0])


def answered(endpoint: Endpoint) -> Counter[str]:
    """How often each prompt was answered with success, in the server's own log."""
    return Counter(
        request.texts[0]
        for request, reply in endpoint.log
        if reply.status == 200 and not reply.fault
    )


# What passes

PASSING = {
    "429": Reply("slow down", status=429),
    "429-after": Reply("slow down", status=429, retry_after=SOON),
    "408": Reply("late", status=408, retry_after=SOON),
    "500": Reply("oops", status=500, retry_after=SOON),
    "502-page": Reply("Bad gateway", status=502, fault="page"),
    "503": Reply("overloaded", status=503, retry_after=SOON),
    "504": Reply("gateway", status=504, retry_after=SOON),
    "529": Reply("full", status=529, retry_after=SOON),
    "reset": Reply("3", fault="reset"),
    "half-a-json": Reply("3", fault="malformed"),
    "no-choices": Reply("3", fault="empty-choices"),
    "page": Reply("Sign in", fault="page"),
    "broken-down": Reply("half of it", finish_reason="error"),
    "broken-off": Reply("half of it", finish_reason="abort"),
    "hang": Reply(fault="hang"),
    "slow-loris": Reply(fault="drip"),
}


@pytest.fixture(scope="module")
def passed() -> dict[tuple[str, str], tuple[str | None, bool, int]]:
    """By client and fault: the error, whether the answer is its own, and the number of requests."""
    found = {}
    given = dict(zip(PASSING, asked(len(PASSING)), strict=True))
    faults = {str(prompt.parts[0]): PASSING[fault] for fault, prompt in given.items()}
    for client in CLIENTS:
        met: set[str] = set()

        def plan(request: Request, met: set[str] = met) -> Reply:
            (text,) = request.texts
            is_new = text not in met
            met.add(text)
            return faults[text] if is_new else right(request)

        with dispatching(client, plan, timeout=1.0) as (endpoint, dispatcher):
            completions = dispatcher.ask(list(given.values()))
        tries = Counter(request.texts[0] for request in endpoint.requests)
        for (fault, prompt), each in zip(given.items(), completions, strict=True):
            is_own = each.text == prompt.parts[0]
            found[client, fault] = (each.error, is_own, tries[str(prompt.parts[0])])
    return found


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes(
    client: str, fault: str, passed: dict[tuple[str, str], tuple[str | None, bool, int]]
) -> None:
    """Asked once more, and answered."""
    assert (None, True, 2) == passed[client, fault]


# What does not pass

LASTING = {
    "500": ("server error: HTTP 500", lambda _: Reply("bug", status=500, retry_after=SOON), 3),
    "500-varied": (
        "server error: HTTP 500",
        lambda request: Reply(str(request.number), status=500, retry_after=SOON),
        6,
    ),
    "429": ("rate limit: HTTP 429", lambda _: Reply("quota", status=429, retry_after=SOON), 6),
    "408": ("timeout: HTTP 408", lambda _: Reply("late", status=408, retry_after=SOON), 6),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts(client: str, fault: str) -> None:
    """The same answer of a broken server three times is final; whatever varies is bounded too."""
    error, plan, requests = LASTING[fault]
    with dispatching(client, plan) as (endpoint, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert error == str(completion.error)[: len(error)]
    assert requests == len(endpoint.requests) == dispatcher.retries + 1


@pytest.mark.parametrize(
    ("fault", "error", "retries", "requests"),
    [
        (Reply("3", fault="malformed"), "malformed response: JSONDecodeError: ", 5, 3),
        (Reply("3", fault="empty-choices"), "malformed response: it holds no choices", 5, 3),
        (Reply("Sign in", fault="page"), "server error: HTTP 200: an HTML page and ", 1, 2),
        (Reply("3", fault="reset"), "connection: ", 3, 4),
        (Reply(fault="hang"), "timeout: no answer within 0.2 s", 1, 2),
        (Reply(fault="drip"), "timeout: no answer within 0.2 s", 1, 2),
    ],
    ids=lambda value: value.fault if isinstance(value, Reply) else "",
)
def test_a_fault_without_a_status_that_lasts(
    fault: Reply, error: str, retries: int, requests: int
) -> None:
    """A malformed answer is final the third time; a missing one is tried to the end."""
    with dispatching("served", lambda _: fault, retries=retries, timeout=0.2) as (endpoint, d):
        (completion,) = d.ask(asked(1))
    assert error == str(completion.error)[: len(error)]
    assert requests == len(endpoint.requests)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_bad_request_is_asked_once(client: str, status: int) -> None:
    """What is wrong with a prompt will be wrong again; the others are answered."""

    def plan(request: Request) -> Reply:
        return Reply("bad", status=status) if request.texts[0] == given[0].parts[0] else Reply("3")

    given = asked(20)
    with dispatching(client, plan) as (endpoint, dispatcher):
        completions = dispatcher.ask(given)
    assert f"bad request: HTTP {status}: bad" == completions[0].error
    assert {None} == {each.error for each in completions[1:]}
    assert (20, 0) == (len(endpoint.requests), dispatcher.retries)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_content_filter_is_asked_once(client: str) -> None:
    """A veto is an answer."""
    veto = Reply("filtered", status=400, code="content_filter")
    with dispatching(client, lambda _: veto) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(3))
    assert {("refusal", None)} == {(each.finish_reason, each.error) for each in completions}
    assert 3 == len(endpoint.requests)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_bad_key_ends_all_asking(client: str, status: int) -> None:
    """No more than what was in flight was asked; every prompt is told the same, in one line."""
    with dispatching(client, lambda _: Reply("who?", status=status), 2) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(20))
    told = f"{ENDED}authentication: HTTP {status}: who?"
    assert [told] * 20 == [each.error for each in completions]
    assert len(endpoint.requests) <= 2


def refusing(reply: Reply, which: int) -> Plan:
    """A server that refuses one prompt, known by its place, and answers all others."""
    return lambda request: reply if request.texts[0] == asked(40)[which].parts[0] else Reply("3")


def error_body(status: int, message: str, **more: object) -> Reply:
    """An error object as OpenAI and OpenRouter send it."""
    return Reply(status=status, body={"error": {"message": message, "code": status, **more}})


FLAGGED = {
    "OpenRouter": error_body(403, "not this", metadata={"reasons": ["violence"]}),
    "flagged": error_body(403, "Your input was flagged by our systems"),
    "moderation": error_body(403, "The input did not pass moderation"),
    "guardrail": error_body(400, "Violated guardrail policy 'pii'"),
    "guardrail's type": error_body(400, "no", type="content_filter"),
}


@pytest.mark.some(8)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", FLAGGED)
@pytest.mark.parametrize("which", [0, 20])
def test_a_prompt_that_is_flagged_is_refused(client: str, kind: str, which: int) -> None:
    """It alone, were it the first of all."""
    with dispatching(client, refusing(FLAGGED[kind], which), 1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(40))
    refused = [each.finish_reason == "refusal" for each in completions]
    assert {None} == {each.error for each in completions}
    assert ([which], 40) == ([n for n, is_so in enumerate(refused) if is_so], len(endpoint.log))


@pytest.mark.some(4)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("reply", "which", "error"),
    [
        (error_body(403, "not you"), 20, "authentication: HTTP 403: not you"),
        (error_body(403, "API key lacks moderation scope"), 20, "authentication: HTTP 403: API"),
        (Reply("Access denied", status=403, fault="page"), 0, "bad request: HTTP 403: "),
        (Reply(raw=b"blocked", status=403), 20, "bad request: HTTP 403: "),
    ],
)
def test_a_prompt_that_is_forbidden_is_lost_alone(
    client: str, reply: Reply, which: int, error: str
) -> None:
    """Something was answered, so the key is good; a firewall's page says nothing of the key."""
    with dispatching(client, refusing(reply, which), 1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(40))
    assert error == str(completions.pop(which).error)[: len(error)]
    assert {None} == {each.error for each in completions}
    assert 40 == len(endpoint.log)


USED_UP = {
    "402": error_body(402, "Insufficient Balance"),
    "402 without a word": error_body(402, "no"),
    "429": error_body(429, "You exceeded your current quota", code="insufficient_quota"),
    "429 by type": error_body(429, "You exceeded it", type="insufficient_quota"),
    "400": error_body(400, "Budget has been exceeded! Current cost: 3", type="budget_exceeded"),
    "429 of a proxy": error_body(429, "Budget has been exceeded! Current cost: 3"),
    "400 of Anthropic": error_body(400, "Your credit balance is too low to access the API"),
    "403": error_body(403, "no", code="billing_not_active"),
    "400 of Alibaba": error_body(400, "Access denied", code="Arrearage"),
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", USED_UP)
def test_money_that_is_spent_ends_all_asking(client: str, kind: str) -> None:
    """At once, after any number of answers, without a retry, and with the reason first."""
    reply = USED_UP[kind]
    late = lambda request: Reply("3") if request.number <= 5 else reply  # noqa: E731
    with dispatching(client, late, 1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(20))
    (told,) = {str(each.error) for each in completions[5:]}
    said = reply.body["error"]["message"] if reply.body else ""
    assert f"{ENDED}quota: HTTP {reply.status}: {said}" == told
    assert (6, 0) == (len(endpoint.log), dispatcher.retries)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (404, "; check the address, which may have one /v1 too many or too few, and the model's"),
        (405, "; check the address, which may have one /v1"),
        (400, ""),
        (413, ""),
        (422, ""),
        (307, ""),
    ],
)
@pytest.mark.some(4)
def test_a_dozen_calls_that_are_refused_alike_end_all_asking(
    client: str, status: int, mend: str
) -> None:
    """When none was ever answered: each would be."""
    plan = lambda request: Reply(f"no {request.number}", status=status)  # noqa: E731
    with dispatching(client, plan, 1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(200))
    (told,) = {str(each.error) for each in completions[12:]}
    said = f"{ENDED}the first 12 calls were refused alike: bad request: HTTP {status}: "
    assert said == told[: len(said)]
    assert mend in told
    assert 12 == len(endpoint.log)


@pytest.mark.parametrize("client", CLIENTS)
def test_calls_that_are_refused_otherwise_do_not_end_all_asking(client: str) -> None:
    """After an answer, or for different reasons, each item is lost alone."""
    late = lambda request: Reply("3", status=200 if request.number == 1 else 404)  # noqa: E731
    with dispatching(client, late, 1) as (endpoint, dispatcher):
        dispatcher.ask(asked(30))
    assert 30 == len(endpoint.log)
    mixed = lambda request: Reply("no", status=[400, 404, 413][request.number % 3])  # noqa: E731
    with dispatching(client, mixed, 1) as (endpoint, dispatcher):
        dispatcher.ask(asked(30))
    assert 30 == len(endpoint.log)


def test_one_prompt_that_is_never_taken() -> None:
    """A rate limit that one prompt alone meets counts only when no other is answered any more."""
    given = asked(150)

    def plan(request: Request) -> Reply:
        if request.texts[0] == given[0].parts[0]:
            return Reply("too large for any minute", status=429, retry_after=SOON, delay=0.2)
        return Reply("3", delay=0.04)

    with dispatching("served", plan, 4) as (endpoint, dispatcher):
        completions = dispatcher.ask(given)
    tried = [request.texts[0] == given[0].parts[0] for request in endpoint.requests]
    assert "rate limit: HTTP 429" == str(completions[0].error)[:20]
    assert {None} == {each.error for each in completions[1:]}
    assert all(tried[-5:])  # its last five retries, when all others were answered
    assert 10 <= sum(tried) < 150


# Storms of 429


def in_flight(most: int, after: float | None) -> Plan:
    """A server that answers so many at a time, and refuses the others."""
    ends: deque[float] = deque()

    def plan(request: Request) -> Reply:
        now = time.monotonic()
        while ends and ends[0] <= now:
            ends.popleft()
        if len(ends) >= most:
            return Reply("slow down", status=429, retry_after=after)
        ends.append(now + 0.04)
        return Reply(request.texts[0], delay=0.04)

    return plan


def per_second(most: int, after: float | None) -> Plan:
    """A server that answers so many, and refuses the others until a second later."""
    refused: list[float] = []

    def plan(request: Request) -> Reply:
        if request.number > most:
            refused.append(time.monotonic())
        if refused and refused[-1] < refused[0] + 1:
            return Reply("slow down", status=429, retry_after=after)
        return Reply(request.texts[0], delay=0.01)

    return plan


@pytest.mark.some(3)
@pytest.mark.parametrize(
    ("client", "plan"),
    [
        ("served", in_flight(4, None)),
        ("served", in_flight(4, 0.2)),
        ("served", per_second(60, None)),
        ("served", per_second(60, 1)),
        ("served", per_second(60, 0)),
        ("litellm-openai", in_flight(4, 0.2)),
    ],
    ids=["4", "4-after", "60/s", "60/s-after", "60/s-after-0", "litellm"],
)
def test_a_storm(client: str, plan: Plan) -> None:
    """Every prompt is answered, once, for its own question; how many are in flight follows."""
    given = asked(90)
    with dispatching(client, plan) as (endpoint, dispatcher):
        completions = dispatcher.ask(given)
    assert [prompt.parts[0] for prompt in given] == [each.text for each in completions]
    assert {1} == set(answered(endpoint).values())
    assert len(given) + dispatcher.retries == len(endpoint.requests)
    assert dispatcher.retries < 4 * len(given)
    assert "32 -> 16 calls in flight: rate limit: HTTP 429" == dispatcher.changes[0][:46]
    assert any("answers in a row" in change for change in dispatcher.changes)


def test_a_burst_halves_once_and_is_recovered_from() -> None:
    """Sixteen refusals of what was in flight together are one reason, not sixteen."""

    def plan(request: Request) -> Reply:
        slow = Reply("slow down", status=429, retry_after=SOON, delay=0.3)
        return slow if request.number <= 16 else Reply("3", delay=0.02)

    with dispatching("served", plan, 16) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(250))
    cuts = [change for change in dispatcher.changes if "rate limit" in change]
    assert {None} == {each.error for each in completions}
    assert ["16 -> 8 calls in flight: rate limit: HTTP 429, retry after 0.05 s: slow down"] == cuts
    assert "-> 16 calls in flight: 14 answers in a row" == dispatcher.changes[-1].partition(" ")[2]
    assert 250 + 16 == len(endpoint.requests)


def test_what_pauses_for_itself_holds_up_nobody() -> None:
    """After a burst fewer are in flight; prompts that wait for something else are not counted."""
    given = [str(prompt.parts[0]) for prompt in asked(40)]
    tries: Counter[str] = Counter()

    def plan(request: Request) -> Reply:
        (text,) = request.texts
        tries[text] += 1
        if request.number <= 8:
            return Reply("slow down", status=429, retry_after=SOON, delay=0.2)
        if given.index(text) < 7 and tries[text] == 2:
            return Reply("restarting", status=503, retry_after=3)
        return right(request)

    with dispatching("served", plan, 8) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(40))
    asked_for = [given.index(request.texts[0]) for request in endpoint.requests]
    assert given == [each.text for each in completions]
    assert set(range(7)) == set(asked_for[-7:])


# An endpoint that is gone


@pytest.mark.parametrize(("client", "seconds"), [("served", 3), ("litellm-openai", 1)])
def test_an_endpoint_that_dies_and_comes_back(client: str, seconds: float) -> None:
    """On the same port, a while later: nothing is lost."""
    given = asked(80)
    with dispatching(client, lambda r: Reply(r.texts[0], delay=0.1), 8) as (endpoint, dispatcher):
        futures = dispatcher.submit(given)
        while len(endpoint.requests) < 20:
            time.sleep(0.01)
        endpoint.go_down()
        time.sleep(seconds)
        seen = len(endpoint.requests)
        endpoint.come_up()
        completions = [future.result(30) for future in futures]
    assert seen < 40  # it was gone
    assert [prompt.parts[0] for prompt in given] == [each.text for each in completions]
    assert dispatcher.retries >= 8


ENDINGS: dict[str, tuple[str, Plan]] = {
    "no-choices": ("malformed response: ", lambda _: Reply("3", fault="empty-choices")),
    "500": ("server error: HTTP 500", lambda r: Reply(str(r.number), status=500, retry_after=SOON)),
    "quota": ("rate limit: HTTP 429", lambda _: Reply("used up", status=429, retry_after=SOON)),
}


@pytest.mark.parametrize(
    ("client", "ending"),
    [
        *(("served", ending) for ending in ENDINGS),
        ("litellm-openai", "500"),
    ],
)
def test_an_endpoint_that_breaks_for_good(client: str, ending: str) -> None:
    """All asking ends after twelve that failed for good, and what was in flight beside them."""
    error, dead = ENDINGS[ending]
    given = asked(200)
    alive = {str(prompt.parts[0]) for prompt in given[:20]}

    def plan(request: Request) -> Reply:
        return right(request) if request.texts[0] in alive else dead(request)

    with dispatching(client, plan, 12, retries=1) as (endpoint, dispatcher):
        before = dispatcher.ask(given[:20])
        start = time.monotonic()
        completions = dispatcher.ask(given[20:])
        seconds = time.monotonic() - start
        requests = len(endpoint.requests) - 20
    ended = [str(each.error) for each in completions if str(each.error).startswith(ENDED)]
    told = f"{ENDED}outage: 12 requests in a row: {error}"
    assert {None} == {each.error for each in before}
    assert {told} == {each[: len(told)] for each in set(ended)}
    assert 1 == len(set(ended))
    assert 12 <= 180 - len(ended) < 24
    assert 12 <= dispatcher.retries <= 24
    assert 24 <= requests < 48
    assert seconds < 20


def hangs(_: Request) -> Reply:
    """A server that takes a request and says nothing."""
    return Reply(fault="hang")


AWAY: dict[str, tuple[str, Plan]] = {
    "gone": ("connection: ", right),
    "reset": ("connection: ", lambda _: Reply("3", fault="reset")),
    "hang": ("timeout: no answer within 0.3 s", hangs),
    "502": ("server error: HTTP 502", lambda _: Reply("Bad gateway", status=502, fault="page")),
    "503": ("server error: HTTP 503", lambda _: Reply("no healthy upstream", status=503)),
    "504": ("server error: HTTP 504", lambda _: Reply("late", status=504)),
    "529": ("server error: HTTP 529", lambda _: Reply("Overloaded", status=529)),
}


@pytest.mark.parametrize(
    ("client", "kind", "retries"),
    [
        *(("served", kind, 9) for kind in AWAY),
        *(("litellm-openai", kind, 9) for kind in ("gone", "503")),
        *(("served", kind, 1) for kind in ("gone", "503")),
    ],
)
@pytest.mark.costly
def test_an_outage_has_a_patience_in_time(client: str, kind: str, retries: int) -> None:
    """Asking pauses, with a probe now and then; in the end it is over, in one line."""
    error, away = AWAY[kind]
    given = asked(200)
    alive = {str(prompt.parts[0]) for prompt in given[:20]}

    def plan(request: Request) -> Reply:
        return right(request) if request.texts[0] in alive else away(request)

    timeout = 0.3 if kind == "hang" else 5.0
    how = {"retries": retries, "timeout": timeout, "patience": 1.5}
    with dispatching(client, plan, 12, **how) as (endpoint, dispatcher):  # type: ignore[arg-type]
        before = dispatcher.ask(given[:20])
        if kind == "gone":
            endpoint.go_down()
        start = time.monotonic()
        completions = dispatcher.ask(given[20:])
        seconds = time.monotonic() - start
        requests = len(endpoint.requests) - 20
    assert {None} == {each.error for each in before}
    errors = [str(each.error) for each in completions]
    (told,) = {each for each in errors if each.startswith(ENDED)}
    assert told.startswith(f"{ENDED}outage: nothing was answered for ")
    assert error in told
    assert all(each.startswith((told, error)) for each in errors)
    assert 1.4 < seconds < 8
    assert requests <= 12 + 6  # those that were in flight, and a probe now and then
    assert any(change.startswith("asking pauses: 10 failures") for change in dispatcher.changes)


@pytest.mark.parametrize("status", [*range(500, 506), *range(520, 532)])
def test_which_statuses_say_that_an_endpoint_is_away(status: int) -> None:
    """Those of a gateway, Cloudflare's among them; not those of a server that broke down itself."""
    is_gateway = status in (502, 503, 504, *range(520, 531))
    assert is_gateway == may_pass(describe_status(status, {}, "<title>nobody is there</title>"))


@pytest.mark.parametrize(("why", "is_away"), [("Connection error.", True), ("bad image", False)])
def test_a_proxy_whose_own_endpoint_is_away(why: str, is_away: bool) -> None:
    """LiteLLM's has the same status for that and for an endpoint that broke down."""
    told = f"litellm.InternalServerError: InternalServerError: OpenAIException - {why} LiteLLM: "
    assert is_away == may_pass(describe_status(500, {}, f'{{"error": {{"message": "{told}"}}}}'))


@pytest.mark.parametrize(("kind", "concurrency"), [("502", 1), ("503", 8), ("504", 32), ("529", 2)])
def test_a_short_outage_loses_nothing(kind: str, concurrency: int) -> None:
    """The same body each time, for longer than the retries last: every prompt is answered once."""
    _, away = AWAY[kind]
    begun = time.monotonic()
    times: list[float] = []

    def plan(request: Request) -> Reply:
        now = time.monotonic() - begun
        if request.number <= 10 or now > 3.0:
            return right(request)
        times.append(now)
        return away(request)

    with dispatching("served", plan, concurrency, retries=1) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(60))
    assert [prompt.parts[0] for prompt in asked(60)] == [each.text for each in completions]
    assert [1] * 60 == list(answered(endpoint).values())
    assert len(times) <= concurrency + 3 + 6
    assert any(change.startswith("asking goes on after ") for change in dispatcher.changes)


@pytest.mark.parametrize("concurrency", [1, 4, 32])
def test_one_prompt_is_no_outage(concurrency: int) -> None:
    """A gateway that never answers one of them: the others are asked, and it alone is lost."""

    def plan(request: Request) -> Reply:
        is_bad = request.texts[0] == str(asked(1)[0].parts[0])
        return Reply("upstream", status=503, retry_after=SOON) if is_bad else right(request)

    how = {"retries": 4, "patience": 2.0}
    with dispatching("served", plan, concurrency, **how) as (endpoint, dispatcher):  # type: ignore[arg-type]
        completions = dispatcher.ask(asked(40))
    lost = [number for number, each in enumerate(completions) if each.error]
    assert [0] == lost
    assert 5 <= sum(reply.status == 503 for _, reply in endpoint.log)  # and not the third is final
    assert [prompt.parts[0] for prompt in asked(40)[1:]] == [each.text for each in completions[1:]]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("address", ["http://nowhere.invalid:8000", "http://127.0.0.1:9"])
def test_an_address_where_nobody_is(client: str, address: str) -> None:
    """A name that is not known and a port that is closed are one line each, soon."""
    with connected(client, address) as model:
        dispatcher = Dispatcher(model, Limits(4, retries=0))
        start = time.monotonic()
        completions = dispatcher.ask(asked(40))
        seconds = time.monotonic() - start
        dispatcher.close()
    told = f"{ENDED}outage: 10 requests in a row: connection: "
    assert "connection: " == str(completions[0].error)[:12]
    assert told == str(completions[-1].error)[: len(told)]
    assert {1} == {len(str(each.error).splitlines()) for each in completions}
    assert seconds < 10


def test_closing_over_a_thread_that_hangs() -> None:
    """A model of the user's own may block where nothing can end it: the run ends all the same."""
    let_go = threading.Event()

    class Blocking(openai_compatible.ServedModel):
        async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
            return [Completion(str(await asyncio.to_thread(let_go.wait, 60))) for _ in prompts]

    dispatcher = Dispatcher(Blocking("tested", "http://127.0.0.1:9", 5.0, None))
    futures = dispatcher.submit(asked(2))
    time.sleep(0.2)
    start = time.monotonic()
    dispatcher.close()
    seconds = time.monotonic() - start
    let_go.set()
    assert all(future.cancelled() for future in futures)
    assert seconds < 5


# Hostile endpoints


NO_PATIENCE = (
    *("0", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "inf", "nan", "1e9", ""),
    *("9" * 4000, "0x10", "1.2.3", "soon", "\N{ARABIC-INDIC DIGIT THREE}" * 9),
)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_patience_that_is_none(client: str) -> None:
    """The past, nothing, less than nothing: the dispatcher takes a pause of its own."""
    prompts = asked(len(NO_PATIENCE))
    given = {str(p.parts[0]): after for p, after in zip(prompts, NO_PATIENCE, strict=True)}
    times: dict[str, list[float]] = {after: [] for after in NO_PATIENCE}

    def plan(request: Request) -> Reply:
        after = given[request.texts[0]]
        times[after].append(time.monotonic())
        return right(request) if times[after][1:] else Reply(status=429, retry_after=after)

    with dispatching(client, plan) as (_, dispatcher):
        completions = [future.result(30) for future in dispatcher.submit(prompts)]
    assert list(given) == [each.text for each in completions]
    pauses = {after: seen[1] - seen[0] for after, seen in times.items()}
    assert {} == {after: pause for after, pause in pauses.items() if not 0.2 < pause < 3}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "after", ["301", "3600", "31536000", "9" * 15, "Wed, 21 Oct 2076 07:28:00 GMT", "6h30m"]
)
def test_a_patience_that_nobody_has(client: str, after: str) -> None:
    """It is told, with the option that would wait, and not asked again before."""
    with dispatching(client, lambda _: Reply("used up", status=429, retry_after=after)) as (
        endpoint,
        dispatcher,
    ):
        (completion,) = dispatcher.ask(asked(1))
    error = completion.error or ""
    assert re.match(r"rate limit: HTTP 429, retry after \d{3,15}(\.\d{1,3})? s: used up; ", error)
    assert error.endswith("; longer waits than 300 s need --rest-patience")
    assert (1, 0) == (len(endpoint.log), dispatcher.retries)


def test_a_patience_that_somebody_has() -> None:
    """An hour is waited as told where --rest-patience is that long."""
    hour = Reply("used up", status=429, retry_after=3600)
    with dispatching("served", lambda _: hour, patience=3600.0) as (endpoint, dispatcher):
        (future,) = dispatcher.submit(asked(1))
        while not dispatcher.retries:
            time.sleep(0.01)
        assert not future.done()
    assert 1 == len(endpoint.log)


def test_a_patience_that_nobody_has_ends_all_asking() -> None:
    """Where each is told so: as many as are in flight were asked, once."""
    hour = Reply("used up", status=429, retry_after=3600)
    with dispatching("served", lambda _: hour, 12) as (endpoint, dispatcher):
        completions = dispatcher.ask(asked(100))
    told = f"{ENDED}outage: 12 requests in a row: rate limit: HTTP 429, retry after 3600 s: used up"
    assert told in str(completions[-1].error)
    assert len(endpoint.log) < 30


@pytest.mark.parametrize(
    ("client", "size"),
    [("served", 5_000_000), ("litellm-openai", 100_000)],  # LiteLLM reads it at 150 kB/s
)
def test_an_error_of_megabytes(client: str, size: int) -> None:
    """It is one line of 300 characters."""
    with dispatching(client, lambda _: Reply("x\n" * (size // 2), status=400)) as (_, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert "bad request: HTTP 400: x x x" == str(completion.error)[:28]
    assert 300 == len(str(completion.error))


@pytest.mark.parametrize("reply", [Reply("9" * 20_000_000), Reply(fault="bomb")], ids=["", "bomb"])
def test_an_answer_of_twenty_megabytes(reply: Reply) -> None:
    """It is not read to its end, packed or not, and is not an answer."""
    with dispatching("served", lambda _: reply, retries=1) as (endpoint, dispatcher):
        (completion,) = dispatcher.ask(asked(1))
    assert "malformed response: it is longer than 16 MB" == completion.error
    assert 2 == len(endpoint.requests)


# The whole plugin

SERIAL, TWO = ("-p", "no:xdist"), ("-n2",)
KINDS = {"429": 2, "500": 10, "reset": 6, "malformed": 5, "empty-choices": 5, "hang": 2}
N = 100
FEWER = 250 if os.environ.get("ALL_TESTS") else 75  # of the run that goes through every fault


class Weather:
    """An oracle that fails three requests in ten, by a seed: no prompt more than four times."""

    def __init__(self, seed: int) -> None:
        self._seed, self._oracle = seed, Oracle(FEWER)
        self.faults: Counter[str] = Counter()
        self.tries: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    def reply(self, request: Request) -> Reply:
        """The right answer, or a fault."""
        prompt = self._oracle.prompt(request)
        name = f"{prompt.item.id}/{prompt.form.mode}/{prompt.task}"
        self.tries[name] += 1
        draw = random.Random(f"{self._seed}/{name}/{self.tries[name]}")
        if draw.random() >= 0.3:
            self.answered[name] += 1
            return self._oracle.reply(request)
        (kind,) = draw.choices(list(KINDS), list(KINDS.values()))
        self.faults[kind] += 1
        faults = {
            "429": Reply("slow down", status=429, retry_after=SOON),
            "500": Reply(f"oops {draw.random()}", status=500, retry_after=SOON),
            "reset": Reply("3", fault="reset"),
            "malformed": Reply("3", fault="malformed"),
            "empty-choices": Reply("3", fault="empty-choices"),
            "hang": Reply(fault="hang"),
        }
        return faults[kind]


@pytest.mark.parametrize(
    "workers", [SERIAL, pytest.param(TWO, marks=pytest.mark.slow)], ids=["serial", "n2"]
)
@pytest.mark.costly
def test_three_faults_in_ten(run_rest: RunRest, workers: Sequence[str]) -> None:
    """300 prompts, 1,000 of all tests: none is lost, and none asked again after its answer."""
    weather = Weather(54)
    with Endpoint(weather.reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested", f"--rest-api-base={endpoint.openai_base}"),
            *(f"--rest-suite=soebench:{FEWER}", "--rest-timeout=2", *workers),
        )
    faults = weather.faults.total()
    assert set(KINDS) == set(weather.faults)
    assert 0.25 < faults / len(endpoint.requests) < 0.35
    assert [] == run.report["lost"]
    assert {"passed": FEWER - 1, "failed": 1} == run.outcomes  # the oracle's one wrong answer
    assert [1] * 4 * FEWER == list(weather.answered.values())
    assert 4 * FEWER + faults == len(endpoint.requests)
    assert (4 * FEWER, faults) == (run.report["usage"]["calls"], run.report["usage"]["retries"])


@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_an_endpoint_that_is_down(run_rest: RunRest, workers: Sequence[str]) -> None:
    """One line, once its patience is over, and nothing passes."""
    with Endpoint(right) as endpoint:
        pass
    run, seconds = ended(run_rest, endpoint, "--rest-patience=2", *workers)
    told = "REST: asking ended: outage: nothing was answered for 2 s: connection: "
    assert 1 == sum(told in line for line in run.out.splitlines())
    assert N == len(run.report["lost"])
    assert 10 <= run.report["usage"]["retries"] < 50
    assert seconds < 60


@pytest.mark.slow
def test_a_key_that_is_refused_with_two_workers(run_rest: RunRest) -> None:
    """One line, and no more requests than were in flight."""
    with Endpoint(lambda _: Reply("no access", status=403)) as endpoint:
        run, seconds = ended(run_rest, endpoint, *TWO)
    told = "REST: asking ended: authentication: HTTP 403: no access"
    assert 1 == sum(told in line for line in run.out.splitlines())
    assert 1 <= len(endpoint.requests) <= 32
    assert 0 == run.report["usage"]["retries"]
    assert seconds < 60


def ended(run_rest: RunRest, endpoint: Endpoint, *args: str) -> tuple[Finished, float]:
    """A run that cannot come to a good end, and the seconds that it took."""
    start = time.monotonic()
    run = run_rest(
        *("--rest-model=tested", f"--rest-api-base={endpoint.openai_base}"),
        *(f"--rest-suite=soebench:{N}", "--rest-retries=1", "--rest-min-rer=0", *args),
    )
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert run.report["gate"]["passed"] is False
    assert "Traceback" not in run.out
    return run, time.monotonic() - start
