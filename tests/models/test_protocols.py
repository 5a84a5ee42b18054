"""Real requests to a local server, by LiteLLM in two protocols and by the lean client in one."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint import Endpoint, Fault, Reply, Request

from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.terms import Completion, File, Form, Image, Item, Model, Prompt, Style

KEY = "test-key-a1b2c3"
KEYS = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PICTURE = Image(PNG, "0" * 16, "2A + B = 7")

ITEM = Item("soebench-0001", "What is A?", "3", context="2A + B = 7", suite="soebench")
ASKED = Prompt(ITEM, Form("text"), "solve", ("What is A?",), 64)
SHOWN = Prompt(ITEM, Form("mixed", Style()), "solve", ("Look:", PICTURE, "What is A?"), 64)

NAMES = {
    "litellm-openai": "gpt-4o-mini",
    "litellm-anthropic": "claude-haiku-4.5",
    "served": "Org/My-Model:7b",
}
IDS = NAMES | {"litellm-anthropic": "claude-haiku-4-5"}  # what the server is to be asked for
CLIENTS = tuple(NAMES)
OPENAI = ("litellm-openai", "served")


@contextmanager
def connected(client: str, url: str, *, name: str = "", timeout: float = 20.0) -> Iterator[Model]:
    """A model that asks the server at that address."""
    name = name or NAMES[client]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_BASE", url)
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        if client == "served":
            yield openai_compatible.connect(name, f"{url}/v1", timeout=timeout, environ=KEYS)
        else:
            yield litellm.connect(name, timeout=timeout, environ=KEYS)


@contextmanager
def serving(
    client: str,
    plan: Reply | Callable[[Request], Reply],
    *,
    name: str = "",
    timeout: float = 20.0,
    reports: str | None = None,
) -> Iterator[tuple[Endpoint, Model]]:
    """A server that gives the reply, or follows the plan, and a model that asks it."""
    reply = (lambda request: plan) if isinstance(plan, Reply) else plan
    with (
        Endpoint(reply, reports) as endpoint,
        connected(client, endpoint.url, name=name, timeout=timeout) as model,
    ):
        yield endpoint, model


def ask(model: Model, *prompts: Prompt) -> list[Completion]:
    """Ask on a loop of its own, as a run does, and close."""

    async def run() -> list[Completion]:
        try:
            await model.open()
            return list(await model.ask(prompts))
        finally:
            await model.close()

    return asyncio.run(run())


def answer(client: str, reply: Reply, prompt: Prompt = ASKED) -> Completion:
    """What one prompt is answered with."""
    with serving(client, reply) as (_, model):
        (completion,) = ask(model, prompt)
    return completion


# What is asked


@pytest.mark.parametrize("client", CLIENTS)
def test_a_document_is_sent_as_the_file_that_it_is(client: str) -> None:
    """In each protocol's own part, before the question, and without its name."""
    shown = (File(b"%PDF-1.4 is here", "0" * 16, "A lease."), "When does it end?")
    with serving(client, Reply("Answer: 3")) as (endpoint, model):
        ask(model, Prompt(ITEM, Form("file"), "solve", shown, 64))
        (request,) = endpoint.requests
    assert (b"%PDF-1.4 is here",) == request.files
    assert ("When does it end?",) == request.texts
    first = request.body["messages"][0]["content"][0]
    assert ("document" if client == "litellm-anthropic" else "file") == first["type"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_request_has_prompt_limit_and_key(client: str) -> None:
    """Path, model id, key, order of the parts, the PNG's bytes and the limits, and no more."""
    with serving(client, Reply("3")) as (endpoint, model):
        ask(model, SHOWN)
    (request,) = endpoint.requests
    anthropic = client == "litellm-anthropic"
    path, header, value, kind = (
        ("/v1/messages", "x-api-key", KEY, "image")
        if anthropic
        else ("/v1/chat/completions", "authorization", f"Bearer {KEY}", "image_url")
    )
    assert (path, IDS[client]) == (request.path, request.model)
    assert value == request.headers[header]
    assert "application/json" == request.headers["content-type"]
    assert ("Look:", "What is A?") == request.texts
    assert (PNG,) == request.images
    (message,) = request.body["messages"]
    assert "user" == message["role"]
    assert ["text", kind, "text"] == [part["type"] for part in message["content"]]
    assert {"model", "messages", "temperature", "max_tokens"} == set(request.body)
    assert (0, 64) == (request.body["temperature"], request.body["max_tokens"])
    assert {"temperature": 0} == model.parameters


@pytest.mark.parametrize("client", OPENAI)
def test_a_picture_is_a_data_url(client: str) -> None:
    """A PNG by its type, for a server that looks at it before it decodes."""
    with serving(client, Reply("3")) as (endpoint, model):
        ask(model, SHOWN)
    url = endpoint.requests[0].body["messages"][0]["content"][1]["image_url"]["url"]
    assert "data:image/png;base64,iVBOR" == url[:27]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_picture_keeps_its_kind(client: str) -> None:
    """A user's own JPEG is said to be one, and its bytes are what they were."""
    photo = Image(b"\xff\xd8\xff\xe0" + bytes(99), "1" * 16, "", "image/jpeg", (40, 30))
    with serving(client, Reply("3")) as (endpoint, model):
        ask(model, replace(SHOWN, parts=("Look:", photo, "What is A?")))
    (request,) = endpoint.requests
    part = request.body["messages"][0]["content"][1]
    said = part["source"] if client == "litellm-anthropic" else part["image_url"]
    kind = said.get("media_type") or said["url"][5:15]
    assert ("image/jpeg", photo.content) == (kind, request.images[0])


@pytest.mark.parametrize("client", OPENAI)
def test_text_is_sent_as_a_string(client: str) -> None:
    """A prompt of one text has plain content: not every server takes a list of parts."""
    with serving(client, Reply("3")) as (endpoint, model):
        ask(model, ASKED)
    assert [{"role": "user", "content": "What is A?"}] == endpoint.requests[0].body["messages"]


@pytest.mark.parametrize("client", CLIENTS)
def test_odd_characters_are_sent(client: str) -> None:
    """Other scripts, emoji and line ends arrive as they were."""
    text = 'π ≥ ½ 😀 中文\r\n\t"\\'
    with serving(client, Reply("3")) as (endpoint, model):
        ask(model, replace(ASKED, parts=(text,)))
    assert (text,) == endpoint.requests[0].texts


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("litellm-openai", "gpt-5-mini"),
        ("litellm-openai", "o3"),
        ("litellm-anthropic", "claude-opus-5.5"),
        ("served", "openai/gpt-5-mini"),
        ("served", "claude-opus-5.5"),
    ],
)
def test_temperature_is_not_sent_to_models_that_refuse_it(client: str, name: str) -> None:
    """No temperature goes over the wire, and the parameters say so."""
    with serving(client, Reply("3"), name=name) as (endpoint, model):
        (completion,) = ask(model, ASKED)
    assert None is completion.error
    assert "temperature" not in endpoint.requests[0].body
    assert {} == model.parameters


