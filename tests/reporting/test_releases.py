"""The releases on a run's page: since which of them what is bad is so, in words."""

import re
from datetime import UTC, datetime
from typing import Any

import pages
import pytest

from pytest_rest.gate.thresholds import Threshold
from pytest_rest.reporting.page import lines, releases
from pytest_rest.terms import Rate


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


def test_releases_of_a_day_are_told_apart_by_their_time() -> None:
    """Those of one name in words, too."""
    report = page(0.95, 0.85, 0.7)
    for hour, run in enumerate(report["history"]["runs"]):
        run |= {"model": f"vl-{max(hour, 1)}", "created": f"2026-01-01T0{hour}:30:00+00:00"}
    panel = releases.releases(report)
    assert panel is not None
    assert ["RER below 90 %: since vl-1 of 2026-01-01 01:30 UTC."] == panel.said
    (plot,) = panel.plots
    times = [f"2026-01-01 0{hour}:30" for hour in (2, 1, 0)]
    assert times == [row[1] for row in plot.figures[1:]]
    assert "vl-2 of 2026-01-01: 70.0 %" in plot.picture
    report["provenance"]["created"] = "2026-01-01T03:30:00+00:00"
    panel = releases.releases(report)
    assert panel is not None
    assert all(f">01-01 0{hour}:30<" in panel.plots[0].picture for hour in (0, 3))


@pytest.mark.parametrize(
    ("rer", "side"), [((0.9, 0.95, 0.4), "end"), ((0.4, 0.5, 0.95), None), ((0.4, 0.4, 0.4), None)]
)
def test_a_thresholds_words_are_where_the_lines_are_not(
    rer: tuple[float, ...], side: str | None
) -> None:
    """At the end whose figures are further from it; at the left where both are as far."""
    rates = [Rate(value, None, None, 40) for value in rer]
    line = lines.Line("RER", rates, ["said"] * len(rer))
    days = [datetime(2026, 1, day + 1, tzinfo=UTC) for day in range(len(rer))]
    picture = lines.draw("a", "A", [line], days, (), 0.85)
    (words,) = re.findall(r"<text([^>]*)>threshold 85 %<", picture)
    assert (side == "end") == ('text-anchor="end"' in words)
