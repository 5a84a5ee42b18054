"""Runs the tests of suites in one step, where nobody looks on at pytest's three.

To set a test up, to call it and to tear it down is to capture, to log and to report three times,
which takes longer than most tests of a suite do.
"""

from typing import Literal

import pytest

from pytest_rest import extensions
from pytest_rest.plugin import foreign_hooks
from pytest_rest.plugin.run import Run
from pytest_rest.plugin.suite_tests import SuiteTest

COUNTED = "pytest_rest_steps_are_counted"  # in xdist's workerinput
_STEPS = (
    *("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call"),
    *("pytest_runtest_teardown", "pytest_runtest_makereport"),
)
_IDLE = ("skipping", "tmpdir", "unittest")  # whose hooks note of each test what these have not got
_UNCAUGHT = (pytest.exit.Exception, KeyboardInterrupt)


def are_counted(config: pytest.Config) -> bool:
    """Whether somebody in this process may count on a report of each step."""
    return foreign_hooks.has_any(config, "pytest_runtest_logreport")


class SuiteProtocol:
    """What pytest does for a test, in a session that has none but light ones.

    These have no fixtures, and where they print and log nothing there is nothing to set up, to tear
    down or to capture.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config, self._run = config, run
        self._is_used: bool | None = None  # not known before the first test
        self._are_steps_told = True

    def pytest_runtest_protocol(self, item: pytest.Item) -> Literal[True] | None:
        """Run a test, and report it; None where that is left to pytest."""
        if self._is_used is None:
            self._look_round(item.session)
        if not self._is_used or not isinstance(item, SuiteTest):
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._tell(item, "setup")
        call = pytest.CallInfo.from_call(item.run_alone, when="call", reraise=_UNCAUGHT)
        report = self._make_report(item=item, call=call)
        hook.pytest_runtest_logreport(report=report)
        if call.excinfo and not isinstance(call.excinfo.value, pytest.skip.Exception):
            hook.pytest_exception_interact(node=item, call=call, report=report)
        self._tell(item, "teardown")
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        self._run.records.pop(item, None)
        item.shed()
        return True

    def _look_round(self, session: pytest.Session) -> None:
        """See who looks on; all hooks are known when the first test begins."""
        plugins = self._config.pluginmanager
        idle = filter(None, map(plugins.getplugin, _IDLE))
        self._make_report = plugins.subset_hook_caller("pytest_runtest_makereport", idle)
        self._is_used = (
            all(type(item) is SuiteTest and not any(item.iter_markers()) for item in session.items)
            and not foreign_hooks.has_any(self._config, *_STEPS)
            and not self._is_watched
            and self._is_silent
        )
        self._are_steps_told = (
            are_counted(self._config)
            or getattr(self._config, "workerinput", {}).get(COUNTED, False)
            or self._config.getoption("durations", None) is not None
            or self._config.getoption("xmlpath", None) is not None  # properties come last
        )

    def _tell(self, item: pytest.Item, step: Literal["setup", "teardown"]) -> None:
        """Report a step in which nothing was to be done, to those who count on it."""
        if self._are_steps_told:
            done = pytest.CallInfo.from_call(lambda: None, when=step)
            report = pytest.TestReport.from_item_and_call(item, done)
            item.ihook.pytest_runtest_logreport(report=report)

    @property
    def _is_watched(self) -> bool:
        """Whether somebody wants to stop within a test, or to see what it logs."""
        get, levels = self._config.getoption, ("log_level", "log_cli_level")
        if get("usepdb", False):
            return True
        return self._config.pluginmanager.hasplugin("logging") and bool(
            self._config.getini("log_cli")
            or any(get(level, None) or self._config.getini(level) for level in levels)
        )

    @property
    def _is_silent(self) -> bool:
        """Whether no code that may print or log runs in this process while it tests.

        LiteLLM has a process of its own.
        """
        settings = self._run.settings
        models = {spec.partition(":")[0] for spec in (settings.model, settings.judge)}
        is_asked = not (settings.stored or settings.replay or settings.dispatcher)
        printing = {"embedded", "python", *extensions.declared("models")}
        return not (extensions.METRICS or (is_asked and models & printing))
