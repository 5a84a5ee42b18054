"""From judged records to REST's rates: the definitions, their identities and their intervals."""

import dataclasses
import json
import math
import random
import statistics
from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import TRUTH, runs

from pytest_rest import metrics, scoring
from pytest_rest.metrics import SUBSETS, Metrics
from pytest_rest.terms import MODES, Answer, Mode, Rate, Record, Transcription

Z = statistics.NormalDist().inv_cdf(0.975)
RATES = ("rer", "cfr", "mmc", "all_correct", "ocr_correct_rate", "cer")
X = None  # an answer that cannot be read


def record(
    item: str,
    text: str | None = TRUTH,
    image: str | None = TRUTH,
    mixed: str | None = TRUTH,
    *,
    suite: str = "a",
    style: str = "x",
    cer: float | None = 0.0,
    failed: bool = False,
) -> Record:
    """An item's values in text, image and mixed; the true value is "1"."""
    values: Mapping[Mode, str | None] = {"text": text, "image": image, "mixed": mixed}
    given = [
        Answer(mode, "unparseable" if value is None else "parsed", "", value, value == TRUTH)
        for mode, value in values.items()
    ]
    if failed:
        given[0] = Answer("text", "failed", "HTTP 500")
    read = None if cer is None else Transcription("parsed", "", "", cer, cer == 0)
    return Record(suite, item, style, "digest", TRUTH, scoring.judge(given, read))


def value(rate: Rate | None) -> tuple[float, int] | None:
    """A rate's value and n, or None where it is undefined."""
    return (rate.value, rate.n) if rate else None


# The definitions, by hand

FOUR = [
    record("i1"),  # right in every form
    record("i2", "1", "1", "2"),  # right in two forms
    record("i3", "2", "2", "2"),  # wrong alike: equivalent, not covered
    record("i4", X, X, X),  # unparseable: equal to nothing
]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (
            FOUR,
            {"rer": (2 / 4, 4), "cfr": (1 / 2, 2), "mmc": (2 / 4, 4), "all_correct": (1 / 4, 4)},
        ),
        (
            [record("i1", "2", "3", "4"), record("i2", "2", "2", "2")],
            {"rer": (1 / 2, 2), "cfr": None, "mmc": (0.0, 2), "all_correct": (0.0, 2)},
        ),
        (
            [record("i1"), record("i2")],
            {"rer": (1.0, 2), "cfr": (0.0, 2), "mmc": (1.0, 2), "all_correct": (1.0, 2)},
        ),
        (
            [record("i1", "1", "2", "3"), record("i2", "1", X, "1"), record("i3", "2", "2", "1")],
            {"rer": (0.0, 3), "cfr": (1.0, 3), "mmc": (1.0, 3), "all_correct": (0.0, 3)},
        ),
        ([], {"rer": None, "cfr": None, "mmc": None, "all_correct": None}),
    ],
)
def test_rates_by_hand(
    records: list[Record], expected: Mapping[str, tuple[float, int] | None]
) -> None:
    """RER over all items, CFR over those right in some form, undefined where none was."""
    found = metrics.compute(records)
    assert expected == {name: value(found.rate(name)) for name in expected}
    assert len(records) == found.items


@given(runs())
def test_rer_is_what_is_right_and_what_agrees_in_being_wrong(records: list[Record]) -> None:
    """In every scope; and of what is not right, that share agrees."""
    for subsets in metrics.table(records).values():
        found = subsets["all"]
        if found.rer and found.all_correct and found.agreed_wrong:
            rer, right, wrong = (
                r.value for r in (found.rer, found.all_correct, found.agreed_wrong)
            )
            assert rer == pytest.approx(right + wrong)
    pooled = metrics.compute([r for r in records if not r.verdict.lost])
    if pooled.agree_not_right and pooled.agreed_wrong and pooled.all_correct:
        rest = 1 - pooled.all_correct.value
        assert pooled.agree_not_right.value * rest == pytest.approx(pooled.agreed_wrong.value)
        assert pooled.agree_not_right.n == pytest.approx(rest * pooled.agreed_wrong.n)


