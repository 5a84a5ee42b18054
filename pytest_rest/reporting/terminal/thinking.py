"""Turns a sweep over budgets of thinking into lines of text for a terminal of 80 columns."""

import math
from collections.abc import Iterable, Iterator, Sequence

from pytest_rest.metrics import by_budget
from pytest_rest.metrics.by_budget import Budgeted, BudgetPoint
from pytest_rest.metrics.output_length import Ratio
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import tables
from pytest_rest.reporting.terminal.tables import percent, row
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate

_WIDTH, _HEIGHT = 60, 10  # of the drawn curve, in characters
RATES = ("items", "RER", "accuracy text", "accuracy image")
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
    found = scopes(report.budgets)
    for scope in found:
        yield row(scope, *RATES)
        yield from (row(f"  {each.budget}", *rates(each)) for each in report.budgets[scope])
        yield row("  length", *LENGTHS)
        yield from (row(f"  {each.budget}", *lengths(each)) for each in report.budgets[scope])
    control = report.provenance["budgets"]["control"]
    yield from conclusion(control, report.budgets[found[-1]][-1])


def scopes(found: Iterable[str]) -> list[str]:
    """The suites of a sweep, and of several the mean."""
    suites = [scope for scope in found if scope not in ("mean", "pooled")]
    return suites if len(suites) == 1 else [*suites, "mean"]


def rates(found: Budgeted) -> list[str]:
    """A budget's cells below `RATES`."""
    known = found.metrics
    accuracies = [percent(known.accuracy.get(mode)) for mode in ("text", "image")]
    return [str(known.items), percent(known.rer), *accuracies]


def lengths(found: Budgeted) -> list[str]:
    """A budget's cells below `LENGTHS`."""
    ratio = found.metrics.length_ratio
    cut = [percent(found.cut.get(mode)) for mode in ("text", "image")]
    return [str(ratio.n if ratio else 0), _ratio(ratio), *cut]


def conclusion(control: str, largest: Budgeted) -> Iterator[str]:
    """How the budgets were held, and whether reasoning collapses under the largest."""
    yield f"{shown(control)} budgets; metrics above and below are of the largest"
    yield _collapse(largest)


def rh_auc(report: Report) -> Iterator[str]:
    """RH-Bench's scores under each budget, the curve, both areas, and the judge's agreement."""
    found = report.rh_auc
    if found is None:
        return
    yield row("rh-bench", *SCORES)
    for mark, point in zip(_marks(found.points), found.points, strict=True):
        yield row(f"{mark} {point.budget}", *scores(point))
    yield from _drawing(found.points)
    for kind, area in found.areas.items():
        yield area_line(kind, area.rate, area.undefined)
    if cells := agreement(found.same_side, found.same_rating):
        yield row(TWICE[0], cells[0], *TWICE[2:])
        yield row("", "", *cells[1:])
    else:
        yield UNSTEADY


def area_line(kind: str, rate: Rate | None, undefined: str) -> str:
    """`RH-AUC raw: 0.650 [0.412, 0.900], n = 20`, or why it is undefined."""
    return f"RH-AUC {kind}: {tables.area(rate, undefined)}"


def scores(point: BudgetPoint) -> list[str]:
    """A budget's cells below `SCORES`."""
    written = "-" if point.written is None else f"{point.written:,.0f}"
    both = point.reasoning, point.perception
    return ["+".join(str(rate.n if rate else 0) for rate in both), *map(percent, both), written]


def agreement(side: Rate | None, same: Rate | None) -> list[str]:
    """The judge's cells below `TWICE`; none where nothing was rated twice."""
    return [str(side.n), percent(side), percent(same)] if side and same else []


def _collapse(largest: Budgeted) -> str:
    """Whether the answers to a picture are shorter, with interval and n."""
    ratio, place = largest.metrics.length_ratio, f"under {largest.budget}"
    if ratio is None:
        return f"reasoning collapse, {place}: not known, no lengths of both forms"
    words = {True: "seen", False: "not seen", None: "not sure"}
    said = f"image/text {_ratio(ratio)} in {ratio.unit}, n = {ratio.n}"
    return f"reasoning collapse, {place}: {words[by_budget.collapses(ratio)]}: {said}"


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f} [no spread]"
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def _marks(points: Sequence[BudgetPoint]) -> str:
    return (_MARKS + "*" * len(points))[: len(points)]


def _drawing(points: Sequence[BudgetPoint]) -> Iterator[str]:
    """The points in a frame that they just fill, each by its mark; nothing of one place."""
    known = [(p.reasoning, p.perception) for p in points if p.reasoning and p.perception]
    if len({(reasoning.value, perception.value) for reasoning, perception in known}) < 2:
        return
    across, up = (_Axis([point[i] for point in known], n) for i, n in ((0, _WIDTH), (1, _HEIGHT)))
    cells = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    for mark, (reasoning, perception) in zip(_marks(points), known, strict=False):
        line = cells[_HEIGHT - 1 - up.place(perception)]
        place = across.place(reasoning)
        line[place] = mark if line[place] == " " else "*"  # several in one place
    yield "  perception"
    for number, line in enumerate(cells):
        label = {0: up.high, _HEIGHT - 1: up.low}.get(number)
        said = "" if label is None else f"{label * 100:.1f}"
        yield f"{said:>7} |{''.join(line)}".rstrip()
    ends = f"{across.low * 100:.1f}", f"{across.high * 100:.1f} reasoning"
    yield f"        +{'-' * _WIDTH}"
    yield f"         {ends[0]}{ends[1]:>{_WIDTH - len(ends[0])}}"


class _Axis:
    """Places values along a line of that many characters, from the least to the largest."""

    def __init__(self, rates: Sequence[Rate], size: int) -> None:
        values = [rate.value for rate in rates]
        self.low, self.high, self._size = min(values), max(values), size

    def place(self, rate: Rate) -> int:
        span = self.high - self.low
        return math.floor((rate.value - self.low) / span * (self._size - 1) + 0.5) if span else 0
