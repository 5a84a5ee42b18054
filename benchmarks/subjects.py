"""Turns a subject's name into a process that asks the endpoint, and that into a row of figures."""

import json
import math
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import asking as asking_plugin
import processes
from clients import LITELLM_MODEL, SERVED_MODEL
from processes import Finished

SUBJECTS = {
    "serial": "the plugin in one process, at a served model",
    "n8": "the same with -n 8",
    "aiohttp": "a bare aiohttp session under a semaphore, pictures drawn beforehand",
    "litellm-serial": "the plugin in one process, through LiteLLM",
    "litellm-n8": "the same with -n 8",
    "litellm": "bare litellm.acompletion under a semaphore, pictures drawn beforehand",
    "naive": "a test for each item that draws and makes blocking LiteLLM calls, -n 8",
}
PLUGIN = ("serial", "n8", "litellm-serial", "litellm-n8")
BARE = ("aiohttp", "litellm")
SERVED = ("serial", "n8", "aiohttp")

_HERE = Path(__file__).parent
_WORKERS = 8
# A development environment has plugins more than a user's: Hypothesis's alone costs each worker
# a second when it ends.
_PLUGINS = ("rest", "xdist", "xdist.looponfail", "anyio")
_LEFT_OUT = ["cacheprovider"] + [
    each.name for each in entry_points(group="pytest11") if each.name not in _PLUGINS
]
PYTEST = (sys.executable, "-m", "pytest", "-q", *(f"-pno:{name}" for name in _LEFT_OUT))


@dataclass(frozen=True)
class Task:
    """What a subject is given; `limit` is in seconds."""

    items: int
    naive_items: int
    style: str
    latency: float
    concurrency: int
    limit: float
    package: Path | None = None  # the folder in which the package is that is measured

    def requests(self, subject: str) -> int:
        """How many there must be: three forms and a transcription of each item."""
        return 4 * (self.naive_items if subject == "naive" else self.items)

    def places(self, subject: str) -> int:
        """How many may be in flight at once."""
        return _WORKERS if subject == "naive" else self.concurrency


@dataclass(frozen=True)
class Row:
    """One subject's run. Seconds, milliseconds a request, and bytes.

    `whole` is from the start of the process to its end. `wall` is the same, but for the bare
    clients from their first request to their last answer; so are the two figures of CPU time.
    `span` is the endpoint's: from the first request to the last answer. `asking_ms` is the CPU
    time of the plugin's threads that ask, its loop and its store; NaN for the others.
    """

    subject: str
    concurrency: int
    requests: int
    wall: float
    whole: float
    span: float
    first: float
    cpu_ms: float
    whole_cpu_ms: float
    asking_ms: float
    peak: int
    memory: int
    efficiency: float
    body_bytes: int
    server_cpu_ms: float
    late_ms: float
    complaints: tuple[str, ...]


