"""Turns prompts into completions at an OpenAI-compatible server: vLLM, llama.cpp, a proxy.

A lean client of its own, because a served model is asked thousands of times and LiteLLM costs more
of this machine's time for each call than the server's answer takes to arrive.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from pytest_rest.display import address
from pytest_rest.errors import ModelError
from pytest_rest.models import failures
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.terms import Completion, Home, Prompt

_LARGEST_BODY = 8 << 20


class ServedModel:
    """A model at a server's address, asked for under the name that the user gave."""

    home: Home = "endpoint"
    batch_size = 1

    def __init__(self, name: str, api_base: str, timeout: float, key: str | None) -> None:
        self.name = name
        self.description = f"{name} at {address(api_base)}"
        takes_temperature = Catalogue({}).takes_temperature(name)  # by patterns, without prices
        self.parameters: Mapping[str, object] = {"temperature": 0} if takes_temperature else {}
        # the models that refuse a temperature also want the newer word for the limit
        self._limit = "max_tokens" if takes_temperature else "max_completion_tokens"
        self._url = f"{api_base.rstrip('/')}/chat/completions"
        self._timeout = timeout
        self._key = key
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool, on the loop that asks."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),  # how many at once is the dispatcher's matter
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers={"Authorization": f"Bearer {self._key or 'none'}"},
        )

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask all at once; a failed call is a completion whose `error` starts with a stable word.

        The words are those of `LiteLLMModel.ask`.
        """
        return await asyncio.gather(*(self._ask(prompt) for prompt in prompts))

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, prompt: Prompt) -> Completion:
        start = time.perf_counter()
        try:
            status, patience, body = await self._post(prompt)
            completion = _read(status, patience, body)
        except TimeoutError:
            completion = Completion(error=f"timeout: no answer within {self._timeout:g} s")
        except (aiohttp.ClientError, OSError) as error:
            completion = Completion(error=f"connection: {type(error).__name__}: {error}")
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            completion = Completion(error=f"malformed response: {type(error).__name__}: {error}")
        if completion.error is None:
            return replace(completion, seconds=time.perf_counter() - start)
        return Completion(error=failures.one_line(completion.error, self._key))

    async def _post(self, prompt: Prompt) -> tuple[int, str, bytes]:
        if self._session is None:
            await self.open()
        assert self._session is not None  # noqa: S101 (for the type checker)
        body = {
            "model": self.name,
            "messages": [{"role": "user", "content": _content(prompt)}],
            self._limit: prompt.max_tokens,
            **self.parameters,
        }
        headers = {"Content-Type": "application/json"}
        data = json.dumps(body).encode("ascii")
        async with self._session.post(self._url, data=data, headers=headers) as response:
            received = await response.content.read(_LARGEST_BODY + 1)
            while len(received) <= _LARGEST_BODY and not response.content.at_eof():
                received += await response.content.read(_LARGEST_BODY + 1 - len(received))
            return response.status, response.headers.get("Retry-After", ""), received


def connect(
    name: str, api_base: str, *, timeout: float = 120.0, environ: Mapping[str, str] = os.environ
) -> ServedModel:
    """The model of that name at a server, asked without a look-up; the key is OPENAI_API_KEY's.

    Raises `ModelError` for an address that is no URL. `timeout` is in seconds for one call.
    """
    if not name.strip():
        raise ModelError("the model has no name; give the name that the server knows it by")
    if not api_base.startswith(("http://", "https://")) or "@" in api_base:
        raise ModelError(
            f"API base {address(api_base)!r} is no address of a server; give http://HOST:PORT/v1, "
            "and a key, where one is needed, in OPENAI_API_KEY"
        )
    return ServedModel(name, api_base, timeout, environ.get("OPENAI_API_KEY", "").strip() or None)


def _content(prompt: Prompt) -> str | list[dict[str, Any]]:
    if len(prompt.parts) == 1 and isinstance(prompt.parts[0], str):
        return prompt.parts[0]
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": _data_url(part.png)}}
        for part in prompt.parts
    ]


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _read(status: int, patience: str, body: bytes) -> Completion:
    if len(body) > _LARGEST_BODY:
        raise ValueError(f"the body is longer than {_LARGEST_BODY:,} bytes")
    text = body.decode("utf-8", "replace")
    if status != 200:
        if _error_code(text) == "content_filter":
            return Completion(finish_reason="refusal")
        return Completion(error=failures.describe_status(status, patience, text))
    data = json.loads(text)
    choice = data["choices"][0]
    message, usage = choice["message"], data.get("usage") or {}
    refusal, content = message.get("refusal"), message.get("content")
    if content is not None and not isinstance(content, str):
        raise TypeError("the content is not text")
    reason = str(choice.get("finish_reason") or "stop")
    return Completion(
        text=content or refusal or "",
        finish_reason="refusal" if refusal or reason == "content_filter" else reason,
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        model=str(data.get("model") or ""),
    )


def _error_code(text: str) -> object:
    try:
        return json.loads(text)["error"]["code"]
    except (ValueError, LookupError, TypeError):
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
