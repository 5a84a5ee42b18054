"""Turns every chat request into an answer after a set time, and counts what it saw.

A stand-in for a model's provider that takes as little of the machine as Python can: bodies are
counted and thrown away. Answers are the same bytes each time, or where they are to differ the next
of a hundred. It ends when its stdin does.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767225600,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Answer: 3"},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 120, "completion_tokens": 4, "total_tokens": 124},
}


def _response(body: object) -> bytes:
    data = json.dumps(body).encode("ascii")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    return head.encode("ascii") + b"\r\n" + data


class Counts:
    """What was seen since the last reset; times are the machine's monotonic clock."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.reset()

    def reset(self) -> None:
        """Start counting anew; requests that are still being answered are not forgotten."""
        self.requests = self.answered = self.bytes = 0
        self.in_flight = self.peak = sum(each.asked for each in self.connections)
        self.first: float | None = None
        self.last: float | None = None
        self.late = 0.0
        self.cpu = time.process_time()

    def to_builtins(self) -> dict[str, Any]:
        """All of it: seconds, bytes of bodies, numbers of requests."""
        return {
            "requests": self.requests,
            "answered": self.answered,
            "in_flight": self.in_flight,
            "peak": self.peak,
            "first": self.first,
            "last": self.last,
            "bytes": self.bytes,
            "late_seconds": self.late,
            "cpu_seconds": time.process_time() - self.cpu,
        }


class Connection(asyncio.Protocol):
    """One client's connection: one request at a time, for as long as the client keeps it."""

    def __init__(self, counts: Counts, latency: float, responses: Sequence[bytes]) -> None:
        self._counts = counts
        self._latency = latency
        self._responses = responses
        self._loop = asyncio.get_running_loop()
        self._head = b""
        self._missing = 0  # bytes of the body that are still to come
        self.asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport: Any = transport
        self._counts.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a request that nobody waits for any more."""
        self._counts.connections.discard(self)
        if self.asked:
            self._counts.in_flight -= 1
            self.asked = False

    def data_received(self, data: bytes) -> None:
        """Read a head, or let a piece of a body go by."""
        if self._missing:
            self._missing -= len(data)
        elif self.asked:
            self._missing = -1  # a second request before the first one's answer
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, received, self._head = self._head[:end], len(self._head) - end - 4, b""
            if head.startswith((b"GET /stats", b"POST /reset")):
                self._control(head)
                return
            self._begin(_length(head), received)
        if self._missing == 0:
            self._loop.call_later(self._latency, self._answer, self._loop.time() + self._latency)
        elif self._missing < 0:
            self._transport.abort()

    def _begin(self, length: int, received: int) -> None:
        counts, self._missing, self.asked = self._counts, length - received, True
        counts.requests += 1
        counts.bytes += length
        counts.in_flight += 1
        counts.peak = max(counts.peak, counts.in_flight)
        if counts.first is None:
            counts.first = time.monotonic()

    def _answer(self, due: float) -> None:
        if not self.asked:
            return
        counts, self.asked = self._counts, False
        self._transport.write(self._responses[counts.answered % len(self._responses)])
        counts.in_flight -= 1
        counts.answered += 1
        counts.last = self._loop.time()  # asyncio's clock is the monotonic one
        counts.late += counts.last - due

    def _control(self, head: bytes) -> None:
        if head.startswith(b"POST"):
            self._counts.reset()
        self._transport.write(_response(self._counts.to_builtins()))


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0])


def _answering(content: str) -> bytes:
    (choice,) = ANSWER["choices"]
    said = {**choice, "message": {"role": "assistant", "content": content}}
    return _response({**ANSWER, "choices": [said]})


async def _serve(latency: float, differ: bool) -> None:
    loop, counts = asyncio.get_running_loop(), Counts()
    responses = [_answering(f"Answer: {n}") for n in (range(100) if differ else (3,))]
    server = await loop.create_server(
        lambda: Connection(counts, latency, responses), "127.0.0.1", 0, backlog=4096
    )
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)  # readable once the other end is closed
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.3, help="seconds until an answer")
    parser.add_argument("--differ", action="store_true", help="no two answers in a row are equal")
    given = parser.parse_args()
    asyncio.run(_serve(given.latency, given.differ))
