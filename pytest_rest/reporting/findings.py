"""Turns what lies behind a report's rates into lines of text for a terminal of 80 columns."""

from collections.abc import Iterator

from pytest_rest import causes
from pytest_rest.report import Report

_CAUSES = {
    "misread": "misread",
    "refused": "refused",
    "no answer": "without an answer",
    "misreasoned": "misreasoned",
    "unknown": "not transcribed",
}


def failed_at(report: Report) -> Iterator[str]:
    """`12 of 50 items inconsistent: 3 misread, 9 misreasoned`; nothing where all agree."""
    found = causes.count(report.whole)["pooled"]
    if not found["inconsistent"]:
        return
    parts = [f"{found[each]} {word}" for each, word in _CAUSES.items() if found[each]]
    yield f"{found['inconsistent']} of {found['items']} items inconsistent: {', '.join(parts)}"
