"""Real requests through LiteLLM to a local server, and what is refused before any request."""

import asyncio
import contextlib
import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from endpoint import Endpoint, Fault, Reply, Request

from pytest_rest.errors import ModelError
from pytest_rest.models import catalogue, failures
from pytest_rest.models import litellm as models
from pytest_rest.models.catalogue import Catalogue, read_prices
from pytest_rest.models.litellm import LiteLLMModel, connect
from pytest_rest.terms import Completion, Form, Image, Item, Model, Prompt, Style

KEY = "test-key-a1b2c3"
KEYS = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PICTURE = Image(PNG, "0" * 16, "2A + B = 7")

ITEM = Item("soebench-0001", "What is A?", "3", context="2A + B = 7", suite="soebench")
ASKED = Prompt(ITEM, Form("text"), "solve", ("What is A?",), 64)
SHOWN = Prompt(ITEM, Form("mixed", Style()), "solve", ("Look:", PICTURE, "What is A?"), 64)

PROTOCOLS = ("openai", "anthropic")
PRICES = read_prices() or {}
CATALOGUE = Catalogue(PRICES)

Serve = Callable[..., tuple[Endpoint, LiteLLMModel]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start a server that gives the replies in turn, and connect to it by either protocol."""
    started: list[Endpoint] = []

    def serve(
        protocol: str, *replies: Reply, name: str = "", timeout: float = 20.0
    ) -> tuple[Endpoint, LiteLLMModel]:
        endpoint = Endpoint(lambda request: replies[(request.number - 1) % len(replies)])
        started.append(endpoint.__enter__())
        monkeypatch.setenv("ANTHROPIC_API_BASE", endpoint.anthropic_base)
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.openai_base)
        default = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4.5"}[protocol]
        return endpoint, connect(name or default, timeout=timeout, environ=KEYS)

    yield serve
    for endpoint in started:
        endpoint.__exit__(None, None, None)


def ask(model: LiteLLMModel, *prompts: Prompt) -> list[Completion]:
    """Ask on a loop of its own, as a run does, and close."""

    async def run() -> list[Completion]:
        try:
            return list(await model.ask(prompts))
        finally:
            await model.close()

    return asyncio.run(run())


# What is asked


def test_anthropic_request(serve: Serve) -> None:
    """Path, model id, key, order of the parts, the PNG's bytes and the limits, and no more."""
    endpoint, model = serve("anthropic", Reply("3"))
    ask(model, SHOWN)
    (request,) = endpoint.requests
    assert ("anthropic", "/v1/messages") == (request.protocol, request.path)
    assert "claude-haiku-4-5" == request.model
    assert KEY == request.headers["x-api-key"]
    assert ("Look:", "What is A?") == request.texts
    assert (PNG,) == request.images
    kinds = [part["type"] for part in request.body["messages"][0]["content"]]
    assert ["text", "image", "text"] == kinds
    assert {"model", "messages", "temperature", "max_tokens"} == set(request.body)
    assert (0, 64) == (request.body["temperature"], request.body["max_tokens"])
    assert {"temperature": 0} == model.parameters


def test_openai_request(serve: Serve) -> None:
    """The same in OpenAI's protocol."""
    endpoint, model = serve("openai", Reply("3"))
    ask(model, SHOWN)
    (request,) = endpoint.requests
    assert ("openai", "/v1/chat/completions") == (request.protocol, request.path)
    assert "gpt-4o-mini" == request.model
    assert f"Bearer {KEY}" == request.headers["authorization"]
    assert ("Look:", "What is A?") == request.texts
    assert (PNG,) == request.images
    assert {"model", "messages", "temperature", "max_tokens"} == set(request.body)
    assert (0, 64) == (request.body["temperature"], request.body["max_tokens"])


def test_text_is_sent_as_a_string(serve: Serve) -> None:
    """A prompt of one text has plain content: not every server takes a list of parts."""
    endpoint, model = serve("openai", Reply("3"))
    ask(model, ASKED)
    assert [{"role": "user", "content": "What is A?"}] == endpoint.requests[0].body["messages"]


@pytest.mark.parametrize(
    ("protocol", "name"),
    [("openai", "gpt-5-mini"), ("openai", "o3"), ("anthropic", "claude-opus-5.5")],
)
def test_temperature_is_not_sent_to_models_that_refuse_it(
    serve: Serve, protocol: str, name: str
) -> None:
    """No temperature goes over the wire, and the parameters say so."""
    endpoint, model = serve(protocol, Reply("3"), name=name)
    (completion,) = ask(model, ASKED)
    assert None is completion.error
    assert "temperature" not in endpoint.requests[0].body
    assert {} == model.parameters


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("gpt-4o-mini", True),
        ("gpt-5-chat-latest", True),
        ("gpt-5.6", False),
        ("openrouter/openai/o4-mini", False),
        ("anthropic/claude-opus-4-6", True),
        ("anthropic/claude-opus-4-7", False),
        ("OpenGVLab/InternVL3-14B", True),
        ("Qwen/Qwen3-VL-8B", True),
    ],
)
def test_temperature_by_name(name: str, takes: bool) -> None:
    """Patterns alone decide for a server of one's own."""
    model = connect(name, api_base="http://localhost:8000/v1", environ={})
    assert ({"temperature": 0} if takes else {}) == model.parameters


