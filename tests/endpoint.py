"""Turns a plan of replies into a real HTTP server: OpenAI's, Anthropic's and Gemini's chat."""

import asyncio
import base64
import contextlib
import functools
import json
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

Protocol = Literal["openai", "anthropic", "gemini"]
Fault = Literal[
    "",
    "malformed",
    "reset",
    "hang",
    "drip",
    "page",
    "bomb",
    "endless",
    "empty-choices",
    "null-content",
    "odd-content",
    "odd-field",
    "no-usage",
    "cut",
]

# Each protocol's own word for how an answer ended; any other word is sent as it is.
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens"}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire; header names are in lower case."""

    protocol: Protocol
    path: str
    model: str
    texts: tuple[str, ...]
    images: tuple[bytes, ...] = field(repr=False)
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)
    number: int
    query: Mapping[str, str] = field(default_factory=dict)
    files: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Reply:
    """What to answer; `finish_reason` in OpenAI's words, `retry_after` and `delay` in seconds.

    A `retry_after` that is a string is sent as it is. A `status` other than 200 sends an error body
    of the protocol, with `text` as its message and `code` as its code. The faults: `malformed` is
    half a JSON; `reset` closes the connection in mid body; `hang` never answers, and `drip` answers
    without an end, until the server closes; `endless` does so as fast as it is read; `page` is HTML
    with `text` as its title, and `bomb` is `bomb_megabytes` of blanks, packed; with
    `empty-choices`, a thing of OpenAI's, an Anthropic body lacks its content; `odd-content` and
    `odd-field` (OpenAI's protocol only) have content, or a time, of a type it should not have. A
    `body`, or one in bytes, `raw`, is sent as it is, whatever else the reply says; only so does
    Gemini's protocol have refusals.
    """

    text: str = ""
    finish_reason: str = "stop"
    refusal: str | None = None
    status: int = 200
    code: str | None = None
    retry_after: float | str | None = None
    input_tokens: Any = 120
    output_tokens: Any = 7
    delay: float = 0.0
    fault: Fault = ""
    body: Mapping[str, Any] | None = None
    model: str | None = None  # that says that it answers
    headers: Mapping[str, str] = field(default_factory=dict)
    bomb_megabytes: int = 17
    raw: bytes | None = None


