"""Write a run's baseline: which items agreed and which forms were right, and RER and CFR.

It has no answers, costs or paths, and but for the date equal runs give equal bytes: a file for git,
where a line of a diff is an item. --rest-baseline and compare read it as they read a report.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_rest.commands import GOOD, writing
from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its report.json")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the file to write (default: print it)"
    )
    parser.add_argument(
        "--allow-lost", action="store_true", help="write it though items were lost, or not asked"
    )
    parser.add_argument(
        "--allow-cached", action="store_true", help="write it though a gateway's cache answered"
    )


def run(arguments: Namespace) -> int:
    """Write it, and say of how many items; `BaselineError` where it could not judge a run."""
    max_lost = None if arguments.allow_lost else 0
    content = baseline.load(arguments.run, max_lost, arguments.allow_cached)
    lost, items = baseline.number_lost(content), len(content["items"])
    if lost == items:
        raise BaselineError(f"{str(arguments.run)!r}: no item was judged; ask the run again")
    text = baseline.to_text(content)
    if arguments.output is None:
        sys.stdout.write(text)
        return GOOD
    with writing(arguments.output):
        arguments.output.write_text(text, "ascii")
    note = f", {lost} of them lost: these are never compared" if lost else ""
    print(f"{arguments.output}: {items} items{note}")
    return GOOD
