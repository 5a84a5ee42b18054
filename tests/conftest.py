"""What the plugin's tests share: runs of pytest in three modes, and their reports."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer  # noqa: F401 (below: C extensions cannot be loaded once for each run in a process)
import pytest
import scipy.stats  # noqa: F401 (pytester forgets the modules that a run in its process loads)
import yaml  # noqa: F401

import pytest_rest.rendering  # noqa: F401

MODES = {"no-xdist": ("-p", "no:xdist"), "n0": ("-n0",), "n2": ("-n2",)}


@dataclass(frozen=True)
class Finished:
    """One run of pytest: its exit status, what it printed, and its report where it wrote one."""

    status: int
    out: str
    report: dict[str, Any]
    outcomes: dict[str, int]


RunRest = Callable[..., Finished]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Sequence[str]:
    """The three ways that pytest is run in: without xdist, with it but serially, two workers."""
    return MODES[request.param]


@pytest.fixture
def run_rest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunRest:
    """Run pytest in a folder of its own; the run folder is `run` there."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    def run(*args: str, subprocess: bool = False) -> Finished:
        path = pytester.path / "run" / "report.json"
        path.unlink(missing_ok=True)
        start = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        result = start("-p", "no:randomly", f"--rest-run-dir={path.parent}", *args)
        report = json.loads(path.read_text("ascii")) if path.exists() else {}
        try:
            outcomes = result.parseoutcomes()
        except ValueError:
            outcomes = {}
        out = result.stdout.str() + result.stderr.str()
        return Finished(int(result.ret), out, report, outcomes)

    return run


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    """A report less what differs between equal runs: times, and where it was written."""
    if isinstance(report, dict):
        left_out = {"seconds", "created", "git_commit"}
        return {key: without_times(value) for key, value in report.items() if key not in left_out}
    if isinstance(report, list):
        return [without_times(each) for each in report]
    return report


def shared_data(*parts: str) -> Path:
    """A file of the real benchmark rows; skips where they are absent."""
    path = Path(__file__).parents[2].joinpath("shared", "data", *parts)
    if not path.exists():
        pytest.skip(f"no real benchmark rows at {path}")
    return path
