"""Turns what a sweep over budgets of thinking left in report.json into parts of its page."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.metrics.by_budget import Budgeted, Point
from pytest_rest.reporting.page import layout, svg
from pytest_rest.reporting.page.svg import Plot, Tick
from pytest_rest.reporting.terminal import thinking
from pytest_rest.statistics import rh_auc as areas
from pytest_rest.terms import to_rate

Builtins = Mapping[str, Any]
_NOTE = (
    "Each point is a budget of thinking, by its number: reasoning across, perception up, with "
    "intervals at 95 %. The area below the line is RH-AUC raw, over the width of the line."
)


def rh_auc(report: Builtins) -> str:
    """Both areas or why there is none, the curve, and the judge's agreement with itself."""
    found = report.get("rh_auc")
    if not found:
        return ""
    points = [Point.from_builtins(each) for each in found["points"]]
    lines = (
        thinking.area_line(kind, to_rate(found[kind]), found["undefined"].get(kind, ""))
        for kind in areas.KINDS
    )
    figures = "".join(layout.figure(plot) for plot in _curve(points))
    judge = found["judge"]
    cells = thinking.agreement(to_rate(judge["same_side"]), to_rate(judge["same_rating"]))
    name, items, *head = thinking.TWICE
    twice = layout.table((f"{name}: {items}", *head), [cells] if cells else [], name)
    steady = twice or layout.paragraphs([thinking.UNSTEADY])
    content = f'{layout.paragraphs(lines)}<div class="alone">{figures}</div>{steady}'
    return layout.section("rh-auc", "RH-AUC", content)


def budgets(report: Builtins) -> str:
    """Each suite's RER, accuracies and lengths under each budget, and whether reasoning collapses.

    Nothing of a sweep whose items all have one form.
    """
    about = report.get("budgets") or {}
    suites: Mapping[str, Sequence[Builtins]] = about.get("suites") or {}
    if not suites:
        return ""
    found = {name: [*map(Budgeted.from_builtins, each)] for name, each in suites.items()}
    shown_ones = thinking.scopes(found)
    parts = [part for scope in shown_ones for part in _tables(scope, found[scope])]
    parts.append(
        layout.paragraphs(thinking.conclusion(about["control"], found[shown_ones[-1]][-1]))
    )
    return layout.section("budgets", "Under each budget of thinking", "".join(parts))


def _tables(scope: str, found: Sequence[Budgeted]) -> Iterator[str]:
    yield f"<h3>{layout.escape(scope)}</h3>"
    rates = [(str(each.budget), *thinking.rates(each)) for each in found]
    yield layout.table(("budget", *thinking.RATES), rates, f"{scope}: rates by budget")
    lengths = [(str(each.budget), *thinking.lengths(each)) for each in found]
    yield layout.table(("length", *thinking.LENGTHS), lengths, f"{scope}: lengths by budget")


def _curve(points: Sequence[Point]) -> Iterator[Plot]:
    """The points of both scores, those of one place under one label, and the line through them."""
    labels: dict[tuple[float, float], list[str]] = {}
    drawn = {}
    for each in points:
        if (across := each.reasoning) and (up := each.perception):
            place = across.value, up.value
            labels.setdefault(place, []).append(str(each.budget))
            drawn[place] = svg.Point(
                ", ".join(labels[place]),
                *place,
                up.value if up.low is None else up.low,
                up.value if up.high is None else up.high,
                across.low,
                across.high,
            )
    if not drawn:
        return
    line = areas.curve([*drawn])
    heading = "Perception while reasoning grows"
    picture = svg.scatter(
        "rh-auc-curve", heading, [*drawn.values()], _ticks(drawn.values()), "perception", line
    )
    figures = [(str(each.budget), *thinking.scores(each)) for each in points]
    yield Plot(heading, _NOTE, picture, figures, ("budget", *thinking.SCORES))


def _ticks(points: Collection[svg.Point]) -> list[Tick]:
    """Both ends of the axis, whole tens that hold every interval, and the middle."""
    left = min(each.x if each.left is None else each.left for each in points)
    right = max(each.x if each.right is None else each.right for each in points)
    low, high = math.floor(left * 10) * 10, math.ceil(right * 10) * 10
    high = max(high, low + 10)
    ticks = (
        (low, f"{low} %"),
        ((low + high) / 2, f"{(low + high) / 2:g}"),
        (high, f"{high} reasoning"),
    )
    return [(value / 100, word) for value, word in ticks]
