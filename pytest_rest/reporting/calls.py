"""Turns records into the calls behind them: the model's, and those of a judge."""

from collections.abc import Iterable

from pytest_rest.terms import Answer, Record, Step, Transcription


def calls(record: Record) -> list[Answer | Transcription]:
    """What a record's item was asked, form by form, and what its pictures were read as."""
    verdict = record.verdict
    asked: list[Answer | Transcription] = [*verdict.answers.values()]
    for again in verdict.repeats.values():
        asked += again
    for read in verdict.transcriptions:
        asked += read.pages or (read,)
    asked += verdict.steps
    return asked


def from_cache(records: Iterable[Record]) -> int:
    """How many prompts were answered by a gateway's cache, as it says."""
    cached = [r for r in records if any(call.from_cache for call in calls(r))]
    asked = {call.prompt: call for record in cached for call in calls(record)}
    return sum(call.from_cache for call in asked.values())


def models(records: Iterable[Record]) -> set[str]:
    """The ids of models that answered, but for a judge's."""
    return {call.model for record in records for call in own_calls(record) if call.model}


def own_calls(record: Record) -> list[Answer | Transcription]:
    """A record's calls, but for those of a judge."""
    asked = calls(record)
    if not record.verdict.steps:
        return asked
    return [c for c in asked if not (isinstance(c, Step) and c.is_judges)]
