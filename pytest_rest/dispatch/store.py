"""Keeps completions in an SQLite file, so that nothing that was paid for is ever lost.

A run's folder holds one file for one run: `FileStore.create` makes it, `FileStore.resume` continues
it, `FileStore.replay` only reads. The file says what it was asked for (model, parameters,
protocol); its rows are found by the digest of what the model saw; failed calls are never in it.
"""

import contextlib
import functools
import json
import queue
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from pytest_rest.dispatch import drawings, store_file
from pytest_rest.dispatch.seen_digests import SeenDigests
from pytest_rest.dispatch.store_file import NAME, PATIENCE, explained, locked
from pytest_rest.dispatch.stored_run import Parts, refuse_others
from pytest_rest.errors import StoreError
from pytest_rest.models.completions import from_builtins
from pytest_rest.terms import Completion, Prompt, part_digest, to_builtins

Done = Callable[[str | None], None]
_StoredRow = tuple[str, ...]
_Drawing = tuple[str, int, str]
_Rows = tuple[_StoredRow, list[_Drawing]]
_REMEMBERED = 10_000
_PAGE = 1_000  # rows that are read at once
_NEXT, _PAGES = 256, 4  # rows that are read on ahead at once, and pages of them that are kept


class Store(Protocol):
    """Where completions are kept; may be used from several threads."""

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if there is one."""
        ...

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Keep a completion, then call `done`: with None, or with why it could not be kept."""
        ...


