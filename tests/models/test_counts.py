"""What a call took: tokens as each protocol counts them, those from a cache, and dollars."""

import asyncio
import dataclasses
from typing import Any

import pytest
from endpoint import Reply
from hypothesis import given
from hypothesis import strategies as st
from test_protocols import ASKED, answer
from test_with_judge import Named

from pytest_rest.models import usage
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.models.providers.embedded import EmbeddedModel
from pytest_rest.models.with_price import with_price
from pytest_rest.terms import Completion, Limited, Price, Priced, to_builtins

OPENAI = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767225600,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "3"}}],
}
HIT = {"prompt_tokens": 2000, "completion_tokens": 7, "total_tokens": 2007}
PRICE = Price(2**-10, 2**-8, 2**-12)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, (None, None, None)),
        ("many", (None, None, None)),
        ({"prompt_tokens": 9, "completion_tokens": 2}, (9, 2, None)),
        ({**HIT, "prompt_tokens_details": {"cached_tokens": 1024}}, (2000, 7, 1024)),
        ({**HIT, "prompt_tokens_details": None}, (2000, 7, None)),
        ({**HIT, "prompt_cache_hit_tokens": 1920, "prompt_cache_miss_tokens": 80}, (2000, 7, 1920)),
        ({**HIT, "cache_read_input_tokens": 1024}, (2000, 7, 1024)),
        (
            {"input_tokens": 900, "output_tokens": 7, "input_tokens_details": {"cached_tokens": 8}},
            (900, 7, 8),
        ),
        ({"input_tokens": 12, "output_tokens": 7}, (12, 7, None)),
        (
            {"input_tokens": 12, "output_tokens": 7, "cache_read_input_tokens": 1024},
            (1036, 7, 1024),
        ),
        (
            {"input_tokens": 12, "output_tokens": 7, "cache_creation_input_tokens": 1500},
            (1512, 7, None),
        ),
        (
            {"promptTokenCount": 1500, "candidatesTokenCount": 7, "cachedContentTokenCount": 1024},
            (1500, 7, 1024),
        ),
        (
            {"promptTokenCount": 15, "candidatesTokenCount": 7, "thoughtsTokenCount": 90},
            (15, 97, None),
        ),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 50}, (9, None, 9)),  # as can be
        ({"prompt_tokens": -9, "completion_tokens": "7"}, (None, None, None)),
    ],
)
def test_each_protocol_s_own_words(said: Any, expected: tuple[int | None, ...]) -> None:
    """All of the input is told, whatever of it was in a cache; and how much that was."""
    assert expected == tuple(usage.read(said).values())


counts = st.none() | st.booleans() | st.integers(-5, 10**9) | st.text(max_size=3)
words = st.sampled_from(
    [
        *("prompt_tokens", "input_tokens", "promptTokenCount", "cache_read_input_tokens"),
        *("cache_creation_input_tokens", "prompt_tokens_details", "thoughtsTokenCount"),
    ]
)


@given(st.dictionaries(words, counts | st.dictionaries(st.just("cached_tokens"), counts)))
def test_whatever_a_server_counts(said: dict[str, Any]) -> None:
    """No more of the input is in a cache than there is, and nothing is below zero."""
    read = usage.read(said)
    sent, answered, cached = (read["input_tokens"], read["output_tokens"], read["cached_tokens"])
    assert all(each is None or 0 <= each <= 10_000_000 for each in (sent, answered, cached))
    assert sent is None or cached is None or cached <= sent


def test_what_a_server_had_in_its_cache() -> None:
    """It is part of the input; without a price nobody knows what it saved."""
    counts = {**HIT, "prompt_tokens_details": {"cached_tokens": 1024}}
    said = answer("served", Reply(body={**OPENAI, "usage": counts}))
    assert (2000, 7, 1024) == (said.input_tokens, said.output_tokens, said.cached_tokens)
    assert (None, None) == (said.cost, said.cache_saved)


