"""Thresholds and the exit status: the gate as a release team meets it."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

import pytest
from runs import RunRest

SHAKY = "--rest-model=simulated:wrong.image=0.4"
SUITE = "--rest-suite=soebench:10"
OWN_TEST = """
    import pytest

    @pytest.mark.rest("soebench:10")
    def test_systems(rest):
        assert rest().consistent
"""


def test_without_thresholds_an_inconsistent_item_fails(
    run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Plain pytest: one failed test for each inconsistent item, and no gate."""
    run = run_rest(SHAKY, SUITE, *mode)
    inconsistent = [item for item in run.report["items"] if item["verdict"] == "inconsistent"]
    assert len(inconsistent) == run.outcomes["failed"] > 0
    assert "rest-gate" not in run.out
    assert (None, []) == (run.report["gate"]["passed"], run.report["gate"]["thresholds"])
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--rest-min-rer=0.1"], 0),
        (["--rest-min-rer=0.9"], 1),
        (["--rest-max-cfr=0.9"], 0),
        (["--rest-max-cfr=0.1"], 1),
        (["--rest-min-rer=0.1", "--rest-max-cfr=0.1"], 1),
        (["--rest-require=accuracy.text>=1", "--rest-require=cer<=0"], 0),
        (["--rest-require=accuracy.image@ocr_correct>0.95"], 1),
        (["--rest-min-rer=0.1", "--rest-strict"], 1),
    ],
)
def test_thresholds_on_the_command_line(
    run_rest: RunRest, mode: Sequence[str], options: list[str], status: int
) -> None:
    """With thresholds an inconsistent item is an outcome of its own, and the gate decides."""
    run = run_rest(SHAKY, SUITE, *options, *mode)
    assert status == run.status
    assert (status == 0) or "--rest-strict" in options or run.report["gate"]["passed"] is False
    if "--rest-strict" not in options:
        assert run.outcomes["inconsistent"] > 0
        failed = sum(each["outcome"] != "passed" for each in run.report["gate"]["thresholds"])
        assert failed == run.outcomes.get("failed", 0)
        assert ("gate passed" in run.out) == (status == 0)
        assert ("gate FAILED" in run.out) == (status == 1)
        assert "[100%]\nrest-gate " in run.out


