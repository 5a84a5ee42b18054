"""From metrics and thresholds to a judgement that fails closed."""

import dataclasses
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import TRUTH, runs

from pytest_rest import gate, metrics, scoring
from pytest_rest.errors import OptionError
from pytest_rest.gate import GateOutcome, JudgedThreshold
from pytest_rest.gate.thresholds import METRICS, Threshold, check, checked, parse
from pytest_rest.metrics import SUBSETS, Metrics, Table
from pytest_rest.terms import MODES, Answer, Rate, Record, Transcription

HALF = Rate(0.5, 0.2, 0.8, 10)
EMPTY = Metrics(0, None, None, None, None, {}, None, None)


def table(read: Mapping[str, Rate | None] | None = None, **rates: Rate | None) -> Table:
    """A table whose mean has these rates on all items, and those of `read` on the OCR-correct."""
    found = dataclasses.replace(EMPTY, items=10, **rates)  # type: ignore[arg-type]
    correct = dataclasses.replace(EMPTY, items=5, **(read or {}))  # type: ignore[arg-type]
    return {"mean": {"all": found, "ocr_correct": correct}}


def judge(
    text: str, tables: Mapping[str, Table], lost: Sequence[str] = (), max_lost: int = 0
) -> JudgedThreshold:
    """One threshold's outcome on the whole run."""
    judged = gate.judge([parse(text)], tables, {"": lost}, max_lost)
    assert (judged.thresholds[0].outcome == "passed") == judged.passed
    return judged.thresholds[0]


# Reading a threshold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rer>=0.4", "passed"),
        ("rer>=0.5", "passed"),
        ("rer>0.5", "failed"),
        ("rer>=0.51", "failed"),
        ("rer<=0.5", "passed"),
        ("rer<0.5", "failed"),
        ("rer<=0.49", "failed"),
        ("cfr<=0.5", "passed"),
        ("cfr<=0.1", "failed"),
        ("accuracy.image>=0.5", "passed"),
        ("accuracy.image>=0.6", "failed"),
        ("accuracy.text>=0", "undefined"),
        ("mmc>=0", "undefined"),
        ("cer<=9", "undefined"),
        ("rer@ocr_correct>=1", "passed"),
        ("cfr@ocr_correct<=1", "undefined"),
    ],
)
def test_a_value_meets_its_bound_or_misses_it(text: str, expected: GateOutcome) -> None:
    """The value meets the bound or misses it; what is undefined never passes."""
    found = table(
        {"rer": Rate(1.0, 0.5, 1.0, 5)},
        rer=HALF,
        cfr=HALF,
        accuracy={"image": HALF},  # type: ignore[arg-type]
    )
    assert expected == judge(text, {"": found}).outcome


def test_a_part_is_judged_alone() -> None:
    """A suite or a style has its own rate; one that was not asked passes nothing."""
    found = {**table(rer=HALF), "arc": table(rer=Rate(0.9, 0.5, 1.0, 5))["mean"]}
    assert "failed" == judge("rer>=0.8", {"": found}).outcome
    assert "passed" == judge("rer@arc>=0.8", {"": found}).outcome
    assert "undefined" == judge("rer@mmlu>=0", {"": found}).outcome
    asked = [parse("rer@acr>=0.8")]
    with pytest.raises(OptionError, match=r"'acr' is neither a subset .*; did you mean 'arc'"):
        check(asked, (), ["arc", "mmlu"])
    check([parse("rer@arc>=0.8"), *asked[:0]], (), ["arc"])
    with pytest.raises(OptionError, match=r"'de' is neither .*; did you mean 'tag.de'\?"):
        check([parse("rer@de>=0.8")], (), ["arc", "tag.de"])
    with pytest.raises(OptionError, match=r"'tag.lav' is neither .*; did you mean 'tag.law'\?"):
        check([parse("rer@ocr_correct@tag.lav>=0.8")], (), ["arc", "tag.law"])


@pytest.mark.parametrize("op", [">=", "<=", ">", "<"])
def test_a_rate_that_is_not_a_number_is_missed(op: str) -> None:
    """Nothing compares with it, and nothing passes by it."""
    found = table(cer=Rate(float("nan"), None, None, 1))
    assert "failed" == judge(f"cer{op}0.5", {"": found}).outcome


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("subset", SUBSETS)
@pytest.mark.parametrize("tables", [{}, {"": {}}, {"": metrics.table([])}, {"other": table()}])
def test_without_a_rate_nothing_passes(
    metric: str, subset: str, tables: Mapping[str, Table]
) -> None:
    """No table, an empty one, one of no items, one of another folder: undefined, and no error."""
    for op in ("<=", ">="):
        bound = 1 if op == "<=" else 0
        found = judge(f"{metric}@{subset}{op}{bound}", tables)
        assert ("undefined", None) == (found.outcome, found.rate)


