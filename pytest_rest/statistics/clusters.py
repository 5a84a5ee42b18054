"""Turns items' shares, some of which belong together, into how many independent items they are.

Items of one template or passage tend to be right together, so that n of them say less than n. With
k clusters of sums y and sizes m, n = sum m, the share p = sum y / n is a ratio of sums of clusters,
and its variance is

    v = k / (k - 1) sum z^2 / n^2,   z = y - p m

(Kish, "Survey Sampling", 1965; Rao and Scott, "A simple method for the analysis of clustered binary
data", Biometrics 48, 1992). As many independent items of which each is right or wrong have that
variance as the sample is `worth`:

    p (1 - p) / v   independent items; at most n where each item is right or wrong

An item in several styles may be half right: it says more than an item in one, so that items that do
not belong together are worth p (1 - p) n / s^2, at least n.

Where nothing varies, clusters may stand or fall as a whole: they are worth n^2 / sum m^2 items, the
number of clusters if all are of one size (Kish's n for unequal weights). Where few clusters hold
all that varies, v is uncertain itself: (sum z^2)^2 / sum z^4 clusters have the `spread`, and by
Satterthwaite, "An approximate distribution of estimates of variance components", Biometrics 2,
1946, v has 2 spread / (1 - spread / k) degrees of freedom, if z's kurtosis is that of the sample.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Self, TypeVar

K = TypeVar("K", bound=Hashable)
_EQUAL = 1e-12  # sums of shares that differ by less are equal


@dataclass(frozen=True, slots=True)
class Sample:
    """Items' shares from 0 to 1, and what they are worth.

    `parts` are the shares that occur, each with its number of items. `units` is the number of
    clusters, those of one item included; `is_clustered` whether one has more. `wholly` is what the
    sample is worth if each cluster stands or falls as a whole; `spread` is 0 where nothing varies.
    """

    parts: tuple[tuple[float, float], ...]
    units: int
    is_clustered: bool
    worth: float
    wholly: float
    spread: float = 0.0

    @property
    def n(self) -> int:
        """The number of items."""
        return round(math.fsum(count for _, count in self.parts))

    @property
    def value(self) -> float:
        """The mean of the items' shares."""
        return math.fsum(share * count for share, count in self.parts) / self.n

    @property
    def is_whole(self) -> bool:
        """Whether each item is either right or wrong."""
        return all(share in (0.0, 1.0) for share, _ in self.parts)

    @property
    def is_plain(self) -> bool:
        """Whether it is a count of items that stand alone, worth just its n."""
        return self.is_whole and not self.is_clustered

    @property
    def freedom(self) -> float:
        """The degrees of freedom of its variance."""
        most = max(self.units - 1, 1)
        rest = 1 - self.spread / self.units
        return min(max(2 * self.spread / rest, 1), most) if self.spread and rest > 0 else most

    def grown(self, factor: float) -> Self:
        """As many times the items, in as many times the clusters."""
        return replace(
            self,
            parts=tuple((share, count * factor) for share, count in self.parts),
            units=round(self.units * factor),
            worth=self.worth * factor,
            wholly=self.wholly * factor,
            spread=self.spread * factor,
        )


def sample(shares: Iterable[float], clusters: Sequence[str] = ()) -> Sample | None:
    """The sample of one suite's items; None without items.

    `clusters` has each item's, empty for one that belongs to no other; without any, none does.
    """
    told = [*shares]
    if not told:
        return None
    counts: Counter[float] = Counter()
    for share, number in Counter(told).items():  # few of them occur
        counts[float(_near(share))] += number
    parts, n = tuple(sorted(counts.items())), len(told)
    alone = Sample(parts, n, False, n, n)
    if alone.is_whole and not any(clusters):
        return alone
    values = [*map(_near, told)]
    by_cluster = grouped(values, clusters)
    if len(by_cluster) == n and alone.is_whole:
        return alone
    own = _varied(alone, [[value] for value in values])
    own = replace(own, worth=max(own.worth, n))
    if len(by_cluster) == n:
        return own
    together = _varied(replace(alone, units=len(by_cluster), is_clustered=True), by_cluster)
    return replace(together, worth=min(together.worth, n if alone.is_whole else own.worth))


def net(changes: Mapping[K, float], clusters: Mapping[K, str]) -> list[float]:
    """The mean change of each cluster, what got worse in it netted with what got better.

    An item whose cluster is absent or empty is a cluster of its own. Each cluster counts once in a
    test of the changes, by signs or by size: items of one that flip together are one event
    (Durkalski et al., "The analysis of clustered matched-pair data", Statistics in Medicine 22,
    2003). What is 0 but for rounding is 0.
    """
    named = [clusters.get(key, "") for key in changes]
    means = map(fmean, grouped([*changes.values()], named))
    return [0.0 if abs(mean) < _EQUAL else mean for mean in means]


def grouped(values: Sequence[float], clusters: Sequence[str] = ()) -> list[list[float]]:
    """The values of each cluster; one without a name, or without any, is a cluster of its own."""
    if not any(clusters):
        return [[value] for value in values]
    by_cluster: dict[Hashable, list[float]] = defaultdict(list)
    for place, value in enumerate(values):
        by_cluster[clusters[place] or place].append(value)
    return list(by_cluster.values())


def _near(share: float) -> float:
    """A whole number that a share is but for rounding, or the share."""
    return round(share) if abs(share - round(share)) < _EQUAL else share


def _varied(sample: Sample, clusters: Sequence[Sequence[float]]) -> Sample:
    """The sample with what these clusters of its shares are worth."""
    k, n, value = len(clusters), sample.n, sample.value
    wholly = n**2 / sum(len(shares) ** 2 for shares in clusters)
    squares = [(math.fsum(shares) - value * len(shares)) ** 2 for shares in clusters]
    total = math.fsum(squares)
    if k < 2 or total < (n * _EQUAL) ** 2:
        return replace(sample, wholly=wholly, worth=wholly)
    return replace(
        sample,
        wholly=wholly,
        worth=value * (1 - value) * n**2 * (k - 1) / (k * total),
        spread=total**2 / math.fsum(square**2 for square in squares),
    )
