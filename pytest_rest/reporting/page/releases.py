"""Turns the releases before a run into plots of its page, and since when items are worse."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_rest import wording
from pytest_rest.gate.releases import Release
from pytest_rest.reporting.page import cards, lines
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.lines import Line
from pytest_rest.reporting.page.svg import Plot

_NAMES = {"rer": "RER", "cfr": "CFR"}
_NOTES = {"rer": "Items whose forms all agree", "cfr": "Right in some form, wrong in another"}
_NEW = "new in this run"
Since = Mapping[tuple[str, str], str]  # by suite and id


@dataclass(frozen=True)
class Releases:
    """A plot of each figure, and since which release thresholds are missed and items worse."""

    plots: Sequence[Plot]
    said: Sequence[str]


def releases(report: Builtins) -> Releases | None:
    """The panel; None where no earlier run is known."""
    told = report.get("history")
    rates = report["metrics"].get("mean", {}).get("all") or {}
    if not told or not rates.get("rer"):
        return None
    figures = {name: rates.get(name) for name in _NAMES}
    about = {"model": report["provenance"]["model"], "created": report["provenance"]["created"]}
    runs = [*map(Release.from_builtins, [*told["runs"], {**about, **figures}])]
    drawn = [_plot(figure, runs, report) for figure in _NAMES]
    said = [*_below(runs, report), *_counted(since(report), report)]
    return Releases([*filter(None, drawn)], said)


def since(report: Builtins) -> Since:
    """Each of the worst items, and `since acme-vl-2.0 of 2026-11-02` it is inconsistent."""
    told = report.get("history") or {"runs": (), "since": ()}
    names = _names([*map(Release.from_builtins, told["runs"])])
    return {
        (each["suite"], each["item"]): _NEW
        if each["run"] is None
        else f"since {names[each['run']]}"
        for each in told["since"]
    }


def _names(runs: Sequence[Release]) -> list[str]:
    """`acme-vl-2.0 of 2026-11-02`; with the time where a model has several of a day."""
    names = [f"{run.model} of {run.created:%Y-%m-%d}" for run in runs]
    times = [f"{name} {run.created:%H:%M} UTC" for name, run in zip(names, runs, strict=True)]
    counts = Counter(names)
    return [time if counts[name] > 1 else name for name, time in zip(names, times, strict=True)]


def _plot(figure: str, runs: Sequence[Release], report: Builtins) -> Plot | None:
    rates = [getattr(run, figure) for run in runs]
    if sum(rate is not None for rate in rates) < 2:
        return None
    said = [wording.rate(rate) if rate else "undefined" for rate in rates]
    titles = [f"{name}: {words}" for name, words in zip(_names(runs), said, strict=True)]
    moments = [run.created for run in runs]
    bounds = [
        t["bound"] for t in cards.whole(report["gate"]["thresholds"]) if t["metric"] == figure
    ]
    bound = bounds[0] if bounds else None
    heading = f"{_NAMES[figure]} over {len(runs)} releases"
    picture = lines.draw(
        f"releases-{figure}", heading, [Line(_NAMES[figure], rates, titles)], moments, (), bound
    )
    sizes = {rate.n for rate in rates if rate}
    note = f"{_NOTES[figure]}, with their interval at 95 %"
    note += f"; n = {sizes.pop()} in each." if len(sizes) == 1 else "."
    rows = [
        (run.model, day, words)
        for run, day, words in zip(runs, lines.days(moments), said, strict=True)
    ]
    return Plot(heading, note, picture, rows[::-1], ("release", "of", _NAMES[figure]))


def _below(runs: Sequence[Release], report: Builtins) -> Iterator[str]:
    """Since which of the releases a threshold is missed."""
    for each in cards.whole(report["gate"]["thresholds"]):
        is_least, bound = each["op"].startswith(">"), each["bound"]
        rates = [getattr(run, each["metric"]) for run in runs] if each["metric"] in _NAMES else []
        missed = [
            rate is not None and (rate.value < bound if is_least else rate.value > bound)
            for rate in rates
        ]
        if missed and missed[-1]:
            met = [place for place, is_missed in enumerate(missed) if not is_missed]
            first = met[-1] + 1 if met else 0
            when = "in all of these releases" if not first else f"since {_names(runs)[first]}"
            when = _NEW if first == len(runs) - 1 else when
            word = f"{'below' if is_least else 'above'} {bound * 100:g} %"
            yield f"{_NAMES[each['metric']]} {word}: {when}."


def _counted(since: Since, report: Builtins) -> Iterator[str]:
    """How many of the worst items are inconsistent since when."""
    if len(since) > 1:
        worse = report["gate"]["baseline"]["changes"]["worse"]
        of = f"the {len(since)} worst" if worse > len(since) else f"the {len(since)}"
        counts = Counter(since.values()).most_common()
        said = ", ".join(f"{count} {when}" for when, count in counts[:4])
        more = sum(count for _, count in counts[4:])
        others = f", {more} since others" if more else ""
        yield f"Of {of} items that became worse: {said}{others}."
