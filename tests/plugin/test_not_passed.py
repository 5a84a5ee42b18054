"""Every way not to pass a gate that was asked for: the exit status, and the reason."""

import json
import signal
import time
from collections.abc import Sequence

import pytest
from endpoint import Endpoint, Reply
from runs import RunRest, Started

GATE = ("--rest-min-rer=0.9", "--rest-suite=soebench:4")
STEADY = "--rest-model=simulated"
FAILED, USAGE = pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.USAGE_ERROR
NOTHING = "rer>=0.9 is not judged: no item was judged"


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--rest-model=simulated:wrong.image=1"], "rer>=0.9 failed: 0.0 %"),
        ([STEADY, "--rest-confidence=0.95"], "rer>=0.9 is undecided: 100.0 %"),
        (
            ["--rest-model=simulated:failed.image=1"],
            "server error: planted failure; 4 items were lost",
        ),
        (["--rest-model=simulated:failed.image=1", "--rest-max-lost=4"], NOTHING),
        ([STEADY, "-k", "nothing-like-this"], NOTHING),
        ([STEADY, "-m", "no_such_marker"], NOTHING),
        ([STEADY, "--deselect=soebench"], NOTHING),
        (
            [STEADY, "--rest-suite=soebench:4", "-pskips_all"],
            "its test was skipped: Skipped: not today; 4 ",
        ),
        ([STEADY, "--rest-require=rer@arc>=0.9", "test_empty.py"], "rer>=0.9 is not judged"),
        ([STEADY, "test_empty.py"], NOTHING),
        (["--rest-model=simulated:wrong.image=1", "--rest-require=cfr<=0.1"], "cfr<=0.1 failed"),
    ],
)
@pytest.mark.parametrize("mode", [("-pno:xdist",), ("-n0",)], ids=" ".join)
def test_what_was_judged_and_not_met(
    run_rest: RunRest,
    pytester: pytest.Pytester,
    mode: Sequence[str],
    args: Sequence[str],
    reason: str,
) -> None:
    """Or could not be judged: the build fails, and the gate begins with why."""
    pytester.makepyfile(
        test_empty="def test_nothing(): pass",
        skips_all="import pytest\ndef pytest_runtest_setup(item): pytest.skip('not today')",
    )
    named = any(each.endswith(".py") for each in args)
    gate = ["--rest-min-rer=0.9"] if named else [*GATE]
    if "-pskips_all" in args:
        pytester.syspathinsert()
        gate = gate[:1]
    run = run_rest(*gate, *args, *mode)
    assert FAILED == run.status
    assert run.report["gate"]["passed"] is False
    assert run.report["gate"]["reason"].startswith(reason)
    word = "UNDECIDED" if "is undecided" in reason else "FAILED"
    assert f"gate {word}: {reason}" in run.out


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ([STEADY, "--rest-baseline=none.json"], "--rest-baseline '{}/none.json': "),
        ([STEADY, "--rest-baseline=bad.json"], "--rest-baseline '{}/bad.json': "),
        ([STEADY, "--rest-baseline=newer.json"], "newer than this version's"),
        ([STEADY, "--rest-baseline=other.json"], "its schema is 'something/else/1'"),
        (["--rest-model="], "--rest-model is given and empty; give SPEC, or drop it"),
        ([], "--rest-min-rer judges a model; give --rest-model"),
        ([STEADY, "--rest-require=rer@arc>=0.9"], "'arc' is neither a subset"),
        ([STEADY, "--rest-min-rer=90"], "did you mean 0.9?"),
        ([STEADY, "--rest-max-cost=1"], "--rest-max-cost cannot be held"),
    ],
)
def test_what_cannot_be_judged_is_wrong_usage(
    run_rest: RunRest, pytester: pytest.Pytester, args: Sequence[str], reason: str
) -> None:
    """Told in the first line, before anything is asked."""
    files = {"bad": "{", "newer": '{"schema": "pytest-rest/report/9"}'}
    files["other"] = '{"schema": "something/else/1"}'
    for name, content in files.items():
        (pytester.path / f"{name}.json").write_text(content)
    run = run_rest(*GATE, *args)
    assert USAGE == run.status
    (error,) = [line for line in run.out.splitlines() if line.startswith("ERROR: ")]
    assert reason.format(pytester.path) in error
    assert not (pytester.path / "run").exists()


