"""The providers' batch interfaces, against servers that speak them as they are documented."""

import asyncio
import contextlib
import itertools
import json
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchServer, Plan
from endpoint import Fault, Reply, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_protocols import ASKED, KEY

from pytest_rest.models import batches
from pytest_rest.models.batches import (
    BatchEndpoint,
    BatchError,
    BatchRow,
    BatchState,
    Candidate,
    anthropic,
    client,
    gemini,
    openai,
)
from pytest_rest.models.completions import checked

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


def test_each_row_is_told_for_what_it_is(drive: Drive) -> None:
    """Reordered, missing, doubled, failed, expired and malformed rows."""
    faults = {"a-2": "missing", "a-3": "doubled", "a-4": "failed", "a-5": "expired"}
    faults["a-6"] = "malformed"
    plan = Plan(reordered=True, row=lambda row_id, place: faults.get(row_id, ""))  # type: ignore[arg-type, return-value]

    async def steps(driver: Driver) -> Any:
        batch = await driver.submit(("a-1", *faults))
        return await driver.wait(batch), await driver.results(batch)

    (state, rows), server = drive(steps, plan)
    assert ("expired", 6) == (state.status, state.total)
    errors = {row.row_id: (row.completion.error or "").partition(":")[0] for row in rows}
    expired = "server error" if server.batches.keys() & {"0001"} else "timeout"
    assert {
        "": "malformed response",
        "a-1": "",
        "a-3": "",
        "a-4": "server error",
        "a-5": expired,
    } == errors
    assert 6 == len(rows)
    assert {"a-1", "a-3", "a-4", "a-6"} == {row_id for _, row_id in server.paid}


def test_an_ended_batch_of_errors_has_ended(drive: Drive) -> None:
    """All of its rows are there, with the reason that each has."""
    (state, rows), _ = drive(Driver.run, reply=lambda request: Reply("no such thing", status=400))
    assert ("ended", 0, 4) == (state.status, state.done, state.failed)
    assert {True} == {(row.completion.error or "").startswith("bad request: ") for row in rows}
    assert {True} == {"no such thing" in (row.completion.error or "") for row in rows}
    assert [*IDS] == [row.row_id for row in rows]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
def test_a_refusal_is_an_answer(drive: Drive) -> None:
    """And not a failed row."""
    (_, rows), _ = drive(Driver.run, reply=lambda request: Reply(refusal="I will not."))
    assert {("I will not.", "refusal", None)} == {
        (row.completion.text, row.completion.finish_reason, row.completion.error) for row in rows
    }


def test_no_row_has_the_key(drive: Drive) -> None:
    """Whatever a server repeats."""
    (_, rows), _ = drive(Driver.run, reply=lambda request: Reply(f"The key is {KEY}", model=KEY))
    assert 4 == len(rows)
    assert KEY not in repr(rows)


def test_a_batch_that_fails_its_validation_says_why(drive: Drive, protocol: str) -> None:
    """Nothing of it was asked."""

    async def steps(driver: Driver) -> str:
        try:
            batch = await driver.submit()
        except BatchError as error:  # Anthropic looks at once
            return error.message
        state = await driver.wait(batch)
        assert "failed" == state.status
        assert [] == await driver.results(batch)
        return state.detail

    said, server = drive(steps, Plan(fails="line 3 is wrong"))
    assert "line 3 is wrong" in said
    assert [] == server.paid


def test_a_file_that_is_too_large_is_refused(drive: Drive) -> None:
    """By the limit of whoever stands between, which may be lower than the provider's."""

    async def steps(driver: Driver) -> str:
        with pytest.raises(BatchError) as caught:
            await driver.submit()
        return caught.value.message

    said, server = drive(steps, Plan(file_bytes=100))
    assert "bad request: HTTP 4" in said
    assert "too large" in said or "exceeds" in said
    assert [] == server.paid


INTERFACE: Mapping[str, tuple[Reply, str, float | None]] = {
    "busy": (Reply("slow down", status=429, retry_after=7), "rate limit", 7.0),
    "down": (Reply("oops", status=503), "server error", None),
    "key": (Reply("who are you", status=401), "authentication", None),
    "gone": (Reply("no such thing", status=404), "bad request", None),
    "page": (Reply("Sign in", fault="page"), "malformed response", None),
    "not JSON": (Reply(raw=b"[" * 5000), "malformed response", None),
    "a list": (Reply(raw=b"[1]"), "malformed response", None),
    "elsewhere": (
        Reply(status=307, headers={"location": "http://other.example/v1"}),
        "bad request",
        None,
    ),
    "reset": (Reply(fault="reset"), "connection", None),
    "hang": (Reply(fault="hang"), "timeout", None),
}


