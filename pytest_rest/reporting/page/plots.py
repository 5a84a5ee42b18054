"""Turns report.json's content into the plots of its page, each with its figures as a table.

A plot that has nothing to show is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote

from pytest_rest import wording
from pytest_rest.metrics import advice, seen_dpi
from pytest_rest.metrics.published_rows import SOURCE
from pytest_rest.reporting.page import style_grid, svg
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.svg import SHARES, IntervalRow, Marker, Plot, Tick
from pytest_rest.reporting.terminal.figures import points, signed
from pytest_rest.safe_text import shown
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import Rate, to_rate

_MOST = 60  # rows of one plot; what is beyond is in report.json
_SIZE = ", n = "


def of(report: Builtins) -> Iterator[Plot]:
    """Every plot of a run that has something to show, the ones that explain most first."""
    yield from _effects(report)
    yield from _styles(report)
    yield from _modes(report)
    yield from _flips(report)
    yield from _published(report)
    yield from _tokens(report)


def dots(
    heading: str,
    note: str,
    rows: Sequence[IntervalRow],
    ticks: Sequence[Tick] = SHARES,
    is_folded: bool = False,
) -> Iterator[Plot]:
    """A plot of dots with intervals, where any row has a value.

    An n of all rows is said once, and else that of the rows below a heading beside it.
    """
    if any(row.rate for row in rows):
        more = f" The first {_MOST} of {len(rows)}." if len(rows) > _MOST else ""
        if size := _size(rows):
            rows, more = _without(size, rows), f" n = {size} in each row.{more}"
        rows = [row for group in _groups(rows) for row in _sized(group)]
        picture = svg.dots(rows[:_MOST], ticks, [0.0] if ticks[0][0] < 0 else [])
        yield Plot(heading, note + more, picture, is_folded=is_folded)


def _groups(rows: Sequence[IntervalRow]) -> Iterator[Sequence[IntervalRow]]:
    """The rows below each heading, with it."""
    starts = [place for place, row in enumerate(rows) if not (place and row.said)]
    yield from (rows[start:end] for start, end in pairwise([*starts, len(rows)]))


def _sized(rows: Sequence[IntervalRow]) -> Sequence[IntervalRow]:
    """Rows below a heading that has their n, where they share one."""
    head, *others = rows
    if head.said or not (size := _size(others)):
        return rows
    return [replace(head, label=f"{head.label}{_SIZE}{size}"), *_without(size, others)]


def _size(rows: Sequence[IntervalRow]) -> str:
    """The n of two rows or more; empty where they have several."""
    sized = [row for row in rows if row.rate]
    sizes = {row.said.rpartition(_SIZE)[2] if _SIZE in row.said else "" for row in sized}
    return sizes.pop() if len(sizes) == 1 and len(sized) > 1 else ""


def _without(size: str, rows: Sequence[IntervalRow]) -> Sequence[IntervalRow]:
    return [replace(row, said=row.said.removesuffix(_SIZE + size)) for row in rows]


def share(label: str, rate: Builtins | None, kind: str = "", href: str = "") -> IntervalRow:
    """A row of a rate in per cent, with its n."""
    known = to_rate(rate)
    said = wording.rate(known) if known else "undefined"
    return IntervalRow(label, known, said, kind, href)


def scopes(metrics: Builtins) -> list[str]:
    """The suites, and their mean where there are several; the headline first."""
    suites = [name for name in metrics if name not in ("mean", "pooled")]
    return suites if len(suites) == 1 else [name for name in ("mean", *suites) if name in metrics]


def _effects(report: Builtins) -> Iterator[Plot]:
    """A forest plot for what accuracy changes by, and one for agreement."""
    effects = [effect for effect in report["effects"] if effect["subset"] == "all"]
    of = (report.get("advice") or {}).get("looked_at", 1)
    has_any_color = any(e["characteristic"] == "color" and e["value"] == "any" for e in effects)
    apart = {"style", "color"} if has_any_color else {"style"}
    characteristics = [
        e for e in effects if e["characteristic"] not in apart or e["value"] == "any"
    ]
    notes = {
        "accuracy": "Change in the share of right answers to the forms with a picture",
        "agreement": "Change in the share of items whose forms all agree",
    }
    for measure, what in notes.items():
        rows = [
            _effect(effect, measure, of) for effect in characteristics or effects if effect[measure]
        ]
        yield from dots(
            f"What each visual characteristic does to {measure}",
            f"{what}, against the default style; in points, with intervals at 95 % each. Left is "
            f"worse. What has a colour is clear: {advice.FEWEST} items or more, and an interval at "
            f"95 % for all {of} differences together that leaves out zero. Follow a name to the "
            "items that it is about.",
            sorted(rows, key=value),
            around_zero(rows),
        )


def around_zero(rows: Sequence[IntervalRow]) -> list[Tick]:
    """An axis of points that has room for all differences, with 0 in its middle."""
    ends = [end for r in rows if r.rate for end in (r.rate.value, r.rate.low, r.rate.high)]
    furthest = max((abs(end) for end in ends if end is not None), default=0.0)
    reach = next(reach for reach in (0.1, 0.25, 0.5, 1.0) if furthest <= reach or reach == 1.0)
    return [(x * reach, signed(x * reach)) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)]


def _effect(effect: Builtins, measure: str, of: int) -> IntervalRow:
    change = Difference(**effect[measure])
    label = shown(f"{effect['characteristic'].removesuffix('_pt')} {effect['value']}")
    kind = ("bad" if change.value < 0 else "good") if advice.is_clear(change, of) else ""
    said = f"{points(change)}, n = {change.n}"
    seen = effect.get("seen"), effect.get("usual_seen")
    name = label + seen_dpi.against(*seen)
    return IntervalRow(name, change, said, kind, items_of(label))


def items_of(look: str) -> str:
    """The address of the inconsistent items with this look."""
    return f"#look={quote(look, safe='')}&verdict=inconsistent"


def value(row: IntervalRow) -> float:
    """What rows are sorted by: their value, those without one first."""
    return row.rate.value if row.rate else -1.0


def _styles(report: Builtins) -> Iterator[Plot]:
    """The styles in a list, but for those that the heat map has."""
    mapped = {name for styles in style_grid.split(report["styles"]) for name in styles}
    kept = {name: metrics for name, metrics in report["styles"].items() if name not in mapped}
    styles = {name: metrics["rer"] for name, metrics in kept.items()}
    if len(styles) > 1 or (styles and mapped):
        rows = [
            share(f"{shown(name)}{seen(report, name)}", rer, href=items_of(shown(name)))
            for name, rer in styles.items()
        ]
        unknown = (report["provenance"].get("stored") or {}).get("unknown", ())
        word = "format" if "styles" in unknown else "style"
        note = f"The share of items whose forms agree, in each {word} by itself"
        rows.sort(key=value)
        yield from dots(f"RER by {word}", f"{note}, with intervals at 95 %.", rows)


def seen(report: Builtins, name: str) -> str:
    """At which DPI a style was seen, where that is noticeably less than it was drawn at."""
    styles = (report.get("seen") or {}).get("styles", ())
    ends = next(((s["low"], s["high"]) for s in styles if s["style"] == name and s["shrunk"]), None)
    return seen_dpi.words(ends)


def _modes(report: Builtins) -> Iterator[Plot]:
    metrics = report["metrics"]
    names = scopes(metrics)
    rows = [
        share(mode if len(names) == 1 else f"{mode}: {name}", rate)
        for name in names
        for mode, rate in metrics[name]["all"]["accuracy"].items()
    ]
    note = "The share of right answers to each form, with intervals at 95 %."
    yield from dots("Accuracy by form", note, rows)


def _flips(report: Builtins) -> Iterator[Plot]:
    baseline = report["gate"]["baseline"] or {}
    is_shown = bool(baseline.get("changes"))  # with their answers, in a section of its own
    checks = [] if is_shown else [c for c in baseline.get("checks", ()) if "worse" in c]
    rows = [(str(c["name"]), len(c["worse"]), len(c["better"])) for c in checks]
    if rows:
        figures = [
            (name, f"{worse} worse, {better} better, of {check['n']}; p = {check['p']:.2g}")
            for (name, worse, better), check in zip(rows, checks, strict=True)
        ]
        heading = "Items that changed since the baseline"
        note = "Paired by item; p is McNemar's exact test, of one side, that any got worse."
        yield Plot(heading, note, svg.bars("flips", heading, rows), figures)


def _published(report: Builtins) -> Iterator[Plot]:
    standing = report["published"]
    if standing:
        rows = [
            share(f"{row['model']} (this run)", standing["this_run"]["rer"], "own")
            if row["this_run"]
            else IntervalRow(
                row["model"], Rate(row["rer"], None, None, 0), f"{wording.share(row['rer'])} %"
            )
            for row in standing["rows"]
        ]
        source = f"{SOURCE}: mean of 4 data sets. Differs: {standing['differs']}."
        alone = " in REST's own style" if len(report["styles"]) > 1 else ""
        note = f"RER on OCR-correct items{alone}. {source}"
        yield from dots("Among REST's published models", note, rows, is_folded=True)


def _tokens(report: Builtins) -> Iterator[Plot]:
    metrics = report["metrics"].get("pooled", {}).get("all", {})
    used, accuracy = metrics.get("tokens") or {}, metrics.get("accuracy") or {}
    markers = [
        Marker(mode, Rate(tokens["input"], None, None, rate.n), rate)
        for mode, tokens in used.items()
        if tokens and (rate := to_rate(accuracy.get(mode))) and rate.low is not None
    ]
    if markers:
        most = max(marker.x.value for marker in markers)
        ticks = [(most * share, f"{most * share:,.0f}") for share in (0.0, 0.5, 1.0)]
        figures = [
            (
                mode.label,
                f"{wording.rate(mode.y)}, {mode.x.value:,.0f} tokens sent, "
                f"{used[mode.label]['output']:,.0f} back",
            )
            for mode in markers
        ]
        heading = "Accuracy against tokens sent"
        note = "Mean tokens that the endpoint reports for a prompt of each mode, over all items."
        yield Plot(heading, note, svg.scatter("tokens", heading, markers, ticks), figures)
