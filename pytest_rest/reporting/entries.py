"""Turns records into the report's `items`, each when it is looked up."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.metrics import by_field, failure_causes
from pytest_rest.terms import Record

_encode = json.JSONEncoder(allow_nan=False).encode


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

    def lines(self) -> Iterator[str]:
        """Each as JSON on a line, of which most is the record's own."""
        for record in self._records:
            more = _more(record, self._tests.get(record.key, ""))
            yield f"{record.to_json()[:-1]}, {_encode(more)[1:]}"


def entry(record: Record, test: str = "") -> dict[str, Any]:
    """One of the report's `items`: a record, where it failed, and the test function that asked."""
    return {**record.to_builtins(), **_more(record, test)}


def _more(record: Record, test: str) -> dict[str, Any]:
    more = {"failed_at": failure_causes.cause([record]), "test": test}
    flips = by_field.flips(record.verdict)
    return {**more, "flips": flips} if flips else more
