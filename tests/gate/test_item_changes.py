"""Which items changed since a baseline, and in which forms: of a report, and of a file."""

from typing import Any

from stored import ODD, RIGHT, WRONG, item, report

from pytest_rest.gate import item_changes
from pytest_rest.gate.baseline import to_baseline
from pytest_rest.gate.paired_runs import compare

OLD = report([item(f"i{n}", values) for n, values in enumerate([RIGHT, RIGHT, ODD, WRONG])])
NEW = report([item(f"i{n}", values) for n, values in enumerate([RIGHT, ODD, RIGHT, WRONG])])


def found(old: Any, new: Any) -> dict[str, Any]:
    """The changes, as the report has them."""
    return item_changes.find(old, new, compare(old, new)).to_builtins()


def test_changed_forms_stand_beside_the_text_form() -> None:
    """With the values of both runs, and whether they are right."""
    changes = found(OLD, NEW)
    assert (1, 2, 1) == (changes["worse"], changes["same"], changes["better"])
    worse, better = changes["items"]
    assert ("i1", "worse", "i2", "better") == tuple(
        each[key] for each in (worse, better) for key in ("item", "kind")
    )
    assert [("text", False), ("image", True)] == [
        (form["mode"], form["changed"]) for form in worse["forms"]
    ]
    right, odd = {"value": "1", "correct": True}, {"value": "2", "correct": False}
    assert (right, odd) == tuple(worse["forms"][1][key] for key in ("old", "new"))
    assert (odd, right) == tuple(better["forms"][1][key] for key in ("old", "new"))


def test_a_baseline_says_what_was_right_and_its_report_what_was_answered() -> None:
    """A baseline's file has no values; read from a report, it has them beside it."""
    file = to_baseline(OLD)
    (worse, _) = found(file, NEW)["items"]
    assert [{"correct": True}] * 2 == [form["old"] for form in worse["forms"]]
    assert found(OLD, NEW) == found({**file, **item_changes.answers(OLD)}, NEW)
    assert {"answers": {}} == item_changes.answers(file)


def test_the_worst_items_come_first_and_are_bounded() -> None:
    """Those of which most forms changed, 50 of a kind, each with 12 forms."""
    old = [item(f"i{n:02}", RIGHT, style=f"s{s:02}") for n in range(60) for s in range(15)]
    new = [
        item(f"i{n:02}", ODD if s <= n % 15 else RIGHT, style=f"s{s:02}")
        for n in range(60)
        for s in range(15)
    ]
    changes = found(report(old), report(new))
    items = changes["items"]
    assert (60, 50) == (changes["worse"], len(items))
    assert ["i14", "i29", "i44", "i59", "i13"] == [each["item"] for each in items[:5]]
    assert (12, 4) == (len(items[0]["forms"]), items[0]["left_out"])
