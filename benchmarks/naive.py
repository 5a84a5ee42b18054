"""What one would write without the plugin: a test draws its pictures and asks one call at a time.

Copied into an empty folder as a test file and run with `pytest -n 8`; the number of items and the
style come from the environment, the address and the key too, as LiteLLM reads them.
"""

import os

import litellm
import pytest

from pytest_rest import benchmark, evaluate, prompts, rendering
from pytest_rest.models.messages import messages
from pytest_rest.terms import Item, Prompt

ITEMS = benchmark.load(f"soebench:{os.environ['BENCH_ITEMS']}")
STYLE = rendering.parse_style(os.environ["BENCH_STYLE"])
PROTOCOL = prompts.load_protocol()


def ask(prompt: Prompt) -> str:
    """One blocking call."""
    response = litellm.completion(
        model="openai/gpt-4o-mini",
        messages=messages(prompt),
        max_tokens=prompt.max_tokens,
        temperature=0,
    )
    return str(response.choices[0].message.content)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_forms_agree(item: Item) -> None:
    """An item gets the same answer in every form."""
    *solved, _ = [ask(prompt) for prompt in evaluate.forms(item, STYLE, PROTOCOL)]
    assert len(set(solved)) == 1