def test_a_threshold_that_points_the_unusual_way_is_a_warning(
    run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Once, and again beside its verdict; wrong usage where warnings are errors."""
    run = run_rest(SHAKY, SUITE, "--rest-require=rer<=0.9", *mode)
    said = "threshold 'rer<=0.9' is met by worse models, for a higher rer is better; did you mean"
    assert 0 == run.status
    assert 1 == run.out.count(f"PytestWarning: REST: {said} 'rer>=0.9'?")
    assert f"\n  {said} 'rer>=0.9'?" in run.out.partition("= REST =")[2]
    strict = run_rest(SHAKY, SUITE, "--rest-require=rer<=0.9", "-Werror", *mode)
    assert pytest.ExitCode.USAGE_ERROR == strict.status
    assert f"ERROR: REST: {said}" in strict.out


def test_thresholds_in_the_ini_file(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """The ini twins gate as the options do."""
    pytester.makeini("[pytest]\nrest_min_rer = 0.95\nrest_require =\n    mmc>=0.1\n    cer<=0.5\n")
    run = run_rest(SHAKY, SUITE, *mode)
    assert pytest.ExitCode.TESTS_FAILED == run.status
    outcomes = {each["metric"]: each["outcome"] for each in run.report["gate"]["thresholds"]}
    assert {"rer": "failed", "mmc": "passed", "cer": "passed"} == outcomes


def test_thresholds_from_a_conftest(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """The fixtures gate the suites of a run too; a passing threshold lets the run pass."""
    fixtures = """
        import pytest

        @pytest.fixture(scope="session")
        def rer_threshold():
            return {}

        @pytest.fixture(scope="session")
        def cfr_threshold():
            return 1.0
    """
    pytester.makeconftest(fixtures.format(0.1))
    passed = run_rest(SHAKY, SUITE, *mode)
    assert (0, True) == (passed.status, passed.report["gate"]["passed"])
    assert passed.outcomes["inconsistent"] > 0
    pytester.makeconftest(fixtures.format(0.99))
    missed = run_rest(SHAKY, SUITE, *mode)
    assert (1, False) == (missed.status, missed.report["gate"]["passed"])


def test_two_folders_with_thresholds_of_their_own(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Each folder's threshold judges that folder's items, also when workers share the tests."""
    for folder, bound, seed_suite in (("strict", 0.99, "soebench:10"), ("mild", 0.1, "soebench:9")):
        own = pytester.mkdir(folder)
        (own / "conftest.py").write_text(
            "import pytest\n@pytest.fixture(scope='session')\n"
            f"def rer_threshold(): return {bound}\n"
        )
        (own / f"test_{folder}.py").write_text(
            "import pytest\n"
            f"@pytest.mark.rest('{seed_suite}')\n"
            "def test_it(rest): assert rest().consistent\n"
        )
    run = run_rest(SHAKY, "strict", "mild", *mode)
    judged = {each["scope"]: each for each in run.report["gate"]["thresholds"]}
    assert {"strict": "failed", "mild": "passed"} == {s: j["outcome"] for s, j in judged.items()}
    assert {"strict": 10, "mild": 9} == {scope: each["n"] for scope, each in judged.items()}
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert "rest-gate::rer>=0.99 [strict]" in run.out


def test_a_folder_without_a_threshold_fails_by_itself(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """A threshold in one folder does not excuse inconsistent items in another."""
    gated, plain = pytester.mkdir("gated"), pytester.mkdir("plain")
    (gated / "conftest.py").write_text(
        "import pytest\n@pytest.fixture\ndef rer_threshold(): return 0.1\n"
    )
    for folder in (gated, plain):
        (folder / f"test_{folder.name}.py").write_text(
            "import pytest\n@pytest.mark.rest('soebench:10')\n"
            "def test_it(rest): assert rest().consistent\n"
        )
    run = run_rest(SHAKY, "gated", "plain")
    assert run.outcomes["inconsistent"] == run.outcomes["failed"] > 0
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.parametrize("bound", ["'high'", "90", "-1", "float('nan')", "True"])
def test_a_threshold_fixture_that_makes_no_sense(
    pytester: pytest.Pytester, run_rest: RunRest, bound: str
) -> None:
    """A value that is no share stops the test with one line; nothing passes."""
    pytester.makeconftest(
        f"import pytest\n@pytest.fixture(scope='session')\ndef rer_threshold(): return {bound}\n"
    )
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2")
    assert "the value is a share from 0 to 1" in run.out
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert 2 == len(run.report["lost"])


def test_an_assertion_about_something_else_still_fails(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """Only disagreement is the gate's: a consistent item whose test fails is a failed test."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("soebench:2")
        def test_systems(rest):
            assert rest().answers["text"].value == "nothing"
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-min-rer=0.5", ".")
    assert 2 == run.outcomes["failed"]
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.parametrize(
    ("options", "first_line"),
    [
        (["-k", "nothing-is-called-so"], "no item was judged"),
        (["--deselect=soebench"], "no item was judged"),
    ],
)
def test_an_empty_run_does_not_pass(
    run_rest: RunRest, mode: Sequence[str], options: list[str], first_line: str
) -> None:
    """A gate that was asked for and had nothing to judge is not passed."""
    run = run_rest("--rest-model=simulated", SUITE, "--rest-min-rer=0.5", *options, *mode)
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert first_line in run.report["gate"]["reason"]


def test_a_gate_on_what_is_undefined_does_not_pass(run_rest: RunRest, mode: Sequence[str]) -> None:
    """CFR has no value when nothing was right in any form; that is not 0."""
    run = run_rest("--rest-model=simulated:wrong=1", SUITE, "--rest-max-cfr=1", *mode)
    assert "none of 10 items of some suite was right in any form" in run.report["gate"]["reason"]
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_junit_says_the_same(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """A missed threshold is a failed test in JUnit; no record is written there."""
    path = pytester.path / "junit.xml"
    run = run_rest(SHAKY, SUITE, "--rest-min-rer=0.95", f"--junitxml={path}", *mode)
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))  # noqa: S314 (our own file)
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert ["rer>=0.95"] == failed
    assert 12 == len(cases)
    assert "transcription" not in path.read_text("utf-8")
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_report_and_second_copy_are_equal(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """--rest-json writes the same report where it is asked to."""
    run = run_rest("--rest-model=simulated", SUITE, "--rest-json=out/copy.json")
    copy = (pytester.path / "out" / "copy.json").read_text("ascii")
    assert (pytester.path / "run" / "report.json").read_text("ascii") == copy
    assert "pytest-rest/report/1" == run.report["schema"]


def test_a_report_that_cannot_be_written_fails_the_run(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """A second copy in an impossible place is told, and the run does not end with 0."""
    (pytester.path / "taken").write_text("a file, not a folder")
    run = run_rest("--rest-model=simulated", SUITE, "--rest-json=taken/copy.json")
    assert "the report cannot be written" in run.out
    assert pytest.ExitCode.TESTS_FAILED == run.status