def test_temperature_by_the_price_table() -> None:
    """A listed model that takes no sampling parameters gets none, whatever its name."""
    model = connect("gemini-3.6-flash", environ={"GEMINI_API_KEY": KEY})
    assert ("gemini/gemini-3.6-flash", {}) == (model.name, model.parameters)


@pytest.mark.parametrize(
    "name",
    ["my-model", "OpenGVLab/InternVL3-14B", "openai/gpt-4o", "anthropic/claude-haiku-4.5", "o3"],
)
def test_own_server_is_asked_for_the_name_as_it_stands(name: str) -> None:
    """Nothing is resolved or stripped, no key is needed, and the price is not known."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        model = connect(name, api_base=endpoint.openai_base, environ={})
        (completion,) = ask(model, SHOWN)
    (request,) = endpoint.requests
    assert (name, name) == (model.name, request.model)
    assert "/v1/chat/completions" == request.path
    assert "Bearer none" == request.headers["authorization"]
    assert (PNG,) == request.images
    assert None is completion.cost
    assert f"{name} at {endpoint.url.removeprefix('http://')} (LiteLLM)" == model.description


def test_own_server_gets_the_key() -> None:
    """OPENAI_API_KEY is sent to a server of one's own."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        ask(connect("mine", api_base=endpoint.openai_base, environ=KEYS), ASKED)
    assert f"Bearer {KEY}" == endpoint.requests[0].headers["authorization"]


# What comes back


@pytest.mark.parametrize("protocol", PROTOCOLS)
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
def test_answers(serve: Serve, protocol: str, reply: Reply, text: str, finish_reason: str) -> None:
    """Text and finish reason; an empty answer is an answer and a refusal is not an error."""
    _, model = serve(protocol, reply)
    (completion,) = ask(model, SHOWN)
    assert (text, finish_reason, None) == (
        completion.text,
        completion.finish_reason,
        completion.error,
    )


@pytest.mark.parametrize(
    ("word", "finish_reason"),
    [("abandoned", "abandoned"), ("eos", "stop"), ("max_tokens", "length"), ("SAFETY", "refusal")],
)
def test_own_words_for_the_end(serve: Serve, word: str, finish_reason: str) -> None:
    """A finish reason that nobody knows is kept, although LiteLLM calls it a stop."""
    _, model = serve("openai", Reply("3", finish_reason=word))
    assert finish_reason == ask(model, ASKED)[0].finish_reason


def test_odd_field_does_not_lose_the_answer(serve: Serve) -> None:
    """Pydantic warns of it, and where warnings are errors, as here, that would fail the call."""
    _, model = serve("openai", Reply("3", fault="odd-field"))
    (completion,) = ask(model, ASKED)
    assert ("3", None) == (completion.text, completion.error)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_usage_cost_and_model(serve: Serve, protocol: str) -> None:
    """Tokens as reported, the table's price for them, the id that the response itself carries."""
    endpoint, model = serve(protocol, Reply("3", input_tokens=1000, output_tokens=10, delay=0.1))
    (completion,) = ask(model, SHOWN)
    prices = PRICES[endpoint.requests[0].model]
    cost = 1000 * prices["input_cost_per_token"] + 10 * prices["output_cost_per_token"]
    assert (1000, 10) == (completion.input_tokens, completion.output_tokens)
    assert pytest.approx(cost) == completion.cost
    assert f"{endpoint.requests[0].model}-2026-01-01" == completion.model
    assert 0.1 <= completion.seconds < 10


