"""Runs that are killed, interrupted or stopped: what was paid for is kept, and nothing passes."""

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Oracle, RunRest, Started, read_report, settled, stored_digests

from pytest_rest.dispatch.store_file import LOCK, NAME

N = 6
LATE = [f"soebench-000{number}" for number in range(2, N)]  # items whose answers are waited for
SERIAL, TWO = ("-p", "no:xdist"), ("-n2",)
WORKERS = pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
CONCURRENCY = 4
PROMPTLY = 2.0  # seconds, or as many as the run has taken so far, where the machine is busy
RUN = Path("run")


def options(endpoint: Endpoint, n: int = N) -> list[str]:
    """What every run here is asked for."""
    return [
        *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
        *(f"--rest-suite=soebench:{n}", f"--rest-concurrency={CONCURRENCY}"),
    ]


def undisturbed(run_rest: RunRest, oracle: Oracle, n: int, *args: str) -> Any:
    """The report of a run that nothing happens to."""
    oracle.delay = 0.0
    with Endpoint(oracle.reply) as endpoint:
        run_rest(*options(endpoint, n), "--rest-run-dir=undisturbed", *args, keep=True)
    return settled(read_report(Path("undisturbed")))


def arrived(endpoint: Endpoint, count: int) -> Callable[[], bool]:
    """Whether the server has had that many requests."""
    return lambda: len(endpoint.requests) >= count


def shown(run: Started, *texts: str, count: int = 1) -> Callable[[], bool]:
    """Whether the run has printed one of these texts so often."""
    return lambda: sum(map(run.out.count, texts)) >= count


def withheld(oracle: Oracle) -> Callable[[Request], Reply]:
    """Answers as the oracle's, of which those for some items never come."""

    def reply(request: Request) -> Reply:
        is_late = oracle.prompt(request).item.id in LATE
        return Reply(fault="hang") if is_late else oracle.reply(request)

    return reply


PIDS = """
    import os

    def pytest_configure(config):
        if hasattr(config, "workerinput"):
            (config.rootpath / config.workerinput["workerid"]).write_text(str(os.getpid()))
"""


def is_running(worker: str) -> bool:
    """Whether a worker that `PIDS` has noted is still there, and more than a zombie."""
    pid = int(Path(worker).read_text())
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


# Killed


@pytest.mark.slow
def test_a_run_that_is_killed_while_its_store_is_made(run_rest: RunRest) -> None:
    """Whatever is left there then, the folder is one to go on with, or a new one."""
    oracle = Oracle(1)
    for wait in (0.0, 0.001, 0.003, 0.006, 0.012):
        with Endpoint(oracle.reply) as endpoint:
            with Started(*options(endpoint, 1), *SERIAL) as run:
                run.wait((RUN / LOCK).exists)
                time.sleep(wait)
                run.signal(signal.SIGKILL)
            resume = ["--rest-resume"] if (RUN / NAME).exists() else []
            again = run_rest(*options(endpoint, 1), *resume, keep=True)
        assert pytest.ExitCode.OK == again.status, (wait, again.out)
        shutil.rmtree(RUN)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_a_run_that_is_killed_again_and_again(run_rest: RunRest, workers: Sequence[str]) -> None:
    """kill -9 and --rest-resume, four times, ten of all tests: what was stored is not asked again.

    The moments are drawn: as the run begins, in the asking, with workers in their tests.
    """
    n, draws, delays = 20, random.Random(7), random.Random(8)
    oracle = Oracle(n)
    longest = 0.1

    def reply(request: Request) -> Reply:
        return replace(oracle.reply(request), delay=delays.uniform(0.0, longest))

    with Endpoint(reply) as endpoint:
        args = [*options(endpoint, n), *workers]
        for session in range(10 if os.environ.get("ALL_TESTS") else 4):
            before, stored = len(endpoint.requests), stored_digests(RUN)
            is_in_tests = workers == TWO and session in (4, 8)
            longest = 4.0 if is_in_tests else 0.1  # or all is answered before workers are up
            count = draws.randrange(0, 10) if session else 1
            resume = ["--rest-resume"] if session else []
            with Started(*args, *resume) as run:
                if is_in_tests:
                    run.wait(shown(run, "2 workers ["))
                elif count:
                    run.wait(arrived(endpoint, before + count))
                time.sleep(draws.uniform(0.0, 0.1 if count else 1.0))
                run.signal(signal.SIGKILL)
                assert -signal.SIGKILL == run.end()[0]
            time.sleep(0.05)  # what was sent till then has arrived
            asked = oracle.digests(endpoint.requests[before:])
            unstored = set(asked) - stored_digests(RUN)
            assert len(asked) == len(set(asked) - stored)
            assert len(unstored) <= CONCURRENCY
        before, stored, longest = len(endpoint.requests), stored_digests(RUN), 0.0
        assert 0 < len(stored) < 4 * n
        last = run_rest(*options(endpoint, n), "--rest-resume", keep=True)
        assert 4 * n - len(stored) == len(endpoint.requests) - before
    assert len(stored) == last.report["usage"]["cached"]
    assert undisturbed(run_rest, oracle, n) == settled(last.report)