def test_a_noise_floor_is_a_share() -> None:
    """Nineteen items are steady and one is half so: none agrees with itself on more than all."""
    records = []
    for n in range(20):
        again = TRUTH if n else "2"
        given = [Answer(m, "parsed", "", v, v == TRUTH) for m in MODES for v in (TRUTH, again)]
        records.append(Record("a", str(n), "x", "d", TRUTH, scoring.judge(given)))
    found = metrics.compute(records)
    for rate in (found.noise_floor, found.between_forms):
        assert rate is not None
        assert rate.high is not None
        assert 0.95 <= rate.value < rate.high <= 1


def test_metrics_survive_the_report() -> None:
    """Without the items' own errors; an older report, which takes nothing apart, is read too."""
    found = metrics.compute(FOUR)
    written = json.loads(json.dumps(found.to_builtins()))
    assert "errors" not in written
    assert found == Metrics.from_builtins(written)
    older = {k: v for k, v in written.items() if k not in ("agreed_wrong", "agree_not_right")}
    read = Metrics.from_builtins(older)
    assert (found.rer, None, None) == (read.rer, read.agreed_wrong, read.agree_not_right)


def test_accuracy_by_hand() -> None:
    """Each mode's share of right answers; what cannot be read is wrong."""
    found = metrics.compute(FOUR)
    assert {"text": (2 / 4, 4), "image": (2 / 4, 4), "mixed": (1 / 4, 4)} == {
        mode: value(rate) for mode, rate in found.accuracy.items()
    }


def test_only_the_modes_that_were_asked_have_an_accuracy() -> None:
    """A run of two modes says nothing of the third."""
    answers: dict[Mode, Answer] = {
        mode: FOUR[0].verdict.answers[mode] for mode in ("text", "image")
    }
    verdict = dataclasses.replace(FOUR[0].verdict, answers=answers)
    found = metrics.compute([dataclasses.replace(FOUR[0], verdict=verdict)])
    assert ["text", "image"] == list(found.accuracy)
    assert None is found.rate("accuracy.mixed")


def test_transcriptions_by_hand() -> None:
    """The share read without an error, and the mean error rate, over what was transcribed."""
    found = metrics.compute(
        [record("i1"), record("i2", cer=0.5), record("i3", cer=0.25), record("i4", cer=None)]
    )
    assert (1 / 3, 3) == value(found.ocr_correct_rate)
    assert (0.25, 3) == value(found.cer)
    assert 4 == found.items


def test_without_transcriptions_there_is_no_error_rate() -> None:
    """Nothing was transcribed: undefined, neither right nor wrong, and no item is OCR-correct."""
    found = metrics.table([record("i1", cer=None)])["a"]
    assert (None, None) == (found["all"].ocr_correct_rate, found["all"].cer)
    assert (1, 0) == (found["all"].items, found["ocr_correct"].items)


def test_the_ocr_correct_subset_by_hand() -> None:
    """Only items whose transcription is fully right."""
    found = metrics.table(
        [record("i1"), record("i2", "1", "2", "2", cer=0.1), record("i3", cer=None)]
    )
    assert ((2 / 3, 3), (1.0, 1)) == (
        value(found["a"]["all"].rer),
        value(found["a"]["ocr_correct"].rer),
    )


def test_several_styles_of_an_item_count_once() -> None:
    """REST+: an item's forms in all its styles must agree, and n is the number of items."""
    found = metrics.compute(
        [
            *(record("i1", style="x"), record("i1", style="y")),
            *(record("i2", style="x"), record("i2", "1", "1", "2", style="y")),
            *(record("i3", "2", "2", "2", style="x"), record("i3", "3", "3", "3", style="y")),
        ]
    )
    assert 3 == found.items
    assert {"rer": (1 / 3, 3), "cfr": (1 / 2, 2), "mmc": (2 / 3, 3), "all_correct": (1 / 3, 3)} == {
        name: value(found.rate(name)) for name in ("rer", "cfr", "mmc", "all_correct")
    }


