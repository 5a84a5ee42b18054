"""Turns answers to one question in two styles into a flip: what changed, how it failed, how surely.

A flip is an answer that another style of the same picture changes: REST's style was answered, and
the other one with another value, or with none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pytest_rest.terms import Answer, Item, Style, Transcription, to_builtins

Steadiness = Literal["steady", "unsteady", "not repeated"]
Failing = Literal["misread", "refused", "no answer", "misreasoned", "unknown"]
REST = Style()
AGAIN = 4  # times that a flip is asked again
HELD = 4 * AGAIN  # calls that asking a found flip again, in all forms, may take
_BEST_JPEG = 96  # of the qualities 1 to 95 the highest is the least change
KEPT = 1_000  # characters of what was written


@dataclass(frozen=True)
class Flip:
    """A question, the smallest style that was found to change its answer, and what was said.

    `answers` has what was said again and again, by `rest` (REST's style), `style`, `text` and
    `mixed`; None where nothing could be read from it. `said` is the style's first answer as it was
    written. Of `of` times that it was asked again it flipped `times`. `pictures` are the digests of
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
        """Which characteristics differ, and how it failed: flips of one key are one finding."""
        return (*self.style.changes, self.failing, self.steadiness)

    def to_builtins(self) -> dict[str, Any]:
        """What a report holds of it."""
        return {
            **to_builtins(self),
            "item": to_builtins(self.item),
            "style": to_builtins(self.style),
            "style_id": self.style.id,
            "changes": self.style.changes,
            "also": [to_builtins(each) for each in self.also],
        }

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Flip":
        """The flip of a report; KeyError and TypeError for what is none."""
        kept = {name: data[name] for name in cls.__dataclass_fields__}
        kept["item"] = Item(**{**kept["item"], "choices": ()})
        kept["style"] = Style(**kept["style"])
        kept["also"] = tuple(Style(**each) for each in kept["also"])
        return cls(**kept)


def differ(rest: Answer, other: Answer) -> bool:
    """Whether the answer to REST's style is another one than that to the other style."""
    return rest.value is not None and rest.value != other.value


def failing(other: Answer, read: Transcription | None) -> Failing:
    """How the other style failed, by its answer and transcription; in `failure_causes`' order."""
    if read and not read.correct:
        return "misread"
    if other.status == "refused":
        return "refused"
    if other.value is None:
        return "no answer"
    return "misreasoned" if read else "unknown"


def steadiness(rest: Sequence[Answer], other: Sequence[Answer]) -> Steadiness:
    """What the answers after the first, in their order, make of a flip.

    Steady: REST's style was always answered alike, and the other never so. Not repeated: it did
    not flip again.
    """
    again = [differ(*pair) for pair in zip(rest[1:], other[1:], strict=True)]
    values = {each.value for each in rest}
    if len(values) == 1 and all(each.value not in values for each in other):
        return "steady"
    return "unsteady" if any(again) else "not repeated"


def flipped(rest: Sequence[Answer], other: Sequence[Answer]) -> tuple[int, int]:
    """How many times it flipped, and of how many."""
    pairs = list(zip(rest, other, strict=True))
    return sum(differ(*pair) for pair in pairs), len(pairs)


def without(style: Style, known: Iterable[Flip]) -> Style:
    """The style less the changes that are known to flip: as they were found, or further away."""
    for flip in known:
        if _goes_beyond(style.changes, flip.style.changes):
            usual = {name: getattr(REST, name) for name in flip.style.changes}
            style = replace(style, **usual)
    return style


def merge(flips: Iterable[Flip]) -> list[Flip]:
    """Each distinct finding once, the steady ones first.

    The others of its key are its `also`, and those that a smaller one explains: that change more,
    for no calls were left to make them smaller.
    """
    found: dict[tuple[object, ...], Flip] = {}
    for flip in sorted(flips, key=lambda flip: size(flip.item, flip.style)):
        key = next((each.key for each in found.values() if _explains(each, flip)), flip.key)
        first = found.setdefault(key, flip)
        others = dict.fromkeys((*first.also, flip.style, *flip.also))
        found[key] = replace(first, also=tuple(s for s in others if s != first.style))
    return sorted(
        found.values(), key=lambda flip: (flip.steadiness != "steady", size(flip.item, flip.style))
    )


def size(item: Item, style: Style) -> tuple[object, ...]:
    """What the smallest flip has the least of: changes, how far they go, and the question."""
    changes = style.changes
    far = sum(abs(away) for name in changes if (away := _away(name, changes[name])) is not None)
    return len(changes), far, len(item.context), item.context, style.id


def _explains(one: Flip, other: Flip) -> bool:
    alike = (one.failing, one.steadiness) == (other.failing, other.steadiness)
    return alike and _goes_beyond(other.style.changes, one.style.changes)


def _goes_beyond(mine: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    return bool(known) and all(
        name in mine and _is_beyond(name, mine[name], value) for name, value in known.items()
    )


def _is_beyond(name: str, mine: object, known: object) -> bool:
    here, there = _away(name, mine), _away(name, known)
    if here is None or there is None:
        return mine == known
    return here * there > 0 and abs(here) >= abs(there)


def _away(name: str, value: object) -> float | None:
    """How far a number is from REST's, with its sign; a gray's distance from black; else None."""
    if isinstance(value, str):
        is_gray = len(value) == 7 and value[1:3] == value[3:5] == value[5:7]
        return float(int(value[1:3], 16)) if is_gray and value[0] == "#" else None
    number = float(str(value))
    return _BEST_JPEG - number if name == "jpeg_quality" else number - float(getattr(REST, name))
