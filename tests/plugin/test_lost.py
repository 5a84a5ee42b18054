"""Whatever is lost on the way is counted, named, and never passes."""

from collections.abc import Sequence

import pytest
from runs import RunRest

OWN_TEST = """
    import os, signal
    import pytest

    @pytest.mark.rest("soebench:8")
    def test_systems(rest):
        if rest.item.id == "soebench-0003" and os.environ.get("PYTEST_XDIST_WORKER"):
            os.kill(os.getpid(), signal.SIGKILL)
        assert rest().consistent
"""
NAME = "soebench-0003-dejavu-200dpi-black"


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--rest-min-rer=0"], [], ["--rest-min-rer=0.1"]])
def test_a_killed_worker_loses_its_item_by_name(
    pytester: pytest.Pytester, run_rest: RunRest, options: list[str]
) -> None:
    """kill -9 in the middle: the item is lost, named, and no threshold passes."""
    pytester.makepyfile(OWN_TEST)
    run = run_rest("--rest-model=simulated", "-n2", ".", *options)
    assert [NAME] == [f"{each['item']}-{each['style']}" for each in run.report["lost"]]
    assert "worker crashed" in run.report["lost"][0]["reason"]
    assert run.report["gate"]["passed"] is False
    assert run.report["gate"]["reason"].endswith("; 1 item was lost (allowed: 0): " + NAME)
    assert set() == {"passed"} & {each["outcome"] for each in run.report["gate"]["thresholds"]}
    assert 7 == run.report["metrics"]["soebench"]["all"]["items"]
    assert pytest.ExitCode.OK != run.status


@pytest.mark.slow
def test_every_worker_killed(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """With no worker left the gate is still judged, on nothing, and not passed."""
    pytester.makepyfile(OWN_TEST.replace('rest.item.id == "soebench-0003" and ', ""))
    run = run_rest(
        "--rest-model=simulated", "-n2", "--max-worker-restart=0", "--rest-min-rer=0", "."
    )
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.OK != run.status


@pytest.mark.parametrize("options", [[], ["--rest-min-rer=0.1"]])
def test_a_record_dropped_on_its_way(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str], options: list[str]
) -> None:
    """A plugin that strips one report's record turns a green test into a lost item."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if "soebench-0003" in item.name and report.when == "call":
                del report.pytest_rest
            return report
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:8", *options, *mode)
    assert [NAME] == [f"{each['item']}-{each['style']}" for each in run.report["lost"]]
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.OK != run.status


@pytest.mark.parametrize(
    ("workers", "reason"),
    [
        (["-p", "no:xdist"], "no record came back: it did not run, or its worker crashed"),
        (["-n0"], "no record came back: it did not run, or its worker crashed"),
        (["-n1"], "the list of what was selected did not arrive"),
    ],
    ids=["no-xdist", "n0", "n1"],
)
@pytest.mark.costly
def test_the_list_of_what_was_selected_dropped(
    pytester: pytest.Pytester, run_rest: RunRest, workers: list[str], reason: str
) -> None:
    """Without a worker's list the items are not known by name, but their number is."""
    pytester.makeconftest(
        """
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if "soebench-0000" in item.name and report.when != "teardown":
                del report.pytest_rest
            return report
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:4", *workers)
    assert [reason] == [each["reason"] for each in run.report["lost"]]
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.parametrize(
    "options", [["--rest-min-rer=0.1"], pytest.param([], marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("item", ["soebench-0003"])
@pytest.mark.costly
def test_a_report_that_cannot_be_serialised(
    pytester: pytest.Pytester, run_rest: RunRest, item: str, options: list[str]
) -> None:
    """xdist alone would end with exit status 0 here; the count does not."""
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if "{item}" in item.name and report.when == "call":
                report.user_properties.append(("odd", object()))
            return report
        """
    )
    run = run_rest(
        "--rest-model=simulated", "--rest-suite=soebench:8", "-n2", *options, subprocess=True
    )
    names = [f"{each['item']}-{each['style']}" for each in run.report["lost"]]
    assert f"{item}-dejavu-200dpi-black" in names
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.OK != run.status


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("pytest.skip('not today')", "skipped: Skipped: not today"),
        ("pass", "passed without asking"),
        ("raise RuntimeError('broken')", "failed before it asked: RuntimeError: broken"),
    ],
)
def test_a_test_that_does_not_ask(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str], body: str, reason: str
) -> None:
    """A selected item that was not asked is lost, whatever its test's outcome was."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.rest("soebench:3")
        def test_systems(rest):
            if rest.item.id == "soebench-0001":
                {body}
            else:
                assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-min-rer=0.1", ".", *mode)
    assert ["soebench-0001"] == [each["item"] for each in run.report["lost"]]
    assert reason in run.report["lost"][0]["reason"]
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_failed_calls_are_lost_and_not_wrong(run_rest: RunRest, mode: Sequence[str]) -> None:
    """A call that fails leaves its item out of every rate; the worst case stands beside."""
    run = run_rest("--rest-model=simulated:failed.image=0.3", "--rest-suite=soebench:12", *mode)
    lost = len(run.report["lost"])
    metrics = run.report["metrics"]["soebench"]["all"]
    assert 0 < lost < 12
    assert (12 - lost, 1.0) == (metrics["items"], metrics["rer"]["value"])
    assert (12 - lost) / 12 == pytest.approx(metrics["worst"]["rer"])
    assert (
        f"{lost} items were lost; counted against the model: RER {100 - lost / 0.12:.1f} %"
        in run.out
    )
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_an_item_lost_in_one_style_is_lost(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Its other style alone would say less than was asked, so it is in no rate of its suite."""
    pytester.path.joinpath("mine.yaml").write_text(
        "faults: [{kind: failed, rate: 1, modes: [image], when: {dpi: '<80', item: '0001'}}]"
    )
    styles = ("--rest-style=dejavu-200dpi", "--rest-style=dejavu-50dpi")
    run = run_rest("--rest-model=simulated:mine.yaml", "--rest-suite=soebench:3", *styles, *mode)
    metrics = run.report["metrics"]["soebench"]["all"]
    assert (2, 1.0) == (metrics["items"], metrics["rer"]["value"])
    assert 2 / 3 == pytest.approx(metrics["worst"]["rer"])
    assert {"dejavu-200dpi-black": 3, "dejavu-50dpi-black": 2} == {
        style: each["items"] for style, each in run.report["styles"].items()
    }