def test_no_output_tokens_are_zero_and_not_unknown(serve: Serve) -> None:
    """Zero tokens of output are a fact, as of an answer that was empty."""
    _, model = serve("openai", Reply("", output_tokens=0))
    assert 0 == ask(model, ASKED)[0].output_tokens


def test_usage_that_is_not_reported_is_not_known(serve: Serve) -> None:
    """No usage: neither tokens nor a cost, and never zero."""
    _, model = serve("openai", Reply("3", fault="no-usage"))
    (completion,) = ask(model, ASKED)
    assert ("3", None, None, None) == (
        completion.text,
        completion.input_tokens,
        completion.output_tokens,
        completion.cost,
    )


def test_price_that_is_not_filled_in_is_not_zero(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listed model without a price costs an unknown amount."""
    name = "gpt-4.1-nano"  # asked nowhere else, for LiteLLM remembers what a model costs
    free = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    monkeypatch.setitem(models._load().model_cost, name, PRICES[name] | free)
    _, model = serve("openai", Reply("3"), name=name)
    assert None is ask(model, ASKED)[0].cost


# What fails


@pytest.mark.parametrize("protocol", PROTOCOLS)
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
def test_failures(serve: Serve, protocol: str, reply: Reply, error: str) -> None:
    """Each failure starts with its word, is one line without text, and was asked once."""
    endpoint, model = serve(protocol, reply)
    (completion,) = ask(model, SHOWN)
    assert error == (completion.error or "")[: len(error)]
    assert "" == completion.text
    assert 1 == len((completion.error or "").splitlines())
    assert "Traceback" not in (completion.error or "")
    assert 1 == len(endpoint.log)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_timeouts(serve: Serve, protocol: str, fault: Fault) -> None:
    """A server that says nothing is given up, and so is one that never comes to an end."""
    ask(serve(protocol, Reply("3"))[1], ASKED)  # the first call imports this and that
    endpoint, model = serve(protocol, Reply("3", fault=fault), timeout=0.5)
    (completion,) = ask(model, ASKED)
    assert "timeout: no answer within 0.5 s" == completion.error
    # The first is LiteLLM's to end; the second, which never pauses, is cut off a second later.
    assert 0.5 <= completion.seconds < {"hang": 1.4, "drip": 5.0}[fault]
    assert 1 == len(endpoint.log)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("Your prompt was filtered", status=400, code="content_filter"),
        Reply("Your prompt was filtered", status=400, code="content_policy_violation"),
    ],
)
def test_content_filter_is_a_refusal(serve: Serve, reply: Reply) -> None:
    """A filter's veto is how the model answered, so it is no failed call."""
    _, model = serve("openai", reply)
    (completion,) = ask(model, ASKED)
    assert ("refusal", None) == (completion.finish_reason, completion.error)


def test_anthropic_content_filter_is_a_refusal(serve: Serve) -> None:
    """Anthropic names its filter in the message only."""
    _, model = serve("anthropic", Reply("Output blocked by content filtering policy", status=400))
    (completion,) = ask(model, ASKED)
    assert ("refusal", None) == (completion.finish_reason, completion.error)


@pytest.mark.parametrize("word", ["error", "network_error"])
def test_provider_that_breaks_down_gives_no_answer(serve: Serve, word: str) -> None:
    """LiteLLM calls it a stop; half an answer of a broken provider must not be judged."""
    _, model = serve("openai", Reply("A = ", finish_reason=word))
    (completion,) = ask(model, ASKED)
    assert ("", "server error: ") == (completion.text, (completion.error or "")[:14])


def test_content_that_is_no_text(serve: Serve) -> None:
    """LiteLLM takes nothing but a string, so this is no answer."""
    _, model = serve("openai", Reply("3", fault="odd-content"))
    assert "malformed response: " == (ask(model, ASKED)[0].error or "")[:20]


def test_errors_without_a_traceback() -> None:
    """LiteLLM puts one into the message of whatever it did not expect."""
    error = RuntimeError("odd\nTraceback (most recent call last):\n  File x")
    assert "error: RuntimeError: odd" == failures.explain(error, 1.0, None).error


def test_no_choices(serve: Serve) -> None:
    """A list without choices is no empty answer."""
    _, model = serve("openai", Reply("3", fault="empty-choices"))
    said = "malformed response: MalformedError: it holds no choices"
    assert said == ask(model, ASKED)[0].error


def test_usage_that_anthropic_must_report(serve: Serve) -> None:
    """LiteLLM cannot read an Anthropic body without a usage: an error, not an answer."""
    _, model = serve("anthropic", Reply("3", fault="no-usage"))
    assert "malformed response: KeyError: 'usage'" == ask(model, ASKED)[0].error


def test_nobody_listens() -> None:
    """A server that is not there is a connection error."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        pass
    (completion,) = ask(connect("mine", api_base=endpoint.openai_base, environ={}), ASKED)
    assert "connection: " == (completion.error or "")[:12]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_key_appears_nowhere(serve: Serve, protocol: str) -> None:
    """Neither in what a server echoes, nor in the model's representation."""
    _, model = serve(protocol, Reply(f"the key {KEY}\nis not\tvalid", status=401))
    (completion,) = ask(model, ASKED)
    assert "authentication: HTTP 401: the key *** is not valid" == completion.error
    assert KEY not in repr(completion)
    assert KEY not in repr(model)
    assert KEY not in model.description


def test_errors_are_short_and_cut_after_the_key_is_blotted_out(serve: Serve) -> None:
    """At most 300 characters, and no half of a key at the end of them."""
    _, model = serve("openai", Reply("x" * 268 + KEY * 50, status=400))
    error = ask(model, ASKED)[0].error or ""
    assert 300 == len(error)
    assert KEY[:6] not in error


def test_one_failure_leaves_the_others_alone(serve: Serve) -> None:
    """Completions come in the order of the prompts, whichever is answered first."""

    def plan(request: Request) -> Reply:
        text = request.texts[0]
        return Reply("boom", status=500) if text == "1" else Reply(text, delay=0.3 - int(text) / 10)

    with Endpoint(plan) as endpoint:
        model = connect("mine", api_base=endpoint.openai_base, environ={})
        answers = ask(model, *(replace(ASKED, parts=(str(i),)) for i in range(3)))
    assert ["0", "", "2"] == [answer.text for answer in answers]
    assert [None, "server error: HTTP 500: boom", None] == [answer.error for answer in answers]


def test_cancelling_passes_through(serve: Serve) -> None:
    """A run that is interrupted stops at once: a cancelled call is no failed call."""
    _, model = serve("anthropic", Reply("3", fault="hang"))

    async def run() -> None:
        task = asyncio.ensure_future(model.ask([ASKED]))
        await asyncio.sleep(0.3)
        task.cancel()
        try:
            await task
        finally:
            await model.close()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


# How it is asked


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_calls_do_not_wait_for_each_other(serve: Serve, protocol: str) -> None:
    """Twenty calls of 0.2 s are in flight together, from one `ask` or from twenty."""
    endpoint, model = serve(protocol, Reply("3", delay=0.2))
    taken: list[float] = []

    async def run() -> None:
        await model.ask([ASKED])  # the first call imports
        start = time.perf_counter()
        await model.ask([SHOWN] * 20)
        taken.append(time.perf_counter() - start)
        start = time.perf_counter()
        await asyncio.gather(*(model.ask([SHOWN]) for _ in range(20)))
        taken.append(time.perf_counter() - start)
        await model.close()

    asyncio.run(run())
    assert 20 == endpoint.peak
    assert 41 == len(endpoint.log)
    assert max(taken) < 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_closing_is_not_the_end(serve: Serve, protocol: str) -> None:
    """A closed model may be asked again, and closed without ever having been asked."""
    endpoint, model = serve(protocol, Reply("3"))
    answers: list[Completion] = []

    async def run() -> None:
        await model.close()
        for _ in range(2):
            answers.extend(await model.ask([ASKED]))
            await model.close()

    asyncio.run(run())
    assert [None, None] == [answer.error for answer in answers]
    assert 2 == len(endpoint.log)


CLOSING = """
import asyncio, gc, os, sys
from endpoint import Endpoint, Reply
from pytest_rest.models.litellm import connect
from test_litellm import SHOWN
with Endpoint(lambda request: Reply("3")) as endpoint:
    os.environ["ANTHROPIC_API_BASE"] = endpoint.anthropic_base
    environ = {"ANTHROPIC_API_KEY": "k" * 9}
    both = (connect("claude-haiku-4.5", environ=environ),
            connect("mine", api_base=endpoint.openai_base, environ=environ))
    async def run():
        for model in both:
            answers = await model.ask([SHOWN] * 3)
            assert ["3"] * 3 == [answer.text for answer in answers], answers
        if "close" in sys.argv:
            for model in both:
                await model.close()
    asyncio.run(run())
gc.collect()
"""


def test_closing_leaves_nothing_open() -> None:
    """Under -W error a run ends without a word; without closing, sockets would be left."""
    closed, left = python(CLOSING, "close"), python(CLOSING)
    assert (0, "") == ended(closed)
    assert "ResourceWarning" in ended(left)[1]


def test_importing_does_not_import_litellm() -> None:
    """Nor do connecting and closing: a run that asks nothing need not pay for it."""
    code = (
        "import asyncio, sys; from pytest_rest.models.litellm import connect; "
        "model = connect('claude-haiku-4.5', environ={'ANTHROPIC_API_KEY': 'k'}); "
        "asyncio.run(model.close()); sys.exit('litellm' in sys.modules)"
    )
    assert (0, "") == ended(python(code))


def python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process of its own under -W error."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit status, and what it wrote to stderr."""
    _, said = process.communicate(timeout=120)
    return process.returncode, said


# What is refused before any request


def refused(name: str, **settings: object) -> str:
    """What connecting says, in one line."""
    with pytest.raises(ModelError) as caught:
        connect(name, **{"environ": KEYS, **settings})  # type: ignore[arg-type]
    assert 1 == len(str(caught.value).splitlines())
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
        ("Claude-Haiku-4.5", "anthropic/claude-haiku-4-5"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("anthropic/claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("gpt-5-mini", "openai/gpt-5-mini"),
        ("openai/gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        (" gpt-4o ", "openai/gpt-4o"),
    ],
)
def test_names(asked: str, name: str) -> None:
    """An alias, a bare key of the price table, and the full name all lead to the full name."""
    model = connect(asked, environ=KEYS)
    assert name == model.name
    said = name if asked == name else f"{asked.strip()} -> {name}"
    assert f"{said} (LiteLLM)" == model.description
    assert ("endpoint", 1) == (model.home, model.batch_size)
    assert isinstance(model, Model)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("claude-nonexistent-9", "claude-"),
        ("gpt5-mini", "'gpt-5-mini'"),
        ("anthropic/claude-haiku-4.5", "'anthropic/claude-haiku-4-5'"),
        ("deepinfra/Qwen/Qwen2.5-VL-33B-Instruct", "'deepinfra/Qwen/Qwen2.5-VL-32B-Instruct'"),
        ("antropic/claude-haiku-4-5", "'anthropic/claude-haiku-4-5'"),
        ("Qwen/Qwen2.5-VL-32B-Instruct", "'deepinfra/Qwen/Qwen2.5-VL-32B-Instruct'"),
        ("inferenceapis/qwen3-vl", ""),
    ],
)
def test_unknown_names(asked: str, near: str) -> None:
    """LiteLLM itself would take some of these and ask for a model that does not exist."""
    start = time.perf_counter()
    said = refused(asked)
    assert f"model {asked!r} is not known" == said[: len(f"model {asked!r} is not known")]
    assert near in said
    assert "--rest-api-base" in said
    assert time.perf_counter() - start < 2


