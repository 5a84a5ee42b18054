"""Turns items into columns, of which the figures of all items and of some of them are summed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, repeat

from pytest_rest.metrics.agreement import Answered, Counted, Group
from pytest_rest.terms import Mode


@dataclass(frozen=True, slots=True)
class Columns:
    """Items in one order: what rates count of each, its error rate, and its answers by mode.

    The error rate is None where a style was not transcribed, an answer where there is none.
    """

    groups: Sequence[Group]
    counted: Sequence[Counted]
    cer: Sequence[float | None]
    answered: Mapping[Mode, Sequence[Answered | None]]

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "Columns":
        """The columns of items."""
        answered: dict[Mode, list[Answered | None]] = {}
        for place, group in enumerate(groups):
            for mode, answers in group.answered.items():
                if mode not in answered:
                    answered[mode] = [None] * len(groups)
                answered[mode][place] = answers
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
            mode: [part.answered.get(mode) or repeat(None, len(part.groups)) for part in parts]
            for mode in modes
        }
        return cls(
            [*chain.from_iterable(part.groups for part in parts)],
            [*chain.from_iterable(part.counted for part in parts)],
            [*chain.from_iterable(part.cer for part in parts)],
            {mode: [*chain.from_iterable(listed)] for mode, listed in of_mode.items()},
        )

    @property
    def read_right(self) -> "Columns":
        """The items whose pictures were all transcribed without an error."""
        kept = [counted.is_read_right for counted in self.counted]
        if all(kept):
            return self
        answered = {mode: [*compress(each, kept)] for mode, each in self.answered.items()}
        return Columns(
            [*compress(self.groups, kept)],
            [*compress(self.counted, kept)],
            [*compress(self.cer, kept)],
            {mode: each for mode, each in answered.items() if any(each)},
        )
