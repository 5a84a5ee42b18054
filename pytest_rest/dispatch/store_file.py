"""Makes, opens and locks the SQLite file of a run's answers, and reports its faults in one line."""

import contextlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pytest_rest.errors import StoreError

NAME = "completions.sqlite"
LOCK = ".lock"
PATIENCE = 30.0  # seconds that one process waits for another one's write

_APPLICATION = 0x52455354  # "REST"
_VERSION = 2
DRAWINGS = (  # which files of this version may lack
    "CREATE TABLE IF NOT EXISTS drawings (source TEXT, number INTEGER, picture TEXT NOT NULL,"
    " PRIMARY KEY (source, number)) WITHOUT ROWID"
)
_SCHEMA = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE completions (digest TEXT PRIMARY KEY, suite TEXT, item TEXT, mode TEXT,"
    " task TEXT, completion TEXT NOT NULL, parts TEXT NOT NULL)",
    DRAWINGS,
)
_BARRED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_Mode = Literal["rwc", "rw", "ro"]


def create(path: Path, about: Mapping[str, Any]) -> sqlite3.Connection:
    """A new file that says what it is `about`. Made under another name: it is whole, or not there.

    `StoreError` where it cannot be written.
    """
    rows = [(name, json.dumps(value)) for name, value in about.items()]
    unfinished = path.with_name(f".{path.name}")
    try:
        with explained(path, "written"):
            unfinished.unlink(missing_ok=True)
            with contextlib.closing(_connect(unfinished, "rwc")) as file, file:
                file.execute("BEGIN")  # one wait for the disk, not one for each statement
                file.execute(f"PRAGMA application_id={_APPLICATION}")
                file.execute(f"PRAGMA user_version={_VERSION}")
                for statement in _SCHEMA:
                    file.execute(statement)
                file.executemany("INSERT INTO about VALUES (?, ?)", rows)
            unfinished.replace(path)
            connection = _connect(path, "rw")
        log_ahead(path, connection)
    except StoreError:
        for left in (*_files(unfinished), *_files(path)):
            left.unlink(missing_ok=True)
        raise
    return connection


def log_ahead(path: Path, connection: sqlite3.Connection) -> None:
    """Let others read while this connection writes, by SQLite's write-ahead log."""
    with explained(path, "written", connection):
        connection.execute("PRAGMA journal_mode=WAL")


def connect(folder: Path, mode: _Mode) -> sqlite3.Connection:
    """A connection to a folder's store; `StoreError` unless it is there, is a store, and is whole.

    Read-only (`ro`) it works on a disk that cannot be written, too.
    """
    path = folder / NAME
    with explained(path, "read"):
        if not path.is_file():
            raise StoreError(f"no run is stored in {str(folder)!r}: it has no {NAME}")
        connection = connect_to_read(path) if mode == "ro" else _connect(path, mode)
    with explained(path, "read", connection):
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
            raise damaged(path, state)
        log = _files(path)[1]  # with what is not yet in the file itself
        is_plain = not log.exists() or log.stat().st_size == 0
        if is_plain and path.stat().st_size < pages * size:  # SQLite reads what is cut off as 0
            raise damaged(path, "its end is missing")
    return connection


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a folder's store, closed when the block ends."""
    connection = connect(folder, "ro")
    with contextlib.closing(connection), explained(folder / NAME, "read"):
        yield connection


@contextlib.contextmanager
def locked(folder: Path, patience: float = 0.0) -> Iterator[sqlite3.Connection]:
    """Lock the folder for one run, until the process ends, however it ends, or the block fails."""
    path = folder / LOCK
    with explained(path, "written"):
        lock = sqlite3.connect(
            path, timeout=patience, check_same_thread=False, isolation_level=None
        )
    try:
        with explained(path, "written"):
            lock.execute("BEGIN EXCLUSIVE")
        yield lock
    except BaseException:
        lock.close()
        raise


@contextlib.contextmanager
def explained(
    path: Path, action: str, connection: sqlite3.Connection | None = None
) -> Iterator[None]:
    """Raise SQLite's errors as `StoreError`, after closing the connection, which is of no use."""
    try:
        yield
    except (StoreError, OSError, sqlite3.Error, TypeError, ValueError) as error:
        if connection is not None:
            connection.close()
        raise _explain(path, action, error) from None


def damaged(path: Path, why: str) -> StoreError:
    """The error for a file that is a store, and cannot be read as one."""
    return StoreError(
        f"{str(path)!r} is damaged ({' '.join(why.split())}); 'sqlite3 {path.name} .recover' "
        "saves the rest"
    )


def _explain(path: Path, action: str, error: Exception) -> StoreError:
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
        return damaged(path, str(error))
    return StoreError(
        f"{str(path)!r} cannot be {action}: {error}; check its folder's permissions and free "
        "space, or choose another run"
    )


def _foreign(path: Path) -> StoreError:
    return StoreError(f"{str(path)!r} is not a store of pytest-rest; choose another run")


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, to a copy where the file's own folder is read-only.

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
        with explained(path, "read", connection), contextlib.closing(_connect(copy, "rw")) as file:
            file.backup(connection)
            connection.execute("PRAGMA query_only=ON")
    return connection


def _connect(path: Path, mode: _Mode) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, timeout=PATIENCE, check_same_thread=False, uri=True)


def _pragma(connection: sqlite3.Connection, *names: str) -> list[Any]:
    return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]


def _files(path: Path) -> list[Path]:
    """What a store may consist of until its writer closes it."""
    return [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-journal", "-shm")]
