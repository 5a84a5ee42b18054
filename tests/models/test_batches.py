"""The providers' batch interfaces, against servers that speak them as they are documented."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchServer, Plan
from endpoint import Reply, Request
from test_protocols import ASKED, KEY

from pytest_rest.models import batches
from pytest_rest.models.batches import BatchEndpoint, BatchRow, BatchState

NAMES = {
    "openai": "gpt-4o-mini",
    "served": "Org/My-Model:7b",
    "anthropic": "claude-haiku-4.5",
    "gemini": "gemini-2.5-flash",
}
IDS = ("a-1", "a-2", "a-3", "a-4")


def connect(protocol: str, url: str, timeout: float = 20.0) -> BatchEndpoint:
    """The batch interface of a model at that server."""
    environ = {
        **{f"{name}_API_KEY": KEY for name in ("OPENAI", "ANTHROPIC", "GEMINI")},
        "OPENAI_BASE_URL": f"{url}/v1",
        "ANTHROPIC_API_BASE": url,
        "GEMINI_API_BASE": f"{url}/v1beta",
    }
    base = f"{url}/v1" if protocol == "served" else None
    return batches.connect(NAMES[protocol], api_base=base, environ=environ, timeout=timeout)


def answer(request: Request) -> Reply:
    """An answer that says what was asked."""
    return Reply(f"{request.texts[-1]} {len(request.images)}", input_tokens=1000, output_tokens=10)


class Driver:
    """Drives one interface through its steps."""

    def __init__(self, endpoint: BatchEndpoint, server: BatchServer, folder: Path) -> None:
        self.endpoint, self.server, self.folder = endpoint, server, folder

    async def submit(self, ids: tuple[str, ...] = IDS, label: str = "a") -> str:
        """Write, upload and create; the batch's id."""
        rows = self.folder / "rows.jsonl"
        rows.write_bytes(b"".join(self.endpoint.row(ASKED, row_id) for row_id in ids))
        source = await self.endpoint.upload(rows, label)
        return await self.endpoint.create(rows, source, label)

    async def wait(self, batch: str) -> BatchState:
        """The state of a batch once it is over."""
        while not (state := await self.endpoint.state(batch)).is_over:
            pass
        return state

    async def results(self, batch: str) -> list[BatchRow]:
        """All rows."""
        return [row async for row in self.endpoint.results(batch)]

    async def run(self) -> tuple[BatchState, list[BatchRow]]:
        """A batch from its beginning to its end."""
        batch = await self.submit()
        return await self.wait(batch), await self.results(batch)


@pytest.fixture(params=NAMES)
def protocol(request: pytest.FixtureRequest) -> str:
    """Each of the protocols."""
    return str(request.param)


Drive = Callable[..., Any]


@pytest.fixture
def drive(protocol: str, tmp_path: Path) -> Drive:
    """Run a coroutine function of a driver; its value and the server that was asked."""

    def drive(
        steps: Callable[[Driver], Any], plan: Plan | None = None, reply: Any = answer
    ) -> tuple[Any, BatchServer]:
        async def run(server: BatchServer) -> Any:
            endpoint = connect(protocol, server.url)
            await endpoint.open()
            try:
                return await steps(Driver(endpoint, server, tmp_path))
            finally:
                await endpoint.close()

        with BatchServer(reply, plan) as server:
            return asyncio.run(run(server)), server

    return drive


def test_a_batch_gives_an_answer_for_each_row(drive: Drive) -> None:
    """As a direct call would: its text, its tokens and the model that the server reports."""
    (state, rows), server = drive(Driver.run)
    assert ("ended", 4, 0, 4) == (state.status, state.done, state.failed, state.total)
    assert [*IDS] == [row.row_id for row in rows]
    assert {"What is A? 0"} == {row.completion.text for row in rows}
    assert {(1000, 10, None)} == {
        (row.completion.input_tokens, row.completion.output_tokens, row.completion.error)
        for row in rows
    }
    assert {f"{server.requests[0].model}-2026-01-01"} == {row.completion.model for row in rows}
    assert [*IDS] == [row_id for _, row_id in server.paid]
