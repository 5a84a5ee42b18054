"""Infers the smallest legible print, and a hidden limit of pixels, from which lines were read.

A line of print is read with the probability (1 - lapses) * logistic((h - t) / s): h is the height
in which it arrives, t the reader's threshold for that kind of print, s how gradual reading is. All
are logarithms. A page that is larger than the limit arrives at it, and its print so much smaller:
on small pages the smallest legible print is t, whatever the page's size, and on large ones it grows
with the page. Pages of two shapes have a limit each, by which rules are told apart. The posterior
is computed on a lattice, and what to show next is what says the most about the limits.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rule = Literal["none", "side", "pixels", "both", "short side"]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

CONFIDENCE = 0.99
OCTAVE = 16  # steps of the lattice; a length of n steps is 2 ** (n / OCTAVE) pixels
SHAPES = (0, 24)  # a square, and a page that is higher than wide by so many steps
NEVER = 10_000  # the threshold of print that is not read in any size

_LEAST = 112  # the least limit that is thought of: 128 pixels
_LARGEST = (176, 192)  # for each shape the first that is none: its largest page
_PRINTS = np.array([*range(14, 102), NEVER])  # 1.8 to 80 pixels
_SLOPES = (1.4, 2.4, 4.8)  # s, in steps
_LAPSES = (0.01, 0.08)
_BLURS = {0: 0.5, 2: 0.3, 5: 0.2}  # steps that print is higher where a page is shrunk by little
_BLURRED = OCTAVE  # up to so many steps; half of it from there to the double
_READERS = [*product(_SLOPES, _LAPSES, _BLURS)]
_LIKELY = np.log([_BLURS[blur] for *_, blur in _READERS])
_GUESSED = 0.002
_OWN = 2.0
_FAR = 160
_DRAWS = 2_000
_NEAR = 3  # steps within which a limit is not told from another, or from none
_WITHIN = 0.08  # of a side, by which a limit must be sure
_PRIOR: Mapping[Rule, float] = {
    **{"none": 0.3, "side": 0.3, "pixels": 0.2},
    **{"both": 0.12, "short side": 0.08},
}


class Page(NamedTuple):
    """A page's shape, an index of `SHAPES`, and the steps of its longest side."""

    shape: int
    steps: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return round(pixels(self.steps - SHAPES[self.shape])), round(pixels(self.steps))


class Line(NamedTuple):
    """A line that was shown: its page, its font, its height in steps, and whether it was read."""

    page: Page
    font: int
    height: int
    is_legible: bool


@dataclass(frozen=True)
class Estimate:
    """A length or an area in pixels, with its interval at `CONFIDENCE`."""

    value: float
    low: float
    high: float

    def is_within(self, share: float) -> bool:
        """Whether the interval ends within that share of the value."""
        return self.low >= self.value * (1 - share) and self.high <= self.value * (1 + share)


@dataclass(frozen=True)
class Conclusion:
    """What was inferred, and for each rule its probability.

    `rule` is the one that is sure, or None; `side` the limit of the longest side (of the shortest
    one by that rule), `pixels` that of all pixels, as far as the rule has them. `shapes` is what
    was learnt without a rule: the longest side above which pages of each shape are shrunk, at most
    that of the largest one. `prints` has for each font the smallest height that is read in half of
    all cases, in pixels that arrive; None where none is. `fit` is the p value of the model's fit.
    """

    rule: Rule | None
    probabilities: Mapping[Rule, float]
    side: Estimate | None
    pixels: Estimate | None
    shapes: tuple[Estimate, Estimate]
    prints: tuple[Estimate | None, ...]
    fit: float
    smallest: float  # the longest side of the smallest page

    @property
    def is_below(self) -> bool:
        """Whether every page was shrunk, or brought to one size: then no limit can be measured."""
        low, high = self.smallest * (1 - _WITHIN), self.smallest * (1 + _WITHIN)
        return all(limit.low < low and limit.high <= high for limit in self.shapes)

    @property
    def is_precise(self) -> bool:
        """Whether nothing more has to be shown."""
        if self.is_below:
            return True
        is_near = self.side is None or self.side.is_within(_WITHIN)
        is_near &= self.pixels is None or self.pixels.is_within(2 * _WITHIN)
        return self.rule is not None and is_near


def pixels(steps: float) -> float:
    """A length on the lattice in pixels."""
    return float(2 ** (steps / OCTAVE))


