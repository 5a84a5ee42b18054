"""Turns records into the report's `items`, each when it is looked up."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rest.metrics import by_field, failure_causes
from pytest_rest.terms import Record


class Entries(Sequence[dict[str, Any]]):
    """The report's `items`, each built from its record when it is looked up."""

    def __init__(
        self, records: Sequence[Record], tests: Mapping[tuple[str, str, str], str]
    ) -> None:
        self._records, self._tests = records, tests

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Entries(self._records[place], self._tests)
        record = self._records[place]
        return entry(record, self._tests.get(record.key, ""))


def entry(record: Record, test: str = "") -> dict[str, Any]:
    """One of the report's `items`: a record, where it failed, and the test function that asked."""
    content = {
        **record.to_builtins(),
        "failed_at": failure_causes.cause([record]),
        "test": test,
    }
    flips = by_field.flips(record.verdict)
    return {**content, "flips": flips} if flips else content
