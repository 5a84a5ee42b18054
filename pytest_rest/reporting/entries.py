"""Turns records into the report's `items`, each when it is looked up."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_rest.metrics import by_field, failure_causes
from pytest_rest.terms import Record

_encode = json.JSONEncoder(allow_nan=False).encode


class Said(NamedTuple):
    """What one form was answered, as far as the matrix tells it."""

    value: str | None
    correct: bool | None
    status: str


class Outline(NamedTuple):
    """What an item is found by in the page, and what its forms were answered."""

    suite: str
    item: str
    style: str
    format: str
    verdict: str
    said: Mapping[str, Said]  # by mode

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Outline":
        """That of one of the report's `items`."""
        said = {
            mode: Said(answer.get("value"), answer["correct"], answer.get("status", ""))
            for mode, answer in entry["answers"].items()
        }
        about = entry["suite"], entry["id"], entry["style"], entry.get("format", "")
        return cls(*about, entry["verdict"], said)


def outlines(items: Sequence[Mapping[str, Any]]) -> Iterator[Outline]:
    """Those of the report's `items`; those of a run are not built for it."""
    return items.outlines() if isinstance(items, Entries) else map(Outline.of, items)


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

    def outlines(self) -> Iterator[Outline]:
        """What is known of each without its texts."""
        for record in self._records:
            answers = record.verdict.answers.items()
            said: dict[str, Said] = {m: Said(a.value, a.correct, a.status) for m, a in answers}
            yield Outline(*record.key, record.format, record.verdict.outcome, said)

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
