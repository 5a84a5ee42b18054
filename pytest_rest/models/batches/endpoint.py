"""The nouns of a batch interface: what it takes, how far a batch is, and what goes wrong."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from pytest_rest.terms import Completion, Price, Prompt

Status = Literal["waiting", "running", "ended", "failed", "cancelled", "expired"]


@dataclass(frozen=True)
class BatchLimits:
    """What one batch may hold: so many rows, and so many bytes of them."""

    rows: int
    file_bytes: int


@dataclass(frozen=True)
class BatchState:
    """How far a batch is. `done` rows have an answer, `failed` ones have none and get none.

    `failed` as a status is a batch of which no row was asked, as after a validation. Whatever the
    status of a batch that is over, its results are read: some rows may have been asked. `ends` is
    when the provider gives up, as ISO 8601; `detail` is the provider's own word, on one line.
    """

    status: Status
    done: int = 0
    failed: int = 0
    total: int = 0
    detail: str = ""
    ends: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in ("waiting", "running")


class BatchRow(NamedTuple):
    """What came back for one row; `row_id` is empty where the line cannot be read."""

    row_id: str
    completion: Completion


class Candidate(NamedTuple):
    """A batch that a process may have made before it died; not `is_certain` until it is over."""

    batch: str
    is_certain: bool


class BatchError(Exception):
    """What went wrong with the interface itself, on one line that starts with its `kind`.

    The kinds are the stable words of a completion's error (`LiteLLMModel.ask` lists them); `wait`
    is in seconds, where the endpoint says when to come again.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.kind = message.partition(":")[0]
        self.message = message
        self.wait = wait


class BatchEndpoint(Protocol):
    """A model that is asked by batches. All that it awaits raises `BatchError`, and only that.

    A label is at most 40 of the characters A-Z, a-z, 0-9, `_` and `-`; so is a row's id, of at most
    64 characters, which begins with the label of its batch: Anthropic's batches have no name, and
    are known by their rows alone.
    """

    @property
    def name(self) -> str:
        """As `Model.name` of the model that is asked directly."""
        ...

    @property
    def description(self) -> str:
        """One line for the header."""
        ...

    @property
    def parameters(self) -> Mapping[str, object]:
        """The parameters that are actually sent, as the direct model's."""
        ...

    @property
    def limits(self) -> BatchLimits:
        """What one batch may hold."""
        ...

    @property
    def price(self) -> Price | None:
        """The price of a token in a batch; None where it is not known."""
        ...

    @property
    def price_share(self) -> float:
        """What a batch costs, as a share of the list price."""
        ...

    async def open(self) -> None:
        """Get ready, on the loop that asks."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

    def row(self, prompt: Prompt, row_id: str) -> bytes:
        """One line of JSON, with its newline; `ModelError` for what this protocol cannot say."""
        ...

    async def upload(self, rows: Path, label: str) -> str:
        """Hand over a file of rows, and nothing starts; its handle, or "" where `create` does."""
        ...

    async def create(self, rows: Path, source: str, label: str) -> str:
        """Start a batch of an uploaded file; the provider's id. Called twice, two batches run."""
        ...

    async def state(self, batch: str) -> BatchState:
        """How far a batch is."""
        ...

    def results(self, batch: str) -> AsyncIterator[BatchRow]:
        """The rows of a batch that is over, in any order, failed ones too, each as it is read.

        A row may be missing, or come twice. What cannot be read is a failed row without an id.
        Nothing of a file is given out before all of it was received; after a `BatchError` read them
        all again.
        """
        ...

    async def find(self, label: str, rows: int, since: float) -> Sequence[Candidate]:
        """The batches of that label and number of rows, made after that time (seconds, UTC).

        By the label where the provider keeps one (OpenAI's protocol, Gemini). Anthropic does not:
        there any batch of that time and number is a candidate until it is over, when its rows tell.
        """
        ...

    async def cancel(self, batch: str) -> None:
        """Ask for no more rows; those that were asked are paid, and can be read."""
        ...
