"""Where an inconsistent item failed: each cause, their order, and their sums."""

from dataclasses import replace

import pytest
from hypothesis import given
from strategies import records, runs

from pytest_rest import metrics, scoring
from pytest_rest.metrics import failure_causes
from pytest_rest.metrics.agreement import Group
from pytest_rest.metrics.failure_causes import CAUSES, Cause
from pytest_rest.reporting.entries import entry
from pytest_rest.terms import MODES, Answer, Record, Status, Transcription


def record(said: str, read: bool | None = True, style: str = "x", item: str = "i") -> Record:
    """Three answers by their initials: a value's digit, Refused, Truncated, Unparseable,
    Abstained, Failed."""
    statuses: dict[str, Status] = {
        "R": "refused",
        "T": "truncated",
        "U": "unparseable",
        "A": "abstained",
        "F": "failed",
    }
    answers = [
        Answer(mode, statuses.get(each, "parsed"), "", None if each in statuses else each)
        for mode, each in zip(MODES, said, strict=True)
    ]
    cer = 0.0 if read else 0.5
    transcription = None if read is None else Transcription("parsed", "", "", cer, bool(read))
    return Record("a", item, style, "digest", "1", scoring.judge(answers, transcription))


@pytest.mark.parametrize(
    ("said", "read", "expected"),
    [
        ("111", True, None),
        ("222", False, None),
        ("F12", True, None),
        ("112", False, "misread"),
        ("R12", False, "misread"),
        ("UUU", False, "misread"),
        ("R1U", True, "refused"),
        ("RRR", None, "refused"),
        ("RAU", True, "refused"),
        ("AAA", True, "abstained"),
        ("1AU", None, "abstained"),
        ("AAA", False, "misread"),
        ("11U", True, "no answer"),
        ("TTT", None, "no answer"),
        ("112", True, "misreasoned"),
        ("123", True, "misreasoned"),
        ("112", None, "unknown"),
    ],
)
def test_the_first_cause_that_holds_counts(
    said: str, read: bool | None, expected: Cause | None
) -> None:
    """The first cause that holds."""
    assert expected == failure_causes.cause(Group([record(said, read)]))
    assert expected == entry(record(said, read))["failed_at"]


def test_an_item_of_one_form_has_no_answer_either() -> None:
    """Nothing is inconsistent where one form is asked; a report says that it has no value."""
    asked = record("UUU", None)
    answer = asked.verdict.answers["text"]
    verdict = replace(asked.verdict, outcome="consistent", answers={"text": answer})
    assert "no answer" == entry(replace(asked, verdict=verdict))["failed_at"]


def test_abstentions_are_counted_by_form() -> None:
    """Each form's, of all its answers; whatever else went wrong with the item."""
    found = failure_causes.abstentions([record("1AU"), record("AAR", False, item="j")])
    assert {
        "text": {"answers": 2, "abstained": 1},
        "image": {"answers": 2, "abstained": 2},
        "mixed": {"answers": 2, "abstained": 0},
    } == found
    assert {} == failure_causes.abstentions([])


def test_an_item_in_several_styles_has_one_cause() -> None:
    """Alike in each style and not between them: it was misreasoned, or misread where one was."""
    assert "misreasoned" == failure_causes.cause(
        Group([record("111", style="x"), record("222", style="y")])
    )
    assert "misread" == failure_causes.cause(Group([record("111"), record("222", False, "y")]))
    assert None is failure_causes.cause(Group([record("111"), record("111", False, "y")]))


@given(runs())
def test_causes_add_up_to_the_inconsistent_items(found: list[Record]) -> None:
    """Causes add up to the items that are not equivalent; less the misread, to the OCR-correct."""
    counted, table = failure_causes.count(found), metrics.table(found)
    assert {*counted} == {*table} - {"mean"}
    for scope, numbers in counted.items():
        total = sum(numbers[each] for each in CAUSES)
        assert total == numbers["inconsistent"]
        whole, read = table[scope]["all"], table[scope]["ocr_correct"]
        assert numbers["items"] == whole.items
        agreeing = whole.rer.value * whole.rer.n if whole.rer else 0
        assert numbers["items"] - total == pytest.approx(agreeing)
        if whole.ocr_correct_rate and whole.ocr_correct_rate.n == whole.items:
            agreeing = read.rer.value * read.rer.n if read.rer else 0
            assert read.items - agreeing == pytest.approx(total - numbers["misread"])


@given(records(failing=True))
def test_only_what_is_inconsistent_has_a_cause(found: Record) -> None:
    """A record has one exactly when its verdict is `inconsistent`."""
    expected = found.verdict.outcome == "inconsistent"
    assert expected == (failure_causes.cause(Group([found])) is not None)
