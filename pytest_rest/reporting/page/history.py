"""Turns a history into one page: each model's figures over its runs, and what changed."""

from collections.abc import Iterator, Mapping, Sequence

import pytest_rest
from pytest_rest.reporting import history
from pytest_rest.reporting.history import History, Series
from pytest_rest.reporting.page import layout, lines
from pytest_rest.reporting.page.lines import Line, Mark
from pytest_rest.reporting.page.svg import Plot
from pytest_rest.reporting.terminal import history as words
from pytest_rest.reporting.terminal.figures import percent
from pytest_rest.terms import COMPARED, Rate
from pytest_rest.wording import count

_MOST = 100  # runs in a plot's table
_CHANGES = 100
_LEFT_OUT = 100
_NOTES = {
    "rer": "Items whose forms all agree",
    "cfr": "Of the items right in some form, those wrong in another",
    "accuracy": "The share of right answers to each form",
    "cost": "What the endpoint's answers cost; nothing where no price is known",
}


def text(known: History) -> str:
    """The page; it needs no network."""
    newest = max((p.created for one in known.series for p in one.points), default=None)
    runs = len({point.path for one in known.series for point in one.points})
    families = len({one.family for one in known.series})
    left_out = [*known.left_out.items()]
    return layout.render(
        "history.html",
        kind="REST, history",
        heading=f"{count(runs, 'run')} of {count(families, 'model')}",
        newest=f"the newest of {newest:%Y-%m-%d}" if newest else "",
        declines=[words.decline(*found) for found in known.declines],
        is_tested=any(one.trends for one in known.series),
        series=[_section(number, one) for number, one in enumerate(known.series)],
        left_out=left_out[:_LEFT_OUT],
        more=max(len(left_out) - _LEFT_OUT, 0),
        version=pytest_rest.__version__,
    )


def _section(number: int, series: Series) -> Mapping[str, object]:
    scope = "the mean over suites" if series.scope == history.MEAN else series.scope
    marks = [
        Mark(place, mark, bool(changed.keys() - {"model"}))
        for mark, (place, changed) in enumerate(series.changes.items(), 1)
    ]
    rows = [
        (str(mark.number), series.points[mark.place].day, said)
        for mark in marks
        for said in words.changed(series.changes[mark.place])
    ]
    notes = [(p.day, "; ".join(p.notes)) for p in series.points if p.notes]
    return {
        "name": f"series-{number}",
        "heading": f"{series.family}, {scope}",
        "plots": [*_plots(f"series-{number}", series, marks)],
        "tests": [*words.tested(series)],
        "changes": rows[-_CHANGES:],
        "notes": notes[-_CHANGES:],
    }


def _plots(prefix: str, series: Series, marks: Sequence[Mark]) -> Iterator[Plot]:
    modes = [f"accuracy.{mode}" for mode in COMPARED]
    groups = {"RER": ["rer"], "CFR": ["cfr"], "Accuracy by form": modes}
    for heading, figures in groups.items():
        drawn = [line for figure in figures if (line := _line(series, figure))]
        if drawn:
            bound = series.thresholds.get(figures[0]) if len(figures) == 1 else None
            note = _NOTES[figures[0].partition(".")[0]]
            note += ", with bands at 95 %. A number is a change, told below the plots."
            yield _plot(prefix, heading, note, series, drawn, marks, bound)
    costs = [point.cost for point in series.points]
    if any(costs):
        rates = [None if cost is None else Rate(cost, None, None, 0) for cost in costs]
        said = [f"{p.day}: {words.dollars(p.cost)}" for p in series.points]
        line = Line("cost", rates, said)
        note = f"{_NOTES['cost']}. It is that of the whole run, of all its suites."
        yield _plot(prefix, "Cost of a run", note, series, [line], marks, None, "$")


def _line(series: Series, figure: str) -> Line | None:
    rates = [point.figures[series.scope].get(figure) for point in series.points]
    said = [
        f"{point.day}, {point.model}: {_said(rate)}"
        for point, rate in zip(series.points, rates, strict=True)
    ]
    return Line(words.NAMES[figure], rates, said) if any(rates) else None


def _said(rate: Rate | None) -> str:
    return f"{percent(rate)}, n = {rate.n}" if rate else "undefined"


def _plot(
    prefix: str,
    heading: str,
    note: str,
    series: Series,
    drawn: Sequence[Line],
    marks: Sequence[Mark],
    threshold: float | None,
    unit: str = "%",
) -> Plot:
    name = f"{prefix}-{heading.split()[0].lower()}"
    moments = [point.created for point in series.points]
    picture = lines.draw(name, heading, drawn, moments, marks, threshold, unit)
    days = lines.days(moments)
    cells: list[tuple[str, ...]] = [
        (
            days[place],
            point.model,
            *(
                (words.dollars(point.cost) if unit == "$" else _said(line.rates[place]))
                for line in drawn
            ),
        )
        for place, point in enumerate(series.points)
    ]
    head = ("date", "model", *(line.label for line in drawn))
    more = f" The table has the newest {_MOST}." if len(cells) > _MOST else ""
    return Plot(heading, note + more, picture, cells[-_MOST:][::-1], head)
