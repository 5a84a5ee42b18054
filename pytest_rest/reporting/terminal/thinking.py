"""Turns a sweep over budgets of thinking into lines of text for a terminal of 80 columns."""

import math
from collections.abc import Iterable, Iterator, Sequence

from pytest_rest.metrics import by_budget
from pytest_rest.metrics.by_budget import Budgeted, BudgetPoint
from pytest_rest.metrics.output_length import Ratio
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import figures, tables
from pytest_rest.reporting.terminal.figures import percent
from pytest_rest.reporting.terminal.tables import row
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate
from pytest_rest.wording import NO_SPREAD, interval, share

_WIDTH, _HEIGHT = 60, 10  # of the drawn curve, in characters
RATES = ("items", "RER", "= all right", "+ agreed, wrong")
ACCURACIES = ("items", "accuracy text", "accuracy image")
LENGTHS = ("items", "image/text", "cut text", "cut image")
SCORES = ("items", "reasoning", "perception", "tokens written")
TWICE = ("judge, twice", "items", "same side of 2", "same rating")
UNSTEADY = "judge: asked twice about no answer, so nothing is known of its steadiness"
_MARKS = "123456789abcdefghijklmnopqrstuvwxyz"


def budgets(report: Report) -> Iterator[str]:
    """Each suite's RER, accuracies and lengths under each budget, and whether reasoning collapses.

    Of several suites the mean is shown too, and by that collapse is judged.
    """
    if not report.budgets:
        return
    for scope in scopes(report.budgets):
        by_budget = report.budgets[scope]
        yield row(scope, *RATES)
        yield from (row(f"  {budgeted.budget}", *rates(budgeted)) for budgeted in by_budget)
        yield row("  right", *ACCURACIES)
        yield from (row(f"  {budgeted.budget}", *accuracies(budgeted)) for budgeted in by_budget)
        yield row("  length", *LENGTHS)
        yield from (row(f"  {budgeted.budget}", *lengths(budgeted)) for budgeted in by_budget)
    yield from conclusion(report.provenance["budgets"]["control"], by_budget[-1])


def scopes(names: Iterable[str]) -> list[str]:
    """The suites of a sweep, and of several the mean."""
    return [scope for scope in tables.scopes(names) if scope != "pooled"]


def rates(budgeted: Budgeted) -> list[str]:
    """A budget's cells below `RATES`."""
    metrics = budgeted.metrics
    apart = metrics.rer, metrics.all_correct, metrics.agreed_wrong
    return [str(metrics.items), *map(percent, apart)]


def accuracies(budgeted: Budgeted) -> list[str]:
    """A budget's cells below `ACCURACIES`."""
    metrics = budgeted.metrics
    both = [percent(metrics.accuracy.get(mode)) for mode in ("text", "image")]
    return [str(metrics.items), *both]


def lengths(budgeted: Budgeted) -> list[str]:
    """A budget's cells below `LENGTHS`."""
    ratio = budgeted.metrics.length_ratio
    cut = [percent(budgeted.cut.get(mode)) for mode in ("text", "image")]
    return [str(ratio.n if ratio else 0), _ratio(ratio), *cut]


def conclusion(control: str, largest: Budgeted) -> Iterator[str]:
    """How the budgets were held, and whether reasoning collapses under the largest."""
    yield f"{shown(control)} budgets; metrics above and below are of the largest"
    ratio, collapse = largest.metrics.length_ratio, f"reasoning collapse, under {largest.budget}"
    if ratio is None:
        yield f"{collapse}: not known, no lengths of both forms"
    else:
        word = {True: "seen", False: "not seen", None: "not sure"}[by_budget.collapses(ratio)]
        yield f"{collapse}: {word}: image/text {_ratio(ratio)} in {ratio.unit}, n = {ratio.n}"


def rh_auc(report: Report) -> Iterator[str]:
    """RH-Bench's scores under each budget, the curve, both areas, and the judge's agreement."""
    measured = report.rh_auc
    if measured is None:
        return
    yield row("rh-bench", *SCORES)
    for mark, point in zip(_marks(measured.points), measured.points, strict=True):
        yield row(f"{mark} {point.budget}", *scores(point))
    yield from _drawing(measured.points)
    for kind, area in measured.areas.items():
        yield area_line(kind, area.rate, area.undefined)
    if cells := agreement(measured.same_side, measured.same_rating):
        yield row(TWICE[0], cells[0], *TWICE[2:])
        yield row("", "", *cells[1:])
    else:
        yield UNSTEADY


def area_line(kind: str, rate: Rate | None, undefined: str) -> str:
    """`RH-AUC raw: 0.650 [0.412, 0.900], n = 20`, or why it is undefined."""
    return f"RH-AUC {kind}: {figures.area(rate, undefined)}"


def scores(point: BudgetPoint) -> list[str]:
    """A budget's cells below `SCORES`."""
    written = "-" if point.written is None else f"{point.written:,.0f}"
    both = point.reasoning, point.perception
    return ["+".join(str(rate.n if rate else 0) for rate in both), *map(percent, both), written]


def agreement(side: Rate | None, same: Rate | None) -> list[str]:
    """The judge's cells below `TWICE`; none where nothing was rated twice."""
    return [str(side.n), percent(side), percent(same)] if side and same else []


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    return interval(ratio.value, ratio.low, ratio.high, "{:.2f}".format, NO_SPREAD)


def _marks(points: Sequence[BudgetPoint]) -> str:
    return (_MARKS + "*" * len(points))[: len(points)]


def _drawing(points: Sequence[BudgetPoint]) -> Iterator[str]:
    """The points in a frame that they just fill, each by its mark; nothing of one place."""
    known = [(p.reasoning, p.perception) for p in points if p.reasoning and p.perception]
    if len({(reasoning.value, perception.value) for reasoning, perception in known}) < 2:
        return
    columns, (left, right) = _places([reasoning.value for reasoning, _ in known], _WIDTH)
    heights, (low, high) = _places([perception.value for _, perception in known], _HEIGHT)
    cells = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    for mark, column, height in zip(_marks(points), columns, heights, strict=False):
        line = cells[_HEIGHT - 1 - height]
        line[column] = mark if line[column] == " " else "*"  # several in one place
    yield "  perception"
    for number, line in enumerate(cells):
        label = {0: high, _HEIGHT - 1: low}.get(number, "")
        yield f"{label:>7} |{''.join(line)}".rstrip()
    yield f"        +{'-' * _WIDTH}"
    yield f"         {left}{f'{right} reasoning':>{_WIDTH - len(left)}}"


def _places(values: Sequence[float], size: int) -> tuple[list[int], tuple[str, str]]:
    """Where values stand on a line of that many characters, and what its ends are in per cent."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    places = [math.floor((value - low) / span * (size - 1) + 0.5) for value in values]
    return places, (share(low), share(high))
