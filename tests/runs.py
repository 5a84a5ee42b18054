"""Runs of pytest in a folder of their own, and what is read off them."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from endpoint import Reply, Request

from pytest_rest import prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch.store_file import NAME
from pytest_rest.evaluate import forms
from pytest_rest.terms import Prompt, Style


@dataclass(frozen=True)
class Finished:
    """One run of pytest: its exit status, what it printed, and its report where it wrote one."""

    status: int
    out: str
    report: dict[str, Any]
    outcomes: dict[str, int]


RunRest = Callable[..., Finished]

# Plugins of a development environment that a run's processes would pay for: Hypothesis's takes a
# second of each of them when it ends; that for reruns leaves a thread, and may lose an interrupt.
RERUNS = "-pno:rerunfailures"
LEFT_OUT = (*(f"-pno:{name}" for name in ("randomly", "hypothesispytest", "anyio")), RERUNS)


def without_times(report: Any) -> Any:
    """A report less what differs between equal runs: times, its place, and the runs before it."""
    if isinstance(report, dict):
        left_out = {"seconds", "created", "git_commit", "history"}
        return {key: without_times(value) for key, value in report.items() if key not in left_out}
    if isinstance(report, list):
        return [without_times(each) for each in report]
    return report


def settled(report: Any) -> Any:
    """A report less what a run that was gone on with may say otherwise, or asked elsewhere."""
    report = without_times(report)
    left_out = {"provenance": {"api_base", "replay_of", "again"}, "usage": {"cached", "retries"}}
    for part, names in left_out.items():
        report[part] = {key: value for key, value in report[part].items() if key not in names}
    return report


def read_report(folder: Path) -> dict[str, Any]:
    """The report in a run's folder."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text("ascii"))
    return report


def stored_digests(folder: Path) -> set[str]:
    """The digests in a run's store, read without the package, and from a copy: reading mends."""
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.glob(f"{NAME}*"):
            shutil.copy(path, copy)
        with closing(sqlite3.connect(Path(copy, NAME))) as connection:
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE name = 'completions'")
            if tables.fetchone() is None:
                return set()
            return {row[0] for row in connection.execute("SELECT digest FROM completions")}


class Oracle:
    """Answers SoEBench: right, but for the pictures of the items that `wrong` names.

    Knows which prompt a request is from its texts and the bytes of its pictures alone.
    """

    def __init__(
        self, n: int, delay: float = 0.0, wrong: Collection[str] = ("soebench-0001",)
    ) -> None:
        protocol = prompts.load_protocol()
        self.delay, self._wrong = delay, wrong
        self._prompts = {
            _seen(prompt): prompt
            for item in soebench.generate(n, 0)
            for prompt in forms(item, Style(), protocol)
        }

    def prompt(self, request: Request) -> Prompt:
        """What a request asks; KeyError if the server saw something else."""
        return self._prompts[request.texts, request.images]

    def digests(self, requests: Iterable[Request]) -> list[str]:
        """The digests of the prompts, as the store knows them."""
        return [self.prompt(request).digest for request in requests]

    def reply(self, request: Request) -> Reply:
        """The planned answer."""
        prompt = self.prompt(request)
        item = prompt.item
        if prompt.task == "transcribe":
            return Reply(text=prompts.whole(item), delay=self.delay)
        is_wrong = item.id in self._wrong and prompt.form.mode == "image"
        return Reply(text=f"Answer: {item.answer}{'1' * is_wrong}", delay=self.delay)


def _seen(prompt: Prompt) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    texts = tuple(part for part in prompt.parts if isinstance(part, str))
    return texts, tuple(image.png for image in prompt.images)


class Started:
    """A run of pytest that goes on beside the test, in a process group of its own.

    Its run folder is `run` in the current one; nothing of it is left after the block.
    """

    def __init__(self, *args: str, **keywords: Any) -> None:
        self._begun = time.monotonic()
        self._written = Path("out.txt")
        with self._written.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-mpytest", *LEFT_OUT, "--rest-run-dir=run", *args],
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                **keywords,
            )

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._written.read_text("utf-8", "replace")

    @property
    def age(self) -> float:
        """Seconds since it was started: how busy the machine is, too."""
        return time.monotonic() - self._begun

    def wait(self, until: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait till something has happened; fails when the run ends before, or is too slow."""
        ends = time.monotonic() + seconds
        while not until():
            assert self.process.poll() is None, self.out
            assert time.monotonic() < ends, self.out
            time.sleep(0.002)

    def signal(self, number: int, to_all: bool = False) -> None:
        """Send a signal to the process, or to its whole group, as a terminal does."""
        (os.killpg if to_all else os.kill)(self.process.pid, number)

    def end(self, seconds: float = 30.0) -> tuple[int, str, float]:
        """Wait for its end: its exit status, what it printed, and the seconds it took."""
        start = time.monotonic()
        status = self.process.wait(seconds)
        return status, self.out, time.monotonic() - start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL, to_all=True)
        self.process.wait()


def shared_data(*parts: str) -> Path:
    """A file of the real benchmark rows, for a test that is marked so: others have none."""
    return Path(__file__).parents[2].joinpath("shared", "data", *parts)
