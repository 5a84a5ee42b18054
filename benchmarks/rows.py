"""Turns a checkout into figures by name, a function for each row of docs/performance.md.

What a figure is compared with is measured beside it: the run that a replay repeats, the same run
without workers, a bare client. Seconds differ from machine to machine; those ratios carry over.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import processes
import stored_answers
import subjects
from clients import SERVED_MODEL
from processes import Finished
from subjects import Row, Task

Figures = dict[str, float]

_HERE = Path(__file__).parent
_STYLE = "dejavu-200dpi"  # REST's own
_LIMIT = 900.0  # seconds, after which a process is killed


class WorthlessError(Exception):
    """A process did not do what was to be measured."""


@dataclass
class Setting:
    """What is measured, and how much of it; `bare` holds what was measured without the package."""

    package: Path  # the folder in which it is
    scale: float
    bare: dict[str, Any] = field(default_factory=dict)

    def size(self, full: int, least: int = 4) -> int:
        """That many at full size."""
        return max(round(full * self.scale), least)


def replay(setting: Setting) -> Figures:
    """1,000 items in ten styles, judged again from their stored answers."""
    items = setting.size(1000)
    what = [f"--rest-suite=soebench:{items}", "--rest-plus", "--rest-max-cfr=1"]
    folder = processes.new_folder()
    with subjects.endpoint(0.005) as at:
        asked = [f"--rest-model={SERVED_MODEL}", f"--rest-api-base={at.base}"]
        run = _pytest(setting, folder, *what, *asked, "--rest-concurrency=64", "--rest-run-dir=run")
        again = _pytest(setting, folder, *what, "--rest-replay=run", "--rest-run-dir=serial")
        two = _pytest(setting, folder, *what, "--rest-replay=run", "--rest-run-dir=two", "-n2")
        calls = [_report(folder / name)["usage"]["calls"] for name in ("run", "serial", "two")]
        if len({*calls}) > 1 or _lost(folder / "serial") or _lost(folder / "two"):
            raise WorthlessError(f"not the answers of the run: {calls}")
    name = f"{items:,} x 10"
    return {
        f"run of {name}, 5 ms, 64 in flight: s": run.seconds,
        f"run of {name}: CPU s": run.cpu_seconds,
        "its replay: s": again.seconds,
        "its replay: CPU s": again.cpu_seconds,
        "its replay, of the run's s": again.seconds / run.seconds,
        "its replay, of the run's CPU": again.cpu_seconds / run.cpu_seconds,
        "its replay with -n 2: s": two.seconds,
        "its replay with -n 2, of the run's s": two.seconds / run.seconds,
        "its replay with -n 2, of the run's CPU": two.cpu_seconds / run.cpu_seconds,
        "memory of its replay: MB": again.peak_bytes / 1e6,
    }


def disagreeing(setting: Setting) -> Figures:
    """A run whose items all disagree, against one whose items all agree."""
    task = _task(setting, setting.size(1000), latency=0.005, concurrency=64)
    with subjects.endpoint(task.latency) as at:
        agree = _measure("serial", task, at)
    with subjects.endpoint(task.latency, "--differ") as at:
        differ = _measure("serial", task, at)
    return {
        f"run of {task.items:,} items that agree: CPU s": agree.whole_cpu_ms * agree.requests / 1e3,
        "the same where all disagree, of its CPU": differ.whole_cpu_ms / agree.whole_cpu_ms,
        "the same where all disagree, of its s": differ.whole / agree.whole,
    }


def asking(setting: Setting) -> Figures:
    """5 ms of latency and 64 calls in flight."""
    task = _task(setting, setting.size(2000), latency=0.005, concurrency=64)
    with subjects.endpoint(task.latency) as at:
        plugin = _measure("serial", task, at)
        bare = _bare(setting, "aiohttp", task, at)
    rates = [row.requests / row.span for row in (plugin, bare)]
    return {
        "requests a second, first to last": rates[0],
        "the same of bare aiohttp": rates[1],
        "of bare aiohttp's": rates[0] / rates[1],
        "places used of 64": float(plugin.peak),
        "CPU ms a request": plugin.cpu_ms,
    }


def workers(setting: Setting) -> Figures:
    """`-n 8` against one process, at 200 ms and 32 calls in flight."""
    task = _task(setting, setting.size(4000), latency=0.2, concurrency=32)
    with subjects.endpoint(task.latency) as at:
        serial, eight = (_measure(name, task, at) for name in ("serial", "n8"))
    after = [row.whole - row.first - row.span for row in (serial, eight)]
    return {
        "one process: CPU ms a request": serial.cpu_ms,
        "-n 8: CPU ms a request": eight.cpu_ms,
        "-n 8, of one process's CPU": eight.cpu_ms / serial.cpu_ms,
        "one process: s after the last answer": after[0],
        "-n 8: s after the last answer": after[1],
        "-n 8, of one process's s": eight.whole / serial.whole,
        "one process: MB": serial.memory / 1e6,
        "-n 8: MB": eight.memory / 1e6,
    }


def litellm(setting: Setting) -> Figures:
    """`-n 8` through LiteLLM, against bare LiteLLM, at 300 ms and 32 calls in flight."""
    task = _task(setting, setting.size(2000), latency=0.3, concurrency=32)
    with subjects.endpoint(task.latency) as at:
        eight = _measure("litellm-n8", task, at)
        bare = _bare(setting, "litellm", task, at)
    return {
        "-n 8 through LiteLLM: s": eight.whole,
        "bare LiteLLM, imports and drawing too: s": bare.whole,
        "of bare LiteLLM's s": eight.whole / bare.whole,
        "-n 8 through LiteLLM: MB": eight.memory / 1e6,
        "bare LiteLLM: MB": bare.memory / 1e6,
    }


def control(setting: Setting) -> Figures:
    """RapidOCR, alone on the machine, beside busy processes, and as two workers."""
    pictures = str(setting.size(40))
    alone = _script(setting, "reading.py", pictures)
    with _busy():
        crowded = _script(setting, "reading.py", pictures)
    two = _two_readers(setting, pictures)
    if "rapidocr" not in setting.bare:
        setting.bare["rapidocr"] = _script(setting, "reading.py", pictures, "--bare")
    bare = setting.bare["rapidocr"]
    each = 1000 / int(pictures)
    return {
        "a picture, alone: ms": alone["seconds"] * each,
        "a picture, alone: CPU ms": alone["cpu_seconds"] * each,
        "alone, of bare RapidOCR's CPU with one thread": alone["cpu_seconds"] / bare["cpu_seconds"],
        "a picture, cores contended: ms": crowded["seconds"] * each,
        "a picture, cores contended: CPU ms": crowded["cpu_seconds"] * each,
        "cores contended, of alone": crowded["seconds"] / alone["seconds"],
        "two workers at once, a picture of either: ms": two * each / 2,
    }


def drawing(setting: Setting) -> Figures:
    """A picture in colour against the same in black."""
    least = _script(setting, "drawing.py", str(setting.size(200, least=10)))
    return {
        "black: CPU ms": least["black"],
        "coloured: CPU ms": least["coloured"],
        "coloured, of black's": least["coloured"] / least["black"],
    }


def end(setting: Setting) -> Figures:
    """What follows a run's last test, at 10,000 items, against reading its records once."""
    items = setting.size(10_000)
    last = _printed(setting, "end_of_run.py", str(items)).split()
    read, figures, report, page, whole, times, memory = map(float, last[1:])
    return {
        f"records of {items:,} items read once: CPU s": read,
        "figures and gate: CPU s": figures,
        "report.json: CPU s": report,
        "page: CPU s": page,
        "the three: CPU s": whole,
        "the three, of reading once": times,
        "memory: MB": memory,
    }


