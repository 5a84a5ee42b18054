"""Turns figures of the same items in several runs into by how much they fall a run, and how surely.

Each item is compared with itself. With y its figure in run t, both less their means over the runs
that judged it, the score and its variance over all orders of these runs are, summed over items,

    S = sum t y,    V = sum t^2 sum y^2 / (runs - 1)

If nothing has changed, each order of an item's figures is as likely as any other, and S / sqrt(V)
is normal: Mantel, "Chi-square tests with one degree of freedom; extensions of the Mantel-Haenszel
procedure", Journal of the American Statistical Association 58, 1963; where no item is told from
another it is the trend test of Cochran and Armitage. An item that never varies plays no part. Items
of a cluster are one unit, the sum of theirs.

Whoever looks after each run has as many chances to err. Of the error, a history of T runs may spend
(F - 1) / (T (T - 1)), F being the fewest that are tested: over all T these sum to 1, so that of
histories without a change no more than the error ever alarm, however long they are.

Releases may also go up and down, all items together. A fall must then be clear of that, too: by
Student's t of the runs' means about their line, at the error itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.statistics.clusters import grouped
from pytest_rest.statistics.intervals import Z, t_quantile

FEWEST = 4  # runs of which a line can be told from scatter
_NOTHING = 1e-12
Row = Sequence[float | None]  # an item's figure in each run; None where it was not judged


@dataclass(frozen=True, slots=True)
class Trend:
    """The `slope` a run, with its interval at 95 %, of so many runs and items.

    The bounds are None where nothing varies, which does not say how it might.

    `p` is how likely as steep a fall of the items were if nothing had changed, `p_runs` if the runs
    went up and down without a trend. `spent` is the share of the error that this look may use.
    """

    slope: float
    low: float | None
    high: float | None
    runs: int
    items: int
    p: float
    p_runs: float
    spent: float

    @property
    def adjusted(self) -> float:
        """The p that may be held against the whole error, whenever one looks."""
        return min(self.p / self.spent, 1.0)


def measure(rows: Sequence[Row], clusters: Sequence[str] = ()) -> Trend | None:
    """The trend of items' figures over runs, the earliest first; None of too few runs or items.

    `clusters` has each item's, empty for one that belongs to no other.
    """
    runs = len(rows[0]) if rows else 0
    units = [unit for unit in _units(rows, clusters) if len(unit[1]) > 1]
    if runs < FEWEST or not units:
        return None
    score = variance = information = 0.0
    by_run: list[list[float]] = [[] for _ in range(runs)]
    for size, values in units:
        middle, mean = fmean(values), fmean(values.values())
        times = math.fsum((t - middle) ** 2 for t in values)
        score += math.fsum((t - middle) * y for t, y in values.items())
        squares = math.fsum((y - mean) ** 2 for y in values.values())
        variance += times * squares / (len(values) - 1)
        information += size * times
        for t, y in values.items():
            by_run[t].append(y - mean)
    slope, error = score / information, math.sqrt(variance) / information
    # NormalDist.cdf has no digits left below some -8.
    p = math.erfc(-score / math.sqrt(2 * variance)) / 2 if variance > _NOTHING else 1.0
    weight = sum(size for size, _ in units)
    p_runs, wider = _of_means([math.fsum(each) / weight for each in by_run], slope)
    reach = max(Z * error, wider)
    low, high = (slope - reach, slope + reach) if reach > _NOTHING else (None, None)
    spent = (FEWEST - 1) / (runs * (runs - 1))
    return Trend(slope, low, high, runs, len(rows), p, p_runs, spent)


def _units(rows: Sequence[Row], clusters: Sequence[str]) -> list[tuple[int, dict[int, float]]]:
    """The number of items of each cluster, and their sum in each run that judged any."""
    units = []
    for places in grouped(range(len(rows)), clusters):
        own = [rows[int(place)] for place in places]
        known = {
            t: [y for y in each if y is not None] for t, each in enumerate(zip(*own, strict=True))
        }
        units.append((len(own), {t: fmean(ys) * len(own) for t, ys in known.items() if ys}))
    return units


def _of_means(means: Sequence[float], slope: float) -> tuple[float, float]:
    """The chance of such a fall of the runs' means by Student's t, and their interval's reach."""
    from scipy.special import stdtr  # when first used: it takes a third of a second

    n, middle, mean = len(means), (len(means) - 1) / 2, fmean(means)
    times = math.fsum((t - middle) ** 2 for t in range(n))
    own = math.fsum((t - middle) * y for t, y in enumerate(means)) / times
    rest = math.fsum((y - mean - own * (t - middle)) ** 2 for t, y in enumerate(means))
    error = math.sqrt(rest / (n - 2) / times)
    if error < _NOTHING:
        return float(slope >= 0), 0.0
    return float(stdtr(n - 2, own / error)), t_quantile(n - 2) * error
