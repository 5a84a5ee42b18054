"""From a report to the small file that another run is compared with, and what refuses to be."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import ODD, RIGHT, STYLE, WRONG, item, of_records, planted, report
from strategies import runs

from pytest_rest import metrics
from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline, regression
from pytest_rest.gate.regression import Tolerance
from pytest_rest.reporting import report as reports
from pytest_rest.terms import Record

TWO_STYLES = [item("i1", RIGHT, style="x"), item("i1", RIGHT, style="y")]


def test_the_file_by_hand() -> None:
    """A line for each item, and nothing that a model wrote, took or cost."""
    found = report([item("i2", ODD), item("i1", RIGHT)], [("a", "i3")])
    text = baseline.to_text(baseline.to_baseline(found))
    assert baseline.to_baseline(found) == json.loads(text)
    lines = [line.strip().rstrip(",") for line in text.splitlines() if '"id": "i' in line]
    style = '{"dejavu-200dpi-black": {"verdict": "inconsistent", "right": ["text", "mixed"], '
    assert (
        '{"suite": "a", "id": "i2", "digest": "digest of i2", "verdict": "inconsistent", '
        f'"styles": {style}"wrong": ["image"]}}}}}}'
    ) == lines[1]
    assert '{"suite": "a", "id": "i3", "digest": null, "verdict": "lost", "styles": {}}' == lines[2]
    assert '"created": "2026-01-01T00:00:00+00:00"' in text
    for word in ("Answer", "seconds", "cost", "history"):
        assert word not in text


@given(runs(failing=True), st.randoms(use_true_random=False))
def test_the_order_of_a_report_plays_no_part(records: list[Record], rng: random.Random) -> None:
    """The same items give the same file, and a baseline of a baseline is itself."""
    found = baseline.to_baseline(of_records(records))
    shuffled = rng.sample(records, len(records))
    assert baseline.to_text(found) == baseline.to_text(baseline.to_baseline(of_records(shuffled)))
    assert found == baseline.to_baseline(found) == json.loads(baseline.to_text(found))


@given(runs(failing=True))
def test_items_are_counted_as_metrics_count_them(records: list[Record]) -> None:
    """Consistent over all forms of all styles, lost in one style is lost, the rest alike."""
    items = baseline.to_baseline(of_records(records))["items"]
    kept = [each for each in items if each["verdict"] != "lost"]
    pooled = metrics.table(records)["pooled"]["all"]
    assert pooled.items == len(kept)
    if pooled.rer:
        consistent = sum(each["verdict"] == "consistent" for each in kept)
        assert pooled.rer.value == pytest.approx(consistent / len(kept))


def test_styles_that_disagree_are_not_consistent() -> None:
    """Each style agrees with itself, but not with the other: one item, not consistent."""
    found = baseline.to_baseline(report([TWO_STYLES[0], item("i1", WRONG, style="y")]))["items"]
    assert ["inconsistent"] == [each["verdict"] for each in found]
    assert {"consistent"} == {each["verdict"] for each in found[0]["styles"].values()}


def test_the_schema_is_the_one_that_is_written() -> None:
    """A report that this version writes can be read by it."""
    assert reports.SCHEMA == baseline.REPORTS


# What is refused


def changed(change: Callable[[Any], object], found: Any = None) -> Any:
    """A report with something else in it."""
    other = copy.deepcopy(found or report([item("i1", RIGHT), item("i2", ODD)]))
    change(other)
    return other


def provenance(**values: object) -> Any:
    """A report with other provenance."""
    return changed(lambda each: each["provenance"].update(values))


SAME = report([item("i1", RIGHT), item("i2", ODD)])
LOST = report([item("i2", ODD)], [("a", "i1")])  # which has no digest: the fingerprint stands alone


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (SAME, []),
        (provenance(model="gpt-5-mini", resolved_model=["gpt-5-mini-2026"], version="9"), []),
        (provenance(modes=["mixed", "image", "text"]), []),
        (provenance(protocol="own"), ["other prompts: rest-1 (36675e09) in the baseline, own now"]),
        (
            provenance(modes=["text", "image"]),
            ["other modes: image, mixed, text in the baseline, image, text now"],
        ),
        (provenance(seed=7), ["other seed: 0 in the baseline, 7 now"]),
        (provenance(ocr="each"), ["other transcriptions: image in the baseline, each now"]),
        (
            provenance(styles=["courier-50dpi-red"]),
            ["other styles: dejavu-200dpi-black in the baseline, courier-50dpi-red now"],
        ),
        (
            provenance(own_styles={"dejavu-200dpi-black": {"digest": "another"}}),
            ["styles that look different now: dejavu-200dpi-black"],
        ),
        (
            changed(lambda each: each["items"][0].update(digest="another"), LOST),
            ["items with other content: a/i2"],
        ),
        (
            report([item("i1", RIGHT)]),
            ["other items in suite a: 2 (1efc4ea1ec28cd23) in the baseline, 1 (2b4bd0b4) now"],
        ),
        (
            report([item("i1", RIGHT, "b"), item("i2", ODD, "b")]),
            ["suite a is only in the baseline", "suite b is not in the baseline"],
        ),
        (
            changed(lambda each: each["provenance"].update(seed=7, protocol="own")),
            [
                "other prompts: rest-1 (36675e09) in the baseline, own now",
                "other seed: 0 in the baseline, 7 now",
            ],
        ),
    ],
)
def test_a_refusal_names_what_differs(other: Any, expected: list[str]) -> None:
    """Each names what differs, in the baseline and now; another model is no reason."""
    prints = [run["provenance"]["suites"][0]["fingerprint"] for run in (SAME, other)]
    reasons = [
        each.replace("1efc4ea1ec28cd23", prints[0]).replace("2b4bd0b4", prints[1])
        for each in expected
    ]
    assert tuple(reasons) == baseline.refusal(SAME, other)
    assert tuple(reasons) == baseline.refusal(baseline.to_baseline(SAME), other)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "the report cannot be read: KeyError 'schema'"),
        ([], "the report cannot be read: TypeError"),
        (None, "the report cannot be read: TypeError"),
        (
            changed(lambda each: each.update(schema="pytest-rest/report/2")),
            "its schema 'pytest-rest/report/2' is newer than this version's 'pytest-rest/report/1'",
        ),
        (
            changed(lambda each: each.update(schema="pytest-rest/baseline/10")),
            "its schema 'pytest-rest/baseline/10' is newer than this version's",
        ),
        (changed(lambda each: each.update(schema="coverage/3")), "its schema is 'coverage/3'; "),
        (changed(lambda each: each.pop("lost")), "the report cannot be read: KeyError 'lost'"),
        (changed(lambda each: each.update(items=3)), "the report cannot be read: TypeError"),
        (changed(lambda each: each["items"].append("x")), "the report cannot be read: TypeError"),
        ({"schema": "pytest-rest/baseline/1"}, "the report cannot be read: KeyError"),
    ],
)
def test_an_unreadable_report_is_one_line(other: Any, expected: str) -> None:
    """A newer schema, another program's file, half a report: an error of one line, on each side."""
    with pytest.raises(BaselineError) as caught:
        baseline.to_baseline(other)
    assert str(caught.value).startswith(expected)
    assert 1 == len(str(caught.value).splitlines())
    for reasons, name in (
        (baseline.refusal(other, SAME), "the baseline"),
        (baseline.refusal(SAME, other), "this run"),
    ):
        assert (f"{name}: {caught.value}",) == reasons


