"""Asks any provider that LiteLLM knows.

LiteLLM is imported when the model is opened and not before: it takes seconds.
"""

import asyncio
import contextlib
import functools
import inspect
import logging
import os
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, ClassVar

from pytest_rest import credentials
from pytest_rest.errors import ModelError
from pytest_rest.models import failures, gateways, responses
from pytest_rest.models.catalogue import Catalogue, Listing, read_prices
from pytest_rest.models.completions import amount, token_count, written
from pytest_rest.models.messages import messages
from pytest_rest.models.overrides import Overrides, sent
from pytest_rest.terms import Budget, Completion, Home, Price, Prompt

_LEAST_TOKENS = {"anthropic": 1024, "gemini": 1, "vertex_ai": 1}  # in native budgets
_NO_THINKING = (0, "none")
_GRACE = 1.0  # seconds that LiteLLM's own timeout has before the call is cut off


def connect(
    name: str,
    *,
    timeout: float = 120.0,
    environ: Mapping[str, str] = os.environ,
    is_asked: bool = True,
    budgets: Sequence[Budget] = (),
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> "LiteLLMModel":
    """The model of that name, checked without a request; `ModelError` says what is wrong with it.

    `timeout` is in seconds for one call. The key is taken from `environ`, and is not needed for a
    model that is not asked; whatever else LiteLLM reads (addresses, a cloud's credentials) it reads
    from the process's environment. Native `budgets` are checked against what the model takes.
    """
    name = name.strip()
    if not name:
        raise ModelError("the model has no name; name one, such as 'claude-haiku-4.5'")
    catalogue = _catalogue()
    listing = catalogue.find(name)
    for budget in budgets:
        _check_budget(listing, budget)
    if listing.mode == "responses" and find_spec("mcp") is None:
        raise ModelError(
            f"model {name!r} is asked through the Responses API, for which LiteLLM needs the "
            "package 'mcp'; run: pip install 'litellm[mcp]'"
        )
    credentials.remember(*overrides.secrets)
    return LiteLLMModel(
        name=listing.name,
        description=f"{name if name == listing.name else f'{name} -> {listing.name}'} (LiteLLM)",
        parameters=overrides.reported({"temperature": 0} if listing.temperature else {}),
        timeout=timeout,
        priced=listing.listed,
        price=listing.price,
        key=_key(catalogue, listing, environ) if is_asked else None,
        overrides=overrides,
        mode=listing.mode,
    )


@dataclass(frozen=True, eq=False)
class LiteLLMModel:
    """A model that LiteLLM reaches; made by `connect`. Asked from one event loop at a time."""

    name: str
    description: str
    parameters: Mapping[str, object]
    timeout: float
    priced: bool
    price: Price | None
    key: str | None = field(repr=False)
    overrides: Overrides = Overrides()  # noqa: RUF009 (frozen)
    mode: str = "chat"

    home: ClassVar[Home] = "endpoint"
    batch_size: ClassVar[int] = 1

    async def open(self) -> None:
        """Import LiteLLM in a thread, so that the loop stays free and no interrupt waits for it."""
        loop = asyncio.get_running_loop()
        imported = asyncio.Event()

        def load() -> None:
            with contextlib.suppress(Exception):  # the first call fails likewise, and says why
                _load()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any longer
                loop.call_soon_threadsafe(imported.set)

        threading.Thread(target=load, name="rest-import", daemon=True).start()
        await imported.wait()

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask all at once; a failed call is a completion whose `error` starts with a stable word.

        The words: `timeout`, `rate limit`, `authentication`, `quota`, `bad request`,
        `server error`, `connection`, `malformed response`, `error`. Where the server answered, its
        status follows, and when to retry, if it said so: `rate limit: HTTP 429, retry after 7 s:`.
        """
        # Importing must not hold up the loop; a thread for each call would hold up the calls.
        litellm = _load() if _load.cache_info().currsize else await asyncio.to_thread(_load)
        return await asyncio.gather(*(self._ask(litellm, prompt) for prompt in prompts))

    async def close(self) -> None:
        """Close LiteLLM's connections, which all models share."""
        if not _load.cache_info().currsize:
            return
        litellm = _load()
        cache = litellm.in_memory_llm_clients_cache
        for client in [*getattr(cache, "cache_dict", {}).values()]:  # LiteLLM leaves some open
            close = getattr(client, "close", None)
            if inspect.iscoroutinefunction(close):
                await close()
        await litellm.close_litellm_async_clients()
        cache.flush_cache()  # or closed clients would be used again

    async def _ask(self, litellm: Any, prompt: Prompt) -> Completion:
        start = time.perf_counter()
        _ignore_warnings()
        try:
            async with asyncio.timeout(self.timeout + _GRACE):
                response = await self._call(litellm, prompt)
                more = gateways.no_cache_body(_headers(response))
                if more and not _takes_keywords(self.name):
                    response = await self._call(litellm, prompt, more)
            completion = self._read(response)
        except Exception as error:
            completion = failures.explain(error, self.timeout)
        return replace(completion, seconds=time.perf_counter() - start)

    async def _call(
        self, litellm: Any, prompt: Prompt, more: Mapping[str, object] = MappingProxyType({})
    ) -> Any:
        return await litellm.acompletion(
            model=self.name,
            messages=messages(prompt),
            timeout=self.timeout,
            api_key=self.key,
            num_retries=0,  # retries are the dispatcher's, and only there
            max_retries=0,
            extra_headers={
                **gateways.no_cache_headers(_address(self.name)),
                **self.overrides.headers,
            },
            **_keys_of_body(litellm, self.name, {**self.overrides.body, **more}),
            **self.overrides.limit("max_tokens", prompt),
            **self._parameters(prompt.budget),
        )

    def _parameters(self, budget: Budget | None) -> Mapping[str, object]:
        """The model's, and how much to think; thinking models refuse a temperature of zero."""
        parameters = sent(self.parameters)
        if budget is None or budget.control != "native":
            return parameters
        amount = budget.amount
        if amount not in _NO_THINKING and "temperature" not in self.overrides.parameters:
            parameters.pop("temperature", None)
        if isinstance(amount, str):
            return {**parameters, "reasoning_effort": amount}
        is_off = amount == 0 and self.name.startswith("anthropic/")  # where 0 tokens are refused
        kind = {"type": "disabled"} if is_off else {"type": "enabled", "budget_tokens": amount}
        return {**parameters, "thinking": kind}

    def _read(self, response: Any) -> Completion:
        if not response.choices:
            raise failures.MalformedError("it holds no choices")
        choice = response.choices[0]
        message = choice.message
        text, refused = written(message.content)
        refusal = _refusal(message) or refused
        headers = _headers(response)
        usage: Any = getattr(response, "usage", None)
        sent = token_count(usage.prompt_tokens) if usage else None
        output = token_count(usage.completion_tokens) if usage else None
        if text and not output:  # what LiteLLM makes of a count that is not a number
            output = None
        details = getattr(usage, "prompt_tokens_details", None)
        cached = min(token_count(getattr(details, "cached_tokens", None)) or 0, sent or 0)
        return Completion(
            text=text or refusal,
            finish_reason="refusal" if refusal else _finish_reason(choice),
            # LiteLLM fills zeros in for a usage that was not reported; no prompt has zero tokens.
            input_tokens=sent or None,
            output_tokens=output if sent else None,
            cost=self._cost(response, sent, output, cached),
            model=str(response.model or ""),
            from_cache=gateways.is_from_cache(headers),
            cached_tokens=cached or None,
            cache_saved=self.price.saved(cached) if cached and self.price else None,
        )

    def _cost(
        self, response: Any, sent: int | None, written: int | None, cached: int
    ) -> float | None:
        """What LiteLLM computed, which has 0 for an unknown price, or else what a gateway says.

        LiteLLM takes a gateway's word before its own table, which `--rest-max-cost` is held by.
        """
        if not sent or written is None:
            return None
        said = gateways.cost(_headers(response))
        if said is not None and self.price is not None:
            return self.price.cost(sent, written, cached)
        cost = getattr(response, "_hidden_params", {}).get("response_cost") if self.priced else None
        return amount(cost) or said


def _check_budget(listing: Listing, budget: Budget) -> None:
    """Raise `ModelError` for a native budget that the model does not take."""
    if not listing.reasons:
        raise ModelError(
            f"model {listing.asked!r} takes no native budget of thinking, says LiteLLM's price "
            "table; leave --rest-reasoning-control out"
        )
    if isinstance(budget.amount, str):
        return
    if listing.provider not in _LEAST_TOKENS:
        raise ModelError(
            f"model {listing.asked!r} takes efforts, not numbers of tokens; give "
            "--rest-reasoning-budgets=low,medium,high"
        )
    if 0 < budget.amount < (least := _LEAST_TOKENS[listing.provider]):
        raise ModelError(
            f"model {listing.asked!r} takes native budgets of 0, or of at least {least:,} tokens; "
            f"{budget.amount} is less"
        )


def _ignore_warnings() -> None:
    """Ignore what Pydantic says of LiteLLM's types and answers, which no user can fix.

    Where warnings are errors, an answer would be lost. Done for each call, because pytest resets
    the filters for each test.
    """
    warnings.filterwarnings("ignore", message=r"(?s).{0,300}Pydantic")


@functools.cache
def _load() -> Any:
    """LiteLLM, quiet, and using the network for prompts only."""
    _ignore_warnings()
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    os.environ.setdefault("LITELLM_DISABLE_BUG_REPORT_LINK", "true")
    for name in ("httpx", "httpx2"):  # what LiteLLM, and the OpenAI SDK below it, ask with
        with contextlib.suppress(ImportError):
            responses.guard(import_module(name))
    litellm = import_module("litellm")
    with contextlib.suppress(ImportError):  # half a second, which the first calls would wait
        import_module("openai.resources")
    settings: Mapping[str, object] = {
        "telemetry": False,
        "suppress_debug_info": True,
        "drop_params": False,  # what is sent is what the report says was sent
    }
    for name, value in settings.items():
        setattr(litellm, name, value)
    if "LITELLM_LOG" not in os.environ:
        logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    return litellm


@functools.cache
def _catalogue() -> Catalogue:
    prices = read_prices()
    return Catalogue(_load().model_cost if prices is None else prices)


def _key(catalogue: Catalogue, listing: Listing, environ: Mapping[str, str]) -> str | None:
    if catalogue.knows_keys_of(listing.provider):
        return catalogue.key(listing, environ)
    missing = _load().validate_environment(listing.name)["missing_keys"]
    if missing:
        raise ModelError(f"model {listing.asked!r} needs a key; set {' and '.join(missing)}")
    return None


def _takes_keywords(name: str) -> bool:
    """Whether LiteLLM knows no `extra_body` for a model, and sends what keywords it is given."""
    provider = name.partition("/")[0]
    is_claude = provider in ("vertex_ai", "azure_ai") and "claude" in name
    return provider in ("anthropic", "bedrock") or is_claude


def _keys_of_body(litellm: Any, name: str, body: Mapping[str, object]) -> dict[str, object]:
    """How LiteLLM is told to add keys to the body."""
    if not body:
        return {}
    if not _takes_keywords(name):
        return {"extra_body": dict(body)}
    own = {*inspect.signature(litellm.completion).parameters, *litellm.all_litellm_params}
    if taken := own & body.keys():
        raise failures.EndpointError(
            f"bad request: --rest-body {min(taken)!r} is a word of LiteLLM's own, which it does "
            f"not send to {name}; leave it out"
        )
    return dict(body)


def _address(name: str) -> str:
    """Where the environment says that a provider is asked; empty where it does not."""
    provider = name.partition("/")[0]
    if provider == "openrouter":
        return "https://openrouter.ai"
    names = (f"{provider.upper()}_{word}" for word in ("API_BASE", "BASE_URL"))
    return next(filter(None, map(os.environ.get, names)), "")


def _headers(response: Any) -> dict[str, str]:
    """Those of the endpoint, as LiteLLM hands them on."""
    hidden = getattr(response, "_hidden_params", None) or {}
    return gateways.from_litellm(hidden.get("additional_headers"))


def _refusal(message: Any) -> str:
    """The text of a refusal, which versions of LiteLLM keep in different places."""
    fields = getattr(message, "provider_specific_fields", None) or {}
    refusal = getattr(message, "refusal", None) or fields.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def _finish_reason(choice: Any) -> str:
    """LiteLLM's word for how the answer ended, or the provider's own where that says more.

    LiteLLM says `stop` for every word that it does not know, and takes some breakdowns for filters:
    so it is believed only where the provider's own word is not told.
    """
    reason = str(choice.finish_reason)
    own = (getattr(choice, "provider_specific_fields", None) or {}).get("native_finish_reason")
    return failures.finish_reason(str(own) if own else reason)
