"""Turns records into how much was sent and written in each mode: output lengths, and tokens.

Image input makes some models write much shorter answers ("Reading, Not Thinking", arXiv
2603.09095), so the output length of the image form is compared with that of the text form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import and_
from statistics import fmean
from typing import Any, Literal

from pytest_rest.metrics.columns import AnswerColumns
from pytest_rest.statistics import mover
from pytest_rest.statistics.intervals import ratio
from pytest_rest.terms import Mode, Rate, to_rate

Unit = Literal["tokens", "characters"]


@dataclass(frozen=True, slots=True)
class Ratio(Rate):
    """Mean output length of the image form over the text form's, of `n` items, and its unit."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class MeanTokens:
    """One mode's mean tokens per answer, over `n` items; accuracy per 1,000 tokens sent."""

    input: float
    output: float
    n: int
    accuracy_per_1000_input: Rate | None

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "MeanTokens":
        """From a report; KeyError or TypeError if it has none."""
        rate = to_rate(data["accuracy_per_1000_input"])
        return cls(**{**data, "accuracy_per_1000_input": rate})


def length_ratio(answered: Mapping[Mode, AnswerColumns]) -> Ratio | None:
    """Output length image/text, the ratio of the means over items that have both forms.

    In output tokens if every such answer says how many, otherwise in characters (of an answer's
    text as it is kept, 20,000 at most). An item's styles are averaged first. None without such
    items, or if the text form wrote nothing.
    """
    if not ("image" in answered and "text" in answered):
        return None
    forms = answered["image"], answered["text"]
    are_both = bytes(map(and_, *(form.are_there for form in forms)))
    written = [[*compress(form.written, are_both)] for form in forms]
    told = [[number for number in numbers if number is not None] for numbers in written]
    is_told = told == written
    unit: Unit = "tokens" if is_told else "characters"
    characters = ([*compress(form.characters, are_both)] for form in forms)
    lengths = ratio(*(told if is_told else characters))
    return Ratio(lengths.value, lengths.low, lengths.high, lengths.n, unit) if lengths else None


def tokens(
    answered: Mapping[Mode, AnswerColumns], modes: Sequence[Mode]
) -> dict[Mode, MeanTokens | None] | None:
    """Tokens by mode, None if an answer of it reports none; None if that is so of every mode."""
    by_mode = {mode: _tokens(answered[mode]) for mode in modes}
    return by_mode if any(by_mode.values()) else None


def mean_ratio(ratios: Sequence[Ratio | None]) -> Ratio | None:
    """The unweighted mean over suites; None where suites are measured in different units."""
    units = {ratio.unit for ratio in ratios if ratio}
    mean = mover.mean(ratios)
    if mean is None or len(units) > 1:
        return None
    return Ratio(mean.value, mean.low, mean.high, mean.n, units.pop())


def mean_tokens(
    suites: Sequence[Mapping[Mode, MeanTokens | None] | None], modes: Sequence[Mode]
) -> dict[Mode, MeanTokens | None] | None:
    """The unweighted means over suites, by mode; None for a mode where one suite's is."""
    by_mode = {mode: _mean([(each or {}).get(mode) for each in suites]) for mode in modes}
    return by_mode if any(by_mode.values()) else None


def _tokens(answers: AnswerColumns) -> MeanTokens | None:
    n = sum(answers.are_there)
    sent = [each for each in answers.sent if each is not None]
    written = [each for each in answers.written if each is not None]
    if not n or min(len(sent), len(written)) < n:
        return None
    right = [each or 0.0 for each in compress(answers.right, answers.are_judged)]
    thousands = [(each or 0.0) / 1000 for each in compress(answers.sent, answers.are_judged)]
    return MeanTokens(fmean(sent), fmean(written), n, ratio(right, thousands))


def _mean(used: Sequence[MeanTokens | None]) -> MeanTokens | None:
    known = [each for each in used if each]
    if not known or len(known) < len(used):
        return None
    return MeanTokens(
        fmean(each.input for each in known),
        fmean(each.output for each in known),
        sum(each.n for each in known),
        mover.mean([each.accuracy_per_1000_input for each in known]),
    )