# What comes back


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("reply", "text", "finish_reason"),
    [
        (Reply("A = 3"), "A = 3", "stop"),
        (Reply(""), "", "stop"),
        (Reply("x", fault="null-content"), "", "stop"),
        (Reply("and so", finish_reason="length"), "and so", "length"),
        (Reply("x", finish_reason="content_filter"), "x", "refusal"),
        (Reply("x", refusal="I will not."), "I will not.", "refusal"),
        (Reply("½ ≥ 😀 \ud83d"), "½ ≥ 😀 \ud83d", "stop"),
    ],
)
def test_answers_are_read_with_their_finish_reason(
    client: str, reply: Reply, text: str, finish_reason: str
) -> None:
    """Text and finish reason; an empty answer is an answer and a refusal is not an error."""
    completion = answer(client, reply, SHOWN)
    assert (text, finish_reason, None) == (
        completion.text,
        completion.finish_reason,
        completion.error,
    )


KNOWN_ENDS = {
    "stop": "stop completed end_turn stop_sequence STOP COMPLETE STOP_SEQUENCE eos eos_token",
    "length": "length max_tokens model_context_window_exceeded MAX_TOKENS max_output_tokens "
    "model_length",
    "refusal": "content_filter refusal content_filtered guardrail_intervened SAFETY RECITATION "
    "BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY ERROR_TOXIC sensitive",
}


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("finish_reason", KNOWN_ENDS)
def test_other_words_for_known_ends(client: str, finish_reason: str) -> None:
    """Those of other protocols, which gateways pass on."""
    words = KNOWN_ENDS[finish_reason].split()
    plan = lambda request: Reply("3", finish_reason=request.texts[0])  # noqa: E731
    with serving(client, plan) as (_, model):
        completions = ask(model, *(replace(ASKED, parts=(word,)) for word in words))
    assert [(finish_reason, None)] * len(words) == [(c.finish_reason, c.error) for c in completions]


