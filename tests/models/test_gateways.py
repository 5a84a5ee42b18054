"""What goes out and comes back through a gateway, by LiteLLM and by the lean client."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest
from endpoint import Endpoint, Reply, Request
from test_protocols import ASKED, CLIENTS, KEYS, NAMES, OPENAI, ask

from pytest_rest.models import gateways
from pytest_rest.models.completions import checked
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.terms import Budget, Completion, Model, Prompt

SECRET = "s3cret-of-the-gateway"  # noqa: S105


@contextmanager
def connected(client: str, url: str, overrides: Overrides, name: str = "") -> Iterator[Model]:
    """A model that asks the server at that address, with what is added to each request."""
    name = name or NAMES[client]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_BASE", url)
        patch.setenv("OPENAI_BASE_URL", f"{url}/v1")
        patch.setenv("HOSTED_VLLM_API_BASE", f"{url}/v1")
        if client == "served":
            yield openai_compatible.connect(name, f"{url}/v1", environ=KEYS, overrides=overrides)
        else:
            yield litellm.connect(name, environ={**KEYS, **os.environ}, overrides=overrides)


def asked(
    client: str,
    reply: Reply,
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
    prompt: Prompt = ASKED,
    name: str = "",
) -> tuple[Request, Completion]:
    """What went out, and what was made of the reply."""
    with (
        Endpoint(lambda request: reply) as endpoint,
        connected(client, endpoint.url, overrides, name) as model,
    ):
        (completion,) = ask(model, prompt)
    return endpoint.requests[-1], checked(completion)


# What goes out


@pytest.mark.parametrize("client", CLIENTS)
def test_parameters_are_overridden_added_and_left_out(client: str) -> None:
    """In the body, and in what the report says was sent: None is what was left out."""
    named = {"temperature": None, "top_p": 0.5}
    request, completion = asked(client, Reply("3"), Overrides(named))
    assert (None, "3") == (completion.error, completion.text)
    assert {"model", "messages", "max_tokens", "top_p"} == set(request.body)
    assert (0.5, 64) == (request.body["top_p"], request.body["max_tokens"])
    with connected(client, "http://host", Overrides(named)) as model:
        assert {"temperature": None, "top_p": 0.5} == model.parameters


@pytest.mark.parametrize("client", OPENAI)
@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ({"max_completion_tokens": 99}, {"max_completion_tokens": 99}),
        ({"max_tokens": 99}, {"max_tokens": 99}),
        ({"max_tokens": None}, {}),
        ({"max_tokens": None, "max_completion_tokens": 9}, {"max_completion_tokens": 9}),
    ],
)
def test_the_limit_has_the_name_that_was_given(
    client: str, named: Mapping[str, object], sent: Mapping[str, object]
) -> None:
    """The usual one does not go out beside it; left out, there is none."""
    request, completion = asked(client, Reply("3"), Overrides(named))
    assert completion.error is None
    assert sent == {k: v for k, v in request.body.items() if k.endswith("tokens")}


def test_a_forced_budget_is_the_limit_of_its_call() -> None:
    """Under the name that was given."""
    forced = replace(ASKED, task="think", max_tokens=7, budget=Budget(7))
    overrides = Overrides({"max_completion_tokens": 99})
    request, _ = asked("served", Reply("3"), overrides, forced)
    assert 7 == request.body["max_completion_tokens"]


@pytest.mark.parametrize(
    ("named", "sent"),
    [({"top_p": 0.5}, {"top_p": 0.5}), ({"temperature": 1}, {"temperature": 1})],
)
def test_a_native_budget_leaves_what_was_named(
    named: Mapping[str, object], sent: Mapping[str, object]
) -> None:
    """Only the usual temperature is left out, which a model that thinks refuses."""
    prompt = replace(ASKED, max_tokens=4096, budget=Budget(2048, "native"))
    request, _ = asked("litellm-anthropic", Reply("3"), Overrides(named), prompt)
    assert sent == {k: v for k, v in request.body.items() if k in ("temperature", "top_p")}


@pytest.mark.parametrize("client", CLIENTS)
def test_keys_of_the_body_go_out_as_they_stand(client: str) -> None:
    """Nested ones too; the report has them apart from the parameters."""
    keys = {"chat_template_kwargs": {"enable_thinking": False}, "top_k": 1}
    request, completion = asked(client, Reply("3"), Overrides(body=keys))
    assert completion.error is None
    assert keys == {name: request.body[name] for name in keys}
    assert "extra_body" not in request.body
    with connected(client, "http://host", Overrides(body=keys)) as model:
        assert {"temperature": 0, "extra_body": keys} == model.parameters


def test_a_word_of_litellms_own_is_not_taken_for_a_key() -> None:
    """Where it can only be given as a keyword: answers might be made up, or asked for elsewhere."""
    for word in ("mock_response", "api_base"):
        with Endpoint(lambda request: Reply("3")) as endpoint:
            added = Overrides(body={word: "http://elsewhere"})
            with connected("litellm-anthropic", endpoint.url, added) as model:
                (completion,) = ask(model, ASKED)
        assert f"bad request: --rest-body {word!r}" in (completion.error or "")
        assert () == endpoint.requests


@pytest.mark.parametrize("client", CLIENTS)
def test_a_header_goes_out_and_is_in_no_answer(client: str) -> None:
    """Neither in an answer that quotes it, nor in an error, nor in the model's name."""
    secret = Overrides(headers={"X-Gateway": f"Bearer {SECRET}"})
    request, completion = asked(client, Reply(f"It is {SECRET}.", model=SECRET), secret)
    assert f"Bearer {SECRET}" == request.headers["x-gateway"]
    assert "It is ***." == completion.text
    assert SECRET not in repr(completion)
    _, completion = asked(client, Reply("x" * 250 + f"Bearer {SECRET}", status=400), secret)
    assert SECRET[:6] not in (completion.error or "")
    with connected(client, "http://host", secret) as model:
        assert SECRET not in f"{model!r} {model.description} {model.parameters}"


