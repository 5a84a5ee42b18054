"""A figure with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rate:
    """A value with its interval and the number it stands on; low and high are None if undefined."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def size(self) -> str:
        """`n = 50`, and what that is worth where items belong together."""
        return f"n = {self.n}"


@dataclass(frozen=True, slots=True)
class EffectiveRate(Rate):
    """A rate whose `n` items say as much as `n_effective` that stand alone and are right or wrong.

    `n_clusters` is how many clusters they are in, None where no two belong together.
    """

    n_effective: float
    n_clusters: int | None

    @property
    def size(self) -> str:
        """`n = 500 in 100 clusters, worth 162`."""
        if self.n_clusters is None:
            return f"n = {self.n}"
        noun = "cluster" if self.n_clusters == 1 else "clusters"
        return f"n = {self.n} in {self.n_clusters} {noun}, worth {self.n_effective:.0f}"


def to_rate(data: Mapping[str, Any] | None) -> Rate | None:
    """The rate that `asdict` wrote; None where there was none."""
    if not data:
        return None
    return EffectiveRate(**data) if "n_effective" in data else Rate(**data)
