"""Turns a sweep over budgets of thinking into lines of text for a terminal of 80 columns."""

import math
from collections.abc import Iterator, Sequence

from pytest_rest import sweep
from pytest_rest.lengths import Ratio
from pytest_rest.report import Report
from pytest_rest.reporting import text
from pytest_rest.reporting.text import percent, row
from pytest_rest.sweep import Budgeted, Point, RhAuc
from pytest_rest.terms import Rate

_WIDTH, _HEIGHT = 60, 10  # of the drawn curve, in characters
_MARKS = "123456789abcdefghijklmnopqrstuvwxyz"


def budgets(report: Report) -> Iterator[str]:
    """Each suite's RER, accuracies and lengths under each budget, and whether reasoning collapses.

    Of several suites the mean is shown too, and by that collapse is judged.
    """
    if not report.budgets:
        return
    suites = [scope for scope in report.budgets if scope not in ("mean", "pooled")]
    scopes = suites if len(suites) == 1 else [*suites, "mean"]
    about = report.provenance["budgets"]
    for scope in scopes:
        found = report.budgets[scope]
        yield row(scope, "items", "RER", "accuracy text", "accuracy image")
        for each in found:
            known = each.metrics
            accuracies = [percent(known.accuracy.get(mode)) for mode in ("text", "image")]
            yield row(f"  {each.budget}", known.items, percent(known.rer), *accuracies)
        yield row("  length", "items", "image/text", "cut text", "cut image")
        for each in found:
            cut = [percent(each.cut.get(mode)) for mode in ("text", "image")]
            ratio = each.metrics.length_ratio
            yield row(f"  {each.budget}", ratio.n if ratio else 0, _ratio(ratio), *cut)
    yield f"{about['control']} budgets; metrics above and below are of the largest"
    yield _collapse(report.budgets[scopes[-1]][-1])


def rh_auc(report: Report) -> Iterator[str]:
    """RH-Bench's scores under each budget, the curve, both areas, and the judge's agreement."""
    found = report.rh_auc
    if found is None:
        return
    yield row("rh-bench", "items", "reasoning", "perception", "tokens written")
    for mark, point in zip(_marks(found.points), found.points, strict=True):
        written = "-" if point.written is None else f"{point.written:,.0f}"
        both = point.reasoning, point.perception
        n = "+".join(str(rate.n if rate else 0) for rate in both)
        yield row(f"{mark} {point.budget}", n, *map(percent, both), written)
    yield from _drawing(found.points)
    for kind, area in found.areas.items():
        yield f"RH-AUC {kind}: {text.area(area)}"
    yield from _agreement(found)


def _collapse(largest: Budgeted) -> str:
    """Whether the answers to a picture are shorter, with interval and n."""
    ratio, place = largest.metrics.length_ratio, f"under {largest.budget}"
    if ratio is None:
        return f"reasoning collapse, {place}: not known, no lengths of both forms"
    words = {True: "seen", False: "not seen", None: "not sure"}
    said = f"image/text {_ratio(ratio)} in {ratio.unit}, n = {ratio.n}"
    return f"reasoning collapse, {place}: {words[sweep.collapses(ratio)]}: {said}"


def _agreement(found: RhAuc) -> Iterator[str]:
    side, same = found.same_side, found.same_rating
    if side is not None and same is not None:
        yield row("judge, twice", side.n, "same side of 2", "same rating")
        yield row("", "", percent(side), percent(same))
    else:
        yield "judge: asked twice about no answer, so nothing is known of its steadiness"


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f} [no spread]"
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def _marks(points: Sequence[Point]) -> str:
    return (_MARKS + "*" * len(points))[: len(points)]


def _drawing(points: Sequence[Point]) -> Iterator[str]:
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
    """Places values along so many characters, from the least to the largest."""

    def __init__(self, rates: Sequence[Rate], size: int) -> None:
        values = [rate.value for rate in rates]
        self.low, self.high, self._size = min(values), max(values), size

    def place(self, rate: Rate) -> int:
        span = self.high - self.low
        return math.floor((rate.value - self.low) / span * (self._size - 1) + 0.5) if span else 0