def test_an_item_without_a_record_in_one_style_is_lost(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """The same when nothing came back for that style."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("soebench:3", styles=["dejavu-200dpi", "dejavu-50dpi"])
        def test_systems(rest):
            if (rest.item.id, rest.style.dpi) == ("soebench-0001", 50):
                pytest.skip("not today")
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-min-rer=0.1", "--rest-max-lost=1", ".", *mode)
    assert 2 == run.report["metrics"]["soebench"]["all"]["items"]
    assert [2] == [each["n"] for each in run.report["gate"]["thresholds"]]


def test_lost_items_are_tolerated_only_when_asked(run_rest: RunRest, mode: Sequence[str]) -> None:
    """--rest-max-lost N lets N go; one fewer does not pass."""
    args = ("--rest-model=simulated:failed.image=0.3", "--rest-suite=soebench:12", *mode)
    lost = len(run_rest(*args).report["lost"])
    enough = run_rest(*args, "--rest-min-rer=0.9", f"--rest-max-lost={lost}")
    assert (0, True) == (enough.status, enough.report["gate"]["passed"])
    assert lost == enough.outcomes["lost"]
    short = run_rest(*args, "--rest-min-rer=0.9", f"--rest-max-lost={lost - 1}")
    assert (1, False) == (short.status, short.report["gate"]["passed"])
    said = f"server error: planted failure; {lost} items were lost (allowed: {lost - 1}): "
    assert short.report["gate"]["reason"].startswith(said)


@pytest.mark.costly
def test_an_interrupted_run_is_not_passed(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Ctrl-C: exit status 2, a report of what was judged, and the rest lost by name."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.rest("soebench:6")
        def test_systems(rest):
            if rest.item.id == "soebench-0004":
                raise KeyboardInterrupt
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", "--rest-min-rer=0.1", ".", *mode, subprocess=True)
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert run.report["gate"]["passed"] is False
    assert "soebench-0004" in {each["item"] for each in run.report["lost"]}


def test_stopping_at_the_first_failure_is_not_passed(
    run_rest: RunRest, mode: Sequence[str]
) -> None:
    """-x with --rest-strict stops asking; what was not asked is lost and the gate says so."""
    run = run_rest(
        *("--rest-model=simulated:wrong.image=0.4", "--rest-suite=soebench:12"),
        *("--rest-min-rer=0.1", "--rest-strict", "-x", *mode),
    )
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.OK != run.status
