"""Finds the batch interface of the model that a user names: OpenAI's, Anthropic's, Gemini's."""

import os
from collections.abc import Mapping

from pytest_rest.errors import ModelError
from pytest_rest.models.batches.client import Client
from pytest_rest.models.batches.endpoint import BatchEndpoint as BatchEndpoint
from pytest_rest.models.batches.endpoint import BatchError as BatchError
from pytest_rest.models.batches.endpoint import BatchLimits as BatchLimits
from pytest_rest.models.batches.endpoint import BatchRow as BatchRow
from pytest_rest.models.batches.endpoint import BatchState as BatchState
from pytest_rest.models.batches.endpoint import Candidate as Candidate
from pytest_rest.models.batches.openai import OpenAIBatches
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.providers.litellm import LiteLLMModel
from pytest_rest.models.providers.litellm import connect as connect_litellm
from pytest_rest.models.providers.openai_compatible import connect as connect_served

# Where each provider is asked: the first variable that is set counts, as with LiteLLM.
_ADDRESSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "openai": (("OPENAI_BASE_URL", "OPENAI_API_BASE"), "https://api.openai.com/v1"),
    "hosted_vllm": (("HOSTED_VLLM_API_BASE",), ""),
}


def connect(
    spec: str,
    *,
    api_base: str | None = None,
    timeout: float = 120.0,
    environ: Mapping[str, str] = os.environ,
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> BatchEndpoint:
    """The batch interface of a model, by a name as `load_model` takes it; nothing is asked yet.

    `ModelError` for a model that has none, a missing key, or an address that is not one. `timeout`
    is in seconds for one reply; a file may take longer, by its size.
    """
    if spec.partition(":")[0] in ("embedded", "simulated", "python"):
        raise ModelError(f"model {spec!r} is not an endpoint, and has no batches")
    if api_base is not None:
        served = connect_served(
            spec, api_base, timeout=timeout, environ=environ, overrides=overrides
        )
        headers = _headers({"Authorization": f"Bearer {served.key or 'none'}"}, overrides)
        return OpenAIBatches(
            name=served.name,
            model=served.name,
            description=f"{served.description} (batches)",
            parameters=served.parameters,
            client=Client(api_base, headers, timeout, environ),
            limit=served.limit,
            overrides=overrides,
        )
    model = connect_litellm(spec, timeout=timeout, environ=environ, overrides=overrides)
    provider, _, name = model.name.partition("/")
    if provider not in _ADDRESSES or model.mode == "responses":
        raise ModelError(
            f"model {spec!r} has no batch interface that is spoken here; leave --rest-batch out, "
            "or give --rest-batch=file, which writes a file of requests"
        )
    return _provider(model, provider, name, environ)


def _provider(
    model: LiteLLMModel, provider: str, name: str, environ: Mapping[str, str]
) -> BatchEndpoint:
    variables, usual = _ADDRESSES[provider]
    base = next(filter(None, (environ.get(each, "").strip() for each in variables)), usual)
    takes_temperature = Catalogue({}).takes_temperature(model.name)
    key = {"Authorization": f"Bearer {model.key or 'none'}"}
    return OpenAIBatches(
        name=model.name,
        model=name,
        description=model.description.replace("(LiteLLM)", "(batches)"),
        parameters=model.parameters,
        client=Client(base, _headers(key, model.overrides), model.timeout, environ),
        limit="max_tokens" if takes_temperature else "max_completion_tokens",
        overrides=model.overrides,
        price=model.price,
    )


def _headers(usual: Mapping[str, str], overrides: Overrides) -> dict[str, str]:
    """A request's headers: the user's own instead of the usual ones of their names."""
    named = {name.lower() for name in overrides.headers}
    usual = {name: value for name, value in usual.items() if name.lower() not in named}
    return {**usual, **overrides.headers}
