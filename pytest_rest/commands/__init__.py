"""The commands of `pytest-rest`: a module each, which is imported when its command is given.

A module has `declare(parser)`, which adds its arguments, and `run(arguments)`, whose result is the
exit status: 0 good, 1 missed. What is wrong for a person to mend is a `RestError`, and exits 4.
"""

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from pytest_rest import __version__
from pytest_rest.errors import OptionError, RestError
from pytest_rest.reporting import github
from pytest_rest.reporting.atomic_file import save
from pytest_rest.safe_text import shown

GOOD, MISSED, WRONG_USAGE = 0, 1, 4
COMMANDS = {
    "list": "the runs that are kept here",
    "show": "an item of a run: its answers, its pictures' paths, what was transcribed wrongly",
    "render": "draw a text in a style to a PNG file: to see what models see",
    "compare": "what changed from one run to another, paired by item; asks nothing",
    "history": "each model's figures and cost over all runs, and whether one slowly falls",
    "baseline": "write a run's baseline, a small file for --rest-baseline and for git",
    "export": "write a run's answers as CSV, JSON Lines or Parquet, or its figures as a table",
    "import": "judge answers that are stored already, of a file or a log; asks nothing",
    "merge": "make one report of the shards of a run, and judge it",
    "report": "write the page of a stored run, report.html, or a copy that has its pictures in it",
    "eyechart": "what of a picture reaches a model: its limit of pixels, and what print it reads",
    "representations": "how alike a model's hidden states are for pictures and texts",
}

_MODULES = {"import": "import_answers"}  # where Python has the command's word for itself

_ENDS = """exit status: 0 good; 1 a threshold failed, or something got worse than is tolerated;
4 wrong usage, or a file that cannot be read or compared"""


class Parser(argparse.ArgumentParser):
    """Ends wrong usage as pytest does, with status 4."""

    def error(self, message: str) -> NoReturn:
        """One line, and how to get more."""
        self.exit(WRONG_USAGE, f"{self.prog}: error: {message}; see {self.prog} --help\n")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """While a file is written: `OptionError` where it cannot be."""
    try:
        yield
    except OSError as error:
        raise OptionError(f"{str(path)!r} cannot be written: {error.strerror or error}") from None


def whole_number(text: str, least: int) -> int:
    """A whole number of an argument, of at most nine digits."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not valid; give a whole number from {least}")
    return int(text)


def declare_ci(parser: argparse.ArgumentParser) -> None:
    """Add where a CI's reader finds the verdict."""
    for option, what in (("--junit-xml", "JUnit's XML"), ("--markdown", "a comment's Markdown")):
        parser.add_argument(option, type=Path, metavar="FILE", help=f"write the verdict as {what}")


def tell_ci(path: Path | None, text: str, annotations: Iterable[str]) -> None:
    """Write the Markdown where it is asked for; on GitHub to the summary, with annotations."""
    if path is not None:
        with writing(path):
            save([text], path)
    if failed := github.add_to_summary(text):
        print(f"warning: {failed}", file=sys.stderr)
    for line in annotations if github.is_here() else ():
        print(line, file=sys.stderr)  # which the runner reads, too: what is printed may be JSON


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; a user's mistake is one line on stderr."""
    listed = "\n".join(f"  {name:<15} {text}" for name, text in COMMANDS.items())
    top = Parser(
        prog="pytest-rest",
        usage="pytest-rest [--help] [--version] COMMAND ...",
        description="Works on the reports of REST runs, and runs no test; of the commands only "
        "`eyechart` and `representations` ask a model.",
        epilog=f"commands:\n{listed}\n\n{_ENDS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pytest-rest {__version__}")
    top.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    rest = top.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    rest.required = False  # argparse would name it beside a COMMAND that is missing
    chosen = top.parse_args(words)
    name = _MODULES.get(chosen.command, chosen.command)
    command = import_module(f"pytest_rest.commands.{name}")
    parser = Parser(prog=f"pytest-rest {chosen.command}", description=command.__doc__, epilog=_ENDS)
    command.declare(parser)
    try:
        status: int = command.run(parser.parse_args(chosen.words))
        sys.stdout.flush()
    except RestError as error:
        for line in str(error).splitlines():
            print(f"{parser.prog}: error: {shown(line, 1_000)}", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:  # the reader has seen enough: nothing more is to be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG_USAGE
    return status
