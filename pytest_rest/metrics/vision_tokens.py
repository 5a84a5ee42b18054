"""Turns records into what pictures cost in tokens compared with their text, and what they buy.

A picture's tokens are what the endpoint bills for its form, less what it bills for the text form
of the same item, plus the tokens of the text that the picture stands for (by `tokens.of_text`). If
an endpoint does not report them, they are those of the provider's formula (`vision_rules`).
If the text form shows a picture too, the item's own, only what exceeds that one counts.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from pytest_rest.metrics import seen_dpi
from pytest_rest.metrics.agreement import Grouped, agrees
from pytest_rest.models import seen, vision_rules
from pytest_rest.models.vision_rules import Size, VisionRule
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
    style. Dollars are for 1,000 questions with answers; None if the price is not known. `seen` is
    at which DPI its pictures reached the model, where that is noticeably less than the style's.
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
    seen: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Even:
    """Where pictures of one look take as many tokens as their text: at `dpi`, by `source`.

    The DPI is that at which the model sees them, which is less than drawn where they are shrunk.
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


class _Asked(NamedTuple):
    """A style's records, what they use, and the DPI at which they were drawn.

    Their pairs are made when they are looked at: there are two for each record.
    """

    records: Sequence[Record]
    mode: Mode
    use: Use
    drawn: int

    def pairs(self) -> dict[tuple[str, str], _Pair]:
        """By suite and item."""
        pairs = _pairs(self.records, self.mode)
        return {r.key[:2]: pair for r, pair in zip(self.records, pairs, strict=True)}


def _typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a use or a break-even, read from a report."""
    rates = {name: to_rate(data[name]) for name in _RATES if name in data}
    changes = {n: Difference(**data[n]) for n in ("change", "dollars_change") if data.get(n)}
    return {**data, **rates, **changes}


def measure(
    records: Iterable[Record],
    styles: Mapping[str, Style],
    model: str,
    rule: VisionRule | None = None,
) -> Vision | None:
    """Every style's use for a model by its resolved name, or by a rule; `styles` are by id.

    None if no item has its text form and one with a picture, or their tokens are not known. Items
    of which nobody says what is right are left out: what pictures buy is right answers.
    """
    rule, records = rule or vision_rules.find(model), Grouped.of(records)
    shown: dict[tuple[str, Mode], list[Record]] = defaultdict(list)
    for record in records:
        for mode in _SHOWN if not record.verdict.lost else ():
            if _is_paired(record, mode):
                shown[record.style, mode].append(record)
    less = {each.style: seen_dpi.less(each) for each in seen_dpi.by_style(records, styles)}
    uses = {
        (style, mode): replace(use, seen=less.get(style))
        for (style, mode), listed in shown.items()
        if (use := _use(style, _look(styles.get(style), style), mode, listed, rule))
    }
    if not uses:
        return None
    resolutions = seen_dpi.resolutions(records, styles)
    looks: dict[tuple[str, Mode], dict[int, _Asked]] = defaultdict(dict)
    for (name, mode), use in sorted(uses.items()):
        if name in styles:
            asked = _Asked(shown[name, mode], mode, use, styles[name].dpi)
            looks[use.look, mode].setdefault(resolutions[name], asked)
    evens = [
        even
        for (look, mode), by_dpi in sorted(looks.items())
        if (even := _even(look, mode, dict(sorted(by_dpi.items())), rule))
    ]
    words = rule.words if rule.is_published else None
    return Vision(words, tuple(uses[key] for key in sorted(uses)), tuple(evens))


def _is_paired(record: Record, mode: Mode) -> bool:
    answers = record.verdict.answers
    if "text" not in answers or mode not in answers or record.pages:  # one picture's size is known
        return False
    text, shown = answers["text"], answers[mode]
    is_judged = None not in (text.correct, shown.correct)
    return is_judged and text.text_tokens is not None and shown.width > 0


def _pairs(records: Iterable[Record], mode: Mode) -> list[_Pair]:
    forms = ((record, record.verdict.answers) for record in records)
    return [_Pair(answers["text"], answers[mode], agrees(record)) for record, answers in forms]


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


def _counted(answer: Answer, rule: VisionRule) -> int:
    return rule.tokens(answer.width, answer.height) if answer.width else 0


def _use(
    style: str, look: str, mode: Mode, records: Sequence[Record], rule: VisionRule
) -> Use | None:
    pairs = _pairs(records, mode)
    billed = [each for each in map(_billed, pairs) if each is not None]
    is_billed, is_published = len(billed) == len(pairs), rule.is_published
    if not (is_billed or is_published):
        return None
    counted = [float(_counted(p.shown, rule) - _counted(p.text, rule)) for p in pairs]
    sent = ratio(*(_sent(pairs, is_billed, rule, form) for form in ("shown", "text")))
    change = difference([float(p.shown.is_right) - p.text.is_right for p in pairs])
    costs = [(p.text.cost, p.shown.cost) for p in pairs]
    known = [(a, b) for a, b in costs if a is not None and b is not None]
    is_priced = len(known) == len(pairs) and any(a for a, _ in known)
    text, vision = mean(list(map(_stands_for, pairs))), mean(billed if is_billed else counted)
    right = mean_share([p.shown.is_right for p in pairs])
    agreement = mean_share([p.agree for p in pairs])
    if not (text and vision and sent and change and right and agreement):
        return None
    return Use(
        style=style,
        look=look,
        mode=mode,
        n=len(pairs),
        source="reported" if is_billed else "formula",
        text=text,
        vision=vision,
        formula=mean(counted) if is_published else None,
        input=sent,
        accuracy=right,
        change=change,
        agreement=agreement,
        dollars_as_text=1000 * math.fsum(a for a, _ in known) / len(known) if is_priced else None,
        dollars_change=difference([1000 * (b - a) for a, b in known]) if is_priced else None,
    )


def _sent(pairs: Iterable[_Pair], is_billed: bool, rule: VisionRule, form: str) -> list[float]:
    """Each item's input tokens in that form, as billed or estimated."""
    answers: Iterable[Answer] = (getattr(pair, form) for pair in pairs)
    if is_billed:
        return [float(answer.input_tokens or 0) for answer in answers]
    return [float((answer.text_tokens or 0) + _counted(answer, rule)) for answer in answers]


