"""A suite's tests in one step: told as in pytest's three, which are taken where somebody looks."""

import os
import re
from pathlib import Path

import pytest
from runs import RunRest, without_times

from pytest_rest import extensions
from pytest_rest.plugin.run import Run
from pytest_rest.terms import Item, Record, Style

ASKED = ("--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:4", "-pno:xdist")
WATCHED = """
def {}({}):
    return None
"""
STEPS = """
def pytest_runtest_logreport(report):
    print("step:", report.when, report.outcome)
"""
LATER = """
def pytest_collection_finish(session):
    session.items[1].user_properties.append(("told", "before"))

def pytest_exception_interact(report):
    print("interact:", report.nodeid, report.outcome)

def pytest_terminal_summary(terminalreporter):
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            terminalreporter.write_line(f"{outcome} {sorted(getattr(report, 'keywords', ()))}")

def pytest_sessionfinish(session):
    tell = session.config.get_terminal_writer().line
    for item in session.items:
        tell(f"{item.own_markers} {item.user_properties} {item.extra_keyword_matches}")
        tell(f"{sorted(item.keywords)} {hasattr(item, 'callspec')} {item._report_sections}")
        item.own_markers.append("late")
        tell(f"{item.own_markers}")
"""
IN_MAIN = f"""
class Counting:
{STEPS.replace("(report", "(self, report").replace(chr(10), chr(10) + "    ")}

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counting())
"""
MARKED = """
import pytest

def pytest_collection_finish(session):
    for item, mark in zip(session.items, (pytest.mark.skip, pytest.mark.xfail)):
        item.add_marker(mark)
"""
IN_LOOP = """
class Watching:
    def pytest_runtest_setup(self, item):
        return None

def pytest_runtestloop(session):
    session.config.pluginmanager.register(Watching())
"""
WRITTEN = """
import json

def pytest_sessionfinish(session):
    stats = session.config.pluginmanager.getplugin("terminalreporter").stats
    tell = session.config.get_terminal_writer().line
    for report in stats["failed"]:
        tell(json.dumps(report.__dict__["keywords"]))
"""
MODEL = """
from pytest_rest.models.providers.simulated import SimulatedModel

def make():
    return SimulatedModel("", 0)
"""


@pytest.fixture
def current(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What pytest called the tests that asked, in their second step; one of them fails."""
    own = Run.ask
    tests = set()

    def ask(self: Run, item: Item, style: Style) -> Record:
        tests.add(os.environ["PYTEST_CURRENT_TEST"].partition("::")[0])
        if item.id.endswith("0002"):
            raise ValueError("a fault of the program")
        return own(self, item, style)

    monkeypatch.setattr(Run, "ask", ask)
    return tests


@pytest.mark.parametrize(
    "args",
    [
        ("-rA", "-v", "-s"),
        ("-x", "--tb=long"),
        ("-q", "--maxfail=2", "--rest-strict", "--rest-min-rer=0.1"),
        ("--rest-max-cfr=0.1", "--rest-confidence=0.9", "--rest-early-stop"),
        ("--junitxml=junit.xml", "-ojunit_family=xunit1", "--tb=short"),
        ("--junitxml=junit.xml", "--rest-min-rer=0.5", "--rest-max-lost=1"),
        ("--durations=0", "-vv", "--tb=no"),
        ("-pno:logging",),
    ],
    ids=" ".join,
)
def test_it_is_told_as_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, current: set[str], args: tuple[str, ...]
) -> None:
    """By the terminal, in reports and in JUnit."""
    told = []
    for watched in ("", WATCHED.format("pytest_runtest_setup", "item")):
        pytester.makeconftest(LATER + watched)
        current.clear()
        run = run_rest(*ASKED, *args)
        assert bool(watched) == ("soebench" in current)
        junit = Path("junit.xml").read_text("utf-8") if "--junitxml=junit.xml" in args else ""
        seen = re.sub(r"0x\w+|[\d.]+s\b|time(stamp)?=\"\S+\"", "", run.out + junit)
        lines = [line for line in seen.splitlines() if " calls" not in line]
        if "--durations=0" in args:  # which are in order of time
            lines.sort()
        # of what was asked ahead, in time or too late
        run.report.pop("usage", None)
        (run.report["gate"]["early_stop"] or {}).pop("calls_saved", None)
        told.append((without_times(run.report), lines))
        assert pytest.ExitCode.TESTS_FAILED == run.status
    in_one, in_three = told
    assert in_three == in_one


@pytest.mark.parametrize(
    ("conftest", "args"),
    [
        (WATCHED.format("pytest_runtest_protocol", "item"), ()),
        (WATCHED.format("pytest_runtest_setup", "item"), ()),
        (WATCHED.format("pytest_runtest_call", "item"), ()),
        (WATCHED.format("pytest_runtest_teardown", "item"), ()),
        (WATCHED.format("pytest_runtest_makereport", "call"), ()),
        (MARKED, ()),
        (IN_LOOP, ()),
        ("", ("--pdb",)),
        ("", ("--log-level=INFO",)),
        ("", ("-olog_cli=true",)),
        ("", ("-olog_level=INFO",)),
        ("", ("test_own.py",)),
        ("", ("--rest-model=python:own:make",)),
    ],
    ids=lambda part: str(part).strip().partition("(")[0] if isinstance(part, str) else part,
)
def test_who_looks_on_sees_three_steps(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    monkeypatch: pytest.MonkeyPatch,
    current: set[str],
    conftest: str,
    args: tuple[str, ...],
) -> None:
    """By a hook, a marker or an option; beside a test with fixtures; or where a model may print."""
    monkeypatch.setattr("pdb.Pdb.interaction", lambda *_: None, raising=False)
    pytester.makeconftest(conftest)
    pytester.makepyfile(test_own="def test_it(tmp_path): pass", own=MODEL)
    run_rest(*ASKED, *args)
    assert "soebench" in current


def test_a_metric_of_somebody_elses_may_print(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, current: set[str]
) -> None:
    """It measures within the test."""
    monkeypatch.setitem(extensions.METRICS, "brief", lambda record: 1.0)
    run_rest(*ASKED)
    assert "soebench" in current


@pytest.mark.parametrize(
    ("conftest", "place"), [(STEPS, "-pno:xdist"), (IN_MAIN, "-pno:xdist"), (IN_MAIN, "-n1")]
)
def test_who_counts_steps_is_told_of_three(
    pytester: pytest.Pytester, run_rest: RunRest, conftest: str, place: str
) -> None:
    """Two of them passed, for there was nothing to do; the main process alone may count."""
    pytester.makeconftest(conftest)
    run = run_rest(*ASKED[:2], place, "-s", "--rest-min-rer=0.5")
    steps = re.findall(r"step: (\w+) (\w+)", run.out)[:6]
    assert [("setup", "passed"), ("call", "passed"), ("teardown", "passed")] * 2 == steps


def test_marks_that_come_late_count(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """A test is skipped, or due to fail, whoever says so before it begins."""
    pytester.makeconftest(MARKED)
    run = run_rest(*ASKED, "--rest-max-lost=1")
    assert {"skipped": 1, "xfailed": 1, "failed": 2} == run.outcomes


def test_reports_can_be_written_at_the_end(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """By those who keep them, as pytest makes them."""
    pytester.makeconftest(WRITTEN)
    assert 4 == run_rest(*ASKED).out.count('dejavu-200dpi-black]": 1')