@pytest.mark.parametrize("option", ["--rest-max-cfr=0.1", "--rest-require=mmc>=1"])
def test_a_verdict_without_a_model(run_rest: RunRest, option: str) -> None:
    """Is wrong usage on the command line; an ini file's threshold waits for a run with one."""
    assert USAGE == run_rest(option).status


def test_an_ini_file_s_threshold_waits(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """Unit tests in the same repository run without a model, and in silence."""
    pytester.makeini("[pytest]\nrest_min_rer = 0.9\nrest_baseline = none.json")
    pytester.makepyfile(test_a="def test_a(): pass")
    run = run_rest()
    assert pytest.ExitCode.OK == run.status
    assert "REST" not in run.out


def test_a_budget_that_ran_out(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """The run is cut short: interrupted, and nothing passed."""
    pytester.makepyfile(
        dear="""
        from pytest_rest.terms import Completion, Price
        class Model:
            name = description = "dear"
            home, batch_size, parameters, price = "endpoint", 1, {}, Price(1.0, 1.0)
            async def open(self): pass
            async def close(self): pass
            async def ask(self, prompts):
                return [Completion("Answer: 1", cost=9.0) for _ in prompts]
        make = Model
        """
    )
    run = run_rest(*GATE, "--rest-model=python:dear:make", "--rest-max-cost=0.5")
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert "REST: asking ended: the budget of $0.50 is spent" in run.out
    assert run.report["gate"]["passed"] is False
    reason = run.report["gate"]["reason"]
    said = "the budget of $0.50 was spent after 0 of 4 items (--rest-max-cost): $0.00 is used"
    assert reason.startswith(said)
    assert run.report["decision"]["why"].startswith(said)
    assert "; 4 items were lost (allowed: 0): soebench-0000" in reason
    assert all("the budget of $0.50 is spent" in lost["reason"] for lost in run.report["lost"])


@pytest.mark.slow
def test_a_worker_that_crashed(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """What it did not send is lost, by name."""
    pytester.makeconftest(
        "import os\ndef pytest_runtest_setup(item):\n"
        "    if 'soebench-0002' in item.nodeid: os._exit(9)\n"
    )
    run = run_rest(*GATE, STEADY, "-n2")
    assert FAILED == run.status
    reason = "1 item was lost (allowed: 0): soebench-0002-dejavu-200dpi-black"
    assert (
        f"no record came back: it did not run, or its worker crashed; {reason}"
        == run.report["gate"]["reason"]
    )


@pytest.mark.slow
def test_a_run_that_was_interrupted(pytester: pytest.Pytester) -> None:
    """Ctrl-C: exit status 2, and what had not run is lost."""

    def slow(request: object) -> Reply:
        return Reply(text="Answer: 1", delay=20)

    with Endpoint(slow) as endpoint:
        options = ["--rest-model=m", f"--rest-api-base={endpoint.url}", *GATE]
        with Started(*options) as run:
            run.wait(lambda: "\nsoebench " in run.out)  # the first test has begun
            run.wait(lambda: endpoint.peak > 0)
            time.sleep(0.3)  # and waits: pytest crashes if it is interrupted between two lines
            run.signal(signal.SIGINT)
            status, out, _ = run.end()
    assert pytest.ExitCode.INTERRUPTED == status
    assert "gate FAILED: 4 items were lost (allowed: 0)" in out
    report = json.loads((pytester.path / "run" / "report.json").read_text())
    assert report["gate"]["passed"] is False


def test_a_report_that_cannot_be_written(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """A verdict that leaves no report is none."""
    (pytester.path / "folder").mkdir()
    run = run_rest(*GATE, STEADY, "--rest-json=folder")
    assert FAILED == run.status
    assert "the report cannot be written" in run.out
