"""Takes a batch from a file of rows to stored answers, each step on disk before and after it."""

import asyncio
import queue
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from pytest_rest.dispatch import RETRIED
from pytest_rest.dispatch.batches.ledger import Batch, Ledger
from pytest_rest.dispatch.limits import pause_after
from pytest_rest.dispatch.store import Store
from pytest_rest.errors import StoreError
from pytest_rest.models.batches import BatchEndpoint, BatchError
from pytest_rest.models.with_price import priced
from pytest_rest.safe_text import shown
from pytest_rest.terms import Completion, Price, Prompt

_LONGEST_PAUSE = 300.0  # seconds between two tries, whatever the endpoint says
_STORED_AT_ONCE = 500
# What says surely that no batch was made; after any other error one is looked for.
_REFUSALS = ("rate limit", "bad request", "authentication", "quota")
# Why a row has no result, by how its batch ended; the first words say whether it is asked again.
_UNASKED = {
    "failed": "server error: the batch failed: ",
    "cancelled": "error: the batch was cancelled before this row was asked: ",
    "expired": "timeout: the batch expired before this row was asked: ",
}
_MISSING = "malformed response: the batch has no result for this row: "
_FORGOTTEN = (
    "batch {} was deleted, or is of another account than this key; to give it up: --rest-resume "
    "with --rest-batch=cancel"
)
T = TypeVar("T")


class NotYetError(Exception):
    """A batch that may be this run's, and has to end before that is known."""


def row_id(label: str, digest: str) -> str:
    """A row's name in a batch, which says whose it is, and which prompt it answers."""
    return f"{label}_{digest}"