def test_near_names_are_not_said_twice() -> None:
    """A model that goes by an alias and by a key of the price table is one suggestion."""
    said = refused("claude-haiku-4.6")
    assert "'claude-haiku-4.5'" in said
    assert "'claude-haiku-4-5'" not in said


def test_a_model_that_is_no_chat_model() -> None:
    """The price table has models that embed, speak or paint."""
    assert "no chat model but one for 'embedding'" in refused("text-embedding-3-small")


def test_a_model_that_nobody_hosts() -> None:
    """The weights' name and how to serve them."""
    said = refused("InternVL3-14B")
    assert "vllm serve OpenGVLab/InternVL3-14B" in said
    assert "--rest-api-base" in said


def test_responses_api_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the run, where LiteLLM would fail at each call."""
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    assert "litellm[mcp]" in refused("gpt-5-pro")
    monkeypatch.setattr(models, "find_spec", lambda name: object())
    assert "openai/gpt-5-pro" == connect("gpt-5-pro", environ=KEYS).name


def test_models_that_cannot_see() -> None:
    """A listed chat model without vision is refused, by its key and by its full name."""
    listed = [
        key
        for key, entry in PRICES.items()
        if entry.get("litellm_provider") == "openai"
        and entry.get("mode") == "chat"
        and not entry.get("supports_vision")
        and not key.startswith("ft:")
    ]
    assert "gpt-4" in listed
    for key in (*listed, "openai/gpt-4"):
        assert "cannot see images" in refused(key)


def test_vision_that_the_table_does_not_tell() -> None:
    """Our own table comes first."""
    name = "fireworks_ai/accounts/fireworks/models/internvl3-8b"
    assert not PRICES[name].get("supports_vision")
    assert name == connect("internvl3-8b", environ={"FIREWORKS_API_KEY": KEY}).name


@pytest.mark.parametrize(
    ("name", "environ"),
    [
        ("ollama/llava", {}),
        ("ollama/llava:13b-my-own", {}),
        ("hosted_vllm/whatever", {"HOSTED_VLLM_API_BASE": "http://localhost:8000/v1"}),
        ("azure/our-deployment", {"AZURE_API_KEY": KEY, "AZURE_API_BASE": "https://a.example"}),
        ("openrouter/qwen/qwen2.5-vl-32b-instruct", {"OPENROUTER_API_KEY": KEY}),
        ("bedrock/arn:aws:bedrock:us-east-1:1:inference-profile/x", {}),
        ("huggingface/Qwen/Qwen2.5-VL-7B-Instruct", {"HF_TOKEN": KEY}),
    ],
)
def test_open_providers(name: str, environ: dict[str, str]) -> None:
    """What cannot be listed is taken as named."""
    assert name == connect(name, environ=environ).name


def test_a_provider_is_open_no_wider_than_it_must_be() -> None:
    """Bedrock's own names are listed; only those that an account gives are not."""
    assert "is not known" in refused("bedrock/anthropic.claude-nonexistent-9")


