"""Tests of one's own in the shapes that people write: markers, parameters, the same file twice."""

from collections.abc import Sequence
from textwrap import dedent

import pytest
from runs import RunRest

MODEL = "--rest-model=simulated:wrong.image=1"
MARKED = """
    import pytest

    @pytest.mark.rest("soebench:3")
    @pytest.mark.parametrize("language", ["fr", "de"])
    def test_it(rest, language):
        assert rest().consistent
    """


def test_parameters_beside_the_marker(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Each parameter has a test of each item, nothing is lost, and an item counts once."""
    pytester.makepyfile(test_own=MARKED)
    run = run_rest(MODEL, "--rest-min-rer=0", ".", *mode)
    assert {"inconsistent": 6, "passed": 2} == run.outcomes
    assert (0, []) == (run.status, run.report["lost"])
    metrics = run.report["metrics"]["soebench"]["all"]
    assert (3, 3) == (metrics["items"], len(run.report["items"]))
    assert 12 == run.report["usage"]["calls"]
    (test,) = {entry["test"] for entry in run.report["items"]}
    assert test in ("test_own.py::test_it[*-fr]", "test_own.py::test_it[*-de]")


def test_a_parameters_test_is_asked_again(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """The line that is printed names the parameter, too."""
    pytester.makepyfile(test_own=MARKED)
    run = run_rest(MODEL, ".")
    command = "'test_own.py::test_it[soebench-0001-dejavu-200dpi-black-fr]'"
    assert f"again: pytest {MODEL} {command}" in run.out
    again = run_rest(MODEL, command.strip("'"))
    assert {"failed": 1} == again.outcomes


@pytest.mark.parametrize(
    "twice",
    [
        ("test_own.py", "test_own.py", "--keep-duplicates"),
        ("test_own.py", "test_own.py::test_it", "--keep-duplicates"),
    ],
    ids=["file", "test"],
)
def test_the_same_test_twice(
    pytester: pytest.Pytester, run_rest: RunRest, twice: Sequence[str]
) -> None:
    """It is counted once, and nothing is lost."""
    pytester.makepyfile(test_own=MARKED)
    run = run_rest("--rest-model=simulated", *twice, "--rest-min-rer=0.9")
    assert (0, []) == (run.status, run.report["lost"])
    assert 3 == run.report["metrics"]["soebench"]["all"]["items"]


def test_a_test_that_is_repeated_by_a_plugin(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """As pytest-repeat does it: by a parameter of its own."""
    pytester.makeconftest(
        """
        def pytest_generate_tests(metafunc):
            metafunc.fixturenames.append("step")
            metafunc.parametrize("step", range(2), ids=["1-2", "2-2"])
        """
    )
    pytester.makepyfile(test_own=MARKED)
    run = run_rest("--rest-model=simulated", "--rest-min-rer=0.9", ".")
    assert {"passed": 12 + 2} == run.outcomes
    assert (0, []) == (run.status, run.report["lost"])
    assert 3 == run.report["metrics"]["soebench"]["all"]["items"]


BARE = """
    import pytest

    @pytest.mark.rest
    def test_bare(rest):
        assert rest().consistent

    def test_unmarked(rest):
        assert rest().consistent
    """


def test_without_items_of_its_own(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """A bare marker, or none, means the run's suites; without any it is an error in one line."""
    pytester.makepyfile(test_own=BARE)
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", "test_own.py", *mode)
    assert {"passed": 3 * 2} == run.outcomes
    none = run_rest("--rest-model=simulated", "test_own.py", *mode)
    assert none.status in (1, 2)
    assert "test_own.py::test_bare: no items: name some in the marker" in none.out
    assert "INTERNALERROR" not in none.out
    assert "Traceback" not in none.out
    assert "During handling" not in none.out


@pytest.mark.parametrize("args", ["", "'own.rest.yaml'", "'soebench:2', plus=True"])
def test_a_marker_on_a_test_that_does_not_ask(
    pytester: pytest.Pytester, run_rest: RunRest, args: str, mode: Sequence[str]
) -> None:
    """It would pass, and nothing be asked: an error of the collection."""
    pytester.makepyfile(
        test_own=f"import pytest\n@pytest.mark.rest({args})\ndef test_it():\n    pass\n"
    )
    run = run_rest("--rest-model=simulated", "test_own.py", *mode)
    assert "test_own.py::test_it: marker rest: the test does not take the fixture rest" in run.out
    assert run.status in (1, 2)
    assert "passed" not in run.outcomes


UNASKED = {
    "a class": """
        @pytest.mark.rest("soebench:2")
        class TestIt:
            def test_it(self):
                pass
    """,
    "a module": """
        pytestmark = pytest.mark.rest("soebench:2")

        def test_it():
            pass
    """,
    "a method of unittest's": """
        class TestIt(unittest.TestCase):
            @pytest.mark.rest("soebench:2")
            def test_it(self):
                pass
    """,
}


@pytest.mark.parametrize("where", UNASKED)
def test_a_marker_beside_nothing_that_asks(
    pytester: pytest.Pytester, run_rest: RunRest, where: str
) -> None:
    """A class, or a module, may mix tests that ask and others; one in which none asks may not."""
    pytester.makepyfile(test_own="import unittest\nimport pytest\n" + dedent(UNASKED[where]))
    run = run_rest("--rest-model=simulated", ".", "-p", "no:xdist")
    assert ": marker rest: the test does not take the fixture rest" in run.out
    assert run.status in (1, 2)
    assert "passed" not in run.outcomes


def test_a_marker_of_a_module(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """It is for the tests that ask; others may stand beside them, or use the fixture by name."""
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.rest("soebench:2")

        def test_asks(rest):
            assert rest().consistent

        @pytest.mark.usefixtures("rest")
        def test_uses(request):
            assert request.getfixturevalue("rest")().consistent

        def test_helper():
            pass
        """
    )
    run = run_rest("--rest-model=simulated", ".")
    assert {"passed": 5} == run.outcomes


@pytest.mark.parametrize("suite", ["mean", "pooled"])
def test_a_suite_with_the_name_of_a_figure(
    pytester: pytest.Pytester, run_rest: RunRest, suite: str
) -> None:
    """Given in Python it is refused as in a file: a report has a figure of that name."""
    pytester.makepyfile(
        f"""
        import pytest
        from pytest_rest import Item

        @pytest.mark.rest(Item("a", "How many?", "3", context="There are 3.", suite={suite!r}))
        def test_it(rest):
            rest()
        """
    )
    run = run_rest("--rest-model=simulated", ".")
    assert f"item 'a' is of suite {suite!r}, which is what a report calls the figures" in run.out
    assert run.status in (1, 2)
