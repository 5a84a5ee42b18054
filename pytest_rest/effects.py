"""Turns records in several styles into what each visual characteristic does to the answers.

A characteristic's effect is paired: an item in a style against the same item in the style that
differs from it in nothing else. Several such pairs of one item (a font at three resolutions) are
averaged first, so that n is a number of items.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean
from typing import Any

from pytest_rest.metrics import SUBSETS, Subset
from pytest_rest.paired import Difference, difference
from pytest_rest.terms import Record, Style

_DEFAULT = Style()


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change of the default does: `font` to `cursive`, or a whole style.

    Accuracy is that of the forms with a picture; agreement is all forms' answers being equal.
    """

    characteristic: str
    value: str
    subset: Subset
    accuracy: Difference | None
    agreement: Difference | None


def table(records: Sequence[Record], styles: Mapping[str, Style]) -> list[Effect]:
    """The effects of each characteristic's values, then of each whole style, against the default.

    `styles` has the style of each record's id. On all items, and on those whose pictures were
    read right in both styles of a pair.
    """
    by_item: dict[tuple[str, str], dict[Style, Record]] = defaultdict(dict)
    for record in records:
        if record.style in styles and not record.verdict.lost:
            by_item[record.suite, record.item][styles[record.style]] = record
    found: list[Effect] = []
    for name, value in _changes(styles.values()):
        for subset in SUBSETS:
            pairs = [list(_pairs(each, name, value, subset)) for each in by_item.values()]
            found.append(_effect(name, value, subset, [each for each in pairs if each]))
    return found


def _changes(styles: Iterable[Style]) -> Iterator[tuple[str, Any]]:
    """Each characteristic with each of its values that is not the default's, then each style."""
    known = sorted(set(styles), key=lambda style: style.id)
    for field in fields(Style):
        if not field.compare:  # a style's name is no characteristic
            continue
        values = {getattr(style, field.name) for style in known} - {getattr(_DEFAULT, field.name)}
        others = sorted(values, key=lambda value: (str(type(value)), value))
        if field.name == "color" and len(others) > 1:
            yield "color", None
        yield from ((field.name, value) for value in others)
    yield from (("style", style) for style in known if style != _DEFAULT)


def _pairs(
    here: Mapping[Style, Record], name: str, value: Any, subset: Subset
) -> Iterator[tuple[Record, Record]]:
    """One item's records with that value, each beside the one with the default's instead."""
    for style, record in here.items():
        if name == "style":
            base = _DEFAULT if style == value else style
        else:
            usual = getattr(_DEFAULT, name)
            mine = getattr(style, name)
            wanted = mine != usual if value is None else mine == value
            base = replace(style, **{name: usual}) if wanted else style
        other = here.get(base)
        if base == style or other is None:
            continue
        if subset == "all" or (_read_right(record) and _read_right(other)):
            yield other, record


def _effect(
    name: str, value: object, subset: Subset, items: Sequence[Sequence[tuple[Record, Record]]]
) -> Effect:
    def mean(measure: Callable[[Record], float]) -> Difference | None:
        return difference(
            [fmean(measure(new) - measure(old) for old, new in pairs) for pairs in items]
        )

    shown = "any" if value is None else value.id if isinstance(value, Style) else str(value)
    return Effect(name, shown, subset, mean(_accuracy), mean(_agreement))


def _accuracy(record: Record) -> float:
    right = [a.correct for mode, a in record.verdict.answers.items() if mode in ("image", "mixed")]
    return fmean(right) if right else 0.0


def _agreement(record: Record) -> float:
    return float(record.verdict.consistent)


def _read_right(record: Record) -> bool:
    return record.verdict.ocr_correct
