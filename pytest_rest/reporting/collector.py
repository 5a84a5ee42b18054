"""Spares Python's search for circles of objects, where millions are made that are in none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 10_000


@contextmanager
def paused() -> Iterator[None]:
    """No search while the block runs: among a million answers it takes a fourth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def seldom() -> Iterator[None]:
    """Search among 10,000 new objects, not 700, while the block runs, unless that is set already.

    Those of all tests stay, and each search goes through many of them: it took an eighth of what a
    run of 6,000 requests takes of the processor, a tenth of a second at once, and takes 3 % now.
    """
    was, *others = gc.get_threshold()
    gc.set_threshold(max(was, _NEW) if was else was, *others)  # 0: there is no search
    try:
        yield
    finally:
        gc.set_threshold(was, *others)
