"""Turns a command into what its process, and all that it started, took of the machine (Linux)."""

import contextlib
import functools
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2  # seconds between two looks at the memory
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Finished:
    """A process that ended; `started` is on the machine's monotonic clock.

    `cpu_seconds` are user and system of the process and every child that was waited for.
    `peak_bytes` is the most memory of the whole tree at one time: what is each process's own,
    and the largest share of files that they map in common.
    """

    status: int
    started: float
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    out: str


def new_folder() -> Path:
    """A folder that is there until this process ends.

    For minutes after many files were deleted, ext4 takes several times as long to make one.
    """
    return Path(tempfile.mkdtemp(dir=_folders().name))


@functools.cache
def _folders() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="rest-bench-")


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str], limit: float) -> Finished:
    """Run a command in a folder and wait; after `limit` seconds it is killed."""
    written = folder / "out.txt"
    with written.open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=out, stderr=out, start_new_session=True
        )
        memory = _Memory(process.pid, started + limit)
        try:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            memory.stop()
            _kill(process.pid)
    return Finished(
        status=process.returncode,
        started=started,
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=memory.peak,
        out=written.read_text("utf-8", "replace"),
    )


class _Memory:
    """Looks at a session's memory in a thread, and ends the session at its deadline."""

    def __init__(self, session: int, deadline: float) -> None:
        self.peak = 0
        self._session = session
        self._deadline = deadline
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self.peak = max(self.peak, _in_use(self._session))
            if time.monotonic() > self._deadline:
                _kill(self._session)


def _in_use(session: int) -> int:
    """Bytes; statm and not smaps_rollup, which holds up each process for milliseconds."""
    own, shared = 0, [0]
    for name in os.listdir("/proc"):  # noqa: PTH208 (five times a second: the cheap way)
        with contextlib.suppress(OSError):  # it ended meanwhile
            if name.isdigit() and os.getsid(int(name)) == session:
                words = Path("/proc", name, "statm").read_text("ascii").split()
                own += int(words[1]) - int(words[2])
                shared.append(int(words[2]))
    return (own + max(shared)) * _PAGE


def _kill(session: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
