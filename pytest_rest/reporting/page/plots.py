"""Turns report.json's content into the plots of its page, each with its figures as a table.

A plot that has nothing to show is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pytest_rest.metrics.published_rows import SOURCE
from pytest_rest.reporting.page import svg
from pytest_rest.reporting.page.svg import Plot, Point, Row, Tick
from pytest_rest.reporting.terminal.tables import percent, signed
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate

Builtins = Mapping[str, Any]
SHARES: tuple[Tick, ...] = ((0, "0 %"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1, "100"))
_MEANS = ("mean", "pooled")
_MOST = 60  # rows of one plot; what is beyond is in its table
_MOST_TABLE = 400


def of(report: Builtins) -> Iterator[Plot]:
    """Every plot of a run that has something to show, the ones that explain most first."""
    yield from _effects(report)
    yield from _styles(report)
    yield from _modes(report)
    yield from _flips(report)
    yield from _published(report)
    yield from _tokens(report)


def dots(
    name: str, heading: str, note: str, rows: Sequence[Row], ticks: Sequence[Tick] = SHARES
) -> Iterator[Plot]:
    """A plot of dots with intervals, where any row has a value."""
    if any(row.value is not None for row in rows):
        more = f" The first {_MOST} of {len(rows)}." if len(rows) > _MOST else ""
        picture = svg.dots(name, heading, rows[:_MOST], ticks, [0.0] if ticks[0][0] < 0 else [])
        figures = [(row.label, row.said) for row in rows[:_MOST_TABLE]]
        yield Plot(heading, note + more, picture, figures)


def share(label: str, rate: Builtins | None, kind: str = "", href: str = "") -> Row:
    """A row of a rate in per cent, with its n."""
    if rate is None:
        return Row(label, None, None, None, "undefined", kind, href)
    found = Rate(rate["value"], rate["low"], rate["high"], rate["n"])
    said = f"{percent(found)}, n = {found.n}"
    return Row(label, found.value, found.low, found.high, said, kind, href)


def strip(name: str, row: Row, marks: Sequence[float]) -> str:
    """One row without its words, against the bounds that it is held to."""
    return svg.strip(name, row, SHARES, marks)


def scopes(metrics: Builtins) -> list[str]:
    """The suites, and what is over all of them where there are several; the headline first."""
    suites = [name for name in metrics if name not in _MEANS]
    return suites if len(suites) == 1 else [name for name in ("mean", *suites) if name in metrics]


def _effects(report: Builtins) -> Iterator[Plot]:
    """A forest plot for what accuracy changes by, and one for agreement."""
    here = [each for each in report["effects"] if each["subset"] == "all"]
    names = {(each["characteristic"], each["value"]) for each in here}
    apart = {"style"} | ({"color"} if ("color", "any") in names else set())
    known = [e for e in here if e["characteristic"] not in apart or e["value"] == "any"] or here
    notes = {
        "accuracy": "Change in the share of right answers to the forms with a picture",
        "agreement": "Change in the share of items whose forms all agree",
    }
    for measure, what in notes.items():
        found = [each for each in known if each[measure] is not None]
        rows = sorted((_effect(each, measure) for each in found), key=lambda row: row.value or 0.0)
        reach = max(
            [abs(v) for r in rows for v in (r.value, r.low, r.high) if v is not None] or [0]
        )
        reach = next(each for each in (0.1, 0.25, 0.5, 1.0) if reach <= each or each == 1.0)
        ticks = [(x * reach, f"{signed(x * reach)}") for x in (-1.0, -0.5, 0.0, 0.5, 1.0)]
        yield from dots(
            f"effect-{measure}",
            f"What each visual characteristic does to {measure}",
            f"{what}, against the default style; in points, with intervals at 95 %. Left is worse; "
            "what does not cross the middle is clear. Follow a name to the items that it is about.",
            rows,
            ticks,
        )


def _effect(effect: Builtins, measure: str) -> Row:
    found = effect[measure]
    value, low, high = (found[name] for name in ("value", "low", "high"))
    label = shown(f"{effect['characteristic'].removesuffix('_pt')} {effect['value']}")
    said = f"{signed(value)} [no spread]"
    if low is not None and high is not None:
        low, high = max(low, -1.0), min(high, 1.0)  # no two shares are further apart
        said = f"{signed(value)} [{signed(low)}, {signed(high)}]"
    clear = value and (low is None or high is None or not low <= 0 <= high)
    kind = ("bad" if value < 0 else "good") if clear and found["n"] > 1 else ""
    href = f"#look={quote(label, safe='')}&verdict=inconsistent"
    return Row(label, value, low, high, f"{said}, n = {found['n']}", kind, href)


def _styles(report: Builtins) -> Iterator[Plot]:
    styles = report["styles"]
    if len(styles) < 2:
        return
    rows = [
        share(style, metrics["rer"], href=f"#look={quote(style, safe='')}&verdict=inconsistent")
        for style, metrics in ((shown(name), found) for name, found in styles.items())
    ]
    rows.sort(key=lambda row: -1.0 if row.value is None else row.value)
    note = "The share of items whose forms agree, in each style by itself, with intervals at 95 %."
    yield from dots("styles", "RER by style", note, rows)


def _modes(report: Builtins) -> Iterator[Plot]:
    metrics = report["metrics"]
    names = scopes(metrics)
    rows = [
        share(mode if len(names) == 1 else f"{mode}: {name}", rate)
        for name in names
        for mode, rate in metrics[name]["all"]["accuracy"].items()
    ]
    note = "The share of right answers to each form, with intervals at 95 %."
    yield from dots("modes", "Accuracy by mode", note, rows)


def _flips(report: Builtins) -> Iterator[Plot]:
    baseline = report["gate"]["baseline"]
    known = [each for each in baseline["checks"] if "worse" in each] if baseline else []
    rows = [(str(c["name"]), len(c["worse"]), len(c["better"])) for c in known]
    if not rows:
        return
    figures = [
        (name, f"{worse} worse, {better} better, of {check['n']}; p = {check['p']:.2g}")
        for (name, worse, better), check in zip(rows, known, strict=True)
    ]
    heading = "Items that changed since the baseline"
    note = "Paired by item; p is McNemar's exact test, of one side."
    yield Plot(heading, note, svg.bars("flips", heading, rows), figures)


def _published(report: Builtins) -> Iterator[Plot]:
    found = report["published"]
    if not found:
        return
    rows = []
    for row in found["rows"]:
        if row["this_run"]:
            rows.append(share(f"{row['model']} (this run)", found["this_run"]["rer"], "own"))
        else:
            rows.append(Row(row["model"], row["rer"], None, None, f"{row['rer'] * 100:.1f}"))
    note = f"RER on OCR-correct items. {SOURCE}: mean of 4 data sets. Differs: {found['differs']}."
    yield from dots("published", "Among REST's published models", note, rows)


def _tokens(report: Builtins) -> Iterator[Plot]:
    metrics = report["metrics"].get("pooled", {}).get("all", {})
    tokens, accuracy = metrics.get("tokens") or {}, metrics.get("accuracy") or {}
    points = [
        Point(mode, used["input"], rate["value"], rate["low"], rate["high"])
        for mode, used in tokens.items()
        if used and (rate := accuracy.get(mode)) and rate["low"] is not None
    ]
    if not points:
        return
    most = max(point.x for point in points)
    ticks = [(most * share, f"{most * share:,.0f}") for share in (0.0, 0.5, 1.0)]
    heading = "Accuracy against tokens sent"
    figures = [
        (
            p.label,
            f"{p.y * 100:.1f} %, {p.x:,.0f} tokens sent, {tokens[p.label]['output']:,.0f} back",
        )
        for p in points
    ]
    note = "Mean tokens that the endpoint reports for a prompt of each mode, over all items."
    yield Plot(heading, note, svg.scatter("tokens", heading, points, ticks), figures)