@pytest.mark.parametrize(
    ("name", "environ", "variable"),
    [
        ("claude-haiku-4.5", {}, "ANTHROPIC_API_KEY"),
        ("claude-haiku-4.5", {"ANTHROPIC_API_KEY": " "}, "ANTHROPIC_API_KEY"),
        ("gpt-5-mini", {"ANTHROPIC_API_KEY": KEY}, "OPENAI_API_KEY"),
        ("gemini-2.5-flash-lite", {}, "GEMINI_API_KEY or GOOGLE_API_KEY"),
        ("openrouter/x/y", {}, "OPENROUTER_API_KEY"),
        ("azure/ours", {"AZURE_API_KEY": KEY}, "AZURE_API_BASE"),
        ("hosted_vllm/ours", {}, "HOSTED_VLLM_API_BASE"),
    ],
)
def test_missing_keys(name: str, environ: dict[str, str], variable: str) -> None:
    """The variable to set, by name."""
    assert f"set {variable}" in refused(name, environ=environ)


def test_keys_that_are_there() -> None:
    """Either variable will do; other credentials are LiteLLM's to read, and are not sent as key."""
    assert KEY == connect("gemini-2.5-flash", environ={"GOOGLE_API_KEY": KEY}).key
    assert KEY == connect("claude-haiku-4.5", environ={"ANTHROPIC_API_KEY": f" {KEY}\n"}).key
    assert None is connect("claude-haiku-4.5", environ={"ANTHROPIC_AUTH_TOKEN": KEY}).key


