"""Writes prompts as rows into files, of each of which a batch is made."""

import os
import re
from dataclasses import replace
from pathlib import Path

from pytest_rest.dispatch.batches.courier import Couriers, row_id
from pytest_rest.dispatch.batches.ledger import Batch, Ledger
from pytest_rest.errors import ModelError
from pytest_rest.models.batches import BatchError, BatchLimits
from pytest_rest.terms import JUDGES_TASKS, Prompt

_TOO_LARGE = re.compile(r"too (?:large|big|long|many)|larger than|exceed|at most|maximum")
_MANY = 100


class RowFiles:
    """The files of one session: one at a time is written for the model, and one for the judge.

    A file is on disk as a batch to be made once it is full, as the endpoint's limits have it.
    """

    def __init__(self, ledger: Ledger, couriers: Couriers, run_id: str) -> None:
        self._ledger, self._couriers, self._run_id = ledger, couriers, run_id
        self._number = max((batch.number for batch in ledger.batches), default=0)
        self._writing: dict[bool, _RowFile] = {}
        self._digests: set[str] = set()

    def __contains__(self, digest: str) -> bool:
        """Whether a prompt was written since the last `finish`."""
        return digest in self._digests

    def add(self, prompt: Prompt) -> None:
        """Write a prompt; the ledger notes why where no row can be made of it."""
        is_judges = prompt.task in JUDGES_TASKS
        endpoint = self._couriers.of(is_judges).endpoint
        try:
            file = self._writing.get(is_judges) or self._begin(is_judges)
            line = endpoint.row(prompt, row_id(file.batch.label, prompt.digest))
            if not file.has_room(line):
                self._end(is_judges)
                file = self._begin(is_judges)
                line = endpoint.row(prompt, row_id(file.batch.label, prompt.digest))
            if not file.has_room(line):
                most = endpoint.limits.file_bytes
                raise ModelError(f"bad request: its row is larger than {most:,} bytes")
        except ModelError as error:
            self._ledger.fail([prompt.digest], str(error))
            return
        file.add(line, prompt.digest)
        self._digests.add(prompt.digest)

    def finish(self) -> None:
        """Put what is not yet on disk there."""
        for is_judges in [*self._writing]:
            self._end(is_judges)
        self._digests.clear()

    def discard(self) -> None:
        """Leave nothing of what was written, and is not handed over."""
        self.finish()
        for batch in self._ledger.batches:
            if batch.stage == "prepared":
                self._forget(batch)

    def split(self, batch: Batch, error: BatchError) -> list[Batch]:
        """Two batches in the place of one that is too large; nothing in that of a single row."""
        digests = self._ledger.rows(batch.label)
        if len(digests) < 2:
            self._ledger.fail(digests, error.message)
            self._forget(batch)
            return []
        half = (len(digests) + 1) // 2
        parts = {
            self._new(batch.is_judges, len(some)): some for some in (digests[:half], digests[half:])
        }
        old = row_id(batch.label, "").encode("ascii")
        with self._path(batch).open("rb") as rows:
            for part in parts:
                new = row_id(part.label, "").encode("ascii")
                lines = (rows.readline() for _ in range(part.rows))
                with self._path(part).open("wb") as file:  # a row is named before all else in it
                    file.writelines(line.replace(old, new, 1) for line in lines)
        self._ledger.prepare(parts, instead_of=batch.label)
        self._ledger.note("most_rows", half)
        self._path(batch).unlink()
        return [*parts]

    def tidy(self) -> None:
        """Delete files that no batch is to be made of any more, or was before."""
        if self._couriers.model.keeps_files:
            return
        waiting = ("prepared", "uploaded", "creating")
        known = {batch.label for batch in self._ledger.batches if batch.stage in waiting}
        for path in self._couriers.model.file("x").parent.glob("rest-*.jsonl"):
            if path.stem not in known:
                path.unlink()

    def _begin(self, is_judges: bool) -> "_RowFile":
        batch = self._new(is_judges, 0)
        most, limits = self._ledger.noted("most_rows"), self._couriers.of(is_judges).endpoint.limits
        limits = BatchLimits(min(limits.rows, most) if most else limits.rows, limits.file_bytes)
        file = self._writing[is_judges] = _RowFile(self._path(batch), batch, limits)
        return file

    def _end(self, is_judges: bool) -> None:
        file = self._writing.pop(is_judges)
        file.close()
        if file.digests:
            self._ledger.prepare({file.made: file.digests})
        else:
            self._path(file.batch).unlink()

    def _forget(self, batch: Batch) -> None:
        self._ledger.prepare({}, instead_of=batch.label)
        self._path(batch).unlink(missing_ok=True)

    def _new(self, is_judges: bool, rows: int) -> Batch:
        self._number += 1
        label = f"rest-{self._run_id[:8]}-{self._number:04d}"
        return Batch(label, self._number, rows, is_judges)

    def _path(self, batch: Batch) -> Path:
        return self._couriers.of(batch.is_judges).file(batch.label)


class _RowFile:
    """A file that is being written, and the digests of its prompts, in their order."""

    def __init__(self, path: Path, batch: Batch, limits: BatchLimits) -> None:
        self.batch, self._limits = batch, limits
        self.digests: list[str] = []
        self._size = 0
        self._file = path.open("wb")

    @property
    def made(self) -> Batch:
        """The batch of what is in it."""
        return replace(self.batch, rows=len(self.digests))

    def has_room(self, line: bytes) -> bool:
        """Whether one more row may be written."""
        fits = self._size + len(line) <= self._limits.file_bytes
        return fits and len(self.digests) < self._limits.rows

    def add(self, line: bytes, digest: str) -> None:
        """Write a row."""
        self._file.write(line)
        self._size += len(line)
        self.digests.append(digest)

    def close(self) -> None:
        """Have all of it on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def is_too_large(error: BatchError, rows: int) -> bool:
    """Whether the endpoint says that a file has more rows, or bytes, than it takes."""
    if "HTTP 413" in error.message:
        return True
    is_many = rows >= _MANY  # of few rows the words are about something else
    return is_many and error.kind == "bad request" and bool(_TOO_LARGE.search(error.message))
