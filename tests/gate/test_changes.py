"""What each rate changed by: by hand, against the paper's formula, and as often as it says."""

import random
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import ODD, RIGHT, WRONG, item, of_records, planted, report
from strategies import runs

from pytest_rest.gate import paired_runs, rate_changes
from pytest_rest.terms import Record

SEEDS, N = 400, 80


def test_a_table_by_hand() -> None:
    """Five items: what was, what is, the difference, and who flipped."""
    old = report([item(f"i{n}", v) for n, v in enumerate([RIGHT, RIGHT, ODD, WRONG, WRONG])])
    new = report([item(f"i{n}", v) for n, v in enumerate([RIGHT, ODD, RIGHT, ODD, WRONG])])
    found = rate_changes.table(old, new)
    names = ["rer", "cfr", "mmc", "accuracy.text", "accuracy.image", "accuracy.mixed"]
    assert names == list(found)
    figures = {name: (c.old, c.new, c.n, c.worse, c.better) for name, c in found.items()}
    assert (4 / 5, 3 / 5, 5, 2, 1) == figures["rer"]
    assert (1 / 3, 1 / 3, 3, 1, 1) == figures["cfr"]
    assert (3 / 5, 4 / 5, 5, 0, 1) == figures["mmc"]
    assert (2 / 5, 2 / 5, 5, 1, 1) == figures["accuracy.image"]
    assert pytest.approx(-1 / 5) == found["rer"].value
    assert 0.5 == found["rer"].p


@given(runs(), runs())
def test_the_gate_and_the_table_say_the_same(one: list[Record], other: list[Record]) -> None:
    """The items that flip, their n and p, and the change of the mean over suites."""
    old = of_records(one)
    new = {**old, "items": of_records(other)["items"]}
    known = {(each["suite"], each["id"]) for each in old["items"]}
    new["items"] = [each for each in new["items"] if (each["suite"], each["id"]) in known]
    found, table = paired_runs.compare(old, new), rate_changes.table(old, new)
    for flips, change, sign in ((found.rer, table["rer"], -1), (found.cfr, table["cfr"], 1)):
        assert (len(flips.worse), len(flips.better)) == (change.worse, change.better)
        assert (flips.n, flips.p) == (change.n, change.p)
        assert (flips.change is None) == (change.value is None)
        if flips.change is not None and change.value is not None:
            assert pytest.approx(sign * flips.change) == change.value


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60))
def test_the_interval_is_bonett_and_prices(worse: int, better: int, same: int) -> None:
    """As they write it, of the two shares of flips with one added to each."""
    n = worse + better + same
    if not n:
        return
    found = rate_changes.difference([-1.0] * worse + [1.0] * better + [0.0] * same)
    p12, p21 = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    reach = 1.959963984540054 * sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 2))
    assert pytest.approx((better - worse) / n) == found.value
    assert pytest.approx(max(p12 - p21 - reach, -1)) == found.low
    assert pytest.approx(min(p12 - p21 + reach, 1)) == found.high
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(("worse", "better"), [(0.0, 0.0), (0.1, 0.0), (0.05, 0.05), (0.3, 0.1)])
def test_intervals_hold_what_was_planted(worse: float, better: float) -> None:
    """Binomial: of 400 true 95 % intervals, fewer than 368 hold the truth in 1 of 200 cases."""
    rng = random.Random(0)
    held = 0
    for _ in range(SEEDS):
        draws = [rng.random() for _ in range(N)]
        found = rate_changes.difference(
            [-1.0 if d < worse else float(d > 1 - better) for d in draws]
        )
        assert found.low is not None
        assert found.high is not None
        held += found.low <= better - worse <= found.high
    assert 368 <= held


def test_several_suites_are_their_mean() -> None:
    """Each counts alike, however many items it has."""
    old, new = planted([True] * 10), planted([True] * 8 + [False] * 2)
    for run, more in ((old, [True] * 2), (new, [True] * 2)):
        other = planted(more, "b")
        run["items"] += other["items"]
        run["provenance"]["suites"] += other["provenance"]["suites"]
    found = rate_changes.table(old, new)["rer"]
    assert pytest.approx(-0.1) == found.value
    assert (1.0, 0.9, 12) == (found.old, found.new, found.n)


def test_nothing_to_pair() -> None:
    """No item, no rate; p is 1."""
    old = report([item("i1", WRONG)])
    found = rate_changes.table(old, old)["cfr"]
    assert rate_changes.Change(None, None, None, None, None, 0, 0, 0, 1.0) == found
