"""Keeps the records of a run in a file, and in memory what figures need of them: not the texts."""

import io
import json
import tempfile
import weakref
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pytest_rest.terms import Record
from pytest_rest.terms.quick import quick

_IN_MEMORY = 1_000_000  # bytes, above which there is a file


class RecordFile:
    """A line of JSON for each record, in a file without a name: nothing is left of it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._file: IO[bytes] = io.BytesIO()
        self._ends = array("Q", [0])  # of the lines that are written whole
        self._is_full = False

    def keep(self, record: Record | str) -> Record:
        """The record, or that of a line, which reads its texts from the file from now on.

        From when the file cannot be written, the record itself, with its texts.
        """
        line = record if isinstance(record, str) else record.to_json()
        if not self._is_full and self._write(f"{line}\n".encode("ascii")):
            return KeptRecord.without_texts(line, file=self, place=len(self._ends) - 2)
        self._is_full = True
        return Record.from_json(line)

    def line(self, place: int) -> str:
        """The line that was written as the one of that number, from 0 on."""
        start, end = self._ends[place : place + 2]
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


@quick
@dataclass(frozen=True, slots=True)
class KeptRecord(Record):
    """A record of which long texts and pictures' digests are in a file, and read from there.

    Its answers have none of them; as JSON and as builtins it is whole.
    """

    file: RecordFile | None = field(default=None, repr=False, compare=False)
    place: int = field(default=0, compare=False)

    def to_builtins(self) -> dict[str, Any]:
        """The record as the report has it."""
        whole: dict[str, Any] = json.loads(self.to_json())
        return whole

    def to_json(self) -> str:
        """Its line."""
        assert self.file is not None  # noqa: S101 (a record without a file is none of these)
        return self.file.line(self.place)