@pytest.mark.parametrize(
    ("fault", "protocol"),
    [
        *((fault, "openai") for fault in INTERFACE),
        *((fault, "anthropic") for fault in ("busy", "page", "elsewhere")),
        *((fault, "gemini") for fault in ("busy", "page", "elsewhere")),
    ],
)
def test_what_goes_wrong_with_the_interface_is_told_by_its_kind(
    fault: str, protocol: str, tmp_path: Path
) -> None:
    """The kinds are the first words of a failed call; a fault comes again until it is over."""
    reply, kind, wait = INTERFACE[fault]

    async def run(server: BatchServer) -> None:
        endpoint = connect(protocol, server.url, timeout=0.2 if fault == "hang" else 20.0)
        driver = Driver(endpoint, server, tmp_path)
        batch = "batches/1" if protocol == "gemini" else "batch_0001"
        try:
            for step in (
                lambda: endpoint.state(batch),
                lambda: endpoint.find("a", 4, time.time()),
                lambda: endpoint.cancel(batch),
                driver.submit,
                lambda: driver.results(batch),
            ):
                with pytest.raises(BatchError) as caught:
                    await step()
                assert (kind, wait) == (caught.value.kind, caught.value.wait)
                assert 1 == len(caught.value.message.splitlines())
                assert KEY not in caught.value.message
                assert fault != "elsewhere" or "redirects to other.example" in caught.value.message
        finally:
            await endpoint.close()

    with BatchServer(answer, Plan(interface=lambda method, path, before: reply)) as server:
        asyncio.run(run(server))
    assert fault == "reset" or [] == server.paid


def test_results_that_break_off_give_no_row(drive: Drive) -> None:
    """Nothing is taken of a file before all of it is there, so it can be read again."""

    def interface(method: str, path: str, before: int) -> Reply | None:
        is_file = path.endswith(("/content", "/results", ":download"))
        return (
            Reply(raw=b'{"custom_id": "a-1"}\n' * 9, fault="cut")
            if is_file and not before
            else None
        )

    async def steps(driver: Driver) -> Any:
        batch = await driver.submit()
        await driver.wait(batch)
        seen: list[BatchRow] = []
        with pytest.raises(BatchError, match=r"^connection: "):
            async for row in driver.endpoint.results(batch):
                seen.append(row)
        return seen, await driver.results(batch)

    (seen, rows), _ = drive(steps, Plan(interface=interface))
    assert ([], 4) == (seen, len(rows))


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_results_that_do_not_end_are_given_up(fault: Fault) -> None:
    """However slowly they come: nobody waits for a server that gives nothing."""

    async def run(server: BatchServer) -> None:
        endpoint = connect("anthropic", server.url, timeout=0.2)
        try:
            with pytest.raises(BatchError, match=r"^timeout: no answer within 0.2 s"):
                async with asyncio.timeout(5):
                    assert not [row async for row in endpoint.results("x")]
        finally:
            await endpoint.close()

    plan = Plan(interface=lambda method, path, before: Reply(fault=fault))
    with BatchServer(answer, plan) as server:
        asyncio.run(run(server))


def test_a_batch_whose_id_did_not_come_is_found(drive: Drive, protocol: str) -> None:
    """By its label, or once it is over by its rows; one of another label never is."""

    def interface(method: str, path: str, before: int) -> Reply | None:
        creates = method == "POST" and path.endswith(("/batches", ":batchGenerateContent"))
        return Reply(fault="reset") if creates and before == 1 else None

    async def steps(driver: Driver) -> Any:
        since = time.time()
        other = await driver.submit(tuple(f"b-{place}" for place in range(4)), "b")
        with pytest.raises(BatchError, match=r"^connection: "):
            await driver.submit()
        early = await driver.endpoint.find("a", 4, since)
        ids = [batch for batch, _ in early]
        for batch in ids:
            await driver.wait(batch)
        late = await driver.endpoint.find("a", 4, since)
        return other, early, late, await driver.endpoint.find("c", 4, since)

    (other, early, late, none), server = drive(steps, Plan(interface=interface))
    made = [batch.id for batch in server.batches.values()]
    assert 2 == len(made)
    mine = next(batch for batch, _ in late)
    assert [Candidate(mine, is_certain=True)] == late
    assert mine != other
    assert mine.rpartition("/")[2] == made[1]
    if protocol == "anthropic":
        assert {Candidate(batch, is_certain=False) for batch in made} == {*early}
    else:
        assert late == early
    assert [] == [*none]


def test_a_batch_is_found_behind_many_others(drive: Drive) -> None:
    """Lists come by pages."""

    async def steps(driver: Driver) -> Any:
        first = await driver.submit()
        await driver.wait(first)
        for number in range(120):
            driver.server.start_another(first, f"other-{number}")
        return first, await driver.endpoint.find("a", 4, time.time() - 60)

    (first, found), _ = drive(steps)
    assert [first] == [batch for batch, _ in found]


def test_a_batch_that_is_cancelled_gives_what_was_asked(drive: Drive) -> None:
    """The rest of its rows are not asked again by themselves: somebody ended them."""

    async def steps(driver: Driver) -> Any:
        batch = await driver.submit()
        await driver.endpoint.cancel(batch)
        return await driver.wait(batch), await driver.results(batch)

    (state, rows), _ = drive(steps, Plan(polls=9))
    assert ("cancelled", 2, 2) == (state.status, state.done, state.failed)
    said = "error: the batch was cancelled before this row was asked"
    assert [None, None, said, said] == [row.completion.error for row in rows]


