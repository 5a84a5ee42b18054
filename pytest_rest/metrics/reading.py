"""Turns records of the form ocr-then-solve into how much of an inconsistency reading explains.

An item is inconsistent between text and image where their answers differ, by REST's rule. The same
image answer is then held against the answer to the model's own transcription, given as text: both
have been read by the model, so what was only a matter of reading is gone. Over the items

    share = 1 - differing(own transcription, image) / differing(text, image)

It is a lower bound where the two readings differ: the transcription is one call, and the image form
reads the picture again in a call of its own, which may go wrong elsewhere. It says nothing of the
mixed form, whose picture is another.

The ratio is paired by item, with Fieller's interval (see `statistics.intervals.ratio`) after two
more items that differ, of which one goes on differing: so it has a width where all or none do, as
Agresti and Caffo's two more of each have it ("Simple and effective confidence intervals for
proportions and differences of proportions", The American Statistician 54, 2000). It is cut at 0 and
1, and is all of that where too few items differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pytest_rest.metrics.agreement import Group, by_suite
from pytest_rest.scoring import agree
from pytest_rest.statistics.intervals import ratio
from pytest_rest.terms import TWO_PASSES, Mode, Rate, Record

_MORE = ((1.0, 0.0), (1.0, 1.0))  # two items: differing before, and after


@dataclass(frozen=True, slots=True)
class Explained(Rate):
    """The share that reading explains at least, of `n` items that were asked in all three forms.

    `differing` of them answer text and image differently, `remaining` the transcription and the
    image; an item in several styles counts with the share of them.
    """

    differing: float
    remaining: float


def explained(records: Sequence[Record]) -> dict[str, Explained | None]:
    """What reading explains by suite, and pooled; empty where ocr-then-solve was not asked."""
    suites = by_suite(r for r in records if TWO_PASSES in r.verdict.answers)
    scopes = {**suites, "pooled": [group for groups in suites.values() for group in groups]}
    return {scope: share(groups) for scope, groups in scopes.items()} if suites else {}


def share(groups: Sequence[Group]) -> Explained | None:
    """How much reading explains at least; None where no item's text and image differ."""
    pairs = [pair for group in groups if (pair := _differing(group)) is not None]
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    if not any(before):
        return None
    differing, remaining = math.fsum(before), math.fsum(after)
    more, still = zip(*_MORE, strict=True)
    limits = ratio([*after, *still], [*before, *more])
    low, high = (limits.low, limits.high) if limits else (None, None)
    return Explained(
        max(1 - remaining / differing, 0.0),
        0.0 if high is None else max(1 - high, 0.0),
        1.0 if low is None else 1 - low,
        len(pairs),
        differing,
        remaining,
    )


def _differing(group: Group) -> tuple[float, float] | None:
    """The share of an item's styles in which text, and its transcription, differ from image."""
    modes: tuple[Mode, ...] = ("text", TWO_PASSES)
    asked = (record.verdict.answers for record in group)
    known = [answers for answers in asked if {"image", *modes} <= set(answers)]
    if not known:
        return None
    before, after = (
        fmean(not agree((answers[mode].value, answers["image"].value)) for answers in known)
        for mode in modes
    )
    return before, after
