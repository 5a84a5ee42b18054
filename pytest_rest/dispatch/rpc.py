"""Carries prompts from a worker's process to the dispatcher in the main process, over loopback.

A frame is four bytes of length and JSON, so nothing but builtins crosses. A worker's first frame
is the run's token; after that each request asks prompts, claims a case that was handed over ahead,
or hands one over. `Server` lives in the main process, `Client` in a
worker.
"""

import asyncio
import contextlib
import json
import secrets
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.prefetch import Asked, LookAhead
from pytest_rest.dispatch.prompt_json import from_builtins, prompt_to_builtins
from pytest_rest.errors import DispatcherError, RestError
from pytest_rest.terms import Completion, Item, Prompt, to_builtins

_LENGTH = struct.Struct(">I")
_LARGEST_FRAME = 1 << 28
_LARGEST_GREETING = 256
_CONNECT_SECONDS = 5.0
_ROOM_SECONDS = 0.1


class Server:
    """Listens on loopback for the run's workers; a client without the token is disconnected."""

    def __init__(self, dispatcher: Dispatcher, ahead: LookAhead) -> None:
        self._dispatcher, self._ahead = dispatcher, ahead
        self.token = secrets.token_hex(16)
        self._serving: set[asyncio.Task[None]] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._server = dispatcher.run(asyncio.start_server(self._connected, sock=self._listening))
        self.port: int = self._listening.getsockname()[1]

    def close(self) -> None:
        """Take no more workers."""
        self._dispatcher.run(self._close())

    async def _close(self) -> None:
        """Take on first what was accepted: asyncio leaves it open where its server is closed."""
        with contextlib.suppress(NotImplementedError):  # Windows' loop has none, and no such fault
            asyncio.get_running_loop().remove_reader(self._listening)
        await asyncio.sleep(0)
        self._server.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a worker, and hang up however that ends: cancelled before it began, too.

        What a worker has not read by the session's end would keep its connection open.
        """
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        task.add_done_callback(
            lambda ended: writer.transport.abort() if ended.cancelled() else writer.close()
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            greeting = await _read(reader, _LARGEST_GREETING)
            if not secrets.compare_digest(str(greeting), self.token):
                return
            while True:
                request = await _read(reader, _LARGEST_FRAME)
                try:
                    answer = await self._answer(request)
                except RestError as error:
                    answer = {"failed": str(error)}
                writer.write(_frame(answer))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass  # the worker is gone, or was not one of ours

    async def _answer(self, request: dict[str, Any]) -> object:
        match request:
            case {"ask": prompts}:
                futures = self._dispatcher.submit([from_builtins(prompt) for prompt in prompts])
                return [to_builtins(completion) for completion in await _all(futures)]
            case {"claim": str(name)}:
                if (claimed := self._ahead.claim(name)) is None:
                    return None
                completions = await _all(claimed.futures)
                return [
                    [prompt_to_builtins(prompt, with_item=False), to_builtins(completion)]
                    for prompt, completion in zip(claimed.prompts, completions, strict=True)
                ]
            case {"room": str(name)}:
                while not (self._ahead.has(name) or self._ahead.has_room()):  # noqa: ASYNC110
                    await asyncio.sleep(_ROOM_SECONDS)
                return not self._ahead.has(name)
            case {"place": str(name), "prompts": prompts}:
                return self._ahead.place(name, [from_builtins(prompt) for prompt in prompts])
        raise ValueError(f"an unknown request: {sorted(request)}")


class Client:
    """A worker's way to the dispatcher; `OSError` when it cannot be reached from here.

    One request at a time: threads of one worker take turns.
    """

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_SECONDS)
        self._socket.settimeout(None)  # how long a call may take is up to the model
        self._lock = threading.Lock()
        self._socket.sendall(_frame(token))

    def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """Ask all prompts at once and wait; `DispatcherError` if the main process is gone."""
        answered = self._request({"ask": [prompt_to_builtins(prompt) for prompt in prompts]})
        return [Completion(**answer) for answer in answered]

    def claim(self, name: str, item: Item) -> Asked | None:
        """Wait for the answers of a case that was handed over, of that item; None if it was not."""
        claimed = self._request({"claim": name})
        if claimed is None:
            return None
        return [(from_builtins(prompt, item), Completion(**answer)) for prompt, answer in claimed]

    def wait(self, name: str) -> bool:
        """Wait for room to hand over a case; False when that is not needed."""
        return bool(self._request({"room": name}))

    def place(self, name: str, prompts: Sequence[Prompt]) -> bool:
        """Hand over a case's prompts; False when no more are taken."""
        request = {"place": name, "prompts": [prompt_to_builtins(prompt) for prompt in prompts]}
        return bool(self._request(request))

    def close(self) -> None:
        """Disconnect."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # ends the wait for an answer
        self._socket.close()

    def _request(self, request: Mapping[str, object]) -> Any:
        with self._lock:
            try:
                self._socket.sendall(_frame(request))
                (length,) = _LENGTH.unpack(self._receive(_LENGTH.size))
                answer = json.loads(self._receive(length))
            except OSError:
                raise DispatcherError("the run's main process no longer answers") from None
        if isinstance(answer, dict):
            raise DispatcherError(answer["failed"])
        return answer

    def _receive(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            chunk = self._socket.recv(size - len(received))
            if not chunk:
                raise ConnectionError
            received += chunk
        return bytes(received)


async def _all(futures: Sequence["Future[Completion]"]) -> list[Completion]:
    return await asyncio.gather(*map(asyncio.wrap_future, futures))


async def _read(reader: asyncio.StreamReader, largest: int) -> Any:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > largest:
        raise ValueError(f"a frame of {length} bytes")
    return json.loads(await reader.readexactly(length))


def _frame(content: object) -> bytes:
    data = json.dumps(content).encode("ascii")
    return _LENGTH.pack(len(data)) + data
