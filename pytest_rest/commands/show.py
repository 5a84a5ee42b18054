"""Show an item of a run: its pictures' paths, each answer as the model wrote it, what was misread.

Below it stands what the whole run supports doing about it.

ITEM is an item's id, or a test's (`soebench-0007`, `soebench-0007-dejavu-200dpi-black`).
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rest.commands import GOOD
from pytest_rest.errors import BaselineError, OptionError, nearest
from pytest_rest.metrics.advice import Advised
from pytest_rest.reporting import runs
from pytest_rest.reporting.terminal import findings, tables
from pytest_rest.safe_text import shown
from pytest_rest.terms import MODES, OCR_MODES, Transcription

_LONGEST = 2_000
_READ = {"ocr": "read", "ocr_mixed": "mixed"}
Entry = Mapping[str, Any]


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("item", metavar="ITEM", help="the item's id, or that of its test")
    parser.add_argument(
        "run",
        type=Path,
        nargs="?",
        metavar="RUN",
        help="a run's folder, or its report (default: the latest run in .rest/runs)",
    )
    parser.add_argument("--json", action="store_true", help="print the report's entries as JSON")


def run(arguments: Namespace) -> int:
    """Print the item in each style of the run."""
    path = runs.find(arguments.run)
    report = runs.report(path)
    folder = path if path.is_dir() else path.parent
    try:
        found = _entries(report["items"], arguments.item)
        lines = [json.dumps(found, indent=1)] if arguments.json else [*_lines(found, folder)]
        advised = None if arguments.json else report.get("advice")
        lines += findings.advice(Advised.from_builtins(advised) if advised else None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__} {error}"
        raise BaselineError(f"{str(path)!r}: the report cannot be read: {reason}") from None
    for line in lines:
        print(line)
    return GOOD


def _entries(items: Sequence[Entry], named: str) -> list[Entry]:
    """The entries of that item, or of that test; `OptionError` where the run has none."""
    found = [each for each in items if named in (each["id"], f"{each['id']}-{each['style']}")]
    if not found:
        known = sorted({str(each["id"]) for each in items})
        raise OptionError(f"the run has no item {named!r}{nearest(named, known)}")
    return found


def _lines(found: Sequence[Entry], folder: Path) -> Iterator[str]:
    for each in found:
        yield f"{shown(each['suite'])} {shown(each['id'])} in {shown(each['style'])}"
        yield f"  {each['verdict']}; right is {shown(each['answer'])}"
        if each["reason"]:
            yield f"  {shown(each['reason'], 300)}"
        for mode in (*MODES, *OCR_MODES):
            if mode in each["answers"]:
                yield from _answer(mode, each["answers"][mode], folder)
        for key, word in _READ.items():
            if each[key]:
                yield f"  {word:<6} {tables.misreading(Transcription(**each[key]))}"


def _answer(mode: str, answer: Entry, folder: Path) -> Iterator[str]:
    word = "right" if answer["correct"] else "wrong"
    said = f"{shown(answer['value'], 60)}, {word}" if answer["value"] is not None else "no answer"
    yield f"  {mode:<6} {said} ({shown(answer['status'])})"
    if answer["image"]:
        yield f"         {shown(str(folder / 'images' / answer['image']), 500)}.png"
    for line in str(answer["text"])[:_LONGEST].splitlines():
        yield f"         | {shown(line, 400)}"
