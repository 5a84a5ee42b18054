"""Turns records in several styles into what each visual characteristic does to the answers.

An effect is paired: an item in a style against the same item in the style that differs in nothing
else. Several such pairs of one item (a font at three resolutions) are averaged first, so that n is
a number of items, pooled over suites. Each interval is for one effect alone: of twenty
characteristics without an effect, one is expected to leave out zero. Whether one is clear is said
by intervals that hold for all of them together (see `advice.is_clear`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean
from typing import Any, NamedTuple

from pytest_rest.metrics import SUBSETS, Subset, seen_dpi
from pytest_rest.metrics.agreement import Grouped, agrees, cluster, compared
from pytest_rest.metrics.seen_dpi import Ends
from pytest_rest.models.seen import NOTICED
from pytest_rest.statistics.paired import Difference, difference
from pytest_rest.terms import Record, Style

_DEFAULT = Style()
_FIELDS = [each.name for each in fields(Style) if each.compare]  # all that can be seen
Pair = tuple[Style, Style]  # without the change, and with it


@dataclass(frozen=True, slots=True)
class StyleEffect:
    """What one change of the default does: `font` to `cursive`, or a whole `style`.

    `value` is `any` where all values but the default count alike (REST+ draws a colour for each
    item). Accuracy is that of the forms with a picture, None if none was asked; agreement is that
    of all forms. Both are shares, so 0.05 is five points. `seen` is at which DPI the pictures with
    the change reached the model, from the least to the most, where that is noticeably less than
    they were drawn at, and `usual_seen` at which those without it did.
    """

    characteristic: str
    value: str
    subset: Subset
    accuracy: Difference | None
    agreement: Difference | None
    seen: Ends | None = None
    usual_seen: Ends | None = None


class _Measured(NamedTuple):
    """A record's accuracy and agreement, None if no such form was asked, its cluster and DPI."""

    accuracy: float | None
    agreement: float | None
    read_right: bool
    cluster: str
    dpi: float | None  # that the model saw


_Pairs = Sequence[tuple[_Measured, _Measured]]  # of an item, without the change and with it


def table(records: Sequence[Record], styles: Mapping[str, Style]) -> list[StyleEffect]:
    """The effects of each characteristic's values, then of each whole style, against the default.

    `styles` are by their id. On all items, and on those whose pictures were read correctly in both
    styles of a pair. A change is left out if no item has both styles. Of two resolutions count the
    items whose pictures the model saw at different ones, as far as that is known.
    """
    by_item: dict[tuple[str, str], dict[Style, _Measured]] = defaultdict(dict)
    known = {record.style for record in records} & styles.keys()
    for record in Grouped.of(records) if len(known) > 1 else ():
        if record.style in known and not record.verdict.lost:
            by_item[record.suite, record.item][styles[record.style]] = _measure(record)
    asked = {style for here in by_item.values() for style in here}
    effects: list[StyleEffect] = []
    for name, value, pairs in _changes(asked):
        items = [
            [
                (here[one], here[other])
                for one, other in pairs
                if one in here and other in here and (name != "dpi" or _differ(here, one, other))
            ]
            for here in by_item.values()
        ]
        if any(items):
            seen = [_seen(items, pairs, side) for side in (1, 0)]
            effects += [
                StyleEffect(name, value, subset, *_changes_of(subset, items), *seen)
                for subset in SUBSETS
            ]
    return effects


def _differ(here: Mapping[Style, _Measured], one: Style, other: Style) -> bool:
    """Whether the model saw an item in these styles at two resolutions, or nobody knows."""
    first, second = here[one].dpi, here[other].dpi
    return first is None or second is None or seen_dpi.are_apart(first, second)


def _seen(items: Sequence[_Pairs], pairs: Sequence[Pair], side: int) -> Ends | None:
    """At which DPI one side's pictures were seen, where any was at less than its style's."""
    dpis = [dpi for here in items for pair in here if (dpi := pair[side].dpi) is not None]
    drawn = min(pair[side].dpi for pair in pairs)
    return (min(dpis), max(dpis)) if dpis and min(dpis) < NOTICED * drawn else None


def judged(effects: Iterable[StyleEffect]) -> list[StyleEffect]:
    """The effects that may be called clear: on all items; of whole styles if of nothing else."""
    on_all = [effect for effect in effects if effect.subset == "all"]
    return [effect for effect in on_all if effect.characteristic != "style"] or on_all


def _changes(asked: Iterable[Style]) -> Iterator[tuple[str, str, list[Pair]]]:
    """Each characteristic with each of its values but the default, then each style."""
    known = sorted(set(asked), key=lambda style: (style.id, style.digest))
    there = set(known)
    for name in _FIELDS:
        usual = getattr(_DEFAULT, name)
        pairs: dict[Any, list[Pair]] = defaultdict(list)
        for style in known:
            base = replace(style, **{name: usual})
            if base != style and base in there:
                pairs[getattr(style, name)].append((base, style))
        if len(pairs) > 1 and name == "color":
            yield name, "any", [pair for found in pairs.values() for pair in found]
        for value in sorted(pairs):
            yield name, _word(name, pairs[value][0][1]), pairs[value]
    if _DEFAULT in there:
        yield from (("style", each.id, [(_DEFAULT, each)]) for each in known if each != _DEFAULT)


def _word(name: str, style: Style) -> str:
    """A value in words: for a font's file its name and digest, never its path."""
    if name == "font":
        plain = Style(font=style.font, font_sha256=style.font_sha256)
        return plain.id.removesuffix(f"-{_DEFAULT.dpi}dpi-{_DEFAULT.color}")
    value = getattr(style, name)
    return value if isinstance(value, str) else f"{value:g}"


def _changes_of(
    subset: Subset, items: Sequence[_Pairs]
) -> tuple[Difference | None, Difference | None]:
    """The change in accuracy and in agreement, on a subset of the items."""
    kept = [
        [(old, new) for old, new in pairs if subset == "all" or (old.read_right and new.read_right)]
        for pairs in items
    ]

    def change(figure: Callable[[_Measured], float | None]) -> Difference | None:
        known = [
            [
                (b - a, old.cluster)
                for old, new in pairs
                if (a := figure(old)) is not None and (b := figure(new)) is not None
            ]
            for pairs in kept
        ]
        items = [(fmean(b for b, _ in changes), changes[0][1]) for changes in known if changes]
        return difference([change for change, _ in items], [name for _, name in items])

    return change(lambda m: m.accuracy), change(lambda m: m.agreement)


def _measure(record: Record) -> _Measured:
    answers = compared(record)
    asked = [answer.correct for answer in answers if answer.mode != "text"]
    right = [correct for correct in asked if correct is not None]
    return _Measured(
        fmean(right) if right else None,
        float(agrees(record)) if answers else None,
        record.verdict.ocr_correct,
        cluster(record),
        seen_dpi.of_record(record),
    )
