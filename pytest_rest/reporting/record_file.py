"""Keeps the records of a run in a file, and in memory what figures need of them: not the texts."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_rest.line_file import LineFile
from pytest_rest.terms import Record, record_json
from pytest_rest.terms.quick import quick


class RecordFile:
    """A line of JSON for each record."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lines = LineFile(folder)

    def keep(self, record: Record | str) -> "KeptRecord":
        """The record, or that of a line, which reads its texts from the file from now on."""
        if isinstance(record, str):
            line, data = record, json.loads(record)
        else:
            data = record.to_builtins()
            line = json.dumps(data)
        record_json.leave_out_texts(data)
        return KeptRecord.from_builtins(data, lines=self._lines, place=self._lines.add(line))


@quick
@dataclass(frozen=True, slots=True)
class KeptRecord(Record):
    """A record of which long texts and pictures' digests are in a file, and read from there.

    Its answers have none of them; as JSON and as builtins it is whole.
    """

    lines: LineFile = field(default_factory=LineFile, repr=False, compare=False)
    place: int = field(default=0, compare=False)

    def to_builtins(self) -> dict[str, Any]:
        """The record as the report has it."""
        whole: dict[str, Any] = json.loads(self.to_json())
        return whole

    def to_json(self) -> str:
        """Its line."""
        return self.lines[self.place]
