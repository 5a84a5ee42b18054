"""Turns rows of figures into ratios and plain-text tables of at most 100 columns."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from subjects import BARE, PLUGIN, Row

COLUMNS = 100
REFERENCES = (*BARE, "naive")
RATIOS = ("wall", "whole", "span", "cpu_ms", "whole_cpu_ms")
LEGEND = """\
wall    seconds: the whole process; of a bare client from its first request to its last answer,
        with imports and drawing done before: the harder comparison for the plugin
whole   seconds from the start of the process to its end, imports and drawing included, for all
span    seconds from the first request to the last answer, as the endpoint saw it
first   seconds from the start of the process until the endpoint saw a request
CPU     milliseconds of user and system time a request, of the process and all its children, over
        the time of `wall`; w.CPU over the time of `whole`
asks    of that, what the plugin's threads that ask took: its loop and its store
peak    requests in flight at the endpoint, at most; MB is the memory of the whole process tree
eff     requests / concurrency x latency, divided by `wall`"""
RATIO_LEGEND = """\
plugin / reference, each for one request, within one round: below 1 the plugin is faster or cheaper.
The naive plugin's wall is its whole process."""


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and the least and the largest of them."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return _short(self.middle)
        return f"{_short(self.middle)} ({_short(self.low)}-{_short(self.high)})"


@dataclass(frozen=True)
class Ratio:
    """A subject's figure for one request over a reference's."""

    subject: str
    reference: str
    concurrency: int
    figure: str
    value: Spread


def spread(values: Iterable[float]) -> Spread:
    """Their median and range."""
    found = list(values)
    return Spread(median(found), min(found), max(found))


def ratios(rounds: Sequence[Sequence[Row]]) -> list[Ratio]:
    """Each of the plugin's subjects against each reference at its concurrency, round by round."""
    found: dict[tuple[str, str, int, str], list[float]] = defaultdict(list)
    for rows in rounds:
        for row in (row for row in rows if row.subject in PLUGIN):
            for other in (each for each in rows if each.subject in REFERENCES):
                comparable = other.subject == "naive" or other.concurrency == row.concurrency
                if comparable and not row.complaints and not other.complaints:
                    for figure in RATIOS:
                        key = (row.subject, other.subject, row.concurrency, figure)
                        found[key].append(_each(row, figure) / _each(other, figure))
    return [Ratio(*key, spread(values)) for key, values in found.items()]


def figures(rounds: Sequence[Sequence[Row]]) -> str:
    """One line for each subject and concurrency: medians, with the range of wall and CPU."""
    grouped: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in (row for rows in rounds for row in rows):
        grouped[row.concurrency, row.subject].append(row)
    head = ("subject", "C", "wall s", "whole", "span", "first", "CPU ms", "w.CPU", "asks")
    lines: list[tuple[str, ...]] = [(*head, "peak", "MB", "eff")]
    for (concurrency, subject), rows in grouped.items():
        walls, cpus = spread(row.wall for row in rows), spread(row.cpu_ms for row in rows)
        lines.append(
            (
                subject,
                str(concurrency),
                str(walls),
                *(_middle(rows, name) for name in ("whole", "span", "first")),
                str(cpus),
                _middle(rows, "whole_cpu_ms"),
                _middle(rows, "asking_ms"),
                f"{median(row.peak for row in rows):.0f}",
                f"{median(row.memory for row in rows) / 1e6:.0f}",
                f"{median(row.efficiency for row in rows):.2f}",
            )
        )
    return _table(lines)


def compared(found: Sequence[Ratio]) -> str:
    """One line for each subject, reference and concurrency."""
    lines = [("plugin", "C", "reference", "wall", "whole", "span", "CPU", "w.CPU")]
    pairs = sorted(
        {(each.concurrency, each.subject, each.reference) for each in found},
        key=lambda pair: (pair[0], PLUGIN.index(pair[1]), REFERENCES.index(pair[2])),
    )
    for pair in pairs:
        values = [
            str(each.value)
            for each in found
            if (each.concurrency, each.subject, each.reference) == pair
        ]
        wall, whole, span, cpu, whole_cpu = values
        lines.append((pair[1], str(pair[0]), pair[2], wall, whole, span, cpu, whole_cpu))
    return _table(lines)


def _each(row: Row, figure: str) -> float:
    value: float = getattr(row, figure)
    return value if figure.endswith("_ms") else value / row.requests


def _middle(rows: Sequence[Row], figure: str) -> str:
    return _short(median(getattr(row, figure) for row in rows))


def _short(value: float) -> str:
    """Three digits, or a dash."""
    if math.isnan(value):
        return "-"
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}"


def _table(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    gap = "  " if sum(widths) + 2 * len(widths) <= COLUMNS else " "
    return "\n".join(
        gap.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