def test_nothing_is_said_where_nothing_was_in_a_cache() -> None:
    """Stored rows and records are what they were."""
    assert not {"cached_tokens", "cache_saved"} & to_builtins(Completion("3")).keys()


# Dollars


def test_a_price_by_hand_counts_tokens() -> None:
    """Those from the cache at their own price; whatever the endpoint said a call costs."""

    class Dear(Named):
        async def ask(self, prompts: Any) -> Any:
            return [Completion("3", "stop", 2000, 7, 99.0, cached_tokens=1024)]

    model = with_price(Dear("dear", Price(1, 1)), PRICE)
    (said,) = asyncio.run(model.ask([ASKED]))
    assert 976 * 2**-10 + 1024 * 2**-12 + 7 * 2**-8 == said.cost
    assert 1024 * (2**-10 - 2**-12) == said.cache_saved


@pytest.mark.parametrize("answered", [Completion("3"), Completion(error="timeout: 5 s", cost=1)])
def test_a_call_without_its_tokens_has_no_cost(answered: Completion) -> None:
    """It is not known; the budget takes it for its most."""

    class Silent(Named):
        async def ask(self, prompts: Any) -> Any:
            return [answered]

    (said,) = asyncio.run(with_price(Silent("silent"), PRICE).ask([ASKED]))
    assert (None, None) == (said.cost, said.cache_saved)


def test_without_a_price_by_hand_the_model_is_itself() -> None:
    """And with one it still answers what it can answer."""
    model = EmbeddedModel()
    assert model is with_price(model, None)
    priced = with_price(model, PRICE)
    assert isinstance(priced, Limited)
    assert (model.answers, model.home) == (priced.answers, priced.home)
    assert priced.can_answer(ASKED.item) == model.can_answer(ASKED.item)
    assert not isinstance(with_price(Named("m"), PRICE), Limited)


ENTRY = {
    **{"mode": "chat", "supports_vision": True, "litellm_provider": "openai"},
    **{"input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6},
}


@pytest.mark.parametrize(
    ("more", "batch"),
    [
        ({}, Price(1e-6, 4e-6)),
        (
            {"input_cost_per_token_batches": 9e-7, "output_cost_per_token_batches": 3e-6},
            (9e-7, 3e-6),
        ),
        ({"litellm_provider": "groq"}, None),  # whose batches are not asked
        ({"output_cost_per_token": 0}, None),
    ],
)
def test_the_price_of_a_batch(more: dict[str, Any], batch: Any) -> None:
    """The table's, or else half of the list price where the provider has batches."""
    entry = {**ENTRY, **more}
    provider = entry["litellm_provider"]
    price = Catalogue({f"{provider}/m": entry}).find(f"{provider}/m").price
    expected = Price(*batch) if isinstance(batch, tuple) else batch
    assert expected == (price and price.batch)


def test_the_price_from_the_cache_is_the_table_s() -> None:
    """None where it has none: then such tokens cost what others do."""
    for cached in (None, 2e-7):
        entry = {**ENTRY, "cache_read_input_token_cost": cached}
        price = Catalogue({"openai/m": entry}).find("openai/m").price
        assert price is not None
        assert price == Price(2e-6, 8e-6, cached, Price(1e-6, 4e-6))
        assert dataclasses.replace(price, cached=None).cost(10, 1, 5) == 10 * 2e-6 + 8e-6


def test_a_price_by_hand_is_halved_in_the_provider_s_batches() -> None:
    """Where it has some, by the table; a server of one's own costs the same however it is asked."""
    listed = Named("m", Price(1, 2, batch=Price(0.5, 1)))
    for model, batch in ((listed, Price(2**-11, 2**-9)), (Named("own"), None)):
        priced = with_price(model, PRICE)
        assert isinstance(priced, Priced)
        assert priced.price == dataclasses.replace(PRICE, batch=batch)
