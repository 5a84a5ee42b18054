"""Turns an inconsistent item's records into where it failed: transcribing, answering or neither.

The first of these that holds, over an item's forms in text, image and mixed; a report has the word
on the left, and people are shown that of `WORDS`:

    misread      a transcription is not right (so REST's OCR-correct subset has none of these)
    refused      an answer was refused
    abstained    an answer says only that there is none, such as "I don't know"
    no answer    an answer was cut short, or has no value that can be read
    misreasoned  transcribed rightly and answered in every form, but differently
    unknown      answered in every form, but differently; no transcription is known

It is where the item failed first, not why: an error in a transcription may have nothing to do with
the answers. How much reading explains is in `reading`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from pytest_rest.metrics.agreement import Group, by_suite, compared
from pytest_rest.scoring import agree
from pytest_rest.terms import COMPARED, Mode, Record

Cause = Literal["misread", "refused", "abstained", "no answer", "misreasoned", "unknown"]
_OF_ONE: tuple[Cause, ...] = ("refused", "abstained")  # which one answer's status says
CAUSES: tuple[Cause, ...] = get_args(Cause)
WORDS: dict[str, str] = {
    "misread": "transcribed wrongly",
    "refused": "refused",
    "abstained": "abstained",
    "no answer": "without an answer",
    "misreasoned": "transcribed rightly",
    "unknown": "answered differently",
}


def cause(records: Sequence[Record]) -> Cause | None:
    """Where an item failed, in these styles; None if it is consistent or a record is lost."""
    answers = [answer for record in records for answer in compared(record)]
    if agree(answer.value for answer in answers) or any(r.verdict.lost for r in records):
        return None
    was_read = [bool(record.verdict.transcriptions) for record in records]
    statuses = {answer.status for answer in answers}
    if any(not read.correct for record in records for read in record.verdict.transcriptions):
        return "misread"
    for cause_of_one in _OF_ONE:
        if cause_of_one in statuses:
            return cause_of_one
    if statuses != {"parsed"}:
        return "no answer" if statuses else None
    return "misreasoned" if all(was_read) else "unknown"


def count(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """The numbers of items, of inconsistent ones and of each cause, by suite and pooled.

    An item in several styles counts once, with all its forms, as in RER: the causes add up to the
    inconsistent items, and those transcribed rightly to the OCR-correct subset's if every item was
    transcribed. The records are those of items without a lost one.
    """
    suites = {suite: _count(groups) for suite, groups in by_suite(records).items()}
    pooled = {
        name: sum(counts[name] for counts in suites.values())
        for name in ("items", "inconsistent", *CAUSES)
    }
    return {**suites, "pooled": pooled}


def abstentions(records: Iterable[Record]) -> dict[Mode, dict[str, int]]:
    """Of the answers in each of text, image and mixed, how many only say that there is none."""
    counts: Counter[Mode] = Counter()
    abstained: Counter[Mode] = Counter()
    for record in records:
        for answer in compared(record):
            counts[answer.mode] += 1
            abstained[answer.mode] += answer.status == "abstained"
    return {m: {"answers": counts[m], "abstained": abstained[m]} for m in COMPARED if counts[m]}


def _count(groups: Sequence[Group]) -> dict[str, int]:
    apart = [group for group in groups if not group.counted.agrees]
    causes = Counter(each for group in apart if (each := cause(group)))
    return {
        "items": len(groups),
        "inconsistent": causes.total(),
        **{each: causes[each] for each in CAUSES},
    }