def large(setting: Setting) -> Figures:
    """A whole run of 20,000 tests that judge stored answers, half as many, and one that asks."""
    items = setting.size(20_000)
    folder = processes.new_folder()
    half, whole = (_judging(setting, folder, number) for number in (items // 2, items))
    more = items - items // 2
    asked, requests = _asking(setting, folder, items)
    if not 3.9 < requests / items <= 4:  # some of many items show the same
        raise WorthlessError(f"{requests} requests: {asked.out[-3000:]}")
    return {
        f"{items:,} items judged and shown: CPU s": whole.cpu_seconds,
        "the same, of half as many's": whole.cpu_seconds / half.cpu_seconds,
        f"memory of {items:,} items: MB": whole.peak_bytes / 1e6,
        "memory of one item more: kB": (whole.peak_bytes - half.peak_bytes) / more / 1e3,
        f"memory of {items:,} items asked of an endpoint: MB": asked.peak_bytes / 1e6,
    }


def _judging(setting: Setting, folder: Path, items: int) -> Finished:
    """A run of that many items, of two answers each."""
    table = folder / f"{items}.csv"
    stored_answers.write(table, 2 * items, words=60)
    asked = f"--rest-answers={table.name}", "--rest-max-cfr=1", f"--rest-run-dir={items}"
    return _pytest(setting, folder, *asked)


def _asking(setting: Setting, folder: Path, items: int) -> tuple[Finished, int]:
    """A run that asks that many items, with no plugin beside it, and how often it asked."""
    asked = f"--rest-suite=soebench:{items}", f"--rest-style={_STYLE}", "--rest-max-cfr=1"
    with subjects.endpoint(0.005) as at:
        model = f"--rest-model={SERVED_MODEL}", f"--rest-api-base={at.base}"
        how = "--rest-concurrency=64", "--rest-run-dir=asked"
        return _pytest(setting, folder, *model, *asked, *how), at.stats()["requests"]


ROWS: Mapping[str, Callable[[Setting], Figures]] = {
    "replay": replay,
    "disagreeing": disagreeing,
    "asking": asking,
    "workers": workers,
    "litellm": litellm,
    "end": end,
    "large": large,
    "control": control,
    "drawing": drawing,
}


def _task(setting: Setting, items: int, latency: float, concurrency: int) -> Task:
    return Task(items, 1, _STYLE, latency, concurrency, _LIMIT, setting.package)


def _measure(subject: str, task: Task, at: subjects.Endpoint) -> Row:
    row, out = subjects.measure(subject, task, at)
    if row.complaints:
        raise WorthlessError(f"{subject}: {'; '.join(row.complaints)}\n{out[-3000:]}")
    return row


def _bare(setting: Setting, subject: str, task: Task, at: subjects.Endpoint) -> Row:
    """A bare client's row, which is measured once a round: no checkout makes it faster."""
    if subject not in setting.bare:
        setting.bare[subject] = _measure(subject, task, at)
    row: Row = setting.bare[subject]
    return row


def _pytest(setting: Setting, folder: Path, *options: str) -> Finished:
    command = [*subjects.PYTEST, *options]
    environ = subjects.environ(folder, setting.package)
    finished = processes.run(command, folder, environ, _LIMIT)
    if finished.status not in (0, 1):
        raise WorthlessError(f"exit status {finished.status}: {finished.out[-3000:]}")
    return finished


def _script(setting: Setting, *command: str) -> dict[str, Any]:
    """What a script of this folder prints as JSON."""
    read: dict[str, Any] = json.loads(_printed(setting, *command))
    return read


def _printed(setting: Setting, *command: str) -> str:
    """The last line that a script of this folder prints."""
    folder = processes.new_folder()
    environ = subjects.environ(folder, setting.package)
    finished = processes.run(
        [sys.executable, str(_HERE / command[0]), *command[1:]], folder, environ, _LIMIT
    )
    if finished.status:
        raise WorthlessError(f"{' '.join(command)}: {finished.out[-3000:]}")
    return finished.out.splitlines()[-1]


def _two_readers(setting: Setting, pictures: str) -> float:
    """Seconds of two processes that read at once, as the workers of `-n 2` do."""
    folder = processes.new_folder()
    environ = subjects.environ(folder, setting.package) | {"PYTEST_XDIST_WORKER_COUNT": "2"}
    command = [sys.executable, str(_HERE / "reading.py"), pictures]
    both = [
        subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.PIPE) for _ in range(2)
    ]
    printed = [process.communicate()[0] for process in both]
    return max(float(json.loads(out.splitlines()[-1])["seconds"]) for out in printed)


@contextmanager
def _busy() -> Iterator[None]:
    """As many processes as there are cores that do nothing but compute."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _report(run: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run / "report.json").read_text("ascii"))
    return read


def _lost(run: Path) -> Sequence[object]:
    lost: Sequence[object] = _report(run)["lost"]
    return lost
