"""Turns an item's answers in several formats into what the mere format does, and what is beyond.

For one item, t(F) being its value as text in format F and i(F) as a picture of that::

    floor    = mean over pairs F, G of [t(F) differs from t(G)]                  format floor
    excess   = mean over F, G of [t(F) differs from i(F)] - [t(F) differs from t(G)]
                                                                              modality excess
    text     of F: mean over G of [t(F) differs from t(G)], less the mean over pairs of the others
    pictures of F: mean over G of [i(F) differs from t(G)] - [t(F) differs from t(G)]

The last two are zero on average where a format, or its pictures, are answered as all others are,
however unsteady a model is. What differs is what does not agree: no answer agrees with nothing. A
table that is drawn with rules is Markdown as text, so that it and `markdown` are one text.
"""

import functools
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.scoring import agree
from pytest_rest.terms import RULED, Mode, Record

Values = Sequence[str | None]
ONE_TEXT = "it needs texts in two formats"


def as_text(name: str) -> str:
    """The format that a format is in as text."""
    return "markdown" if name == RULED else name


@dataclass(frozen=True)
class InFormats:
    """An item's values by format, as text and as pictures; several where it has several styles."""

    texts: Mapping[str, Values]
    images: Mapping[str, Values]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each two formats of its texts, in the order of their names."""
        return [*itertools.combinations(sorted(self.texts), 2)]

    @functools.cached_property
    def between(self) -> Mapping[tuple[str, str], float]:
        """How often its texts in two formats differ, by these."""
        pairs = itertools.permutations(self.texts, 2)
        return {(one, other): _differ(self.texts[one], self.texts[other]) for one, other in pairs}

    @property
    def floor(self) -> float | None:
        """How often two of its texts differ; None where it has one format."""
        return fmean(map(self.between.__getitem__, self.pairs)) if self.pairs else None

    @property
    def excess(self) -> float | None:
        """What the modality adds to that, in each format that it has as text and as a picture."""
        of_each = [
            _differ(self.texts[as_text(name)], values) - self._to_others(as_text(name))
            for name, values in self.images.items()
            if self._others(as_text(name))
        ]
        return fmean(of_each) if of_each else None

    def text(self, name: str) -> float | None:
        """How much more its text in a format differs than the others; None for under three."""
        others = self._others(name)
        if len(others) < 2:
            return None
        among = map(self.between.__getitem__, itertools.combinations(others, 2))
        return self._to_others(name) - fmean(among)

    @functools.cached_property
    def pictures(self) -> Mapping[str, float]:
        """How much more its picture in a format differs from other texts than its text does."""
        return {
            name: fmean(_differ(values, self.texts[other]) for other in others)
            - self._to_others(as_text(name))
            for name, values in sorted(self.images.items())
            if (others := self._others(as_text(name)))
        }

    def _others(self, name: str) -> list[str]:
        return [other for other in sorted(self.texts) if other != name and name in self.texts]

    def _to_others(self, name: str) -> float:
        return fmean(self.between[name, other] for other in self._others(name))


def in_formats(group: Iterable[Record]) -> InFormats:
    """An item's values, from its records in each style and format."""
    texts: dict[str, list[str | None]] = defaultdict(list)
    images: dict[str, list[str | None]] = defaultdict(list)
    for record in group:
        answers = record.verdict.answers
        if record.format and "text" in answers:
            texts[as_text(record.format)].append(answers["text"].value)
        if record.format and "image" in answers:
            images[record.format].append(answers["image"].value)
    return InFormats(texts, images)


def beyond_noise(group: Iterable[Record]) -> float | None:
    """How much more texts in two formats differ than one format's text from itself, asked again.

    None where fewer than two formats were asked more than once.
    """
    asked: dict[str, list[str | None]] = {}
    for record in group:
        if record.format and (again := record.verdict.repeats.get("text")):
            first = record.verdict.answers["text"]
            asked.setdefault(as_text(record.format), [each.value for each in (first, *again)])
    if len(asked) < 2:
        return None
    within = fmean(_share([*itertools.combinations(each, 2)]) for each in asked.values())
    return fmean(itertools.starmap(_differ, itertools.combinations(asked.values(), 2))) - within


def unmeasured(metric: str, names: Iterable[str], modes: Collection[Mode]) -> str:
    """Why formats of these names, in these modes, do not tell a metric; or empty."""
    if len({as_text(name) for name in names}) < 2:
        return ONE_TEXT
    needed: tuple[Mode, ...] = ("text", "image") if metric == "modality_excess" else ("text",)
    lacking = [mode for mode in needed if mode not in modes]
    return f"no answer is to the form {lacking[0]}" if lacking else ""


def _differ(some: Values, others: Values) -> float:
    return _share([*itertools.product(some, others)])


def _share(pairs: Sequence[tuple[str | None, str | None]]) -> float:
    """Of pairs of values the share that differ."""
    return sum(not agree(pair) for pair in pairs) / len(pairs)
