"""Show each model's RER, CFR, accuracy and cost over all runs, and warn where one slowly falls.

DIR is a folder with runs somewhere below it, a run's folder, or a report. What is tested for a fall
are the newest runs of the same items, prompts, style and forms.
"""

import json
import shutil
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from pytest_rest.commands import GOOD, MISSED, whole_number, writing
from pytest_rest.reporting import history
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.page import history as page
from pytest_rest.reporting.runs import RUNS
from pytest_rest.reporting.terminal import history as words

_LAST = 20


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "folders",
        type=Path,
        nargs="*",
        metavar="DIR",
        help=f"where the runs are (default: {RUNS})",
    )
    parser.add_argument(
        "--last",
        type=partial(whole_number, least=1),
        default=_LAST,
        metavar="N",
        help="print the newest N runs of each model and suite (default: %(default)s)",
    )
    parser.add_argument(
        "--by-name",
        action="store_true",
        help="tell models apart by their whole names, not by their families without versions",
    )
    parser.add_argument("--fail-on-decline", action="store_true", help="exit 1 where one falls")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of it")


def run(arguments: Namespace) -> int:
    """Print the history; `MISSED` where a figure falls and that is to fail."""
    known = history.read(arguments.folders or [RUNS] * RUNS.is_dir(), arguments.by_name)
    if arguments.html is not None:
        with writing(arguments.html):
            save([page.text(known)], arguments.html)
        print(arguments.html, file=sys.stderr)  # what is printed may be JSON
    if arguments.json:
        print(json.dumps(history.to_builtins(known), indent=1, allow_nan=False))
    else:
        for line in words.lines(known, arguments.last, shutil.get_terminal_size().columns):
            print(line)
    return MISSED if known.declines and arguments.fail_on_decline else GOOD