def test_accuracy_over_styles_is_a_share_of_the_item() -> None:
    """An item right in half of its styles counts as half an item."""
    found = metrics.compute(
        [
            *(record("i1", style="x"), record("i1", "1", "2", "1", style="y")),
            *(record("i2", "1", "2", "2", style="x"), record("i2", "1", "2", "1", style="y")),
        ]
    )
    assert {"text": (1.0, 2), "image": (0.5 / 2, 2), "mixed": (1.5 / 2, 2)} == {
        mode: value(rate) for mode, rate in found.accuracy.items()
    }


def test_transcriptions_over_styles() -> None:
    """An item is OCR-correct when each of its pictures was read; its error rate is their mean."""
    found = metrics.compute(
        [
            *(record("i1", style="x"), record("i1", style="y")),
            *(record("i2", style="x"), record("i2", style="y", cer=0.5)),
            *(record("i3", style="x"), record("i3", style="y", cer=None)),
        ]
    )
    assert ((1 / 2, 2), (0.125, 2)) == (value(found.ocr_correct_rate), value(found.cer))
    table = metrics.table([record("i2", style="x"), record("i2", style="y", cer=0.5)])
    assert 0 == table["a"]["ocr_correct"].items


def test_the_same_name_in_two_suites_is_two_items() -> None:
    """Suites number their items alike."""
    found = metrics.table([record("i1", suite="a"), record("i1", suite="b")])
    assert (1, 1, 2) == tuple(found[name]["all"].items for name in ("a", "b", "pooled"))


def test_the_mean_is_over_suites_and_pooled_over_items() -> None:
    """A small suite weighs as much as a large one in the mean, and less in the pool."""
    small = [record("i1", "1", "1", "2", suite="b")]
    large = [record(f"i{n}", suite="a") for n in range(3)]
    found = metrics.table([*small, *large])
    assert ["a", "b", "mean", "pooled"] == list(found)
    assert ((0.5, 4), (0.75, 4)) == (
        value(found["mean"]["all"].rer),
        value(found["pooled"]["all"].rer),
    )


def test_a_mean_is_undefined_where_one_suite_is() -> None:
    """A suite in which nothing was right leaves the mean's CFR undefined, the pool's not."""
    found = metrics.table([record("i1"), record("i1", "2", "2", "2", suite="b")])
    assert (None, (0.0, 1)) == (value(found["mean"]["all"].cfr), value(found["pooled"]["all"].cfr))
    assert (1.0, 2) == value(found["mean"]["all"].rer)


def test_an_empty_run_has_no_rates() -> None:
    """No record: the mean and the pool exist and say nothing."""
    found = metrics.table([])
    assert ["mean", "pooled"] == list(found)
    for name in ("mean", "pooled"):
        assert 0 == found[name]["all"].items
        assert [None] * len(RATES) == [found[name]["all"].rate(rate) for rate in RATES]


@given(runs(failing=True))
def test_a_tag_is_the_items_that_have_it(records: list[Record]) -> None:
    """In all their styles, over all suites, but for what was lost; whatever the order."""
    tagged = metrics.by_tag(reversed(records))
    whole = [record for record in records if not record.verdict.lost]
    assert {tag for record in whole for tag in record.tags} == tagged.keys()
    for tag, listed in tagged.items():
        expected = [record for record in whole if tag in record.tags]
        assert metrics.compute(sorted(expected, key=lambda r: r.key)) == metrics.of_items(listed)


def test_a_lost_record_is_left_out() -> None:
    """A failed call is no answer: the item is in no rate and no n."""
    lost = record("i9", "2", "2", "2", failed=True)
    assert metrics.table(FOUR) == metrics.table([*FOUR, lost])


def test_a_suite_of_lost_records_alone_has_no_metrics() -> None:
    """Nothing is known of it, so that it has no metrics of its own."""
    assert ["mean", "pooled"] == list(metrics.table([record("i1", failed=True)]))


# Laws


@given(runs(), st.randoms(use_true_random=False))
def test_the_order_of_records_plays_no_part(records: list[Record], chance: random.Random) -> None:
    """Workers report in any order, and the table is equal to the last bit."""
    shuffled = list(records)
    chance.shuffle(shuffled)
    assert metrics.table(records) == metrics.table(shuffled)


