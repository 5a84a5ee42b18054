"""Keeps which rows are in which batch, and how far each is, on disk before and after each call."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pytest_rest.dispatch.prompt_json import from_builtins, light, prompt_to_builtins
from pytest_rest.dispatch.store_file import explained
from pytest_rest.terms import Prompt

NAME = "batches.sqlite"
Stage = Literal["prepared", "uploaded", "creating", "created", "ended", "fetched"]


@dataclass(frozen=True)
class Batch:
    """One batch. `source` is its uploaded file, `id` the provider's, `since` when it was asked for.

    Stages: its rows are in a file; that is uploaded; the provider is being asked to create it, and
    may have done so; its id is known; it is over, as `status` says; what came back is stored.
    """

    label: str
    number: int
    rows: int
    is_judges: bool = False
    stage: Stage = "prepared"
    source: str = ""
    id: str = ""
    since: float = 0.0
    status: str = ""
    done: int = 0
    failed: int = 0
    detail: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done for it."""
        return self.stage != "fetched"


_COLUMNS = ", ".join(field.name for field in fields(Batch))
_SCHEMA = (
    f"CREATE TABLE batches ({_COLUMNS}, PRIMARY KEY (label))",
    "CREATE TABLE rows (digest TEXT, label TEXT, PRIMARY KEY (digest, label))",
    "CREATE INDEX by_label ON rows (label)",
    "CREATE TABLE prompts (digest TEXT PRIMARY KEY, prompt BLOB, tries INTEGER DEFAULT 0,"
    " error TEXT)",
    "CREATE TABLE cases (name TEXT, place INTEGER, digest TEXT, PRIMARY KEY (name, place))",
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT)",
)
_EVERY = 900  # values in one query


