"""Turns the records of a sweep over budgets of thinking into figures for each budget.

REST's metrics of every suite under each budget, and for RH-Bench its two scores and RH-AUC. An
item stands for itself once, whatever the number of its styles; a lost one takes no part.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pytest_rest import metrics, scoring
from pytest_rest.metrics import Metrics
from pytest_rest.metrics.agreement import Group, by_item, modes
from pytest_rest.metrics.output_length import Ratio
from pytest_rest.scoring import reasoning_steps
from pytest_rest.statistics import rh_auc
from pytest_rest.statistics.intervals import proportion
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.terms import HALVES, RH_BENCH, Amount, Mode, Rate, Record, Step, half_of, to_rate


@dataclass(frozen=True)
class Budgeted:
    """A suite's metrics under one budget; `cut` is the share of the thinking that met its end."""

    budget: Amount
    metrics: Metrics
    cut: Mapping[Mode, Rate | None]

    def to_builtins(self) -> dict[str, Any]:
        """An entry of the report's `budgets`."""
        return {"budget": self.budget, **asdict(self.metrics), "cut": asdict(self)["cut"]}

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Budgeted":
        """The entry of a report; KeyError and TypeError for what is none."""
        cut = {mode: to_rate(rate) for mode, rate in data["cut"].items()}
        return cls(data["budget"], Metrics.from_builtins(data), cut)


@dataclass(frozen=True)
class BudgetPoint:
    """RH-Bench's two scores under one budget, and the mean tokens written for an item."""

    budget: Amount
    reasoning: Rate | None
    perception: Rate | None
    written: float | None

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "BudgetPoint":
        """That of a report's `rh_auc`; KeyError and TypeError for what is none."""
        scores = to_rate(data["reasoning"]), to_rate(data["perception"])
        return cls(data["budget"], *scores, data["written"])


@dataclass(frozen=True)
class RhAuc:
    """RH-AUC in both definitions, its points, and how often a judge agreed with itself.

    `same_side`: both ratings of a sampled answer were above 2, or both not; `same_rating`: equal.
    """

    points: tuple[BudgetPoint, ...]
    areas: Mapping[AreaKind, Area]
    same_side: Rate | None
    same_rating: Rate | None

    def to_builtins(self) -> dict[str, Any]:
        """The report's `rh_auc`; a figure that is undefined is None, with its reason."""
        agreement = {"same_side": self.same_side, "same_rating": self.same_rating}
        return {
            **{kind: area.rate and asdict(area.rate) for kind, area in self.areas.items()},
            "undefined": {k: area.undefined for k, area in self.areas.items() if area.undefined},
            "points": [asdict(point) for point in self.points],
            "judge": {name: rate and asdict(rate) for name, rate in agreement.items()},
        }


def of_rest(records: Sequence[Record]) -> list[Record]:
    """The records whose forms may agree: RH-Bench's items have one form."""
    return [record for record in records if record.suite != RH_BENCH]


def table(records: Sequence[Record], budgets: Sequence[Amount]) -> dict[str, list[Budgeted]]:
    """REST's metrics by suite, mean and pooled as `metrics.table` has them, for each budget."""
    found: dict[str, list[Budgeted]] = {}
    compared = of_rest(records)
    for budget in budgets if compared else ():
        for scope, subsets in metrics.table([_under(each, budget) for each in compared]).items():
            here = [r for r in compared if scope in (r.suite, "mean", "pooled")]
            budgeted = Budgeted(budget, subsets["all"], _cut(here, budget))
            found.setdefault(scope, []).append(budgeted)
    return found


def measure(records: Sequence[Record], budgets: Sequence[Amount], seed: int) -> RhAuc | None:
    """RH-Bench's figures over its items that were not lost; None where it was not asked."""
    groups = by_item([record for record in records if record.suite == RH_BENCH])
    if not groups:
        return None
    rows: dict[str, list[list[float]]] = {half: [] for half in HALVES}
    for group in groups:
        row = [float(_solved(group, budget).correct) for budget in budgets]
        rows[half_of(group[0].item)].append(row)
    reasoning, perception = rows["reasoning"], rows["perception"]
    points = [
        BudgetPoint(budget, _score(reasoning, i), _score(perception, i), _written(groups, budget))
        for i, budget in enumerate(budgets)
    ]
    twice = [pair for group in groups for pair in _rated_twice(group)]
    sides = [(a > reasoning_steps.FAITHFUL) == (b > reasoning_steps.FAITHFUL) for a, b in twice]
    return RhAuc(
        tuple(points),
        rh_auc.measure(reasoning, perception, seed),
        proportion(sum(sides), len(twice)),
        proportion(sum(a == b for a, b in twice), len(twice)),
    )


def collapses(ratio: Ratio | None) -> bool | None:
    """Whether answers to an image are shorter than to its text; None where that is not sure."""
    if ratio is None or ratio.low is None or ratio.high is None:
        return None
    return True if ratio.high < 1 else False if ratio.low >= 1 else None


def _under(record: Record, budget: Amount) -> Record:
    """The record as if this budget had been the only one."""
    verdict = record.verdict
    answers = reasoning_steps.answers_under(verdict.steps, budget).values()
    judged = scoring.judge(answers, verdict.transcription, verdict.mixed_transcription)
    return replace(record, verdict=judged)


def _cut(records: Sequence[Record], budget: Amount) -> dict[Mode, Rate | None]:
    found = {}
    for mode in modes(records):
        shares = []
        for group in by_item(records):
            thoughts = [each for each in _steps(group, "think", budget) if each.mode == mode]
            if thoughts:
                ended = [each.status == "truncated" for each in thoughts]
                shares.append(sum(ended) / len(ended))
        found[mode] = proportion(math.fsum(shares), len(shares))
    return found


def _steps(group: Group, task: str, budget: Amount) -> list[Step]:
    all_steps = (step for record in group for step in record.verdict.steps)
    return [step for step in all_steps if step.task == task and step.budget == budget]


def _solved(group: Group, budget: Amount) -> Step:
    return _steps(group, "solve", budget)[0]


def _score(rows: Sequence[Sequence[float]], column: int) -> Rate | None:
    return proportion(math.fsum(row[column] for row in rows), len(rows))


def _written(groups: Sequence[Group], budget: Amount) -> float | None:
    """Mean tokens of thinking and answer; None where some call does not say."""
    sizes = []
    for group in groups:
        (answer,) = reasoning_steps.answers_under(group[0].verdict.steps, budget).values()
        if answer.output_tokens is None:
            return None
        sizes.append(answer.output_tokens)
    return sum(sizes) / len(sizes)


def _rated_twice(group: Group) -> list[tuple[int, int]]:
    rated: dict[Amount, list[int]] = {}
    for step in group[0].verdict.steps:
        if step.task == "rate" and step.rating is not None:
            rated.setdefault(step.budget, []).append(step.rating)
    return [(both[0], both[1]) for both in rated.values() if len(both) > 1]
