"""List the runs in a folder, the latest first: date, model, suites, RER, CFR, and its gate."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pytest_rest.commands import GOOD
from pytest_rest.reporting import runs
from pytest_rest.reporting.runs import RUNS, Kept
from pytest_rest.reporting.terminal.figures import cut
from pytest_rest.safe_text import shown
from pytest_rest.wording import interval, share


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=RUNS,
        metavar="FOLDER",
        help="where the runs are (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def run(arguments: Namespace) -> int:
    """Print the runs."""
    kept = [*runs.kept(arguments.folder)]
    if arguments.json:
        print(json.dumps([asdict(run) for run in kept], indent=1))
    else:
        for line in _lines(kept, arguments.folder):
            print(line)
    return GOOD


def _lines(kept: list[Kept], folder: Path) -> Iterator[str]:
    """A line for each run, as wide as its name makes it."""
    if not kept:
        yield f"no run is kept in {str(folder)!r}"
        return
    head = f"{'date':<10} {'model':<24} {'suites':<16} {'items':>6}  {'RER':<20} {'CFR':<20}"
    yield f"{head} {'all right':>9} {'gate':<11} run"
    for run in kept:
        rer = "-" if run.rer is None else interval(run.rer, run.low, run.high, share)
        cfr = "-" if run.cfr is None else interval(run.cfr, run.cfr_low, run.cfr_high, share)
        suites, model = shown(", ".join(run.suites), 60), shown(run.model, 60)
        counted = f"{shown(run.created, 40):<10.10} {cut(model, 24):<24} {cut(suites, 16):<16}"
        figures = f"{run.items:>6,}  {rer:<20} {cfr:<20} {share(run.all_correct):>9}"
        yield f"{counted} {figures} {run.gate:<11} {shown(run.name, 200)}"
