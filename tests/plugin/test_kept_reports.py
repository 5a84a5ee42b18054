"""Reports of tests that passed: one stands for all where these are only counted."""

from typing import Any

import pytest
from runs import RunRest

from pytest_rest.plugin.terminal import Terminal

ASKED = ("--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:4", "--rest-max-cfr=1")
IN_LOOP = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    return (yield)
"""
AT_THE_END = "def pytest_unconfigure(): pass"
REPORTER = """
from _pytest.terminal import TerminalReporter
import pytest

class Mine(TerminalReporter):
    pass

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    plugins = config.pluginmanager
    plugins.unregister(plugins.getplugin("terminalreporter"))
    plugins.register(Mine(config), "terminalreporter")
"""
XFAIL = """
import pytest

@pytest.mark.rest("soebench:3")
def test_first(rest):
    assert rest().consistent

@pytest.mark.xfail
@pytest.mark.rest("soebench:3")
def test_second(rest):
    assert rest().consistent
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many reports the reporter has of tests that are inconsistent: all of ASKED's."""
    own, numbers = Terminal.pytest_terminal_summary, list[int]()

    def pytest_terminal_summary(self: Terminal, terminalreporter: Any) -> None:
        reports = terminalreporter.stats["inconsistent"]
        assert 4 == len(reports)
        numbers.append(len({id(each) for each in reports}))
        own(self, terminalreporter)

    pytest_terminal_summary.__module__ = Terminal.__module__  # not somebody else's hook
    monkeypatch.setattr(Terminal, "pytest_terminal_summary", pytest_terminal_summary)
    return numbers


@pytest.mark.parametrize("place", ["-pno:xdist", "-n1"])
def test_one_stands_for_all(run_rest: RunRest, kept: list[int], place: str) -> None:
    """Pytest keeps every one to the end, and counts them."""
    run = run_rest(*ASKED, place)
    assert {"inconsistent": 4, "passed": 2} == run.outcomes
    assert [1] == kept


@pytest.mark.parametrize("args", ["-rA", "-rp", "-rP", "--durations=0"])
def test_they_are_kept_for_options_that_show_them(
    run_rest: RunRest, kept: list[int], args: str
) -> None:
    """By name, by what was written, or by how long they took."""
    run_rest(*ASKED, "-pno:xdist", args)
    assert [4] == kept


@pytest.mark.parametrize("conftest", [IN_LOOP, AT_THE_END, REPORTER])
def test_they_are_kept_for_somebody_elses_code(
    pytester: pytest.Pytester, run_rest: RunRest, kept: list[int], conftest: str
) -> None:
    """A hook that may read them, or another reporter."""
    pytester.makeconftest(conftest)
    run_rest(*ASKED, "-pno:xdist")
    assert [4] == kept


@pytest.mark.parametrize("args", [("-ra",), ("-rX", "--rest-max-cfr=1"), ("-rX", "-n1")])
def test_what_should_have_failed_is_named(
    pytester: pytest.Pytester, run_rest: RunRest, args: tuple[str, ...]
) -> None:
    """A test that passed although it is marked: each has a report of its own."""
    pytester.makepyfile(test_own=XFAIL)
    run = run_rest("test_own.py", "--rest-model=simulated", "-n0", *args)
    assert 0 == run.status, run.out
    assert 3 == run.outcomes["xpassed"]
    for number in range(3):
        assert 1 == run.out.count(f"XPASS test_own.py::test_second[soebench-000{number}")
