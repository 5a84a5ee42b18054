"""Turns the stored answers of a run into a model that is asked nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.terms import Completion, Home, Prompt


class ReplayedModel:
    """Stands for a model whose answers are stored: only what is missing comes here, and fails."""

    home: Home = "loaded"
    batch_size = 1

    def __init__(self, about: Mapping[str, Any]) -> None:
        self.name: str = about["model"]
        self.parameters: Mapping[str, object] = about["parameters"]
        self.description = f"{self.name}, replayed: nothing is asked"

    async def open(self) -> None:
        """Nothing to do."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One failure for each prompt, naming it."""
        return [
            Completion(error=f"replay: no stored answer for {_named(each)}") for each in prompts
        ]

    async def close(self) -> None:
        """Nothing to do."""


def _named(prompt: Prompt) -> str:
    style = f" in {prompt.form.style.id}" if prompt.form.style else ""
    return f"{prompt.task} {prompt.item.suite} {prompt.item.id} as {prompt.form.mode}{style}"
