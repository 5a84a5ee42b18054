"""Speaks HTTP for the batch protocols: bounded replies, files streamed, every failure an error."""

import asyncio
import json
import os
import re
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import aiohttp

from pytest_rest.credentials import MASK, learn_address
from pytest_rest.errors import ModelError
from pytest_rest.models import connections, failures
from pytest_rest.models.batches.endpoint import BatchError, BatchRow
from pytest_rest.models.completions import checked
from pytest_rest.models.failures import MalformedError
from pytest_rest.models.overrides import Overrides
from pytest_rest.models.responses import ENCODINGS, Body, refuse_redirect
from pytest_rest.models.waiting import seconds_to_wait
from pytest_rest.terms import Completion, Price

EXPIRED = Completion(error="timeout: the batch expired before this row was asked")
CANCELLED = Completion(error="error: the batch was cancelled before this row was asked")
PAGES = 100  # of a hundred batches, among which one is looked for
SKEW = 600.0  # seconds by which the provider's clock may be behind

_CHUNK = 256 << 10
_LONGEST_LINE = 16 << 20  # as the body of a direct answer
_LARGEST_RESULTS = 8 << 30
_SLOWEST = 100_000  # bytes a second of a file that is sent or received
_ID = re.compile(r"[A-Za-z0-9_.:=+-]{1,300}")


