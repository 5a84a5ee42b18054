"""Stands in for a model whose answers are stored in a file: nothing is asked of it."""

from collections.abc import Mapping, Sequence

from pytest_rest.terms import Completion, Home, Prompt


class StoredModel:
    """The model that gave stored answers; its prompts are not known, so it answers none."""

    home: Home = "cpu"  # each process has the answers
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self, name: str) -> None:
        self.name = name
        self.description = f"{name}, stored answers: nothing is asked"

    async def open(self) -> None:
        """Nothing to do."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """A failure for each prompt."""
        return [Completion(error="only stored answers are judged") for _ in prompts]

    async def close(self) -> None:
        """Nothing to do."""