@pytest.mark.parametrize(
    ("lost", "max_lost", "expected"),
    [
        ((), 0, "passed"),
        (("a",), 0, "lost"),
        (("a",), 1, "passed"),
        (("a", "b"), 1, "lost"),
        (("a", "b"), 2, "passed"),
    ],
)
def test_more_lost_items_than_allowed_pass_nothing(
    lost: Sequence[str], max_lost: int, expected: GateOutcome
) -> None:
    """One item more than was allowed, and nothing passes, however good the rate is."""
    perfect = table(rer=Rate(1.0, 0.9, 1.0, 100))
    assert expected == judge("rer>=0.5", {"": perfect}, lost, max_lost).outcome


def test_lost_items_come_before_every_other_reason() -> None:
    """A rate that rests on too few answers is not judged as missed."""
    assert "lost" == judge("rer>=0.9", {"": table(rer=HALF)}, ("a",)).outcome
    assert "lost" == judge("cer>=0.9", {}, ("a",)).outcome


def test_lost_items_alone_fail_a_run() -> None:
    """Without any threshold too."""
    judged = gate.judge([], {"": table(rer=HALF)}, {"": ["a", "b"]}, 1)
    assert (False, "2 items were lost (allowed: 1): a, b", ()) == (
        judged.passed,
        judged.reason,
        judged.thresholds,
    )


def test_allowed_losses_are_no_reason() -> None:
    """A gate that lets items go says what they may have hidden."""
    found = judge("rer>=0.5", {"": table(rer=HALF)}, ["a", "b"], 2)
    assert ("passed", HALF) == (found.outcome, found.rate)


# Scopes


def test_each_threshold_is_judged_on_its_own_folder() -> None:
    """A good folder does not hide a bad one, nor the whole run either."""
    good, bad = table(rer=Rate(1.0, 0.9, 1.0, 10)), table(rer=Rate(0.0, 0.0, 0.1, 10))
    thresholds = [checked("rer", ">=", 0.5, scope=scope) for scope in ("", "good", "bad")]
    judged = gate.judge(thresholds, {"": table(rer=HALF), "good": good, "bad": bad}, {})
    assert {"": "passed", "good": "passed", "bad": "failed"} == {
        each.threshold.scope: each.outcome for each in judged.thresholds
    }
    assert (False, "rer>=0.5 [bad] failed: 0.0 % [0.0, 10.0], n = 10") == (
        judged.passed,
        judged.reason,
    )


def test_a_folder_is_judged_on_its_own_losses() -> None:
    """An item lost in one folder leaves another's threshold judged, but fails the run."""
    thresholds = [checked("rer", ">=", 0.5, scope=scope) for scope in ("a", "b")]
    tables = {"": table(rer=HALF), "a": table(rer=HALF), "b": table(rer=HALF)}
    judged = gate.judge(thresholds, tables, {"": ["x"], "a": ["x"]})
    assert ["lost", "passed"] == [each.outcome for each in judged.thresholds]
    assert (False, "1 item was lost (allowed: 0): x") == (judged.passed, judged.reason)


def test_a_folder_without_a_table_does_not_pass() -> None:
    """A threshold of a folder whose tests never ran is undefined, never borrowed."""
    judged = gate.judge([checked("rer", ">=", 0, scope="b")], {"": table(rer=HALF)}, {})
    assert (False, "rer>=0 [b] is not judged: no item was judged") == (judged.passed, judged.reason)


# Reasons


@pytest.mark.parametrize(
    ("text", "found", "lost", "expected"),
    [
        ("rer>=0.5", table(rer=HALF), (), "rer>=0.5 passed: 50.0 % [20.0, 80.0], n = 10"),
        ("rer>=0.9", table(rer=HALF), (), "rer>=0.9 failed: 50.0 % [20.0, 80.0], n = 10"),
        (
            "cer<=0.1",
            table(cer=Rate(0.25, None, None, 1)),
            (),
            "cer<=0.1 failed: 25.0 % [no spread], n = 1",
        ),
        (
            "rer>=0.5",
            table(rer=HALF),
            ("s/i1", "s/i2"),
            "rer>=0.5 is not judged: 2 items were lost (allowed: 0): s/i1, s/i2",
        ),
        (
            "cfr<=0.1",
            table(rer=HALF),
            (),
            "cfr<=0.1 is not judged: none of 10 items of some suite was right in any form",
        ),
        ("cer<=0.1", table(rer=HALF), (), "cer<=0.1 is not judged: it is undefined on 10 items"),
        ("cfr<=0.1", metrics.table([]), (), "cfr<=0.1 is not judged: no item was judged"),
        ("rer>=0.9", {}, (), "rer>=0.9 is not judged: no item was judged"),
    ],
)
def test_reasons_are_one_line_that_begins_with_the_threshold(
    text: str, found: Table, lost: Sequence[str], expected: str
) -> None:
    """Each outcome says what it stands on, in one line that begins with the threshold."""
    assert expected == judge(text, {"": found}, lost).reason


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a", "1 item was lost (allowed: 2): a"),
        ("ab", "2 items were lost (allowed: 2): a, b"),
        ("abcdefghij", "10 items were lost (allowed: 2): a, b and 8 more"),
    ],
)
def test_lost_items_are_named(names: str, expected: str) -> None:
    """Two by name, the others by number."""
    assert expected == gate.lost_reason(names, 2)


