"""Waits for the main thread beside it, so that Ctrl-C cuts nothing in two.

An interrupt is raised between any two steps of the main thread. In `concurrent.futures.wait`, or
any other `Condition`, that may be between taking a lock and the block that gives it back: then it
is taken for good, and whoever needs it next waits for ever. Other threads are never interrupted,
and a `SimpleQueue`, on which the main thread waits, may be left at any time; so may a plain lock.

No wait is a long one: a signal that comes just before it begins, or that another thread takes, does
not end it. Python has noted the interrupt then, and raises it when the main thread moves again.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

_LONGEST = 0.3  # seconds of one wait

T = TypeVar("T")


def do(task: Callable[[], T]) -> T:
    """What the task returns or raises; an interrupt does not wait for it, and it goes on."""
    if threading.current_thread() is not threading.main_thread():
        return task()
    answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            answers.put((task(), None))
        except BaseException as error:  # it is raised where it was asked for
            answers.put((None, error))

    threading.Thread(target=work, name="rest-aside", daemon=True).start()
    result, error = get(answers)
    if error is not None:
        raise error
    return cast(T, result)


def get(queue: "SimpleQueue[T]") -> T:
    """What comes next from the queue, however long it takes."""
    while True:
        try:
            return queue.get(timeout=_LONGEST)
        except Empty:
            continue
