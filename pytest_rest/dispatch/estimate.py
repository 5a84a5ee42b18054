"""Estimates what asking prompts would take: calls, tokens, dollars and time."""

from collections.abc import Iterable
from dataclasses import dataclass

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

    def cost(self, answers: int) -> float | None:
        """US dollars, for that many tokens of answers; None where the price is not known."""
        if self.price is None:
            return None
        return (self.text + self.vision) * self.price.input + answers * self.price.output

    def seconds(self, limits: Limits) -> dict[str, float]:
        """How long each limit makes the run take, at 5 s a call and 300 tokens an answer."""
        tokens = self.text + self.vision + self.typical
        seconds = {"concurrency": self.calls / limits.concurrency * TYPICAL_SECONDS}
        if limits.rpm:
            seconds["rpm"] = max(self.calls - limits.rpm, 0) / limits.rpm * 60
        if limits.tpm:
            seconds["tpm"] = max(tokens - limits.tpm, 0) / limits.tpm * 60
        return seconds


def make(
    cases: Iterable[Iterable[Prompt]],
    model: str,
    price: Price | None = None,
    stored: frozenset[str] = frozenset(),
    rule: VisionRule | None = None,
) -> Plan:
    """The plan for these cases' prompts; a prompt counts once, and not if it is stored.

    `rule` is that by which pictures are counted, where the model's name alone does not say it.
    """
    seen: set[str] = set()
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
    calls, tokens_in = len(seen) - answered, (text, vision)
    return Plan(items, calls, answered, *tokens_in, answers, typical, price, pages, paged)
