"""Finds the place in an order after which something happens more often, if it does for sure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DRAWS = 1_999
_SEED = 20_260


@dataclass(frozen=True)
class ChangePoint:
    """The last place before the change, and how likely such a one is where there is no change."""

    after: int
    p: float


def find(
    places: Sequence[int], happened: Sequence[bool], groups: Sequence[str] = ()
) -> ChangePoint | None:
    """The place that most clearly parts the rare from the frequent; None where none can.

    The statistic is the largest standardised difference of shares over all places. Its p is that
    of a permutation test over 1,999 draws from a fixed seed, so it holds for the choice of the
    place too: within each group (what stands alone is one together) places are as good as any.
    """
    import numpy as np  # when first used

    order = np.argsort(np.asarray(places), kind="stable")
    at, hits = np.asarray(places)[order], np.asarray(happened, dtype=float)[order]
    ends = np.flatnonzero(np.diff(at))  # the last of each place but the last one
    n, total = len(hits), hits.sum()
    if not len(ends) or total in (0, n):
        return None
    late = n - 1 - ends
    share = total / n
    deviation = np.sqrt(share * (1 - share) * late * (n - late) / max(n - 1, 1))

    def scores(rows: Any) -> Any:
        after = total - np.cumsum(rows, axis=-1)[..., ends]
        return (after - late * share) / deviation

    found = scores(hits)
    best = int(found.argmax())
    blocks = _blocks([groups[place] for place in order] if groups else [""] * n)
    draw = np.random.default_rng(_SEED)
    rows = np.tile(hits, (DRAWS, 1))
    for block in blocks:
        rows[:, block] = draw.permuted(rows[:, block], axis=1)
    reached = int((scores(rows).max(axis=1) >= found[best] - 1e-9).sum())
    return ChangePoint(int(at[ends[best]]), (1 + reached) / (1 + DRAWS))


def _blocks(groups: Sequence[str]) -> list[list[int]]:
    """The places of each group; what is in none, or alone in one, is a group together."""
    places: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    several = [block for group, block in places.items() if group and len(block) > 1]
    known = {place for block in several for place in block}
    rest = [place for place in range(len(groups)) if place not in known]
    return [*several, *([rest] if rest else [])]
