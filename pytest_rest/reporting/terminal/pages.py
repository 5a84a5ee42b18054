"""Turns what items show over several pages into lines of text for a terminal."""

from collections.abc import Iterator, Sequence

from pytest_rest.gate.baseline import few
from pytest_rest.reporting.report import Report
from pytest_rest.safe_text import shown
from pytest_rest.terms import RH_BENCH


def lines(report: Report) -> Iterator[str]:
    """How many items took several pictures, and had no text form; nothing where none did."""
    numbers = {(r.suite, r.item): r.pages for r in report.records if r.pages > 1}
    if not numbers:
        return
    least, most = min(numbers.values()), max(numbers.values())
    several = f"{most} pages" if least == most else f"{least} to {most} pages"
    yield f"{len(numbers):,} {'item' if len(numbers) == 1 else 'items'} of {several}"
    asked = {(r.suite, r.item): r.verdict.answers for r in report.records if r.suite != RH_BENCH}
    if "text" in report.provenance["modes"]:
        scans = [key for key, answers in asked.items() if answers and "text" not in answers]
        if scans:
            yield f"  {_have(len(scans), len(asked))}: a document without a text layer"


def without_text(number: int, of: int, names: Sequence[str]) -> list[str]:
    """How many items have no text form, and which documents have no text layer; in one line."""
    if not number:
        return []
    files, have = few([shown(name, 100) for name in names]), "has" if len(names) == 1 else "have"
    return [f"{_have(number, of)}: {files} {have} no text layer"]


def _have(number: int, of: int) -> str:
    return f"{number} of {of} items {'has' if number == 1 else 'have'} no text form"
