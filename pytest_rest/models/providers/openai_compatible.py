"""Asks an OpenAI-compatible server: vLLM, llama.cpp, a proxy.

A lean client of its own, because a served model is asked thousands of times and LiteLLM takes more
of this machine's time for a call than the server's answer takes to arrive.
"""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from pytest_rest.credentials import MASK, learn_address
from pytest_rest.errors import ModelError
from pytest_rest.models import failures
from pytest_rest.models.catalogue import Catalogue, read_key
from pytest_rest.models.completions import token_count
from pytest_rest.models.contents import parsed
from pytest_rest.models.messages import messages
from pytest_rest.models.responses import ENCODINGS, Body, refuse_redirect
from pytest_rest.safe_text import address
from pytest_rest.terms import Completion, Home, Prompt


def connect(
    name: str, api_base: str, *, timeout: float = 120.0, environ: Mapping[str, str] = os.environ
) -> "ServedModel":
    """The model of that name at a server, whose key is in OPENAI_API_KEY; nothing is asked yet.

    Raises `ModelError` for an address that is not a URL. `timeout` is in seconds for one call.
    """
    if not name.strip():
        raise ModelError("the model has no name; give the name that the server knows it by")
    if not _is_address(api_base):
        raise ModelError(
            f"API base {address(api_base)!r}: write http://HOST:PORT/v1, without a user or a "
            "query; for a secret, set OPENAI_API_KEY"
        )
    if MASK in api_base:
        raise ModelError("the address has a secret, which no run keeps; give --rest-api-base again")
    learn_address(api_base)
    return ServedModel(name, api_base, timeout, read_key("OPENAI_API_KEY", environ))


class ServedModel:
    """A model at a server's address, asked for by the name that the user gave."""

    home: Home = "endpoint"
    batch_size = 1

    def __init__(self, name: str, api_base: str, timeout: float, key: str | None) -> None:
        self.name = name
        self.description = f"{name} at {address(api_base)}"
        takes_temperature = Catalogue({}).takes_temperature(name)  # by patterns, without prices
        self.parameters: Mapping[str, object] = {"temperature": 0} if takes_temperature else {}
        # models that refuse a temperature also want the newer word for the limit
        self._limit = "max_tokens" if takes_temperature else "max_completion_tokens"
        self._url = f"{api_base.rstrip('/')}/chat/completions"
        self._timeout = timeout
        self._key = key
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool, on the loop that asks."""
        self._connections()

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask all at once; a failed call is a completion whose `error` starts with a stable word.

        The words are those of `LiteLLMModel.ask`.
        """
        return await asyncio.gather(*(self._ask(prompt) for prompt in prompts))

    async def close(self) -> None:
        """Close the connection pool; calls in flight fail, and a later call makes a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _ask(self, prompt: Prompt) -> Completion:
        start = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):  # from connecting to the last byte
                completion = self._read(*await self._post(prompt))
        except Exception as error:
            completion = failures.explain(error, self._timeout)
        return replace(completion, seconds=time.perf_counter() - start)

    async def _post(self, prompt: Prompt) -> tuple[int, Mapping[str, str], bytes]:
        body = {
            "model": self.name,
            "messages": messages(prompt),
            self._limit: prompt.max_tokens,
            **self.parameters,
        }
        headers = {"Content-Type": "application/json"}
        data = json.dumps(body).encode("ascii")
        async with self._connections().post(
            self._url, data=data, headers=headers, allow_redirects=False
        ) as response:
            refuse_redirect(response.status, response.headers)
            received = Body(response.status, response.headers)
            async for chunk in response.content.iter_any():
                if not received.add(chunk):
                    break
            return response.status, response.headers, received.whole()

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # the dispatcher limits them
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                headers={
                    "Authorization": f"Bearer {self._key or 'none'}",
                    "Accept-Encoding": ENCODINGS,
                },
            )
        return self._session

    def _read(self, status: int, headers: Mapping[str, str], body: bytes) -> Completion:
        text = body.decode("utf-8", "replace")
        if status != 200:
            if failures.is_filtered(status, text):
                return Completion(finish_reason="refusal")
            error = failures.describe_status(status, headers, text)
            return Completion(error=failures.one_line(error))
        return _read_answer(parsed(text, headers))


def _read_answer(data: Any) -> Completion:
    if not data.get("choices"):
        raise failures.MalformedError("it holds no choices")
    choice = data["choices"][0]
    message, usage = choice["message"], data.get("usage")
    refusal, content = message.get("refusal"), message.get("content")
    if not isinstance(content, str | None):
        raise failures.MalformedError("its content is not text")
    refusal = refusal if isinstance(refusal, str) else ""
    counts = usage if isinstance(usage, dict) else {}
    word = "refusal" if refusal else str(choice.get("finish_reason") or "stop")
    return Completion(
        text=content or refusal,
        finish_reason=failures.finish_reason(word),
        input_tokens=token_count(counts.get("prompt_tokens")),
        output_tokens=token_count(counts.get("completion_tokens")),
        model=str(data.get("model") or ""),
    )


def _is_address(api_base: str) -> bool:
    if any(char in "@?#" or char.isspace() for char in api_base):  # reports quote it, so no secrets
        return False
    try:
        parts = urlsplit(api_base)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
