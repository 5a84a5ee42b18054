"""Thresholds with a confidence: passed, missed, or undecided, which does not pass."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest

from pytest_rest import gate, metrics, scoring
from pytest_rest.gate import evidence
from pytest_rest.gate.thresholds import parse
from pytest_rest.metrics import Table
from pytest_rest.statistics import bounds, paired
from pytest_rest.statistics.intervals import proportion
from pytest_rest.terms import MODES, Answer, Mode, Record, Transcription

RUNS = pytest.mark.parametrize("workers", [("-pno:xdist",), ("-n0",), ("-n2",)], ids=" ".join)


def record(suite: str, item: int, right: Sequence[Mode] = MODES, style: str = "s") -> Record:
    """An item that is right in these modes and wrong alike in the others."""
    answers = [Answer(m, "parsed", "", "1" if m in right else "2", m in right) for m in MODES]
    read = Transcription("parsed", "x", "x", 0.0, True)
    return Record(suite, str(item), style, "digest", "1", scoring.judge(answers, read))


def consistent(n: int, of: int, suite: str = "one") -> list[Record]:
    """So many consistent items of so many, none of them wrong alike."""
    return [record(suite, i, MODES if i < n else ("text",)) for i in range(of)]


def outcome(text: str, records: Sequence[Record], confidence: float = 0.95) -> gate.JudgedThreshold:
    """One threshold, judged."""
    table = metrics.table(records)
    found = gate.judge(
        [parse(text)],
        {"": table},
        {},
        confidence=confidence,
        parts={"": metrics.by_style(records, table)},
    )
    assert (found.thresholds[0].outcome == "passed") == found.passed
    return found.thresholds[0]


@pytest.mark.parametrize(
    ("text", "n", "of", "expected"),
    [
        ("rer>=0.9", 100, 100, "passed"),
        ("rer>=0.9", 28, 28, "undecided"),  # 0.9^28 is 0.052
        ("rer>=0.9", 29, 29, "passed"),  # and 0.9^29 is 0.047
        ("rer>=0.9", 80, 100, "failed"),
        ("rer>=0.9", 90, 100, "undecided"),
        ("rer<=0.9", 80, 100, "passed"),
        ("cfr<=0.1", 100, 100, "passed"),
        ("cfr<=0.1", 70, 100, "failed"),
        ("rer@one>=0.9", 100, 100, "passed"),
        ("rer@s>=0.9", 100, 100, "passed"),
        ("accuracy.image>=0.9", 29, 29, "passed"),
        ("rer>=1", 100, 100, "undecided"),
        ("cer<=0.01", 100, 100, "undecided"),  # 0.99^100 is 0.37
    ],
)
def test_outcomes_by_exact_bounds(text: str, n: int, of: int, expected: str) -> None:
    """By exact one-sided bounds."""
    assert expected == outcome(text, consistent(n, of)).outcome


def test_what_would_decide_it() -> None:
    """How many more items, or that none would; the value as it is, and both bounds."""
    said = outcome("rer>=0.9", consistent(19, 20)).reason
    start = "rer>=0.9 is undecided: 95.0 % [78.4, 99.7], n = 20; each end is sure at 0.95; about "
    assert start == said[: len(start)]
    more = int(said.removeprefix(start).split()[0].replace(",", ""))
    n = 20 + more
    assert "passed" == outcome("rer>=0.9", consistent(round(0.95 * n), n)).outcome
    never = outcome("rer>=0.9", consistent(18, 20)).reason
    assert never.endswith("; no number of items would decide it")


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_more_confidence_decides_no_more(counts: tuple[int, int]) -> None:
    """What is undecided at 0.9 is so at 0.99; no verdict turns over."""
    records = consistent(*counts)
    low, high = (outcome("rer>=0.8", records, each).outcome for each in (0.9, 0.99))
    assert high in (low, "undecided")


def test_the_gate_errs_no_more_than_it_says() -> None:
    """A model whose true rates are at the threshold, in two suites of one size, a thousand runs."""
    draws, wrong = random.Random(5), {"passed": 0, "failed": 0, "undecided": 0}
    for _ in range(1000):
        table: Table = {}
        for suite, rate in (("a", 0.85), ("b", 0.95)):
            n = sum(draws.random() < rate for _ in range(60))
            rates = metrics.compute([])
            found = metrics.Metrics(**{**vars(rates), "items": 60, "rer": proportion(n, 60)})
            table[suite] = {"all": found, "ocr_correct": rates}
        table["mean"] = {
            subset: metrics.mean([table[each][subset] for each in ("a", "b")])
            for subset in metrics.SUBSETS
        }
        judged = gate.judge([parse("rer>=0.9")], {"": table}, {}, confidence=0.95)
        wrong[judged.thresholds[0].outcome] += 1
    assert wrong["passed"] <= 65  # 50, and two deviations
    assert wrong["failed"] <= 65


def test_an_accuracy_over_styles_is_not_a_whole_count() -> None:
    """An item right in half of its styles counts half, and varies less than one in one style."""
    one = [record("one", i, MODES, "a") for i in range(60)]
    half = [*one, *(record("one", i, MODES if i % 2 else (), "b") for i in range(60))]
    table = metrics.table(half)
    found = evidence.of("accuracy.image", [table["one"]["all"]])
    assert found is not None
    assert 0.75 == found.value
    whole = bounds.lower(45, 60, 0.95), bounds.upper(45, 60, 0.95)
    limits = found.limits(0.95)
    assert limits is not None
    assert whole[0] < limits[0] < 0.75 < limits[1] < whole[1]
    assert None is evidence.of("cfr", [metrics.compute([])])


def test_items_of_clusters_are_judged_by_what_they_are_worth() -> None:
    """Forty items agree, of four templates: worth four, which is not enough; alone it is."""
    records = [replace(each, cluster=str(int(each.item) // 10)) for each in consistent(40, 40)]
    judged = outcome("rer>=0.9", records)
    assert "undecided" == judged.outcome
    assert (
        "100.0 % [47.3, 100.0], n = 40 in 4 clusters, worth 4; each end is sure at 0.95"
        in judged.reason
    )
    assert "passed" == outcome("rer>=0.9", consistent(40, 40)).outcome
    table = metrics.table(records)
    without = gate.judge([parse("rer>=0.9")], {"": table}, {}).thresholds[0].reason
    assert "passed: 100.0 % [28.3, 100.0], n = 40 in 4 clusters, worth 4" in without
    other = [replace(each, suite="two") for each in records]
    assert 8 == metrics.table([*records, *other])["pooled"]["all"].samples["rer"].units


def test_a_mean_has_the_variance_of_its_interval() -> None:
    """The t interval of the report, and the bounds of the gate, rest on the same spread."""
    values = [0.0, 0.1, 0.3, 0.0, -0.2, 0.05]
    rates = {"items": 6, "excess_inconsistency": paired.mean(values)}
    suites = [metrics.Metrics(**{**vars(metrics.compute([])), **rates})]
    found = evidence.of("excess_inconsistency", suites)
    assert found is not None
    assert pytest.approx(bounds.Means((bounds.spread(values),)).limits(0.9)) == found.limits(0.9)


@pytest.mark.parametrize("metric", ["modality_excess", "format_floor"])
def test_what_formats_do_is_of_the_suites_that_have_them(metric: str) -> None:
    """One without a table leaves the mean, and its bounds, as they are."""
    none, values = metrics.compute([]), [0.0, 0.1, 0.3, 0.0, 0.2, 0.05]
    some = metrics.Metrics(**{**vars(none), "items": 6, metric: paired.mean(values)})
    alone, both = (evidence.of(metric, suites) for suites in ([some], [none, some]))
    assert alone is not None
    assert both is not None
    assert alone.limits(0.9) == both.limits(0.9)
    assert evidence.of(metric, [none]) is None


@pytest.mark.parametrize(("n", "expected"), [(58, "undecided"), (59, "passed")])
def test_a_perfect_reader_passes_a_gate_of_the_error_rate(n: int, expected: str) -> None:
    """Of 59 items without an error 1 in 20 may have one: 0.95^59 is 0.048, 0.95^58 is 0.051."""
    assert expected == outcome("cer<=0.05", consistent(n, n)).outcome


@pytest.mark.some(1)
@RUNS
def test_a_run_of_too_few_items_is_undecided(run_rest: RunRest, workers: Sequence[str]) -> None:
    """All ten items agree, and that is not enough to be sure of 0.9; forty are."""
    options = ["--rest-model=simulated", "--rest-min-rer=0.9", *workers]
    few = run_rest(*options, "--rest-suite=soebench:10", "--rest-confidence=0.95")
    assert pytest.ExitCode.TESTS_FAILED == few.status
    assert "gate UNDECIDED: rer>=0.9 is undecided: 100.0 % [74.1, 100.0], n = " in few.out
    assert "more items would decide it" in few.out
    assert "undecided" == few.report["gate"]["thresholds"][0]["outcome"]
    assert 0 == run_rest(*options, "--rest-suite=soebench:10").status
    assert 0 == run_rest(*options, "--rest-suite=soebench:40", "--rest-confidence=0.95").status


@pytest.mark.parametrize("given", ["95", "1", "0.4", "sure", "-0.9"])
def test_wrong_usage(run_rest: RunRest, given: str) -> None:
    """One line, before anything is asked."""
    run = run_rest("--rest-model=simulated", f"--rest-confidence={given}")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert (
        f"--rest-confidence {given!r} is not a valid confidence; give a share from 0.5" in run.out
    )
