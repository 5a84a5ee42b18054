"""Gives a model the price that its user says, whatever a table or a gateway knows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pytest_rest.models.completions import token_count
from pytest_rest.terms import Completion, Home, Item, Limited, Model, Price, Priced, Prompt


def with_price(model: Model, price: Price | None) -> Model:
    """The model at that price, half of it in its provider's batches; itself where none is said."""
    if price is None:
        return model
    listed = model.price if isinstance(model, Priced) else None
    if listed is not None and listed.batch is not None:
        price = replace(price, batch=Price(price.input / 2, price.output / 2))
    return _LimitedAtPrice(model, price) if isinstance(model, Limited) else _AtPrice(model, price)


class _AtPrice:
    """A model whose answers cost what their tokens cost at that price."""

    def __init__(self, model: Model, price: Price) -> None:
        self._model, self.price = model, price
        self.name, self.description = model.name, model.description
        self.home: Home = model.home
        self.batch_size = model.batch_size
        self.parameters: Mapping[str, object] = model.parameters

    async def open(self) -> None:
        await self._model.open()

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        return [priced(answer, self.price) for answer in await self._model.ask(prompts)]

    async def close(self) -> None:
        await self._model.close()


class _LimitedAtPrice(_AtPrice):
    """One that answers only some kinds of item."""

    @property
    def answers(self) -> str:
        return self._model.answers if isinstance(self._model, Limited) else ""

    def can_answer(self, item: Item) -> bool:
        return isinstance(self._model, Limited) and self._model.can_answer(item)


def priced(answer: Completion, price: Price) -> Completion:
    """The completion with its cost, where its tokens are told."""
    sent, answered = token_count(answer.input_tokens), token_count(answer.output_tokens)
    if answer.error is not None or sent is None or answered is None:
        return replace(answer, cost=None, cache_saved=None)
    cached = min(token_count(answer.cached_tokens) or 0, sent)
    cost, saved = price.cost(sent, answered, cached), price.saved(cached) if cached else None
    return replace(answer, cost=cost, cache_saved=saved)