def suite(**values: object) -> Any:
    """A report whose suite says something else."""
    return changed(lambda each: each["provenance"]["suites"][0].update(values))


DAMAGED = [
    (changed(lambda each: each["items"].pop()), "suite a says 2 items and lists 1"),
    (suite(items=40), "suite a says 40 items and lists 2"),
    (suite(items=None), "suite a says None items and lists 2"),
    (suite(fingerprint="0"), "suite a lists other items than its fingerprint is of"),
    (
        changed(lambda each: each["items"][1].update(digest="another")),
        "suite a lists other items than its fingerprint is of",
    ),
    (
        changed(lambda each: each["provenance"]["suites"].clear()),
        "items are listed of suite a, which was not asked",
    ),
    (suite(name="b"), "suite b says 2 items and lists 0; items are listed of suite a, which"),
]


@pytest.mark.parametrize(("other", "expected"), DAMAGED)
def test_items_that_are_not_those_of_the_suites_are_refused(other: Any, expected: str) -> None:
    """A file that was cut, or mended by hand: what is missing must not pass unseen."""
    with pytest.raises(BaselineError, match="it is damaged: ") as caught:
        baseline.to_baseline(other)
    assert expected in str(caught.value)


def test_an_item_that_is_listed_twice_does_not_count_twice() -> None:
    """A baseline of 40 items must hold 40 different ones."""
    found = baseline.to_baseline(SAME)
    found["items"] = [found["items"][0]] * 2
    with pytest.raises(BaselineError, match="says 2 items and lists 2, some of them twice"):
        baseline.to_baseline(found)


@pytest.mark.parametrize("verdict", [None, "Consistent", "", True, []])
def test_an_unknown_verdict_is_refused(verdict: object) -> None:
    """It would count as inconsistent, and nothing is worse than that."""
    for place in ("item", "style"):
        found = baseline.to_baseline(SAME)
        judged = found["items"][0]
        (judged if place == "item" else judged["styles"][STYLE])["verdict"] = verdict
        with pytest.raises(BaselineError, match=r"verdict .* is not one of consistent"):
            baseline.to_baseline(found)


@pytest.mark.parametrize("value", [None, 3, [], {}, [[]], True])
@pytest.mark.parametrize("place", ["suite", "id", "style", "digest", "resolved_model", "name"])
def test_a_value_of_another_type_is_no_traceback(place: str, value: object) -> None:
    """A baseline that was written by another hand passes nothing."""
    found = baseline.to_baseline(LOST)
    if place == "resolved_model":
        found[place] = value
    elif place == "name":
        found["suites"][0][place] = value
    elif place == "style":
        found["styles"][0] = {"id": value}
    else:
        found["items"][1][place] = value
    assert regression.judge(found, SAME, Tolerance()).reasons


def test_a_large_baseline_is_small() -> None:
    """About two hundred bytes an item: a thousand items are fit for git."""
    text = baseline.to_text(baseline.to_baseline(planted([True] * 1000)))
    assert len(text) < 250_000
    assert 1000 == sum('"id": "i' in line for line in text.splitlines())
