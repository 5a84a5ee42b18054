"""Finds the batch interface of the model that a user names: OpenAI's, Anthropic's, Gemini's."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_rest import extensions
from pytest_rest.errors import ModelError
from pytest_rest.models import gateways
from pytest_rest.models.batches import anthropic, gemini, openai
from pytest_rest.models.batches.client import Client
from pytest_rest.models.batches.endpoint import BatchEndpoint as BatchEndpoint
from pytest_rest.models.batches.endpoint import BatchError as BatchError
from pytest_rest.models.batches.endpoint import BatchLimits as BatchLimits
from pytest_rest.models.batches.endpoint import BatchRow as BatchRow
from pytest_rest.models.batches.endpoint import BatchState as BatchState
from pytest_rest.models.batches.endpoint import Candidate as Candidate
from pytest_rest.models.batches.file import FileBatches
from pytest_rest.models.catalogue import read_key
from pytest_rest.models.chat_protocol import takes_temperature
from pytest_rest.models.overrides import LIMITS, Overrides
from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.terms import Budget

_OWN = ("embedded", "simulated", "python")
# Where each provider is asked: the first variable that is set counts, as with LiteLLM.
_ADDRESSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "openai": (("OPENAI_BASE_URL", "OPENAI_API_BASE"), "https://api.openai.com/v1"),
    "anthropic": (("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"), "https://api.anthropic.com"),
    "gemini": (("GEMINI_API_BASE",), "https://generativelanguage.googleapis.com"),
    "hosted_vllm": (("HOSTED_VLLM_API_BASE",), ""),
}
_PROTOCOLS: Mapping[str, type[anthropic.AnthropicBatches | gemini.GeminiBatches]] = {
    "anthropic": anthropic.AnthropicBatches,
    "gemini": gemini.GeminiBatches,
}
_PARAMETERS = {"anthropic": anthropic.PARAMETERS, "gemini": gemini.PARAMETERS}


def connect(
    spec: str,
    *,
    api_base: str | None = None,
    timeout: float = 120.0,
    environ: Mapping[str, str] = os.environ,
    budgets: Sequence[Budget] = (),
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> BatchEndpoint:
    """The batch interface of a model, by a name as `load_model` takes it; nothing is asked yet.

    `ModelError` for a model that has none, a missing key, an address that is not one, or for native
    `budgets` or parameters that a row cannot have just as a direct call has them. `timeout` is in
    seconds for one reply; a file may take longer, by its size.
    """
    if _is_own(spec):
        raise ModelError(f"model {spec!r} is not an endpoint; leave --rest-batch out")
    if api_base is not None:
        served = openai_compatible.connect(
            spec, api_base, timeout=timeout, environ=environ, overrides=overrides
        )
        key = served.key or (None if overrides.headers else "none")  # as a direct call has it
        return openai.OpenAIBatches(
            name=served.name,
            model=served.name,
            description=f"{served.description} (batches)",
            parameters=served.parameters,
            client=_client(api_base, _bearer(key), timeout, environ, overrides),
            overrides=overrides,
        )
    native = [budget for budget in budgets if budget.control == "native"]
    model = litellm.connect(
        spec, timeout=timeout, environ=environ, budgets=native, overrides=overrides
    )
    provider = model.name.partition("/")[0]
    if provider not in _ADDRESSES or model.mode == "responses":
        raise _without_batches(spec)
    if provider in _PARAMETERS:
        _check(spec, provider, native, overrides)
    return _of_provider(model, provider, environ)


def connect_file(
    spec: str,
    folder: Path,
    *,
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> BatchEndpoint:
    """Batches as files `LABEL.jsonl` in a folder, for the program that asks a model of that name.

    `ModelError` for a model that is not asked by its name.
    """
    if _is_own(spec):
        raise ModelError(f"model {spec!r} is not an endpoint; leave --rest-batch out")
    return FileBatches(
        name=spec,
        description=f"{spec} (batch files)",
        parameters=overrides.reported({"temperature": 0} if takes_temperature(spec) else {}),
        folder=folder,
        overrides=overrides,
    )


def _is_own(spec: str) -> bool:
    kind = spec.partition(":")[0]
    return kind in _OWN or kind in extensions.declared("models")


def _of_provider(
    model: litellm.LiteLLMModel, provider: str, environ: Mapping[str, str]
) -> BatchEndpoint:
    variables, usual = _ADDRESSES[provider]
    base = next(filter(None, (environ.get(each, "").strip() for each in variables)), usual)
    base = base.rstrip("/")
    key = _bearer(model.key or "none")
    if provider == "anthropic":
        base = base.removesuffix("/messages").removesuffix("/v1")
        token = None if model.key else read_key("ANTHROPIC_AUTH_TOKEN", environ)
        if not (model.key or token):
            raise ModelError(
                f"model {model.name!r} needs a key for its batches; set ANTHROPIC_API_KEY or "
                "ANTHROPIC_AUTH_TOKEN"
            )
        key = {"x-api-key": model.key} if model.key else _bearer(token)
        key["anthropic-version"] = anthropic.VERSION
    if provider == "gemini":
        base = base.removesuffix("/v1beta")
        key = {"x-goog-api-key": model.key or ""}
    protocol = _PROTOCOLS.get(provider, openai.OpenAIBatches)
    return protocol(
        name=model.name,
        model=model.name.partition("/")[2],
        description=model.description.replace("(LiteLLM)", "(batches)"),
        parameters=model.parameters,
        client=_client(base, key, model.timeout, environ, model.overrides),
        overrides=model.overrides,
        price=model.price and model.price.batch,
    )


def _without_batches(spec: str) -> ModelError:
    return ModelError(
        f"model {spec!r} has no batch interface that is spoken here; leave --rest-batch out, or "
        "give --rest-batch=file, which writes the requests to a file"
    )


def _check(spec: str, provider: str, native: Sequence[Budget], overrides: Overrides) -> None:
    """Raise `ModelError` for what a direct call has through LiteLLM, and a row cannot have."""
    if native:
        raise ModelError(
            f"model {spec!r} takes no native budget of thinking in a batch; leave "
            "--rest-reasoning-control out, or --rest-batch"
        )
    for name, value in overrides.parameters.items():
        if name not in (*_PARAMETERS[provider], *LIMITS) and value is not None:
            raise ModelError(
                f"parameter {name!r} is not one of a batch of {provider}; give it as "
                "--rest-body, under the provider's own name"
            )
        if name in LIMITS and value is None:
            raise ModelError(f"a batch of {provider} has a limit of tokens; {name} cannot be none")


def _bearer(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _client(
    base: str,
    key: Mapping[str, str],
    timeout: float,
    environ: Mapping[str, str],
    overrides: Overrides,
) -> Client:
    """A client with the user's own headers instead of the usual ones of their names."""
    named = {name.lower() for name in overrides.headers}
    usual = {**gateways.no_cache_headers(base), **key}
    usual = {name: value for name, value in usual.items() if name.lower() not in named}
    return Client(base, {**usual, **overrides.headers}, timeout, environ)
