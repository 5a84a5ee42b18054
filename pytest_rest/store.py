"""Turns completions into rows of an SQLite file, so that nothing that was paid for is ever lost.

A run's folder holds one file for one run: `FileStore.create` makes it, `FileStore.resume` goes on
with it, `FileStore.replay` only reads. The file says what it was asked for (model, parameters,
protocol), its rows are found by the digest of what the model saw; failed calls are never in it.
"""

import contextlib
import json
import queue
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from pytest_rest.errors import StoreError
from pytest_rest.terms import Completion, Prompt, to_builtins

NAME = "completions.sqlite"
LOCK = ".lock"

_APPLICATION = 0x52455354  # "REST"
_VERSION = 1
_PATIENCE = 30.0  # seconds that one process waits for another one's write
_REMEMBERED = 10_000
_SCHEMA = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE completions (digest TEXT PRIMARY KEY, suite TEXT, item TEXT, mode TEXT,"
    " task TEXT, completion TEXT NOT NULL)",
)
Done = Callable[[str | None], None]


class Store(Protocol):
    """Where completions are kept; may be used from several threads."""

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if there is one."""
        ...

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Keep a completion, then call `done`: with None, or with why it could not be kept."""
        ...

    def is_old(self, digest: str) -> bool:
        """Whether that prompt was answered before this session began."""
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

    def is_old(self, digest: str) -> bool:
        """Never: nothing outlives the process."""
        return False


