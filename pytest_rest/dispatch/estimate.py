"""Estimates what asking prompts would take: calls, tokens, dollars and time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pytest_rest.dispatch.budgets import Used
from pytest_rest.dispatch.limits import Limits
from pytest_rest.models.tokens import estimate
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.terms import Price, Prompt

TYPICAL_ANSWER = 300  # tokens, before anything is asked
TYPICAL_SECONDS = 5.0  # from a call to its answer


@dataclass(frozen=True)
class Plan:
    """What a run would send; tokens are estimates, and the length of answers is not known.

    `answers` is the most tokens that they may take, `typical` those at 300 an answer.
    """

    items: int
    calls: int
    stored: int
    text: int
    vision: int
    answers: int
    typical: int
    price: Price | None
    pages: int = 0  # the most pictures of a call
    paged: int = 0  # calls of more than one
    ends: Mapping[str, "End"] = field(default_factory=dict)  # of each budget, by its name

    def cost(self, answers: int, price: Price | None = None) -> float | None:
        """US dollars, for that many tokens of answers; None where the price is not known."""
        price = price or self.price
        return None if price is None else price.cost(self.text + self.vision, answers)

    def seconds(self, limits: Limits) -> dict[str, float]:
        """How long each limit makes the run take, at 5 s a call and 300 tokens an answer."""
        tokens = self.text + self.vision + self.typical
        seconds = {"concurrency": self.calls / limits.concurrency * TYPICAL_SECONDS}
        if limits.rpm:
            seconds["rpm"] = max(self.calls - limits.rpm, 0) / limits.rpm * 60
        if limits.tpm:
            seconds["tpm"] = max(tokens - limits.tpm, 0) / limits.tpm * 60
        return seconds


@dataclass
class End:
    """After how many tests a budget is spent: with the longest answers, and at 300 tokens each.

    None where it is enough for all.
    """

    longest: int | None = None
    typical: int | None = None


class _Budgets:
    """Notes after which test each budget is spent."""

    def __init__(self, limits: Limits, price: Price | None, before: Used) -> None:
        self._allowed = {name: most for name, most in limits.budgets.items() if most is not None}
        if price is None:
            self._allowed.pop("cost", None)
        self._price, self._before = price, before
        self.ends = {name: End() for name in self._allowed}

    def look(self, tests: int, calls: int, sent: int, answers: Mapping[str, int]) -> None:
        """What is taken once another test was asked, after so many, by the length of answers."""
        for length, answered in answers.items():
            taken = {
                "calls": self._before.calls + calls,
                "tokens": self._before.tokens + sent + answered,
                "cost": self._before.cost
                + (self._price.cost(sent, answered) if self._price else 0),
            }
            for name, most in self._allowed.items():
                if taken[name] > most and getattr(self.ends[name], length) is None:
                    setattr(self.ends[name], length, tests)


def make(
    cases: Iterable[Iterable[Prompt]],
    model: str,
    price: Price | None = None,
    stored: frozenset[str] = frozenset(),
    rule: VisionRule | None = None,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    before: Used = Used(),  # noqa: B008 (only read)
) -> Plan:
    """The plan for these cases' prompts; a prompt counts once, and not if it is stored.

    `rule` is that by which pictures are counted, where the model's name alone does not say it.
    `before` is what an earlier session has used of the budgets in `limits`.
    """
    seen: set[str] = set()
    budgets = _Budgets(limits, price, before)
    items = answered = text = vision = answers = typical = pages = paged = 0
    for prompts in cases:
        items += 1
        for prompt in prompts:
            if prompt.digest in seen:
                continue
            seen.add(prompt.digest)
            if prompt.digest in stored:
                answered += 1
                continue
            tokens = estimate(prompt, model, rule)
            text, vision = text + tokens.text, vision + tokens.vision
            pages, paged = max(pages, len(prompt.images)), paged + (len(prompt.images) > 1)
            answers += prompt.max_tokens
            typical += min(TYPICAL_ANSWER, prompt.max_tokens)
        lengths = {"longest": answers, "typical": typical}
        budgets.look(items - 1, len(seen) - answered, text + vision, lengths)
    calls, sums = len(seen) - answered, (text, vision, answers, typical)
    return Plan(items, calls, answered, *sums, price, pages, paged, budgets.ends)
