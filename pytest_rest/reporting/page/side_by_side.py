"""Turns the reports of several models into one page that has them side by side.

The models are in the order in which they are named; all of them were asked the same, or the page
is refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pytest_rest import wording
from pytest_rest.errors import BaselineError
from pytest_rest.gate import several_runs
from pytest_rest.gate.several_runs import PairDifference, SeveralRuns
from pytest_rest.reporting import markdown
from pytest_rest.reporting import several_runs as several
from pytest_rest.reporting.page import layout, plots, summary
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.svg import IntervalRow, Plot
from pytest_rest.safe_text import shown
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.terms import Rate

Named = Mapping[str, Builtins]  # reports by the models' names
_FIGURES = (
    ("rer", "all", "RER by model", "Items whose forms all agree."),
    (
        "rer",
        "ocr_correct",
        "RER by model, OCR-correct",
        "The same, of the items that were read right.",
    ),
    ("cfr", "all", "CFR by model", "Of the items right in some form, those wrong in another."),
    ("mmc", "all", "MMC by model", "Items right in at least one form."),
)
RATES = {**markdown.RATES, "ocr_correct_rate": "OCR-correct"}
_INTERVALS = "Intervals at 95 %; what was compared was asked of every model."


def text(runs: Mapping[str, Builtins]) -> str:
    """The page, of reports by the paths they were read from.

    `BaselineError` where two of them were asked of different items, or one cannot be read.
    """
    compared = several_runs.compare(runs)
    old = next(iter(runs.values()))
    try:
        models = [str(report["provenance"]["model"]) for report in runs.values()]
        often = Counter(models)  # of a model that is there twice the path tells which
        pairs = zip(models, runs.items(), strict=True)
        reports = {m if often[m] == 1 else f"{m} ({path})": report for m, (path, report) in pairs}
        about = old["provenance"]
        how = f"seed {about['seed']}, {about['protocol']}"
        how = "stored answers, nothing was asked" if about.get("stored") else how
        asked = f"{summary.suites(old)}; {how}"
        return layout.render(
            "side_by_side.html",
            kind="REST, side by side",
            heading=" · ".join(reports),
            asked=f"{asked}; {', '.join(about['modes'])}",
            in_styles=several.styles(compared),
            plots=[*_plots(reports, compared), *_pair_plots([*reports], compared)],
            rates=[] if compared.other_styles else [*_rates(reports)],
            pairs=[*_pairs([*reports], compared)],
            pairs_head=["", "B", "less A", "items", "points [95%]", "worse", "better", "p", "Holm"],
            alone=[
                (model, *(several.alone(getattr(compared, name)[place]) for name in several.ALONE))
                for place, model in enumerate(reports)
            ],
            alone_head=["model", *several.ALONE.values()],
            head=["model", "suite", *RATES.values()],
            version=about["version"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(
            f"a report cannot be read: {type(error).__name__} {shown(str(error))}; name the runs"
        ) from None


def _plots(runs: Named, compared: SeveralRuns) -> Iterator[Plot]:
    scopes = {model: _scope(report, compared) for model, report in runs.items()}
    for metric, subset, heading, note in _FIGURES:
        rows = [
            plots.share(model, scope[subset][metric])
            for model, scope in scopes.items()
            if subset in scope
        ]
        yield from plots.dots(heading, f"{note} {_INTERVALS}", rows)
    accuracy = {model: s["all"]["accuracy"] for model, s in scopes.items() if "all" in s}
    note = f"The share of right answers to each form. {_INTERVALS}"
    yield from plots.dots("Accuracy by form and model", note, [*_grouped(accuracy)])
    shared = {*compared.styles}
    styles = {
        model: {s: metrics["rer"] for s, metrics in report["styles"].items() if s in shared}
        for model, report in runs.items()
    }
    if any(len(asked) > 1 for asked in styles.values()):
        rows = [*_grouped(styles)]
        yield from plots.dots("RER by style and model", _INTERVALS, rows)


def _grouped(rates: Mapping[str, Mapping[str, Builtins | None]]) -> Iterator[IntervalRow]:
    """For each mode or style a heading, and below it each model's rate."""
    for name in dict.fromkeys(name for known in rates.values() for name in known):
        yield IntervalRow(name, None, "", "head")
        yield from (plots.share(model, known.get(name)) for model, known in rates.items())


def _rates(runs: Named) -> Iterator[Sequence[str]]:
    """Every suite's rates of every model."""
    for model, report in runs.items():
        for scope in plots.scopes(report["metrics"]):
            metrics = report["metrics"][scope]["all"]
            rates = [metrics.get(name) for name in RATES]
            yield model, scope, *(plots.share("", rate).said for rate in rates)


def _pair_plots(names: Sequence[str], compared: SeveralRuns) -> Iterator[Plot]:
    """A forest plot of each two models' differences, of agreement and of failures."""
    for name in ("rer", "cfr"):
        rows = [
            IntervalRow(
                f"{names[each.other]} less {names[each.one]}",
                Rate(each.change.value, each.change.low, each.change.high, each.change.n),
                f"{several.change(each)}, n = {each.change.n}",
                _kind(each, name),
            )
            for each in compared.differences.get(name, ())
            if each.change.value is not None
        ]
        note = "Paired by item, in points, with intervals at 95 % each. What has a colour differs "
        note += "surely, by McNemar's test and Holm's for all pairs together."
        heading = f"{wording.metric(name)}: each two models"
        yield from plots.dots(heading, note, rows, plots.around_zero(rows))


def _kind(each: PairDifference, name: str) -> str:
    if each.p_adjusted >= 1 - CONFIDENCE:
        return ""
    return "bad" if ((each.change.value or 0) < 0) != (name == "cfr") else "good"


def _pairs(names: Sequence[str], compared: SeveralRuns) -> Iterator[Sequence[str]]:
    for name, differences in compared.differences.items():
        for each in differences:
            moved = each.change
            counts = f"{moved.n:,}", several.change(each), f"{moved.worse:,}", f"{moved.better:,}"
            pair = wording.metric(name), names[each.other], names[each.one]
            yield *pair, *counts, f"{each.p:.2g}", f"{each.p_adjusted:.2g}"


def _scope(report: Builtins, compared: SeveralRuns) -> Builtins:
    """The headline's metrics: the mean over suites, or those of the one there is.

    Where some models were asked in more styles, those of the one style that all share, or none.
    """
    if compared.other_styles:
        (style, *more) = compared.styles
        return {} if more else {"all": report["styles"][style]}
    metrics: Builtins = report["metrics"][plots.scopes(report["metrics"])[0]]
    return metrics