def test_a_passed_gate_says_so() -> None:
    """The reason of a pass is no reason to fail."""
    judged = gate.judge([parse("rer>=0.5")], {"": table(rer=HALF)}, {})
    assert (True, "every threshold passed") == (judged.passed, judged.reason)


# Real tables, and laws


def record(item: str, *values: str) -> Record:
    """An item's values in text, image and mixed; the true value is "1"."""
    answers = [
        Answer(mode, "parsed", "", value, value == TRUTH)
        for mode, value in zip(MODES, values, strict=True)
    ]
    read = Transcription("parsed", "", "", 0.0, correct=True)
    return Record("suite", item, "style", "digest", TRUTH, scoring.judge(answers, read))


def test_several_thresholds_are_judged_in_one_order() -> None:
    """Four items, three thresholds: two met, one missed, in one order."""
    records = [*(record(f"i{n}", "1", "1", "1") for n in range(3)), record("i3", "1", "1", "2")]
    thresholds = [parse(each) for each in ("rer>=0.7", "cfr<=0.2", "mmc>=1")]
    judged = gate.judge(thresholds, {"": metrics.table(records)}, {})
    assert ["cfr<=0.2", "mmc>=1", "rer>=0.7"] == [each.threshold.id for each in judged.thresholds]
    assert ["failed", "passed", "passed"] == [each.outcome for each in judged.thresholds]
    assert (False, "cfr<=0.2 failed: 25.0 % [4.6, 69.9], n = 4") == (
        judged.passed,
        judged.reason,
    )


def test_cfr_without_any_right_answer_does_not_pass() -> None:
    """A model that is always wrong fails no item from right to wrong, and is not let through."""
    found = metrics.table([record("i1", "2", "2", "2")])
    assert "undefined" == judge("cfr<=1", {"": found}).outcome


def drawn_thresholds() -> st.SearchStrategy[list[Threshold]]:
    """Thresholds of every metric, some of them twice."""
    metric, op = st.sampled_from(METRICS), st.sampled_from([">=", "<=", ">", "<"])
    bound, subset = st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from(SUBSETS)
    return st.lists(st.builds(Threshold, metric, op, bound, subset), max_size=6)


@given(drawn_thresholds(), runs(), st.integers(0, 3), st.integers(0, 3))
def test_a_gate_passes_when_all_of_it_does(
    thresholds: list[Threshold], records: list[Record], lost: int, max_lost: int
) -> None:
    """Every threshold once; passed means each is met by a defined rate and few enough are lost."""
    names = ["a", "b", "c"][:lost]
    tables = {"": metrics.table(records)}
    judged = gate.judge(thresholds, tables, {"": names}, max_lost)
    assert sorted(set(thresholds)) == [each.threshold for each in judged.thresholds]
    met = all(each.outcome == "passed" for each in judged.thresholds)
    assert (met and lost <= max_lost) == judged.passed
    for each in judged.thresholds:
        if each.outcome == "passed":
            assert each.rate is not None
            assert lost <= max_lost
    assert judged == gate.judge(thresholds[::-1], tables, {"": names}, max_lost)


@given(runs(), st.sampled_from(METRICS), st.sampled_from(SUBSETS))
def test_what_passes_meets_the_bound(
    records: list[Record], metric: str, subset: metrics.Subset
) -> None:
    """A bound at the value is met by >= and <=, and missed by > and <."""
    found = metrics.table(records)
    rate = found["mean"][subset].rate(metric)
    outcomes = [
        gate.judge([Threshold(metric, op, rate.value if rate else 0.5, subset)], {"": found}, {})
        .thresholds[0]
        .outcome
        for op in (">=", "<=", ">", "<")
    ]
    expected = ["passed", "passed", "failed", "failed"] if rate else ["undefined"] * 4
    assert expected == outcomes