class Ledger:
    """The file `NAME` of a run's folder; used from one thread at a time.

    What `keep_case` and `keep_prompts` note is on disk with the next batch that is written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        with explained(self._path, "written"):
            self._file = sqlite3.connect(self._path, check_same_thread=False)
        with explained(self._path, "written", self._file), self._file:
            if not self._file.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
                self._file.execute("BEGIN")
                for statement in _SCHEMA:
                    self._file.execute(statement)

    def close(self) -> None:
        """Close it; what is not on disk by now is forgotten."""
        self._file.close()

    # The batches

    @property
    def batches(self) -> list[Batch]:
        """All of the run's batches, in the order in which they were made."""
        rows = self._read(f"SELECT {_COLUMNS} FROM batches ORDER BY number")  # noqa: S608
        return [Batch(*row) for row in rows]

    def batch(self, label: str) -> Batch:
        """One batch, as it is on disk."""
        return next(batch for batch in self.batches if batch.label == label)

    @property
    def open(self) -> list[Batch]:
        """Those of which not all is stored."""
        return [batch for batch in self.batches if batch.is_open]

    def write(self, batch: Batch) -> Batch:
        """Put a batch on disk as it is now."""
        with explained(self._path, "written"), self._file:
            self._write(batch)
        return batch

    def prepare(self, batches: Mapping[Batch, Sequence[str]], instead_of: str = "") -> None:
        """Put new batches on disk, with the digests of their rows, `instead_of` that label's."""
        with explained(self._path, "written"), self._file:
            for table in ("rows", "batches"):
                self._file.execute(f"DELETE FROM {table} WHERE label = ?", (instead_of,))  # noqa: S608
            for batch, digests in batches.items():
                self._write(batch)
                rows = [(digest, batch.label) for digest in digests]
                self._file.executemany("INSERT INTO rows VALUES (?, ?)", rows)

    def rows(self, label: str) -> list[str]:
        """The digests of a batch's prompts, in the order of its file."""
        query = "SELECT digest FROM rows WHERE label = ? ORDER BY rowid"
        return [row[0] for row in self._read(query, label)]

    def is_waiting(self, digest: str) -> bool:
        """Whether a prompt is in a batch of which not all is stored."""
        query = (
            "SELECT 1 FROM rows JOIN batches USING (label) WHERE digest = ? AND stage != 'fetched'"
        )
        return bool(self._read(query, digest))

    def settle(self, batch: Batch, errors: Mapping[str, str], tries: int) -> Batch:
        """All of a batch is stored, but for these prompts: `tries` is what it counts for them."""
        with explained(self._path, "written"), self._file:
            self._file.executemany(
                "UPDATE prompts SET tries = tries + ?, error = ? WHERE digest = ?",
                [(tries, error, digest) for digest, error in errors.items()],
            )
            self._write(batch)
        return batch

    # The prompts

    def keep_case(self, name: str, prompts: Sequence[Prompt]) -> None:
        """Note what a case asks at first."""
        self.keep_prompts(prompts)
        rows = [(name, place, prompt.digest) for place, prompt in enumerate(prompts)]
        self._add("INSERT OR REPLACE INTO cases VALUES (?, ?, ?)", rows)

    def keep_prompts(self, prompts: Iterable[Prompt]) -> None:
        """Note prompts, without their pictures' bytes."""
        rows = [(prompt.digest, _packed(prompt)) for prompt in prompts]
        self._add("INSERT OR IGNORE INTO prompts (digest, prompt) VALUES (?, ?)", rows)

    def case(self, name: str) -> list[Prompt]:
        """What a case asks at first, without the pictures' bytes; nothing where it is not known."""
        query = "SELECT prompt FROM cases JOIN prompts USING (digest) WHERE name = ? ORDER BY place"
        return [_unpacked(row[0]) for row in self._read(query, name)]

    def prompts(self, digests: Sequence[str]) -> dict[str, Prompt]:
        """Prompts by their digests, without the pictures' bytes."""
        known: dict[str, Prompt] = {}
        for start in range(0, len(digests), _EVERY):
            some = digests[start : start + _EVERY]
            marks = ", ".join("?" * len(some))
            query = f"SELECT digest, prompt FROM prompts WHERE digest IN ({marks})"  # noqa: S608
            known |= {digest: _unpacked(packed) for digest, packed in self._read(query, *some)}
        return known

    def failure(self, digest: str) -> tuple[int, str]:
        """How many batches have failed to answer a prompt, and the last of the reasons."""
        row = self._read("SELECT tries, error FROM prompts WHERE digest = ?", digest)
        return (row[0][0], row[0][1] or "") if row else (0, "")

    def fail(self, digests: Iterable[str], error: str) -> None:
        """Note why prompts are not asked."""
        rows = [(error, digest) for digest in digests]
        self._add("UPDATE prompts SET error = ? WHERE digest = ?", rows)

    def forgive(self) -> None:
        """Forget what failed, so that it is asked again."""
        with explained(self._path, "written"), self._file:
            self._file.execute("UPDATE prompts SET tries = 0, error = NULL")
            self._file.execute("DELETE FROM about")

    # What else is to be known

    def note(self, name: str, value: int) -> None:
        """Put a number on disk by its name."""
        with explained(self._path, "written"), self._file:
            row = (name, json.dumps(value))
            self._file.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", row)

    def noted(self, name: str) -> int:
        """A number by its name; 0 where it was never noted."""
        row = self._read("SELECT value FROM about WHERE name = ?", name)
        return int(json.loads(row[0][0])) if row else 0

    def _write(self, batch: Batch) -> None:
        marks = ", ".join("?" * len(fields(Batch)))
        statement = f"INSERT OR REPLACE INTO batches VALUES ({marks})"  # noqa: S608
        self._file.execute(statement, astuple(batch))

    def _add(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with explained(self._path, "written"):
            self._file.executemany(statement, rows)

    def _read(self, query: str, *values: str) -> list[Any]:
        with explained(self._path, "read"):
            return self._file.execute(query, values).fetchall()


def _packed(prompt: Prompt) -> bytes:
    return zlib.compress(json.dumps(prompt_to_builtins(light(prompt))).encode("ascii"), 1)


def _unpacked(packed: bytes) -> Prompt:
    return from_builtins(json.loads(zlib.decompress(packed)))
