"""Turns RH-Bench's scores under each budget of thinking into what its page shows of them."""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pytest_rest.metrics.by_budget import BudgetPoint
from pytest_rest.reporting.page import svg
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.svg import Marker, Plot, Tick
from pytest_rest.reporting.terminal import thinking
from pytest_rest.statistics import rh_auc as areas
from pytest_rest.terms import to_rate

_NOTE = (
    "Each point is a budget of thinking, by its number: reasoning across, perception up, with "
    "intervals at 95 %. The area below the line is RH-AUC raw, over the width of the line."
)


def rh_auc(measured: Builtins) -> dict[str, Any]:
    """Both areas or why there is none, the curve, and the judge's agreement with itself."""
    lines = [
        thinking.area_line(kind, to_rate(measured[kind]), measured["undefined"].get(kind, ""))
        for kind in areas.KINDS
    ]
    judge = measured["judge"]
    return {
        "areas": lines,
        "plots": [*_curve([BudgetPoint.from_builtins(point) for point in measured["points"]])],
        "agreement": thinking.agreement(to_rate(judge["same_side"]), to_rate(judge["same_rating"])),
    }


def _curve(points: Sequence[BudgetPoint]) -> Iterator[Plot]:
    """The points of both scores, those of one place under one label, and the line through them."""
    labels: dict[tuple[float, float], list[str]] = {}
    markers = {}
    for point in points:
        if (across := point.reasoning) and (up := point.perception):
            place = across.value, up.value
            labels.setdefault(place, []).append(str(point.budget))
            markers[place] = Marker(", ".join(labels[place]), across, up)
    if not markers:
        return
    drawn, line = [*markers.values()], areas.curve([*markers])
    heading = "Perception while reasoning grows"
    picture = svg.scatter("rh-auc-curve", heading, drawn, _ticks(drawn), "perception", line)
    figures = [(str(point.budget), *thinking.scores(point)) for point in points]
    yield Plot(heading, _NOTE, picture, figures, ("budget", *thinking.SCORES))


def _ticks(markers: Collection[Marker]) -> list[Tick]:
    """Both ends of the axis, whole tens that hold every interval, and the middle."""
    left = min(marker.x.value if marker.x.low is None else marker.x.low for marker in markers)
    right = max(marker.x.value if marker.x.high is None else marker.x.high for marker in markers)
    low, high = math.floor(left * 10) * 10, math.ceil(right * 10) * 10
    high = max(high, low + 10)
    middle = (low + high) / 2
    words = ((low, f"{low} %"), (middle, f"{middle:g}"), (high, f"{high} reasoning"))
    return [(value / 100, word) for value, word in words]