class FileStore:
    """Keeps completions in `NAME` in a folder. A thread writes what has come in, all at once."""

    def __init__(self, connection: sqlite3.Connection, lock: sqlite3.Connection | None) -> None:
        self._connection, self._lock_file = connection, lock
        self._lock = threading.Lock()
        with _explained("read", connection):
            self._known = {row[0] for row in connection.execute("SELECT digest FROM completions")}
        self._old = frozenset(self._known)
        self._waiting: queue.SimpleQueue[tuple[Prompt, Completion, Done] | None]
        self._waiting = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="rest-store", daemon=True)
        self._writer.start()

    @classmethod
    def create(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """A new store; `StoreError` where the folder holds one already, or cannot be written."""
        lock = _lock(folder)
        path = folder / NAME
        if path.exists():
            lock.close()
            raise StoreError(
                f"run folder {str(folder)!r} holds the answers of an earlier run; go on with it "
                "by --rest-resume, or choose another --rest-run-dir"
            )
        return cls(cls._make(path, about), lock)

    @classmethod
    def resume(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to go on with.

        `StoreError` if there is none, if it is damaged or was asked for something else than
        `about`, or if another run is writing in the folder.
        """
        _refuse_others(folder, about, read_about(folder))
        lock = _lock(folder)
        return cls(_opened(folder), lock)

    @classmethod
    def replay(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to read only; `StoreError` as `resume`."""
        _refuse_others(folder, about, read_about(folder))
        connection = _opened(folder)
        connection.execute("PRAGMA query_only=ON")
        return cls(connection, None)

    @classmethod
    def join(cls, folder: Path) -> "FileStore":
        """The store that this run's main process has made, from another process of the run."""
        return cls(_opened(folder), None)

    @classmethod
    def share(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of a host where several processes of a run ask by themselves."""
        lock = _lock(folder, _PATIENCE)
        with contextlib.closing(lock):
            if not (folder / NAME).exists():
                cls._make(folder / NAME, about).close()
            return cls.join(folder)

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if there is one."""
        if digest not in self._known:
            return None
        query = "SELECT completion FROM completions WHERE digest = ?"
        with self._lock, _explained("read"):
            (kept,) = self._connection.execute(query, (digest,)).fetchone()
        return _completion(kept)

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Have a completion written; `done` is called from another thread."""
        self._waiting.put((prompt, completion, done))

    def is_old(self, digest: str) -> bool:
        """Whether that prompt was answered before this session began."""
        return digest in self._old

    @property
    def is_empty(self) -> bool:
        """Whether nothing was stored yet, now or before."""
        return not self._known

    @property
    def stored(self) -> int:
        """How many answers were there when this session began."""
        return len(self._old)

    def all(self) -> Iterator[tuple[str, Completion]]:
        """Every digest and completion, those of the run's other processes included."""
        with self._lock, _explained("read"):
            for digest, kept in self._connection.execute(
                "SELECT digest, completion FROM completions"
            ):
                yield digest, _completion(kept)

    def close(self) -> None:
        """Write what is waiting, and leave one plain file where this process made it."""
        self._waiting.put(None)
        self._writer.join()
        with contextlib.suppress(sqlite3.Error):  # others still read: the next to close does it
            if self._lock_file is not None:
                self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()
        if self._lock_file is not None:
            self._lock_file.close()

    @staticmethod
    def _make(path: Path, about: Mapping[str, Any]) -> sqlite3.Connection:
        connection = _connect(path)
        with _explained("written", connection):
            connection.execute("PRAGMA journal_mode=WAL")
            with connection:
                connection.execute(f"PRAGMA application_id={_APPLICATION}")
                connection.execute(f"PRAGMA user_version={_VERSION}")
                for statement in _SCHEMA:
                    connection.execute(statement)
                rows = [(name, json.dumps(value)) for name, value in about.items()]
                connection.executemany("INSERT INTO about VALUES (?, ?)", rows)
        return connection

    def _write_all(self) -> None:
        going_on = True
        while going_on:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            going_on = None not in batch
            kept = [each for each in batch if each is not None]
            failure = self._write([(prompt, completion) for prompt, completion, _ in kept])
            for _, _, done in kept:
                done(failure)

    def _write(self, batch: Iterable[tuple[Prompt, Completion]]) -> str | None:
        rows = [
            (prompt.digest, prompt.item.suite, prompt.item.id, prompt.form.mode, prompt.task, text)
            for prompt, completion in batch
            for text in [json.dumps(to_builtins(completion))]
        ]
        statement = "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?)"
        try:
            with self._lock, self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            return f"answers cannot be stored: {error}"
        self._known.update(row[0] for row in rows)
        return None


def read_about(folder: Path) -> dict[str, Any]:
    """What a stored run was asked for; `StoreError` if the folder holds none that can be read."""
    connection = _opened(folder)
    with contextlib.closing(connection), _explained("read", connection):
        return {
            name: json.loads(value)
            for name, value in connection.execute("SELECT name, value FROM about")
        }


def read_digests(folder: Path) -> frozenset[str]:
    """The prompts that are answered in a stored run."""
    connection = _opened(folder)
    with contextlib.closing(connection), _explained("read", connection):
        return frozenset(row[0] for row in connection.execute("SELECT digest FROM completions"))


def _refuse_others(folder: Path, about: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    for name, value in about.items():
        was = kept.get(name)
        if was != json.loads(json.dumps(value)):
            raise StoreError(
                f"run {str(folder)!r} was asked with {name} {was!r}, and this one is with "
                f"{value!r}: their answers do not belong together; start a new run"
            )


def _opened(folder: Path) -> sqlite3.Connection:
    """A connection to a store that is there, and is one, and is whole."""
    path = folder / NAME
    if not path.is_file():
        raise StoreError(f"no run is stored in {str(folder)!r}: it has no {NAME}")
    connection = _connect(path)
    with _explained(f"read: {str(path)!r}", connection):
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if application == _APPLICATION and version == _VERSION and state == "ok":
        return connection
    connection.close()
    if application != _APPLICATION:
        raise StoreError(f"{str(path)!r} is no store of pytest-rest; choose another run")
    if version != _VERSION:
        raise StoreError(
            f"{str(path)!r} has version {version} of the store, and this pytest-rest reads "
            f"version {_VERSION}; use the pytest-rest that wrote it"
        )
    raise StoreError(
        f"{str(path)!r} is damaged ({state}); 'sqlite3 {NAME} .recover' saves the rest"
    )


def _connect(path: Path) -> sqlite3.Connection:
    with _explained("opened"):
        return sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)


def _lock(folder: Path, patience: float = 0.0) -> sqlite3.Connection:
    """Hold the folder for one run, until the process ends, however it ends."""
    with _explained("opened"):
        lock = sqlite3.connect(
            folder / LOCK, timeout=patience, check_same_thread=False, isolation_level=None
        )
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        raise StoreError(
            f"another run is going on in {str(folder)!r}; wait for it, or choose another "
            "--rest-run-dir"
        ) from None
    return lock


@contextlib.contextmanager
def _explained(what: str, connection: sqlite3.Connection | None = None) -> Iterator[None]:
    """Tell SQLite's errors as `StoreError`, and let go of the connection that is of no use."""
    try:
        yield
    except (sqlite3.Error, ValueError) as error:
        if connection is not None:
            connection.close()
        raise StoreError(f"the run's stored answers cannot be {what}: {error}") from None


def _completion(text: str) -> Completion:
    return Completion(**json.loads(text))
