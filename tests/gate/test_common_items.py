"""What two runs are compared on, where one of them left items out."""

import copy
from typing import Any

from stored import ODD, RIGHT, item, report

from pytest_rest.gate.baseline import differences, to_baseline, to_text
from pytest_rest.gate.paired_runs import compare


def left_out(found: Any, *names: str) -> Any:
    """A report that left these items out, which cannot be asked."""
    found = copy.deepcopy(found)
    found["items"] = [each for each in found["items"] if each["id"] not in names]
    again = report(found["items"])
    again["unaskable"] = [
        {"suite": "a", "item": name, "style": "s", "place": "", "reason": "no"} for name in names
    ]
    return again


ITEMS = [item(f"i{n}", RIGHT) for n in range(5)]
WORSE = [item(f"i{n}", ODD if n in (1, 3) else RIGHT) for n in range(5)]


def test_what_either_run_left_out_is_not_compared() -> None:
    """And named; the others count as ever."""
    old, new = left_out(report(ITEMS), "i0"), left_out(report(WORSE), "i3")
    found = compare(old, new)
    assert (3, ("a/i1",)) == (found.rer.n, found.rer.worse)
    assert ("a/i0", "a/i3") == found.unaskable
    assert "2 items not compared, which either run left out: a/i0, a/i3" in found.note
    assert ((), (0, 0)) == (found.left_out, found.lost)


def test_items_that_are_just_missing_are_refused() -> None:
    """Only what a run says that it left out is let go."""
    old, new = report(ITEMS), left_out(report(WORSE), "i3")
    assert () == differences(to_baseline(old), to_baseline(new))
    del new["unaskable"]
    assert differences(to_baseline(old), to_baseline(new))


def test_other_content_is_refused_beside_them() -> None:
    """What both asked must be the same items."""
    old, new = report(ITEMS), left_out(report(WORSE), "i3")
    changed = copy.deepcopy(new)
    changed["items"][0]["digest"] = "f" * 16
    changed = {**report(changed["items"]), "unaskable": new["unaskable"]}
    (why,) = differences(to_baseline(old), to_baseline(changed))
    assert "items with other content: a/i0" == why


def test_a_suite_that_was_left_out_whole() -> None:
    """Is not compared, either."""
    old, new = report([*ITEMS, item("b0", RIGHT, suite="b")]), report(ITEMS)
    new["unaskable"] = [{"suite": "b", "item": "b0", "style": "s", "place": "", "reason": "no"}]
    assert 5 == compare(old, new).rer.n


def test_a_baseline_keeps_what_was_left_out() -> None:
    """By suite and id alone, in order; and nothing where all was asked."""
    kept = to_baseline(left_out(report(ITEMS), "i3", "i0"))
    assert [{"suite": "a", "id": "i0"}, {"suite": "a", "id": "i3"}] == kept["unaskable"]
    assert kept == to_baseline(kept)
    assert '"unaskable"' in to_text(kept)
    assert '"unaskable"' not in to_text(to_baseline(report(ITEMS)))
