"""What is the lean client's alone: its address, its name for the limit, and odd servers."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web
from endpoint import Endpoint, Reply
from test_protocols import ASKED, KEY, KEYS, SHOWN, ask, ended, python

from pytest_rest.errors import ModelError
from pytest_rest.models.providers.openai_compatible import connect
from pytest_rest.terms import Completion, Model

LARGEST = 16 << 20


# What is refused before any request


def refused(api_base: str, name: str = "mine") -> str:
    """What connecting says, in one line."""
    with pytest.raises(ModelError) as caught:
        connect(name, api_base, environ=KEYS)
    assert 1 == len(str(caught.value).splitlines())
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "api_base",
    [
        *("", "localhost:8000", "//localhost:8000/v1", "ftp://host/v1", "file:///v1"),
        *("http://", "http:///v1", "http://:8000/v1", "http://[", "http://my host/v1"),
        *("http://host:nan", "http://host:0/v1", "http://host:65536/v1", "http://ho\nst/v1"),
    ],
)
def test_an_api_base_that_is_not_a_url_is_refused(api_base: str) -> None:
    """Told with the form that is wanted."""
    assert "write http://HOST:PORT/v1" in refused(api_base)


@pytest.mark.parametrize(
    "api_base",
    [
        *(f"http://me:{KEY}@host/v1", f"http://{KEY}@host:8000/v1", f"me:{KEY}@host"),
        *(f"http://host/v1?key={KEY}", f"http://host/v1#{KEY}"),
    ],
)
def test_an_api_base_with_a_secret_is_refused(api_base: str) -> None:
    """The API base is quoted in reports, so it may hold no password."""
    assert "for a secret, set OPENAI_API_KEY" in refused(api_base)


@pytest.mark.parametrize(
    "api_base", ["http://host", "https://host.example/v1", "http://[::1]:8000/v1", "HTTP://h:1"]
)
def test_an_api_base_that_is_a_url_is_taken(api_base: str) -> None:
    """What is a server's address is taken, and the header shows it."""
    model = connect("mine", api_base, environ={})
    assert f"mine at {api_base}" == model.description
    assert ("endpoint", 1) == (model.home, model.batch_size)
    assert isinstance(model, Model)


def test_an_empty_name_is_refused() -> None:
    """An empty name does not name a model."""
    assert "has no name" in refused("http://host/v1", " ")


def test_connecting_imports_no_litellm() -> None:
    """Nothing is looked up, so neither LiteLLM nor its price table is needed."""
    code = (
        "import sys; from pytest_rest.models.providers.openai_compatible import connect; "
        "connect('gpt-4o', 'http://host/v1', environ={}); sys.exit('litellm' in sys.modules)"
    )
    assert (0, "") == ended(python(code))


# What is asked


@pytest.mark.parametrize(
    "name",
    ["my-model", "OpenGVLab/InternVL3-14B", "openai/gpt-4o", "claude-haiku-4.5", "gpt-4", "o3"],
)
def test_the_name_is_asked_for_as_it_stands(name: str) -> None:
    """Nothing is resolved or stripped, no key is needed, and the price is not known."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        model = connect(name, endpoint.openai_base, environ={})
        (completion,) = ask(model, SHOWN)
    (request,) = endpoint.requests
    assert (name, name) == (model.name, request.model)
    assert "Bearer none" == request.headers["authorization"]
    assert ("3", None, None) == (completion.text, completion.cost, completion.error)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("", "/chat/completions"),
        ("/", "/chat/completions"),
    ],
)
def test_the_path_follows_the_base(base: str, path: str) -> None:
    """With and without a slash at its end."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        (completion,) = ask(connect("mine", f"{endpoint.url}{base}", environ={}), ASKED)
    assert ("3", [path]) == (completion.text, [request.path for request in endpoint.requests])


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
def test_temperature_and_limit_depend_on_the_name(name: str, takes: bool) -> None:
    """Patterns of the name decide; who refuses a temperature knows the limit by its newer word."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        model = connect(name, endpoint.openai_base, environ={})
        ask(model, ASKED)
    body = endpoint.requests[0].body
    limit = {"max_tokens" if takes else "max_completion_tokens": 64}
    parameters = {"temperature": 0} if takes else {}
    assert parameters == model.parameters
    assert limit | parameters == {each: body[each] for each in body.keys() - {"model", "messages"}}


# What comes back


@contextmanager
def sending(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, asyncio.Runner]]:
    """A server that sends just these bytes, and the loop that it shares with who asks it."""

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, body=body, headers=headers)

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    with asyncio.Runner() as loop:
        server = loop.run(start())
        try:
            yield f"http://127.0.0.1:{server.addresses[0][1]}/v1", loop
        finally:
            loop.run(server.cleanup())


def answered(status: int, body: bytes, **headers: str) -> Completion:
    """What is made of a response with that body."""
    with sending(status, body, **headers) as (url, loop):
        model = connect("mine", url, environ=KEYS)

        async def run() -> Completion:
            try:
                (completion,) = await model.ask([ASKED])
                return completion
            finally:
                await model.close()

        return loop.run(run())


def a_body(**changes: object) -> bytes:
    """A response of the protocol, with changes at its top; lone surrogates are escaped."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "3"}, "finish_reason": "stop"}
    return json.dumps({"model": "mine", "choices": [choice]} | changes).encode("ascii")


