"""The cards of the headline: the baseline's rate beside the run's."""

from typing import Any

from pytest_rest.reporting.page import cards


def rate(value: float) -> dict[str, Any]:
    """Of 60 items."""
    return {"value": value, "low": value, "high": value, "n": 60}


def card(value: float, old: float, new: float) -> cards.Card:
    """RER's, of a run with this one, compared with a baseline."""
    metrics = {"rer": rate(value), "cfr": rate(0.0), "mmc": rate(1.0), "accuracy": {}}
    changes = {"rer": {**rate(new - old), "old": old, "new": new}}
    gate = {"thresholds": [], "baseline": {"rates": changes, "checks": []}}
    report = {"metrics": {"soebench": {"all": metrics}}, "gate": gate}
    return next(cards.cards(report, "soebench"))


def test_the_baseline_s_rate_stands_beside_one_of_the_same_items_and_styles() -> None:
    """A run in more styles has another rate than what is compared of it: that one is told apart."""
    alike = card(0.75, old=1.0, new=0.75)
    assert (alike.old, alike.value) == ("100.0", "75.0 %")
    assert alike.about[0].startswith("fell by 25.0 points")
    apart = card(0.0, old=1.0, new=1.0)
    assert (apart.old, apart.value) == ("", "0.0 %")
    assert apart.about[0] == "of what both runs have: 100.0 → 100.0 %, unchanged since the baseline"
