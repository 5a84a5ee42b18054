"""Writes the body of a chat in OpenAI's protocol, and reads the answer."""

import functools
import json
import secrets
from collections.abc import Mapping
from typing import Any

from pytest_rest.models import failures, gateways, usage
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.models.completions import written
from pytest_rest.models.contents import parsed
from pytest_rest.models.messages import data_url, messages
from pytest_rest.models.overrides import Overrides, sent
from pytest_rest.terms import Completion, File, Image, Prompt

_PLACE = secrets.token_hex(16)  # of what is put into a body later: it is in no text


@functools.cache
def takes_temperature(model: str) -> bool:
    """Whether a model takes a temperature, by patterns for its name and without a price table."""
    return Catalogue({}).takes_temperature(model)


def request_body(
    model: str,
    prompt: Prompt,
    parameters: Mapping[str, object],
    overrides: Overrides,
    more: Mapping[str, object],
) -> dict[str, object]:
    """What is sent; `more` are keys beside those of the user."""
    # models that refuse a temperature also want the newer word for the limit
    limit = "max_tokens" if takes_temperature(model) else "max_completion_tokens"
    return {
        "model": model,
        "messages": messages(prompt),
        **overrides.limit(limit, prompt),
        **sent(parameters),
        **more,
        **overrides.body,
    }


class BodyWriter:
    """Writes a model's requests as JSON, and what those with one limit have in common once.

    Pictures are put in afterwards: JSON looks through each for what is to be escaped, which takes
    five times as long as base64 does, and holds up all who wait for the interpreter.
    """

    def __init__(self, model: str, parameters: Mapping[str, object], overrides: Overrides) -> None:
        self._model, self._parameters, self._overrides = model, parameters, overrides
        self._around: dict[tuple[object, ...], list[str]] = {}

    def write(self, prompt: Prompt, more: Mapping[str, object]) -> bytes:
        """What `request_body` has, as JSON."""
        shown: list[str] = []

        def place(part: Image | File) -> str:
            shown.append(data_url(part))
            return _PLACE

        before, after = self._frame(prompt, more)
        first, *others = json.dumps(messages(prompt, place)).split(_PLACE)
        placed = [each for pair in zip(shown, others, strict=True) for each in pair]
        return "".join([before, first, *placed, after]).encode("ascii")

    def _frame(self, prompt: Prompt, more: Mapping[str, object]) -> list[str]:
        """What stands before and after the messages."""
        kind = (prompt.max_tokens, prompt.budget, repr(more))
        if kind not in self._around:
            body = request_body(self._model, prompt, self._parameters, self._overrides, more)
            self._around[kind] = json.dumps({**body, "messages": _PLACE}).split(f'"{_PLACE}"')
        return self._around[kind]


def read_response(status: int, headers: Mapping[str, str], text: str) -> Completion:
    """The answer in a response, a refusal, or the error that its status means.

    The names of `headers` are in lower case. Raises for what is not an answer; `failures.explain`
    has the words.
    """
    if status != 200:
        if failures.is_filtered(status, text):
            return Completion(finish_reason="refusal")
        error = failures.describe_status(status, headers, text)
        return Completion(error=failures.one_line(error))
    return _read_answer(parsed(text, headers), headers)


def _read_answer(data: Any, headers: Mapping[str, str]) -> Completion:
    if not data.get("choices"):
        raise failures.MalformedError("it holds no choices")
    choice = data["choices"][0]
    message = choice["message"]
    refusal = message.get("refusal")
    text, refused = written(message.get("content"))
    refusal = refusal if isinstance(refusal, str) and refusal else refused
    word = "refusal" if refusal else str(choice.get("finish_reason") or "stop")
    return Completion(
        text=text or refusal,
        finish_reason=failures.finish_reason(word),
        model=str(data.get("model") or ""),
        cost=gateways.cost(headers),
        from_cache=gateways.is_from_cache(headers),
        **usage.read(data.get("usage")),
    )
