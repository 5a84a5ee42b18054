"""What is LiteLLM's alone: names, keys and prices, and what is refused before any request."""

import dataclasses
import time
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from endpoint import Reply
from test_protocols import ASKED, IDS, KEY, KEYS, SHOWN, answer, ask, ended, python, serving

from pytest_rest.errors import ModelError
from pytest_rest.models import catalogue, failures
from pytest_rest.models.catalogue import Catalogue, read_prices
from pytest_rest.models.providers import litellm as models
from pytest_rest.models.providers.litellm import connect
from pytest_rest.terms import Budget, Model

PRICES = read_prices() or {}
CATALOGUE = Catalogue(PRICES)

# What a call tells


@pytest.mark.parametrize("client", ["litellm-openai", "litellm-anthropic"])
def test_cost_is_that_of_the_price_table(client: str) -> None:
    """The table's price for the tokens as reported."""
    completion = answer(client, Reply("3", input_tokens=1000, output_tokens=10), SHOWN)
    prices = PRICES[IDS[client]]
    cost = 1000 * prices["input_cost_per_token"] + 10 * prices["output_cost_per_token"]
    assert pytest.approx(cost) == completion.cost


def test_an_unknown_price_is_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listed model without a price costs an unknown amount."""
    name = "gpt-4.1-nano"  # asked nowhere else, for LiteLLM remembers what a model costs
    free = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    monkeypatch.setitem(models._load().model_cost, name, PRICES[name] | free)
    with serving("litellm-openai", Reply("3"), name=name) as (_, model):
        (completion,) = ask(model, ASKED)
    assert (None, 120) == (completion.cost, completion.input_tokens)


def test_anthropic_content_filter_is_a_refusal() -> None:
    """Anthropic names its filter in the message only."""
    reply = Reply("Output blocked by content filtering policy", status=400)
    completion = answer("litellm-anthropic", reply)
    assert ("refusal", None) == (completion.finish_reason, completion.error)


def test_usage_that_anthropic_must_report() -> None:
    """LiteLLM cannot read an Anthropic body without a usage: an error, not an answer."""
    completion = answer("litellm-anthropic", Reply("3", fault="no-usage"))
    assert "malformed response: KeyError: 'usage'" == completion.error


def test_errors_without_a_traceback() -> None:
    """LiteLLM puts one into the message of whatever it did not expect."""
    error = RuntimeError("odd\nTraceback (most recent call last):\n  File x")
    assert "error: RuntimeError: odd" == failures.explain(error, 1.0).error


def test_importing_does_not_import_litellm() -> None:
    """Nor do connecting and closing: a run that asks nothing need not pay for it."""
    code = (
        "import asyncio, sys; from pytest_rest.models.providers.litellm import connect; "
        "model = connect('claude-haiku-4.5', environ={'ANTHROPIC_API_KEY': 'k'}); "
        "asyncio.run(model.close()); sys.exit('litellm' in sys.modules)"
    )
    assert (0, "") == ended(python(code))


# How much to think


@pytest.mark.parametrize(
    ("client", "name", "amount", "expected"),
    [
        ("litellm-anthropic", "", 2048, {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("litellm-anthropic", "", 0, {"thinking": {"type": "disabled"}, "temperature": 0}),
        ("litellm-openai", "gpt-5-mini", "low", {"reasoning_effort": "low"}),
    ],
)
def test_a_native_budget_is_sent(
    client: str, name: str, amount: int | str, expected: dict[str, object]
) -> None:
    """The endpoint is told, and gets no temperature with its thinking; a forced one it is not."""
    prompt = dataclasses.replace(SHOWN, budget=Budget(amount, "native"), max_tokens=4096)
    forced = dataclasses.replace(prompt, budget=Budget(7))
    with serving(client, Reply("3"), name=name) as (endpoint, model):
        ask(model, prompt, forced)
    told = ("thinking", "reasoning_effort", "temperature")
    bodies = [{k: v for k, v in each.body.items() if k in told} for each in endpoint.requests]
    usual = {} if name else {"temperature": 0}
    assert [expected, usual] == sorted(bodies, key=lambda body: body == usual)


@pytest.mark.parametrize(
    ("name", "amount", "why"),
    [
        ("claude-haiku-4.5", 100, "native budgets of 0, or of at least 1,024 tokens; 100 is less"),
        (
            "gpt-5-mini",
            2048,
            "takes efforts, not numbers of tokens; give --rest-reasoning-budgets=low,",
        ),
        ("gpt-4o-mini", "low", "takes no native budget of thinking, says LiteLLM's price table"),
    ],
)
def test_a_native_budget_that_the_model_does_not_take_is_refused(
    name: str, amount: int | str, why: str
) -> None:
    """Before anything is asked."""
    with pytest.raises(ModelError) as raised:
        connect(name, environ=KEYS, budgets=[Budget(amount, "native")])
    assert why in str(raised.value)


# What is refused before any request


def refused(name: str, **settings: object) -> str:
    """What connecting says, in one line."""
    with pytest.raises(ModelError) as caught:
        connect(name, **{"environ": KEYS, **settings})  # type: ignore[arg-type]
    assert 1 == len(str(caught.value).splitlines())
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
        ("Claude-Haiku-4.5", "anthropic/claude-haiku-4-5"),
        ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("anthropic/claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("gpt-5-mini", "openai/gpt-5-mini"),
        ("openai/gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
        (" gpt-4o ", "openai/gpt-4o"),
    ],
)
def test_names_resolve_to_provider_and_model(asked: str, name: str) -> None:
    """An alias, a bare key of the price table, and the full name all lead to the full name."""
    model = connect(asked, environ=KEYS)
    assert name == model.name
    said = name if asked == name else f"{asked.strip()} -> {name}"
    assert f"{said} (LiteLLM)" == model.description
    assert ("endpoint", 1) == (model.home, model.batch_size)
    assert isinstance(model, Model)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("claude-nonexistent-9", "claude-"),
        ("gpt5-mini", "'gpt-5-mini'"),
        ("anthropic/claude-haiku-4.5", "'anthropic/claude-haiku-4-5'"),
        ("deepinfra/Qwen/Qwen2.5-VL-33B-Instruct", "'deepinfra/Qwen/Qwen2.5-VL-32B-Instruct'"),
        ("antropic/claude-haiku-4-5", "'anthropic/claude-haiku-4-5'"),
        ("Qwen/Qwen2.5-VL-32B-Instruct", "'deepinfra/Qwen/Qwen2.5-VL-32B-Instruct'"),
        ("inferenceapis/qwen3-vl", ""),
    ],
)
def test_an_unknown_name_is_refused_with_near_ones(asked: str, near: str) -> None:
    """LiteLLM itself would take some of these and ask for a model that does not exist."""
    start = time.perf_counter()
    said = refused(asked)
    assert f"model {asked!r} is not known" == said[: len(f"model {asked!r} is not known")]
    assert near in said
    assert "--rest-api-base" in said
    assert time.perf_counter() - start < 2


def test_temperature_by_the_price_table() -> None:
    """A listed model that takes no sampling parameters gets none, whatever its name."""
    model = connect("gemini-3.6-flash", environ={"GEMINI_API_KEY": KEY})
    assert ("gemini/gemini-3.6-flash", {}) == (model.name, model.parameters)


def test_near_names_are_listed_once() -> None:
    """A model that goes by an alias and by a key of the price table is one suggestion."""
    said = refused("claude-haiku-4.6")
    assert "'claude-haiku-4.5'" in said
    assert "'claude-haiku-4-5'" not in said


def test_an_embedding_model_is_refused() -> None:
    """The price table has models that embed, speak or paint."""
    assert "not a chat model but one for 'embedding'" in refused("text-embedding-3-small")


def test_a_model_that_no_provider_hosts_is_to_be_served() -> None:
    """The weights' name and how to serve them."""
    said = refused("InternVL3-14B")
    assert "vllm serve OpenGVLab/InternVL3-14B" in said
    assert "--rest-api-base" in said