def test_the_order_plays_no_part_in_a_sum_of_shares() -> None:
    """Items that are right in a half or a third of their styles add up alike from both ends."""
    halves = [record(f"h{n}", "1", image, style=image) for n in range(4) for image in "12"]
    thirds = [record("t", "1", image, style=image) for image in "123"]
    one, other = [*halves, *thirds], [*thirds, *halves]
    assert metrics.table(one) == metrics.table(other)
    assert metrics.compute(one) == metrics.compute(other)


@given(runs())
def test_records_from_the_wire_give_the_same_table(records: list[Record]) -> None:
    """Records that crossed a process are as good as those that did not."""
    crossed = [Record.from_json(record.to_json()) for record in records]
    assert metrics.table(records) == metrics.table(crossed)


@given(runs(failing=True))
def test_lost_records_take_no_part(records: list[Record]) -> None:
    """An item that was lost in one style is left out in all of them."""
    lost = {(record.suite, record.item) for record in records if record.verdict.lost}
    kept = [record for record in records if (record.suite, record.item) not in lost]
    assert metrics.table(kept) == metrics.table(records)


@given(runs())
def test_all_correct_is_coverage_less_failures(records: list[Record]) -> None:
    """All-correct = MMC x (1 - CFR), and 0 where CFR is undefined."""
    table = metrics.table(records)
    for name in table.keys() - {"mean"}:
        for subset in SUBSETS:
            found = table[name][subset]
            if found.items:
                assert found.mmc is not None
                assert found.all_correct is not None
                kept = 1 - found.cfr.value if found.cfr else 0.0
                assert math.isclose(found.mmc.value * kept, found.all_correct.value, abs_tol=1e-12)
                assert (found.mmc.value == 0) == (found.cfr is None)


@given(runs())
def test_what_is_all_correct_is_equivalent(records: list[Record]) -> None:
    """RER is never below the all-correct rate, on any set of items and in their mean."""
    for subsets in metrics.table(records).values():
        for found in subsets.values():
            assert (found.rer is None) == (found.all_correct is None)
            if found.rer and found.all_correct:
                assert found.rer.value >= found.all_correct.value - 1e-12


@given(runs())
def test_coverage_bounds_every_accuracy(records: list[Record]) -> None:
    """No mode is right more often than some mode is, nor less often than all are."""
    found = metrics.compute(records)
    for rate in found.accuracy.values():
        assert rate is not None
        assert found.mmc is not None
        assert found.all_correct is not None
        assert found.all_correct.value - 1e-12 <= rate.value <= found.mmc.value + 1e-12


def every_rate(found: Metrics) -> list[Rate]:
    """The rates of a set that are defined."""
    listed = [*(found.rate(name) for name in RATES), *found.accuracy.values()]
    return [rate for rate in listed if rate is not None]


@given(runs())
def test_every_interval_holds_its_value(records: list[Record]) -> None:
    """Low, value and high stand in that order; both bounds are known or neither is."""
    for name, subsets in metrics.table(records).items():
        for found in subsets.values():
            for rate in every_rate(found):
                assert (rate.low is None) == (rate.high is None)
                if rate.low is not None and rate.high is not None:
                    assert rate.low <= rate.value <= rate.high
                    assert 0 <= rate.low or name == "mean"
                assert 0 < rate.n <= found.items


@given(runs())
def test_the_ocr_correct_subset_is_a_subset(records: list[Record]) -> None:
    """It has no more items, its own reading is faultless, and its n is the share's count."""
    table = metrics.table(records)
    for name in table.keys() - {"mean"}:
        everything, read = table[name]["all"], table[name]["ocr_correct"]
        share = everything.ocr_correct_rate
        assert (round(share.value * share.n) if share else 0) == read.items
        assert read.ocr_correct_rate is None or read.ocr_correct_rate.value == 1
        assert read.cer is None or read.cer.value == 0


@given(runs(suites="a"))
def test_the_mean_of_one_suite_is_the_suite(records: list[Record]) -> None:
    """With one suite, the mean, the pool and the suite are one, intervals included."""
    assume(records)
    table = metrics.table(records)
    assert table["a"] == table["mean"] == table["pooled"]


