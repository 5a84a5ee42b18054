"""Turns records into items, each with all its styles, and says whether their forms agree."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from pytest_rest.scoring import agree
from pytest_rest.statistics import paired
from pytest_rest.terms import COMPARED, OCR_MODES, Answer, Mode, Rate, Record

Group = Sequence[Record]  # the records of one item, one per style


def by_item(records: Iterable[Record]) -> list[Group]:
    """The records of each item, in the order in which the items first came."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.suite, record.item].append(record)
    return list(groups.values())


def cluster(group: Group) -> str:
    """The cluster of an item, by suite; empty where it belongs to no other item."""
    return group[0].cluster and f"{group[0].suite}/{group[0].cluster}"


def by_suite(records: Iterable[Record]) -> dict[str, list[Group]]:
    """The items of each suite, both in the order of their names."""
    suites: dict[str, list[Group]] = defaultdict(list)
    for group in by_item(sorted(records, key=lambda record: record.key)):
        suites[group[0].suite].append(group)
    return suites


def modes(records: Iterable[Record]) -> list[Mode]:
    """The modes that were answered: text, image, mixed and file first."""
    return ordered({mode for record in records for mode in record.verdict.answers})


def compared(record: Record) -> list[Answer]:
    """The answers that are compared: those in text, image and mixed, and to a file."""
    answers = record.verdict.answers
    return [answers[mode] for mode in COMPARED if mode in answers]


def agrees(group: Group) -> bool:
    """Whether the forms of an item agree, in all its styles."""
    return agree(answer.value for record in group for answer in compared(record))


def rights(group: Group) -> list[bool]:
    """Which of the answers that REST compares are right; none where that is not known of all."""
    known = [answer.correct for record in group for answer in compared(record)]
    return [bool(correct) for correct in known] if None not in known else []


def read_right(group: Group) -> bool:
    """Whether all of an item's pictures were transcribed without an error."""
    return all(record.verdict.ocr_correct for record in group)


def mean_of_items(groups: Iterable[Group], of_item: Callable[[Group], float | None]) -> Rate | None:
    """The mean of the items' values, from -1 to 1; those without one are left out."""
    known = [(value, cluster(group)) for group in groups if (value := of_item(group)) is not None]
    mean = paired.corrected_difference([value for value, _ in known], [name for _, name in known])
    return Rate(mean.value, mean.low, mean.high, mean.n) if mean else None


def share_right(group: Group, mode: Mode) -> float | None:
    """The share of an item's styles that this mode got right; None if that is not known."""
    asked = [answer.correct for r in group if (answer := r.verdict.answers.get(mode))]
    right = [correct for correct in asked if correct is not None]
    return sum(right) / len(right) if right else None


def ordered(answered: Iterable[Mode]) -> list[Mode]:
    """Modes with text, image and mixed first, the others by name."""
    known = (*COMPARED, *OCR_MODES)
    return sorted(answered, key=lambda mode: (known.index(mode), mode))
