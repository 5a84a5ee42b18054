"""Writes batches for vLLM's offline program to a folder, and reads its results there."""

import shlex
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pytest_rest.models import failures
from pytest_rest.models.batches.client import checked_id, read_lines, read_row
from pytest_rest.models.batches.endpoint import (
    BatchError,
    BatchLimits,
    BatchRow,
    BatchState,
    Candidate,
)
from pytest_rest.models.batches.openai import chat_row, read_chat_row
from pytest_rest.models.overrides import Overrides
from pytest_rest.terms import Price, Prompt

_PAUSE = 60.0  # seconds that a file with too few lines is waited for


@dataclass(frozen=True, eq=False)
class FileBatches:
    """A model that a program asks which reads a file and writes one.

    A batch is the file of rows `LABEL.jsonl` in the folder, and its id the label; it is over once
    `LABEL.results.jsonl` lies beside it.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    folder: Path
    overrides: Overrides = Overrides()  # noqa: RUF009 (frozen)

    limits: ClassVar[BatchLimits] = BatchLimits(rows=1_000_000, file_bytes=10**12)
    price: ClassVar[Price | None] = None
    price_share: ClassVar[float] = 1.0

    async def open(self) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Nothing is kept."""

    def row(self, prompt: Prompt, row_id: str) -> bytes:
        """A request as a line of OpenAI's batch file."""
        return chat_row(self.name, prompt, row_id, self.parameters, self.overrides)

    async def upload(self, rows: Path, label: str) -> str:
        """Nothing: the file stays where it is."""
        return ""

    async def create(self, rows: Path, source: str, label: str) -> str:
        """The label: the file is the batch."""
        return label

    async def state(self, batch: str) -> BatchState:
        """Over once there is a result for each row, or too few in a file that is not written to."""
        rows, results = self._rows(batch), self._results(batch)
        total = _lines(rows)
        if not results.is_file():
            arguments = ("-i", str(rows), "-o", str(results), "--model", self.name)
            return BatchState(
                "waiting", total=total, detail=shlex.join(("vllm", "run-batch", *arguments))
            )
        done = _lines(results)
        is_over = done >= total or time.time() - results.stat().st_mtime > _PAUSE
        return BatchState("ended" if is_over else "running", done=done, total=total)

    async def results(self, batch: str) -> AsyncIterator[BatchRow]:
        """The rows of the file of results."""
        for line in _read(self._results(batch)):
            yield read_row(line, "custom_id", read_chat_row)

    async def find(self, label: str, rows: int, since: float) -> Sequence[Candidate]:
        """The batch is there if its file is."""
        return [Candidate(label, is_certain=True)] if self._rows(label).is_file() else []

    async def cancel(self, batch: str) -> None:
        """Nothing: who started the program ends it."""

    def _rows(self, batch: str) -> Path:
        return self.folder / f"{checked_id(batch)}.jsonl"

    def _results(self, batch: str) -> Path:
        return self.folder / f"{checked_id(batch)}.results.jsonl"


def _lines(path: Path) -> int:
    return sum(1 for _ in _read(path)) if path.is_file() else 0


def _read(path: Path) -> Iterator[bytes]:
    """The lines of a file; a pipe, which may never end, is not one."""
    if not path.is_file():
        raise BatchError(f"error: there is no file {path.name!r}")
    try:
        with path.open("rb") as file:
            yield from read_lines(file)
    except OSError as error:
        raise BatchError(failures.one_line(f"error: {error}")) from error
