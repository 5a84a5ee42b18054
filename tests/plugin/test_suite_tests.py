"""A suite's own tests: light where nobody has a say in them, and told as pytest's own are."""

import gc
import logging
import re
import sys
import warnings
from pathlib import Path

import pytest
from runs import RunRest, without_times

from pytest_rest.plugin.run import Run
from pytest_rest.plugin.runtest import Rest
from pytest_rest.terms import Item, Record, Style

ASKED = ("--rest-model=simulated:wrong.image=1", "--rest-suite=soebench:4", "-pno:xdist")
KINDS = """
def pytest_collection_finish(session):
    kinds = {type(each).__name__ for each in session.items}
    print("kinds:", *kinds, len(session.items))
"""
FIXTURE = """
import pytest

@pytest.fixture({})
def {}({}):
    return None
"""
WATCHED = """
def {}({}):
    return None
"""
TWICE = """
def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("turn")
    metafunc.parametrize("turn", [1, 2])
"""
MADE = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem():
    tests = yield
    for each in tests:
        {}
    return tests
"""

SAID = """
def pytest_collection_finish(session):
    for item in session.items:
        item.keywords["mine"] = 1
        item.extra_keyword_matches.add("mine")
        item.user_properties.append(("a", "b"))
        item.location = ("a place", 1, item.name)

def pytest_unconfigure(config):
    tell = config.get_terminal_writer().line
    for item in config.pluginmanager.getplugin("session").items:
        said = item.keywords["mine"], item.extra_keyword_matches, item.user_properties
        place, is_one = item.location[0], item._store is item.stash
        tell("said: " + " ".join(map(str, (type(item).__name__, *said, place, is_one))))
"""


def kinds(run_rest: RunRest, *args: str) -> str:
    """Of what class a suite's tests are, and how many there are."""
    run = run_rest("--collect-only", "-q", *args)
    return run.out.partition("kinds: ")[2].partition("\n")[0]


def test_they_are_light(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """Beside fixtures that nobody asks for, and a hook that sees tests and not fixtures."""
    seen = WATCHED.format("pytest_runtest_setup", "item")
    pytester.makeconftest(KINDS + FIXTURE.format("", "unasked", "") + seen)
    assert "SuiteTest 4" == kinds(run_rest, *ASKED)


def test_hooks_that_are_known_to_pass_them_by_leave_them_light(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """AnyIO's, which are installed with many a client."""
    pytest.importorskip("anyio")
    pytester.makeconftest(f"pytest_plugins = ['anyio.pytest_plugin']\n{KINDS}")
    assert "SuiteTest 4" == kinds(run_rest, *ASKED)


@pytest.mark.parametrize(
    "conftest",
    [
        FIXTURE.format("autouse=True", "own", ""),
        FIXTURE.format("autouse=True, scope='session'", "own", ""),
        FIXTURE.format("", "rest", "rest"),
        FIXTURE.format("scope='session'", "rer_threshold", ""),
        FIXTURE.format("scope='session'", "cfr_threshold", ""),
        WATCHED.format("pytest_itemcollected", "item"),
        WATCHED.format("pytest_collection_modifyitems", "items"),
        WATCHED.format("pytest_pyfunc_call", "pyfuncitem"),
        WATCHED.format("pytest_fixture_setup", "fixturedef"),
        WATCHED.format("pytest_fixture_post_finalizer", "fixturedef"),
        MADE.format("each.add_marker('slow')"),
        MADE.format("each.name += ' again'"),
        MADE.format("each.__class__ = type('Function', (pytest.Function,), {})"),
    ],
    ids=[
        "autouse",
        "session",
        "rest",
        "rer",
        "cfr",
        "collected",
        "modified",
        "call",
        "setup",
        "end",
        "mark",
        "name",
        "class",
    ],
)
def test_a_users_say_keeps_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, conftest: str
) -> None:
    """A fixture that applies, one that replaces this plugin's, or a hook that would be missed."""
    pytester.makeini("[pytest]\nmarkers = slow")
    pytester.makeconftest(KINDS + conftest)
    assert "Function 4" == kinds(run_rest, *ASKED)


@pytest.mark.parametrize(
    ("conftest", "number"), [(TWICE, 8), (MADE.format("tests = [each, *tests]"), 4)]
)
def test_a_second_test_of_an_item_keeps_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, conftest: str, number: int
) -> None:
    """By a parameter; or by a hook, of which pytest keeps each test once."""
    pytester.makeconftest(KINDS + conftest)
    assert f"Function {number}" == kinds(run_rest, *ASKED)