def test_keys_of_providers_that_we_do_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM is asked about a provider that only a later version of it has."""
    monkeypatch.setattr(Catalogue, "knows_keys_of", lambda self, provider: False)
    monkeypatch.delenv("XAI_API_KEY", raising=False)
    assert "set XAI_API_KEY" in refused("xai/grok-4.5")
    monkeypatch.setenv("XAI_API_KEY", KEY)
    assert None is connect("xai/grok-4.5", environ={}).key


@pytest.mark.parametrize(
    "api_base", ["", "localhost:8000", "ftp://host/v1", "http://", "http://[", "http://host:nan"]
)
def test_api_base_that_is_no_url(api_base: str) -> None:
    """Told with the form that is wanted."""
    assert "http://HOST:PORT/v1" in refused("mine", api_base=api_base)


def test_api_base_with_a_secret() -> None:
    """The API base is quoted in reports, so it may hold no password."""
    assert "set OPENAI_API_KEY" in refused("mine", api_base=f"http://me:{KEY}@host/v1")


@pytest.mark.parametrize("api_base", [None, "http://localhost:8000/v1"])
def test_no_name(api_base: str | None) -> None:
    """An empty name is no model, at a provider or at a server of one's own."""
    assert "has no name" in refused(" ", api_base=api_base)


