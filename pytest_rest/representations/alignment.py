"""Turns the pooled vectors of pictures and of their texts into how alike they are, layer by layer.

Of n items, each with a vector of its picture and one of its text:

- `matched`: the mean cosine of an item's picture and its own text; `mismatched`: of the picture of
  one item and the text of another; `gap`: the first less the second. All vectors of a layer may
  point in nearly the same direction, so that only the gap says what the content alone contributes.
- `image_to_text`: the share of pictures whose nearest text, by cosine, is their own;
  `text_to_image` the reverse; `two_way` the mean of both. Of k that are equally near, each counts
  1/k, as if drawn by lot. Chance is 1/n, for there are n items to choose from.

Every measure is a mean over items, and is resampled over them (Efron's percentile bootstrap, 1979).
`mismatched` is a mean over pairs: an item is in it twice, with its picture and with its text, and
its contribution is Hoeffding's projection (1948); otherwise the interval would be half as wide as
it must be. Shares are resampled with two hits and two misses added, as Agresti and Coull (1998) do,
since with n hits in n every sample would be the same.

The maximum over layers is chosen by the data, which raises it. Its interval therefore holds for all
layers at once: it is as wide as the largest deviation of any layer in 95 % of the samples.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pytest_rest.statistics.intervals import CONFIDENCE, correlation_limits

Array = NDArray[np.float64]
Matrix = NDArray[np.floating]  # (n, width), a row per item

DRAWS = 2_000
MOST_ITEMS = 5_000  # cosines of all pairs are held at once, a layer at a time
COSINES = ("matched", "mismatched", "gap")
SHARES = ("image_to_text", "text_to_image", "two_way")
MEASURES = (*COSINES, *SHARES)
PEAKS = tuple(name for name in MEASURES if name != "mismatched")  # the larger, the better

_RANGES = {"matched": (-1.0, 1.0), "mismatched": (-1.0, 1.0), "gap": (-2.0, 2.0)}
_EQUAL = 1e-9  # cosines closer to each other are equal
_ADDED = (0.0, 0.0, 1.0, 1.0)
_LEAST_MODELS = 3


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` items, with its interval at 95 %."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Peak(Estimate):
    """The largest estimate over layers, and the first layer that has it."""

    layer: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The measures of each layer by name, the maxima over layers, and what chance retrieves."""

    n: int
    chance: float
    layers: tuple[Mapping[str, Estimate], ...]
    peaks: Mapping[str, Peak]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's r over `n` models, and its square with an interval.

    The bounds are None below four models, or if r is 1 or -1.
    """

    r: float
    r2: float
    low: float | None
    high: float | None
    n: int


def align(layers: Iterable[tuple[Matrix, Matrix]], draws: int = DRAWS, seed: int = 0) -> Alignment:
    """The measures of each layer, from its pictures' and texts' vectors, two (n, width) arrays.

    Equal seeds give equal intervals. `ValueError` for fewer than two items, for shapes that differ,
    and for values that are not finite.
    """
    parts = np.stack([contributions(images, texts) for images, texts in layers], axis=1)
    n = parts.shape[2]
    random = np.random.default_rng(seed)
    estimates: list[dict[str, Estimate]] = [{} for _ in range(parts.shape[1])]
    peaks = {}
    for name, values in zip(MEASURES, parts, strict=True):
        ends = _RANGES.get(name, (0.0, 1.0))
        means = values.mean(axis=1)
        if name in SHARES:
            values = np.hstack([values, np.tile(_ADDED, (len(values), 1))])
        sampled = _resample(values, draws, random)
        bounds = np.quantile(sampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        for layer, value, low, high in zip(estimates, means, *bounds, strict=True):
            layer[name] = Estimate(*_ordered(low, value, high, ends), n)
        if name in PEAKS:
            centers = values.mean(axis=1)
            reach = np.quantile(np.abs(sampled - centers).max(axis=1), CONFIDENCE)
            best = centers.max()
            low, high = best - reach, best + reach
            peaks[name] = Peak(*_ordered(low, means.max(), high, ends), n, int(means.argmax()))
    return Alignment(n, 1 / n, tuple(estimates), peaks)


def contributions(images: Matrix, texts: Matrix) -> Array:
    """What each of n items contributes to each of `MEASURES`, whose value is the mean: (6, n)."""
    if images.shape != texts.shape or images.ndim != 2 or len(images) < 2:
        raise ValueError(
            f"{images.shape} and {texts.shape} are not two equal shapes (n >= 2, width)"
        )
    cosines = _unit(images) @ _unit(texts).T
    n = len(cosines)
    matched = cosines.diagonal()
    pairs = (cosines.sum(axis=0) + cosines.sum(axis=1) - 2 * matched) / (2 * (n - 1))
    mismatched = 2 * pairs - pairs.mean()
    to_text, to_image = _hits(cosines), _hits(cosines.T)
    return np.stack(
        [matched, mismatched, matched - mismatched, to_text, to_image, (to_text + to_image) / 2]
    )


def correlation(xs: Sequence[float], ys: Sequence[float]) -> Correlation | None:
    """The correlation of two measures over models; None below three, or if either does not vary."""
    n = len(xs)
    if n < _LEAST_MODELS or min(np.ptp(xs), np.ptp(ys)) < _EQUAL:
        return None
    r = float(np.clip(np.corrcoef(xs, ys)[0, 1], -1, 1))
    if n == _LEAST_MODELS or 1 - abs(r) < _EQUAL:
        return Correlation(r, r * r, None, None, n)
    low, high = correlation_limits(r, n)
    least = 0.0 if low <= 0 <= high else min(low * low, high * high)
    return Correlation(r, r * r, least, max(low * low, high * high), n)


def _unit(vectors: Matrix) -> Array:
    """Vectors of length 1; a vector of length 0 stays, as it is similar to nothing."""
    wide = vectors.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("a vector is not finite")
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    unit: Array = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return unit


def _hits(cosines: Array) -> Array:
    """For each row whether the diagonal is its largest; shared if several are."""
    nearest = cosines >= cosines.max(axis=1, keepdims=True) - _EQUAL
    hits: Array = nearest.diagonal() / nearest.sum(axis=1)
    return hits


def _resample(values: Array, draws: int, random: np.random.Generator) -> Array:
    """The mean of each layer in each of `draws` samples of the items: (draws, layers)."""
    n = values.shape[1]
    counts = random.multinomial(n, np.full(n, 1 / n), size=draws)
    means: Array = counts @ values.T / n
    return means


def _ordered(
    low: float, value: float, high: float, ends: tuple[float, float]
) -> tuple[float, float, float]:
    """Value, low and high, within a measure's range; never a value outside of its interval."""
    low, value, high = (min(max(float(each), ends[0]), ends[1]) for each in (low, value, high))
    return value, min(low, value), max(high, value)
