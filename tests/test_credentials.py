"""Which variables and parts of addresses are secret, and text without them."""

import asyncio
import json
import os
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from endpoint import Reply
from hypothesis import example, given
from hypothesis import strategies as st
from test_protocols import ASKED, CLIENTS, KEY, KEYS, NAMES, serving

from pytest_rest import credentials, models, safe_yaml
from pytest_rest.credentials import masked
from pytest_rest.errors import ModelError, RestError, one_line
from pytest_rest.models import catalogue
from pytest_rest.models.completions import from_builtins
from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.plugin import option_values, options
from pytest_rest.safe_text import address
from pytest_rest.terms import Completion, Model

DATA = safe_yaml.load(catalogue._DATA.read_text("utf-8"))
VARIABLES = {name for names in DATA["keys"].values() for name in names}


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_known", frozenset())


def first(model: Model) -> Completion:
    """The answer to one prompt, as a run has it."""

    async def run() -> Completion:
        try:
            return await models.ask(model, ASKED)
        finally:
            await model.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    "name",
    [
        *sorted(VARIABLES),
        *("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK"),
        *("AZURE_CLIENT_SECRET", "ANTHROPIC_AUTH_TOKEN", "PROXY_PASSWORD", "my_api_key", "APIKEY"),
    ],
)
def test_a_variable_that_holds_a_secret(name: str) -> None:
    """By its name: every one that a model's key may be in, and those of clouds."""
    credentials.learn({name: "s3cret-value"})
    assert "<***>" == masked("<s3cret-value>")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PATH", "s3cret-value"), ("MAX_TOKENS", "4096-and-more"), ("TOKENIZERS", "s3cret-val")),
        *(("SORT_KEY", "input_tokens"), ("API_KEY", "none"), ("API_KEY", "EMPTY"), ("KEY", "")),
        *(("PIN_TOKEN", "12345678"), ("MONKEYS", "s3cret-value")),
    ],
)
def test_a_variable_that_holds_none(name: str, value: str) -> None:
    """Nothing is taken out of answers and reports for it."""
    credentials.learn({name: value})
    assert f"<{value}>" == masked(f"<{value}>")


PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="*")
SECRETS = st.text(PRINTABLE, min_size=18, max_size=40).filter(lambda text: len(text.strip()) > 15)


