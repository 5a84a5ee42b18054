"""Describes flips: what changed in the style, how the answer failed, and how steadily.

A flip is an answer that another style of the same picture changes: REST's style was answered with a
value, and the other style with another value or without one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pytest_rest.terms import Answer, Item, Style, Transcription, to_builtins, to_item

Steadiness = Literal["steady", "unsteady", "not repeated"]
Failing = Literal["misread", "refused", "abstained", "no answer", "misreasoned", "unknown"]
REST = Style()
AGAIN = 4  # times that a flip is asked again
HELD = 4 * AGAIN  # calls that asking a found flip again, in all forms, may take
_BEST_JPEG = 96  # of the qualities 1 to 95, the highest changes least
KEPT = 1_000  # characters of an answer or a transcription

# Keys of an item that a report has only where they are set.
_WHERE_SET = (
    *("day_first", "fields", "tags", "images", "image_digests", "document", "answer_page"),
    *("code", "layout", "equivalence"),
)


@dataclass(frozen=True)
class Flip:
    """A question, the smallest style that was found to change its answer, and the answers.

    `answers` has the values of all times that `rest` (REST's style), `style`, `text` and `mixed`
    were asked; None for an answer without a value. `said` is the style's first answer as it was
    written. It flipped `times` of the `of` times that it was asked. `pictures` are the digests of
    both pictures. `also` are styles that differ in the same characteristics and fail alike.
    """

    item: Item
    style: Style
    steadiness: Steadiness
    failing: Failing
    times: int
    of: int
    answers: Mapping[str, Sequence[str | None]]
    said: str = ""
    read: str = ""
    cer: float | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Style, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """The characteristics that differ, and how it failed: flips of one key are one finding."""
        return (*self.style.changes, self.failing, self.steadiness)

    def to_builtins(self) -> dict[str, Any]:
        """What a report has of it."""
        return {
            **to_builtins(self),
            "item": {n: v for n, v in asdict(self.item).items() if v or n not in _WHERE_SET},
            "style": to_builtins(self.style),
            "style_id": self.style.id,
            "changes": self.style.changes,
            "also": [*map(to_builtins, self.also)],
        }

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Flip":
        """The flip of a report; `KeyError` and `TypeError` for other data."""
        kept = {name: data[name] for name in cls.__dataclass_fields__}
        kept["item"] = to_item(kept["item"])
        kept["style"] = Style(**kept["style"])
        kept["also"] = tuple(Style(**style) for style in kept["also"])
        return cls(**kept)


def differ(rest: Answer, other: Answer) -> bool:
    """Whether REST's style was answered with a value, and the other style with another or none."""
    return rest.value is not None and rest.value != other.value


def failing(other: Answer, read: Transcription | None) -> Failing:
    """How the other style failed, by its answer and transcription, in `failure_causes`' order."""
    if read and not read.correct:
        return "misread"
    if other.status in ("refused", "abstained"):
        return other.status
    if other.value is None:
        return "no answer"
    return "misreasoned" if read else "unknown"


def steadiness(rest: Sequence[Answer], other: Sequence[Answer]) -> Steadiness:
    """How steady a flip is, by the answers after the first, in their order.

    Steady: REST's style was always answered with one value, and the other style never with it. Not
    repeated: it did not flip again.
    """
    again = [differ(*pair) for pair in zip(rest[1:], other[1:], strict=True)]
    values = {answer.value for answer in rest}
    if len(values) == 1 and all(answer.value not in values for answer in other):
        return "steady"
    return "unsteady" if any(again) else "not repeated"


def flipped(rest: Sequence[Answer], other: Sequence[Answer]) -> tuple[int, int]:
    """How many times it flipped, and how many times it was asked."""
    pairs = list(zip(rest, other, strict=True))
    return sum(differ(*pair) for pair in pairs), len(pairs)


def without(style: Style, known: Iterable[Flip]) -> Style:
    """The style without changes that are known to flip: as they were found, or larger."""
    for flip in known:
        if _goes_beyond(style.changes, flip.style.changes):
            usual = {name: getattr(REST, name) for name in flip.style.changes}
            style = replace(style, **usual)
    return style


def merge(flips: Iterable[Flip]) -> list[Flip]:
    """Each distinct finding once, the steady ones first.

    Its `also` are the other styles of its key, and those that it explains: styles that change more,
    because no calls were left to make them smaller.
    """
    distinct: dict[tuple[object, ...], Flip] = {}
    for flip in sorted(flips, key=lambda flip: size(flip.item, flip.style)):
        key = next((known.key for known in distinct.values() if _explains(known, flip)), flip.key)
        first = distinct.setdefault(key, flip)
        others = dict.fromkeys((*first.also, flip.style, *flip.also))
        distinct[key] = replace(first, also=tuple(s for s in others if s != first.style))
    return sorted(distinct.values(), key=lambda flip: flip.steadiness != "steady")


def size(item: Item, style: Style) -> tuple[object, ...]:
    """A sort key: the number of changes, how far they go, and the length of the question."""
    changes = style.changes
    distances = (_distance(name, value) for name, value in changes.items())
    far = sum(abs(distance) for distance in distances if distance is not None)
    return len(changes), far, len(item.context), item.context, style.id


def _explains(one: Flip, other: Flip) -> bool:
    alike = (one.failing, one.steadiness) == (other.failing, other.steadiness)
    return alike and _goes_beyond(other.style.changes, one.style.changes)


def _goes_beyond(changes: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether there are changes of all the known characteristics, as far or further."""
    return bool(known) and all(
        name in changes and _is_as_far(name, changes[name], value) for name, value in known.items()
    )


def _is_as_far(name: str, value: object, known: object) -> bool:
    here, there = _distance(name, value), _distance(name, known)
    if here is None or there is None:
        return value == known
    return here * there > 0 and abs(here) >= abs(there)


def _distance(name: str, value: object) -> float | None:
    """A number's difference from REST's; for a gray, its distance from black; otherwise None."""
    if isinstance(value, str):
        is_gray = len(value) == 7 and value[1:3] == value[3:5] == value[5:7]
        return float(int(value[1:3], 16)) if is_gray and value[0] == "#" else None
    number = float(str(value))
    return _BEST_JPEG - number if name == "jpeg_quality" else number - float(getattr(REST, name))
