"""Asks a model in a process of its own, over loopback.

For a client that needs as much of the processor as LiteLLM does: in one process with it, drawing
pictures and running tests would wait for the interpreter, and its calls would wait for them.

A frame is eight bytes of length and a pickle. Both ends are this program: whoever connects must
send the parent's secret first, and nothing is unpickled before.
"""

import asyncio
import contextlib
import gc
import itertools
import os
import pickle
import secrets
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pytest_rest import credentials
from pytest_rest.errors import ModelError, one_line
from pytest_rest.terms import Completion, Home, Model, Price, Priced, Prompt

_LENGTH = struct.Struct(">Q")
_HOST = "127.0.0.1"
_PORT, _SECRET = "PYTEST_REST_PROCESS_PORT", "PYTEST_REST_PROCESS_SECRET"
_POLL = 0.02  # seconds between checks that a starting process still runs
_GRACE = 5.0  # seconds that a process has to end
_STARTS = 3  # of a process that dies before its model is open


class ModelProcess:
    """A model that is asked in a process of its own, which ends with this one.

    The model must be picklable. The process starts when the model is opened and is killed when the
    model is closed. If it dies, the calls in it fail as after a broken connection, and the next
    call starts another one; if it dies while it starts, it is started again, twice at most. Asked
    from one event loop at a time.
    """

    batch_size: ClassVar[int] = 1

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name, self.description = model.name, model.description
        self.parameters = model.parameters
        self.home: Home = model.home
        self.price: Price | None = model.price if isinstance(model, Priced) else None
        self._child: _Child | None = None
        self._starting = asyncio.Lock()

    async def open(self) -> None:
        """Start the process and wait until its model is open; `ModelError` if it ends before."""
        await self._started()

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask all at once, as the model itself does."""
        child = await self._started()
        try:
            return await child.ask(prompts)
        except ConnectionError as error:
            return [Completion(error=f"connection: {error}") for _ in prompts]

    async def close(self) -> None:
        """Kill the process, without waiting for calls in flight."""
        child, self._child = self._child, None
        if child is not None:
            await child.end()

    async def _started(self) -> "_Child":
        async with self._starting:
            if self._child is None or self._child.is_gone:
                await self.close()
                self._child = await _start_surely(self._model)
            return self._child


@dataclass(eq=False)
class _Child:
    """The process, and the calls that it has not answered."""

    name: str
    process: "subprocess.Popen[bytes]"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    is_gone: bool = False
    asked: dict[int, "asyncio.Future[list[Completion]]"] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    listening: "asyncio.Task[None] | None" = None

    async def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        if self.is_gone:
            raise ConnectionError(f"the process that asks {self.name} ended")
        number = next(self.numbers)
        answer: asyncio.Future[list[Completion]] = asyncio.get_running_loop().create_future()
        self.asked[number] = answer
        _send(self.writer, (number, list(prompts)))
        try:
            return await answer
        finally:
            self.asked.pop(number, None)

    async def listen(self) -> None:
        """Hand out the answers, until the connection ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                number, answer = await _receive(self.reader)
                if (waiting := self.asked.get(number)) and not waiting.done():
                    waiting.set_result(answer)
        self.is_gone = True
        how = _how_it_ended(self.process)
        for waiting in self.asked.values():
            if not waiting.done():
                error = ConnectionError(f"the process that asks {self.name} ended{how}")
                waiting.set_exception(error)

    async def end(self) -> None:
        self.is_gone = True
        if self.listening is not None:
            self.listening.cancel()
        await _hang_up(self.process, self.writer)


class _NotStartedError(ModelError):
    """A process that died before its model was open."""


async def _start_surely(model: Model) -> _Child:
    for _ in range(_STARTS - 1):
        with contextlib.suppress(_NotStartedError):
            return await _start(model)
    return await _start(model)


async def _start(model: Model) -> _Child:
    secret = secrets.token_hex(16)
    connected: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    connected = asyncio.get_running_loop().create_future()

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            greeting = await reader.readexactly(len(secret))
            if secrets.compare_digest(greeting, secret.encode()) and not connected.done():
                connected.set_result((reader, writer))
                return
        writer.close()

    server = await asyncio.start_server(welcome, _HOST, 0)
    process = _popen(server.sockets[0].getsockname()[1], secret)
    try:
        while not connected.done():
            if process.poll() is not None:
                raise _not_started(model, process)
            await asyncio.wait([connected], timeout=_POLL)
        child = _Child(model.name, process, *connected.result())
        _send(child.writer, (model, credentials.known()))
        if (failure := await _receive(child.reader)) is not None:
            raise ModelError(f"model {model.name!r} cannot be opened: {failure}")
    except BaseException as error:
        if isinstance(error, (asyncio.IncompleteReadError, OSError)):
            error = _not_started(model, process)
        await _hang_up(process, *(connected.result()[1:] if connected.done() else ()))
        raise error from None
    finally:
        server.close()
    child.listening = asyncio.get_running_loop().create_task(child.listen())
    return child


def _popen(port: int, secret: str) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, sys.path))
    output = None if "LITELLM_LOG" in os.environ else subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 (this module, by this interpreter)
        [sys.executable, "-m", __name__],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=os.environ | {_PORT: str(port), _SECRET: secret, "PYTHONPATH": path},
    )


def _not_started(model: Model, process: "subprocess.Popen[bytes]") -> _NotStartedError:
    return _NotStartedError(
        f"the process that asks {model.name} did not start{_how_it_ended(process)}; "
        "set LITELLM_LOG=DEBUG to see what it says"
    )


def _how_it_ended(process: "subprocess.Popen[bytes]") -> str:
    try:
        status = process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        _kill(process)
        return ""
    return f" (signal {-status})" if status < 0 else f" (exit status {status})"


async def _hang_up(process: "subprocess.Popen[bytes]", *writers: asyncio.StreamWriter) -> None:
    _kill(process)
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _send(writer: asyncio.StreamWriter, message: object) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    writer.write(_LENGTH.pack(len(data)))
    writer.write(data)


async def _receive(reader: asyncio.StreamReader) -> Any:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    return pickle.loads(await reader.readexactly(length))  # noqa: S301 (from this very program)


# What follows runs in the process itself.


async def _serve(port: int, secret: str) -> None:
    reader, writer = await asyncio.open_connection(_HOST, port, limit=1 << 20)
    writer.write(secret.encode())
    model: Model
    model, secrets_known = await _receive(reader)
    credentials.remember(*secrets_known)
    try:
        await model.open()
    except Exception as error:
        _send(writer, one_line(error)[:300])
        await writer.drain()
        return
    _collect_less_garbage()
    _send(writer, None)
    answering = set()

    async def answer(number: int, prompts: Sequence[Prompt]) -> None:
        try:
            completions = [*await model.ask(prompts)]
        except Exception as error:
            line = f"error: {one_line(error)}"[:300]
            completions = [Completion(error=line) for _ in prompts]
        _send(writer, (number, completions))

    while True:
        task = asyncio.create_task(answer(*await _receive(reader)))
        answering.add(task)
        task.add_done_callback(answering.discard)


def _collect_less_garbage() -> None:
    """Have the garbage collector skip what was imported, and look at what calls leave behind."""
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)
    gc.enable()


def main() -> None:
    """Serve the parent until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    gc.disable()  # until the model is open: a fifth of what LiteLLM's import takes
    port, secret = int(os.environ.pop(_PORT)), os.environ.pop(_SECRET)
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        asyncio.run(_serve(port, secret))
    os._exit(0)  # without waiting for what LiteLLM left behind


if __name__ == "__main__":
    main()
