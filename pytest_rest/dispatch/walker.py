"""Builds the prompts of cases ahead of their tests, one after the other, and hands them over."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from pytest_rest.dispatch.prefetch import Board, Case, key
from pytest_rest.errors import DispatcherError
from pytest_rest.terms import Prompt

LOG = logging.getLogger("pytest_rest")

Build = Callable[[Case], Sequence[Prompt]]


class Walker:
    """A thread that builds the prompts of cases, one after the other, and hands them over."""

    def __init__(self, board: Board, build: Build) -> None:
        self._board, self._build = board, build
        self._to_walk: deque[Iterable[Case]] = deque()
        self._lock = threading.Lock()
        self._building: dict[str, threading.Event] = {}
        self._thread: threading.Thread | None = None

    def walk(self, cases: Iterable[Case]) -> None:
        """Begin with these, or go on with them after what is walked already."""
        with self._lock:
            self._to_walk.append(cases)
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="rest-ahead", daemon=True)
                self._thread.start()

    def is_building(self, name: str) -> bool:
        """Whether this case is being built now."""
        return name in self._building

    def finish(self, name: str) -> None:
        """Wait for a case that is being built: nobody draws it twice."""
        if (built := self._building.get(name)) is not None:
            built.wait()

    def close(self) -> None:
        """Let go of what builds beside the thread."""

    def _walk(self) -> None:
        """Until there is nothing more to walk, or nothing more is taken."""
        try:
            while (cases := self._next()) is not None:
                if not self._take(cases):
                    break
        except DispatcherError:  # the tests meet the same, and say so
            return

    def _next(self) -> Iterable[Case] | None:
        with self._lock:
            if self._to_walk:
                return self._to_walk.popleft()
            self._thread = None  # another walk begins another thread: none is left waiting
            return None

    def _take(self, cases: Iterable[Case]) -> bool:
        """Hand these over; whether more are taken."""
        return all(self._hand_over(case) for case in cases if self._board.wait(key(case)))

    def _begin(self, name: str) -> None:
        self._building.setdefault(name, threading.Event())

    def _hand_over(self, case: Case) -> bool:
        """Build a case and hand it over; whether more are taken."""
        name = key(case)
        self._begin(name)
        try:
            return self._board.place(name, self._build(case))
        except DispatcherError:
            raise
        except Exception as error:  # its test meets the same, and says so
            LOG.debug("%s is not asked ahead: %s", name, error)
            return True
        finally:
            self._building.pop(name).set()
