"""The rounds of batches, ended between any two steps, and gone on with by another process."""

import asyncio
import itertools
import os
import shutil
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchServer, Plan
from endpoint import Endpoint, Reply, Request

from pytest_rest import prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch.batches.courier import Courier, Couriers
from pytest_rest.dispatch.batches.ledger import Ledger
from pytest_rest.dispatch.batches.rounds import Rounds, Work
from pytest_rest.dispatch.prefetch import Case, key
from pytest_rest.dispatch.store import FileStore
from pytest_rest.errors import StoreError
from pytest_rest.evaluate import comparisons, follow_ups, forms
from pytest_rest.models.batches import BatchEndpoint, connect
from pytest_rest.terms import Completion, Prompt, Scheme, Style

N = 2
PROTOCOL = prompts.load_protocol()
SCHEME = Scheme(("text", "image", "ocr-then-solve"))
PROMPTS = 4 * N  # of each item: two forms, a transcription, and what follows from that
KEYS = {"ANTHROPIC_API_KEY": "a", "GEMINI_API_KEY": "b", "OPENAI_API_KEY": "c"}
NAMES = {"openai": "gpt-4o-mini", "anthropic": "claude-haiku-4.5", "gemini": "gemini-2.5-flash"}


class KilledError(BaseException):
    """The process is gone: nothing after this is run."""


def reply(request: Request) -> Reply:
    """A transcription of its own for each picture, and one answer to all."""
    is_read = "ranscribe" in request.texts[-1]
    return Reply(f"x = {zlib.crc32(request.images[0])}" if is_read else "Answer: 4")


def endpoint(server: Endpoint, protocol: str = "openai") -> BatchEndpoint:
    """The batch interface of a model there."""
    environ = {
        **KEYS,
        "OPENAI_BASE_URL": server.openai_base,
        "ANTHROPIC_API_BASE": server.url,
        "GEMINI_API_BASE": server.gemini_base,
    }
    return connect(NAMES[protocol], environ=environ)


def work() -> Work:
    """What two items ask, in two passes."""
    cases = [(item, Style()) for item in soebench.generate(N, 0)]

    def build(case: Case) -> list[Prompt]:
        return forms(case[0], case[1], PROTOCOL, SCHEME)

    def follow(prompt: Prompt, answer: Completion) -> list[Prompt]:
        return follow_ups(prompt, answer, PROTOCOL, SCHEME)

    return Work(cases, key, build, follow, comparisons)


def go_on(folder: Path, asked: BatchEndpoint, watch: Callable[[str], None] = lambda _: None) -> str:
    """One session in a run's folder; `watch` is called before and after each step on disk."""
    folder.mkdir(exist_ok=True, parents=True)
    about = {"model": "m"}
    is_old = (folder / "completions.sqlite").exists()
    store = FileStore.resume(folder, about) if is_old else FileStore.create(folder, about)
    ledger = Ledger(folder)
    if not is_old:
        ledger.note("most_rows", 4)  # so that a round has several batches
    for name in ("write", "prepare", "settle", "note"):
        setattr(ledger, name, watched(getattr(ledger, name), watch))
    courier = Courier(asked, ledger, store, folder / "batches", retries=2)
    keep = watched(courier._keep, watch)
    courier._keep = keep  # type: ignore[method-assign]
    couriers = Couriers(courier, None, lambda _: [])
    rounds = Rounds(
        work(), couriers, ledger, store, folder / "batches", run_id="12345678abc", poll=0.01
    )
    try:
        return asyncio.run(rounds.run("wait"))
    finally:
        ledger.close()
        store.close()


def watched(step: Callable[..., Any], watch: Callable[[str], None]) -> Callable[..., Any]:
    """The step, with a look before and after it."""

    def call(*args: Any, **keywords: Any) -> Any:
        watch(f"before {step.__name__}")
        result = step(*args, **keywords)
        watch(f"after {step.__name__}")
        return result

    return call


def kill_at(moment: int) -> Callable[[str], None]:
    """Raises at that moment, counted from 0; and at each one after it, as for a dead process."""
    moments = itertools.count()

    def look(_: str) -> None:
        if next(moments) >= moment:
            raise KilledError

    return look


def bought(server: BatchServer) -> Counter[str]:
    """How often each prompt was answered, and paid."""
    return Counter(row_id.rpartition("_")[2] for _, row_id in server.paid)


def stored(folder: Path) -> int:
    """How many answers a run has."""
    store = FileStore.replay(folder, {})
    try:
        return len(dict(store.all()))
    finally:
        store.close()


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("anthropic", "gemini")]


@pytest.mark.parametrize("protocol", ["openai", *SLOW])
@pytest.mark.costly
def test_no_row_is_paid_twice_whenever_a_process_ends(tmp_path: Path, protocol: str) -> None:
    """Killed before or after each step on disk, and gone on with in another folder."""
    moments: list[str] = []
    with BatchServer(reply, Plan(polls=0)) as server:
        assert "done" == go_on(tmp_path / "whole", endpoint(server, protocol), moments.append)
    assert 20 < len(moments)
    for moment in range(0, len(moments), 1 if os.environ.get("ALL_TESTS") else 20):
        folder, moved = tmp_path / f"{moment}", tmp_path / f"{moment}-moved"
        with BatchServer(reply, Plan(polls=0)) as server:
            with pytest.raises(KilledError):
                go_on(folder, endpoint(server, protocol), kill_at(moment))
            folder.rename(moved)
            assert "done" == go_on(moved, endpoint(server, protocol))
            assert {1} == {*bought(server).values()}, moments[moment]
            assert PROMPTS == len(server.paid) == stored(moved), moments[moment]
            assert 3 <= len(server.batches)
        shutil.rmtree(moved)


def test_rows_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """As on a full disk, before anything is sent; room is made, and the run goes on."""
    rows = tmp_path / "batches" / "rest-12345678-0001.jsonl"
    with BatchServer(reply, Plan(polls=0)) as server:
        rows.mkdir(parents=True)
        with pytest.raises(StoreError, match="cannot be written: Is a directory; check its perm"):
            go_on(tmp_path, endpoint(server))
        assert [] == server.paid
        rows.rmdir()
        assert "done" == go_on(tmp_path, endpoint(server))
        assert {1} == {*bought(server).values()}


def test_a_damaged_ledger_is_told_by_its_name(tmp_path: Path) -> None:
    """Its answers are in another file, which is not the one to recover."""
    Ledger(tmp_path).close()
    os.truncate(tmp_path / "batches.sqlite", 8192)
    with pytest.raises(StoreError, match=r"'sqlite3 batches\.sqlite "):
        assert not Ledger(tmp_path).batches