def test_progress_is_told(drive: Drive, protocol: str) -> None:
    """Until it is over; and until when the provider works on it, where it says so."""

    async def steps(driver: Driver) -> Any:
        batch = await driver.submit()
        return [await driver.endpoint.state(batch) for _ in range(3)]

    states, _ = drive(steps, Plan(polls=2))
    assert [False, False, True] == [state.is_over for state in states]
    assert {4} == {state.total for state in states}
    assert (protocol == "gemini") == (states[0].ends is None)


LARGE = 64 << 20


@pytest.mark.slow
def test_a_large_file_goes_out_in_little_memory(drive: Drive) -> None:
    """A piece at a time, in each protocol; here to a server that then refuses it."""

    async def steps(driver: Driver) -> int:
        rows = driver.folder / "rows.jsonl"
        with rows.open("wb") as file:
            file.truncate(LARGE)
        tracemalloc.start()
        try:
            with contextlib.suppress(BatchError):
                source = await driver.endpoint.upload(rows, "a")
                if not source:
                    await driver.endpoint.create(rows, source, "a")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak, server = drive(steps, Plan(file_bytes=LARGE))
    assert peak < 16 << 20
    assert server.received >= LARGE


@pytest.mark.parametrize(
    ("protocol", "reply", "status"),
    [
        ("gemini", {"metadata": {"state": "JOB_STATE_SUCCEEDED"}}, "ended"),
        ("gemini", {"metadata": {"state": "BATCH_STATE_PENDING"}, "done": False}, "waiting"),
        ("gemini", {"metadata": {"state": "BATCH_STATE_NEW"}, "done": True}, "ended"),
        ("gemini", {"metadata": {"state": "BATCH_STATE_NEW"}}, "running"),
        ("openai", {"status": "finalizing"}, "running"),
        ("openai", {"status": "cancelling"}, "running"),
        ("anthropic", {"processing_status": "canceling"}, "running"),
    ],
)
def test_a_status_by_another_name_is_read(
    protocol: str, reply: Mapping[str, Any], status: str
) -> None:
    """What is not known to be over is looked at again."""

    async def run(server: BatchServer) -> str:
        endpoint = connect(protocol, server.url)
        try:
            return (await endpoint.state("batches/x" if protocol == "gemini" else "x")).status
        finally:
            await endpoint.close()

    plan = Plan(interface=lambda method, path, before: Reply(body=reply))
    with BatchServer(answer, plan) as server:
        assert status == asyncio.run(run(server))


# What comes back may be anything

WORDS = st.sampled_from(
    """
    id custom_id key response body status_code error code message choices content finish_reason stop
    refusal usage prompt_tokens type text result succeeded errored stop_reason end_turn candidates
    parts finishReason usageMetadata promptTokenCount promptFeedback blockReason status errors data
    request_counts total metadata state BATCH_STATE_SUCCEEDED operations nextPageToken created_at
    expires_at output_file_id responsesFile output name files/x batches/x last_id has_more completed
    ended processing_status batchStats requestCount file
    """.split()  # noqa: SIM905 (a table)
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
ODD = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)
READERS = {
    "openai": ("custom_id", openai.read_chat_row),
    "anthropic": ("custom_id", anthropic.read_row_of_results),
    "gemini": ("key", gemini.read_row_of_results),
}


@pytest.mark.parametrize("protocol", READERS)
@given(line=st.binary(max_size=60) | ODD.map(lambda odd: json.dumps(odd).encode()))
@settings(max_examples=60)
def test_any_line_of_results_is_a_row(protocol: str, line: bytes) -> None:
    """With an answer whose fields are of their types, or an error."""
    key, read = READERS[protocol]
    row = client.read_row(line, key, read)
    assert isinstance(row.row_id, str)
    assert row.completion == checked(row.completion)


@pytest.mark.parametrize("protocol", READERS)
@given(replies=st.lists(ODD.map(lambda odd: json.dumps(odd).encode()) | st.binary(), min_size=6))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_reply_is_read_or_is_an_error_of_the_interface(
    protocol: str, replies: list[bytes], tmp_path: Path
) -> None:
    """Each step, whatever the server says, returns or raises `BatchError` and nothing else."""

    async def run(server: BatchServer) -> None:
        endpoint = connect(protocol, server.url)
        driver = Driver(endpoint, server, tmp_path)
        batch = "batches/x" if protocol == "gemini" else "x"
        try:
            for step in (
                driver.submit,
                lambda: endpoint.state(batch),
                lambda: driver.results(batch),
                lambda: endpoint.find("a", 4, 0.0),
                lambda: endpoint.cancel(batch),
            ):
                with contextlib.suppress(BatchError):
                    await step()
        finally:
            await endpoint.close()

    turns = itertools.cycle(replies)
    plan = Plan(interface=lambda method, path, before: Reply(raw=next(turns)))
    with BatchServer(answer, plan) as server:
        asyncio.run(run(server))
