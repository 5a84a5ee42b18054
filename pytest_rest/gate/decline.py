"""Turns the items of a model's runs, the earliest first, into which figures slowly fall.

Each suite's agreement and accuracies are tested by `statistics.trend`, and all of them together, by
Holm's procedure with half of the weight on agreement, err in at most that share of the models that
have not changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pytest_rest.gate.baseline import JsonObject, judged_item
from pytest_rest.gate.paired_runs import is_consistent, share_right
from pytest_rest.statistics import drop, trend
from pytest_rest.statistics.intervals import CONFIDENCE
from pytest_rest.statistics.trend import Trend
from pytest_rest.terms import COMPARED

RER = "rer"
_READ = ("suite", "id", "style", "digest", "cluster", "verdict")
_Rows = dict[str, list[float | None]]  # by item: its figure in each run


@dataclass(frozen=True, slots=True)
class FigureTrend:
    """How a figure of a suite moves from run to run, and whether it surely falls."""

    suite: str
    figure: str
    trend: Trend
    declines: bool


class ItemHistory:
    """What a model's items were, run after run: as little of the reports as the test needs."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], _Rows] = defaultdict(dict)
        self._runs: dict[str, int] = defaultdict(int)
        self._clusters: dict[str, dict[str, str]] = defaultdict(dict)

    def add(self, entries: Iterable[JsonObject], suites: Collection[str]) -> None:
        """The next run: those of its report's entries that are of these suites."""
        of_item: dict[tuple[str, str], list[JsonObject]] = defaultdict(list)
        for entry in entries:
            if entry["suite"] in suites:
                of_item[entry["suite"], entry["id"]].append(_needed(entry))
        items = [judged_item(*key, records) for key, records in of_item.items()]
        for item in items:
            suite, name = item["suite"], item["id"]
            if "cluster" in item:
                self._clusters[suite][name] = item["cluster"]
            for figure, value in _figures(item) if item["verdict"] != "lost" else ():
                row = self._rows[suite, figure].setdefault(name, [])
                row += [None] * (self._runs[suite] - len(row))
                row.append(value)
        for suite in suites:
            self._runs[suite] += 1

    def trends(self, error: float = 1 - CONFIDENCE) -> list[FigureTrend]:
        """Each figure's trend, where the runs are enough; suite by suite, agreement first."""
        measured: dict[tuple[str, str], Trend] = {}
        for (suite, figure), rows in sorted(self._rows.items(), key=lambda known: _place(known[0])):
            whole = [row + [None] * (self._runs[suite] - len(row)) for row in rows.values()]
            clusters = [self._clusters[suite].get(name, "") for name in rows]
            if moved := trend.measure(whole, clusters):
                measured[suite, figure] = moved
        number = {key: f"{place}" for place, key in enumerate(measured)}
        others = sum(figure != RER for _, figure in measured)
        weights = {
            number[key]: 0.5 / (others if key[1] != RER else len(measured) - others)
            for key in measured
        }
        p = {
            number[key]: moved.adjusted if moved.p_runs < error else 1.0
            for key, moved in measured.items()
        }
        falls = drop.holm(p, weights, error)
        return [FigureTrend(*key, moved, number[key] in falls) for key, moved in measured.items()]


def _figures(item: JsonObject) -> Iterator[tuple[str, float]]:
    yield RER, float(is_consistent(item))
    for mode in COMPARED:
        if (share := share_right(mode, item)) is not None:
            yield f"accuracy.{mode}", share


def _needed(entry: JsonObject) -> JsonObject:
    """An entry without what a model wrote, of which one run may have a hundred megabytes."""
    answers = {
        mode: {key: answer[key] for key in ("value", "correct")}
        for mode, answer in entry["answers"].items()
    }
    return {**{key: entry[key] for key in _READ if key in entry}, "answers": answers}


def _place(key: tuple[str, str]) -> tuple[str, bool, int]:
    suite, figure = key
    mode = figure.partition(".")[2]
    return suite, figure != RER, COMPARED.index(mode) if mode else 0
