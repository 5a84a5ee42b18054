"""Turns the records of a sweep over budgets of thinking into figures for each budget.

REST's metrics of every suite under each budget, and for RH-Bench its two scores and RH-AUC. An item
counts once, whatever the number of its styles; a lost one is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pytest_rest import metrics, scoring
from pytest_rest.metrics import Metrics
from pytest_rest.metrics.agreement import Group, by_item, modes
from pytest_rest.metrics.output_length import Ratio
from pytest_rest.scoring import reasoning_steps
from pytest_rest.statistics import rh_auc
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.terms import (
    HALVES,
    RH_BENCH,
    Amount,
    Mode,
    Rate,
    Record,
    Step,
    Task,
    half_of,
    to_rate,
)


@dataclass(frozen=True)
class Budgeted:
    """A suite's metrics under one budget; `cut` is the share of thinking that was cut short."""

    budget: Amount
    metrics: Metrics
    cut: Mapping[Mode, Rate | None]

    def to_builtins(self) -> dict[str, Any]:
        """An entry of the report's `budgets`."""
        cut = {mode: rate and asdict(rate) for mode, rate in self.cut.items()}
        return {"budget": self.budget, **self.metrics.to_builtins(), "cut": cut}

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Budgeted":
        """From a report's entry; KeyError or TypeError for anything else."""
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
        """From a point of a report's `rh_auc`; KeyError or TypeError for anything else."""
        scores = to_rate(data["reasoning"]), to_rate(data["perception"])
        return cls(data["budget"], *scores, data["written"])


@dataclass(frozen=True)
class RhAuc:
    """RH-AUC in both definitions, its points, and how often the judge agreed with itself.

    `same_side`: both or neither of a sampled answer's ratings were above 2; `same_rating`: equal.
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
    """The records whose forms can agree: RH-Bench's items have one form."""
    return [record for record in records if record.suite != RH_BENCH]


def table(records: Sequence[Record], budgets: Sequence[Amount]) -> dict[str, list[Budgeted]]:
    """REST's metrics by suite, mean and pooled as `metrics.table` has them, for each budget."""
    scopes: dict[str, list[Budgeted]] = {}
    compared = of_rest(records)
    for budget in budgets if compared else ():
        for scope, subsets in metrics.table([_under(each, budget) for each in compared]).items():
            here = [r for r in compared if scope in (r.suite, "mean", "pooled")]
            budgeted = Budgeted(budget, subsets["all"], _cut(here, budget))
            scopes.setdefault(scope, []).append(budgeted)
    return scopes


def measure(records: Sequence[Record], budgets: Sequence[Amount], seed: int) -> RhAuc | None:
    """RH-Bench's figures over its items that were not lost; None if it was not asked."""
    groups = by_item([record for record in records if record.suite == RH_BENCH])
    if not groups:
        return None
    rows: dict[str, list[list[float]]] = {half: [] for half in HALVES}
    for group in groups:
        row = [float(_steps(group, "solve", budget)[0].is_right) for budget in budgets]
        rows[half_of(group[0].item)].append(row)
    reasoning, perception = rows["reasoning"], rows["perception"]
    points = [
        BudgetPoint(
            budget,
            mean_share([row[i] for row in reasoning]),
            mean_share([row[i] for row in perception]),
            _written(groups, budget),
        )
        for i, budget in enumerate(budgets)
    ]
    twice = [pair for group in groups for pair in _rated_twice(group)]
    sides = [(a > reasoning_steps.FAITHFUL) == (b > reasoning_steps.FAITHFUL) for a, b in twice]
    return RhAuc(
        tuple(points),
        rh_auc.measure(reasoning, perception, seed),
        mean_share(sides),
        mean_share([a == b for a, b in twice]),
    )


def collapses(ratio: Ratio | None) -> bool | None:
    """Whether answers to an image are shorter than to its text; None if that is uncertain."""
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
    cut: dict[Mode, Rate | None] = {}
    groups = by_item(records)
    for mode in modes(groups):
        items = [
            [step.status == "truncated" for step in _steps(group, "think", budget, mode)]
            for group in groups
        ]
        cut[mode] = mean_share([sum(ended) / len(ended) for ended in items if ended])
    return cut


def _steps(group: Group, task: Task, budget: Amount, mode: Mode | None = None) -> list[Step]:
    """The steps of one task under a budget, of one mode or of all."""
    wanted = (task, budget)
    all_steps = (step for record in group for step in record.verdict.steps)
    steps = [step for step in all_steps if (step.task, step.budget) == wanted]
    return [step for step in steps if mode in (None, step.mode)]


def _written(groups: Sequence[Group], budget: Amount) -> float | None:
    """Mean tokens of thinking and answer; None if a call does not report them."""
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
