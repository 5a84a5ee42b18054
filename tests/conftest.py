"""What the plugin's tests share: runs of pytest in three modes."""

import importlib
import json
import os
import pkgutil
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import jiwer  # noqa: F401 (below: C extensions cannot be loaded once for each run in a process)
import pytest
import scipy.stats  # noqa: F401 (pytester forgets the modules that a run in its process loads)
import yaml  # noqa: F401
from runs import LEFT_OUT, Finished, RunRest

import pytest_rest

# A run in the tests' own process would load the package anew, and rewrite its asserts, each time.
for module in pkgutil.walk_packages(pytest_rest.__path__, "pytest_rest."):
    importlib.import_module(module.name)

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process of a run would compile all anew
_MOST_WITH_WORKERS = 2
_OF_THE_OUTER_RUN = (  # what would be taken for a run's own
    *("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"),
    *("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"),
)
MODES = {"no-xdist": ("-p", "no:xdist"), "n0": ("-n0",), "n2": ("-n2",)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try two workers, which take seconds to start, with one case of a file's first two tests.

    With ALL_TESTS set every case is tried with them, and what is marked as slow runs too.
    """
    if os.environ.get("ALL_TESTS"):
        return
    left_out = [item for item in items if item.get_closest_marker("slow")]
    seen: dict[Path, set[str]] = defaultdict(set)
    for item in filter(_has_workers, items):
        test, before = item.nodeid.partition("[")[0], seen[item.path]
        left_out += [item] if test in before or len(before) >= _MOST_WITH_WORKERS else []
        before.add(test)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _has_workers(item: pytest.Item) -> bool:
    params = getattr(getattr(item, "callspec", None), "params", {})
    words = [value if isinstance(value, (list, tuple)) else [value] for value in params.values()]
    return params.get("mode") == "n2" or any("-n2" in each for each in words)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Sequence[str]:
    """The three ways that pytest is run in: without xdist, with it but serially, two workers."""
    return MODES[request.param]


@pytest.fixture
def run_rest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunRest:
    """Run pytest in a folder of its own; the run folder is `run` there, and a new one.

    `keep` leaves it as the run before has left it; with `own_folder` the arguments name another.
    """
    for name in _OF_THE_OUTER_RUN:
        monkeypatch.delenv(name, raising=False)

    def run(
        *args: str, subprocess: bool = False, keep: bool = False, own_folder: bool = False
    ) -> Finished:
        path = pytester.path / "run" / "report.json"
        path.unlink(missing_ok=True)
        if not keep:
            shutil.rmtree(path.parent, ignore_errors=True)
        start = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        where = [] if own_folder else [f"--rest-run-dir={path.parent}"]
        result = start(*LEFT_OUT, *where, *args)
        report = json.loads(path.read_text("ascii")) if path.exists() else {}
        try:
            outcomes = result.parseoutcomes()
        except ValueError:
            outcomes = {}
        out = result.stdout.str() + result.stderr.str()
        return Finished(int(result.ret), out, report, outcomes)

    return run