@pytest.mark.parametrize("client", OPENAI)
def test_an_unknown_field_does_not_lose_the_answer(client: str) -> None:
    """Pydantic warns of it, and where warnings are errors, as here, that would fail the call."""
    completion = answer(client, Reply("3", fault="odd-field"))
    assert ("3", None) == (completion.text, completion.error)


@pytest.mark.parametrize("client", CLIENTS)
def test_usage_model_and_time(client: str) -> None:
    """Tokens as reported, the id that the response itself carries, and how long it took."""
    completion = answer(client, Reply("3", input_tokens=1000, output_tokens=10, delay=0.1), SHOWN)
    assert (1000, 10) == (completion.input_tokens, completion.output_tokens)
    assert f"{IDS[client]}-2026-01-01" == completion.model
    assert 0.1 <= completion.seconds < 10


@pytest.mark.parametrize("client", CLIENTS)
def test_the_reported_model_is_kept(client: str) -> None:
    """The id that a model reports is the response's, and not what was asked for."""
    with serving(client, Reply("3"), reports="mine-2") as (_, model):
        (completion,) = ask(model, ASKED)
    assert "mine-2" == completion.model


@pytest.mark.parametrize("client", OPENAI)
def test_zero_output_tokens_are_not_unknown(client: str) -> None:
    """Zero tokens of output are a fact, as of an answer that was empty."""
    assert 0 == answer(client, Reply("", output_tokens=0)).output_tokens


@pytest.mark.parametrize("client", OPENAI)
def test_missing_usage_is_unknown(client: str) -> None:
    """No usage: neither tokens nor a cost, and never zero."""
    completion = answer(client, Reply("3", fault="no-usage"))
    assert ("3", None, None, None) == (
        completion.text,
        completion.input_tokens,
        completion.output_tokens,
        completion.cost,
    )


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("which", ["input_tokens", "output_tokens"])
@pytest.mark.parametrize("said", [-5, -1, 10**400, 10**200, 10_000_001, "many", [7], {}])
@pytest.mark.some(16)
def test_counts_that_cannot_be_are_not_reported(client: str, which: str, said: object) -> None:
    """Nor is a cost, which would lift the run's limit; the answer counts, or the call failed."""
    completion = answer(client, replace(Reply("3"), **{which: said}))  # type: ignore[arg-type]
    assert completion.text == ("" if completion.error else "3")
    assert None is getattr(completion, which)
    assert None is completion.cost


# What fails


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply("bad", status=400), "bad request: HTTP 400: bad"),
        (Reply("who", status=401), "authentication: HTTP 401: who"),
        (Reply("no", status=403), "authentication: HTTP 403: no"),
        (Reply("gone", status=404), "bad request: HTTP 404: gone"),
        (Reply("late", status=408), "timeout: HTTP 408: late"),
        (Reply("big", status=413), "bad request: HTTP 413: big"),
        (Reply("odd", status=422), "bad request: HTTP 422: odd"),
        (Reply("slow", status=429), "rate limit: HTTP 429: slow"),
        (Reply("slow", status=429, retry_after=7), "rate limit: HTTP 429, retry after 7 s: slow"),
        (Reply("boom", status=500), "server error: HTTP 500: boom"),
        (Reply("gate", status=502), "server error: HTTP 502: gate"),
        (Reply("out", status=503, retry_after=2), "server error: HTTP 503, retry after 2 s: out"),
        (Reply("gate", status=504), "server error: HTTP 504: gate"),
        (Reply("full", status=529), "server error: HTTP 529: full"),
        (Reply("page", status=502, fault="malformed"), "server error: HTTP 502: "),
        (Reply("3", fault="malformed"), "malformed response: "),
        (Reply("3", fault="empty-choices"), "malformed response: "),
        (Reply("3", fault="reset"), "connection: "),
    ],
)
@pytest.mark.some(18)
def test_a_failure_starts_with_its_stable_word(client: str, reply: Reply, error: str) -> None:
    """Each failure starts with its word, is one line without text, and was asked once."""
    with serving(client, reply) as (endpoint, model):
        (completion,) = ask(model, SHOWN)
    assert error == (completion.error or "")[: len(error)]
    assert "" == completion.text
    assert 1 == len((completion.error or "").splitlines())
    assert "Traceback" not in (completion.error or "")
    assert completion.seconds > 0
    assert 1 == len(endpoint.log)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_a_late_answer_is_a_timeout(client: str, fault: Fault) -> None:
    """A server that says nothing is given up, and so is one that never comes to an end."""
    answer(client, Reply("3"))  # the first call imports this and that
    with serving(client, Reply("3", fault=fault), timeout=0.5) as (endpoint, model):
        (completion,) = ask(model, ASKED)
    assert "timeout: no answer within 0.5 s" == completion.error
    # A hanging server is LiteLLM's to give up; what never pauses is cut off a second later.
    longest = 5.0 if fault == "drip" and client != "served" else 1.4
    assert 0.5 <= completion.seconds < longest
    assert 1 == len(endpoint.log)


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_content_filter_is_a_refusal(client: str, code: str) -> None:
    """A filter's veto is how the model answered, so the call did not fail."""
    completion = answer(client, Reply("Your prompt was filtered", status=400, code=code))
    assert ("refusal", None) == (completion.finish_reason, completion.error)


