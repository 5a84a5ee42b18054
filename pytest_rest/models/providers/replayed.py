"""Stands in for a model whose answers are stored, so that nothing is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.terms import Completion, Home, Prompt


class ReplayedModel:
    """A model whose answers are stored: only prompts without one come here, and fail."""

    home: Home = "cpu"  # what is stored each process reads for itself
    batch_size = 1

    def __init__(self, about: Mapping[str, Any]) -> None:
        self.name: str = about["model"]
        self.parameters: Mapping[str, object] = about["parameters"]
        self.description = f"{self.name}, replayed: nothing is asked"

    async def open(self) -> None:
        """Nothing to do."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """A failure for each prompt, which names it."""
        return [
            Completion(error=f"replay: no stored answer for {_name(prompt)}") for prompt in prompts
        ]

    async def close(self) -> None:
        """Nothing to do."""


def _name(prompt: Prompt) -> str:
    style = f" in {prompt.form.style.id}" if prompt.form.style else ""
    return f"{prompt.task} {prompt.item.suite} {prompt.item.id} as {prompt.form.mode}{style}"
