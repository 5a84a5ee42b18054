"""Who is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pytest_rest.terms.item import Item
from pytest_rest.terms.prompt import Completion, Prompt
from pytest_rest.terms.words import Home


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one token that is sent, and for one that is answered.

    `cached` is for one that is sent and that the provider has in its cache, None where that costs
    as much as any other. `batch` is what tokens cost in a batch, None where nobody says.
    """

    input: float
    output: float
    cached: float | None = None
    batch: "Price | None" = None

    def cost(self, sent: int, answered: int, cached: int = 0) -> float:
        """Dollars for so many tokens, `cached` of those that are sent being in the cache."""
        saved = self.saved(min(cached, sent)) or 0.0
        return sent * self.input + answered * self.output - saved

    def saved(self, cached: int) -> float | None:
        """Dollars that so many tokens are cheaper for being in the cache; None if none is known."""
        return None if self.cached is None else cached * (self.input - self.cached)


@runtime_checkable
class Priced(Protocol):
    """A model whose price is known before it is asked."""

    @property
    def price(self) -> Price | None:
        """What a token costs; None where nobody says."""
        ...


@runtime_checkable
class Limited(Protocol):
    """A model that can answer only some kinds of item."""

    @property
    def answers(self) -> str:
        """What it can answer, in a few words: `systems of linear equations`."""
        ...

    def can_answer(self, item: Item) -> bool:
        """Whether it can answer this item in its text form."""
        ...


@runtime_checkable
class Model(Protocol):
    """What answers prompts. Implementations are asked from one event loop."""

    @property
    def name(self) -> str:
        """What the spec resolved to: `anthropic/claude-haiku-4-5`."""
        ...

    @property
    def description(self) -> str:
        """One line for the header."""
        ...

    @property
    def home(self) -> Home:
        """An `endpoint`, a model `loaded` once (a GPU), or one that computes on the `cpu`."""
        ...

    @property
    def batch_size(self) -> int:
        """How many prompts one `ask` gets at most."""
        ...

    @property
    def parameters(self) -> Mapping[str, object]:
        """The parameters that are actually sent."""
        ...

    async def open(self) -> None:
        """Get ready (imports, weights), while the tests are still being collected."""
        ...

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One completion for each prompt, in their order. A failure is a completion's `error`."""
        ...

    async def close(self) -> None:
        """Let go of connections; called on the loop that asked."""
        ...


def is_same_model(one: str, other: str) -> bool:
    """Whether two ids that endpoints report are one model's, in full or without what is before."""
    one, other = one.casefold(), other.casefold()
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def one_spelling(ids: Iterable[str]) -> dict[str, str]:
    """The fullest spelling of each id: `gpt-4o` is `openai/gpt-4o` where both are there."""
    known = sorted({*ids}, key=lambda name: (-len(name), name))
    return {name: next(full for full in known if is_same_model(name, full)) for name in known}