def _even(look: str, mode: Mode, asked: Mapping[int, _Asked], rule: VisionRule) -> Even | None:
    """The break-even of one look from its DPIs, lowest first; None if nothing tells it."""
    uses = {dpi: each.use for dpi, each in asked.items()}
    dpi = _crossing({dpi: use for dpi, use in uses.items() if use.source == "reported"})
    source: TokenSource = "reported" if dpi else "formula"
    if dpi is None:
        highest = max(asked.values(), key=lambda each: each.drawn)
        pairs = [pair for pair in highest.pairs().values() if not pair.text.width]
        if not pairs or not rule.is_published:
            return None
        dpi = _by_formula(pairs, highest.drawn, rule)
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


def _by_formula(pairs: Sequence[_Pair], dpi: int, rule: VisionRule) -> float | None:
    """The highest DPI at which the same pages take no more tokens than their text, as seen."""
    text = math.fsum(map(_stands_for, pairs))
    sizes = Counter((pair.shown.width, pair.shown.height) for pair in pairs)

    def pages(other: int) -> list[tuple[int, Size]]:
        return [
            (n, (max(round(w * other / dpi), 1), max(round(h * other / dpi), 1)))
            for (w, h), n in sizes.items()
        ]

    def is_more(other: int) -> bool:
        return sum(n * rule.tokens(*page) for n, page in pages(other)) > text

    place = bisect_left(_DPIS, True, key=is_more)
    if not 0 < place < len(_DPIS):
        return None
    drawn = _DPIS[place - 1]
    if not all(pair.shown.seen for pair in pairs):
        return float(drawn)
    left = [(n, seen.shrink(page, rule.seen(*page) or page)) for n, page in pages(drawn)]
    share = math.fsum(n * part for n, part in left) / len(pairs)
    return drawn * share if share < seen.NOTICED else float(drawn)


def _bought(even: Even, asked: Mapping[int, _Asked], low: int, high: int) -> Even:
    below, above = asked[low].pairs(), asked[high].pairs()
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