@pytest.mark.costly
def test_a_worker_that_is_killed(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """kill -9: its test is lost by name, another worker goes on, and its answers are kept."""
    pytester.makeconftest(PIDS)
    oracle = Oracle(N)
    is_killed = threading.Event()

    def reply(request: Request) -> Reply:
        is_late = oracle.prompt(request).item.id in LATE and not is_killed.is_set()
        return replace(oracle.reply(request), delay=4.0 * is_late)

    with Endpoint(reply) as endpoint:
        args = [*options(endpoint), "-n2", "--rest-min-rer=0"]
        with Started(*args, "-v") as run:
            run.wait(shown(run, "PASSED", "INCONSISTENT", count=2))
            time.sleep(0.2)
            os.kill(int(Path("gw0").read_text()), signal.SIGKILL)
            is_killed.set()
            status, out, _ = run.end()
        (lost,) = read_report(RUN)["lost"]
        assert lost["item"] in LATE
        assert "its worker crashed" in lost["reason"]
        assert f"1 item was lost (allowed: 0): {lost['item']}" in out
        assert pytest.ExitCode.TESTS_FAILED == status
        answered = [request for request, reply in endpoint.log if reply.status == 200]
        assert 4 * N == len(answered) == len(set(oracle.digests(answered)))
        before = len(endpoint.requests)
        resumed = run_rest(*options(endpoint), "--rest-min-rer=0", "--rest-resume", keep=True)
        assert before == len(endpoint.requests)
    assert pytest.ExitCode.OK == resumed.status
    assert undisturbed(run_rest, oracle, N, "--rest-min-rer=0") == settled(resumed.report)


# Interrupted


def finish(run_rest: RunRest, oracle: Oracle, endpoint: Endpoint, before: int) -> None:
    """Go on with the run, at a server that is quick now: only what is missing is asked."""
    stored = stored_digests(RUN)
    run = run_rest(*options(endpoint), "--rest-min-rer=0", "--rest-resume", keep=True)
    asked = oracle.digests(endpoint.requests[before:])
    assert 4 * N == len(stored) + len(asked) == len(stored | set(asked))
    assert len(stored) == run.report["usage"]["cached"]
    assert pytest.ExitCode.OK == run.status
    assert undisturbed(run_rest, oracle, N, "--rest-min-rer=0") == settled(run.report)


@WORKERS
@pytest.mark.parametrize(
    "to_all", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["process", "group"]
)
def test_an_interrupt_while_calls_are_in_flight(
    pytester: pytest.Pytester, run_rest: RunRest, workers: Sequence[str], to_all: bool
) -> None:
    """Ctrl-C ends the run at once: with what was judged, what was not, and no gate passed."""
    pytester.makeconftest(PIDS)
    oracle = Oracle(N)
    reply = withheld(oracle)
    with Endpoint(lambda request: reply(request)) as endpoint:
        args = [*options(endpoint), "-v", *workers, "--rest-min-rer=0"]
        with Started(*args) as run:
            run.wait(shown(run, "PASSED", "INCONSISTENT", count=2))
            run.wait(arrived(endpoint, 8 + CONCURRENCY))
            time.sleep(0.2)  # pytest, whose set-up an interrupt may bring down, waits by then
            promptly = max(PROMPTLY, 2 * run.age)
            run.signal(signal.SIGINT, to_all)
            status, out, seconds = run.end()
            workers_left = [each for each in ("gw0", "gw1") if workers == TWO and is_running(each)]
        report = read_report(RUN)
        assert LATE == [each["item"] for each in report["lost"]]
        assert 2 == report["metrics"]["soebench"]["all"]["items"]
        assert report["gate"]["passed"] is False
        assert "gate FAILED: the run was interrupted; 4 items were lost (allowed: 0): " in out
        assert "ask again what is lost: --rest-resume=run" in out
        assert "Traceback" not in out
        assert pytest.ExitCode.INTERRUPTED == status
        assert [] == workers_left
        reply = oracle.reply
        finish(run_rest, oracle, endpoint, len(endpoint.requests))
    assert seconds < promptly


@pytest.mark.costly
def test_a_second_interrupt_while_pytest_tells_of_the_first(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """Ctrl-C, twice: no traceback but the report, and the status of the first."""
    pytester.makeconftest("""
        def pytest_runtest_call(item):
            raise KeyboardInterrupt("the first")

        def pytest_keyboard_interrupt(excinfo):
            raise KeyboardInterrupt("the second")
    """)
    asked = ["--rest-model=simulated", "--rest-suite=soebench:2", "--rest-min-rer=0"]
    run = run_rest(*asked, subprocess=True)
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert run.report["gate"]["passed"] is False
    assert "Traceback" not in run.out


SLOW_IMPORT = """
    import sys
    import time
    from importlib.machinery import ModuleSpec
    from pathlib import Path

    class Slow:
        def find_spec(self, name, path=None, target=None):
            return ModuleSpec(name, self) if name.startswith("litellm.") else None

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            Path(__file__).with_name("importing").touch()
            time.sleep(30)

    sys.meta_path.insert(0, Slow())
"""


@pytest.mark.slow
@pytest.mark.parametrize("to_all", [False, True], ids=["process", "group"])
def test_an_interrupt_while_litellm_is_imported(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, to_all: bool
) -> None:
    """The import takes seconds, here thirty, and nobody has to wait for it."""
    pytester.makepyfile(sitecustomize=SLOW_IMPORT)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    args = ("--rest-model=openai/gpt-4o-mini", f"--rest-suite=soebench:{N}", "-s", *SERIAL)
    with Started(*args) as run:
        run.wait((pytester.path / "importing").exists)
        run.wait(shown(run, f"collected {N} items"))
        time.sleep(0.2)
        promptly = max(PROMPTLY, 2 * run.age)
        run.signal(signal.SIGINT, to_all)
        status, out, seconds = run.end()
    assert f"gate FAILED: {N} items were lost (allowed: 0): " in out
    assert "Traceback" not in out
    assert pytest.ExitCode.INTERRUPTED == status
    assert seconds < promptly


@WORKERS
@pytest.mark.costly
def test_a_run_that_is_told_to_end(
    pytester: pytest.Pytester, run_rest: RunRest, workers: Sequence[str]
) -> None:
    """SIGTERM: it ends, its workers too, no success is claimed, and it can be gone on with."""
    pytester.makeconftest(PIDS)
    oracle = Oracle(N)
    reply = withheld(oracle)
    with Endpoint(lambda request: reply(request)) as endpoint:
        args = [*options(endpoint), "-v", *workers, "--rest-min-rer=0"]
        with Started(*args) as run:
            run.wait(shown(run, "PASSED", "INCONSISTENT", count=2))
            run.wait(arrived(endpoint, 8 + CONCURRENCY))
            promptly = max(PROMPTLY, 2 * run.age)
            run.signal(signal.SIGTERM)
            status, out, seconds = run.end()
            ends = time.monotonic() + promptly
            for worker in ("gw0", "gw1") if workers == TWO else ():
                while is_running(worker):
                    assert time.monotonic() < ends
                    time.sleep(0.01)
        assert pytest.ExitCode.OK != status
        assert "gate passed" not in out
        reply = oracle.reply
        finish(run_rest, oracle, endpoint, len(endpoint.requests))
    assert seconds < promptly


# Stopped


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("option", "failures", "workers"),
    [("-x", 1, SERIAL), ("--maxfail=2", 2, SERIAL), ("-x", 1, TWO)],
    ids=["x-serial", "maxfail-serial", "x-n2"],
)
@pytest.mark.costly
def test_a_run_that_stops_early(
    run_rest: RunRest, option: str, failures: int, workers: Sequence[str]
) -> None:
    """-x and --maxfail: little more is asked than the tests before the end have needed."""
    n = 16
    oracle = Oracle(n, delay=0.02, wrong=("soebench-0001", "soebench-0002"))
    with Endpoint(oracle.reply) as endpoint:
        first = run_rest(*options(endpoint, n), option, *workers)
        time.sleep(0.05)  # what was sent till then has arrived
        asked, stored = len(endpoint.requests), stored_digests(RUN)
        begun = len(first.report["items"]) + (1 if workers == TWO else 0)
        assert failures <= begun < n
        assert asked <= 4 * begun + 2 * CONCURRENCY
        assert first.report["gate"]["passed"] is False
        assert pytest.ExitCode.OK != first.status
        resumed = run_rest(*options(endpoint, n), "--rest-resume", keep=True)
        assert 4 * n - len(stored) == len(endpoint.requests) - asked
    assert undisturbed(run_rest, oracle, n) == settled(resumed.report)
