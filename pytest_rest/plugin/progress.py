"""Turns what the run's main process knows into a live line on a terminal, or one now and then."""

import contextlib
import functools
import os
import sys
import threading
import time
from collections import defaultdict

import pytest

from pytest_rest.metrics.agreement import compared
from pytest_rest.plugin.run import Run
from pytest_rest.reporting.calls import calls
from pytest_rest.reporting.terminal.progress_line import Foot, Progress
from pytest_rest.scoring import agree
from pytest_rest.statistics.intervals import proportion
from pytest_rest.terms import Record

_TICK = 0.25
_EVERY = 60.0  # seconds between two lines, without a terminal
_NARROWEST, _LOWEST = 20, 5


class Watch:
    """Counts what comes in, and shows it."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config, self._run = config, run
        self._begun = time.monotonic()
        self._told = self._begun
        self._tests = self._calls = self._answered = self._consistent = 0
        # each item's value, by suite: empty before there is one, None if they differ
        self._values: dict[str, dict[str, str | None]] = defaultdict(dict)
        self._foot = _foot(config)
        self.instead = ""  # what is shown in its place, before there are tests
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def select(self, suite: str, item: str) -> None:
        """A test that will ask this item in one of its styles."""
        self._tests += 1
        self._values[suite].setdefault(item, "")

    def add(self, record: Record) -> None:
        """A record has come in."""
        values = self._values[record.suite]
        before = values.get(record.item, "")
        self._calls += len(calls(record)) - (0 if before == "" else self._once)
        if record.verdict.lost:
            return
        said = [answer.value for answer in compared(record)]
        value = said[0] if agree(said) else None
        if before == "":
            self._answered += 1
            self._consistent += value is not None
        elif before != value:
            self._consistent -= before is not None
            value = None
        values[record.item] = value

    @property
    def has_foot(self) -> bool:
        """Whether there is a terminal whose last row is kept up to date."""
        return self._foot is not None

    @property
    def progress(self) -> Progress:
        """How far the run has come."""
        answered, in_flight, retries, spent = self._run.pace
        store = self._run.folder.store
        stored = store.stored if store is not None else 0
        done, new = max(self._calls, stored + answered), max(answered, self._calls)
        planned = max(self._planned(), done)
        seconds = time.monotonic() - self._begun
        return Progress(
            done,
            planned,
            in_flight,
            retries,
            spent,
            seconds / new * (planned - done) if new > in_flight else None,
            proportion(self._consistent, self._answered),
        )

    def _planned(self) -> int:
        """The calls of all tests; the text form of an item is asked once, whatever its styles."""
        settings = self._run.settings
        scheme, once = settings.scheme, self._once
        in_a_style = scheme.repeats * len(scheme.modes) - once + len(scheme.transcribed)
        items, tests = sum(map(len, self._values.values())), self._tests
        if not tests:
            items, tests = self._foreseen
        charts: int = (settings.given["eyechart"] or {"calls": 0})["calls"]
        return charts + once * items + in_a_style * tests

    @functools.cached_property
    def _once(self) -> int:
        """The calls of an item that are the same in each of its styles."""
        scheme = self._run.settings.scheme
        return scheme.repeats * ("text" in scheme.modes)

    @functools.cached_property
    def _foreseen(self) -> tuple[int, int]:
        """The items and tests of a benchmark, before workers have reported theirs."""
        asked = [*self._run.asked] if self._run.settings.is_benchmark else []
        return len({(item.suite, item.id) for item, _ in asked}), len(asked)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Begin to show it, below whatever pytest writes from here on."""
        if self._foot is not None:
            self._over.clear()
            self._thread = threading.Thread(target=self._show, name="rest-progress", daemon=True)
            self._thread.start()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self) -> None:
        """Without a terminal: a line of its own, now and then, between two tests."""
        if self._foot is not None or time.monotonic() - self._told < _EVERY:
            return
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            self._told = time.monotonic()
            reporter.write_line(self.progress.line(80))

    def pytest_enter_pdb(self) -> None:
        """Leave the terminal to the debugger."""
        self.stop()

    def pytest_leave_pdb(self) -> None:
        """Show it again."""
        self.pytest_collection()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Give the terminal back before the summary."""
        self.stop()

    def pytest_unconfigure(self) -> None:
        """Give it back where the session broke off, too."""
        self.stop()

    def stop(self) -> None:
        """Stop showing it."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _show(self) -> None:
        foot = self._foot
        assert foot is not None  # noqa: S101 (nobody starts this thread without one)
        with contextlib.suppress(OSError):  # the terminal is gone
            while not self._over.wait(_TICK):
                foot.show(self.instead[: foot.width] or self.progress.line(foot.width))
            foot.close()


def _foot(config: pytest.Config) -> Foot | None:
    """The terminal's last row, where there is a terminal that a person looks at."""
    hidden = os.environ.get("CI") or os.environ.get("TERM", "dumb") == "dumb" or os.name != "posix"
    if hidden or not config.pluginmanager.hasplugin("terminalreporter"):
        return None
    try:
        file = sys.stdout.fileno()
        size = os.get_terminal_size(file)  # fails where it is not a terminal
        if size.columns < _NARROWEST or size.lines < _LOWEST:
            return None
        return Foot(os.dup(file))  # while tests run, pytest has another file in its place
    except (OSError, ValueError, AttributeError):
        return None
