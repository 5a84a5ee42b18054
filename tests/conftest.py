"""What the plugin's tests share: runs of pytest in three modes.

A benchmark run in this repository loads this file too, since pytest reads the conftest of
`testpaths` when no path is given: so it imports nothing of the package until a test runs.
"""

import gc
import importlib
import json
import os
import pkgutil
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runs import Finished, RunRest

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process of a run would compile all anew
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background of a script
    signal.signal(signal.SIGINT, signal.default_int_handler)
_MOST_TESTS = {"workers": 1, "serial": 1}  # of a file, by the kind of run that is sampled
_ABOUT_WORKERS = (  # files that are about what crosses processes; others are sampled without
    *("test_plugin", "test_lost", "test_over_http", "test_resume", "test_interrupts"),
    *("test_shards", "test_budget", "test_workers", "test_elsewhere"),
    "test_through_a_gateway",
)
_THROUGH_LITELLM = (
    *("test_needs_of_litellm", "test_litellm", "test_protocols", "test_responses"),
    *("test_subprocess", "test_gateways", "test_rejections", "test_contents"),
    *("test_credentials", "test_waiting", "test_budget", "test_faults"),
)
_OF_THE_OUTER_RUN = (  # what would be taken for a run's own
    *("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"),
    *("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"),
)
_FEWER_EXAMPLES = 25  # of a property, where its test does not say how many
MODES = {"no-xdist": ("-p", "no:xdist"), "n0": ("-n0",), "n2": ("-n2",)}


def pytest_pycollect_makemodule() -> None:
    """Look at fewer examples of each property, but with ALL_TESTS."""
    if not os.environ.get("ALL_TESTS"):
        from hypothesis import settings

        settings.register_profile("fewer", max_examples=_FEWER_EXAMPLES)
        settings.load_profile("fewer")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while the tests are collected: an eighth of each worker's CPU for it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)  # of what -m and -k have left
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sample the runs with two workers, which take seconds to start, and those of `-n0`.

    The first test of a file about workers has one case with them, and the first of any file has one
    with xdist and no workers; without xdist every case is run. The contract suite, which is about
    other packages, runs where it is named, and whole.
    With ALL_TESTS set every case is run everywhere, and what is marked as slow or costly is too.
    The tests that ask through LiteLLM come first, so that one process imports it, for four seconds;
    of these the last are those that wait, during which other processes take what is left.
    """
    items.sort(key=lambda item: _place(item.path.stem))
    if os.environ.get("ALL_TESTS"):
        return
    dear = ["slow"] if "costly" in config.option.markexpr else ["slow", "costly"]
    left_out = {item for item in items if any(map(item.get_closest_marker, dear))}
    if not any("contract" in arg for arg in config.args):
        left_out |= {item for item in items if item.path.parent.name == "contract"}
    seen: dict[tuple[Path, str], set[str]] = defaultdict(set)
    for item in items:
        if (kind := _sampled(item)) and item not in left_out:
            test, before = item.nodeid.partition("[")[0], seen[item.path, kind]
            most = _MOST_TESTS[kind]
            if kind == "workers" and item.path.stem not in _ABOUT_WORKERS:
                most = 0
            left_out |= {item} if test in before or len(before) >= most else set()
            before.add(test)
    left_out |= _beyond_some([item for item in items if item not in left_out])
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what reads the real benchmark rows, where they are not beside the project."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if item.get_closest_marker("shared_data") and not folder.is_dir():
        pytest.skip(f"no real benchmark rows in {folder}")


def _place(module: str) -> int:
    """Where a module's tests stand among those that ask through LiteLLM, or after them."""
    order = _THROUGH_LITELLM
    return order.index(module) if module in order else len(order)


def _beyond_some(items: list[pytest.Item]) -> set[pytest.Item]:
    """The cases that a test marked `some(n)` does without: all but n, spread evenly."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("some"):
            cases[item.nodeid.partition("[")[0]].append(item)
    left_out: set[pytest.Item] = set()
    for of_a_test in cases.values():
        marker = of_a_test[0].get_closest_marker("some")
        count = marker.args[0] if marker else 0
        step = len(of_a_test) / count
        kept = {int(place * step) for place in range(count)}
        left_out |= {item for place, item in enumerate(of_a_test) if place not in kept}
    return left_out


def _sampled(item: pytest.Item) -> str:
    """The kind of run that a case is of, where one of them stands for several."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    if item.path.parent.name == "contract":
        return ""
    words = [value if isinstance(value, (list, tuple)) else [value] for value in params.values()]
    if params.get("mode") == "n2" or any("-n2" in each for each in words):
        return "workers"
    return "serial" if params.get("mode") == "n0" or ("-n0",) in params.values() else ""


@pytest.fixture(scope="session", autouse=True)
def package_loaded() -> None:
    """Import the whole package, and the C extensions it uses, once for all tests of a process.

    A run in the tests' own process would load it anew, and rewrite its asserts, each time: pytester
    forgets the modules that such a run loads, and C extensions cannot be loaded twice.
    """
    import pytest_rest

    for name in ("jinja2", "jiwer", "scipy.stats", "yaml"):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(pytest_rest.__path__, "pytest_rest."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # else each run in this process looks through all of that for garbage, five times


@pytest.fixture(scope="module", autouse=True)
def litellm_frozen() -> Iterator[None]:
    """Look through LiteLLM for garbage once: else a tenth of its process's CPU goes to that."""
    is_new = "litellm" not in sys.modules
    yield
    if is_new and "litellm" in sys.modules:
        gc.collect()
        gc.freeze()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Sequence[str]:
    """The three ways that pytest is run in: without xdist, with it but serially, two workers."""
    return MODES[request.param]


@pytest.fixture
def run_rest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "RunRest":
    """Run pytest in a folder of its own; the run folder is `run` there, and a new one.

    `keep` leaves it as the run before has left it; with `own_folder` the arguments name another.
    """
    from runs import LEFT_OUT, RERUNS, Finished

    for name in _OF_THE_OUTER_RUN:
        monkeypatch.delenv(name, raising=False)

    def run(
        *args: str, subprocess: bool = False, keep: bool = False, own_folder: bool = False
    ) -> "Finished":
        path = pytester.path / "run" / "report.json"
        path.unlink(missing_ok=True)
        if not keep:
            shutil.rmtree(path.parent, ignore_errors=True)
        start = pytester.runpytest_subprocess if subprocess else pytester.runpytest_inprocess
        where = [] if own_folder else [f"--rest-run-dir={path.parent}"]
        reruns = any(arg.startswith("--reruns") for arg in args)
        result = start(*(each for each in LEFT_OUT if each != RERUNS or not reruns), *where, *args)
        report = json.loads(path.read_text("ascii")) if path.exists() else {}
        try:
            outcomes = result.parseoutcomes()
        except ValueError:
            outcomes = {}
        out = result.stdout.str() + result.stderr.str()
        return Finished(int(result.ret), out, report, outcomes)

    return run
