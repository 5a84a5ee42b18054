"""Merge the shards of a run into the run's report, and judge its gate.

RUN is the folder of a shard's run, or its report.json; all of them are needed. The report is what
one run would have written.
"""

import contextlib
import json
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_rest.commands import GOOD, MISSED, declare_ci, tell_ci, writing
from pytest_rest.errors import BaselineError, OptionError, ShardError, StoreError
from pytest_rest.gate import strict_json
from pytest_rest.reporting import (
    earlier_runs,
    junit,
    markdown,
    merge,
    page,
    runs,
    stored_pictures,
)
from pytest_rest.reporting.judgement import gate_to_builtins
from pytest_rest.reporting.merge import Merged
from pytest_rest.reporting.page.items import Prompts
from pytest_rest.reporting.terminal import findings, seen, tables
from pytest_rest.reporting.terminal.figures import first, wrapped
from pytest_rest.safe_text import shown

_NAMES_SHOWN = 10


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the run of a shard")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="where to write the run"
    )
    parser.add_argument("--json", action="store_true", help="print the gate as JSON")
    declare_ci(parser)


def run(arguments: Namespace) -> int:
    """Write the report; `MISSED` where the gate is not passed, or a test failed in a shard."""
    path = arguments.output / "report.json"
    if path.exists():
        raise OptionError(f"{str(path)!r} is there already; choose another --output")
    paths = dict.fromkeys(arguments.runs)
    if len(paths) < len(arguments.runs):
        raise ShardError("a run is named twice; name each once")
    shards = [Path(name) for name in paths]
    merged = _with_history(merge.merge({name: _read(name) for name in paths}), arguments.output)
    try:
        with writing(arguments.output):
            merged.report.write(path)
            for picture in (p for each in shards for p in stored_pictures.listed(each / "images")):
                if picture.is_symlink() or not picture.is_file():
                    continue  # a run writes no links: what they point at is somebody else's
                (arguments.output / "images").mkdir(exist_ok=True)
                shutil.copyfile(picture, arguments.output / "images" / picture.name)
            prompts = _prompts(shards)
            place = arguments.output / page.NAME
            page.write(merged.report.content(), prompts, arguments.output, place)
    except (TypeError, ValueError) as error:  # in what only the whole report looks at
        raise ShardError(f"a shard's report cannot be read: {error}; ask it again") from None
    judged = gate_to_builtins(merged.report.gate)
    if (xml := arguments.junit_xml) is not None:
        with writing(xml):
            cases = junit.cases(merged.report, merged.failed, merged.rules)
            junit.write(xml, "pytest-rest merge", cases, markdown.properties(merged.report))
    report = merged.report
    tell_ci(arguments.markdown, markdown.page(report), markdown.annotations(report))
    if arguments.json:
        content = {"report": str(path), "gate": judged, "failed": [*merged.failed]}
        print(json.dumps(content, indent=1, allow_nan=False))
    else:
        for line in _lines(merged):
            print(shown(line, 1_000))
        print(path)
    return MISSED if judged["passed"] is False or merged.failed else GOOD


def _with_history(merged: Merged, folder: Path) -> Merged:
    history = earlier_runs.find(merged.report, merged.rules.baseline, folder)
    return replace(merged, report=replace(merged.report, history=history))


def _read(name: str) -> Any:
    try:
        return strict_json.read(Path(name))
    except BaselineError as error:
        raise ShardError(f"{name!r}: {error}") from None


def _prompts(folders: Sequence[Path]) -> Prompts:
    """What the prompts of all shards showed; a damaged store is left out."""
    prompts: dict[str, Any] = {}
    for run in folders:
        with contextlib.suppress(StoreError):
            prompts |= runs.prompts(run)
    return prompts


def _lines(merged: Merged) -> Iterator[str]:
    """As the terminal has it after a run."""
    if merged.report.decision:
        yield from wrapped(merged.report.decision.sentence)
    yield from merged.report.cautions
    yield from tables.models(merged.report)
    yield from seen.summary(merged.report.seen)
    yield from tables.table(merged.report)
    yield from (line for line, _ in findings.summary(merged.report))
    yield tables.usage(merged.report)
    if merged.failed:
        yield f"{len(merged.failed)} failed in the shards:"
    yield from first(merged.failed, _NAMES_SHOWN, "  {}".format, where="")
    yield from (line for line, _ in findings.gate(merged.report))
