"""Looks up what is known of a model before it is asked: provider, vision, price, key."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_rest import credentials, safe_yaml
from pytest_rest.errors import ModelError, nearest
from pytest_rest.terms import Price

_DATA = Path(__file__).with_name("models.yaml")
_PRICES = "model_prices_and_context_window_backup.json"
_MODES = ("chat", "responses")
_WITH_BATCHES = ("openai", "anthropic", "gemini")  # at half the list price, as all of them have it


@dataclass(frozen=True)
class Listing:
    """A model that can see images.

    `name` is provider/model as LiteLLM takes it, `asked` is what the user wrote. `listed` tells
    whether the price table has the model, `temperature` whether it takes one, `reasons` whether it
    takes a budget of thinking, as far as the table says.
    """

    name: str
    asked: str
    listed: bool
    temperature: bool
    mode: str = "chat"
    price: Price | None = None
    reasons: bool = True

    @property
    def provider(self) -> str:
        """The part of the name before the first slash."""
        return self.name.partition("/")[0]


def read_prices() -> Mapping[str, Any] | None:
    """LiteLLM's price table, read from its file because importing LiteLLM takes seconds.

    None where this version of LiteLLM has no such file; then `litellm.model_cost` has the table.
    """
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise ModelError("LiteLLM is not installed; run: pip install litellm")
    path = Path(spec.origin).with_name(_PRICES)
    if not path.is_file():
        return None
    prices: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return prices


def read_key(name: str, environ: Mapping[str, str]) -> str | None:
    """The key in that variable, masked from now on; `ModelError` if no header can hold it."""
    credentials.learn(environ)
    key = environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ModelError(
            f"the key in {name} has a line break, or another character that no key has, inside; "
            "set it again, on one line"
        )
    credentials.remember(key)
    return key or None


class Catalogue:
    """LiteLLM's price table, and this package's own `models.yaml`."""

    def __init__(self, prices: Mapping[str, Any]) -> None:
        self._prices = prices
        self._data: Mapping[str, Any] = safe_yaml.load(_DATA.read_text("utf-8"))
        self.aliases: Mapping[str, str] = self._data["aliases"]  # short name -> full name
        self._keys: dict[str, str] = {}  # full name -> the table's key
        self._full: dict[str, str] = {}  # the table's key -> full name
        for key, entry in prices.items():
            provider = _provider(entry)
            if entry.get("mode") in _MODES and provider not in self._data["unreachable"]:
                self._full[key] = _full_name(key, provider)
                self._keys.setdefault(self._full[key], key)

    def find(self, asked: str) -> Listing:
        """The model of that name; `ModelError` for one that is unknown or cannot see images."""
        weights = self._data["unhosted"].get(asked.lower())
        if weights:
            raise ModelError(
                f"model {asked!r} is not hosted by a provider that LiteLLM lists; serve it "
                f"(vllm serve {weights}) and pass --rest-model={weights} "
                "--rest-api-base=http://localhost:8000/v1"
            )
        name = self.aliases.get(asked.lower(), asked)
        name = name if name in self._keys else self._full.get(name, name)
        is_open = self._is_open(name)
        if name not in self._keys and not is_open:
            raise ModelError(self._unknown(asked, name))
        entry = self._prices[self._keys[name]] if name in self._keys else {}
        if not (is_open or self._sees(name, entry)):
            raise ModelError(
                f"model {asked!r} cannot see images, says LiteLLM's price table; name one that "
                "can, or pass --rest-api-base if the table is wrong"
            )
        return Listing(
            name=name,
            asked=asked,
            listed=bool(entry),
            temperature=self.takes_temperature(name)
            and entry.get("supports_sampling_params") is not False,
            mode=entry.get("mode", "chat"),
            price=_price(entry, name.partition("/")[0]),
            reasons=not entry or entry.get("supports_reasoning") is True,
        )

    def takes_temperature(self, name: str) -> bool:
        """Whether a model takes a temperature, by patterns for its name."""
        last = name.rpartition("/")[2].lower()
        return _matches(last, self._data["takes_temperature"]) or not _matches(
            last, self._data["refuses_temperature"]
        )

    def floats(self, name: str) -> bool | None:
        """Whether a full name stands for other weights over time; None where that is not known."""
        return next(
            (each for pattern, each in self._data["floats"].items() if fnmatchcase(name, pattern)),
            None,
        )

    def knows_keys_of(self, provider: str) -> bool:
        """Whether `key` knows that provider."""
        return provider in self._data["keys"] or provider in self._data["keyless"]

    def key(self, listing: Listing, environ: Mapping[str, str]) -> str | None:
        """The key to send, None where LiteLLM finds one itself; `ModelError` if it is missing."""
        provider = listing.provider
        for name in self._data["addresses"].get(provider, ()):
            if not environ.get(name, "").strip():
                raise ModelError(
                    f"model {listing.asked!r}: the address of {provider} is not known; set {name}"
                )
        names = self._data["keys"].get(provider, ())
        if key := next(filter(None, (read_key(name, environ) for name in names)), None):
            return key
        others = self._data["other_credentials"].get(provider, ())
        read = [read_key(name, environ) for name in others]
        if provider in self._data["keyless"] or any(read):
            return None
        raise ModelError(
            f"model {listing.asked!r} needs a key of {provider}; set {' or '.join(names)}"
        )

    def _is_open(self, name: str) -> bool:
        return "/" in name and any(
            fnmatchcase(name, pattern if "/" in pattern else f"{pattern}/*")
            for pattern in self._data["open_providers"]
        )

    def _sees(self, name: str, entry: Mapping[str, Any]) -> bool:
        for pattern, sees in self._data["vision"].items():
            if fnmatchcase(name, pattern):
                return bool(sees)
        return entry.get("supports_vision") is True

    def _unknown(self, asked: str, name: str) -> str:
        entry = self._prices.get(name)
        if entry and entry.get("mode") not in _MODES:
            return (
                f"model {asked!r} is not a chat model but one for {entry.get('mode')!r}; "
                "name one that answers in text"
            )
        return (
            f"model {asked!r} is not known; name one of LiteLLM's as PROVIDER/MODEL, or pass "
            f"--rest-api-base for a server of your own{nearest(name, self._neighbours(name))}"
        )

    def _neighbours(self, name: str) -> set[str]:
        """Names that a misspelt one may stand for: few enough to compare quickly."""
        provider, slash, _ = name.partition("/")
        same_end = {full for full in self._keys if full.lower().endswith(f"/{name.lower()}")}
        if not slash:
            bare = {key for key in self._full if "/" not in key}
            once = {key for key in bare if self._full[key] not in self.aliases.values()}
            return {*self.aliases, *self._data["unhosted"], *once, *same_end}
        siblings = {full for full in self._keys if full.startswith(f"{provider}/")}
        return siblings | same_end or set(self._keys)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _provider(entry: Mapping[str, Any]) -> str:
    """The prefix by which LiteLLM routes; the table has finer kinds."""
    provider = str(entry.get("litellm_provider"))
    if provider.startswith("vertex_ai-"):
        return "vertex_ai"
    return "bedrock" if provider == "bedrock_converse" else provider


def _price(entry: Mapping[str, Any], provider: str) -> Price | None:
    """The price of a token; None where the table has none, or the 0 of an unknown price.

    That of a batch is half of it where the table has none and the provider takes batches.
    """
    price = _listed(entry)
    if price is None or provider not in _WITH_BATCHES:
        return price
    half = Price(price.input / 2, price.output / 2)
    return replace(price, batch=_listed(entry, "_batches") or half)


def _listed(entry: Mapping[str, Any], kind: str = "") -> Price | None:
    names = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
    sent, answered, cached = (entry.get(f"{name}{kind}") for name in names)
    if not (sent and answered):
        return None
    return Price(float(sent), float(answered), float(cached) if cached else None)


def _full_name(key: str, provider: str) -> str:
    first, slash, rest = key.partition("/")
    if slash and first.replace("-", "_") == provider.replace("-", "_"):
        return f"{provider}/{rest}"
    return f"{provider}/{key}"
