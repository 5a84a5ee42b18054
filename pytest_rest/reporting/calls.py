"""Turns records into the calls behind them: the model's, and those of a judge."""

from collections.abc import Iterable

from pytest_rest.terms import Answer, Record, Step, Transcription


def calls(record: Record) -> list[Answer | Transcription]:
    """What a record's item was asked, form by form, and what its pictures were read as."""
    verdict = record.verdict
    repeats = [answer for answers in verdict.repeats.values() for answer in answers]
    pages = [page for read in verdict.transcriptions for page in (read.pages or (read,))]
    return [*verdict.answers.values(), *repeats, *pages, *verdict.steps]


def from_cache(records: Iterable[Record]) -> int:
    """How many prompts were answered by a gateway's cache, as it says."""
    asked = {call.prompt: call for record in records for call in calls(record)}
    return sum(call.from_cache for call in asked.values())


def own_calls(record: Record) -> list[Answer | Transcription]:
    """A record's calls, but for those of a judge."""
    return [c for c in calls(record) if not (isinstance(c, Step) and c.is_judges)]
