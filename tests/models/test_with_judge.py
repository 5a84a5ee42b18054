"""A model and its judge as one: who is asked what, and what both cost."""

import asyncio
from collections.abc import Sequence

import pytest
from test_terms import Silent

from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.models.with_judge import JudgedModel
from pytest_rest.terms import Completion, Form, Item, Price, Prompt, Task

ITEM = Item("i", "What?", "a cat", answer_kind="open")


class Named(Silent):
    """Says who it is, at a price."""

    home = "endpoint"

    def __init__(self, name: str, price: Price | None = None) -> None:
        self.name, self.price = name, price

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Its name."""
        return [Completion(self.name) for _ in prompts]


def test_the_judge_rates_and_the_model_answers() -> None:
    """Ratings and comparisons of the judge, all else of the model; in the prompts' order."""
    panel = JudgedModel(Named("model"), Named("judge"))
    tasks: tuple[Task, ...] = ("rate", "think", "solve", "compare", "transcribe")
    asked = [Prompt(ITEM, Form("text"), task, ("?",), 9) for task in tasks]
    said = [each.text for each in asyncio.run(panel.ask(asked))]
    assert ["judge", "model", "model", "judge", "model"] == said
    assert ("model", {"judge": {"name": "judge"}}) == (panel.name, panel.parameters)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Price(1, 5), Price(2, 3), Price(2, 5)),
        (Price(1, 5), None, None),
        (None, None, None),
    ],
)
def test_the_price_is_the_higher_one(
    one: Price | None, other: Price | None, expected: Price | None
) -> None:
    """For each token; not known where one of them is not."""
    assert expected == JudgedModel(Named("a", one), Named("b", other)).price


def test_one_endpoint_makes_the_pair_an_endpoint() -> None:
    """Else workers would ask an endpoint each by themselves, past the run's limits."""
    cpu = SimulatedModel()
    assert ("cpu", "endpoint") == (JudgedModel(cpu, cpu).home, JudgedModel(cpu, Named("b")).home)
