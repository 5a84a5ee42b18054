"""Workers on other machines: real execnet gateways, which ask the model by themselves."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest, without_times

SUITE = "--rest-suite=soebench:8"


def reply(request: Request) -> Reply:
    """The same for every prompt, after a while."""
    return Reply(text="Answer: 3", delay=0.1)


@pytest.fixture
def gateways(pytester: pytest.Pytester) -> Iterator[Sequence[str]]:
    """Two hosts, each with a folder of its own: what --tx takes."""
    servers, found = [], []
    for name in ("one", "two"):
        pytester.mkdir(name)
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "execnet.script.socketserver", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        servers.append(server)
        assert server.stdout is not None
        line = next(line for line in server.stdout if "127.0.0.1" in line)
        port = "".join(char if char.isdigit() else " " for char in line).split()[-1]
        found.append(f"--tx=socket=127.0.0.1:{port}//chdir={pytester.path / name}")
    yield found
    for server in servers:
        server.kill()
        server.communicate()


@pytest.mark.slow
def test_workers_elsewhere_ask_by_themselves(
    run_rest: RunRest, gateways: Sequence[str], pytester: pytest.Pytester
) -> None:
    """The report is that of a run in one process, and the limit of calls in flight is shared."""
    with Endpoint(reply) as endpoint:
        args = ("--rest-model=far", f"--rest-api-base={endpoint.openai_base}", SUITE)
        limits = ("--rest-concurrency=6", "--rest-max-cfr=1")
        far = run_rest(*args, *limits, "--dist=load", *gateways, subprocess=True)
        asked, peak = len(endpoint.requests), endpoint.peak
        here = run_rest(*args, *limits, "-p", "no:xdist", subprocess=True)
    assert {"passed": 10} == far.outcomes, far.out
    assert without_times(here.report) == without_times(far.report)
    assert (32, 6) == (asked, endpoint.peak)
    assert 3 < peak <= 6
    for name in ("one", "two"):
        assert (pytester.path / name / "run" / "completions.sqlite").exists()


@pytest.mark.slow
def test_what_they_were_answered_is_kept_where_they_are(
    run_rest: RunRest, gateways: Sequence[str], pytester: pytest.Pytester
) -> None:
    """A worker that goes on in the same folder asks only what that folder lacks."""
    with Endpoint(reply) as endpoint:
        args = ("--rest-model=far", f"--rest-api-base={endpoint.openai_base}", "--rest-max-cfr=1")
        tx = gateways[0]
        run_rest(*args, "--rest-suite=soebench:4", "--dist=load", tx, subprocess=True)
        assert 16 == len(endpoint.requests)
        second = gateways[1].replace(str(pytester.path / "two"), str(pytester.path / "one"))
        run = run_rest(
            *args, "--rest-resume", SUITE, "--dist=load", second, subprocess=True, keep=True
        )
    assert {"passed": 10} == run.outcomes, run.out
    assert 32 == len(endpoint.requests)


@pytest.mark.slow
def test_a_key_does_not_travel(run_rest: RunRest, gateways: Sequence[str]) -> None:
    """A worker without the key says so, in one line, and its items are lost."""
    script = (
        "import os, pathlib, sys; os.environ['ANTHROPIC_API_KEY'] = 'sk-here'; import pytest; "
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    args = ("--rest-model=claude-haiku-4.5", "--rest-suite=soebench:1", "--rest-run-dir=run")
    run = subprocess.run(
        [sys.executable, "-c", script, *args, "--dist=load", gateways[0]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert pytest.ExitCode.TESTS_FAILED == run.returncode, run.stdout
    assert "needs a key of anthropic; set ANTHROPIC_API_KEY" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.costly
def test_each_of_them_needs_a_call(run_rest: RunRest) -> None:
    """A limit that cannot be shared is wrong usage, told before a worker starts."""
    far = ("--dist=load", "--tx=3*ssh=nowhere", "--tx=2*popen")
    run = run_rest("--rest-model=simulated", "--rest-concurrency=3", *far, subprocess=True)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-concurrency 3 cannot be shared by 4 processes" in run.out


@pytest.mark.slow
def test_a_worker_here_asks_through_the_main_process(
    run_rest: RunRest, gateways: Sequence[str], pytester: pytest.Pytester
) -> None:
    """Local and far workers in one run: each case is asked once, by whoever runs its test."""
    with Endpoint(reply) as endpoint:
        args = ("--rest-model=far", f"--rest-api-base={endpoint.openai_base}", SUITE)
        tx = ("--dist=load", "--tx=popen", gateways[0])
        run = run_rest(*args, "--rest-max-cfr=1", *tx, subprocess=True)
    assert {"passed": 10} == run.outcomes, run.out
    assert 32 == len(endpoint.requests)
    shutil.rmtree(pytester.path / "one")
