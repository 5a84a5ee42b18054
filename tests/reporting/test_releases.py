"""The releases on a run's page: since which of them what is bad is so, in words."""

from typing import Any

import pages
import pytest

from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting.page import releases


def history(*rer: float) -> dict[str, Any]:
    """Releases with these RERs."""
    rates = [{"value": value, "low": value, "high": value, "n": 40} for value in rer]
    runs = [
        {"model": f"vl-1.{n}", "created": f"2026-01-0{n + 1}T00:00:00+00:00", "rer": rate}
        for n, rate in enumerate(rates)
    ]
    return {"runs": [{**run, "cfr": None, "folder": ""} for run in runs], "since": []}


def page(*rer: float, bound: float = 0.9) -> dict[str, Any]:
    """A report with that history, whose own RER is 0.8."""
    records = [pages.record(n) for n in range(50)]
    return {**pages.report(records, [Threshold("rer", ">=", bound)]), "history": history(*rer)}


@pytest.mark.parametrize(
    ("rer", "when"),
    [
        ((0.95, 0.95), "new in this run"),
        ((0.95, 0.85, 0.7), "since vl-1.1 of 2026-01-02"),
        ((0.85, 0.95, 0.85), "since vl-1.2 of 2026-01-03"),
        ((0.85, 0.85), "in all of these releases"),
    ],
)
def test_a_threshold_is_missed_since_a_release(rer: tuple[float, ...], when: str) -> None:
    """The first of the newest ones that miss it without a break."""
    panel = releases.releases(page(*rer))
    assert panel is not None
    assert [f"RER below 90 %: {when}."] == panel.said
    assert [f"RER over {len(rer) + 1} releases"] == [plot.heading for plot in panel.plots]


def test_a_met_threshold_is_not_spoken_of() -> None:
    """Nor is there a panel without an earlier run."""
    panel = releases.releases(page(0.7, bound=0.5))
    assert panel is not None
    assert [] == panel.said
    assert None is releases.releases({**page(0.7), "history": None})


def test_the_worst_items_are_counted_by_their_release() -> None:
    """Those of most items first; of more than are told it is said."""
    report = page(0.95, 0.95, bound=0.5)
    places = [1, None, 1, 0, 1]
    report["history"]["since"] = [
        {"suite": "a", "item": f"i{n}", "run": place} for n, place in enumerate(places)
    ]
    report["gate"]["baseline"] = {"changes": {"worse": 5}}
    panel = releases.releases(report)
    assert panel is not None
    said = "3 since vl-1.1 of 2026-01-02, 1 new in this run, 1 since vl-1.0 of 2026-01-01."
    assert [f"Of the 5 items that became worse: {said}"] == panel.said
    report["gate"]["baseline"]["changes"]["worse"] = 30
    panel = releases.releases(report)
    assert panel is not None
    assert panel.said[0].startswith("Of the 5 worst items that became worse: ")
