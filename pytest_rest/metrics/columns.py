"""Turns items into columns, of which the figures of all items and of some of them are summed."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress

from pytest_rest.metrics.agreement import Answered, Counted, Group
from pytest_rest.terms import Mode


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """One mode's answers, a column for each field of `Answered`: a third of what these take.

    `are_there` says which items have one.
    """

    are_there: bytearray
    right: list[float | None]
    are_judged: bytearray
    sent: list[float | None]
    written: list[float | None]
    characters: "array[float]"

    @classmethod
    def none(cls, n: int) -> "AnswerColumns":
        """Of so many items none has an answer."""
        nothing: list[float | None] = [None] * n
        numbers = nothing, bytearray(n), nothing[:], nothing[:]
        return cls(bytearray(n), *numbers, array("d", bytes(8 * n)))

    @classmethod
    def joined(cls, parts: Iterable["AnswerColumns"]) -> "AnswerColumns":
        """The items of all parts."""
        whole = cls.none(0)
        for part in parts:
            whole.are_there.extend(part.are_there)
            whole.right.extend(part.right)
            whole.are_judged.extend(part.are_judged)
            whole.sent.extend(part.sent)
            whole.written.extend(part.written)
            whole.characters.extend(part.characters)
        return whole

    def put(self, place: int, answered: Answered) -> None:
        """Of the item at that place, what it was answered."""
        self.are_there[place] = True
        self.right[place], self.are_judged[place] = answered.right, answered.is_judged
        self.sent[place], self.written[place] = answered.sent, answered.written
        self.characters[place] = answered.characters

    def of(self, kept: Sequence[object]) -> "AnswerColumns":
        """Those of the items that are kept."""
        return AnswerColumns(
            bytearray(compress(self.are_there, kept)),
            [*compress(self.right, kept)],
            bytearray(compress(self.are_judged, kept)),
            [*compress(self.sent, kept)],
            [*compress(self.written, kept)],
            array("d", compress(self.characters, kept)),
        )


@dataclass(frozen=True, slots=True)
class Columns:
    """Items in one order: what rates count of each, its error rate, and its answers by mode.

    The error rate is None where a style was not transcribed.
    """

    groups: Sequence[Group]
    counted: Sequence[Counted]
    cer: Sequence[float | None]
    answered: Mapping[Mode, AnswerColumns]

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "Columns":
        """The columns of items."""
        answered: dict[Mode, AnswerColumns] = {}
        for place, group in enumerate(groups):
            for mode, answers in group.answered.items():
                if mode not in answered:
                    answered[mode] = AnswerColumns.none(len(groups))
                answered[mode].put(place, answers)
        return cls(
            groups,
            [group.counted for group in groups],
            [group.mean_cer for group in groups],
            answered,
        )

    @classmethod
    def joined(cls, parts: Iterable["Columns"]) -> "Columns":
        """The items of all parts."""
        parts = [*parts]
        modes = dict.fromkeys(mode for part in parts for mode in part.answered)
        of_mode = {
            mode: [
                part.answered.get(mode) or AnswerColumns.none(len(part.groups)) for part in parts
            ]
            for mode in modes
        }
        return cls(
            [*chain.from_iterable(part.groups for part in parts)],
            [*chain.from_iterable(part.counted for part in parts)],
            [*chain.from_iterable(part.cer for part in parts)],
            {mode: AnswerColumns.joined(listed) for mode, listed in of_mode.items()},
        )

    @property
    def read_right(self) -> "Columns":
        """The items whose pictures were all transcribed without an error."""
        kept = [counted.is_read_right for counted in self.counted]
        if all(kept):
            return self
        answered = {mode: each.of(kept) for mode, each in self.answered.items()}
        return Columns(
            [*compress(self.groups, kept)],
            [*compress(self.counted, kept)],
            [*compress(self.cer, kept)],
            {mode: each for mode, each in answered.items() if any(each.are_there)},
        )
