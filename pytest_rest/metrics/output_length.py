"""Turns records into how much was sent and written in each mode: output lengths, and tokens.

Image input makes some models write much shorter answers ("Reading, Not Thinking", arXiv
2603.09095), so the output length of the image form is compared with that of the text form.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from statistics import fmean
from typing import Any, Literal

from pytest_rest.metrics.agreement import Group
from pytest_rest.statistics import mover
from pytest_rest.statistics.intervals import ratio
from pytest_rest.terms import Answer, Mode, Rate, to_rate

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


def length_ratio(groups: Sequence[Group]) -> Ratio | None:
    """Output length image/text, the ratio of the means over items that have both forms.

    In output tokens if every such answer says how many, otherwise in characters (of an answer's
    text as it is kept, 20,000 at most). An item's styles are averaged first. None without such
    items, or if the text form wrote nothing.
    """
    asked = [group for group in groups if _answers(group, "text") and _answers(group, "image")]
    both = [a for g in asked for mode in ("text", "image") for a in _answers(g, mode)]
    unit: Unit = "tokens" if all(a.output_tokens is not None for a in both) else "characters"

    def length(answer: Answer) -> float:
        return float(len(answer.text) if unit == "characters" else answer.output_tokens or 0)

    lengths = ratio(_means(asked, "image", length), _means(asked, "text", length))
    return Ratio(lengths.value, lengths.low, lengths.high, lengths.n, unit) if lengths else None


def tokens(groups: Sequence[Group], modes: Sequence[Mode]) -> dict[Mode, MeanTokens | None] | None:
    """Tokens by mode, None if an answer of it reports none; None if that is so of every mode."""
    by_mode = {mode: _tokens(groups, mode) for mode in modes}
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


def _tokens(groups: Sequence[Group], mode: Mode) -> MeanTokens | None:
    asked = [group for group in groups if _answers(group, mode)]
    said = [answer for group in asked for answer in _answers(group, mode)]
    if not said or any(a.input_tokens is None or a.output_tokens is None for a in said):
        return None
    sent = _means(asked, mode, lambda answer: float(answer.input_tokens or 0))
    written = _means(asked, mode, lambda answer: float(answer.output_tokens or 0))
    known = [all(a.correct is not None for a in _answers(group, mode)) for group in asked]
    right = _means([*compress(asked, known)], mode, lambda answer: float(answer.is_right))
    thousands = [each / 1000 for each in compress(sent, known)]
    return MeanTokens(fmean(sent), fmean(written), len(asked), ratio(right, thousands))


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


def _means(groups: Sequence[Group], mode: Mode, measure: Callable[[Answer], float]) -> list[float]:
    answered = (_answers(group, mode) for group in groups)
    return [math.fsum(map(measure, answers)) / len(answers) for answers in answered]


def _answers(group: Group, mode: Mode) -> list[Answer]:
    return [answer for record in group if (answer := record.verdict.answers.get(mode))]
