"""What each rate changed by: by hand, against the paper's formula, and as often as it says."""

from typing import Any

import pytest
from hypothesis import given
from stored import ODD, RIGHT, WRONG, item, of_records, planted, report
from strategies import runs

from pytest_rest.gate import paired_runs, rate_changes
from pytest_rest.gate.baseline import to_baseline
from pytest_rest.terms import Record


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
    missing = known - {(each["suite"], each["id"]) for each in new["items"]}
    new["lost"] = [*new["lost"], *({"suite": suite, "item": name} for suite, name in missing)]
    found, table = paired_runs.compare(old, new), rate_changes.table(old, new)
    for flips, change, sign in ((found.rer, table["rer"], -1), (found.cfr, table["cfr"], 1)):
        assert (len(flips.worse), len(flips.better)) == (change.worse, change.better)
        assert (flips.n, flips.p) == (change.n, change.p)
        assert (flips.change is None) == (change.value is None)
        if flips.change is not None and change.value is not None:
            assert pytest.approx(sign * flips.change) == change.value


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


def test_a_tags_change_is_that_of_its_items() -> None:
    """Of all suites as if they were one, where both runs have the tag; the worst comes first."""

    def run(better: int, tags: dict[str, list[str]]) -> Any:
        items = [
            item(f"i{n}", RIGHT if n < better else ODD, suite) | {"tags": tags[suite]}
            for suite, size in (("a", 4), ("b", 8))
            for n in range(size)
        ]
        return report(items)

    old = run(8, {"a": ["x", "old"], "b": ["x", "y"]})
    new = run(2, {"a": ["x"], "b": ["x", "y"]})
    found = rate_changes.by_tag(old, new)
    assert ["y", "x"] == list(found)
    assert (1.0, 4 / 12, 12, 8) == (
        *(found["x"].old, found["x"].new),
        *(found["x"].n, found["x"].worse),
    )
    baseline = to_baseline(old)
    assert found == rate_changes.by_tag(baseline, new)
    alone = [each for each in old["items"] if each["suite"] == "b"]
    of_b = [each for each in new["items"] if each["suite"] == "b"]
    assert rate_changes.table(report(alone), report(of_b))["rer"] == found["y"]


def test_without_pairs_there_are_no_rates() -> None:
    """No item, no rate; p is 1."""
    old = report([item("i1", WRONG)])
    found = rate_changes.table(old, old)["cfr"]
    assert rate_changes.Change(None, None, None, None, None, 0, 0, 0, 1.0) == found


def test_items_of_a_cluster_make_no_change_surer() -> None:
    """Ten items of two clusters that got worse say less than ten that stand alone."""
    old = report([item(f"i{n}", RIGHT) | {"cluster": f"c{n % 4}"} for n in range(20)])
    new = report(
        [item(f"i{n}", ODD if n % 4 < 2 else RIGHT) | {"cluster": f"c{n % 4}"} for n in range(20)]
    )
    together = rate_changes.table(old, new)["rer"]
    alone = rate_changes.table(
        *(report([{**i, "cluster": ""} for i in run["items"]]) for run in (old, new))
    )
    assert together.value == alone["rer"].value == -0.5
    assert together.low is not None
    assert together.high is not None
    assert alone["rer"].low is not None
    assert alone["rer"].high is not None
    assert together.low < alone["rer"].low < alone["rer"].high < together.high
