"""Keeps the records of a run in a file, and in memory what figures need of them: not the texts."""

import json
import tempfile
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_rest.terms import Record

_IN_MEMORY = 1_000_000  # bytes, above which there is a file


class RecordFile:
    """A line of JSON for each record, in a file without a name: nothing is left of it."""

    def __init__(self, folder: Path | None = None) -> None:
        place = None if folder is None else str(folder)
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=place)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._end = 0

    def keep(self, record: Record | str) -> Record:
        """The record, or that of a line, which reads its texts from the file from now on.

        Where the file cannot be written, the record itself, with its texts.
        """
        line = record if isinstance(record, str) else record.to_json()
        with suppress(OSError):
            self._file.seek(self._end)
            self._file.write(f"{line}\n".encode("ascii"))
            self._file.flush()  # or it may fail later, when the texts are not in memory any more
            kept = KeptRecord.without_texts(line, file=self, place=self._end)
            self._end += len(line) + 1
            return kept
        return Record.from_json(line)

    def line(self, place: int) -> str:
        """The line that begins at that place."""
        self._file.seek(place)
        return self._file.readline().decode("ascii").rstrip("\n")


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
