"""Paired tests of one mode against another: by hand, against scipy, and their laws."""

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import runs

from pytest_rest import metrics
from pytest_rest.metrics import mode_tests
from pytest_rest.metrics.mode_tests import PAIRS, ModeTest
from pytest_rest.terms import Answer, Mode, Record, Transcription, Verdict


def record(item: str, right: str, style: str = "x", suite: str = "a", read: bool = True) -> Record:
    """An item that is right in the modes named, joined by blanks, and asked in all five."""
    modes = ("text", "image", "mixed", "ocr-first", "ocr-then-solve")
    answers = {
        mode: Answer(cast(Mode, mode), "parsed", "", "1", correct=mode in right.split())
        for mode in modes
    }
    transcription = Transcription("parsed", "", "", 0.0 if read else 0.5, read)
    verdict = Verdict("consistent", cast(Mapping[Mode, Answer], answers), transcription)
    return Record(suite, item, style, "digest", "1", verdict)


def named(found: list[ModeTest]) -> dict[str, ModeTest]:
    """The comparisons by name."""
    return {each.name: each for each in found}


def test_a_mode_test_by_hand() -> None:
    """Four items: text right in 3, image in 1. Differences 1, 1, 0, 0: t = 0.5 / sqrt(1/12)."""
    records = [
        record("i1", "text"),
        record("i2", "text mixed"),
        record("i3", "text image mixed"),
        record("i4", "", read=False),
    ]
    found = named(mode_tests.compare(records))
    assert list(PAIRS) == list(found)
    written = found["text>image"].to_builtins()
    assert (0.5, 4, 3) == (written["difference"], written["n"], written["df"])
    assert written["t"] == pytest.approx(0.5 / (1 / 12) ** 0.5)
    assert written["p"] == pytest.approx(2 * stats.t.sf(3**0.5, 3))
    assert written["low"] == pytest.approx(0.5 - stats.t.ppf(0.975, 3) / 12**0.5)
    read = written["scopes"]["pooled"]["ocr_correct"]
    assert (2 / 3, 3) == pytest.approx((read["difference"], read["n"]))
    assert -0.25 == found["image<mixed"].to_builtins()["difference"]
    assert -0.25 == found["ocr-first>image"].to_builtins()["difference"]


def test_styles_are_averaged_before_they_are_compared() -> None:
    """Ten styles of two items are two pairs, not twenty."""
    records = [
        record(i, "text image" if s < n else "text", str(s))
        for i, n in (("i", 5), ("j", 0))
        for s in range(10)
    ]
    test = mode_tests.compare(records)[0].to_builtins()
    assert (2, 0.75) == (test["n"], test["difference"])


def test_equal_differences_have_no_interval() -> None:
    """Nothing varies: a difference, and neither t nor p nor bounds."""
    test = mode_tests.compare([record("i", "text"), record("j", "text")])[0].to_builtins()
    assert (1.0, 2, None, None) == (test["difference"], test["n"], test["t"], test["p"])
    assert (None, None) == (test["low"], test["high"])


def test_a_mode_that_was_not_asked_has_no_test() -> None:
    """Only pairs of which both are there; and of nothing there is nothing."""
    whole = record("i", "text")
    kept: list[Mode] = ["text", "image"]
    answers = {mode: whole.verdict.answers[mode] for mode in kept}
    bare = replace(whole, verdict=replace(whole.verdict, answers=answers))
    assert ["text>image"] == [each.name for each in mode_tests.compare([bare])]
    assert [] == mode_tests.compare([])


@given(runs(), st.randoms(use_true_random=False))
def test_mode_tests_are_scipys_whatever_the_order(records: list[Record], shuffle: object) -> None:
    """The order plays no part; a difference is that of the mean shares; scipy finds the same t."""
    mixed_up = list(records)
    shuffle.shuffle(mixed_up)  # type: ignore[attr-defined]
    found = mode_tests.compare(records)
    assert found == mode_tests.compare(mixed_up)
    for each in found:
        one, other = PAIRS[each.name]
        assert {*each.scopes} == {*(r.suite for r in records), "pooled"}
        for scope, subsets in each.scopes.items():
            test = subsets["all"]
            items: dict[tuple[str, str], list[Record]] = {}
            for r in records:
                if scope in (r.suite, "pooled"):
                    items.setdefault((r.suite, r.item), []).append(r)
            a, b = (
                [fmean(r.verdict.answers[m].is_right for r in g) for g in items.values()]
                for m in (one, other)
            )
            assert test is not None
            assert test.value == pytest.approx(fmean(a) - fmean(b))
            assert len(items) == test.n
            if test.t is not None:
                theirs = stats.ttest_rel(a, b)
                assert (theirs.statistic, theirs.pvalue) == pytest.approx((test.t, test.p))


@given(runs())
def test_the_difference_is_that_of_the_accuracies(records: list[Record]) -> None:
    """As the metrics of the same scope and subset say, wherever both modes were asked."""
    table = metrics.table(records)
    for each in mode_tests.compare(records):
        one, other = PAIRS[each.name]
        for scope, subsets in each.scopes.items():
            for subset, test in subsets.items():
                accuracy = table[scope][subset].accuracy
                if test is None:
                    continue
                first, second = accuracy[one], accuracy[other]
                assert first is not None
                assert second is not None
                assert test.value == pytest.approx(first.value - second.value)
