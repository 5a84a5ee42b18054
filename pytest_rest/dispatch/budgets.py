"""Says whether a run's budgets of calls, tokens and dollars have room for one more prompt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pytest_rest.models.tokens import estimate
from pytest_rest.terms import Completion, Price, Prompt
from pytest_rest.wording import count, money

NAMES = ("calls", "tokens", "cost")  # of the budgets: --rest-max-calls and so on
SPENT = "the budget of "  # begins why asking ended where one is spent
_IS = " is spent "
_MARGIN = 1.5  # of the tokens that a prompt is estimated to have


@dataclass(slots=True)
class Used:
    """What calls took, or may take: their number, tokens in and out, and US dollars.

    `silent` is how many answers did not report what they took, which is in none of the sums.
    `expected` are the tokens in that a prompt is thought to have at most.
    """

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    silent: int = 0
    expected: float = 0.0

    def add(self, other: "Used", times: int = 1) -> None:
        """Add another one, or with -1 take it off again."""
        self.calls += times * other.calls
        self.tokens += times * other.tokens
        self.cost += times * other.cost


def used(answers: Iterable[Completion], price: Price | None) -> Used:
    """What stored answers took; one that was kept without its cost has it by its tokens."""
    total = Used()
    for answer in answers:
        total.calls += 1
        sent, answered, cost = answer.input_tokens, answer.output_tokens, answer.cost
        is_told = sent is not None and answered is not None
        if sent is not None and answered is not None:
            total.tokens += sent + answered
            if cost is None and price is not None:
                cost = price.cost(sent, answered, answer.cached_tokens or 0)
        total.cost += cost or 0.0
        total.silent += not is_told
    return total


def spent_after(why: str, answered: int, of: int) -> str:
    """What `Budgets.why` says, with how many of the items were answered by then."""
    return why.replace(_IS, f" was spent after {answered:,} of {count(of, 'item')} ", 1)


class Budgets:
    """What is spent of a run's budgets, and what is kept for the calls that are in flight.

    A prompt is held against the most that it may take: its input with a margin, and the longest
    answer. Where an endpoint has counted more than that margin, later prompts are thought to take
    as much more. `most` has what is allowed, by name.
    """

    def __init__(
        self, most: Mapping[str, float | None], price: Price | None, model: str, spent: Used
    ) -> None:
        self._most = {name: each for name, each in most.items() if each is not None}
        self._price, self._model = price, model
        self._counts_tokens = bool(self._most.keys() - {"calls"})
        self.spent, self._kept = replace(spent), Used()
        self._beyond = 0.0

    def most(self, prompt: Prompt) -> Used:
        """What a call may take at most, of what there are budgets of."""
        if not self._counts_tokens:
            return Used(1)
        expected = estimate(prompt, self._model).total * _MARGIN
        sent = expected + self._beyond
        cost = 0.0
        if self._price is not None and "cost" in self._most:
            cost = sent * self._price.input + prompt.max_tokens * self._price.output
        return Used(1, int(sent) + prompt.max_tokens, cost, expected=expected)

    def exceeded(self, most: Used) -> str | None:
        """The name of a budget that has no room for such a call; None if all have."""
        for name, allowed in self._most.items():
            once: float = getattr(most, name)
            taken = getattr(self.spent, name) + getattr(self._kept, name)
            if name != "calls":
                taken += self.spent.silent * once
            if taken + once > allowed:
                return name
        return None

    def has_room(self, most: Used, calls: int) -> bool:
        """Whether none is spent by so many such calls."""
        if not self._most:
            return True
        together = Used()
        together.add(most, calls)
        return self.exceeded(together) is None

    def why(self, name: str, most: Used) -> str:
        """That a budget is spent, and how far."""
        allowed = self._most[name]
        if name == "calls":
            return f"{SPENT}{count(int(allowed), 'call')}{_IS}(--rest-max-calls)"
        if name == "tokens":
            left = f"{self.spent.tokens:,} are used, and the next call may take {most.tokens:,}"
            return f"{SPENT}{allowed:,} tokens{_IS}(--rest-max-tokens): {left}"
        used, next_call = _dollars(self.spent.cost), _dollars(most.cost)
        left = f"{used} is used, and the next call may cost {next_call}"
        return f"{SPENT}{_dollars(allowed)}{_IS}(--rest-max-cost): {left}"

    def begin(self, most: Used) -> None:
        """Keep what a call may take, which is being sent."""
        self._kept.add(most)

    def end(self, most: Used, completion: Completion) -> None:
        """Count what it took: a call in any case, and its most where it does not say."""
        self._kept.add(most, -1)
        self.spent.calls += 1
        if completion.error is not None:
            return
        sent, answered = completion.input_tokens, completion.output_tokens
        is_told = sent is not None and answered is not None
        self.spent.tokens += (sent or 0) + (answered or 0) if is_told else most.tokens
        self.spent.cost += most.cost if completion.cost is None else completion.cost
        self._beyond = max(self._beyond, (sent or 0) - most.expected)


def _dollars(amount: float) -> str:
    """As money is written; of less than a cent how much, for the amounts are compared."""
    return f"${amount:.2g}" if 0 < amount < 0.01 else money(amount)