def test_responses_api_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the run, where LiteLLM would fail at each call."""
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    assert "litellm[mcp]" in refused("gpt-5-pro")
    monkeypatch.setattr(models, "find_spec", lambda name: object())
    assert "openai/gpt-5-pro" == connect("gpt-5-pro", environ=KEYS).name


def test_models_without_vision_are_refused() -> None:
    """A listed chat model without vision is refused, by its key and by its full name."""
    blind = {"litellm_provider": "openai", "mode": "chat"}
    own = Catalogue({"a-blind-one": blind, "a-dim-one": {**blind, "supports_vision": False}})
    for name in ("a-blind-one", "openai/a-blind-one", "a-dim-one"):
        with pytest.raises(ModelError, match="cannot see images"):
            own.find(name)
    assert "cannot see images" in refused("gpt-4")


def test_patterns_tell_vision_where_the_table_does_not() -> None:
    """Our own table comes first."""
    name = "fireworks_ai/accounts/fireworks/models/internvl3-8b"
    assert not PRICES[name].get("supports_vision")
    assert name == connect("internvl3-8b", environ={"FIREWORKS_API_KEY": KEY}).name


@pytest.mark.parametrize(
    ("name", "environ"),
    [
        ("ollama/llava", {}),
        ("ollama/llava:13b-my-own", {}),
        ("hosted_vllm/whatever", {"HOSTED_VLLM_API_BASE": "http://localhost:8000/v1"}),
        ("azure/our-deployment", {"AZURE_API_KEY": KEY, "AZURE_API_BASE": "https://a.example"}),
        ("openrouter/qwen/qwen2.5-vl-32b-instruct", {"OPENROUTER_API_KEY": KEY}),
        ("bedrock/arn:aws:bedrock:us-east-1:1:inference-profile/x", {}),
        ("huggingface/Qwen/Qwen2.5-VL-7B-Instruct", {"HF_TOKEN": KEY}),
    ],
)
def test_open_providers_take_any_name(name: str, environ: dict[str, str]) -> None:
    """What cannot be listed is taken as named."""
    assert name == connect(name, environ=environ).name


def test_a_provider_is_open_no_wider_than_it_must_be() -> None:
    """Bedrock's own names are listed; only those that an account gives are not."""
    assert "is not known" in refused("bedrock/anthropic.claude-nonexistent-9")