@given(runs())
def test_the_mean_is_unweighted(records: list[Record]) -> None:
    """Each suite counts alike, however many items it has."""
    table = metrics.table(records)
    suites = [table[name]["all"] for name in table.keys() - {"mean", "pooled"}]
    for name in RATES:
        found = table["mean"]["all"].rate(name)
        rates = [rate.value for rate in (suite.rate(name) for suite in suites) if rate]
        if suites and len(rates) == len(suites):
            assert found is not None
            assert math.isclose(sum(rates) / len(rates), found.value, abs_tol=1e-12)
        else:
            assert None is found


# Intervals


def suite(**rates: Rate | None) -> Metrics:
    """A suite's metrics, undefined but for the rates given."""
    named: dict[str, Any] = dict.fromkeys(RATES) | rates
    return Metrics(items=10, accuracy={}, **named)


def test_the_means_interval_by_hand() -> None:
    """MOVER: the squared distances to the bounds add up, over the number of suites."""
    one, other = Rate(0.9, 0.6, 0.98, 10), Rate(0.5, 0.1, 0.8, 30)
    found = metrics.mean([suite(rer=one), suite(rer=other)]).rer
    assert found is not None
    expected = 0.7, 0.7 - math.hypot(0.3, 0.4) / 2, 0.7 + math.hypot(0.08, 0.3) / 2
    assert expected == pytest.approx((found.value, found.low, found.high))
    assert 40 == found.n


def test_a_mean_without_every_bound_has_none() -> None:
    """A suite of one item has no interval for its error rate, and so the mean has none."""
    found = metrics.mean(
        [suite(cer=Rate(0.1, 0.0, 0.2, 9)), suite(cer=Rate(0.3, None, None, 1))]
    ).cer
    assert found is not None
    assert (None, None, 10) == (found.low, found.high, found.n)
    assert 0.2 == pytest.approx(found.value)


def test_the_mean_of_many_equal_suites_is_surer() -> None:
    """Four equal suites have half the interval of one."""
    rate = Rate(0.5, 0.3, 0.7, 10)
    assert Rate(0.5, 0.4, 0.6, 40) == metrics.mean([suite(rer=rate)] * 4).rer


# What a lost item would do


@pytest.mark.parametrize(
    ("rate", "metric", "lost", "expected"),
    [
        (Rate(0.9, None, None, 10), "rer", 0, 0.9),
        (Rate(0.9, None, None, 10), "rer", 10, 9 / 20),
        (Rate(0.9, None, None, 10), "mmc", 5, 9 / 15),
        (Rate(0.9, None, None, 10), "all_correct", 5, 9 / 15),
        (Rate(0.9, None, None, 10), "ocr_correct_rate", 5, 9 / 15),
        (Rate(0.9, None, None, 10), "accuracy.image", 5, 9 / 15),
        (Rate(0.1, None, None, 10), "cfr", 0, 0.1),
        (Rate(0.1, None, None, 10), "cfr", 10, 11 / 20),
        (Rate(0.1, None, None, 10), "cer", 10, None),
        (None, "rer", 0, None),
        (None, "rer", 3, 0.0),
        (None, "cfr", 3, 1.0),
        (None, "cer", 3, None),
    ],
)
def test_the_worst_rate_counts_lost_items_against_the_model(
    rate: Rate | None, metric: str, lost: int, expected: float | None
) -> None:
    """Each lost item counts against the model: not consistent, not right, a failure."""
    assert expected == pytest.approx(metrics.worst(rate, metric, lost))


@given(runs(suites="a", failing=True))
def test_worst_is_what_the_worst_answers_would_give(records: list[Record]) -> None:
    """In one suite it is the rate of the run whose lost items disagree and are all wrong."""
    one_style = list({record.item: record for record in records}.values())
    kept = [record for record in one_style if not record.verdict.lost]
    lost = len(one_style) - len(kept)
    against = [record(f"lost {n}", "2", "3", "4", cer=None) for n in range(lost)]
    modes = {mode for each in kept for mode in each.verdict.answers}
    assume(kept and modes)
    rate, expected = metrics.compute(kept).rer, metrics.compute([*kept, *against]).rer
    assert expected is not None
    assert expected.value == pytest.approx(metrics.worst(rate, "rer", lost))


