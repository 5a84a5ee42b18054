"""Reads the responses of endpoints: follows no redirect, and bounds and unpacks each body."""

import contextlib
import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pytest_rest.models.completions import join_parts
from pytest_rest.models.contents import parsed
from pytest_rest.models.failures import EndpointError, MalformedError, finish_reason

ENCODINGS = "gzip, deflate"  # what `Body` unpacks, and so all that is asked for
_LARGEST_BODY = 16 << 20
_LARGEST_ERROR = 64 << 10  # of which a line is shown, and LiteLLM takes its time for more


class Body:
    """A response's body, unpacked as it arrives.

    `MalformedError` as soon as it is longer than 16 MB, or is packed in another way than was asked
    for. An error's is cut at 64 kB, for its status says enough.
    """

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise MalformedError(f"it is encoded as {encoding[:40]!r}, which was not asked for")
        is_packed = encoding not in ("", "identity")
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if is_packed else None
        self._received = bytearray()
        self._is_answer = status == 200
        self._most = _LARGEST_BODY if self._is_answer else _LARGEST_ERROR

    def add(self, chunk: bytes) -> bool:
        """Add the next bytes that came over the wire; whether more are wanted."""
        if self._unpacker is not None:
            try:
                left = self._most + 1 - len(self._received)
                chunk = self._unpacker.decompress(chunk, left)
            except zlib.error as error:
                raise MalformedError(f"it cannot be unpacked: {error}") from None
        self._received += chunk
        is_full = len(self._received) > self._most
        if is_full and self._is_answer:
            raise MalformedError(f"it is longer than {_LARGEST_BODY >> 20} MB")
        return not is_full

    def whole(self) -> bytes:
        """All of it; `MalformedError` if it was packed, and is broken off."""
        is_whole = self._unpacker is None or self._unpacker.eof or not self._received
        if self._is_answer and not is_whole:
            raise MalformedError("it is packed, and its end is missing")
        return bytes(self._received[: self._most])


def refuse_redirect(status: int, headers: Mapping[str, str]) -> None:
    """Raise for a redirect: followed, it would carry the key and the prompt to another host."""
    if 300 <= status < 400:
        host = _host(headers.get("location", ""))
        to = f"to {host}" if host else "elsewhere on the same host"
        raise EndpointError(
            f"bad request: HTTP {status}: the endpoint redirects {to}, which is not followed; "
            "if that is the one to ask, give its address"
        )


def refuse_broken_off(data: Any) -> None:
    """Raise `BreakdownError` where an answer, in any protocol, did not end in a known way.

    LiteLLM has words of its own for that, and `stop` for whatever it does not know.
    """
    if not isinstance(data, dict):
        return
    ends = [data.get(name) for name in ("stop_reason", "stopReason", "done_reason")]
    for name, end in (("choices", "finish_reason"), ("candidates", "finishReason")):
        answers = data.get(name)
        if isinstance(answers, list):
            ends += [answer.get(end) for answer in answers if isinstance(answer, dict)]
    for word in ends:
        if isinstance(word, str):
            finish_reason(word)


def guard(httpx: Any) -> None:
    """Have every client that is made of this module (httpx, httpx2) from now on do as `Body` does.

    LiteLLM makes clients in many places, and lets them follow redirects and read without bound.
    """
    if hasattr(httpx, "_guarded_by_pytest_rest"):
        return
    httpx._guarded_by_pytest_rest = True

    def limit_encodings(request: Any) -> None:
        request.headers["accept-encoding"] = ENCODINGS

    async def limit_encodings_async(request: Any) -> None:
        limit_encodings(request)

    def read(response: Any) -> None:
        refuse_redirect(response.status_code, response.headers)
        body = Body(response.status_code, response.headers)
        try:
            for chunk in response.stream:
                if not body.add(chunk):
                    break
        finally:
            response.stream.close()
        _keep(httpx, response, body)

    async def read_async(response: Any) -> None:
        refuse_redirect(response.status_code, response.headers)
        body = Body(response.status_code, response.headers)
        try:
            async for chunk in response.stream:
                if not body.add(chunk):
                    break
        finally:
            await response.stream.aclose()
        _keep(httpx, response, body)

    _add_hooks(httpx.Client, limit_encodings, read)
    _add_hooks(httpx.AsyncClient, limit_encodings_async, read_async)


def _add_hooks(kind: Any, request_hook: Any, response_hook: Any) -> None:
    make = kind.__init__

    @functools.wraps(make)
    def make_guarded(client: Any, *args: Any, **how: Any) -> None:
        make(client, *args, **how)
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], request_hook],
            "response": [response_hook, *hooks["response"]],
        }

    kind.__init__ = make_guarded


def _keep(httpx: Any, response: Any, body: Body) -> None:
    """Let the client read the body that was read already."""
    for name in ("content-encoding", "content-length"):
        response.headers.pop(name, None)
    content = body.whole()
    if response.status_code == 200 and not _asked_for_stream(response):
        with contextlib.suppress(ValueError, RecursionError):  # who reads it says what is wrong
            data = parsed(content.decode("utf-8", "replace"), response.headers)
            refuse_broken_off(data)
            content = json.dumps(data).encode() if join_parts(data) else content
    response.stream = httpx.ByteStream(content)


def _asked_for_stream(response: Any) -> bool:
    """Whether LiteLLM asked for a stream, as of endpoints that have nothing else."""
    if "event-stream" not in response.headers.get("content-type", ""):
        return False
    body: bytes = getattr(response.request, "_content", b"")  # `content` may raise
    return b'"stream":true' in body.replace(b" ", b"")


def _host(location: str) -> str:
    try:
        return urlsplit(location.strip()).netloc.rpartition("@")[2][:100]
    except ValueError:
        return "an address that cannot be read"
