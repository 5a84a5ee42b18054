"""Merge the shards of a run into the run's report, and judge its gate.

RUN is the folder of a shard's run, or its report.json; all of them are needed. The report is what
one run would have written.
"""

import contextlib
import json
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pytest_rest.commands import GOOD, MISSED
from pytest_rest.errors import BaselineError, OptionError, ShardError, StoreError
from pytest_rest.gate import baseline
from pytest_rest.reporting import merge, page, runs
from pytest_rest.reporting.merge import Merged
from pytest_rest.reporting.page.items import Prompts
from pytest_rest.reporting.report import gate_to_builtins
from pytest_rest.reporting.terminal import findings, tables, vision_tokens
from pytest_rest.safe_text import shown

_NAMES_SHOWN = 10


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the run of a shard")
    parser.add_argument(
        *("-o", "--output"), type=Path, required=True, metavar="DIR", help="where to write the run"
    )
    parser.add_argument("--json", action="store_true", help="print the gate as JSON")


def run(arguments: Namespace) -> int:
    """Write the report; `MISSED` where the gate is not passed, or a test failed in a shard."""
    path = arguments.output / "report.json"
    if path.exists():
        raise OptionError(f"{str(path)!r} is there already; choose another --output")
    paths = dict.fromkeys(arguments.runs)
    if len(paths) < len(arguments.runs):
        raise ShardError("a run is named twice; name each once")
    merged = merge.merge({name: _read(name) for name in paths})
    try:
        merged.report.write(path)
        _copy_pictures([Path(name) for name in paths], arguments.output / "images")
        content, prompts = merged.report.content(), _prompts([Path(name) for name in paths])
        page.write(content, prompts, arguments.output, arguments.output / page.NAME)
    except (TypeError, ValueError) as error:  # in what only the whole report looks at
        raise ShardError(f"a shard's report cannot be read: {error}; ask it again") from None
    except OSError as error:
        raise OptionError(f"{str(arguments.output)!r} cannot be written: {error}") from None
    judged = gate_to_builtins(merged.report.gate)
    if arguments.json:
        found = {"report": str(path), "gate": judged, "failed": [*merged.failed]}
        print(json.dumps(found, indent=1, allow_nan=False))
    else:
        for line in _lines(merged):
            print(shown(line, 1_000))
        print(path)
    return MISSED if judged["passed"] is False or merged.failed else GOOD


def _read(name: str) -> Any:
    try:
        return baseline.read(Path(name))
    except BaselineError as error:
        raise ShardError(f"{name!r}: {error}") from None


def _prompts(folders: Sequence[Path]) -> Prompts:
    """What the prompts of all shards showed; of a store that is damaged nothing is needed."""
    found: dict[str, Any] = {}
    for run in folders:
        with contextlib.suppress(StoreError):
            found |= runs.prompts(run)
    return found


def _copy_pictures(runs: Sequence[Path], folder: Path) -> None:
    """The pictures of all shards, each named after its pixels; a run writes no links."""
    for path in (path for run in runs for path in sorted(run.glob("images/*.png"))):
        if path.is_symlink() or not path.is_file():
            continue
        folder.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / path.name)


def _lines(merged: Merged) -> Iterator[str]:
    """As the terminal has it after a run."""
    report = merged.report
    yield from tables.table(report)
    yield from findings.effects(report)
    yield from vision_tokens.lines(report.vision)
    yield from findings.advice(report.advice)
    yield from findings.failed_at(report)
    yield from tables.inconsistent(report)
    yield from tables.lost(report)
    yield from findings.standing(report)
    yield tables.usage(report)
    if merged.failed:
        yield f"{len(merged.failed)} failed in the shards:"
    yield from (f"  {name}" for name in merged.failed[:_NAMES_SHOWN])
    if more := len(merged.failed[_NAMES_SHOWN:]):
        yield f"  and {more} more"
    yield from (line for line, _ in findings.gate(report))
