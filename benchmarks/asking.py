"""Turns the CPU time of the threads that ask, those of the loop and of the store, into a file.

A pytest plugin: what draws, judges and runs tests is in other threads, or in xdist's workers.
"""

import json
import os
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

THREADS = ("rest", "rest-store")
FILE = "asking.json"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Note it before the threads end, which they do when the last test is over; not in a worker."""
    result = yield
    if not hasattr(session.config, "workerinput"):
        seconds = sum(_seconds(each) for each in threading.enumerate() if each.name in THREADS)
        Path(FILE).write_text(json.dumps({"cpu_seconds": seconds}), "ascii")
    return result


def _seconds(thread: threading.Thread) -> float:
    """User and system time of a thread, as Linux counts it."""
    stat = Path(f"/proc/self/task/{thread.native_id}/stat").read_text("ascii")
    user, system = stat.rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
