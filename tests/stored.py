"""Reports as report.json holds them, with planted outcomes, for the tests that compare runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.reporting import entries
from pytest_rest.terms import Record, fingerprint

STYLE = "dejavu-200dpi-black"
MODES = ("text", "image", "mixed")
RIGHT, ODD, WRONG = ("1", "1", "1"), ("1", "2", "1"), ("2", "2", "2")


def item(
    name: str, values: Sequence[str | None], suite: str = "a", style: str = STYLE
) -> dict[str, Any]:
    """One entry of a report's items, by what its forms were answered with; "1" is right."""
    same = len({*values}) == 1 and None not in values
    answers = {
        mode: {"value": value, "correct": value == "1", "text": "Answer: " + str(value)}
        for mode, value in zip(MODES, values, strict=True)
    }
    verdict = "consistent" if same else "inconsistent"
    found = {"id": name, "suite": suite, "style": style, "digest": f"digest of {name}"}
    return {**found, "verdict": verdict, "answers": answers, "ocr": None, "repeats": {}}


def report(items: Sequence[Mapping[str, Any]], lost: Sequence[tuple[str, str]] = ()) -> Any:
    """A report of these items; of `lost` ones (suite and id) only the names are known."""
    digests = {(suite, name): f"digest of {name}" for suite, name in lost}
    digests |= {(each["suite"], each["id"]): each["digest"] for each in items}
    suites = sorted({suite for suite, _ in digests})
    styles = sorted({each["style"] for each in items}) or [STYLE]
    return {
        "schema": "pytest-rest/report/1",
        "provenance": {
            "version": "0.1.0",
            "model": "simulated",
            "resolved_model": ["simulated"],
            "created": "2026-01-01T00:00:00+00:00",
            "seed": 0,
            "git_commit": None,
            "protocol": "rest-1 (36675e09)",
            "suites": [
                {
                    "name": suite,
                    "items": sum(suite == each for each, _ in digests),
                    "fingerprint": fingerprint(d for key, d in digests.items() if key[0] == suite),
                    "counts": {},
                }
                for suite in suites
            ],
            "styles": styles,
            "own_styles": {},
            "modes": list(MODES),
            "repeats": 1,
            "ocr": "image",
        },
        "items": list(items),
        "lost": [
            {"suite": suite, "item": name, "style": STYLE, "reason": "HTTP 500"}
            for suite, name in lost
        ],
        "usage": {"seconds": 1.0, "cost": 2.0},
    }


def of_records(records: Sequence[Record]) -> Any:
    """The report of judged records, its items as `report` writes them."""
    items = [entries.entry(record) for record in records]
    found = report(items)
    found["lost"] = [
        {"suite": r.suite, "item": r.item, "style": r.style, "reason": r.verdict.reason}
        for r in records
        if r.verdict.lost
    ]
    return found


def planted(consistent: Sequence[bool], suite: str = "a") -> Any:
    """A report whose i-th item is consistent or not, and right where it is."""
    values = ((f"i{n:04}", RIGHT if good else ODD) for n, good in enumerate(consistent))
    return report([item(name, each, suite) for name, each in values])
