"""Turns the reports of several models into one page that has them side by side.

The models are in the order in which they are named; all of them were asked the same, or the page
is refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline
from pytest_rest.reporting import markdown
from pytest_rest.reporting.page import layout, plots, summary
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.reporting.page.svg import IntervalRow, Plot
from pytest_rest.safe_text import shown

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
    (first, old), *rest = runs.items()
    for path, report in rest:
        if reasons := baseline.refusal(old, report):
            raise BaselineError(f"{path!r} cannot stand beside {first!r}: {'; '.join(reasons)}")
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
            plots=[*_plots(reports)],
            rates=[*_rates(reports)],
            head=["model", "suite", *RATES.values()],
            version=about["version"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BaselineError(
            f"a report cannot be read: {type(error).__name__} {shown(str(error))}; name the runs"
        ) from None


def _plots(runs: Named) -> Iterator[Plot]:
    for number, (metric, subset, heading, note) in enumerate(_FIGURES):
        rows = [
            plots.share(model, _scope(report)[subset][metric]) for model, report in runs.items()
        ]
        yield from plots.dots(f"models-{number}", heading, f"{note} {_INTERVALS}", rows)
    accuracy = {model: _scope(report)["all"]["accuracy"] for model, report in runs.items()}
    note = f"The share of right answers to each form. {_INTERVALS}"
    yield from plots.dots("models-modes", "Accuracy by mode and model", note, [*_grouped(accuracy)])
    styles = {
        model: {style: metrics["rer"] for style, metrics in report["styles"].items()}
        for model, report in runs.items()
    }
    if any(len(asked) > 1 for asked in styles.values()):
        rows = [*_grouped(styles)]
        yield from plots.dots("models-styles", "RER by style and model", _INTERVALS, rows)


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


def _scope(report: Builtins) -> Builtins:
    """The headline's metrics: the mean over suites, or those of the one there is."""
    metrics: Builtins = report["metrics"][plots.scopes(report["metrics"])[0]]
    return metrics
