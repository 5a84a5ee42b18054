"""Keeps lines of text on the disk, from where each is read again by its number."""

import io
import tempfile
import weakref
from array import array
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_IN_MEMORY = 1_000_000  # bytes, above which there is a file


class LineFile:
    """Lines of ASCII in a file without a name: nothing is left of it.

    What comes from when the file cannot be written on stays in memory.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] = io.BytesIO()
        self._ends = array("Q", [0])  # of the lines that are written whole
        self._more: list[str] = []  # of which the file has no room
        self._is_full = False

    def add(self, line: str) -> int:
        """Keep a line; its number, from 0 on."""
        self._is_full = self._is_full or not self._write(f"{line}\n".encode("ascii"))
        if self._is_full:
            self._more.append(line)
        return len(self._ends) + len(self._more) - 2

    def __getitem__(self, number: int) -> str:
        if number >= len(self._ends) - 1:
            return self._more[number - len(self._ends) + 1]
        start, end = self._ends[number : number + 2]
        self._file.seek(start)
        return self._file.read(end - start).decode("ascii").rstrip("\n")

    def _write(self, line: bytes) -> bool:
        """Whether a line is written whole: a disk that is full takes the beginning of it."""
        end = self._ends[-1] + len(line)
        with suppress(OSError):
            if end > _IN_MEMORY and isinstance(self._file, io.BytesIO):
                self._move(self._file.getvalue())
            self._file.seek(self._ends[-1])
            if self._file.write(line) == len(line):
                self._ends.append(end)
                return True
        return False

    def _move(self, lines: bytes) -> None:
        """Write on the disk from now on, without a buffer, which might fail later."""
        place = None if self._folder is None else str(self._folder)
        file: Any = tempfile.TemporaryFile(buffering=0, dir=place)  # noqa: SIM115
        weakref.finalize(self, file.close)
        if file.write(lines) < len(lines):
            raise OSError
        self._file = file
