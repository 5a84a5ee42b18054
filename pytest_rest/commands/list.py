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
    found = list(runs.kept(arguments.folder))
    if arguments.json:
        print(json.dumps([asdict(each) for each in found], indent=1))
    else:
        for line in _lines(found, arguments.folder):
            print(line)
    return GOOD


def _lines(found: list[Kept], folder: Path) -> Iterator[str]:
    """A line for each run, as wide as its name makes it."""
    if not found:
        yield f"no run is kept in {str(folder)!r}"
        return
    yield f"{'model':<28} {'items':>6}  {'RER':<20} {'gate':<11} run"
    for each in found:
        rer = "-" if each.rer is None else f"{each.rer * 100:.1f}"
        if each.low is not None and each.high is not None:
            rer += f" [{each.low * 100:.1f}, {each.high * 100:.1f}]"
        model = shown(each.model, 28)
        yield f"{model:<28.28} {each.items:>6,}  {rer:<20} {each.gate:<11} {shown(each.name, 200)}"
