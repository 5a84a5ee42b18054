"""Which names their provider may point at other weights, by the data in models.yaml."""

import pytest

from pytest_rest.models.catalogue import Catalogue

CATALOGUE = Catalogue({})


@pytest.mark.parametrize(
    ("name", "floats"),
    [
        ("anthropic/claude-haiku-4-5", True),
        ("anthropic/claude-haiku-4-5-20251001", False),
        ("anthropic/claude-3-7-sonnet-latest", True),
        ("anthropic/claude-opus-4", True),
        ("anthropic/claude-opus-4-20250514", False),
        ("anthropic/claude-sonnet-4-6", None),
        ("anthropic/claude-opus-5", None),
        ("anthropic/claude-opus-5-4", None),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", False),
        ("vertex_ai/claude-haiku-4-5@20251001", False),
        ("openai/gpt-5-mini", True),
        ("openai/gpt-5-mini-2025-08-07", False),
        ("openai/gpt-5-chat-latest", True),
        ("openai/gpt-4-0125-preview", False),
        ("openai/ft:gpt-4o:me::abc", False),
        ("azure/my-deployment", None),
        ("gemini/gemini-flash-latest", True),
        ("gemini/gemini-2.5-flash", None),
        ("gemini/gemini-2.5-flash-preview-09-2025", None),
        ("xai/grok-4.20-0309", False),
        ("xai/grok-4.5", True),
        ("mistral/mistral-medium-latest", True),
        ("mistral/mistral-medium-2604", False),
        ("openrouter/anthropic/claude-haiku-4.5", None),
        ("Qwen/Qwen2.5-VL-7B-Instruct", None),
        ("llava:latest", None),
        ("my-model", None),
        ("simulated", None),
    ],
)
def test_a_name_floats_or_is_pinned(name: str, floats: bool | None) -> None:
    """An alias floats, a date pins, and of what nobody publishes nothing is said."""
    assert floats is CATALOGUE.floats(name)


def test_no_alias_of_ours_hides_a_pinned_name() -> None:
    """What people write for short is looked up by the full name."""
    floating = {short for short, full in CATALOGUE.aliases.items() if CATALOGUE.floats(full)}
    assert {"claude-haiku-4.5", "gpt-5-mini", "gpt-4o"} <= floating
    assert not {"claude-opus-4.6", "claude-sonnet-5.5", "qwen3-vl-8b"} & floating
