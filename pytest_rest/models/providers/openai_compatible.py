"""Asks an OpenAI-compatible server: vLLM, llama.cpp, a proxy.

A lean client of its own, because a served model is asked thousands of times and LiteLLM takes more
of this machine's time for a call than the server's answer takes to arrive.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import aiohttp

from pytest_rest.credentials import MASK, learn_address, remember
from pytest_rest.errors import ModelError
from pytest_rest.models import connections, failures, gateways
from pytest_rest.models.catalogue import read_key
from pytest_rest.models.chat_protocol import BodyWriter, read_response, takes_temperature
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.responses import ENCODINGS, Body, refuse_redirect
from pytest_rest.safe_text import address
from pytest_rest.terms import Completion, Home, Prompt


def connect(
    name: str,
    api_base: str,
    *,
    timeout: float = 120.0,
    environ: Mapping[str, str] = os.environ,
    overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
) -> "ServedModel":
    """The model of that name at a server, whose key is in OPENAI_API_KEY; nothing is asked yet.

    Raises `ModelError` for an address that is not a URL, and for a proxy or certificates of the
    environment that cannot be used. `timeout` is in seconds for one call.
    """
    if not name.strip():
        raise ModelError("the model has no name; give the name that the server knows it by")
    if MASK in api_base:
        raise ModelError("the address has a secret, which no run keeps; give --rest-api-base again")
    url = connections.chat_url(api_base)
    proxy = connections.proxy_for(url, environ)
    remember(*overrides.secrets)
    for each in (api_base, proxy or ""):
        learn_address(each)
    return ServedModel(
        name,
        api_base,
        timeout,
        read_key("OPENAI_API_KEY", environ),
        overrides,
        proxy,
        connections.certificates(url, environ),
    )


class ServedModel:
    """A model at a server's address, asked for by the name that the user gave."""

    home: Home = "endpoint"
    batch_size = 1
    is_own_server = True  # what it makes of pictures is not said by the name of its weights

    def __init__(
        self,
        name: str,
        api_base: str,
        timeout: float,
        key: str | None,
        overrides: Overrides = Overrides(),  # noqa: B008 (frozen)
        proxy: str | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.description = f"{name} at {address(api_base)}"
        usual: Mapping[str, object] = {"temperature": 0} if takes_temperature(name) else {}
        self.parameters: Mapping[str, object] = overrides.reported(usual)
        self._bodies = BodyWriter(name, self.parameters, overrides)
        self._url = connections.chat_url(api_base)
        self._timeout = timeout
        self.key = key
        self._overrides, self._proxy, self._certificates = overrides, proxy, certificates
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool, on the loop that asks."""
        self._connections()

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """Ask all at once; a failed call is a completion whose `error` starts with a stable word.

        The words are those of `LiteLLMModel.ask`.
        """
        if len(prompts) == 1:
            return [await self._ask(prompts[0])]  # without a task of its own
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
                status, headers, content = await self._post(prompt)
                if more := gateways.no_cache_body(headers):
                    status, headers, content = await self._post(prompt, more)
                completion = read_response(status, headers, content.decode("utf-8", "replace"))
        except Exception as error:
            completion = failures.explain(error, self._timeout)
        return replace(completion, seconds=time.perf_counter() - start)

    async def _post(
        self, prompt: Prompt, more: Mapping[str, object] = MappingProxyType({})
    ) -> tuple[int, Mapping[str, str], bytes]:
        data = self._bodies.write(prompt, more)
        async with self._connections().post(
            self._url, data=data, allow_redirects=False, proxy=self._proxy
        ) as response:
            refuse_redirect(response.status, response.headers)
            received = Body(response.status, response.headers)
            while chunk := await response.content.readany():
                if not received.add(chunk):
                    break
            headers = {name.lower(): value for name, value in response.headers.items()}
            return response.status, headers, received.whole()

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # the dispatcher limits them
                connector=aiohttp.TCPConnector(limit=0, ssl=self._certificates or True),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                headers=self._headers(),
            )
        return self._session

    def _headers(self) -> dict[str, str]:
        """Those of each request; with some of the user's own no key is made up."""
        own = self._overrides.headers
        key = self.key or (None if own else "none")
        headers = {
            **gateways.no_cache_headers(self._url),
            **({"Authorization": f"Bearer {key}"} if key else {}),
            "Content-Type": "application/json",
            "Accept-Encoding": ENCODINGS,
        }
        named = {name.lower() for name in own}
        usual = {name: value for name, value in headers.items() if name.lower() not in named}
        return {**usual, **own}
