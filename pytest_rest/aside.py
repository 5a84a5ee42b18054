"""Waits for the main thread beside it, so that Ctrl-C cuts nothing in two.

An interrupt is raised between any two steps of the main thread. In `concurrent.futures.wait`, or
any other `Condition`, that may be between taking a lock and the block that gives it back: then it
is taken for good, and whoever needs it next waits for ever. Other threads are never interrupted,
and a `SimpleQueue`, on which the main thread waits, may be left at any time; so may a plain lock.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, cast

T = TypeVar("T")
_Answers = SimpleQueue[tuple[Any, BaseException | None]]


class Aside:
    """A thread that does one task after the other; it is there once it has something to do."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[tuple[Callable[[], object], _Answers] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, task: Callable[[], T]) -> T:
        """What the task returns or raises; an interrupt does not wait for it, and it goes on."""
        if threading.current_thread() is not threading.main_thread():
            return task()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="rest-aside", daemon=True)
            self._thread.start()
        answers: _Answers = SimpleQueue()
        self._tasks.put((task, answers))
        result, error = answers.get()
        if error is not None:
            raise error
        return cast(T, result)

    def close(self) -> None:
        """Do nothing more after what is begun."""
        self._tasks.put(None)

    def _work(self) -> None:
        while (asked := self._tasks.get()) is not None:
            task, answers = asked
            try:
                answers.put((task(), None))
            except BaseException as error:  # it is raised where it was asked for
                answers.put((None, error))
