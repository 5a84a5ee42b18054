"""Judges what is stored of several tests in a row, ahead of them.

Where nothing is asked, pytest's own code and that which judges come by turns, and each finds the
processor's caches full of the other's code and data: to judge takes a third longer then.
"""

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import pytest

from pytest_rest.dispatch.prefetch import Case, key
from pytest_rest.plugin.cases import case_of
from pytest_rest.terms import Item, Record, Style

_ROW = 32  # tests, which no one waits long for, and whose records take little memory


class JudgedAhead:
    """The records of tests to come, each made by `judge`; of a test that is not expected, alone."""

    def __init__(self, judge: Callable[[Item, Style], Record]) -> None:
        self._judge = judge
        self._expected: deque[Case] = deque()
        self._made: dict[str, Record] = {}
        self._process = os.getpid()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Expect all tests, in their order; where this is not called, each is judged alone."""
        self._expected.extend(case for test in session.items if (case := case_of(test)))

    def record(self, item: Item, style: Style) -> Record:
        """The record of the test that has come."""
        name = key((item, style))
        is_forked = os.getpid() != self._process  # which keeps nothing for the next test
        if name not in self._made and not is_forked:
            self._go_on(name)
        return self._made.pop(name, None) or self._judge(item, style)

    def _go_on(self, name: str) -> None:
        """Judge a row from that test on, where it is among the next ones."""
        next_names = [key(case) for case in islice(self._expected, _ROW)]
        if name not in next_names:
            return
        for _ in next_names[: next_names.index(name)]:  # which were skipped
            self._expected.popleft()
        row = [self._expected.popleft() for _ in range(min(_ROW, len(self._expected)))]
        self._made.clear()
        for case in row:
            with suppress(Exception):  # its test meets the same, and says so
                self._made[key(case)] = self._judge(*case)