class MemoryStore:
    """Keeps the latest 10,000 completions, for as long as the process lives."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Completion] = OrderedDict()

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if it is still kept."""
        return self._kept.get(digest)

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Keep a completion, and call `done` at once."""
        self._kept[prompt.digest] = completion
        if len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        done(None)


class FileStore:
    """Keeps completions in `NAME` in a folder. A thread writes all that has come in at once."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, lock: sqlite3.Connection | None = None
    ) -> None:
        self._path, self._connection, self._lock_file = path, connection, lock
        self._lock = threading.Lock()
        with explained(path, "read", connection):
            digests = connection.execute("SELECT digest FROM completions")
            self._old = frozenset(digest for (digest,) in digests)
        self._new, self._has_new = SeenDigests(), False  # of this session
        self._completions = _Column(self._rows, "completion")
        self._waiting: queue.SimpleQueue[tuple[Prompt, Completion, Done] | None] = (
            queue.SimpleQueue()
        )
        self._writer = threading.Thread(target=self._write_all, name="rest-store", daemon=True)
        self._writer.start()

    @classmethod
    def create(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """A new store; `StoreError` where the folder holds one already, or cannot be written."""
        path = folder / NAME
        with locked(folder) as lock:
            if path.exists():
                raise StoreError(
                    f"run folder {str(folder)!r} holds the answers of an earlier run; continue it "
                    "with --rest-resume, or choose another --rest-run-dir"
                )
            return cls(path, store_file.create(path, about), lock)

    @classmethod
    def resume(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to be continued.

        `StoreError` if there is none, if it is damaged or was asked for something else than
        `about`, or if another run is writing in the folder.
        """
        refuse_others(folder, about)
        path = folder / NAME
        with locked(folder) as lock:
            connection = store_file.connect(folder, "rw")
            store_file.log_ahead(path, connection)
            with explained(path, "written", connection):
                connection.execute(store_file.DRAWINGS)
            return cls(path, connection, lock)

    @classmethod
    def replay(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to read only; `StoreError` as `resume`."""
        refuse_others(folder, about)
        return cls(folder / NAME, store_file.connect(folder, "ro"))

    @classmethod
    def read(cls, folder: Path) -> "FileStore":
        """The store that this run's main process replays, from another process of the run."""
        path = folder / NAME
        with explained(path, "read"):
            return cls(path, store_file.connect_to_read(path))

    @classmethod
    def join(cls, folder: Path) -> "FileStore":
        """The store that this run's main process has made, from another process of the run."""
        return cls(folder / NAME, store_file.connect(folder, "rw"))

    @classmethod
    def share(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of a host where several processes of a run ask by themselves.

        `StoreError` if it was asked for something else than `about`; its `options` may differ.
        """
        path = folder / NAME
        with locked(folder, PATIENCE) as lock, contextlib.closing(lock):
            if not path.exists():
                store_file.create(path, about).close()
            refuse_others(folder, {name: about[name] for name in about if name != "options"})
            return cls.join(folder)

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if there is one that can be read."""
        if digest not in self._old and digest not in self._new:
            return None
        try:
            return _completion(self._completions[digest])
        except KeyError:  # it seemed to be new, or its row is damaged
            return None

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Have a completion written; `done` is called from another thread."""
        self._waiting.put((prompt, completion, done))

    def is_old(self, digest: str) -> bool:
        """Whether that prompt was answered before this session began."""
        return digest in self._old

    @property
    def is_empty(self) -> bool:
        """Whether nothing was stored yet, now or before."""
        return not (self._old or self._has_new)

    @property
    def stored(self) -> int:
        """How many answers were there when this session began."""
        return len(self._old)

    def note(self, name: str, value: object) -> None:
        """Change what the store says that the run is asked for."""
        with self._lock, explained(self._path, "written"), self._connection:
            row = (name, json.dumps(value))
            self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", row)

    def all(self, but: Iterable[str] = ()) -> Iterator[tuple[str, Completion]]:
        """Every digest and completion in order, those of the run's other processes included.

        But for these digests, which are in order, too: a set of so many takes more memory.
        """
        after = f"WHERE digest > ? ORDER BY digest LIMIT {_PAGE}"
        query = f"SELECT digest, completion FROM completions {after}"  # noqa: S608 (constants)
        last, left = "", iter(but)
        passed_over = next(left, None)
        while True:
            rows = self._rows(query, last)
            for digest, text in rows:  # the lock is free again, so the caller may `get` meanwhile
                while passed_over is not None and passed_over < str(digest):
                    passed_over = next(left, None)
                if digest == passed_over:
                    continue
                if (completion := _completion(text)) is not None:
                    yield digest, completion
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def prompts(self) -> Mapping[str, Parts]:
        """What each answered prompt showed, by its digest; read when it is looked up."""
        return _Prompts(self._rows)

    def close(self) -> None:
        """Write what is waiting, and leave one plain file where this process made it."""
        self._waiting.put(None)
        self._writer.join()
        with contextlib.suppress(sqlite3.Error):  # others still read: the last to close does it
            if self._lock_file is not None:
                self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()
        if self._lock_file is not None:
            self._lock_file.close()

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._lock, explained(self._path, "read"):
            return self._connection.execute(query, values).fetchall()

    def _write_all(self) -> None:
        going_on = True
        while going_on:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            going_on = None not in batch
            entries = [entry for put in batch if put is not None and (entry := _entry(*put))]
            failure = self._write([rows for rows, _ in entries])
            for _, done in entries:
                done(failure)

    def _write(self, rows: Sequence[_Rows]) -> str | None:
        statement = "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)"
        drawn = "INSERT OR IGNORE INTO drawings VALUES (?, ?, ?)"
        try:
            with self._lock, self._connection:
                self._connection.executemany(statement, [row for row, _ in rows])
                self._connection.executemany(drawn, [each for _, more in rows for each in more])
        except sqlite3.Error as error:
            return f"answers cannot be stored: {error}"
        written = {row[0] for row, _ in rows}
        self._completions.forget(written)
        for digest in written:
            self._new.add(digest)
        self._has_new |= bool(written)
        return None


class _Prompts(Mapping[str, Parts]):
    """A store's prompts, which are not kept in memory: a long run has too many."""

    def __init__(self, rows: Callable[..., list[Any]]) -> None:
        self._rows, self._texts = rows, _Column(rows, "parts")

    def __getitem__(self, digest: str) -> Parts:
        parts: Parts = json.loads(self._texts[digest])
        return parts

    def __iter__(self) -> Iterator[str]:
        return (digest for (digest,) in self._rows("SELECT digest FROM completions"))

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM completions")[0][0])


class _Column:
    """One column of the answers, read on ahead by pages: they are wanted as they came, or nearly.

    What is wanted in another order is looked up by itself, beside at most one reading of the whole.
    """

    def __init__(self, rows: Callable[..., list[Any]], name: str) -> None:
        self._one = f"SELECT {name} FROM completions WHERE digest = ?"  # noqa: S608 (constants)
        next_rows = f"WHERE rowid > ? ORDER BY rowid LIMIT {_NEXT}"
        self._page = f"SELECT rowid, digest, {name} FROM completions {next_rows}"  # noqa: S608
        self._rows = rows
        self._pages: tuple[dict[str, str], ...] = ({},)  # the latest ones
        self._last = 0
        self._is_over = False

    def __getitem__(self, digest: str) -> str:
        for page in self._pages:
            if digest in page:
                return page[digest]
        if not self._is_over and digest in (page := self._turned()):
            return page[digest]
        for (text,) in self._rows(self._one, digest):
            return cast(str, text)
        raise KeyError(digest)

    def forget(self, digests: Iterable[str]) -> None:
        """These have other answers now."""
        for digest in digests:
            for page in self._pages:
                page.pop(digest, None)

    def _turned(self) -> dict[str, str]:
        rows = self._rows(self._page, self._last)
        page = {digest: text for _, digest, text in rows}
        self._pages = (page, *self._pages[: _PAGES - 1])
        self._is_over = len(rows) < _NEXT
        self._last = rows[-1][0] if rows else self._last
        return page


@functools.lru_cache(maxsize=32)  # the text form is asked once, and judged in every style
def _completion(text: str) -> Completion | None:
    """What a row holds; None where it is not a completion: that answer is lost, and no other."""
    try:
        return from_builtins(json.loads(text))
    except (TypeError, ValueError, RecursionError):
        return None


def _entry(prompt: Prompt, completion: Completion, done: Done) -> tuple[_Rows, Done] | None:
    """What is written of an answer; None where that cannot be, which `done` is told."""
    try:
        return (_row(prompt, completion), [*drawings.rows(prompt.images)]), done
    except (TypeError, ValueError) as error:  # a model of the user's own answers anything
        done(f"an answer cannot be stored: {error}")
        return None


def _row(prompt: Prompt, completion: Completion) -> _StoredRow:
    names = (prompt.item.suite, prompt.item.id, prompt.form.mode, prompt.task)
    printable = [name.encode("utf-8", "backslashreplace").decode() for name in names]
    parts = [*map(part_digest, prompt.parts)]
    return (prompt.digest, *printable, json.dumps(to_builtins(completion)), json.dumps(parts))
