"""What is kept of a run's records: figures from memory, and all else from a file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import records

from pytest_rest import metrics, scoring
from pytest_rest.reporting import usage
from pytest_rest.reporting.entries import Entries, Outline, entry
from pytest_rest.reporting.record_file import RecordFile
from pytest_rest.terms import Answer, FieldAnswer, Record, Transcription

TOLD = {"seconds": 1.0}


def record(text: str = "It is 3.") -> Record:
    """A record of one answer and one transcription."""
    answer = Answer("text", "parsed", text, "3", True, image="d1")
    read = Transcription("parsed", "as read", "as drawn", 0.1, image="d2", seconds=2.0)
    return Record("a", "i", "s", "digest", "3", scoring.judge([answer], read))


@given(st.lists(records(), max_size=4, unique_by=lambda record: record.key))
def test_figures_and_what_is_written_are_those_of_the_records(whole: Sequence[Record]) -> None:
    """Whatever a model wrote: metrics, usage, report.json's items and the matrix's cells."""
    file = RecordFile()
    kept = [
        file.keep(record if place % 2 else record.to_json()) for place, record in enumerate(whole)
    ]
    assert metrics.table(whole) == metrics.table(kept)
    assert usage.of(whole, (), 0, TOLD) == usage.of(kept, (), 0, TOLD)
    assert [each.to_builtins() for each in whole] == [each.to_builtins() for each in kept]
    built = [entry(record, "test") for record in whole]
    entries = Entries(kept, {record.key: "test" for record in whole})
    assert built == [*entries]
    assert [*map(json.dumps, built)] == [*entries.lines()]
    assert [*map(Outline.of, built)] == [*entries.outlines()]


def test_texts_stay_in_the_file() -> None:
    """Figures need the length of an answer alone, where one reports no tokens, and no more."""
    kept = RecordFile().keep(record())
    answer, read = kept.verdict.answers["text"], kept.verdict.transcription
    assert read
    assert (" " * 8, None, "3") == (answer.text, answer.image, answer.value)
    assert ("", "", None, 0.1, 0.0) == (
        read.text,
        read.reference,
        read.image,
        read.cer,
        read.seconds,
    )


def test_a_failure_is_kept() -> None:
    """It tells what a budget had no room for."""
    failed = Answer("text", "failed", "HTTP 500")
    lost = replace(record(), verdict=scoring.judge([failed]))
    assert "HTTP 500" == RecordFile().keep(lost).verdict.answers["text"].text


def test_a_file_that_cannot_be_written_costs_memory_alone(tmp_path: Path) -> None:
    """A disk that is full, or a folder that is gone: what is written stays whole."""
    file = RecordFile(tmp_path / "gone")
    first, long = record(), record("3 " * 1_000_000)
    kept = [file.keep(each) for each in (first, long, first)]
    assert [first.to_json(), long.to_json(), first.to_json()] == [each.to_json() for each in kept]


@pytest.mark.parametrize("room", [600_000, 1_200_000], ids=["none", "for some"])
def test_a_disk_that_becomes_full_takes_nothing_of_what_was_kept(tmp_path: Path, room: int) -> None:
    """It is told when memory's lines are moved there, or when the end of a line has no room."""
    resource = pytest.importorskip("resource", reason="holds files to a size")
    whole = [record(f"{number} " * 2_000) for number in range(10)] * 35
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, was[1]))
    try:
        file = RecordFile(tmp_path)
        kept = [file.keep(each) for each in whole]
        assert all(one.to_json() == other.to_json() for one, other in zip(whole, kept, strict=True))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


def test_fields_that_are_called_as_sizes_are(tmp_path: Path) -> None:
    """A picture's size is kept once for all that have it, and a field is no size."""
    names = ("width", "height", "dpi")
    fields: dict[str, FieldAnswer] = {name: {"value": "3", "correct": True} for name in names}
    answer = replace(record().verdict.answers["text"], fields=fields)
    whole = replace(record(), verdict=scoring.judge([answer]))
    assert asdict(whole) == asdict(Record.from_json(whole.to_json()))
    assert whole.to_json() == RecordFile(tmp_path).keep(whole).to_json()
