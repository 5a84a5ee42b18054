"""Turns records into items, each with all its styles, and says whether their forms agree."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from statistics import fmean
from typing import NamedTuple

from pytest_rest.metrics import format_floor, noise_floor
from pytest_rest.metrics.format_floor import InFormats
from pytest_rest.metrics.noise_floor import Agreement
from pytest_rest.scoring import agree
from pytest_rest.statistics import paired
from pytest_rest.terms import COMPARED, OCR_MODES, Answer, Mode, Rate, Record

_KEY = attrgetter("key")


class Answered(NamedTuple):
    """An item's answers in one mode, the mean of its styles; None where that is not known.

    `right` is the share that is, of those that are judged; `is_judged` whether all are. `sent` and
    `written` are tokens.
    """

    right: float | None
    is_judged: bool
    sent: float | None
    written: float | None
    characters: float


class Group(tuple[Record, ...]):
    """The records of one item, one per style; what many figures need of it is worked out once."""

    @cached_property
    def cluster(self) -> str:
        """Its cluster, by suite; empty where it belongs to no other item."""
        return self[0].cluster and f"{self[0].suite}/{self[0].cluster}"

    @cached_property
    def compared(self) -> tuple[Answer, ...]:
        """The answers that are compared, of all its styles."""
        return tuple(answer for record in self for answer in compared(record))

    @cached_property
    def agrees(self) -> bool:
        """Whether its forms agree, in all its styles."""
        return agree(answer.value for answer in self.compared)

    @cached_property
    def rights(self) -> tuple[bool, ...]:
        """Which of its answers are right; none where that is not known of all."""
        known = [answer.correct for answer in self.compared]
        return () if None in known else tuple(map(bool, known))

    @cached_property
    def is_transcribed(self) -> bool:
        """Whether a picture was transcribed in each of its styles."""
        return all(record.verdict.transcriptions for record in self)

    @cached_property
    def is_read_right(self) -> bool:
        """Whether all of its pictures were transcribed without an error."""
        return all(record.verdict.ocr_correct for record in self)

    @cached_property
    def mean_cer(self) -> float:
        """The mean error rate of its transcriptions."""
        return fmean(read.cer or 0.0 for record in self for read in record.verdict.transcriptions)

    @cached_property
    def with_itself(self) -> Agreement | None:
        """How often its answers are equal; None if no form was asked twice."""
        return noise_floor.agreement(self)

    @cached_property
    def in_formats(self) -> InFormats:
        """Its values by format."""
        return format_floor.in_formats(self)

    @cached_property
    def answered(self) -> dict[Mode, Answered]:
        """Its answers by mode, in all its styles that have one."""
        by_mode: dict[Mode, list[Answer]] = defaultdict(list)
        for record in self:
            for mode, answer in record.verdict.answers.items():
                by_mode[mode].append(answer)
        return {mode: _answered(answers) for mode, answers in by_mode.items()}

    def share_right(self, mode: Mode) -> float | None:
        """The share of its styles that this mode got right; None if that is not known."""
        answered = self.answered.get(mode)
        return answered and answered.right


class Grouped(tuple[Record, ...]):
    """Records in the order of suite, item and style, which are put together to items once."""

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Grouped":
        """The records in order."""
        return records if isinstance(records, Grouped) else cls(sorted(records, key=_KEY))

    @cached_property
    def items(self) -> list[Group]:
        """The items."""
        return _grouped(self)


def by_item(records: Iterable[Record]) -> list[Group]:
    """The records of each item, in the order in which the items first came."""
    return records.items if isinstance(records, Grouped) else _grouped(records)


def by_suite(records: Iterable[Record]) -> dict[str, list[Group]]:
    """The items of each suite, both in the order of their names."""
    items = by_item(Grouped.of(records))
    return {suite: [*groups] for suite, groups in groupby(items, key=lambda item: item[0].suite)}


def modes(groups: Iterable[Group]) -> list[Mode]:
    """The modes that were answered: text, image, mixed and file first."""
    return ordered({mode for group in groups for mode in group.answered})


def compared(record: Record) -> list[Answer]:
    """The answers that are compared: those in text, image and mixed, and to a file."""
    answers = record.verdict.answers
    return [answers[mode] for mode in COMPARED if mode in answers]


def mean_of_items(
    groups: Iterable[Group], of_item: Callable[[Group], float | None], *, corrected: bool = False
) -> Rate | None:
    """The mean of the items' values, from -1 to 1; those without one are left out.

    By Student's t, or with an interval `corrected` for skewness.
    """
    known = [(value, group.cluster) for group in groups if (value := of_item(group)) is not None]
    mean = (paired.corrected_difference if corrected else paired.difference)(
        [value for value, _ in known], [name for _, name in known]
    )
    return Rate(mean.value, mean.low, mean.high, mean.n) if mean else None


def ordered(answered: Iterable[Mode]) -> list[Mode]:
    """Modes with text, image and mixed first, the others by name."""
    known = (*COMPARED, *OCR_MODES)
    return sorted(answered, key=lambda mode: (known.index(mode), mode))


def _answered(answers: Sequence[Answer]) -> Answered:
    if len(answers) == 1:
        (one,) = answers
        is_right = None if one.correct is None else float(one.correct)
        told = one.input_tokens, one.output_tokens, len(one.text)
        return Answered(is_right, one.correct is not None, *told)
    right = [each.correct for each in answers if each.correct is not None]
    return Answered(
        sum(right) / len(right) if right else None,
        len(right) == len(answers),
        _mean([each.input_tokens for each in answers]),
        _mean([each.output_tokens for each in answers]),
        math.fsum(len(each.text) for each in answers) / len(answers),
    )


def _mean(values: Sequence[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if len(known) == len(values) else None


def _grouped(records: Iterable[Record]) -> list[Group]:
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.suite, record.item].append(record)
    return [*map(Group, groups.values())]
