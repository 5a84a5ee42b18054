"""What a run spares: tracebacks that nobody sees, rewritten modules, and workers that slow it."""

import gc
import os
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from typing import Any

import pytest
from endpoint import Endpoint, Reply
from runs import RunRest

import pytest_rest
from pytest_rest.plugin import plain_imports
from pytest_rest.reporting import collector

TEST = """\
import pytest

@pytest.mark.rest("soebench:2")
def test_it(rest):
    assert rest().consistent
"""
WRONG = ("--rest-model=simulated:wrong.image=1", "-pno:xdist")


@pytest.fixture
def tracebacks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each traceback has that pytest formats."""
    lengths: list[int] = []
    own = pytest.ExceptionInfo.getrepr

    def getrepr(self: pytest.ExceptionInfo[BaseException], *args: Any, **options: Any) -> Any:
        lengths.append(len(self.traceback))
        return own(self, *args, **options)

    monkeypatch.setattr(pytest.ExceptionInfo, "getrepr", getrepr)
    return lengths


@pytest.mark.costly
def test_a_gated_disagreement_has_no_traceback(
    pytester: pytest.Pytester, run_rest: RunRest, tracebacks: list[int]
) -> None:
    """Neither of a user's own test nor of a suite's; without a gate both are told in full."""
    pytester.makepyfile(test_own=TEST)
    for asked in ("test_own.py", "--rest-suite=soebench:2"):
        run = run_rest(*WRONG, asked, "--rest-min-rer=0")
        assert ({"passed": 2, "inconsistent": 2}, []) == (run.outcomes, tracebacks)
    suite = run_rest(*WRONG, "--rest-suite=soebench:2")
    assert ({"failed": 2}, [1, 1]) == (suite.outcomes, tracebacks)
    assert 2 == suite.out.count("inconsistent: text ")
    own = run_rest(*WRONG, "test_own.py")
    assert {"failed": 2} == own.outcomes and max(tracebacks) > 1
    assert 2 == own.out.count(">       assert rest().consistent")


def test_an_expected_failure_stays_one(
    pytester: pytest.Pytester, run_rest: RunRest, tracebacks: list[int]
) -> None:
    """A test that is marked so is judged by pytest before the gate takes it."""
    pytester.makepyfile(
        test_own=TEST.replace("@pytest", "@pytest.mark.xfail(strict=True)\n@pytest")
    )
    run = run_rest(*WRONG, "test_own.py", "--rest-min-rer=0")
    assert pytest.ExitCode.OK == run.status and tracebacks


def test_the_packages_modules_are_imported_as_others_are() -> None:
    """By Python's own importer, with its bytecode; what is another package's is left to pytest."""
    spec = plain_imports.PlainImports().find_spec("pytest_rest.errors", pytest_rest.__path__)
    assert spec is not None and type(spec.loader) is SourceFileLoader
    assert None is plain_imports.PlainImports().find_spec("pytest_rest_of_another")
    assert None is plain_imports.PlainImports().find_spec("json")


def test_it_stands_before_pytests_importer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sessions a process has."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for _ in range(2):
        plain_imports.begin()
    kinds = [type(each) for each in sys.meta_path]
    assert 1 == kinds.count(plain_imports.PlainImports)


@pytest.mark.parametrize(("cores", "is_told"), [(1, True), (2, False)])
def test_more_workers_than_cores_are_told(
    monkeypatch: pytest.MonkeyPatch, run_rest: RunRest, cores: int, is_told: bool
) -> None:
    """In one line of the header, where one process asks for all."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(cores)}, raising=False)
    with Endpoint(lambda _: Reply("Answer: 1")) as endpoint:
        where = "--rest-model=m", f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(*where, "--rest-suite=soebench:1", "-n2", "--collect-only")
    assert is_told == ("rest: 2 workers on 1 core slow the run down" in run.out), run.out


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """Those at which Python searches for circles of objects, put back when the test is over."""
    own = gc.get_threshold()
    yield own
    gc.set_threshold(*own)


def test_circles_of_objects_are_searched_for_seldom_while_tests_run(
    pytester: pytest.Pytester, run_rest: RunRest, thresholds: tuple[int, int, int]
) -> None:
    """And as before when the last one is over."""
    gc.set_threshold(700, 11, 12)
    pytester.makepyfile(
        test_own=f"import gc\n{TEST}    assert (10_000, 11, 12) == gc.get_threshold()"
    )
    run = run_rest("--rest-model=simulated", "-pno:xdist", "test_own.py")
    assert ({"passed": 2}, (700, 11, 12)) == (run.outcomes, gc.get_threshold()), run.out


@pytest.mark.parametrize("own", [0, 50_000])
def test_a_search_that_is_off_or_rare_stays_so(own: int, thresholds: tuple[int, int, int]) -> None:
    """A user, or another plugin, has said when objects are searched."""
    gc.set_threshold(own, 11, 12)
    with collector.seldom():
        assert (own, 11, 12) == gc.get_threshold()
    assert (own, 11, 12) == gc.get_threshold()
