"""Turns what items show over several pages into lines of text for a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from pytest_rest.gate.baseline import few
from pytest_rest.metrics.answer_pages import LostAfter
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal.figures import percent
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
    for line in lost_after(report):
        yield from textwrap.wrap(line, 80, subsequent_indent="  ")


def lost_after(report: Report) -> Iterator[str]:
    """After which page answers are lost in a form, where that is clear."""
    for lost in report.answer_pages:
        if lost.is_clear:
            yield f"what stands after page {lost.page} is lost as {lost.mode}: {said(lost)}"


def said(lost: LostAfter) -> str:
    """How much is lost after a page, and up to it."""
    after, up_to = percent(lost.after), percent(lost.up_to)
    return (
        f"wrong in {after} % of {lost.after.n} items that are right as text, and up to it in "
        f"{up_to} % of {lost.up_to.n} (p = {lost.p:.2g})"
    )


def without_text(number: int, of: int, names: Sequence[str]) -> list[str]:
    """How many items have no text form, and which documents have no text layer; in one line."""
    if not number:
        return []
    files, have = few([shown(name, 100) for name in names]), "has" if len(names) == 1 else "have"
    return [f"{_have(number, of)}: {files} {have} no text layer"]


def _have(number: int, of: int) -> str:
    return f"{number} of {of} items {'has' if number == 1 else 'have'} no text form"
