"""Waits for the main thread beside it, so that Ctrl-C cuts nothing in two.

An interrupt is raised between any two steps of the main thread. In `concurrent.futures.wait`, or
any other `Condition`, that may be between taking a lock and the block that gives it back: then it
is taken for good, and whoever needs it next waits for ever. Other threads are never interrupted,
and a plain lock, on which the main thread waits, may be left at any time.

No wait is a long one: a signal that comes just before it begins, or that another thread takes, does
not end it. Python has noted the interrupt then, and raises it when the main thread moves again.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

_LONGEST = 0.3  # seconds of one wait

T = TypeVar("T")


class Event:
    """Something that happens once, and one thread waits for."""

    def __init__(self) -> None:
        self._pending = threading.Lock()
        self._pending.acquire()

    def happen(self) -> None:
        """Let the thread that waits go on; once."""
        self._pending.release()

    def wait(self) -> None:
        """Wait until it has happened, however long it takes."""
        while not self._pending.acquire(timeout=_LONGEST):
            pass


def do(task: Callable[[], T]) -> T:
    """What the task returns or raises; an interrupt does not wait for it, and it goes on."""
    if threading.current_thread() is not threading.main_thread():
        return task()
    done = Event()
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(task())
        except BaseException as error:  # it is raised where it was asked for
            failures.append(error)
        done.happen()

    threading.Thread(target=work, name="rest-aside", daemon=True).start()
    done.wait()
    for failure in failures:
        raise failure
    return results[0]