def test_the_worst_mean_is_the_mean_of_the_worst() -> None:
    """Over suites a lost item counts in its own suite, as every other item does."""
    small = [record("i1", suite="a")]
    large = [record(f"i{n}", "1", "1", "2", suite="b") for n in range(99)]
    against = record("i2", "2", "3", "4", suite="a")
    table = metrics.table([*small, *large])
    expected = metrics.table([*small, against, *large])["mean"]["all"].rer
    assert expected is not None
    assert pytest.approx(expected.value) == metrics.worst_mean(table, "rer", {"a": 1})


@pytest.mark.parametrize(
    ("metric", "lost", "expected"),
    [
        ("rer", {}, 0.75),
        ("rer", {"a": 2}, (2 / 4 + 1 / 2) / 2),
        ("rer", {"a": 2, "b": 2}, (2 / 4 + 1 / 4) / 2),
        ("rer", {"c": 5}, (1 + 1 / 2 + 0) / 3),
        ("cfr", {}, None),
        ("cfr", {"b": 1}, (0 + 1) / 2),
        ("cer", {"a": 1}, None),
    ],
)
def test_the_worst_mean_with_suites_that_lost_every_item(
    metric: str, lost: Mapping[str, int], expected: float | None
) -> None:
    """Suites that lost every item take part; one that is undefined leaves the mean undefined."""
    wrong = [record("i1", "2", "2", "2", suite="b"), record("i2", "2", "3", "4", suite="b")]
    table = metrics.table([record("i1"), record("i2"), *wrong])
    assert expected == pytest.approx(metrics.worst_mean(table, metric, lost))


def test_the_worst_mean_of_nothing_is_undefined() -> None:
    """No suite and nothing lost."""
    assert None is metrics.worst_mean(metrics.table([]), "rer", {})


@pytest.mark.parametrize("name", [*RATES, "accuracy.text", "accuracy.image", "accuracy.mixed"])
def test_a_rate_by_its_name(name: str) -> None:
    """Every metric that a threshold may name is found by that name."""
    found = metrics.compute(FOUR)
    first, _, mode = name.partition(".")
    held = getattr(found, first)
    assert (held[mode] if mode else held) == found.rate(name)
    assert found.rate(name) is not None


def with_mode(found: Record, mode: str, value: str) -> Record:
    """The record with an answer in another mode, which REST does not compare."""
    other = Answer(cast(Mode, mode), "parsed", "", value, value == TRUTH)
    verdict = found.verdict
    answers = cast(Mapping[Mode, Answer], {**verdict.answers, mode: other})
    return dataclasses.replace(found, verdict=dataclasses.replace(verdict, answers=answers))


@given(runs(), st.sampled_from([TRUTH, "2"]))
def test_other_modes_have_an_accuracy_and_nothing_else(records: list[Record], said: str) -> None:
    """Whatever `ocr-first` answers: RER, CFR and MMC are those of text, image and mixed."""
    assume(records)
    more = [with_mode(each, "ocr-first", said) for each in records]
    before, after = metrics.table(records), metrics.table(more)
    for scope, subsets in after.items():
        for subset, found in subsets.items():
            known = dict(found.accuracy)
            rate = known.pop("ocr-first", None)
            old = before[scope][subset]
            assert old == dataclasses.replace(found, accuracy=known)
            assert rate is None or rate.value == float(said == TRUTH)


def test_a_run_of_other_modes_alone_compares_nothing() -> None:
    """Without text, image and mixed there is no rate of agreement, and no division by zero."""
    found = with_mode(record("i1"), "ocr-first", TRUTH)
    answers = {
        m: a for m, a in found.verdict.answers.items() if m not in ("text", "image", "mixed")
    }
    verdict = dataclasses.replace(found.verdict, answers=answers)
    only = metrics.compute([dataclasses.replace(found, verdict=verdict)])
    assert (1, None, None, None) == (only.items, only.rer, only.cfr, only.all_correct)
    assert (1.0, 1) == value(only.accuracy["ocr-first"])