BROKEN_OFF = [
    *("abort", "cancelled", "load", "error", "network_error", "an unknown word"),
    *("ABORT", "Stop!", "tool_calls", "function_call", "unload", "pause_turn", "timeout", "null"),
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("word", BROKEN_OFF)
@pytest.mark.some(14)
def test_an_answer_that_is_broken_off_is_not_an_answer(client: str, word: str) -> None:
    """Half an answer must not be judged, although LiteLLM calls it a stop."""
    completion = answer(client, Reply("A = 1", finish_reason=word))
    assert "" == completion.text
    assert "server error: the provider ended its answer with " in (completion.error or "")


@pytest.mark.parametrize("client", OPENAI)
def test_content_that_is_not_text_is_malformed(client: str) -> None:
    """A list where a string should be is not an answer."""
    error = answer(client, Reply("3", fault="odd-content")).error or ""
    assert "malformed response: " == error[:20]


@pytest.mark.parametrize("client", OPENAI)
def test_a_response_without_choices_is_malformed(client: str) -> None:
    """A list without choices is not an empty answer."""
    error = answer(client, Reply("3", fault="empty-choices")).error
    assert "malformed response: it holds no choices" == error


@pytest.mark.parametrize("client", CLIENTS)
def test_a_closed_port_is_a_connection_failure(client: str) -> None:
    """A server that is not there is a connection error."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        pass
    with connected(client, endpoint.url) as model:
        (completion,) = ask(model, ASKED)
    assert "connection: " == (completion.error or "")[:12]


@pytest.mark.parametrize("client", CLIENTS)
def test_the_key_appears_nowhere(client: str) -> None:
    """Neither in what a server echoes, nor in the model's representation."""
    with serving(client, Reply(f"the key {KEY}\nis not\tvalid", status=401)) as (_, model):
        (completion,) = ask(model, ASKED)
    assert "authentication: HTTP 401: the key *** is not valid" == completion.error
    assert KEY not in repr(completion)
    assert KEY not in f"{model!r} {model} {model.description} {model.parameters}"


@pytest.mark.parametrize("client", CLIENTS)
def test_errors_are_cut_after_the_key_is_masked(client: str) -> None:
    """At most 300 characters, and no half of a key at the end of them."""
    error = answer(client, Reply("x" * 268 + KEY * 50, status=400)).error or ""
    assert 300 == len(error)
    assert KEY[:6] not in error


@pytest.mark.parametrize("client", CLIENTS)
def test_one_failure_leaves_the_others_alone(client: str) -> None:
    """Completions come in the order of the prompts, whichever is answered first."""

    def plan(request: Request) -> Reply:
        text = request.texts[0]
        return Reply("boom", status=500) if text == "1" else Reply(text, delay=0.3 - int(text) / 10)

    with serving(client, plan) as (_, model):
        answers = ask(model, *(replace(ASKED, parts=(str(i),)) for i in range(3)))
    assert ["0", "", "2"] == [answer.text for answer in answers]
    assert [None, "server error: HTTP 500: boom", None] == [answer.error for answer in answers]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_cancelled_call_is_cancelled(client: str) -> None:
    """A run that is interrupted stops at once: a cancelled call did not fail."""

    async def run(model: Model) -> None:
        task = asyncio.ensure_future(model.ask([ASKED]))
        await asyncio.sleep(0.3)
        task.cancel()
        try:
            await task
        finally:
            await model.close()

    with (
        serving(client, Reply("3", fault="hang")) as (_, model),
        pytest.raises(asyncio.CancelledError),
    ):
        asyncio.run(run(model))


# How it is asked


@pytest.mark.parametrize("client", CLIENTS)
def test_calls_do_not_wait_for_each_other(client: str) -> None:
    """Twenty calls of 0.2 s are in flight together, from one `ask` or from twenty."""
    taken: list[float] = []

    async def run(model: Model) -> None:
        await model.ask([ASKED])  # the first call imports
        start = time.perf_counter()
        await model.ask([SHOWN] * 20)
        taken.append(time.perf_counter() - start)
        start = time.perf_counter()
        await asyncio.gather(*(model.ask([SHOWN]) for _ in range(20)))
        taken.append(time.perf_counter() - start)
        await model.close()

    with serving(client, Reply("3", delay=0.2)) as (endpoint, model):
        asyncio.run(run(model))
    assert 20 == endpoint.peak
    assert 41 == len(endpoint.log)
    assert max(taken) < 2


@pytest.mark.parametrize("client", CLIENTS)
def test_a_closed_model_can_be_asked_again(client: str) -> None:
    """A closed model may be asked again, and closed without ever having been asked."""
    answers: list[Completion] = []

    async def run(model: Model) -> None:
        await model.close()
        for _ in range(2):
            answers.extend(await model.ask([ASKED]))
            await model.close()

    with serving(client, Reply("3")) as (endpoint, model):
        asyncio.run(run(model))
    assert [None, None] == [answer.error for answer in answers]
    assert 2 == len(endpoint.log)


# A run of its own, since warnings about what is left open come when a process ends.
CLOSING = """
import asyncio, contextlib, gc, sys
from endpoint import Reply
from test_protocols import SHOWN, serving

async def run(model, in_flight):
    if in_flight:
        task = asyncio.ensure_future(model.ask([SHOWN] * 3))
        await asyncio.sleep(0.3)
        if "cancel" in sys.argv:  # as the dispatcher does before it closes
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    else:
        await model.open()
        answers = await model.ask([SHOWN] * 3)
        assert ["3"] * 3 == [answer.text for answer in answers], answers
    if "close" in sys.argv:
        await model.close()
    if in_flight and "cancel" not in sys.argv:
        (error,) = {answer.error.partition(":")[0] for answer in await task}
        assert "connection" == error, error

with contextlib.ExitStack() as stack:
    for client in sys.argv[1].split():
        for reply in (Reply("3"), Reply("3", fault="hang")):
            _, model = stack.enter_context(serving(client, reply))
            asyncio.run(run(model, reply.fault))
gc.collect()
"""


@pytest.mark.slow  # each client alone is in the contract suite
def test_closing_leaves_nothing_open() -> None:
    """Under -W error a run ends without a word, even with calls in flight that were cancelled."""
    closed = python(CLOSING, " ".join(CLIENTS), "close", "cancel")
    alone = python(CLOSING, "served", "close", "cancel")
    left = python(CLOSING, "served", "cancel")
    assert (0, "") == ended(alone)
    assert "ResourceWarning" in ended(left)[1]
    assert (0, "") == ended(closed)


def test_closing_under_calls_in_flight() -> None:
    """Without being cancelled, they end at once as broken connections."""
    assert (0, "") == ended(python(CLOSING, "served", "close"))


def python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process of its own under -W error."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[:2]))},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit status, and what it wrote to stderr."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said


# The server itself


def test_a_failing_plan_of_the_server_fails_the_test() -> None:
    """The request gets a 500, and the block raises what the plan raised."""

    def plan(request: Request) -> Reply:
        raise LookupError("no reply left")

    with (
        pytest.raises(LookupError, match="no reply left"),
        serving("served", plan) as (_, model),
    ):
        (completion,) = ask(model, ASKED)
        assert "server error: HTTP 500: the plan failed" == (completion.error or "")[:39]
