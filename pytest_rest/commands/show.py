"""Show an item of a run: its pictures' paths, each answer as the model wrote it, what was not read.

Below it stands the advice that the whole run supports.

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
from pytest_rest.reporting import answer_rows, runs, stored_pictures
from pytest_rest.reporting.page.items import Prompts
from pytest_rest.reporting.terminal import fields, findings, misreadings, seen, tables
from pytest_rest.safe_text import shown
from pytest_rest.terms import COMPARED, OCR_MODES, Transcription

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
    try:
        entries = _entries(report["items"], arguments.item)
        if arguments.json:
            lines = [json.dumps(entries, indent=1)]
        else:
            advice = report.get("advice")
            has_pages = any(entry.get("pages") for entry in entries)
            lines = [*_lines(entries, runs.folder(path), runs.prompts(path) if has_pages else {})]
            lines += findings.advice(Advised.from_builtins(advice) if advice else None)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__} {error}"
        raise BaselineError(f"{str(path)!r}: the report cannot be read: {reason}") from None
    for line in lines:
        print(line)
    return GOOD


def _entries(items: Sequence[Entry], named: str) -> list[Entry]:
    """The entries of that item, or of that test; `OptionError` where the run has none."""
    entries = [item for item in items if named in (item["id"], f"{item['id']}-{item['style']}")]
    if not entries:
        known = {str(item["id"]) for item in items}
        raise OptionError(f"the run has no item {named!r}{nearest(named, known)}")
    return entries


def _lines(entries: Sequence[Entry], folder: Path, prompts: Prompts) -> Iterator[str]:
    for entry in entries:
        yield f"{shown(entry['suite'])} {shown(entry['id'])} in {shown(entry['style'])}"
        yield f"  {entry['verdict']}; {tables.right(entry['answer'], entry.get('also_right', ()))}"
        if entry.get("cluster"):
            yield f"  belongs to cluster {shown(entry['cluster'])}"
        if entry.get("tags"):
            yield f"  tags {shown(', '.join(entry['tags']), 300)}"
        if entry["reason"]:
            yield f"  {shown(entry['reason'], 300)}"
        for mode in (*COMPARED, *OCR_MODES):
            if mode in entry["answers"]:
                answer = entry["answers"][mode]
                pictures = answer_rows.pictures_of(prompts.get(answer["prompt"], ()))
                yield from _answer(mode, answer, pictures, folder)
        answered = {mode: a.get("fields", {}) for mode, a in entry["answers"].items()}
        for line in fields.of_item(entry.get("flips", {}), answered):
            yield f"  {line}"
        for key, word in _READ.items():
            if entry[key]:
                yield f"  {word:<6} {misreadings.told(Transcription.from_builtins(entry[key]))}"


def _answer(mode: str, answer: Entry, pictures: Sequence[str], folder: Path) -> Iterator[str]:
    word = {True: ", right", False: ", wrong"}.get(answer["correct"], "")
    said = f"{shown(answer['value'], 60)}{word}" if answer["value"] is not None else "no answer"
    yield f"  {mode:<6} {said} ({shown(answer['status'])})"
    for digest in pictures or filter(None, [answer["image"]]):
        picture = stored_pictures.find(folder / "images", digest)
        yield f"         {shown(str(picture), 500)}"
    if smaller := seen.of_answer(answer):
        yield f"         {smaller}"
    for line in str(answer["text"])[:_LONGEST].splitlines():
        yield f"         | {shown(line, 400)}"
