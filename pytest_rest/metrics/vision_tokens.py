"""Turns records into what pictures cost in tokens compared with their text, and what they buy.

A picture's tokens are what the endpoint bills for its form, less what it bills for the text form
of the same item, plus the tokens of the text that the picture stands for (by `tokens.of_text`). If
an endpoint does not report them, they are those of the provider's formula (`tokens.vision_tokens`).
If the text form shows a picture too, the item's own, only what exceeds that one counts.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from pytest_rest.metrics.agreement import agrees
from pytest_rest.models import tokens
from pytest_rest.statistics.intervals import mean_share, ratio
from pytest_rest.statistics.paired import Difference, difference, mean
from pytest_rest.terms import Answer, Mode, Rate, Record, Style, to_rate

TokenSource = Literal["reported", "formula"]
_SHOWN: tuple[Mode, ...] = ("image", "mixed")
_DPIS = range(10, 601)  # in which a break-even is looked for
_RATES = ("text", "vision", "formula", "input", "accuracy", "agreement")


@dataclass(frozen=True, slots=True)
class Use:
    """What a form with a picture costs and buys in one style, compared with its items' text form.

    `look` is the style without its DPI. `text` and `vision` are tokens per question: of the text
    that the picture stands for, and of the picture, by `source`; `formula` is the published
    formula's count, None without one. `input` is the form's input tokens over the text form's.
    `change` is accuracy less the text form's; `agreement` that of text, image and mixed in this
    style. Dollars are for 1,000 questions with answers; None if the price is not known.
    """

    style: str
    look: str
    mode: Mode
    n: int
    source: TokenSource
    text: Rate
    vision: Rate
    formula: Rate | None
    input: Rate
    accuracy: Rate
    change: Difference
    agreement: Rate
    dollars_as_text: float | None
    dollars_change: Difference | None


@dataclass(frozen=True, slots=True)
class Even:
    """Where pictures of one look take as many tokens as their text: at `dpi`, by `source`.

    None if that is at no DPI from 10 to 600. What they buy there is interpolated for each item
    between the nearest DPIs asked, linearly in the logarithm; None outside of those.
    """

    look: str
    mode: Mode
    dpi: float | None
    source: TokenSource
    accuracy: Rate | None = None
    change: Difference | None = None
    agreement: Rate | None = None


@dataclass(frozen=True, slots=True)
class Vision:
    """Every style's use, every look's break-even, and the formula's `rule`, if there is one."""

    rule: str | None
    uses: tuple[Use, ...]
    evens: tuple[Even, ...]

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Vision":
        """From a report's `vision_tokens`; KeyError or TypeError for anything else."""
        uses = tuple(Use(**_typed(each)) for each in data["styles"])
        return cls(data["rule"], uses, tuple(Even(**_typed(each)) for each in data["break_even"]))

    @property
    def cheapest(self) -> Use:
        """The form and style with the fewest tokens compared with text, of those of most items.

        A style that only some items were drawn in has other texts.
        """
        most = max(use.n for use in self.uses)
        asked = [use for use in self.uses if use.n == most]
        return min(asked, key=lambda use: (use.input.value, use.mode, use.style))

    @property
    def saves(self) -> bool | None:
        """Whether the cheapest takes fewer input tokens than text; None if that is uncertain."""
        low, high = self.cheapest.input.low, self.cheapest.input.high
        if low is None or high is None:  # the same for every item
            low = high = self.cheapest.input.value
        return None if low <= 1 <= high else high < 1

    def to_builtins(self) -> dict[str, Any]:
        """As in report.json."""
        best = {"style": self.cheapest.style, "mode": self.cheapest.mode, "saves": self.saves}
        return {
            "rule": self.rule,
            "cheapest": best,
            "styles": [asdict(each) for each in self.uses],
            "break_even": [asdict(each) for each in self.evens],
        }


