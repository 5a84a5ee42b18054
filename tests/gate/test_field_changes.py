"""Two runs of answers that have fields, field by field."""

from typing import Any

import pytest
from stored import RIGHT, item, report

from pytest_rest.gate import baseline, field_changes


def run(*values: str, field: str = "total", style: str = "x") -> Any:
    """A run whose items have one field: one value as text and mixed, and these as an image."""
    items = []
    for number, value in enumerate(values):
        entry = item(f"i{number}", RIGHT, style=style)
        for mode, answer in entry["answers"].items():
            told = value if mode == "image" else "1"
            answer["fields"] = {field: {"value": told or None, "correct": told == "1"}}
        items.append(entry)
    return report(items)


def changes(old: Any, new: Any) -> dict[str, Any]:
    """What `compare` tells."""
    runs = [{**field_changes.kept(each), **baseline.to_baseline(each)} for each in (old, new)]
    return field_changes.table(*runs)


def test_a_field_s_agreement_is_paired_by_item() -> None:
    """One item less agrees; a field without a value agrees with nothing."""
    found = changes(run("1", "1", "1", "2"), run("1", "2", "", "2"))["total"]
    assert (0.75, 0.25, 4) == (found.old, found.new, found.n)
    assert pytest.approx(-0.5) == found.value
    assert (2, 0) == (found.worse, found.better)


def test_only_what_both_runs_have_is_compared() -> None:
    """Another field is not, and of a baseline's file no field is known."""
    assert {} == changes(run("1"), run("1", field="other"))
    assert {} == field_changes.table(baseline.to_baseline(run("1")), baseline.to_baseline(run("2")))
    assert {"fields": {}} == field_changes.kept(baseline.to_baseline(run("1")))