class Client:
    """Asks one provider at one address, with its headers; `timeout` is in seconds for one reply."""

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        timeout: float,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        if MASK in base:
            raise ModelError("the address has a secret, which no run keeps; give it again")
        self._before, _, self._after = connections.chat_url(base).rpartition("/chat/completions")
        self._proxy = connections.proxy_for(base, environ)
        self._certificates: ssl.SSLContext | None = connections.certificates(base, environ)
        for each in (base, self._proxy or ""):
            learn_address(each)
        self._headers, self._timeout = dict(headers), timeout
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool, on the loop that asks."""
        self._connections()

    async def close(self) -> None:
        """Close the connection pool; a later request makes a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def ask(self, method: str, path: str, body: object = None, **how: Any) -> dict[str, Any]:
        """The JSON object of a reply; `how` is aiohttp's, or `size`, the bytes that are sent."""
        _, reply = await self.ask_with_headers(method, path, body, **how)
        return reply

    async def ask_with_headers(
        self, method: str, path: str, body: object = None, **how: Any
    ) -> tuple[Mapping[str, str], dict[str, Any]]:
        """The headers of a reply, their names in lower case, and its JSON object."""
        if body is not None:
            how["data"] = json.dumps(body).encode("ascii")
            how["headers"] = {"Content-Type": "application/json", **how.get("headers", {})}
        how["headers"] = {"Accept-Encoding": ENCODINGS, **how.get("headers", {})}
        seconds = self._timeout + how.pop("size", 0) / _SLOWEST
        async with self._response(method, path, seconds, **how) as response:
            received = await _body(response)
        try:
            reply = json.loads(received or b"{}")
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            text = received[:200].decode("utf-8", "replace")
            raise BatchError(failures.one_line(f"malformed response: not a JSON object: {text!r}"))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return headers, reply

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """The lines of a file, of which the first is given when all have been received."""
        with tempfile.TemporaryFile() as file:
            await self._download(path, file)
            file.seek(0)
            first = next(read_lines(file), b"{")
            if not first.lstrip().startswith(b"{"):  # a page, and no row would be an answer
                excerpt = first[:100].decode("utf-8", "replace")
                message = f"malformed response: the results are not rows of JSON: {excerpt!r}"
                raise BatchError(failures.one_line(message))
            file.seek(0)
            for line in read_lines(file):
                yield line

    async def _download(self, path: str, file: IO[bytes]) -> None:
        size, start = 0, time.monotonic()
        timeout = aiohttp.ClientTimeout(None, sock_connect=self._timeout, sock_read=self._timeout)
        how = {"headers": {"Accept-Encoding": "identity"}, "timeout": timeout}
        async with self._response("GET", path, None, **how) as response:
            if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                raise MalformedError("the results are packed, which was not asked for")
            async for chunk in response.content.iter_chunked(_CHUNK):
                size += len(chunk)
                if size > _LARGEST_RESULTS:
                    raise MalformedError(f"the results are larger than {_LARGEST_RESULTS >> 30} GB")
                if time.monotonic() - start > self._timeout + size / _SLOWEST:
                    raise TimeoutError
                file.write(chunk)

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._certificates or True),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                headers=self._headers,
            )
        return self._session

    @asynccontextmanager
    async def _response(
        self, method: str, path: str, seconds: float | None, **how: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response with a status of success, for as long as the block lasts."""
        url = self._before + path + self._after.replace("?", "&" if "?" in path else "?")
        how = {"allow_redirects": False, "proxy": self._proxy, **how}
        try:
            async with (
                asyncio.timeout(seconds),
                self._connections().request(method, url, **how) as response,
            ):
                refuse_redirect(response.status, response.headers)
                if response.status >= 300 or response.status < 200:
                    raise await _status_error(response)
                yield response
        except BatchError:
            raise
        except Exception as error:
            raise as_batch_error(error, self._timeout) from error


@dataclass(frozen=True, eq=False)
class RemoteModel:
    """A model of a provider: `model` is its name there, `price` that of a token in a batch."""

    name: str
    model: str
    description: str
    parameters: Mapping[str, object]
    client: Client
    overrides: Overrides = Overrides()  # noqa: RUF009 (frozen)
    price: Price | None = None

    price_share: ClassVar[float] = 0.5

    async def open(self) -> None:
        """Make the connection pool."""
        await self.client.open()

    async def close(self) -> None:
        """Close it."""
        await self.client.close()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = Body(response.status, response.headers)
    async for chunk in response.content.iter_any():
        if not body.add(chunk):
            break
    return body.whole()


async def _status_error(response: aiohttp.ClientResponse) -> BatchError:
    text = (await _body(response)).decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in response.headers.items()}
    message = failures.describe_status(response.status, headers, text)
    return BatchError(failures.one_line(message), seconds_to_wait(headers, text))


def as_batch_error(error: Exception, timeout: float) -> BatchError:
    """The error of the interface that an exception stands for."""
    if isinstance(error, BatchError):
        return error
    return BatchError(failures.explain(error, timeout).error or "bad request: it was filtered")


def checked_id(value: object, prefix: str = "") -> str:
    """An id that may stand in a path; `BatchError` for anything else."""
    if isinstance(value, str) and value.startswith(prefix):
        name = value.removeprefix(prefix)
        if _ID.fullmatch(name) and name.strip("."):
            return value
    raise BatchError(failures.one_line(f"malformed response: an id that is {str(value)[:100]!r}"))


def read_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines that are not blank; of one that is longer than 16 MB only the beginning."""
    while line := file.readline(_LONGEST_LINE):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE)
        if line.strip():
            yield line


def read_row(line: bytes, key: str, read: Callable[[Mapping[str, Any]], Completion]) -> BatchRow:
    """The row of one line, by the name of its id's key; whatever is wrong with it is its error."""
    row_id = ""
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise MalformedError("a line of the results is not a JSON object")
        row_id = row[key] if isinstance(row.get(key), str) else ""
        return BatchRow(row_id, checked(read(row)))
    except Exception as error:
        return BatchRow(row_id, failures.explain(error, 0.0))


def file_size(rows: Path) -> int:
    """A file's size in bytes."""
    return rows.stat().st_size


def read_chunks(rows: Path) -> Iterator[bytes]:
    """A file's bytes, a piece at a time."""
    with rows.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def count(value: object) -> int:
    """A number of rows or of seconds, as a number or in digits; 0 for anything else."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value < 10**10 else 0


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The JSON objects in a list; none for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Any]:
    """The JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def said(value: object) -> str:
    """What a provider says, on one line without secrets."""
    return failures.one_line(value) if isinstance(value, str) else ""
