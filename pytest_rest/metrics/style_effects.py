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

from pytest_rest.metrics import SUBSETS, Subset
from pytest_rest.metrics.agreement import agrees, cluster, compared, read_right
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
    of all forms. Both are shares, so 0.05 is five points.
    """

    characteristic: str
    value: str
    subset: Subset
    accuracy: Difference | None
    agreement: Difference | None


class _Measured(NamedTuple):
    """A record's accuracy and agreement, None if no such form was asked, and its cluster."""

    accuracy: float | None
    agreement: float | None
    read_right: bool
    cluster: str


def table(records: Sequence[Record], styles: Mapping[str, Style]) -> list[StyleEffect]:
    """The effects of each characteristic's values, then of each whole style, against the default.

    `styles` are by their id. On all items, and on those whose pictures were read correctly in both
    styles of a pair. A change is left out if no item has both styles.
    """
    by_item: dict[tuple[str, str], dict[Style, _Measured]] = defaultdict(dict)
    for record in sorted(records, key=lambda each: each.key):
        if record.style in styles and not record.verdict.lost:
            by_item[record.suite, record.item][styles[record.style]] = _measure(record)
    asked = {style for here in by_item.values() for style in here}
    effects: list[StyleEffect] = []
    for name, value, pairs in _changes(asked):
        items = [
            [(here[one], here[other]) for one, other in pairs if one in here and other in here]
            for here in by_item.values()
        ]
        if any(items):
            effects += [_effect(name, value, subset, items) for subset in SUBSETS]
    return effects


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


def _effect(
    name: str, value: str, subset: Subset, items: Iterable[Sequence[tuple[_Measured, _Measured]]]
) -> StyleEffect:
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

    return StyleEffect(
        name, value, subset, change(lambda m: m.accuracy), change(lambda m: m.agreement)
    )


def _measure(record: Record) -> _Measured:
    answers = compared(record)
    asked = [answer.correct for answer in answers if answer.mode != "text"]
    right = [correct for correct in asked if correct is not None]
    return _Measured(
        fmean(right) if right else None,
        float(agrees([record])) if answers else None,
        read_right([record]),
        cluster([record]),
    )
