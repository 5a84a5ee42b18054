"""Turns records into the calls behind them: the model's, and those of a judge."""

from collections.abc import Callable, Collection, Iterable, Iterator

from pytest_rest.dispatch.seen_digests import SeenDigests
from pytest_rest.terms import Answer, Record, Step, Transcription

Call = Answer | Transcription


def calls(record: Record) -> list[Call]:
    """What a record's item was asked, form by form, and what its pictures were read as."""
    verdict = record.verdict
    asked: list[Call] = [*verdict.answers.values()]
    for again in verdict.repeats.values():
        asked += again
    for read in verdict.transcriptions:
        asked += read.pages or (read,)
    asked += verdict.steps
    return asked


def once(
    records: Collection[Record], of: Callable[[Record], Iterable[Call]] = calls
) -> Iterator[Call]:
    """Each prompt's call, where several records show one the last, in no order.

    Goes over the records twice, so that few calls are kept at a time.
    """
    seen, several = SeenDigests(), set[str]()
    for record in records:
        several.update(call.prompt for call in of(record) if seen.add(call.prompt))
    last: dict[str, Call] = {}
    for record in records:
        for call in of(record):
            if call.prompt in several:
                last[call.prompt] = call
            else:
                yield call
    yield from last.values()


def from_cache(records: Iterable[Record]) -> int:
    """How many prompts were answered by a gateway's cache, as it says."""
    cached = [r for r in records if any(call.from_cache for call in calls(r))]
    return sum(call.from_cache for call in once(cached))


def models(records: Iterable[Record]) -> set[str]:
    """The ids of models that answered, but for a judge's."""
    return {call.model for record in records for call in own_calls(record) if call.model}


def own_calls(record: Record) -> list[Call]:
    """A record's calls, but for those of a judge."""
    asked = calls(record)
    if not record.verdict.steps:
        return asked
    return [c for c in asked if not (isinstance(c, Step) and c.is_judges)]
