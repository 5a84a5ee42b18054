"""Turns a history into lines of text: a table for each model's family and suite, and its trends.

Where a terminal is too narrow for the tables, each run is a few short lines.
"""

from collections.abc import Iterator, Mapping, Sequence

from pytest_rest.gate.decline import FigureTrend
from pytest_rest.reporting import history
from pytest_rest.reporting.history import History, Point, Series
from pytest_rest.reporting.terminal.figures import cut, first, percent, signed
from pytest_rest.safe_text import shown
from pytest_rest.statistics.trend import FEWEST
from pytest_rest.terms import COMPARED, Rate
from pytest_rest.wording import NO_SPREAD, count, money, share

WIDE = 78  # columns that the tables need
NAMES = {"rer": "RER", "cfr": "CFR"} | {f"accuracy.{mode}": mode for mode in COMPARED}
_LEFT_OUT = 10
_GATE = {True: "passed", False: "NOT PASSED", None: "-"}


def lines(known: History, last: int, width: int) -> Iterator[str]:
    """All of it, with the newest `last` runs of each series; the warnings at the end."""
    if not known.series:
        yield "no run with figures is there"
    for number, series in enumerate(known.series):
        if number:
            yield ""
        yield from _series(series, last, width)
    if known.left_out:
        yield ""
        yield f"not in the figures: {len(known.left_out):,}"
        listed = [*known.left_out.items()]
        yield from first(
            listed,
            _LEFT_OUT,
            lambda each: f"  {shown(each[0], 200)}: {shown(each[1], 300)}",
            ", in --json",
        )
    for series, found in known.declines:
        yield f"warning: {decline(series, found)}"


def decline(series: Series, found: FigureTrend) -> str:
    """`RER of claude-haiku in soebench falls by 1.0 points a run ...`, in one line."""
    moved, since = found.trend, history.tested(series)[0]
    return (
        f"{name(found.figure)} of {shown(series.family, 60)} in {shown(series.scope, 60)} falls "
        f"by {share(-moved.slope)} points a run{_fall(found)}, over {moved.runs} runs since "
        f"{since.day} (p = {moved.adjusted:.2g})"
    )


def name(figure: str) -> str:
    """`RER`, `image accuracy`."""
    mode = figure.partition(".")[2]
    return f"{mode} accuracy" if mode else NAMES[figure]


def tested(series: Series) -> Iterator[str]:
    """What the tests for trend say, a line for each figure; or why there is none."""
    runs, untested = history.tested(series), series.points[series.start :]
    if series.scope == history.MEAN:
        return
    if not series.trends:
        yield (
            f"no test for trend: it takes {FEWEST} runs of the same items, prompts, style and forms"
            f", and of the newest {len(runs)} {'is' if len(runs) == 1 else 'are'} so"
        )
    for found in series.trends:
        word = "FALLS" if found.declines else "no sure fall"
        moved = found.trend
        yield (
            f"{name(found.figure)}: {signed(moved.slope)} points a run{_bounds(found)} over "
            f"{moved.runs} runs of {moved.items:,} items; {word} (p = {moved.adjusted:.2g})"
        )
    if reasons := sorted({point.untested for point in untested if point.untested}):
        yield f"not tested: {sum(bool(p.untested) for p in untested)} runs {' or '.join(reasons)}"


def dollars(cost: float | None) -> str:
    """`$1.25`; `-` where it is not known."""
    return "-" if cost is None else money(cost).replace("less than ", "<")


def changed(words: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """`model: a -> b`, a line for each thing that changed."""
    for word, (old, new) in words.items():
        yield f"{word}: {shown(old, 90)} -> {shown(new, 90)}"


def _fall(found: FigureTrend) -> str:
    low, high = found.trend.low, found.trend.high
    return NO_SPREAD if low is None or high is None else f" [{share(-high)}, {share(-low)}]"


def _bounds(found: FigureTrend) -> str:
    low, high = found.trend.low, found.trend.high
    return NO_SPREAD if low is None or high is None else f" [{signed(low)}, {signed(high)}]"


def _series(series: Series, last: int, width: int) -> Iterator[str]:
    newest, runs = series.points[-1].figures[series.scope], len(series.points)
    scope = "the mean over suites" if series.scope == history.MEAN else shown(series.scope, 60)
    counted = f"{newest['rer'].n:,} items, {count(runs, 'run')}"
    yield f"{shown(series.family, 60)}, {scope}: {counted}"
    if runs > last:
        yield f"the newest {last:,}; all are in --json and --html"
    is_wide = width >= WIDE
    modes = [
        mode
        for mode in COMPARED
        if any(f"accuracy.{mode}" in p.figures[series.scope] for p in series.points)
    ]
    if is_wide:
        yield f"{'date':<10} {'RER':<20} {'CFR':<20} {'cost':>8} gate"
    for place, point in [*enumerate(series.points)][-last:]:
        for said in changed(series.changes.get(place, {})):
            yield cut(f"-- {said}", max(width, 20))
        yield from (_row if is_wide else _block)(point, series.scope, modes)
    if is_wide:
        yield f"{'accuracy':<10} {''.join(f'{mode:<21}' for mode in modes)}".rstrip()
        for point in series.points[-last:]:
            rates = (percent(_rate(point, series.scope, f"accuracy.{mode}")) for mode in modes)
            yield f"{point.day} {''.join(f'{rate:<21}' for rate in rates)}".rstrip()
    yield from tested(series)


def _row(point: Point, scope: str, modes: Sequence[str]) -> Iterator[str]:
    rer, cfr = (percent(_rate(point, scope, figure)) for figure in ("rer", "cfr"))
    yield f"{point.day} {rer:<20} {cfr:<20} {dollars(point.cost):>8} {_GATE[point.gate]}"
    if point.notes:
        yield f"           {'; '.join(point.notes)}"


def _block(point: Point, scope: str, modes: Sequence[str]) -> Iterator[str]:
    yield f"{point.day} {dollars(point.cost)}, gate {_GATE[point.gate]}"
    yield from (f"  {note}" for note in point.notes)
    for figure in ("rer", "cfr", *(f"accuracy.{mode}" for mode in modes)):
        yield f"  {NAMES[figure]:<14} {percent(_rate(point, scope, figure))}"


def _rate(point: Point, scope: str, figure: str) -> Rate | None:
    return point.figures[scope].get(figure)