# The data


@pytest.mark.parametrize("alias", CATALOGUE.aliases)
def test_aliases_are_listed_and_see(alias: str) -> None:
    """Each leads to a model that is really in the price table, and that is not refused."""
    listing = CATALOGUE.find(alias)
    assert (True, CATALOGUE.aliases[alias]) == (listing.listed, listing.name)


def test_every_provider_has_a_key_or_needs_none() -> None:
    """So that a missing key is told without importing LiteLLM."""
    assert [] == [provider for provider in providers() if not CATALOGUE.knows_keys_of(provider)]


def test_every_provider_is_one_that_litellm_reaches() -> None:
    """What the price table names and LiteLLM does not route is not offered."""
    registry = import_module("litellm.llms.openai_like.json_loader").JSONProviderRegistry
    routed = {getattr(each, "value", each) for each in models._load().provider_list}
    assert [] == [each for each in providers() if each not in routed and not registry.exists(each)]


@functools.cache
def providers() -> list[str]:
    """The providers of which the catalogue offers a model."""
    found = set()
    for name, entry in PRICES.items():
        if entry.get("supports_vision"):
            with contextlib.suppress(ModelError):
                found.add(CATALOGUE.find(name).provider)
    return sorted(found)


def test_price_table_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of LiteLLM that keeps its table in another place is imported for it."""
    monkeypatch.setattr(models, "read_prices", lambda: None)
    models._catalogue.cache_clear()
    try:
        assert "anthropic/claude-haiku-4-5" == connect("claude-haiku-4.5", environ=KEYS).name
    finally:
        models._catalogue.cache_clear()


def test_price_table_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without the table gives none; without LiteLLM nothing can be asked."""
    spec = ModuleSpec("litellm", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(catalogue, "find_spec", lambda name: spec)
    assert None is read_prices()
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install litellm"):
        read_prices()


# The server itself


def test_reported_model() -> None:
    """The id that a model reports is what the plan says, and not what was asked for."""
    with Endpoint(lambda request: Reply("3"), reports="mine-2") as endpoint:
        (completion,) = ask(connect("mine", api_base=endpoint.openai_base, environ={}), ASKED)
    assert "mine-2" == completion.model


def test_a_plan_that_fails_is_not_overlooked() -> None:
    """The request gets a 500, and the block raises what the plan raised."""

    def plan(request: Request) -> Reply:
        raise LookupError("no reply left")

    with pytest.raises(LookupError, match="no reply left"), Endpoint(plan) as endpoint:
        (completion,) = ask(connect("mine", api_base=endpoint.openai_base, environ={}), ASKED)
        assert "server error: HTTP 500: the plan failed" == (completion.error or "")[:39]
