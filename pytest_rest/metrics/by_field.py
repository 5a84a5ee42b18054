"""Turns records whose answers have fields into the records of one field, and says where it flips.

A field is another reading of the same answers: its records have the field's value in the place of
the whole answer's, so that every metric of records is one of fields. Where the forms of a record do
not agree in a field, those flip that have another value than most, or than the first form where no
two agree; a form without a value flips.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pytest_rest.metrics import Metrics, Subset, Table, compute_subsets
from pytest_rest.metrics.agreement import by_item, compared
from pytest_rest.scoring import agree
from pytest_rest.terms import COMPARED, Answer, Mode, Outcome, Record, Verdict


@dataclass(frozen=True)
class FieldFigures:
    """A field's metrics, and in how many items it flips in each mode."""

    metrics: Mapping[Subset, Metrics]
    flips: Mapping[Mode, int]

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        subsets = {subset: each.to_builtins() for subset, each in self.metrics.items()}
        return {"metrics": subsets, "flips": dict(self.flips)}


def names(records: Iterable[Record]) -> list[str]:
    """The fields that answers have, as items have them."""
    answers = (answer for record in records for answer in record.verdict.answers.values())
    return list(dict.fromkeys(name for answer in answers for name in answer.fields))


def of_field(records: Iterable[Record], name: str) -> list[Record]:
    """The records of items that have a field, with its values as their answers."""
    return [_of_field(record, name) for record in records if name in names([record])]


def measure(records: Sequence[Record]) -> dict[str, FieldFigures]:
    """The figures of each field; the records are those of items without a lost one."""
    return {name: _figures(of_field(records, name)) for name in names(records)}


def tables(records: Sequence[Record], asked: Iterable[str]) -> Table:
    """The metrics of the fields that are asked for, by name."""
    found = {name: of_field(records, name) for name in asked}
    return {name: compute_subsets(listed) for name, listed in found.items() if listed}


def flips(verdict: Verdict) -> dict[str, list[Mode]]:
    """The fields in which an item's forms do not agree, and the forms that flip."""
    if verdict.lost or not any(answer.fields for answer in verdict.answers.values()):
        return {}
    answers = [verdict.answers[mode] for mode in COMPARED if mode in verdict.answers]
    known = dict.fromkeys(name for answer in answers for name in answer.fields)
    found = {name: _flipping([_alone(answer, name) for answer in answers]) for name in known}
    return {name: flipping for name, flipping in found.items() if flipping}


def _of_field(record: Record, name: str) -> Record:
    verdict = record.verdict
    answers = {mode: _alone(answer, name) for mode, answer in verdict.answers.items()}
    repeats = {m: tuple(_alone(a, name) for a in more) for m, more in verdict.repeats.items()}
    agrees = agree(answer.value for mode, answer in answers.items() if mode in COMPARED)
    outcome: Outcome = "consistent" if agrees else "inconsistent"
    outcome = verdict.outcome if verdict.lost else outcome
    judged = replace(verdict, outcome=outcome, answers=answers, repeats=repeats, steps=())
    return replace(record, verdict=judged, own={}, choices=0)


def _alone(answer: Answer, name: str) -> Answer:
    field = answer.fields.get(name, {"value": None, "correct": False})
    return replace(answer, value=field["value"], correct=field["correct"], fields={})


def _figures(records: Sequence[Record]) -> FieldFigures:
    items = [{m for r in group for m in _flipping(compared(r))} for group in by_item(records)]
    counts = Counter(mode for flipping in items for mode in flipping)
    return FieldFigures(compute_subsets(records), {m: counts[m] for m in COMPARED if m in counts})


def _flipping(answers: Sequence[Answer]) -> list[Mode]:
    """The forms that flip, by their answers in one field."""
    if agree(answer.value for answer in answers):
        return []
    values = [answer.value for answer in answers if answer.value is not None]
    usual, most = Counter(values).most_common(1)[0] if values else (None, 0)
    usual = usual if most > 1 or not values else values[0]
    return [answer.mode for answer in answers if answer.value is None or answer.value != usual]
