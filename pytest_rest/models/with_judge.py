"""Joins a model and its judge, so that one dispatcher and one store serve both."""

import asyncio
from collections.abc import Mapping, Sequence

from pytest_rest.terms import JUDGES_TASKS, Completion, Home, Model, Price, Priced, Prompt


class JudgedModel:
    """The model that answers, and the judge that rates its answers; known by the model's name.

    `price` is the higher of both for each kind of token, so that no cost limit is exceeded; None
    where one is not known.
    """

    batch_size = 1

    def __init__(self, model: Model, judge: Model) -> None:
        self._model, self._judge = self.models = (model, judge)
        self.name = model.name
        self.description = f"{model.description}; judge: {judge.description}"
        self.parameters: Mapping[str, object] = {
            **model.parameters,
            "judge": {"name": judge.name, **judge.parameters},
        }
        self.home: Home = model.home if model.home == judge.home else "endpoint"
        priced = [each.price if isinstance(each, Priced) else None for each in self.models]
        self.price = _highest(priced)

    async def open(self) -> None:
        """Get both ready."""
        await asyncio.gather(self._model.open(), self._judge.open())

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask the judge for ratings and comparisons, and the model for all else."""
        return await asyncio.gather(*map(self._ask, prompts))

    async def close(self) -> None:
        """Let go of both."""
        await asyncio.gather(self._model.close(), self._judge.close())

    async def _ask(self, prompt: Prompt) -> Completion:
        asked = self._judge if prompt.task in JUDGES_TASKS else self._model
        (completion,) = await asked.ask([prompt])
        return completion


def _highest(prices: Sequence[Price | None]) -> Price | None:
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return None
    cached = [price.cached for price in known if price.cached is not None]
    return Price(
        max(price.input for price in known),
        max(price.output for price in known),
        max(cached) if len(cached) == len(known) else None,
        _highest([price.batch for price in known]),
    )