class Reader:
    """The posterior of a reader's thresholds and limits; what is drawn from it is the seed's."""

    def __init__(self, fonts: int, seed: int = 0) -> None:
        self._limits = [np.arange(_LEAST, largest + 1) for largest in _LARGEST]
        shapes = [(len(_READERS), len(limits), len(_PRINTS)) for limits in self._limits]
        self._evidence = [[np.zeros(shape) for shape in shapes] for _ in range(fonts)]
        self._rules = _rules(*self._limits)
        self._seed = seed
        self.lines: list[Line] = []
        self._draw()

    def add(self, lines: Sequence[Line]) -> None:
        """Learn which lines were read."""
        for line in lines:
            shape, steps = line.page
            smaller = _smaller(steps, self._limits[shape], np.array([*_BLURS])[:, None])
            above = line.height - smaller[:, :, None] - _PRINTS[None, None, :]
            at = np.clip(above, -_FAR, _FAR) + _FAR
            logs = _LOGS[int(line.is_legible)]
            evidence = self._evidence[line.font][shape].reshape(len(logs), *above.shape)
            evidence += logs[:, at]
        self.lines += lines
        self._draw()

    def _draw(self) -> None:
        """Draw limits, thresholds and slopes from the posterior."""
        prior = np.log(sum(self._rules.values()))
        total = prior + _LIKELY[:, None, None]
        for square, tall in self._evidence:
            total += _joined(square, tall)
        weights = np.exp(total - total.max())
        weights /= weights.sum()
        cells = weights.sum(axis=0)
        shares = cells / np.exp(prior)
        self.probabilities = {
            name: float((rule * shares).sum()) for name, rule in self._rules.items()
        }
        random = np.random.default_rng(self._seed)
        chosen = random.choice(weights.size, _DRAWS, p=weights.ravel())
        reader, *cell = np.unravel_index(chosen, weights.shape)
        self.slopes, self._lapses, self._blurs = np.array(_READERS)[reader].T
        limits = [values[at] for values, at in zip(self._limits, cell, strict=True)]
        self.limits = np.stack(limits, axis=1)
        prints = []
        for square, tall in self._evidence:
            log = square[reader, cell[0]] + tall[reader, cell[1]]
            sums = np.exp(log - log.max(axis=1, keepdims=True)).cumsum(axis=1)
            at = (sums < random.random((_DRAWS, 1)) * sums[:, -1:]).sum(axis=1)
            prints.append(_PRINTS[at])
        self.prints = np.stack(prints, axis=1)

    def thresholds(self, page: Page, font: int) -> Whole:
        """Draws of the height that is read in half of all cases, in steps, as it is shown."""
        smaller = _smaller(page.steps, self.limits[:, page.shape], self._blurs.astype(int))
        return np.asarray(self.prints[:, font] + smaller)

    def spread(self, page: Page, font: int) -> tuple[float, float]:
        """The middle of the thresholds, and within how many steps of it lines say something."""
        drawn = self.thresholds(page, font)
        drawn = drawn[drawn < NEVER]
        if len(drawn) < _DRAWS / 10:  # is it so, or only too small so far?
            return float(_PRINTS[-2]), float(OCTAVE)
        return float(np.median(drawn)), float(np.hypot(drawn.std(), 1.7 * self.slopes.mean()))

    def smallest(self, page: Page, font: int) -> Estimate | None:
        """The same in pixels with its interval; None where print of the font is not read."""
        return _legible(self.thresholds(page, font))

    def gain(self, page: Page, font: int) -> float:
        """By how much the variances of both limits shrink, when that page is shown in that font."""
        drawn = self.thresholds(page, font)
        is_read = self.prints[:, font] < NEVER
        if is_read.mean() < 0.5:
            return 0.0
        drawn, limits = drawn[is_read], self.limits[is_read]
        noise = (2 * self.slopes.mean()) ** 2 / 3
        both = np.cov(np.column_stack([drawn, limits]).T)
        return float((both[0, 1:] ** 2).sum() / (both[0, 0] + noise))

    def conclude(self) -> Conclusion:
        """What all lines so far say."""
        rule, probability = max(self.probabilities.items(), key=lambda entry: entry[1])
        if (free := self._free()) >= CONFIDENCE:
            rule, probability = "none", free
        fit = self._fit()
        is_sure = probability >= CONFIDENCE and fit >= 1 - CONFIDENCE
        square, tall = self.limits.T
        side = {"side": tall, "both": tall, "short side": square}.get(rule)
        area = 2 * square if rule in ("pixels", "both") else None
        return Conclusion(
            rule=rule if is_sure else None,
            probabilities=self.probabilities,
            side=_estimate(side) if is_sure and side is not None else None,
            pixels=_estimate(area) if is_sure and area is not None else None,
            shapes=(_estimate(square), _estimate(tall)),
            prints=tuple(map(_legible, self.prints.T)),
            fit=fit,
            smallest=pixels(min((page.steps for page in self._pages), default=0)),
        )

    def _free(self) -> float:
        """The probability that no page that was shown is shrunk, but for a step."""
        largest = [max((p.steps for p in self._pages if p.shape == s), default=0) for s in (0, 1)]
        return float((self.limits >= np.array(largest) - 1).all(axis=1).mean())

    @property
    def _pages(self) -> set[Page]:
        return {line.page for line in self.lines}

    def _fit(self) -> float:
        """Pearson's chi-squared test of the lines that were read on each page.

        A page may have a threshold of its own that is `_OWN` steps off, of one standard deviation.
        """
        from scipy.special import chdtrc  # when first used: it takes a third of a second

        off: Counter[Page] = Counter()  # of the lines that were read
        variances: Counter[Page] = Counter()
        shifts: Counter[Page] = Counter()  # of the lines read, by a step of the threshold
        for page, font in {(line.page, line.font) for line in self.lines}:
            lines = [line for line in self.lines if (line.page, line.font) == (page, font)]
            heights = np.array([[line.height] for line in lines])
            above = (heights - self.thresholds(page, font)) / self.slopes
            read = np.maximum((1 - self._lapses) * _logistic(above), _GUESSED)
            rates = read.mean(axis=1)
            off[page] += sum(line.is_legible for line in lines) - rates.sum()
            variances[page] += (rates * (1 - rates)).sum()
            shifts[page] += (read * (1 - read) / self.slopes).mean(axis=1).sum()
        squares = sum(
            off[page] ** 2 / max(variance + (_OWN * shifts[page]) ** 2, 0.25)
            for page, variance in variances.items()
        )
        return float(chdtrc(max(len(variances), 1), squares))


