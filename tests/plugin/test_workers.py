"""What xdist's workers are told before they start, seen from inside them."""

import os
import re

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest

from pytest_rest import extensions

pytestmark = pytest.mark.skipif(not hasattr(os, "nice"), reason="no niceness here")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "model", "lower"),
    [
        (["-n2"], "served", 5),
        (["-n3"], "served", 19),
        (["-n0"], "served", 0),
        (["-n2"], "simulated", 0),
    ],
    ids=["few workers", "workers", "one process", "workers that compute"],
)
def test_workers_stand_back_where_the_main_process_asks(
    run_rest: RunRest,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    model: str,
    lower: int,
) -> None:
    """Its calls come first; a model that computes in the workers has their whole priority."""
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.rest("soebench:3")
        def test_it(rest):
            rest()
            assert os.nice(0) == int(os.environ["NICENESS"])
        """
    )
    monkeypatch.setenv("NICENESS", str(min(os.nice(0) + lower, 19)))
    with Endpoint(reply) as endpoint:
        served = [f"--rest-api-base={endpoint.openai_base}"] if model == "served" else []
        result = run_rest(f"--rest-model={model}", *served, *args, ".", subprocess=True)
    assert {"passed": 3} == result.outcomes, result.out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--rest-suite=soebench:3", "-n8"], ["rest: 2 of 8 workers start"]),
        (["--rest-suite=soebench:3", "-n8", "--maxprocesses=3"], ["rest: 2 of 3 workers start"]),
        (["own.rest.yaml", "-n8"], ["rest: 2 of 8 workers start"]),
        (["--rest-suite=soebench:3", "-n2"], []),
        (["--rest-suite=soebench:3", "-n8", "--dist=each"], []),
        (["--rest-suite=soebench:3", "--tx=8*popen", "--dist=load"], []),
        (["--rest-fuzz=4", "-n8"], []),
        (["test_own.py", "-n8"], []),
        (["own.rest.yaml", "test_own.py", "-n8"], []),
    ],
    ids=" ".join,
)
def test_no_more_workers_start_than_judge_as_fast_as_one_process_asks(
    run_rest: RunRest, pytester: pytest.Pytester, args: list[str], told: list[str]
) -> None:
    """Where all tests are of suites; what others' tests take is theirs to know."""
    marked = "import pytest\n@pytest.mark.rest('soebench:1')\ndef test_it(rest): rest()"
    pytester.makepyfile(test_own=marked)
    own = "name: own\nitems:\n- {context: 3 lamps, question: How many?, answer: 3}\n"
    (pytester.path / "own.rest.yaml").write_text(own)
    with Endpoint(reply) as endpoint:
        served = "--rest-model=m", f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(*served, *args, "--collect-only")
    assert pytest.ExitCode.OK == run.status, run.out
    assert told == re.findall(r"rest: \d of \d workers start", run.out)


def test_a_model_that_computes_in_the_workers_has_all_of_them(run_rest: RunRest) -> None:
    """Each of them makes it faster."""
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:3", "-n8", "--collect-only")
    assert "workers start" not in run.out


def test_other_packages_metrics_have_all_workers(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long they take is not known."""
    monkeypatch.setitem(extensions.METRICS, "slow", lambda _: 1.0)
    with Endpoint(reply) as endpoint:
        served = "--rest-model=m", f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(*served, "--rest-suite=soebench:3", "-n8", "--collect-only")
    assert "workers start" not in run.out


@pytest.mark.slow
def test_those_that_are_spared_do_not_start(run_rest: RunRest) -> None:
    """Two run all tests."""
    with Endpoint(reply) as endpoint:
        served = "--rest-model=m", f"--rest-api-base={endpoint.openai_base}"
        run = run_rest(*served, "--rest-suite=soebench:8", "-n4", "-v", subprocess=True)
    assert {"passed": 8} == run.outcomes, run.out
    assert {"gw0", "gw1"} == set(re.findall(r"\[(gw\d)\]", run.out))


def reply(_: Request) -> Reply:
    """The same for every prompt."""
    return Reply(text="Answer: 3")