def test_a_short_value_is_not_taken_out_of_answers() -> None:
    """It would change what a model said: 7 is an answer, and no secret."""
    flags = Overrides(headers={"X-Shard": "7", "X-Name": "team 7"})
    _, completion = asked("served", Reply("Answer: 7"), flags)
    assert "Answer: 7" == completion.text


def test_a_header_takes_the_place_of_the_key() -> None:
    """With headers of one's own no key is made up; one that is named is sent alone."""
    with Endpoint(lambda request: Reply("3")) as endpoint:
        for name in ("api-key", "authorization"):
            added = Overrides(headers={name: SECRET})
            ask(openai_compatible.connect("m", endpoint.url, environ={}, overrides=added), ASKED)
    first, second = (request.headers for request in endpoint.requests)
    assert (SECRET, None) == (first["api-key"], first.get("authorization"))
    assert SECRET == second["authorization"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_new_answer_is_asked_for(client: str) -> None:
    """Of any cache that keeps to HTTP; and what nobody can unpack is not asked for."""
    request, _ = asked(client, Reply("3"))
    assert "no-cache" == request.headers["cache-control"]
    assert {"gzip", "deflate"} == set(request.headers["accept-encoding"].split(", "))


def test_no_encoding_is_asked_for_that_cannot_be_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where aiohttp would, because a package for it is installed."""
    usual = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate, br, zstd"}
    monkeypatch.setattr("aiohttp.client_reqrep.ClientRequest.DEFAULT_HEADERS", usual)
    request, _ = asked("served", Reply("3"))
    assert "gzip, deflate" == request.headers["accept-encoding"]


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("https://gateway.ai.cloudflare.com/v1/a/g/openai", "cf-aig-skip-cache"),
        ("https://ai-gateway.helicone.ai", "Helicone-Cache-Enabled"),
        ("https://api.portkey.ai/v1", "x-portkey-cache-force-refresh"),
        ("https://openrouter.ai/api/v1", "X-OpenRouter-Cache"),
        ("https://notopenrouter.ai/api/v1", ""),
        ("http://[", ""),
    ],
)
def test_known_gateways_are_told_in_their_way(url: str, header: str) -> None:
    """And no other is."""
    assert {"Cache-Control", *filter(None, [header])} == set(gateways.no_cache_headers(url))


# What comes back

HITS = [
    {"x-litellm-cache-key": "abc"},
    {"cf-aig-cache-status": "HIT"},
    {"helicone-cache": "HIT"},
    {"x-portkey-cache-status": "SEMANTIC HIT"},
    {"x-openrouter-cache-status": "HIT"},
    {"x-cache": "HIT"},
    {"x-cache": "Hit from cloudfront"},
    {"x-cache": "TCP_MEM_HIT from a"},
    {"x-cache": "MISS, HIT"},
    {"x-cache-status": "hit"},
    {"cache-status": 'Proxy; hit; ttl=3, "CDN"; fwd=miss'},
    {"x-gateway-cache-hit": "true"},
    {"x-from-cache": "1"},
    {"age": "12"},
]
MISSES = [
    {},
    {"x-litellm-cache-key": ""},
    {"cf-aig-cache-status": "MISS"},
    {"helicone-cache": "MISS"},
    {"x-portkey-cache-status": "DISABLED"},
    {"x-cache": "MISS"},
    {"x-cache": "Miss from cloudfront"},
    {"x-cache-lookup": "HIT from squid"},
    {"x-cache-hits": "0"},
    {"cache-status": "Proxy; fwd=bypass"},
    {"cache-control": "no-cache"},
    {"x-gateway-cache-hit": "false"},
    {"fireworks-cached-prompt-tokens": "120"},
    {"x-prompt-cache": "HIT"},
    {"age": "0"},
    {"age": "-3"},
    {"age": "9" * 400},
    {"x-cache": "architecture: white"},
]


@pytest.mark.parametrize("headers", HITS, ids=repr)
def test_who_says_that_an_answer_is_an_old_one(headers: Mapping[str, str]) -> None:
    """In the way of each gateway, and of HTTP's own caches."""
    assert gateways.is_from_cache(headers)


@pytest.mark.parametrize("headers", MISSES, ids=lambda headers: repr(headers)[:60])
def test_who_does_not_say_so(headers: Mapping[str, str]) -> None:
    """A cache that was passed by, and a provider's cache of prompts."""
    assert not gateways.is_from_cache(headers)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("is_hit", [True, False])
def test_an_answer_says_that_it_is_an_old_one(client: str, is_hit: bool) -> None:
    """By the headers that came over the wire."""
    headers = {"x-cache": "HIT"} if is_hit else {"x-cache": "MISS"}
    _, completion = asked(client, Reply("3", headers=headers))
    assert (is_hit, "3") == (completion.from_cache, completion.text)


@pytest.mark.parametrize("client", OPENAI)
def test_a_proxy_of_litellm_is_asked_again_for_a_new_answer(client: str) -> None:
    """By a key of the body, which is all that it reads, and which no other gateway is sent."""

    def reply(request: Request) -> Reply:
        is_told = request.body.get("cache") == {"no-cache": True}
        old = {} if is_told else {"x-litellm-cache-key": "k1"}
        return Reply("new" if is_told else "old", headers={"x-litellm-version": "1", **old})

    with (
        Endpoint(reply) as endpoint,
        connected(client, endpoint.url, Overrides(body={"top_k": 1})) as model,
    ):
        (completion,) = ask(model, ASKED)
    assert ("new", False) == (completion.text, completion.from_cache)
    assert [False, True] == ["cache" in request.body for request in endpoint.requests]
    assert [1, 1] == [request.body["top_k"] for request in endpoint.requests]


@pytest.mark.parametrize(
    ("said", "dollars"),
    [
        *(("0.00125", 0.00125), ("0", 0.0), ("1e-6", 1e-6), ("10000000", 1e7)),
        *((word, None) for word in ("nan", "inf", "-1", "1e9", "", "free", "None", "0x1")),
    ],
)
def test_a_price_is_a_finite_number(said: str, dollars: float | None) -> None:
    """From nothing to ten million dollars; anything else is not known."""
    assert dollars == gateways.cost({"x-litellm-response-cost": said})


@pytest.mark.parametrize("client", OPENAI)
def test_the_gateways_price_counts_where_no_table_knows_one(client: str) -> None:
    """LiteLLM's table goes first."""
    name = {"served": "", "litellm-openai": "hosted_vllm/my-alias"}[client]
    said = {"x-litellm-response-cost": "0.5"}
    _, completion = asked(client, Reply("3", headers=said), name=name)
    assert 0.5 == completion.cost
    if client != "served":
        _, listed = asked(client, Reply("3", headers=said))
        assert listed.cost is not None
        assert listed.cost < 0.1


@pytest.mark.parametrize("client", OPENAI)
def test_content_in_parts_is_text(client: str) -> None:
    """The thoughts among them are not of the answer."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Answer: 9"}]},
        {"type": "text", "text": "Answer: "},
        {"type": "reasoning", "text": "9"},
        {"type": "text", "text": "3"},
    ]
    choice = {"message": {"role": "assistant", "content": parts}, "finish_reason": "stop"}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
    _, completion = asked(client, Reply(body=body | {"choices": [{"index": 0, **choice}]}))
    assert ("Answer: 3", None) == (completion.text, completion.error)
