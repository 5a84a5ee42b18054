"""Measures how fast the plugin asks, against bare clients and a naive plugin, in one run.

All ask the same local endpoint the same questions about the same pictures. Seconds differ from
machine to machine and from hour to hour; the ratios are what to compare. Linux only.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import clients
import subjects
import table
from subjects import SERVED, SUBJECTS, Endpoint, Row, Task

import pytest_rest

# Pictures of 21 KB on average for half as much time again as REST's own style, which has 8 KB.
STYLE = "cursive-350dpi-line_spacing=1-margin=1"


@dataclass(frozen=True)
class Pictures:
    """What the pictures of a style weigh, and what it costs to draw them."""

    mean_bytes: float
    draw_ms: float  # CPU, for one request

    def __str__(self) -> str:
        return f"{self.mean_bytes / 1000:.1f} KB on average, drawn in {self.draw_ms:.2f} ms/request"


def main() -> int:
    """Run the subjects, print the tables; 1 if a run's figures are worthless."""
    given = _arguments()
    naive_items = max(given.naive_requests // 4, 1)
    tasks = [
        Task(given.items, naive_items, given.style, given.latency, concurrency, given.limit)
        for concurrency in given.concurrency or [32]
    ]
    pictures = _pictures(given.style)
    print(_head(tasks, pictures), flush=True)
    runs = [
        (subject, task)
        for task in tasks
        for subject in given.only
        if subject != "naive" or task is tasks[0]  # its concurrency is its own
    ]
    with subjects.endpoint(given.latency) as at:
        _warm_up(given.only, tasks[0], at)
        rounds = [[_measure(*run, at, number) for run in runs] for number in range(given.repeat)]
    ratios = table.ratios(rounds)
    complaints = _complaints(rounds)
    print(_tail(rounds, ratios, complaints))
    if given.json:
        data = {
            "settings": {name: value for name, value in vars(given).items() if name != "json"},
            "pictures": asdict(pictures),
            "rounds": [[asdict(row) for row in rows] for rows in rounds],
            "ratios": [asdict(ratio) for ratio in ratios],
            "complaints": complaints,
        }
        given.json.write_text(json.dumps(data, indent=1) + "\n", "ascii")
    return 1 if complaints else 0


def _arguments() -> argparse.Namespace:
    listed = "\n".join(f"  {name:15} {meaning}" for name, meaning in SUBJECTS.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"subjects:\n{listed}\n\ncolumns:\n{table.LEGEND}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    for name, metavar, default, meaning in (
        ("--items", "N", 1000, "SoEBench's items, 4 requests each"),
        ("--repeat", "N", 1, "rounds; medians and ranges are shown"),
        ("--latency", "SECONDS", 0.3, "the endpoint's"),
        ("--style", "NAME", STYLE, "of the pictures"),
        ("--naive-requests", "N", 800, "of the naive plugin"),
        ("--limit", "SECONDS", 1800.0, "after which a subject is killed"),
    ):
        said = f"{meaning} ({default})"
        add(name, metavar=metavar, type=type(default), default=default, help=said)
    said = "requests in flight at most; repeatable (32)"
    add("--concurrency", metavar="N", type=int, action="append", help=said)
    said = "subjects, joined by commas (all)"
    add("--only", metavar="NAMES", type=_names, default=list(SUBJECTS), help=said)
    add("--json", metavar="FILE", type=Path, help="write all figures to this file")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    named = text.split(",")
    if unknown := [name for name in named if name not in SUBJECTS]:
        raise argparse.ArgumentTypeError(f"no subject {unknown[0]!r}; known: {', '.join(SUBJECTS)}")
    return named


def _pictures(style: str) -> Pictures:
    clients.draw(12, style)  # fonts and glyphs
    start = time.process_time()
    asked = clients.draw(120, style)
    used = time.process_time() - start
    sizes = [len(image.png) for prompt in asked for image in prompt.images]
    return Pictures(statistics.mean(sizes), 1000 * used / len(asked))


def _head(tasks: Sequence[Task], pictures: Pictures) -> str:
    task = tasks[0]
    ideal = ", ".join(
        f"{4 * task.items * task.latency / each.concurrency:.1f} s at {each.concurrency}"
        for each in tasks
    )
    return "\n".join(
        [
            f"pytest-rest of {Path(pytest_rest.__file__).parent}",
            f"Python {sys.version.split()[0]}, {os.cpu_count()} CPUs",
            f"{task.items:,} items, {4 * task.items:,} requests (naive: {4 * task.naive_items:,})",
            f"style {task.style}",
            f"pictures of {pictures}",
            f"latency {task.latency:g} s; ideal: {ideal}",
        ]
    )


def _warm_up(names: Sequence[str], task: Task, at: Endpoint) -> None:
    """Have every module compiled and in the page cache before the first subject."""
    short = replace(task, items=2)
    for subject in ("serial", "litellm") if set(names) - set(SERVED) else ("serial",):
        row, out = subjects.measure(subject, short, at)
        if row.complaints:
            sys.exit(f"{out}\n{subject}, on two items: {'; '.join(row.complaints)}")


def _measure(subject: str, task: Task, at: Endpoint, number: int) -> Row:
    row, out = subjects.measure(subject, task, at)
    print(
        f"round {number + 1}, {subject}, concurrency {task.concurrency}: {row.whole:.1f} s",
        file=sys.stderr,
        flush=True,
    )
    if row.complaints:
        print(*row.complaints, out[-3000:], sep="\n", file=sys.stderr, flush=True)
    return row


def _complaints(rounds: Sequence[Sequence[Row]]) -> list[str]:
    """What each run complains of, and bodies that differ between those who ask the same way."""
    rows = [row for rows in rounds for row in rows]
    found = [
        f"{row.subject}, concurrency {row.concurrency}: {said}"
        for row in rows
        for said in row.complaints
    ]
    sent: dict[str, set[int]] = defaultdict(set)
    for row in (row for row in rows if row.subject != "naive" and not row.complaints):
        sent["a served model" if row.subject in SERVED else "LiteLLM"].add(row.body_bytes)
    for way, sizes in sent.items():
        if len(sizes) > 1:
            found.append(f"those who ask {way} sent different bodies: {sorted(sizes)} bytes in all")
    return found


def _tail(
    rounds: Sequence[Sequence[Row]], ratios: Sequence[table.Ratio], complaints: Sequence[str]
) -> str:
    rows = [row for rows in rounds for row in rows]
    cpu = table.spread(row.server_cpu_ms for row in rows)
    late = table.spread(row.late_ms for row in rows)
    return "\n".join(
        [
            f"\n{table.figures(rounds)}",
            f"endpoint: {cpu} ms of CPU a request; answers {late} ms late",
            *(f"WORTHLESS: {each}" for each in complaints),
            f"\n{table.LEGEND}",
            f"\n{table.compared(ratios)}\n\n{table.RATIO_LEGEND}" if ratios else "",
        ]
    ).rstrip()


if __name__ == "__main__":
    sys.exit(main())