@pytest.mark.parametrize("option", ["--setup-plan", "--fixtures-per-test", "--trace"])
def test_an_option_that_shows_fixtures_keeps_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, option: str
) -> None:
    """Or the function's call."""
    pytester.makeconftest(KINDS)
    assert "Function 4" == kinds(run_rest, *ASKED, option)


@pytest.mark.parametrize("ids", [("a", "ä"), ("a", "\\\\"), ("a", "a-of-y")])
def test_an_id_that_pytest_rewrites_keeps_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, ids: tuple[str, str]
) -> None:
    """So that a test is called as it always was."""
    pytester.makeconftest(KINDS)
    Path("styles.yaml").write_text("styles: [{name: x}, {name: of-y-x, dpi: 100}]")
    rows = [
        f'{{"id": "{each}", "context": "1 + 1", "question": "What?", "answer": 2}}' for each in ids
    ]
    Path("own.rest.jsonl").write_text("\n".join(rows), "utf-8")
    args = (*ASKED[::2], "own.rest.jsonl", "--rest-style=styles.yaml")
    assert "Function 4" == kinds(run_rest, *args)


@pytest.fixture
def noisy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking prints, logs and warns, and fails for one item."""
    own = Run.ask

    def ask(self: Run, item: Item, style: Style) -> Record:
        print("printed", item.id)
        print("told", item.id, file=sys.stderr)
        logging.getLogger("own").warning("logged %s", item.id)
        warnings.warn(f"warned of {item.id}", stacklevel=2)
        if item.id.endswith("0002"):
            raise ValueError("a fault of the program")
        return own(self, item, style)

    monkeypatch.setattr(Run, "ask", ask)


HOOKS = """
import pytest

def pytest_runtest_logstart(nodeid):
    print(nodeid)

def pytest_deselected(items):
    print(*items)

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    print(item, item.nodeid, item.location, item.listnames(), sorted(item.keywords))
    print(item.originalname, item.fixturenames, item.function, item.obj.__doc__)
    print(item.module.__name__, item.cls, item.instance, sorted(item.funcargs))
    marks = {"0000": pytest.mark.xfail(reason="known"), "0003": pytest.mark.skip("not now")}
    for number, mark in marks.items():
        if number in item.name:
            item.add_marker(mark)

def pytest_runtest_makereport(item, call):
    if call.when == "call":
        print(item.funcargs["rest"].item.id)

def pytest_runtest_logreport(report):
    print(report.nodeid, report.when, report.outcome, report.location, sorted(report.keywords))
"""


@pytest.mark.parametrize(
    "args",
    [
        ("-rA", "-v"),
        ("--collect-only", "-v"),
        ("-rA", "-k", "0001 or 0002", "--tb=short", "--rest-min-rer=0.5"),
        ("--lf",),
        ("--reruns=1", "-x", "--deselect=soebench::test_answers_agree[soebench-0000"),
        ("-s", "--junitxml=junit.xml", "-ojunit_family=xunit1", "--rest-strict"),
    ],
    ids=" ".join,
)
def test_they_are_told_as_pytests_own(
    pytester: pytest.Pytester, run_rest: RunRest, noisy: None, args: tuple[str, ...]
) -> None:
    """By the terminal, in reports and in JUnit, whatever is printed, marked, chosen or failed."""
    told = []
    for watched in ("", WATCHED.format("pytest_pyfunc_call", "pyfuncitem")):
        pytester.makeconftest(KINDS + HOOKS + watched)
        if "--lf" in args:
            run_rest(*ASKED)
        run = run_rest(*ASKED, *args)
        junit = Path("junit.xml").read_text("utf-8") if "--junitxml=junit.xml" in args else ""
        is_light = "kinds: SuiteTest" in run.out
        assert is_light == (not watched)
        seen = re.sub(r"kinds: \w+|0x\w+|[\d.]+s\b|time(stamp)?=\"\S+\"", "", run.out + junit)
        lines = [line for line in seen.splitlines() if " calls, " not in line]
        run.report.pop("usage", None)  # of what was asked ahead, in time or too late
        told.append((run.status, without_times(run.report), lines))
    light, pytests = told
    assert pytests == light


def test_nothing_is_left_of_asking(run_rest: RunRest) -> None:
    """Pytest keeps every test to the end."""

    def alive() -> int:
        return sum(type(each) in (Rest, Record) for each in gc.get_objects())

    before = alive()
    run = run_rest("--rest-model=simulated", *ASKED[1:])
    assert {"passed": 4} == run.outcomes
    assert before >= alive()


def test_what_somebody_says_of_them_stays(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """Though they let go, after each test, of what is as it was made."""
    pytester.makeconftest(SAID)
    run = run_rest(*ASKED)
    assert 4 == run.out.count("said: SuiteTest 1 {'mine'} [('a', 'b')] a place True"), run.out
