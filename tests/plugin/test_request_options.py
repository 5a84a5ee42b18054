"""What is taken for a parameter, a key of the body and a header, and what is refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from pytest_rest.errors import OptionError
from pytest_rest.models.request_options import RequestOptions

UNSET: Mapping[str, Any] = {
    **{key: [] for key in ("rest_parameters", "rest_body", "rest_headers")},
    **{"rest_reasoning_budgets": "", "rest_reasoning_control": "forced"},
    **{"rest_max_cost": None, "rest_max_tokens": None, "rest_tpm": None},
}


def read(**given: Any) -> RequestOptions:
    """What the options say."""
    return RequestOptions.read({**UNSET, **given})


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        *(("temperature=0.7", "temperature", 0.7), ("seed=7", "seed", 7)),
        *(("top_p=none", "top_p", None), ("top_p=null", "top_p", None)),
        ("reasoning_effort=low", "reasoning_effort", "low"),
        ('reasoning_effort="none"', "reasoning_effort", "none"),
        ('stop=["a=b", "c"]', "stop", ["a=b", "c"]),
        ("stop=a = b", "stop", "a = b"),
        ("user=NaN", "user", "NaN"),
        ("user=1e999", "user", "1e999"),
        ("user=" + "[" * 9_000, "user", "[" * 9_000),
        ("max_tokens=none", "max_tokens", None),
        (" temperature = 0 ", "temperature", 0),
    ],
)
def test_a_parameter_is_json_or_a_text(text: str, name: str, value: object) -> None:
    """Or left out."""
    assert {name: value} == read(rest_parameters=[text]).parameters


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("top_k=5", "top_k", 5),
        ("a=null", "a", None),
        ('chat_template_kwargs={"x": true}', "chat_template_kwargs", {"x": True}),
        ('a="b=c"', "a", "b=c"),
    ],
)
def test_a_key_of_the_body_is_json(text: str, name: str, value: object) -> None:
    """Null is sent."""
    assert {name: value} == read(rest_body=[text]).body


REFUSED = [
    *(("rest_parameters", each, "NAME=VALUE") for each in ("temperature", "=1", "a=", " = ", "")),
    ("rest_parameters", "temprature=1", "did you mean 'temperature'"),
    ("rest_parameters", "top_n=1", "--rest-body top_n=JSON"),
    *(("rest_parameters", f"{n}=1", "cannot be changed") for n in ("model", "messages", "stream")),
    *(("rest_parameters", f"max_tokens={n}", "whole number") for n in ("0", "-1", "1.5", "x")),
    ("rest_parameters", "max_tokens=true", "whole number"),
    ("rest_body", "a", "NAME=VALUE"),
    *(("rest_body", f"a={each}", "is not JSON") for each in ("b", "{", "NaN", "1e999", "[" * 9000)),
    *(("rest_body", f"{n}=1", "cannot be changed") for n in ("model", "messages", "stream", "n")),
    ("rest_body", "max_tokens=1", "--rest-parameter max_tokens=N"),
    *(("rest_headers", each, "NAME=ENVVAR") for each in ("X-A", "=A", "X-A=", "")),
    *(("rest_headers", f"{n}=A", "letters, digits") for n in ("X A", "X:A", "X\nA", "\u00e9")),
    *(("rest_headers", f"{n}=A", "leave it out") for n in ("Host", "content-length", "TE")),
]


@pytest.mark.parametrize(("key", "text", "why"), REFUSED)
def test_what_is_malformed_is_refused(key: str, text: str, why: str) -> None:
    """In one bounded line, with the mend."""
    with pytest.raises(OptionError) as caught:
        read(**{key: [text]})
    assert why in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("secret", ["sk-ant-1234", "two words", "1abc", "a.b"])
def test_a_secret_in_a_variables_place_is_not_quoted(secret: str) -> None:
    """Whoever writes the value itself is told how, and does not find it in a log."""
    with pytest.raises(OptionError, match="name of an environment variable") as caught:
        read(rest_headers=[f"X-Key={secret}"])
    assert secret not in str(caught.value)


def test_a_secret_that_looks_like_a_variable_is_not_quoted_either() -> None:
    """No such variable is set."""
    options = read(rest_headers=["X-Key=abcdef0123456789"])
    with pytest.raises(OptionError, match="X-Key: its variable is not set") as caught:
        options.overrides({})
    assert "abcdef" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("rest_parameters", ["seed=1", "seed=2"]),
        ("rest_body", ["a=1", "a=2"]),
        ("rest_headers", ["X-A=B", "x-a=C"]),
    ],
)
def test_what_is_named_twice_is_refused(key: str, texts: list[str]) -> None:
    """Only one could go out."""
    with pytest.raises(OptionError, match="twice"):
        read(**{key: texts})


@pytest.mark.parametrize("limit", ["rest_max_cost", "rest_max_tokens", "rest_tpm"])
def test_a_limit_of_the_run_needs_a_limit_of_each_answer(limit: str) -> None:
    """Without one nobody knows what the next call may cost."""
    with pytest.raises(OptionError, match="cannot be held"):
        read(rest_parameters=["max_tokens=none"], **{limit: 5})
    assert 9 == read(rest_parameters=["max_completion_tokens=9"], **{limit: 5}).limit
    assert read(rest_parameters=["seed=1"], **{limit: 5}).limit is None


def test_how_much_to_think_is_said_once() -> None:
    """Native budgets are a parameter themselves; forced ones are not."""
    given: dict[str, Any] = {"rest_parameters": ["reasoning_effort=low"]}
    given["rest_reasoning_budgets"] = "low,high"
    with pytest.raises(OptionError, match="leave one of them out"):
        read(**given, rest_reasoning_control="native")
    assert read(**given).parameters
