"""Turns records into items, each with all its styles, and says whether their forms agree."""

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import fmean
from typing import NamedTuple, overload

from pytest_rest.metrics import format_floor, noise_floor
from pytest_rest.metrics.format_floor import InFormats
from pytest_rest.scoring import agree
from pytest_rest.statistics import paired
from pytest_rest.terms import COMPARED, OCR_MODES, Answer, Mode, Rate, Record

_KEY = attrgetter("key")
_SHARES = {True: 1.0, False: 0.0, None: None}  # one float for all answers


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


class Counted(NamedTuple):
    """What rates count of an item, in all its styles: most items have it alike, and share it.

    `rights` are empty where it is not known of all compared answers whether they are right. `right`
    is each mode's share that is, and `own` each metric's mean, of what is known.
    """

    cluster: str  # by suite; empty where the item belongs to no other
    is_compared: bool  # whether it has an answer that is compared
    agrees: bool
    rights: tuple[bool, ...]
    is_transcribed: bool  # in each style
    is_read_right: bool
    right: tuple[tuple[Mode, float | None], ...]
    within: float | None  # how often answers of one form are equal; None if none was asked twice
    between: float | None  # the same of two forms
    floor: float | None  # of its formats, as the next one
    excess: float | None
    own: tuple[tuple[str, float | None], ...]

    def share_right(self, mode: Mode) -> float | None:
        """The share of its styles that this mode got right; None if that is not known."""
        return dict(self.right).get(mode)


class Group(Sequence[Record]):
    """The records of one item, one per style, and what is counted of them."""

    __slots__ = ("_in_formats", "_records", "counted")

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = tuple(records)
        self._in_formats: InFormats | None = None
        self.counted = _counted(self)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, place: int | slice) -> Record | tuple[Record, ...]:
        return self._records[place]

    @property
    def compared(self) -> list[Answer]:
        """The answers that are compared, of all its styles."""
        return [answer for record in self._records for answer in compared(record)]

    @property
    def in_formats(self) -> InFormats:
        """Its values by format; those of one format, which say little, are not kept."""
        if self._in_formats is not None:
            return self._in_formats
        formats = format_floor.in_formats(self._records)
        if len(formats.texts) > 1:
            self._in_formats = formats
        return formats

    @property
    def mean_cer(self) -> float | None:
        """The mean error rate of its transcriptions; None where a style has none."""
        if not self.counted.is_transcribed:
            return None
        rates = [read.cer or 0.0 for r in self._records for read in r.verdict.transcriptions]
        return rates[0] if len(rates) == 1 else fmean(rates)

    @property
    def answered(self) -> dict[Mode, Answered]:
        """Its answers by mode, in all its styles that have one."""
        if len(self._records) == 1:
            answers = self._records[0].verdict.answers
            return {mode: _answered([answer]) for mode, answer in answers.items()}
        by_mode: dict[Mode, list[Answer]] = defaultdict(list)
        for record in self._records:
            for mode, answer in record.verdict.answers.items():
                by_mode[mode].append(answer)
        return {mode: _answered(answers) for mode, answers in by_mode.items()}


class Grouped(tuple[Record, ...]):
    """Records in the order of suite, item and style, which are put together to items once."""

    @classmethod
    def of(cls, records: Iterable[Record]) -> "Grouped":
        """The records in order."""
        return records if isinstance(records, Grouped) else cls(sorted(records, key=_KEY))

    @functools.cached_property
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
    return ordered({mode for group in groups for mode, _ in group.counted.right})


def compared(record: Record) -> list[Answer]:
    """The answers that are compared: those in text, image and mixed, and to a file."""
    answers = record.verdict.answers
    return [answers[mode] for mode in COMPARED if mode in answers]


def cluster(record: Record) -> str:
    """Its item's cluster, by suite; empty where it belongs to no other item."""
    return record.cluster and f"{record.suite}/{record.cluster}"


def agrees(record: Record) -> bool:
    """Whether its item's forms agree in its style."""
    return agree(answer.value for answer in compared(record))


def mean_of_items(
    groups: Iterable[Group], of_item: Callable[[Group], float | None], *, corrected: bool = False
) -> Rate | None:
    """The mean of the items' values, from -1 to 1; those without one are left out.

    By Student's t, or with an interval `corrected` for skewness.
    """
    known = [
        (value, group.counted.cluster) for group in groups if (value := of_item(group)) is not None
    ]
    return mean_of([value for value, _ in known], [name for _, name in known], corrected=corrected)


def mean_of(
    values: Sequence[float], clusters: Sequence[str], *, corrected: bool = False
) -> Rate | None:
    """The same of values that are known, and their clusters."""
    kind = paired.corrected_difference if corrected else paired.difference
    mean = kind(values, clusters)
    return Rate(mean.value, mean.low, mean.high, mean.n) if mean else None


def expanded(
    numbers: Mapping[Counted, int], of_item: Callable[[Counted], float | None]
) -> tuple[list[float], list[str]]:
    """The items' values and clusters, as many of each as there are; those without a value not."""
    values: list[float] = []
    clusters: list[str] = []
    for counted, number in numbers.items():
        if (value := of_item(counted)) is not None:
            values += [value] * number
            clusters += [counted.cluster] * number
    return values, clusters


def ordered(answered: Iterable[Mode]) -> list[Mode]:
    """Modes with text, image and mixed first, the others by name."""
    known = (*COMPARED, *OCR_MODES)
    return sorted(answered, key=lambda mode: (known.index(mode), mode))


def _counted(group: Group) -> Counted:
    answers = group.compared
    known = [answer.correct for answer in answers]
    read = [record.verdict.transcriptions for record in group]
    own = list(dict.fromkeys(name for record in group for name in record.own))
    twice = noise_floor.agreement(group)
    formats = group.in_formats if any(record.format for record in group) else None
    return _shared(
        cluster(group[0]),
        bool(answers),
        agree(answer.value for answer in answers),
        () if None in known else tuple(map(bool, known)),
        all(read),
        all(each and all(part.correct for part in each) for each in read),
        tuple(_right(group)),
        twice and twice.within,
        twice and twice.between,
        formats and formats.floor,
        formats and formats.excess,
        tuple((name, _own(group, name)) for name in own),
    )


_shared = functools.lru_cache(maxsize=1024)(Counted)


def _right(group: Group) -> Iterator[tuple[Mode, float | None]]:
    by_mode: dict[Mode, list[bool | None]] = {}
    for record in group:
        for mode, answer in record.verdict.answers.items():
            by_mode.setdefault(mode, []).append(answer.correct)
    for mode, told in by_mode.items():
        known = [correct for correct in told if correct is not None]
        yield mode, sum(known) / len(known) if known else None


def _own(group: Group, name: str) -> float | None:
    values = [value for record in group if (value := record.own.get(name)) is not None]
    return fmean(values) if values else None


def _answered(answers: Sequence[Answer]) -> Answered:
    if len(answers) == 1:
        (one,) = answers
        is_right = _SHARES[one.correct]
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