@example("two  blanks \t in it", "", "")
@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_no_form_of_a_secret_is_left(secret: str, before: str, after: str) -> None:
    """As it is, folded, in JSON, or in a URL."""
    credentials.remember(secret)
    secret = secret.strip()
    for form in (secret, " ".join(secret.split()), json.dumps(secret)[1:-1]):
        assert secret not in masked(f"{before}{form}{after}")
        assert form not in masked(f"{before}{form}{after}")
    for form in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        assert form not in masked(f"{before}{form}{after}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://host/v1", "http://host/v1"),
        ("https://gw/openai/deployments/gpt-4o-mini-2024-07-18", None),
        ("http://host/sk-a1b2c3d4e5f6g7/v1", "http://host/***/v1"),
        ("http://host/v1/0123456789abcdef0123/x", "http://host/v1/***/x"),
        ("http://user:pass-w0rd@host/v1", "http://host/v1"),
        ("http://host/v1?api-version=2024-06-01&code=sk-a1b2c3d4", "http://host/v1"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_an_address(url: str, shown: str | None) -> None:
    """What looks like a key in its path is not shown, nor is a user, or a query."""
    credentials.learn_address(url)
    assert (shown or url) == address(url)


@pytest.mark.parametrize(
    "learn",
    [lambda url: openai_compatible.connect("m", url, environ={}), option_values.url],
    ids=["connect", "option"],
)
def test_an_address_is_known_where_it_comes_in(learn: Callable[[str], object]) -> None:
    """Whether it is an option, which need not be asked, or a notebook's."""
    learn("http://127.0.0.1:9/sk-a1b2c3d4e5f6g7/v1")
    assert "<***>" == masked("<sk-a1b2c3d4e5f6g7>")


def test_the_command_that_asks_again_has_no_key() -> None:
    """But says which options it takes."""
    base = option_values.url("http://127.0.0.1:9/sk-a1b2c3d4e5f6g7/v1")
    given = {"rest_model": "m", "rest_api_base": base, "styles_named": False}
    written = ["pytest", "--rest-model=m", "--rest-api-base=http://127.0.0.1:9/***/v1"]
    assert written == [*options.words(given)]


@pytest.mark.parametrize("part", ["user-n4me", "pass-w0rd", "sk-a1b2c3d4e5f6", "t0k3n-value"])
def test_what_is_secret_in_an_address_is_masked_elsewhere(part: str) -> None:
    """A server quotes it; a version of its interface is no secret."""
    credentials.learn_address(
        "http://user-n4me:pass-w0rd@host/sk-a1b2c3d4e5f6/v1?token=t0k3n-value&v=2024-06-01"
    )
    assert "POST *** failed on 2024-06-01" == masked(f"POST {part} failed on 2024-06-01")


def test_errors_have_no_secret() -> None:
    """Neither one that a user is told, nor another package's on one line."""
    credentials.remember("two  blanks  in-it")
    assert "a *** b" == str(RestError("a two  blanks  in-it b"))
    assert "ValueError: a *** b" == one_line(ValueError("a two  blanks  in-it\n b"))
    assert "ValueError: a *** b" == one_line(ValueError("a two blanks in-it\n b"))


# What models say


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_that_quotes_the_key(client: str) -> None:
    """Or a server that reports it as the model's id."""
    with serving(client, Reply(f"it is {KEY}!"), reports=KEY) as (_, model):
        completion = first(model)
    assert ("it is ***!", "***") == (completion.text, completion.model)


def test_a_stored_answer_that_quotes_the_key() -> None:
    """Of a run before, which kept it."""
    credentials.learn(KEYS)
    completion = from_builtins({"text": KEY, "model": KEY, "error": f"no {KEY}"})
    assert Completion("***", model="***", error="no ***") == completion


@pytest.mark.parametrize("key", ["two  blanks  in-it", 'a"quote\\and/slash+key', "three   blanks1"])
@pytest.mark.parametrize("status", [200, 400])
def test_odd_keys_are_taken_out(key: str, status: int) -> None:
    """As they are, or as a JSON has them, before white space is folded."""
    with serving("served", Reply(f"<{key}>", status=status)) as (endpoint, _):
        model = openai_compatible.connect(
            "m", endpoint.openai_base, environ={"OPENAI_API_KEY": key}
        )
        completion = first(model)
    assert "<***>" in completion.text + (completion.error or "")


class Leaky:
    """A model of the user's own."""

    name = "leaky"

    async def ask(self, prompts: object) -> list[Completion]:
        """Fail with the key, at the place where errors are cut."""
        raise RuntimeError("x" * 270 + os.environ["LEAKY_API_KEY"])

    async def close(self) -> None:
        """Let go of nothing."""


def test_a_model_of_ones_own_that_fails_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Masked before it is cut."""
    monkeypatch.setenv("LEAKY_API_KEY", "s3cret-value" * 5)
    credentials.learn(os.environ)
    assert "s3cret" not in str(first(Leaky()))  # type: ignore[arg-type]


# What no header can hold


BROKEN = ["line\nbreak-key", "line\r\nbreak-key", "nul\0-inside", "“quoted”"]


READ = [
    ("served", "OPENAI_API_KEY"),
    (NAMES["litellm-openai"], "OPENAI_API_KEY"),
    (NAMES["litellm-anthropic"], "ANTHROPIC_API_KEY"),
    (NAMES["litellm-anthropic"], "ANTHROPIC_AUTH_TOKEN"),
]


@pytest.mark.parametrize("key", BROKEN)
@pytest.mark.parametrize(("name", "variable"), READ)
def test_a_key_with_a_line_break_is_told(name: str, variable: str, key: str) -> None:
    """Before anything is asked, by its variable, and without being shown."""
    with pytest.raises(ModelError, match=f"the key in {variable} has a line break") as told:
        if name == "served":
            openai_compatible.connect(name, "http://127.0.0.1:9/v1", environ={variable: key})
        else:
            litellm.connect(name, environ={variable: key})
    assert key not in str(told.value)
