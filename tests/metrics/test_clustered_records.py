"""Records of items that belong together: what repeats another item says nothing new."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from test_evidence import record

from pytest_rest import metrics
from pytest_rest.metrics import advice, mode_tests, style_effects
from pytest_rest.terms import MODES, Answer, Rate, Record, Style, Transcription

STYLES = {style.id: style for style in (Style(), Style(dpi=50))}
Compute = Callable[[Sequence[Record]], Rate | None]


def once(n: int = 30, shares_wrong: tuple[float, float] = (0.2, 0.6)) -> list[Record]:
    """Items in two styles, some of them wrong as an image, more of them at 50 DPI."""
    draws, records = random.Random(7), []
    for style, wrong in zip(STYLES, shares_wrong, strict=True):
        for number in range(n):
            right = [m for m in MODES if m != "image" or draws.random() > wrong]
            records.append(record("one", number, right, style))
    return records


def repeated(records: Sequence[Record], are_clustered: bool, times: int = 3) -> list[Record]:
    """Each item several times, under other names; together, or as if they stood alone."""
    return [
        replace(each, item=f"{each.item}-{time}", cluster=each.item if are_clustered else "")
        for each in records
        for time in range(times)
    ]


def _text_over_image(records: Sequence[Record]) -> Rate | None:
    tests = {test.name: test for test in mode_tests.compare(records)}
    return tests["text>image"].scopes["pooled"]["all"]


def _effect(records: Sequence[Record]) -> Rate | None:
    return style_effects.table(records, STYLES)[0].accuracy


def limits(rate: Rate | None) -> tuple[float, float]:
    """Its interval."""
    assert rate is not None
    assert rate.low is not None
    assert rate.high is not None
    return rate.low, rate.high


def _excess(records: Sequence[Record]) -> Rate | None:
    """As if each form had been asked twice, and the image's answers differed where it was wrong."""
    asked = []
    for each in records:
        answers, verdict = each.verdict.answers, each.verdict
        odd = Answer("image", "parsed", "", "3")
        again = {mode: (answer if answer.correct else odd,) for mode, answer in answers.items()}
        asked.append(replace(each, verdict=replace(verdict, repeats=again)))
    return metrics.compute(asked).excess_inconsistency


@pytest.mark.parametrize("compute", [_text_over_image, _effect, _excess])
def test_differences_are_as_sure_as_of_single_items(compute: Compute) -> None:
    """A mode against another, a resolution against another: the same interval, of more items."""
    single, together, alone = (
        limits(compute(each)) for each in (once(), repeated(once(), True), repeated(once(), False))
    )
    assert single == pytest.approx(together)
    assert alone[1] - alone[0] < 0.7 * (single[1] - single[0])


def test_advice_is_as_sure_as_of_single_items() -> None:
    """The same advice, with the same bounds."""
    found = [
        [
            (each.about, pytest.approx(each.low), pytest.approx(each.high), each.safe_dpi)
            for each in advice.give(records, STYLES, style_effects.table(records, STYLES)).given
        ]
        for records in (once(), repeated(once(), True))
    ]
    assert found[0] == found[1] != []


def test_a_resolution_is_not_safe_by_repetition() -> None:
    """Of 25 items ten times over, right at 200 DPI: 250 items that stand alone say more."""
    records, safe = once(25, (0.0, 0.6)), []
    for are_clustered in (True, False):
        asked = repeated(records, are_clustered, 10)
        given = advice.give(asked, STYLES, style_effects.table(asked, STYLES)).given
        safe.append({each.safe_dpi for each in given if each.about == "dpi 50"})
    assert [{None}, {200}] == safe


def test_rates_are_about_as_sure_as_of_single_items() -> None:
    """Worth one less than the clusters; accuracies of two styles, by what clusters differ."""
    table = metrics.table(repeated(once(), True))["one"]["all"]
    assert 29 == pytest.approx(table.samples["rer"].worth)
    alone = metrics.table(once())["one"]["all"]
    for name in ("accuracy.image", "all_correct", "cfr", "mmc", "ocr_correct_rate"):
        assert limits(alone.rate(name)) == pytest.approx(limits(table.rate(name)), abs=0.03)


def test_error_rates_are_as_sure_as_of_single_items() -> None:
    """The transcriptions of three copies of an item are wrong together."""
    single, together, alone = (
        limits(metrics.compute([*map(_misread, records)]).cer)
        for records in (once(), repeated(once(), True), repeated(once(), False))
    )
    assert single == pytest.approx(together)
    assert alone[1] - alone[0] < 0.8 * (single[1] - single[0])


def _misread(record: Record) -> Record:
    """As wrong as the item's number has it."""
    rate = int(record.item.split("-")[0]) % 5 / 10
    read = Transcription("parsed", "", "3A = 6", rate, rate == 0)
    return replace(record, verdict=replace(record.verdict, transcription=read))
