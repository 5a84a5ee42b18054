"""Turns the figures of tags into lines of text for a terminal."""

from collections.abc import Iterator, Mapping

from pytest_rest.metrics import Metrics
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import figures
from pytest_rest.reporting.terminal.figures import cut, first, percent
from pytest_rest.safe_text import shown

HEADING = "of each tag"
SHOWN = 20
_NAME_WIDTH = 34


def lines(report: Report) -> Iterator[str]:
    """RER and CFR of each tag, the least consistent first; nothing where no item has one."""
    tags = [*worst_first(report.tags, report.table["pooled"]["all"].items).items()]
    if tags:
        head = f"{HEADING}, per cent [95%]"
        yield f"{head:<{_NAME_WIDTH}}{'items':>6} {'RER':<19} CFR"
        yield from first(tags, SHOWN, lambda tag: _row(*tag))


def worst_first(tags: Mapping[str, Metrics], items: int) -> dict[str, Metrics]:
    """The tags by their RER, the lowest first; those of all `items` say what the run does."""
    some = {tag: metrics for tag, metrics in tags.items() if metrics.items < items}
    return {tag: tags[tag] for tag in figures.worst_first(some, lambda metrics: metrics.rer)}


def _row(tag: str, metrics: Metrics) -> str:
    name = cut(shown(tag, 100), _NAME_WIDTH - 1)
    rer, cfr = percent(metrics.rer), percent(metrics.cfr)
    return f"{name:<{_NAME_WIDTH}}{metrics.items:>6} {rer:<19} {cfr}"
