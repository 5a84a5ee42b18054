"""Turns reports into a table as REST's paper has it: a model's RER, CFR and OCR-correct by suite.

RER and CFR are of the OCR-correct items, in per cent, with 95 % intervals and n; in bold is the
best of a column. Markdown and LaTeX (with booktabs).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pytest_rest.metrics import LOWER_IS_BETTER
from pytest_rest.reporting.markdown import escape
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate, to_rate

Format = Literal["markdown", "latex"]
_METRICS = {"rer": "RER", "cfr": "CFR", "ocr_correct_rate": "OCR-correct"}
_SPECIAL = re.compile(r"[\\{}$&#%_~^<>|\"]")
_WORDS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_WORDS |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}"}
_Cells = Sequence[str]
Reports = Sequence[Mapping[str, Any]]


def lines(reports: Reports, form: Format) -> Iterator[str]:
    """The table's lines; KeyError or TypeError for what lacks a report's figures."""
    scopes = _scopes(reports)
    rates = [_figures(report, scopes) for report in reports]
    best = [_best(column, values) for column, values in _by_column(scopes, rates)]
    named = [str(report["provenance"]["model"]) for report in reports]
    yield from (_markdown if form == "markdown" else _latex)(scopes, named, rates, best)


def _scopes(reports: Reports) -> list[str]:
    """The suites that any of the reports has, and their mean where one has several."""
    suites = [name for report in reports for name in report["metrics"]]
    names = [name for name in dict.fromkeys(suites) if name not in ("mean", "pooled")]
    return [*names, *(["mean"] if len(names) > 1 else [])]


def _columns(scopes: Sequence[str]) -> list[tuple[str, str]]:
    return [(scope, metric) for scope in scopes for metric in _METRICS]


def _by_column(
    scopes: Sequence[str], rates: Sequence[Sequence[Rate | None]]
) -> Iterator[tuple[tuple[str, str], list[Rate | None]]]:
    columns = _columns(scopes)
    return ((column, [row[place] for row in rates]) for place, column in enumerate(columns))


def _figures(report: Mapping[str, Any], scopes: Sequence[str]) -> list[Rate | None]:
    """A row; without the mean, where the report lacks a suite that others have."""
    is_whole = {*scopes} <= {*report["metrics"]}
    columns = _columns(scopes)
    return [_rate(report, *each) if is_whole or each[0] != "mean" else None for each in columns]


def _rate(report: Mapping[str, Any], scope: str, metric: str) -> Rate | None:
    """One figure of a report; OCR-correct is a share of all items, the others are of these."""
    subset = "all" if metric == "ocr_correct_rate" else "ocr_correct"
    return to_rate(report["metrics"].get(scope, {}).get(subset, {}).get(metric))


def _best(column: tuple[str, str], values: Sequence[Rate | None]) -> str | None:
    """The best figure as it is shown; None where there is nothing to choose from."""
    known = [rate.value for rate in values if rate]
    if len(known) < 2:
        return None
    return _percent((min if column[1] in LOWER_IS_BETTER else max)(known))


def _markdown(
    scopes: Sequence[str],
    named: Sequence[str],
    rates: Sequence[Sequence[Rate | None]],
    best: Sequence[str | None],
) -> Iterator[str]:
    heads = [f"{escape(scope)} {_METRICS[metric]}" for scope, metric in _columns(scopes)]
    yield _row(["model", *heads])
    yield _row(["---", *("---:" for _ in heads)])
    for name, row in zip(named, rates, strict=True):
        cells = map(lambda rate, top: _cell(rate, top, "**{}**".format, "{}".format), row, best)
        yield _row([escape(name), *cells])


def _row(cells: _Cells) -> str:
    return f"| {' | '.join(cells)} |"


def _latex(
    scopes: Sequence[str],
    named: Sequence[str],
    rates: Sequence[Sequence[Rate | None]],
    best: Sequence[str | None],
) -> Iterator[str]:
    width = len(_METRICS)
    yield f"\\begin{{tabular}}{{l{'r' * width * len(scopes)}}}"
    yield r"\toprule"
    spans = (f"\\multicolumn{{{width}}}{{c}}{{{_tex(scope)}}}" for scope in scopes)
    yield f"& {' & '.join(spans)} \\\\"
    yield f"Model & {' & '.join([*_METRICS.values()] * len(scopes))} \\\\"
    yield r"\midrule"
    for name, row in zip(named, rates, strict=True):
        small = r"{{\scriptsize {}}}".format
        cells = map(lambda rate, top: _cell(rate, top, r"\textbf{{{}}}".format, small), row, best)
        yield f"{_tex(name)} & {' & '.join(cells)} \\\\"
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _cell(
    rate: Rate | None, best: str | None, bold: Callable[[str], str], small: Callable[[str], str]
) -> str:
    if rate is None:
        return "--"
    value = _percent(rate.value)
    interval = ""
    if rate.low is not None and rate.high is not None:
        interval = f"[{_percent(rate.low)}, {_percent(rate.high)}], "
    return f"{bold(value) if value == best else value} {small(f'{interval}n = {rate.n}')}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _tex(text: str) -> str:
    """Text that LaTeX shows as it is."""
    return _SPECIAL.sub(lambda match: _WORDS.get(match[0], f"\\{match[0]}"), shown(text, 300))
