"""Turns completions into rows of an SQLite file, so that nothing that was paid for is ever lost.

A run's folder holds one file for one run: `FileStore.create` makes it, `FileStore.resume` goes on
with it, `FileStore.replay` only reads. The file says what it was asked for (model, parameters,
protocol), its rows are found by the digest of what the model saw; failed calls are never in it.
"""

import contextlib
import json
import queue
import shutil
import sqlite3
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from pytest_rest.errors import StoreError
from pytest_rest.terms import Completion, Prompt, to_builtins

NAME = "completions.sqlite"
LOCK = ".lock"

_APPLICATION = 0x52455354  # "REST"
_VERSION = 2
_PATIENCE = 30.0  # seconds that one process waits for another one's write
_REMEMBERED = 10_000
_SCHEMA = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE completions (digest TEXT PRIMARY KEY, suite TEXT, item TEXT, mode TEXT,"
    " task TEXT, completion TEXT NOT NULL, parts TEXT NOT NULL)",
)
_BARRED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
Done = Callable[[str | None], None]
Parts = list[str | dict[str, str]]  # of a prompt: a text, or {"image": the picture's digest}
_Mode = Literal["rwc", "rw", "ro"]
_Row = tuple[str, ...]
_PAGE = 1_000  # rows that are read at once


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

    def __init__(
        self, path: Path, connection: sqlite3.Connection, lock: sqlite3.Connection | None = None
    ) -> None:
        self._path, self._connection, self._lock_file = path, connection, lock
        self._lock = threading.Lock()
        with _explained(path, "read", connection):
            self._known = {row[0] for row in connection.execute("SELECT digest FROM completions")}
        self._old = frozenset(self._known)
        self._waiting: queue.SimpleQueue[tuple[_Row, Done] | None]
        self._waiting = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="rest-store", daemon=True)
        self._writer.start()

    @classmethod
    def create(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """A new store; `StoreError` where the folder holds one already, or cannot be written."""
        path = folder / NAME
        with _locked(folder) as lock:
            if path.exists():
                raise StoreError(
                    f"run folder {str(folder)!r} holds the answers of an earlier run; go on with "
                    "it by --rest-resume, or choose another --rest-run-dir"
                )
            return cls(path, cls._make(path, about), lock)

    @classmethod
    def resume(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to go on with.

        `StoreError` if there is none, if it is damaged or was asked for something else than
        `about`, or if another run is writing in the folder.
        """
        _refuse_others(folder, about, read_about(folder))
        path = folder / NAME
        with _locked(folder) as lock:
            connection = _opened(folder, "rw")
            with _explained(path, "written", connection):
                connection.execute("PRAGMA journal_mode=WAL")
            return cls(path, connection, lock)

    @classmethod
    def replay(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of an earlier run, to read only; `StoreError` as `resume`."""
        _refuse_others(folder, about, read_about(folder))
        return cls(folder / NAME, _opened(folder, "ro"))

    @classmethod
    def join(cls, folder: Path) -> "FileStore":
        """The store that this run's main process has made, from another process of the run."""
        return cls(folder / NAME, _opened(folder, "rw"))

    @classmethod
    def share(cls, folder: Path, about: Mapping[str, Any]) -> "FileStore":
        """The store of a host where several processes of a run ask by themselves.

        `StoreError` if it was asked for something else than `about`; its `options` may differ.
        """
        path = folder / NAME
        with _locked(folder, _PATIENCE) as lock, contextlib.closing(lock):
            if not path.exists():
                cls._make(path, about).close()
            wanted = {name: value for name, value in about.items() if name != "options"}
            _refuse_others(folder, wanted, read_about(folder))
            return cls.join(folder)

    def get(self, digest: str) -> Completion | None:
        """The completion of a prompt with that digest, if there is one."""
        if digest not in self._known:
            return None
        query = "SELECT completion FROM completions WHERE digest = ?"
        with self._lock, _explained(self._path, "read"):
            (kept,) = self._connection.execute(query, (digest,)).fetchone()
            return _completion(kept)

    def put(self, prompt: Prompt, completion: Completion, done: Done) -> None:
        """Have a completion written; `done` is called from another thread."""
        try:
            row = _row(prompt, completion)
        except (TypeError, ValueError) as error:  # a model of the user's own answers anything
            done(f"an answer cannot be stored: {error}")
        else:
            self._waiting.put((row, done))

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

    def note(self, name: str, value: object) -> None:
        """Change what the store says that the run is asked for."""
        with self._lock, _explained(self._path, "written"), self._connection:
            row = (name, json.dumps(value))
            self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", row)

    def all(self, but: Container[str] = ()) -> Iterator[tuple[str, Completion]]:
        """Every digest and completion but these, those of the run's other processes included."""
        after = f"WHERE digest > ? ORDER BY digest LIMIT {_PAGE}"
        query = f"SELECT digest, completion FROM completions {after}"  # noqa: S608 (nobody's text)
        last = ""
        while True:
            rows = self._rows(query, last)
            for digest, kept in rows:  # the lock is free again: who walks may ask for one meanwhile
                if digest in but:
                    continue
                with _explained(self._path, "read"):
                    completion = _completion(kept)
                yield digest, completion
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]

    def prompts(self) -> Mapping[str, Parts]:
        """What each answered prompt showed, by its digest; read when it is looked up."""
        return _Prompts(self._rows)

    def _rows(self, query: str, *values: str) -> list[Any]:
        with self._lock, _explained(self._path, "read"):
            return self._connection.execute(query, values).fetchall()

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
        """Make the file under another name first: it is there as a whole, or not at all."""
        rows = [(name, json.dumps(value)) for name, value in about.items()]
        half = path.with_name(f".{path.name}")
        try:
            with _explained(path, "written"):
                half.unlink(missing_ok=True)
                connection = _connect(half, "rwc")
            with _explained(path, "written", connection), contextlib.closing(connection):
                connection.execute(f"PRAGMA application_id={_APPLICATION}")
                connection.execute(f"PRAGMA user_version={_VERSION}")
                with connection:
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    connection.executemany("INSERT INTO about VALUES (?, ?)", rows)
            with _explained(path, "written"):
                half.replace(path)
                connection = _connect(path, "rw")
            with _explained(path, "written", connection):
                connection.execute("PRAGMA journal_mode=WAL")
        except StoreError:
            for each in (*_files(half), *_files(path)):
                each.unlink(missing_ok=True)
            raise
        return connection

    def _write_all(self) -> None:
        going_on = True
        while going_on:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            going_on = None not in batch
            kept = [each for each in batch if each is not None]
            failure = self._write([row for row, _ in kept])
            for _, done in kept:
                done(failure)

    def _write(self, rows: Sequence[_Row]) -> str | None:
        statement = "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)"
        try:
            with self._lock, self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            return f"answers cannot be stored: {error}"
        self._known.update(row[0] for row in rows)
        return None


def read_about(folder: Path) -> dict[str, Any]:
    """What a stored run was asked for; `StoreError` if the folder holds none that can be read."""
    connection = _opened(folder, "ro")
    with contextlib.closing(connection), _explained(folder / NAME, "read"):
        rows = connection.execute("SELECT name, value FROM about").fetchall()
        return {name: json.loads(value) for name, value in rows}


def read_run(folder: Path) -> dict[str, Any]:
    """What a stored run was asked for, its model and options among it; `StoreError` if not."""
    about = read_about(folder)
    wanted = {"model", "parameters", "options"}
    if not wanted <= about.keys() or "rest_model" not in about["options"]:
        raise _damaged(folder / NAME, "it does not say what was asked")
    return about


def read_digests(folder: Path) -> frozenset[str]:
    """The prompts that are answered in a stored run."""
    connection = _opened(folder, "ro")
    with contextlib.closing(connection), _explained(folder / NAME, "read"):
        return frozenset(row[0] for row in connection.execute("SELECT digest FROM completions"))


def read_prompts(folder: Path) -> dict[str, Parts]:
    """What each answered prompt of a stored run showed, by its digest."""
    connection = _opened(folder, "ro")
    with contextlib.closing(connection), _explained(folder / NAME, "read"):
        return _prompts(connection)


def _refuse_others(folder: Path, about: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    for name, value in about.items():
        was = kept.get(name)
        if was != json.loads(json.dumps(value)):
            raise StoreError(
                f"run {str(folder)!r} was asked with {name} {was!r}, and this one is with "
                f"{value!r}: their answers do not belong together; start a new run"
            )


def _opened(folder: Path, mode: _Mode) -> sqlite3.Connection:
    """A connection to a store that is there, and is one, and is whole."""
    path = folder / NAME
    with _explained(path, "read"):
        if not path.is_file():
            raise StoreError(f"no run is stored in {str(folder)!r}: it has no {NAME}")
        connection = _reading(path) if mode == "ro" else _connect(path, mode)
    with _explained(path, "read", connection):
        application, version = _pragma(connection, "application_id", "user_version")
        if application != _APPLICATION:
            raise _foreign(path)
        if version != _VERSION:
            raise StoreError(
                f"{str(path)!r} has version {version} of the store, and this pytest-rest reads "
                f"version {_VERSION}; use the pytest-rest that wrote it"
            )
        state, pages, size = _pragma(connection, "quick_check(1)", "page_count", "page_size")
        if state != "ok":
            raise _damaged(path, state)
        log = _files(path)[1]  # with what is not yet in the file itself
        is_plain = not log.exists() or log.stat().st_size == 0
        if is_plain and path.stat().st_size < pages * size:  # SQLite takes what is cut off for 0
            raise _damaged(path, "its end is missing")
    return connection


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, to a copy where the file's own folder is barred.

    Beside a file that its writer did not close, SQLite needs room for an index.
    """
    connection = _connect(path, "ro")
    try:
        _pragma(connection, "schema_version")
    except sqlite3.Error as error:
        connection.close()
        if _code(error) not in _BARRED:
            raise
    else:
        return connection
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / NAME
        for source, target in zip(_files(path), _files(copy), strict=True):
            if source.exists():
                shutil.copyfile(source, target)
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        with _explained(path, "read", connection), contextlib.closing(_connect(copy, "rw")) as file:
            file.backup(connection)
            connection.execute("PRAGMA query_only=ON")
    return connection


def _connect(path: Path, mode: _Mode) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, timeout=_PATIENCE, check_same_thread=False, uri=True)


def _pragma(connection: sqlite3.Connection, *names: str) -> list[Any]:
    return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]


def _files(path: Path) -> list[Path]:
    """What a store may consist of, as long as its writer has not closed it."""
    return [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-journal", "-shm")]


@contextlib.contextmanager
def _locked(folder: Path, patience: float = 0.0) -> Iterator[sqlite3.Connection]:
    """Hold the folder for one run, until the process ends, however it ends, or the block fails."""
    path = folder / LOCK
    with _explained(path, "written"):
        lock = sqlite3.connect(
            path, timeout=patience, check_same_thread=False, isolation_level=None
        )
    try:
        with _explained(path, "written"):
            lock.execute("BEGIN EXCLUSIVE")
        yield lock
    except BaseException:
        lock.close()
        raise


@contextlib.contextmanager
def _explained(
    path: Path, what: str, connection: sqlite3.Connection | None = None
) -> Iterator[None]:
    """Tell SQLite's errors as `StoreError`, and let go of the connection that is of no use."""
    try:
        yield
    except (StoreError, OSError, sqlite3.Error, TypeError, ValueError) as error:
        if connection is not None:
            connection.close()
        raise _told(path, what, error) from None


def _told(path: Path, what: str, error: Exception) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if _code(error) == sqlite3.SQLITE_BUSY:
        return StoreError(
            f"another run is going on in {str(path.parent)!r}; wait for it, or choose another "
            "--rest-run-dir"
        )
    if _code(error) == sqlite3.SQLITE_NOTADB:
        return _foreign(path)
    if _code(error) == sqlite3.SQLITE_CORRUPT or isinstance(error, (TypeError, ValueError)):
        return _damaged(path, str(error))
    return StoreError(
        f"{str(path)!r} cannot be {what}: {error}; see to its folder's permissions and space, or "
        "choose another run"
    )


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _foreign(path: Path) -> StoreError:
    return StoreError(f"{str(path)!r} is no store of pytest-rest; choose another run")


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{str(path)!r} is damaged ({' '.join(why.split())}); 'sqlite3 {NAME} .recover' saves the "
        "rest"
    )


def _row(prompt: Prompt, completion: Completion) -> _Row:
    named = (prompt.item.suite, prompt.item.id, prompt.form.mode, prompt.task)
    printable = [name.encode("utf-8", "backslashreplace").decode() for name in named]
    parts = [part if isinstance(part, str) else {"image": part.digest} for part in prompt.parts]
    return (prompt.digest, *printable, json.dumps(to_builtins(completion)), json.dumps(parts))


class _Prompts(Mapping[str, Parts]):
    """A store's prompts, which are not kept in memory: those of a long run take more than it."""

    def __init__(self, rows: Callable[..., list[Any]]) -> None:
        self._rows = rows

    def __getitem__(self, digest: str) -> Parts:
        found = self._rows("SELECT parts FROM completions WHERE digest = ?", digest)
        if not found:
            raise KeyError(digest)
        parts: Parts = json.loads(found[0][0])
        return parts

    def __iter__(self) -> Iterator[str]:
        return (digest for (digest,) in self._rows("SELECT digest FROM completions"))

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM completions")[0][0])


def _prompts(connection: sqlite3.Connection) -> dict[str, Parts]:
    rows = connection.execute("SELECT digest, parts FROM completions")
    return {digest: json.loads(parts) for digest, parts in rows}


def _completion(text: str) -> Completion:
    return Completion(**json.loads(text))
