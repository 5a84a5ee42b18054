"""Tasks that the main thread waits for: their results, their errors, and Ctrl-C."""

import asyncio
import signal
import threading
import time

import pytest

from pytest_rest.dispatch.interruptible import run_interruptibly, wait_for_rounds


def test_results_and_errors_come_back() -> None:
    """As if the task had been done here; a task of the task is done there."""
    assert 1 == run_interruptibly(lambda: 1)
    assert 2 == run_interruptibly(lambda: run_interruptibly(lambda: 2))
    with pytest.raises(ZeroDivisionError):
        run_interruptibly(lambda: 1 // 0)
    assert 3 == run_interruptibly(lambda: 3)


def test_other_threads_run_their_tasks_themselves() -> None:
    """They are never interrupted, and wait for nobody."""
    names: list[str] = []

    def note() -> None:
        names.append(run_interruptibly(lambda: threading.current_thread().name))

    thread = threading.Thread(target=note, name="another")
    thread.start()
    thread.join()
    note()
    assert ["another", "rest-task"] == names


def test_an_interrupt_that_another_thread_takes_ends_the_wait() -> None:
    """It does not wake the main thread, nor does one that comes just before the wait."""
    may_end = threading.Event()

    def task() -> None:
        time.sleep(0.2)  # the main thread waits by then
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        may_end.wait(30)

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_interruptibly(task)
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
        run_interruptibly(task)
    assert time.monotonic() - started < 10
    assert not lock.acquire(blocking=False)
    may_end.set()
    assert lock.acquire(timeout=10)
    assert 4 == run_interruptibly(lambda: 4)


def test_a_loop_is_waited_for_as_many_rounds_as_asked() -> None:
    """But not for long where something holds it up."""
    loop, done = asyncio.new_event_loop(), []
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def step(number: int) -> None:
        done.append(number)
        if number < 5:
            loop.call_soon(step, number + 1)

    held_up = threading.Event()
    loop.call_soon_threadsafe(held_up.wait, 20)
    loop.call_soon_threadsafe(step, 1)
    wait_for_rounds(loop, 3, 0.01)
    assert [] == done
    held_up.set()
    wait_for_rounds(loop, 3, 20)
    assert [1, 2, 3] == done[:3]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()
