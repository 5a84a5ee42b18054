"""Lets the main thread wait for work in another thread, so that Ctrl-C cuts nothing in two.

An interrupt is raised between any two steps of the main thread. In `concurrent.futures.wait`, or
any other `Condition`, that may be between taking a lock and the block that gives it back: then the
lock is taken for good, and the next thread that needs it waits forever. Other threads are never
interrupted, and a plain lock, on which the main thread waits here, may be left at any time.

It waits a moment at a time: a signal that comes just before a wait, or that another thread takes,
does not end that wait. Python has noted the interrupt then, and raises it when the wait is over.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

_LONGEST = 0.3  # seconds of one wait
_ROUNDS = 3  # of the loop that asks, from an answer that has come to the next request
_LONGEST_WAY = 0.05  # seconds: a model of the user's own may hold up the loop

T = TypeVar("T")


class Event:
    """Something that happens once, and one thread waits for."""

    def __init__(self) -> None:
        self._pending = threading.Lock()
        self._pending.acquire()

    def happen(self) -> None:
        """End the wait; may be called once."""
        self._pending.release()

    def wait(self, longest: float | None = None) -> None:
        """Wait until it has happened, however long it takes, or so many seconds of 0.3 at most."""
        while not self._pending.acquire(timeout=_LONGEST if longest is None else longest):
            if longest is not None:
                return


def run_interruptibly(task: Callable[[], T]) -> T:
    """What the task returns or raises; an interrupt ends the wait for it, and not the task."""
    if threading.current_thread() is not threading.main_thread():
        return task()
    done = Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(task())
        except BaseException as error:  # raised below, in the thread that asked
            failures.append(error)
        done.happen()

    threading.Thread(target=work, name="rest-task", daemon=True).start()
    done.wait()
    for failure in failures:
        raise failure
    return results[0]


def wait_for_rounds(
    loop: asyncio.AbstractEventLoop, rounds: int = _ROUNDS, longest: float = _LONGEST_WAY
) -> None:
    """Wait until a loop of another thread has gone round so often, or for so many seconds.

    So it does what it can do now: for one request it needs the interpreter several times, and a
    thread that works seldom lets go of it.
    """
    done = Event()
    with contextlib.suppress(RuntimeError):  # it is closed
        loop.call_soon_threadsafe(_go_round, loop, rounds, done)
        done.wait(longest)


def _go_round(loop: asyncio.AbstractEventLoop, left: int, done: Event) -> None:
    if left:
        loop.call_soon(_go_round, loop, left - 1, done)
    else:
        done.happen()