class _Pair(NamedTuple):
    """An item's text form, its form with a picture, and whether its forms agree in this style."""

    text: Answer
    shown: Answer
    agree: bool


_Pairs = Mapping[tuple[str, str], _Pair]  # by suite and item


def _typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a use or a break-even, read from a report."""
    rates = {name: to_rate(data[name]) for name in _RATES if name in data}
    changes = {n: Difference(**data[n]) for n in ("change", "dollars_change") if data.get(n)}
    return {**data, **rates, **changes}


def measure(records: Iterable[Record], styles: Mapping[str, Style], model: str) -> Vision | None:
    """Every style's use for a model by its resolved name; `styles` are by id.

    None if no item has its text form and one with a picture, or their tokens are not known.
    """
    shown: dict[tuple[str, Mode], dict[tuple[str, str], _Pair]] = defaultdict(dict)
    for record in sorted(records, key=lambda each: each.key):
        for mode in _SHOWN if not record.verdict.lost else ():
            if pair := _pair(record, mode):
                shown[record.style, mode][record.suite, record.item] = pair
    uses = {
        (style, mode): use
        for (style, mode), pairs in shown.items()
        if (use := _use(style, _look(styles.get(style), style), mode, [*pairs.values()], model))
    }
    if not uses:
        return None
    looks: dict[tuple[str, Mode], dict[int, tuple[_Pairs, Use]]] = defaultdict(dict)
    for (name, mode), use in uses.items():
        if name in styles:
            looks[use.look, mode][styles[name].dpi] = shown[name, mode], use
    evens = [
        even
        for (look, mode), by_dpi in sorted(looks.items())
        if (even := _even(look, mode, dict(sorted(by_dpi.items())), model))
    ]
    rule = tokens.rule(model) if tokens.is_published(model) else None
    return Vision(rule, tuple(uses[key] for key in sorted(uses)), tuple(evens))


def _pair(record: Record, mode: Mode) -> _Pair | None:
    answers = record.verdict.answers
    if "text" not in answers or mode not in answers:
        return None
    pair = _Pair(answers["text"], answers[mode], agrees([record]))
    return pair if pair.text.text_tokens is not None and pair.shown.width else None


def _look(style: Style | None, name: str) -> str:
    """A style's id without its DPI and name, such as `dejavu-black`; an unknown one's name."""
    if style is None:
        return name
    plain = replace(style, dpi=Style().dpi, name="").id
    return plain.replace(f"-{Style().dpi}dpi", "", 1)


def _stands_for(pair: _Pair) -> float:
    """Tokens of the text that is sent as a picture, less those of the text beside the picture."""
    return float((pair.text.text_tokens or 0) - (pair.shown.text_tokens or 0))


def _billed(pair: _Pair) -> float | None:
    sent = pair.shown.input_tokens, pair.text.input_tokens
    return None if None in sent else (sent[0] or 0) - (sent[1] or 0) + _stands_for(pair)


def _counted(answer: Answer, model: str) -> int:
    return tokens.vision_tokens(answer.width, answer.height, model) if answer.width else 0


def _use(style: str, look: str, mode: Mode, pairs: Sequence[_Pair], model: str) -> Use | None:
    billed = [each for each in map(_billed, pairs) if each is not None]
    is_billed, is_published = len(billed) == len(pairs), tokens.is_published(model)
    if not (is_billed or is_published):
        return None
    counted = [float(_counted(p.shown, model) - _counted(p.text, model)) for p in pairs]
    sent = ratio(*(_sent(pairs, is_billed, model, form) for form in ("shown", "text")))
    change = difference([float(p.shown.is_right) - p.text.is_right for p in pairs])
    costs = [(p.text.cost, p.shown.cost) for p in pairs]
    known = [(a, b) for a, b in costs if a is not None and b is not None]
    is_priced = len(known) == len(pairs) and any(a for a, _ in known)
    text, seen = mean(list(map(_stands_for, pairs))), mean(billed if is_billed else counted)
    right = mean_share([p.shown.is_right for p in pairs])
    agreement = mean_share([p.agree for p in pairs])
    if not (text and seen and sent and change and right and agreement):
        return None
    return Use(
        style=style,
        look=look,
        mode=mode,
        n=len(pairs),
        source="reported" if is_billed else "formula",
        text=text,
        vision=seen,
        formula=mean(counted) if is_published else None,
        input=sent,
        accuracy=right,
        change=change,
        agreement=agreement,
        dollars_as_text=1000 * math.fsum(a for a, _ in known) / len(known) if is_priced else None,
        dollars_change=difference([1000 * (b - a) for a, b in known]) if is_priced else None,
    )


def _sent(pairs: Iterable[_Pair], is_billed: bool, model: str, form: str) -> list[float]:
    """Each item's input tokens in that form, as billed or estimated."""
    answers: Iterable[Answer] = (getattr(pair, form) for pair in pairs)
    if is_billed:
        return [float(answer.input_tokens or 0) for answer in answers]
    return [float((answer.text_tokens or 0) + _counted(answer, model)) for answer in answers]


