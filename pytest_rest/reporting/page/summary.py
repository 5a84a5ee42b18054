"""Turns report.json's metrics into the figures that its page shows."""

from itertools import compress

from pytest_rest.reporting import markdown
from pytest_rest.reporting.page import plots
from pytest_rest.reporting.page.items import Builtins

_COLUMNS = {
    **markdown.RATES,
    "ocr_correct_rate": "OCR-correct",
    "noise_floor": "agrees with itself",
}
_SUBSETS = {"all": "", "ocr_correct": ", OCR-correct"}


def headline(report: Builtins) -> str | None:
    """The suite that the headline is of, or `mean`.

    None where all that was asked has figures of its own: RH-Bench, or the hunt's examples.
    """
    scope = next(iter(plots.scopes(report["metrics"])), None)
    items = any(metrics["all"]["items"] for metrics in report["metrics"].values())
    has_others = any(map(report.get, ("rh_auc", "fuzz")))
    return None if has_others and not items and not report["lost"] else scope


def rates(report: Builtins) -> tuple[list[str], list[list[str]]]:
    """Head and rows: every rate of every suite and over all of them, without empty columns."""
    metrics, rows = report["metrics"], []
    names = [*plots.scopes(metrics), *(["pooled"] if len(metrics) > 3 else [])]
    modes = list(metrics["pooled"]["all"]["accuracy"]) if "pooled" in metrics else []
    for name in names:
        for subset, suffix in _SUBSETS.items():
            counted = metrics[name][subset]
            known = [counted.get(rate) for rate in _COLUMNS]
            known += [counted["accuracy"].get(mode) for mode in modes]
            cells = ["-" if rate is None else plots.share("", rate).said for rate in known]
            rows.append((f"{name}{suffix}", f"{counted['items']:,}", *cells))
    head = ["per cent [95%]", "items", *_COLUMNS.values(), *modes]
    kept = [not place or any(row[place] != "-" for row in rows) for place in range(len(head))]
    return [*compress(head, kept)], [[*compress(row, kept)] for row in rows]


def suites(report: Builtins) -> str:
    """Each suite with the number of items that were asked."""
    said = []
    for suite in report["provenance"]["suites"]:
        rate = report["metrics"].get(suite["name"], {}).get("all", {}).get("rer") or {}
        number = rate.get("n_clusters")
        clusters = f" in {number:,} clusters" if number else ""
        said.append(f"{suite['name']} ({suite['items']:,} items{clusters})")
    return ", ".join(said)
