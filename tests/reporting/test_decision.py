"""Whether to ship, and why, of the gate that a report has."""

from typing import Any

import pytest

from pytest_rest.gate.regression import CheckOutcome
from pytest_rest.reporting import decision
from pytest_rest.terms import Rate

RER = Rate(0.875, 0.69, 0.957, 24)


def threshold(outcome: str, **others: Any) -> dict[str, Any]:
    """One of RER, on 120 items."""
    rate = {"value": 0.792, "low": 0.708, "high": 0.856, "n": 120}
    about = {"metric": "rer", "op": ">=", "bound": 0.85, "subset": "all", "part": "", "scope": ""}
    return {**about, **rate, "outcome": outcome, "reason": "because", **others}


def check(outcome: CheckOutcome, fell: float) -> dict[str, Any]:
    """That RER may fall by two points."""
    return {"name": "rer_drop<=0.02", "outcome": outcome, "reason": "because", "change": fell}


def gate(
    passed: bool | None, *thresholds: dict[str, Any], checks: Any = (), fell: float = 0.092
) -> dict[str, Any]:
    """The report's, with a baseline where there are checks."""
    change = {"old": 0.883, "new": 0.883 - fell, "value": -fell, "low": -0.141, "high": -0.043}
    changes = {"rer": {**change, "n": 120, "worse": 14, "better": 3, "p": 0.001}}
    baseline = {"checks": checks, "rates": changes, "warning": ""} if checks else None
    reason, warning = "the endpoint is gone", ""
    about = {"passed": passed, "reason": reason, "warning": warning}
    return {**about, "thresholds": [*thresholds], "baseline": baseline}


def sentence(of: dict[str, Any]) -> str:
    """What is read first."""
    decided = decision.of(of, RER)
    assert decided
    return decided.sentence


def test_what_has_failed_is_not_shipped() -> None:
    """A threshold is told with its rate."""
    outcome = "failed"
    assert sentence(gate(False, threshold(outcome))) == (
        "Do not ship: RER is 79.2 % [70.8, 85.6], n = 120, below the 85 % asked for"
    )
    above = threshold(outcome, metric="cfr", op="<=", bound=0.1, subset="ocr_correct", part="arc")
    assert "CFR of OCR-correct items of arc is 79.2 %" in sentence(gate(False, above))
    assert sentence(gate(False, above)).endswith("above the 10 % asked for")


def test_what_fell_is_told_first() -> None:
    """Then thresholds; the others are counted."""
    fell = check("failed", 0.092)
    failed = [threshold("failed"), threshold("failed", metric="cfr"), threshold("passed")]
    assert sentence(gate(False, *failed, checks=[fell])) == (
        "Do not ship: RER fell from 88.3 to 79.1 %, by 9.2 points [4.3, 14.1], n = 120, more than "
        "the 2 points allowed; RER is 79.2 % [70.8, 85.6], n = 120, below the 85 % asked for; "
        "and 1 more"
    )


def test_what_is_met_is_shipped() -> None:
    """The rate is told, too."""
    assert sentence(gate(True, threshold("passed", bound=0.7))) == (
        "Ship: RER is 79.2 % [70.8, 85.6], n = 120, at least the 70 % asked for"
    )


def test_a_drop_beyond_the_tolerance_that_is_not_sure_cannot_be_told() -> None:
    """Though the gate passes: a green box over a drop of twelve points is no help."""
    said = sentence(gate(True, checks=[check("undecided", 0.092)]))
    assert said.startswith("Cannot tell: RER fell from 88.3 to 79.1 %")
    assert said.endswith("though not surely; the gate passes all the same")
    within = sentence(gate(True, checks=[check("undecided", 0.01)], fell=0.01))
    assert within.startswith("Ship: RER fell from 88.3 to 87.3 %")
    assert within.endswith("within the 2 points allowed, though not surely")


@pytest.mark.parametrize(
    ("outcome", "bound", "fell", "expected"),
    [
        ("passed", 0.02, -0.023, "where a fall of 2 points is allowed"),
        ("undecided", 0.02, -0.023, "and a fall of more than 2 points is not ruled out"),
        ("passed", 0.0, -0.023, "where no fall is allowed"),
        ("undecided", 0.0, -0.023, "and a fall is not ruled out"),
        ("failed", 0.0, 0.092, "where no fall is allowed"),
        ("undecided", 0.0, 0.092, "though not surely, where no fall is allowed"),
    ],
)
def test_a_rise_is_not_within_a_fall(
    outcome: CheckOutcome, bound: float, fell: float, expected: str
) -> None:
    """Nor is any change more than `the 0 points allowed`."""
    checks = [check(outcome, fell) | {"name": f"rer_drop<={bound}"}]
    said = sentence(gate(outcome != "failed", checks=checks, fell=fell))
    word = "rose" if fell < 0 else "fell"
    assert f"RER {word} from 88.3 to {88.3 - fell * 100:.1f} %, by " in said
    assert f", n = 120, {expected}" == said[said.index(", n = 120") :].partition(";")[0]


def test_what_fell_in_a_suite_alone_is_told_of_the_suite() -> None:
    """The mean may have risen."""
    reason = "rer_drop<=0.02 failed in arc: RER fell by 20.0 points (30 items worse, 0 better)"
    checks = [check("failed", -0.01) | {"reason": reason}]
    said = sentence(gate(False, checks=checks, fell=-0.01))
    assert f"Do not ship: {reason.partition(' ')[2]}" == said


def test_what_was_not_judged_cannot_be_told_and_why() -> None:
    """Lost items, and no threshold at all."""
    lost = threshold("lost", value=None)
    assert sentence(gate(False, lost)) == "Cannot tell: the endpoint is gone"
    assert sentence(gate(None)) == (
        "Cannot tell: no threshold was asked for, such as --rest-min-rer=0.9; RER is 87.5 % "
        "[69.0, 95.7], n = 24"
    )


def test_what_is_undecided_is_told_in_words() -> None:
    """Not as the threshold is written, `Rer>=0.85 is ...` at a page's top."""
    undecided = threshold("undecided", reason="the endpoint is gone")
    assert sentence(gate(False, undecided)) == (
        "Cannot tell: RER is 79.2 % [70.8, 85.6], n = 120, not surely at least the 85 % asked for"
    )
    why = "rer>=0.85 is not judged: no item was judged"
    nothing = {**gate(False, threshold("undefined", value=None, reason=why)), "reason": why}
    assert sentence(nothing) == "Cannot tell: RER is not judged: no item was judged"


def test_a_rate_of_no_item_in_both_runs_is_told_by_its_reason() -> None:
    """As CFR is where nobody says what is right."""
    unpaired = gate(False, checks=[check("undecided", 0.0)])
    unpaired["baseline"]["rates"]["rer"] |= dict.fromkeys(("old", "new", "value"), None) | {"n": 0}
    assert sentence(unpaired).startswith("Cannot tell: ")


def test_a_part_of_a_run_decides_nothing() -> None:
    """A shard is judged when it is merged."""
    assert decision.of(gate(None), RER, is_shard=True) is None