@pytest.mark.parametrize(
    ("name", "environ", "variable"),
    [
        ("claude-haiku-4.5", {}, "ANTHROPIC_API_KEY"),
        ("claude-haiku-4.5", {"ANTHROPIC_API_KEY": " "}, "ANTHROPIC_API_KEY"),
        ("gpt-5-mini", {"ANTHROPIC_API_KEY": KEY}, "OPENAI_API_KEY"),
        ("gemini-2.5-flash-lite", {}, "GEMINI_API_KEY or GOOGLE_API_KEY"),
        ("openrouter/x/y", {}, "OPENROUTER_API_KEY"),
        ("azure/ours", {"AZURE_API_KEY": KEY}, "AZURE_API_BASE"),
        ("hosted_vllm/ours", {}, "HOSTED_VLLM_API_BASE"),
    ],
)
def test_a_missing_key_is_named(name: str, environ: dict[str, str], variable: str) -> None:
    """The variable to set, by name."""
    assert f"set {variable}" in refused(name, environ=environ)


def test_keys_are_taken_from_the_environment() -> None:
    """Either variable will do; other credentials are LiteLLM's to read, and are not sent as key."""
    assert KEY == connect("gemini-2.5-flash", environ={"GOOGLE_API_KEY": KEY}).key
    assert KEY == connect("claude-haiku-4.5", environ={"ANTHROPIC_API_KEY": f" {KEY}\n"}).key
    assert None is connect("claude-haiku-4.5", environ={"ANTHROPIC_AUTH_TOKEN": KEY}).key


def test_litellm_is_asked_for_keys_of_other_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM is asked about a provider that only a later version of it has."""
    monkeypatch.setattr(Catalogue, "knows_keys_of", lambda self, provider: False)
    monkeypatch.delenv("XAI_API_KEY", raising=False)
    assert "set XAI_API_KEY" in refused("xai/grok-4.5")
    monkeypatch.setenv("XAI_API_KEY", KEY)
    assert None is connect("xai/grok-4.5", environ={}).key


def test_an_empty_name_is_refused() -> None:
    """An empty name does not name a model."""
    assert "has no name" in refused(" ")


# The data


@pytest.mark.parametrize("alias", CATALOGUE.aliases)
def test_aliases_are_listed_and_see(alias: str) -> None:
    """Each leads to the model that it names, and that is not refused."""
    assert CATALOGUE.aliases[alias] == CATALOGUE.find(alias).name


PROVIDERS = sorted({name.partition("/")[0] for name in CATALOGUE.aliases.values()})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_provider_of_an_alias_is_reached_and_its_key_known(provider: str) -> None:
    """A missing key is told without importing LiteLLM, and LiteLLM routes what has one."""
    assert CATALOGUE.knows_keys_of(provider)
    assert provider in {getattr(each, "value", each) for each in models._load().provider_list}


def test_a_provider_that_litellm_does_not_reach_is_not_offered() -> None:
    """What a price table lists of it is unknown."""
    unreachable = CATALOGUE._data["unreachable"][0]
    entry = {"litellm_provider": unreachable, "mode": "chat", "supports_vision": True}
    with pytest.raises(ModelError, match="is not known"):
        Catalogue({"its-model": entry}).find("its-model")


def test_the_price_table_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of LiteLLM that keeps its table in another place is imported for it."""
    monkeypatch.setattr(models, "read_prices", lambda: None)
    models._catalogue.cache_clear()
    try:
        assert "anthropic/claude-haiku-4-5" == connect("claude-haiku-4.5", environ=KEYS).name
    finally:
        models._catalogue.cache_clear()


def test_without_litellm_nothing_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder without the table gives none; without LiteLLM nothing can be asked."""
    spec = ModuleSpec("litellm", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(catalogue, "find_spec", lambda name: spec)
    assert None is read_prices()
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install litellm"):
        read_prices()