def a_choice(**changes: object) -> bytes:
    """The same with changes to its only choice."""
    choice = {"message": {"content": "3"}, "finish_reason": "stop"} | changes
    return a_body(choices=[choice])


PAGE = b"<!DOCTYPE html>\n<html>\r\n  <title>404 Not Found</title>\n" + b"<p>nothing</p>\n" * 900


@pytest.mark.parametrize(("status", "word"), [(404, "bad request"), (502, "server error")])
def test_a_page_is_one_bounded_line(status: int, word: str) -> None:
    """A gateway's page in HTML is told by its beginning."""
    error = answered(status, PAGE).error or ""
    said = f"{word}: HTTP {status}: <!DOCTYPE html> <html> <title>404 Not Found</title> <p>"
    assert said == error[: len(said)]
    assert (300, 1) == (len(error), len(error.splitlines()))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<p>", b"null", b"[]", b'"3"', b"3", b"{}", b"[" * 200_000, b"\xff\xfe"),
        *(a_body(choices=None), a_body(choices={}), a_body(choices=[None]), a_body(choices=3)),
        *(a_choice(message=None), a_choice(message="3"), a_choice(message={"content": {}})),
    ],
    ids=lambda body: repr(body[:60]),
)
def test_a_body_without_an_answer_is_malformed(body: bytes) -> None:
    """Whatever is wrong with it: a malformed response, in one bounded line."""
    error = answered(200, body).error or ""
    assert "malformed response: " == error[:20]
    assert len(error) <= 300
    assert 1 == len(error.splitlines())


@pytest.mark.parametrize("body", [a_body(choices=[]), a_body(choices=None), b"{}"])
def test_a_body_without_choices_is_malformed(body: bytes) -> None:
    """Empty, null or missing."""
    assert "malformed response: it holds no choices" == answered(200, body).error


@pytest.mark.parametrize(
    "usage",
    [None, [], "120", {}, {"prompt_tokens": "120"}, {"prompt_tokens": True}, {"prompt_tokens": {}}],
)
def test_odd_usage_does_not_lose_the_answer(usage: object) -> None:
    """Counts that are not numbers are unknown."""
    completion = answered(200, a_body(usage=usage))
    assert ("3", None, None) == (completion.text, completion.input_tokens, completion.error)


@pytest.mark.parametrize("reason", [None, "stop"])
def test_an_answer_without_a_finish_reason_is_kept(reason: str | None) -> None:
    """A null is a stop."""
    assert "stop" == answered(200, a_choice(finish_reason=reason)).finish_reason


@pytest.mark.parametrize("refusal", [None, "", {}, False, True, ["no"]])
def test_an_empty_refusal_is_ignored(refusal: object) -> None:
    """Only words are a refusal."""
    completion = answered(200, a_choice(message={"content": "3", "refusal": refusal}))
    assert ("3", "stop") == (completion.text, completion.finish_reason)


def test_a_body_up_to_the_limit_is_read() -> None:
    """A body of 16 MiB is read, and with one byte more it is malformed."""
    body = a_body().ljust(LARGEST)
    assert "3" == answered(200, body).text
    said = "malformed response: it is longer than 16 MB"
    assert said == answered(200, body + b" ").error


def test_an_error_with_a_large_body_keeps_its_status() -> None:
    """Its status still counts."""
    error = answered(503, b"x" * (LARGEST + 1), **{"Retry-After": "2"}).error or ""
    said = "server error: HTTP 503, retry after 2 s: xxx"
    assert (said, 300) == (error[: len(said)], len(error))


@pytest.mark.parametrize("patience", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "soon", "1.2.3"])
def test_a_retry_after_that_is_not_a_number_is_left_out(patience: str) -> None:
    """It is left out."""
    error = answered(429, b'{"error": {"message": "slow"}}', **{"Retry-After": patience}).error
    assert "rate limit: HTTP 429: slow" == error


@pytest.mark.parametrize(
    "body", [b'{"error": "who"}', b'{"object": "error", "message": "who"}', b'{"detail": "who"}']
)
def test_errors_of_another_format_are_quoted(body: bytes) -> None:
    """The body itself is told where no message is found in it."""
    assert f"bad request: HTTP 400: {body.decode('ascii')}" == answered(400, body).error


def test_a_server_that_does_not_speak_http_is_a_failure() -> None:
    """A server of another protocol is told as one that answers nonsense."""

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    async def run() -> Completion:
        async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            model = connect("mine", f"http://127.0.0.1:{port}/v1", environ={})
            (completion,) = await model.ask([ASKED])
            await model.close()
            return completion

    assert "malformed response: " == (asyncio.run(run()).error or "")[:20]


def test_the_timeout_is_for_all_of_the_call() -> None:
    """Waiting for the headers and for the body adds up."""

    async def late(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.4)
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(0.4)
        await response.write(a_body())
        return response

    async def run() -> Completion:
        app = web.Application()
        app.router.add_post("/chat/completions", late)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        model = connect("mine", f"http://127.0.0.1:{port}", timeout=0.6, environ={})
        try:
            (completion,) = await model.ask([ASKED])
        finally:
            await model.close()
            await runner.cleanup()
        return completion

    start = time.perf_counter()
    assert "timeout: no answer within 0.6 s" == asyncio.run(run()).error
    assert time.perf_counter() - start < 2