class Endpoint:
    """A server on a free port of 127.0.0.1, on a thread of its own, for as long as the block lasts.

    `reply` is called for each request, in the server's thread. Should it raise, the request gets a
    500 and leaving the block raises the same. `reports` is the model id that answers carry.
    """

    def __init__(self, reply: Callable[[Request], Reply], reports: str | None = None) -> None:
        self._reply = reply
        self._reports = reports
        self._lock = threading.Lock()
        self._log: list[tuple[Request, Reply]] = []
        self._failure: Exception | None = None
        self._count = 0
        self._in_flight = 0
        self._peak = 0
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="endpoint", daemon=True)

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_base(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"{self.url}/v1"

    @property
    def anthropic_base(self) -> str:
        """What an Anthropic client takes as its base URL: it adds `/v1/messages`."""
        return self.url

    @property
    def gemini_base(self) -> str:
        """What a Gemini client takes as its base URL: it adds `/models/NAME:generateContent`."""
        return f"{self.url}/v1beta"

    @property
    def log(self) -> tuple[tuple[Request, Reply], ...]:
        """Each request and what it was answered, in the order in which they came."""
        with self._lock:
            return tuple(self._log)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests of the log."""
        return tuple(request for request, _ in self.log)

    @property
    def peak(self) -> int:
        """The most requests that were being answered at one time."""
        with self._lock:
            return self._peak

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the endpoint did not start within 30 s")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the endpoint did not stop within 60 s"
        if self._failure is not None and error is None:
            raise self._failure

    def go_down(self) -> None:
        """Cut every connection and refuse new ones, as a server that is killed."""
        asyncio.run_coroutine_threadsafe(self._go_down(), self._loop).result(30)

    def come_up(self) -> None:
        """Listen again, on the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        app = web.Application(client_max_size=64 * 2**20)
        self._add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._listen()
        self._ready.set()
        await self._closing.wait()
        await self._stop_listening()
        await self._runner.cleanup()

    def _add_routes(self, app: web.Application) -> None:
        for prefix in ("", "/v1", "/{anything}/v1"):
            app.router.add_post(f"{prefix}/chat/completions", self._openai)
            app.router.add_post(f"{prefix}/messages", self._anthropic)
        app.router.add_post(r"/v1beta/models/{model}:generateContent", self._gemini)

    async def _listen(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        self._site = web.SockSite(self._runner, self._listening)
        await self._site.start()

    async def _stop_listening(self) -> None:
        """Take on first what was accepted: asyncio leaves it open where its server is closed."""
        if self._listening.fileno() == -1:
            return  # it is down
        self._loop.remove_reader(self._listening)
        await asyncio.sleep(0)  # a transport is made of it,
        await asyncio.sleep(0)  # and connected
        await self._site.stop()

    async def _go_down(self) -> None:
        await self._stop_listening()
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _openai(self, http: web.Request) -> web.StreamResponse:
        return await self._answer(http, "openai")

    async def _anthropic(self, http: web.Request) -> web.StreamResponse:
        return await self._answer(http, "anthropic")

    async def _gemini(self, http: web.Request) -> web.StreamResponse:
        return await self._answer(http, "gemini")

    async def _answer(self, http: web.Request, protocol: Protocol) -> web.StreamResponse:
        body = await http.json()
        with self._lock:
            self._count += 1
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
            request = _request(http, protocol, body, self._count)
        try:
            try:
                reply = self._reply(request)
            except Exception as failure:
                self._failure = failure
                reply = Reply(f"the plan failed: {failure!r}", status=500)
            with self._lock:
                self._log.append((request, reply))
            return await self._send(http, request, reply)
        finally:
            with self._lock:
                self._in_flight -= 1

    async def _send(self, http: web.Request, request: Request, reply: Reply) -> web.StreamResponse:
        await asyncio.sleep(reply.delay)
        if reply.fault == "hang":
            await self._closing.wait()
        if reply.fault == "drip":
            return await self._drip(http, b" ", 0.05)
        if reply.fault == "endless":
            return await self._drip(http, b" " * (1 << 20), 0.0)
        model = self._reports or f"{request.model}-2026-01-01"
        model = model if reply.model is None else reply.model
        content = json.dumps(body_of(request.protocol, model, reply)).encode()
        if reply.raw is not None:
            content = reply.raw
        if reply.fault == "malformed":
            content = content[: len(content) // 2]
        if reply.fault == "reset":
            return await cut_short(http, content)
        if reply.fault == "page":
            page = f"<!DOCTYPE html><title>{reply.text}</title>"
            return web.Response(text=page, status=reply.status, content_type="text/html")
        if reply.fault == "bomb":
            packed = _packed_blanks(reply.bomb_megabytes)
            return web.Response(body=packed, headers={"content-encoding": "gzip"})
        after = reply.retry_after
        headers = {} if after is None else {"retry-after": str(after)}
        headers = {"content-type": "application/json", **headers, **reply.headers}
        return web.Response(body=content, status=reply.status, headers=headers)

    async def _drip(self, http: web.Request, chunk: bytes, pause: float) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        with contextlib.suppress(ConnectionError):
            while not self._closing.is_set():
                await response.write(chunk)
                await asyncio.sleep(pause)
        return response


@functools.cache
def _packed_blanks(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    chunks = [packer.compress(b" " * (1 << 20)) for _ in range(megabytes)]
    return b"".join([*chunks, packer.flush()])


async def cut_short(http: web.Request, content: bytes) -> web.StreamResponse:
    """Promise the whole body, send half of it, and close the connection."""
    response = web.StreamResponse(headers={"content-length": str(len(content))})
    response.content_type = "application/json"
    await response.prepare(http)
    await response.write(content[: len(content) // 2])
    if http.transport is not None:
        http.transport.abort()
    return response


def _request(
    http: web.Request, protocol: Protocol, body: Mapping[str, Any], number: int
) -> Request:
    request = request_of(protocol, body, number, body.get("model") or http.match_info.get("model"))
    headers = {name.lower(): value for name, value in http.headers.items()}
    return replace(request, path=http.path, headers=headers, query=dict(http.query))


def request_of(
    protocol: Protocol, body: Mapping[str, Any], number: int, model: str | None = None
) -> Request:
    """A body as a request, without its headers."""
    texts: list[str] = []
    images: list[bytes] = []
    files: list[bytes] = []
    messages = body["contents"] if protocol == "gemini" else body["messages"]
    for message in messages:
        content = message["parts" if protocol == "gemini" else "content"]
        parts: list[dict[str, Any]] = [{"text": content}] if isinstance(content, str) else content
        for part in parts:
            if "text" in part:
                texts.append(part["text"])
            else:
                is_file = "file" in part or part.get("type") == "document"
                (files if is_file else images).append(base64.b64decode(_encoded(part)))
    return Request(
        protocol=protocol,
        path="",
        model=str(model or body.get("model")),
        texts=tuple(texts),
        images=tuple(images),
        files=tuple(files),
        headers={},
        body=body,
        number=number,
    )


def _encoded(part: Mapping[str, Any]) -> str:
    """The base64 of a picture or a file, where each protocol has it."""
    if "file" in part:
        return str(part["file"]["file_data"]).partition(",")[2]
    if "image_url" in part:
        return str(part["image_url"]["url"]).partition(",")[2]
    return str((part.get("source") or part.get("inline_data") or part["inlineData"])["data"])


def body_of(protocol: Protocol, model: str, reply: Reply) -> Mapping[str, Any]:
    """What a protocol sends for a reply."""
    if reply.body is not None:
        return reply.body
    if reply.status != 200:
        return _error(protocol, reply)
    bodies = {"openai": _openai_body, "anthropic": _anthropic_body, "gemini": _gemini_body}
    return bodies[protocol](model, reply)


def _error(protocol: Protocol, reply: Reply) -> dict[str, Any]:
    kind = _ERROR_TYPES.get(reply.status, "api_error")
    error: dict[str, Any] = {"message": reply.text, "type": kind}
    if protocol == "anthropic":
        return {"type": "error", "error": error}
    if protocol == "gemini":
        return {"error": {"code": reply.status, "message": reply.text, "status": reply.code}}
    return {"error": error | {"param": None, "code": reply.code}}


def _openai_body(model: str, reply: Reply) -> dict[str, Any]:
    text: object = None if reply.fault == "null-content" or reply.refusal else reply.text
    content = [text] if reply.fault == "odd-content" else text
    message = {"role": "assistant", "content": content, "refusal": reply.refusal}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": "today" if reply.fault == "odd-field" else 1767225600,
        "model": model,
        "choices": [] if reply.fault == "empty-choices" else [choice],
    }
    if reply.fault != "no-usage":
        body["usage"] = {
            "prompt_tokens": reply.input_tokens,
            "completion_tokens": reply.output_tokens,
            "total_tokens": 127,
        }
    return body


def _anthropic_body(model: str, reply: Reply) -> dict[str, Any]:
    ended = "refusal" if reply.refusal is not None else reply.finish_reason
    text = reply.text if reply.refusal is None else reply.refusal
    body: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [] if reply.fault == "null-content" else [{"type": "text", "text": text}],
        "stop_reason": _STOP_REASONS.get(ended, ended),
        "stop_sequence": None,
    }
    if reply.fault == "empty-choices":
        del body["content"]
    if reply.fault != "no-usage":
        body["usage"] = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
    return body


def _gemini_body(model: str, reply: Reply) -> dict[str, Any]:
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": reply.text}]},
                "finishReason": {"stop": "STOP", "length": "MAX_TOKENS"}[reply.finish_reason],
                "index": 0,
            }
        ],
        "modelVersion": model,
        "usageMetadata": {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "totalTokenCount": reply.input_tokens + reply.output_tokens,
        },
    }
