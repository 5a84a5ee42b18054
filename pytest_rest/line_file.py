"""Keeps lines of text on the disk, from where each is read again by its number."""

import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

_AT_ONCE = 1_000_000  # bytes that are written or read together; fewer need no file


class LineFile:
    """Lines of ASCII in a file without a name: nothing is left of it.

    From when the file cannot be written on they stay in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._ends = array("Q", [0])  # of the lines that are in the file
        self._waiting: list[bytes] = []  # those after them
        self._size = 0  # of these
        self._is_full = False

    def __len__(self) -> int:
        return len(self._ends) - 1 + len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        start, written = 0, len(self._ends) - 1
        while start < written:
            last = bisect_right(self._ends, self._ends[start] + _AT_ONCE) - 1
            end = max(last, start + 1)  # a line may be longer by itself
            yield from self._read(start, end)
            start = end
        for line in self._waiting:
            yield line.decode("ascii")

    def __getitem__(self, number: int) -> str:
        written = len(self._ends) - 1
        if number >= written:
            return self._waiting[number - written].decode("ascii")
        return self._read(number, number + 1)[0]

    def add(self, line: str) -> int:
        """Keep a line; its number, from 0 on."""
        self._waiting.append(line.encode("ascii"))
        self._size += len(line) + 1
        if self._size > _AT_ONCE and not self._is_full:
            self._is_full = not self._write()
        return len(self._ends) + len(self._waiting) - 2

    def _read(self, start: int, end: int) -> list[str]:
        assert self._file is not None  # noqa: S101 (lines are written to it)
        self._file.seek(self._ends[start])
        text = self._file.read(self._ends[end] - self._ends[start])
        return text.decode("ascii").split("\n")[:-1]

    def _write(self) -> bool:
        """Whether all that waits is written: a disk that is full takes the beginning of it."""
        with suppress(OSError):
            file = self._file = self._file or self._opened()
            file.seek(self._ends[-1])
            if file.write(b"".join(line + b"\n" for line in self._waiting)) == self._size:
                sizes = (len(line) + 1 for line in self._waiting)
                ends = array("Q", accumulate(sizes, initial=self._ends[-1]))
                # at once, for an interrupt may come between two steps
                self._ends, self._waiting, self._size = self._ends[:-1] + ends, [], 0
                return True
        return False

    def _opened(self) -> IO[bytes]:
        """A file without a buffer, which might fail later."""
        place = None if self._folder is None else str(self._folder)
        file: Any = tempfile.TemporaryFile(buffering=0, dir=place)  # noqa: SIM115
        weakref.finalize(self, file.close)
        opened: IO[bytes] = file
        return opened