def _even(
    look: str, mode: Mode, asked: Mapping[int, tuple[_Pairs, Use]], model: str
) -> Even | None:
    """The break-even of one look from its DPIs, lowest first; None if nothing tells it."""
    dpi = _crossing({each: use for each, (_, use) in asked.items() if use.source == "reported"})
    source: TokenSource = "reported" if dpi else "formula"
    if dpi is None:
        highest = max(asked)
        pairs = [pair for pair in asked[highest][0].values() if not pair.text.width]
        if not pairs or not tokens.is_published(model):
            return None
        dpi = _by_formula(pairs, highest, model)
    even = Even(look, mode, dpi, source)
    low = max((each for each in asked if dpi and each <= dpi), default=0)
    high = min((each for each in asked if dpi and each >= dpi), default=0)
    return _bought(even, asked, low, high) if low and high else even


def _crossing(uses: Mapping[int, Use]) -> float | None:
    """Where vision over text tokens crosses 1 between two DPIs, linearly in logarithms."""
    points = [
        (math.log(dpi), math.log(use.vision.value / use.text.value))
        for dpi, use in uses.items()
        if use.vision.value > 0 and use.text.value > 0
    ]
    for (x, y), (x_next, y_next) in pairwise(points):
        if y <= 0 < y_next:
            return math.exp(x - y * (x_next - x) / (y_next - y))
    return None


def _by_formula(pairs: Sequence[_Pair], dpi: int, model: str) -> float | None:
    """The highest DPI at which the same pages take no more tokens than their text."""
    text = math.fsum(map(_stands_for, pairs))
    sizes = Counter((pair.shown.width, pair.shown.height) for pair in pairs)

    def is_more(other: int) -> bool:
        pages = ((n, [max(round(side * other / dpi), 1) for side in p]) for p, n in sizes.items())
        return sum(n * tokens.vision_tokens(w, h, model) for n, (w, h) in pages) > text

    place = bisect_left(_DPIS, True, key=is_more)
    return float(_DPIS[place - 1]) if 0 < place < len(_DPIS) else None


def _bought(even: Even, asked: Mapping[int, tuple[_Pairs, Use]], low: int, high: int) -> Even:
    below, above = asked[low][0], asked[high][0]
    at = math.log((even.dpi or low) / low) / math.log(high / low) if low < high else 0.0
    both = [(below[key], above[key]) for key in below if key in above]

    def between(value: Callable[[_Pair], bool]) -> list[float]:
        return [(1 - at) * value(one) + at * value(other) for one, other in both]

    right, agree = between(lambda p: p.shown.is_right), between(lambda p: p.agree)
    change = [each - one.text.is_right for each, (one, _) in zip(right, both, strict=True)]
    return replace(
        even,
        accuracy=mean_share(right),
        change=difference(change),
        agreement=mean_share(agree),
    )