def _rules(squares: Whole, talls: Whole) -> dict[Rule, Floats]:
    """The prior of each rule, over the limits of both shapes; all cells have a little."""
    square, tall = np.meshgrid(squares, talls, indexing="ij")
    last, longest = _LARGEST
    is_free = (square > last - _NEAR) & (tall > longest - _NEAR)
    is_nearly_free = square > last - _NEAR
    area = SHAPES[1] / 2  # by so much higher is a page of equal pixels
    masks: dict[Rule, NDArray[np.bool_]] = {
        "none": (square == last) & (tall == longest),
        "side": (square == np.minimum(tall, last)) & ~is_free,
        "pixels": (square == np.minimum(tall - area, last)) & ~is_free & (square < last),
        "both": (tall > square + _NEAR) & (tall < square + area - _NEAR) & ~is_nearly_free,
        "short side": (np.minimum(square + SHAPES[1], longest) == tall) & ~is_nearly_free,
    }
    return {name: _PRIOR[name] * mask / mask.sum() + 1e-300 for name, mask in masks.items()}


def _joined(square: Floats, tall: Floats) -> Floats:
    """The log of the evidence of both shapes, with one font's threshold summed out."""
    tops = square.max(axis=2, keepdims=True), tall.max(axis=2, keepdims=True)
    parts = np.exp(square - tops[0]), np.exp(tall - tops[1])
    sums = np.einsum("kit,kjt->kij", *parts, optimize=True)
    joined: Floats = np.log(np.maximum(sums, 1e-300)) + tops[0] + tops[1].transpose(0, 2, 1)
    return joined


def _logistic(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))))


def _smaller(steps: int, limits: Whole, blurs: Whole) -> Whole:
    """By how many steps print is smaller than it was on a page, what it loses by blur included."""
    shrunk = np.maximum(steps - limits, 0)
    loss = np.where(shrunk <= _BLURRED, blurs, np.where(shrunk <= 2 * _BLURRED, blurs // 2, 0))
    return np.asarray(shrunk + np.where(shrunk > 0, loss, 0))


def _logs() -> tuple[Floats, Floats]:
    """By slope, lapses and steps above the threshold: the logs of not reading, and of reading."""
    above = np.arange(-_FAR, _FAR + 1)
    readers = product(_SLOPES, _LAPSES)
    rates = np.stack([(1 - lapses) * _logistic(above / slope) for slope, lapses in readers])
    rates = np.maximum(rates, _GUESSED)
    return np.log(1 - rates), np.log(rates)


_LOGS = _logs()


def ratio(one: Estimate, other: Estimate) -> Estimate:
    """The first as a multiple of the second, with MOVER's interval of the logarithms' difference.

    Zou and Donner, Statistics in Medicine 27, 2008.
    """
    value = math.log(one.value / other.value)
    down = math.hypot(math.log(one.value / one.low), math.log(other.high / other.value))
    up = math.hypot(math.log(one.high / one.value), math.log(other.value / other.low))
    return Estimate(*map(math.exp, (value, value - down, value + up)))


def _estimate(steps: Floats | Whole) -> Estimate:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(steps, [tail, 1 - tail])
    low, high = low - 0.5, high + 0.5  # what is between two steps
    return Estimate(pixels(float(np.mean(steps))), pixels(float(low)), pixels(float(high)))


def _legible(steps: Whole) -> Estimate | None:
    read = steps[steps < NEVER]
    return _estimate(read) if len(read) >= _DRAWS / 2 else None
