"""What is done beside the main thread: its result, its error, and that Ctrl-C lets it finish."""

import signal
import threading
import time

import pytest

from pytest_rest.dispatch import interruptible


def test_results_and_errors_come_back() -> None:
    """As if the task had been done here; a task of the task is done there."""
    assert [1, 2] == [
        interruptible.do(lambda: 1),
        interruptible.do(lambda: interruptible.do(lambda: 2)),
    ]
    with pytest.raises(ZeroDivisionError):
        interruptible.do(lambda: 1 // 0)
    assert 3 == interruptible.do(lambda: 3)


def test_other_threads_do_their_own() -> None:
    """They are never interrupted, and wait for nobody."""
    names: list[str] = []

    def note() -> None:
        names.append(interruptible.do(lambda: threading.current_thread().name))

    thread = threading.Thread(target=note, name="another")
    thread.start()
    thread.join()
    note()
    assert ["another", "rest-aside"] == names


def test_an_interrupt_that_another_thread_takes() -> None:
    """It does not wake the main thread, nor does one that comes just before the wait."""
    may_end = threading.Event()

    def task() -> None:
        time.sleep(0.2)  # the main thread waits by then
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        may_end.wait(30)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interruptible.do(task)
    assert time.monotonic() - started < 10
    may_end.set()


def test_an_interrupt_leaves_no_lock_taken() -> None:
    """The main thread goes on at once; the task comes to its end and gives everything back."""
    lock, begun, may_end = threading.Condition(), threading.Event(), threading.Event()

    def task() -> None:
        with lock:
            begun.set()
            may_end.wait(30)

    def interrupt() -> None:
        begun.wait(30)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interruptible.do(task)
    assert time.monotonic() - started < 10
    assert not lock.acquire(blocking=False)
    may_end.set()
    assert lock.acquire(timeout=10)
    assert 4 == interruptible.do(lambda: 4)
