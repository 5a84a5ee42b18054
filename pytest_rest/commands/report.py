"""Write the page of a stored run: report.html, for a browser; asks nothing.

In the run's folder the page shows the pictures that are there. Anywhere else it has them in it, the
inconsistent items' first and as many as there is room for: a page to send to somebody.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_rest.commands import GOOD, writing
from pytest_rest.reporting import page, runs


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or its report.json")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the page to write (default: report.html in the run's folder)",
    )


def run(arguments: Namespace) -> int:
    """Write it, and say where."""
    report, folder = runs.report(arguments.run), runs.folder(arguments.run)
    path = arguments.output or folder / page.NAME
    with writing(path):
        page.write(report, runs.prompts(arguments.run), folder, path)
    print(path)
    return GOOD
