"""Sources of the numbers that generated items are made of."""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Draws(Protocol):
    """A source of an item's numbers."""

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        ...

    def chance(self, share: float) -> bool:
        """True with that probability."""
        ...


class SeededDraws:
    """Integers from `random.Random.random`, the one generator call that Python keeps stable.

    Equal for equal names, seeds and indices, on every platform.
    """

    def __init__(self, name: str, seed: int, index: int) -> None:
        self._random = random.Random(f"{name}/{seed}/{index}").random  # noqa: S311 (not a secret)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """True with that probability."""
        return self._random() < share


def several(draws: Draws, listed: Sequence[T], count: int) -> list[T]:
    """Different ones of a list, in an order that is drawn, too."""
    left = [*listed]
    return [left.pop(draws.between(0, len(left) - 1)) for _ in range(count)]