class Endpoint:
    """The server of `server.py`, in a process of its own."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self.base = f"{self._url}/v1"

    def reset(self) -> None:
        """Start counting anew."""
        self._control("POST", "reset")

    def stats(self) -> dict[str, Any]:
        """What was counted since."""
        return self._control("GET", "stats")

    def _control(self, method: str, path: str) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._url}/{path}", method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            read: dict[str, Any] = json.load(response)
            return read


@contextmanager
def endpoint(latency: float, *options: str) -> Iterator[Endpoint]:
    """An endpoint for as long as the block lasts."""
    command = [sys.executable, str(_HERE / "server.py"), f"--latency={latency}", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("the endpoint has no pipes")
        try:
            yield Endpoint(int(process.stdout.readline()))
        finally:
            process.stdin.close()


def measure(subject: str, task: Task, at: Endpoint) -> tuple[Row, str]:
    """Run one subject; its figures, and what it printed."""
    folder = processes.new_folder()
    if subject == "naive":
        shutil.copy(_HERE / "naive.py", folder / "test_naive.py")
    at.reset()
    finished = processes.run(
        _command(subject, task, at.base),
        folder,
        _environ(subject, task, at.base, folder),
        task.limit,
    )
    return _row(subject, task, finished, at.stats(), _read(folder)), finished.out


def _command(subject: str, task: Task, base: str) -> list[str]:
    if subject in BARE:
        given = {"base": base, "items": task.items, "style": task.style, "out": "client.json"}
        given["concurrency"] = task.concurrency
        options = [f"--{name}={value}" for name, value in given.items()]
        return [sys.executable, str(_HERE / "clients.py"), subject, *options]
    workers = [] if subject.endswith("serial") else [f"-n{_WORKERS}"]
    if subject == "naive":
        return [*PYTEST, "-p", "no:rest", *workers]
    return [
        *PYTEST,
        *(
            [f"--rest-model={SERVED_MODEL}", f"--rest-api-base={base}"]
            if subject in SERVED
            else [f"--rest-model={LITELLM_MODEL}"]
        ),
        f"--rest-suite=soebench:{task.items}",
        f"--rest-style={task.style}",
        f"--rest-concurrency={task.concurrency}",
        "--rest-max-cfr=1",  # a disagreement is no failure
        *("-p", asking_plugin.__name__),
        *workers,
    ]


def environ(folder: Path, package: Path | None = None) -> dict[str, str]:
    """What a process is given that has a folder of its own, and measures the package in another."""
    left_out = ("PYTEST_", "OPENAI_", "LITELLM_", "PYTHONDONTWRITEBYTECODE")
    values = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(left_out) and not name.lower().endswith("_proxy")
    }
    # where the plugin of `asking.py` is
    values["PYTHONPATH"] = os.pathsep.join([*([str(package)] if package else []), str(_HERE)])
    # pytest tidies up what other runs have left in the temporary folder, which may take seconds
    values["PYTEST_DEBUG_TEMPROOT"] = str(folder)
    values["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no look-up of prices over the network
    values["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
    return values


def _environ(subject: str, task: Task, base: str, folder: Path) -> dict[str, str]:
    values = environ(folder, task.package)
    values |= {"BENCH_ITEMS": str(task.naive_items), "BENCH_STYLE": task.style}
    if subject not in SERVED:
        values |= {"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": base, "OPENAI_API_BASE": base}
    return values


def _read(folder: Path) -> dict[str, Any]:
    """What the subject says of itself: the plugin's report, a bare client's figures."""
    for path in (*folder.glob(".rest/runs/*/report.json"), *folder.glob("client.json")):
        read: dict[str, Any] = json.loads(path.read_text("ascii"))
        if (asking := folder / asking_plugin.FILE).exists():
            read["asking"] = json.loads(asking.read_text("ascii"))["cpu_seconds"]
        return read
    return {}


def _row(
    subject: str, task: Task, finished: Finished, seen: Mapping[str, Any], own: Mapping[str, Any]
) -> Row:
    requests = seen["requests"]
    counted = max(requests, 1)
    is_bare = subject in BARE and "seconds" in own
    wall = own["seconds"] if is_bare else finished.seconds
    cpu = own["cpu_seconds"] if is_bare else finished.cpu_seconds
    first, last = seen["first"] or finished.started, seen["last"] or finished.started
    return Row(
        subject=subject,
        concurrency=task.places(subject),
        requests=requests,
        wall=wall,
        whole=finished.seconds,
        span=last - first,
        first=first - finished.started,
        cpu_ms=1000 * cpu / counted,
        whole_cpu_ms=1000 * finished.cpu_seconds / counted,
        asking_ms=1000 * own["asking"] / counted if "asking" in own else math.nan,
        peak=seen["peak"],
        memory=finished.peak_bytes,
        efficiency=requests / task.places(subject) * task.latency / wall,
        body_bytes=seen["bytes"],
        server_cpu_ms=1000 * seen["cpu_seconds"] / counted,
        late_ms=1000 * seen["late_seconds"] / max(seen["answered"], 1),
        complaints=tuple(_complaints(subject, task, finished, seen, own)),
    )


def _complaints(
    subject: str, task: Task, finished: Finished, seen: Mapping[str, Any], own: Mapping[str, Any]
) -> Iterator[str]:
    """What makes a run's figures worthless."""
    wanted = task.requests(subject)
    if finished.status not in ((0, 1) if subject in PLUGIN else (0,)):
        yield f"exit status {finished.status}"
    if seen["requests"] != wanted or seen["answered"] != wanted:
        yield f"{seen['requests']} requests and {seen['answered']} answers instead of {wanted}"
    if subject in PLUGIN:
        calls, lost = own.get("usage", {}).get("calls"), own.get("lost", [])
        if calls != wanted or lost:
            yield f"the report has {calls} calls instead of {wanted}, and {len(lost)} lost items"
    elif subject in BARE and own.get("answered") != wanted:
        yield f"{own.get('answered')} good answers instead of {wanted}"
