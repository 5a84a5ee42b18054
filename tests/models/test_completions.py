"""What a model of the user's own says of its answers is checked as an endpoint's is."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from test_protocols import ASKED

from pytest_rest.models import ask
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.terms import Completion, Prompt


class OwnModel(SimulatedModel):
    """Answers with what it was made of."""

    def __init__(self, completion: Any) -> None:
        super().__init__()
        self._completion = completion

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """The same for each prompt."""
        return [self._completion for _ in prompts]


def answered(completion: Any) -> Completion:
    """What comes through the door."""
    return asyncio.run(ask(OwnModel(completion), ASKED))


def test_whatever_is_sound_comes_through() -> None:
    """Every field of a completion, those that are added later included."""
    told = ("3", "length", 7, 1, 0.25, 1.5, "a-model", "500: down", True, 5, 0.125)
    whole = Completion(*told)
    assert not [each.name for each in fields(whole) if getattr(whole, each.name) == each.default]
    assert whole == answered(whole)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("input_tokens", each) for each in (-1, 10_000_001, 10**400, True, 1.5, "7", math.nan)),
        *(("output_tokens", each) for each in (-2, 10_000_001, 10**400, False, "7")),
        *(("cost", each) for each in (-0.01, math.inf, -math.inf, math.nan, 10**400, "1", True)),
    ],
)
def test_numbers_that_cannot_be_are_not_reported(name: str, value: Any) -> None:
    """The answer counts."""
    assert Completion("3") == answered(replace(Completion("3"), **{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("input_tokens", each) for each in (0, 10_000_000)),
        *(("output_tokens", each) for each in (0, 10_000_000)),
        *(("cost", each) for each in (0.0, 0.25, 9_999_999.0)),
        ("seconds", 0.5),
    ],
)
def test_numbers_that_can_be_are_kept(name: str, value: Any) -> None:
    """As they were said."""
    completion = replace(Completion("3"), **{name: value})
    assert completion == answered(completion)


@pytest.mark.parametrize(
    "completion",
    [
        *(Completion(text=each) for each in (None, 3, b"3", ["3"])),  # type: ignore[arg-type]
        *(Completion(finish_reason=each) for each in (None, 0)),  # type: ignore[arg-type]
        *(Completion(model=each) for each in (None, 7)),  # type: ignore[arg-type]
        *(Completion(error=each) for each in (0, False)),  # type: ignore[arg-type]
        *(None, "3", {"text": "3"}),
    ],
)
def test_what_is_not_a_completion_is_a_failed_call(completion: Any) -> None:
    """Never an answer, and never the end of the run."""
    failed = answered(completion)
    assert "error: " == (failed.error or "")[:7]
    assert "" == failed.text
