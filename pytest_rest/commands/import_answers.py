"""Judge answers that are stored already, and write the run that they are; asks nothing.

ANSWERS is JSON Lines or a table with a row for each answer, or a log of inspect_ai (.eval),
lm-evaluation-harness or lmms-eval (samples_*.jsonl). `text=FILE` and `image:html=FILE` say of a
whole file which form it is of, and which format. Thresholds are pytest's: --rest-answers.
"""

import os
import re
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.benchmark import stored
from pytest_rest.benchmark.stored import StoredAnswers
from pytest_rest.commands import GOOD, writing
from pytest_rest.errors import OptionError
from pytest_rest.evaluate import stored_record
from pytest_rest.reporting import collector, page, runs
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.results import Rules, Spent, Tally
from pytest_rest.reporting.stored_answers import provenance
from pytest_rest.reporting.terminal import findings, tables
from pytest_rest.safe_text import shown


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("answers", nargs="+", metavar="ANSWERS", help="a file of answers, or a log")
    parser.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="a YAML file that says what the columns are called, and which forms a row has",
    )
    parser.add_argument(
        "--allow-models",
        default="",
        metavar="NAMES",
        help="models that may answer for each other, with commas between",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="DIR",
        help="where to write the run (default: .rest/runs/TIME-MODEL)",
    )


def run(arguments: Namespace) -> int:
    """Judge, write the report and the page, and print what the terminal shows after a run."""
    with collector.paused():
        return _import(arguments)


def _import(arguments: Namespace) -> int:
    begun = time.monotonic()
    alike = [name.strip() for name in arguments.allow_models.split(",") if name.strip()]
    answers = stored.load(arguments.answers, arguments.mapping, alike)
    folder = arguments.output or _folder(answers)
    path = folder / "report.json"
    if path.exists():
        raise OptionError(f"{str(path)!r} is there already; choose another --output")
    extensions.use_metrics()
    report = _report(answers, tuple(alike), begun)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if arguments.output is None:
            (runs.RUNS.parent / ".gitignore").write_text("*\n", "utf-8")
        report.write(path)
        page.write(report.content(), {}, folder, folder / page.NAME)
    for line in _lines(report):
        print(shown(line, 1_000))
    print(path)
    return GOOD


def _report(answers: StoredAnswers, alike: tuple[str, ...], begun: float) -> Report:
    tally = Tally(Rules(alike=alike), styles=dict(answers.known_styles))
    for case in answers.cases:
        test = ("", (case.item.suite, case.item.id, case.style))
        tally.add(test, stored_record(case))
    tally.of = len(tally.tests)
    about = provenance(answers, again={})
    return tally.report(about, Spent(time.monotonic() - begun, retries=0, cached=0, spare=()))


def _folder(answers: StoredAnswers) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^\w.-]+", "-", answers.model).strip("-")[:60]
    return runs.RUNS / f"{now}-{name}-{os.getpid()}"


def _lines(report: Report) -> Iterator[str]:
    yield from report.cautions
    yield from tables.models(report)
    yield from tables.table(report)
    yield from (line for line, _ in findings.summary(report, has_place=False))
    yield tables.usage(report)
    yield from (line for line, _ in findings.gate(report))
