"""List the runs in a folder, the latest first: model, items, RER, and what the gate said."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pytest_rest.commands import GOOD
from pytest_rest.reporting import runs
from pytest_rest.reporting.runs import RUNS, Kept
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
    yield f"{'model':<28} {'items':>6}  {'RER':<20} {'all right':>9} {'gate':<11} run"
    for run in kept:
        rer = "-" if run.rer is None else interval(run.rer, run.low, run.high, share)
        model, right = shown(run.model, 28), share(run.all_correct)
        counted = f"{model:<28.28} {run.items:>6,}  {rer:<20} {right:>9}"
        yield f"{counted} {run.gate:<11} {shown(run.name, 200)}"