class Courier:
    """Carries the batches of one endpoint; `price` is that of a token in a batch.

    What fails of the interface itself, and may pass, is tried again `retries` times, after the time
    that the server asks for or a doubling pause; then `BatchError`.
    """

    def __init__(
        self,
        endpoint: BatchEndpoint,
        ledger: Ledger,
        store: Store,
        folder: Path,
        price: Price | None = None,
        retries: int = 5,
        *,
        keeps_files: bool = False,
    ) -> None:
        self.endpoint, self.keeps_files = endpoint, keeps_files
        self._ledger, self._store, self._folder = ledger, store, folder
        self._price, self._retries = price, retries

    def file(self, label: str) -> Path:
        """Where a batch's rows are."""
        return self._folder / f"{label}.jsonl"

    async def submit(self, batch: Batch) -> Batch:
        """Hand a batch over, or find the one that was; `NotYetError` where one may have been."""
        path = self.file(batch.label)
        tries = 0
        while True:
            if batch.stage == "creating" and (known := await self._find(batch)):
                return self._created(batch, known)
            if not path.exists():  # the folder came without it: its rows are asked in another
                return self._give_up(batch, "failed")
            if batch.stage == "prepared":
                source = await self._retried(partial(self.endpoint.upload, path, batch.label))
                batch = self._ledger.write(replace(batch, stage="uploaded", source=source))
            since = batch.since if batch.stage == "creating" else time.time()
            batch = self._ledger.write(replace(batch, stage="creating", since=since))
            try:
                made = await self.endpoint.create(path, batch.source, batch.label)
            except BatchError as error:
                if error.kind in _REFUSALS:
                    batch = self._ledger.write(replace(batch, stage="uploaded"))
                tries += 1
                await self._pause_after(error, tries)
            else:
                return self._created(batch, made)

    async def look(self, batch: Batch) -> Batch:
        """How far a batch is; what came back is stored once it is over."""
        if batch.stage == "created":
            try:
                state = await self._retried(partial(self.endpoint.state, batch.id))
            except BatchError as error:
                if not _is_unknown(error):
                    raise
                raise BatchError(f"{error.message}; {_FORGOTTEN.format(batch.id)}") from None
            batch = replace(
                batch,
                stage="ended" if state.is_over else "created",
                status=state.status,
                done=state.done,
                failed=state.failed,
                detail=state.detail,
            )
            self._ledger.write(batch)
        return await self._retried(partial(self._fetch, batch)) if batch.stage == "ended" else batch

    async def cancel(self, batch: Batch) -> None:
        """Have no more of its rows asked; what was never handed over is not."""
        if batch.stage == "creating" and (known := await self._find(batch)):
            batch = self._created(batch, known)
        if batch.stage == "created":
            try:
                await self._retried(partial(self.endpoint.cancel, batch.id))
            except BatchError as error:
                if not _is_unknown(error):
                    raise
                self._give_up(batch, "cancelled", "the provider does not know it any more")
        elif batch.stage != "ended":
            self._give_up(batch, "cancelled")

    async def _find(self, batch: Batch) -> str:
        """The id of a batch that was created, and whose id did not come; empty if it was not."""
        known = {other.id for other in self._ledger.batches}
        named = partial(self.endpoint.find, batch.label, batch.rows, batch.since)
        for made, is_certain in await self._retried(named):
            if made in known:
                continue
            if is_certain:
                return made
            if not (await self._retried(partial(self.endpoint.state, made))).is_over:
                why = (
                    f"batch {shown(made, 60)} may be this run's, and has to end before it is known"
                )
                raise NotYetError(f"{why}: a second one would be paid twice")
            if await self._retried(partial(self._is_of, batch, made)):
                return made
        return ""

    async def _is_of(self, batch: Batch, made: str) -> bool:
        """Whether the rows of a batch that is over are those of this one."""
        async for row in self.endpoint.results(made):
            if row.row_id:
                return row.row_id.startswith(row_id(batch.label, ""))
        return False

    def _created(self, batch: Batch, made: str) -> Batch:
        batch = self._ledger.write(replace(batch, stage="created", id=made, status="waiting"))
        if not self.keeps_files:
            self.file(batch.label).unlink(missing_ok=True)
        return batch

    def _give_up(self, batch: Batch, status: str, why: str = "it was not handed over") -> Batch:
        """Leave a batch that will bring nothing; its rows are as if it had never been."""
        over = replace(batch, stage="fetched", status=status, detail=why)
        self._ledger.settle(over, {}, 0)
        self.file(batch.label).unlink(missing_ok=True)
        return over

    async def _fetch(self, batch: Batch) -> Batch:
        """Store each answer once, and note why the others have none."""
        wanted = dict.fromkeys(self._ledger.rows(batch.label), "")
        answered: set[str] = set()
        waiting: dict[str, Completion] = {}
        lost = _UNASKED.get(batch.status, _MISSING) + (batch.detail or batch.status)
        try:
            async for name, completion in self.endpoint.results(batch.id):
                digest = name.removeprefix(row_id(batch.label, ""))
                if name == digest or digest not in wanted or digest in answered:
                    continue  # of nobody knows what, or the same once more
                if completion.error is not None:
                    wanted[digest] = wanted[digest] or completion.error
                    continue
                answered.add(digest)
                waiting[digest] = self._with_cost(completion)
                if len(waiting) >= _STORED_AT_ONCE:
                    self._keep(waiting)
                    waiting.clear()
        except BatchError as error:
            if f"{error.kind}:" in RETRIED:
                raise
            lost = f"batch: the results of {batch.id} cannot be read: {error.message}"
        self._keep(waiting)
        errors = {digest: why or lost for digest, why in wanted.items() if digest not in answered}
        done, failed = len(answered), len(errors)
        was_asked = batch.status != "failed" or bool(answered)
        if not was_asked:
            self._ledger.note("most_rows", max((batch.rows + 1) // 2, 1))
        over = replace(batch, stage="fetched", done=done, failed=failed)
        return self._ledger.settle(over, errors, int(was_asked))

    def _keep(self, answers: Mapping[str, Completion]) -> None:
        """Put answers in the run's store, as those of any call; return when they are on disk."""
        outcomes: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        prompts = self._ledger.prompts([*answers])
        for digest, prompt in prompts.items():
            self._store.put(prompt, answers[digest], outcomes.put)
        for _ in prompts:
            if why := outcomes.get():
                raise StoreError(why)

    def _with_cost(self, completion: Completion) -> Completion:
        if self._price is None or completion.cost is not None:
            return completion
        return priced(completion, self._price)

    async def _retried(self, call: Callable[[], Awaitable[T]]) -> T:
        tries = 0
        while True:
            try:
                return await call()
            except BatchError as error:
                tries += 1
                await self._pause_after(error, tries)

    async def _pause_after(self, error: BatchError, tries: int) -> None:
        """Wait till something may be tried again; raise the error where it may not."""
        if f"{error.kind}:" not in RETRIED or tries > self._retries:
            raise error
        pause = pause_after(error.message, tries) if error.wait is None else error.wait
        await asyncio.sleep(min(pause, _LONGEST_PAUSE))


def _is_unknown(error: BatchError) -> bool:
    """Whether the provider has no such batch."""
    return error.message.startswith("bad request: HTTP 404")


@dataclass(frozen=True)
class Couriers:
    """Who carries a batch to the model, and to the judge: `ask_judge` asks one without batches."""

    model: Courier
    judge: Courier | None
    ask_judge: Callable[[Sequence[Prompt]], list[Completion]]

    def of(self, is_judges: bool) -> Courier:
        """The courier of such a batch."""
        return self.judge if is_judges and self.judge else self.model
