"""Write a run's baseline: which items agreed and which forms were right, and RER and CFR.

It has no answers, times, costs or paths, and equal runs give equal bytes: a file for git, where a
line of a diff is an item. --rest-baseline and compare read it as they read a report.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_rest.commands import GOOD, writing
from pytest_rest.gate import baseline


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its report.json")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the file to write (default: print it)"
    )


def run(arguments: Namespace) -> int:
    """Write it, and say of how many items."""
    content = baseline.load(arguments.run)
    text, items = baseline.to_text(content), content["items"]
    if arguments.output is None:
        sys.stdout.write(text)
        return GOOD
    with writing(arguments.output):
        arguments.output.write_text(text, "ascii")
    lost = sum(item["verdict"] == "lost" for item in items)
    note = f", {lost} of them lost: these are never compared" if lost else ""
    print(f"{arguments.output}: {len(items)} items{note}")
    return GOOD
