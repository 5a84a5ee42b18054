"""Two runs of the same items, paired: McNemar against scipy, and planted drops."""

import functools
import random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from stored import ODD, RIGHT, WRONG, item, of_records, planted, report
from strategies import runs

from pytest_rest.errors import BaselineError
from pytest_rest.gate.baseline import to_baseline
from pytest_rest.gate.paired_runs import PairedComparison, PairedCounts, PairedFigures, compare
from pytest_rest.statistics.drop import decide
from pytest_rest.statistics.paired import mcnemar
from pytest_rest.terms import Record

Bools = list[bool]
SEEDS = 100


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_scipys_sign_test(worse: int, better: int) -> None:
    """Exact and of one side: the flips are tosses of a fair coin."""
    assume(worse + better)
    theirs = stats.binomtest(worse, worse + better, alternative="greater").pvalue
    assert theirs == pytest.approx(mcnemar(worse, better), rel=1e-9)


def test_without_flips_p_is_one() -> None:
    """Nothing became worse: p is 1."""
    assert [1.0, 1.0] == [mcnemar(0, 0), mcnemar(0, 9)]


# By hand


def test_a_comparison_by_hand() -> None:
    """Who was consistent and no longer is, and the other way; failures among the covered ones."""
    old = report([item(f"i{n}", v) for n, v in enumerate([RIGHT, RIGHT, ODD, WRONG, WRONG])])
    new = report([item(f"i{n}", v) for n, v in enumerate([RIGHT, ODD, RIGHT, ODD, WRONG])])
    found = compare(old, new)
    assert PairedCounts(5, 1 / 5, 0.5, ("a/i1", "a/i3"), ("a/i2",)) == found.rer
    assert (3, ("a/i1",), ("a/i2",)) == (found.cfr.n, found.cfr.worse, found.cfr.better)
    assert 0 == found.cfr.change


def test_drops_by_suite_have_their_clusters() -> None:
    """In the items' order; an item in none has an empty one."""
    old, new = ({("a", "1"): now, ("b", "2"): 0.5, ("a", "3"): 1.0} for now in (1.0, 0.0))
    figures = PairedFigures(old, new, {("a", "3"): "a/t"})
    assert {"a": [1.0, 0.0], "b": [0.0]} == figures.drops
    assert {"a": ["", "a/t"], "b": [""]} == figures.grouped


def test_flips_of_a_cluster_are_one_event() -> None:
    """Eight items of two templates got worse: two events, and a third that cancels out."""
    names = [f"{cluster}{n}" for cluster in "ABC" for n in range(4)]
    old = report([item(f"i{name}", RIGHT) | {"cluster": name[0]} for name in names[:10]])
    old["items"] += [item(f"i{name}", ODD) | {"cluster": "C"} for name in names[10:]]
    new = report([item(f"i{name}", ODD) | {"cluster": name[0]} for name in names[:10]])
    new["items"] += [item(f"i{name}", RIGHT) | {"cluster": "C"} for name in names[10:]]
    for each in (old, new):
        whole = report(each["items"])
        each["provenance"] = whole["provenance"]
    found = compare(old, new).rer
    assert (12, 10, 2, 0.25) == (found.n, len(found.worse), len(found.better), found.p)
    alone = [[{**each, "cluster": ""} for each in run["items"]] for run in (old, new)]
    assert mcnemar(10, 2) == compare(*map(report, alone)).rer.p
    assert found == compare(to_baseline(old), to_baseline(new)).rer


def test_lost_items_are_left_out_and_named() -> None:
    """In either run; what is left is paired."""
    old = report([item("i1", RIGHT), item("i2", RIGHT)], [("a", "i3")])
    new = report([item("i1", ODD), item("i3", RIGHT)], [("a", "i2")])
    found = compare(old, new)
    assert (1, ("a/i1",)) == (found.rer.n, found.rer.worse)
    assert ("a/i2", "a/i3") == found.left_out
    assert "2 items lost in either run and left out" == found.note


def test_nothing_to_pair_decides_nothing() -> None:
    """All lost, or none covered: no drops to decide by."""
    old, new = report([item("i1", WRONG)]), report([], [("a", "i1")])
    assert {} == compare(old, new).rates["rer"].drops
    assert {} == compare(old, old).rates["cfr"].drops
    assert {"a": [0.0]} == compare(old, old).rates["rer"].drops


def decision(found: PairedComparison, rate: str, tolerance: float, confidence: float) -> str:
    """What the gate decides of a rate's drops."""
    return decide(found.rates[rate].drops, tolerance, confidence).decision


def test_the_tolerance_is_what_is_tested() -> None:
    """Ten of a hundred: sure to be beyond four points, and within twenty; neither near ten."""
    ten = compare(planted([True] * 100), planted([False] * 10 + [True] * 90))
    decisions = [decision(ten, "rer", t, 0.95) for t in (0.0, 0.04, 0.09, 0.1, 0.11, 0.2)]
    assert ["fail", "fail", "undecided", "undecided", "undecided", "pass"] == decisions
    two = compare(planted([True] * 100), planted([False] * 2 + [True] * 98))
    assert "undecided" == decision(two, "rer", 0.0, 0.95)
    assert "fail" == decision(two, "rer", 0.0, 0.75)


def test_another_model_is_said() -> None:
    """It is compared, and the reader told; what an alias stands for too."""
    old, new = planted([True]), planted([True])
    assert "" == compare(old, new).note
    new["provenance"]["resolved_model"] = ["simulated-2"]
    expected = "another model: simulated in the baseline, simulated (simulated-2) now"
    assert expected == compare(old, new).note


def test_other_items_are_not_compared() -> None:
    """The refusal names them."""
    with pytest.raises(BaselineError, match="cannot be compared: other items in suite a: 1 "):
        compare(planted([True]), planted([True, False]))


def test_styles_are_compared_by_themselves_too() -> None:
    """An item that fails in one style is one item worse; the other style has not changed."""
    old = report([item("i1", RIGHT, style=style) for style in "xy"])
    new = report([item("i1", RIGHT, style="x"), item("i1", ODD, style="y")])
    found = compare(old, new)
    assert ("a/i1",) == found.rer.worse == found.styles["y"].worse
    assert () == found.styles["x"].worse


def test_suites_count_alike() -> None:
    """The change is the mean over suites, the test counts their items."""
    old = report([item("i0", RIGHT), *(item(f"i{n}", RIGHT, "b") for n in range(9))])
    new = report([item("i0", ODD), *(item(f"i{n}", RIGHT, "b") for n in range(9))])
    assert (0.5, 0.5, 10) == (
        (found := compare(old, new).rer).change,
        found.p,
        found.n,
    )


# Laws


@given(runs(failing=True))
def test_a_run_is_as_good_as_itself(records: list[Record]) -> None:
    """Nothing flips, and nothing fails at any tolerance."""
    found = compare(of_records(records), of_records(records))
    for each in (found.rer, found.cfr, *found.styles.values()):
        assert ((), (), 1.0) == (each.worse, each.better, each.p)
        assert each.change in (0, None)
    for rate, figures in found.rates.items():
        assert not figures.drops or "fail" != decision(found, rate, 0.0, 0.5)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1), st.randoms())
def test_swapped_runs_swap_worse_and_better(
    pairs: list[tuple[bool, bool]], rng: random.Random
) -> None:
    """Swapped runs swap worse and better and turn the sign; the order of items plays no part."""
    old, new = planted([one for one, _ in pairs]), planted([other for _, other in pairs])
    there, back = compare(old, new), compare(new, old)
    assert (there.rer.worse, there.rer.better) == (back.rer.better, back.rer.worse)
    assert there.rer.change == pytest.approx(-(back.rer.change or 0))
    flipped = len(there.rer.worse) + len(there.rer.better)
    both = stats.binomtest(len(there.rer.worse), flipped).pvalue if flipped else 1.0
    assert min(1.0, 2 * min(there.rer.p, back.rer.p)) == pytest.approx(both)
    for each in (old, new):
        rng.shuffle(each["items"])
    assert there == compare(old, new)


# Planted drops


def pair(seed: int, drop: float, n: int = 300, spread: float = 2.0) -> tuple[Bools, Bools]:
    """Two runs over the same items, each of a difficulty of its own, most of them easy.

    An item is consistent with a chance of 0.9 in the mean, in each run anew: twelve in a hundred
    flip by themselves, of a steadier model (of a smaller spread) fewer. The drop takes its share of
    each item's chance.
    """
    rng = np.random.default_rng(seed)
    chances = rng.beta(0.9 * spread, 0.1 * spread, n)
    now = chances * (1 - drop / 0.9)
    old, new = rng.random(n) < chances, rng.random(n) < now
    return old.tolist(), new.tolist()


@functools.cache
def compared(seed: int, drop: float, n: int = 300) -> PairedComparison:
    """The comparison of two such runs."""
    old, new = pair(seed, drop, n)
    return compare(planted(old), planted(new))


def failing(drop: float, tolerance: float = 0.0) -> int:
    """In how many of a hundred seeded runs the baseline fails."""
    found = (decision(compared(seed, drop), "rer", tolerance, 0.95) for seed in range(SEEDS))
    return sum(each == "fail" for each in found)


@pytest.mark.slow
@pytest.mark.parametrize("tolerance", [0.0, 0.02])
def test_a_drop_of_ten_points_is_found(tolerance: float) -> None:
    """On 300 items, in nine of ten runs at least."""
    assert failing(0.1, tolerance) >= 90


@pytest.mark.slow
def test_no_drop_is_rarely_found() -> None:
    """The model is the same, and only unsteady: no more than the stated share, and its luck."""
    assert failing(0.0) <= 8


def unpaired(old: Bools, new: Bools) -> float:
    """Fisher's exact test of one side, which takes the runs for two sets of other items."""
    table = [[sum(old), len(old) - sum(old)], [sum(new), len(new) - sum(new)]]
    return float(stats.fisher_exact(table, alternative="greater").pvalue)


def paired(old: Bools, new: Bools) -> float:
    """McNemar's p of the flips."""
    moves = [was - now for was, now in zip(old, new, strict=True)]
    return mcnemar(moves.count(1), moves.count(-1))


def test_an_unpaired_test_misses_what_pairing_finds() -> None:
    """A drop of four points on 300 items of a steady model: in one run, and in a hundred."""
    old, new = pair(37, 0.04, spread=0.3)
    assert compare(planted(old), planted(new)).rer.p < 0.01
    assert unpaired(old, new) > 0.05
    runs = [pair(seed, 0.04, spread=0.3) for seed in range(SEEDS)]
    found, missed = (sum(test(*each) <= 0.05 for each in runs) for test in (paired, unpaired))
    assert found >= missed + 30


def test_the_rate_of_false_alarms_in_thousands_of_runs() -> None:
    """By the flips alone: equal chances fail at most as often as stated."""
    rng = np.random.default_rng(0)
    worse, better = (rng.binomial(300, 0.06, 20_000) for _ in range(2))
    cases = set(zip(worse.tolist(), better.tolist(), strict=True))
    p = {case: mcnemar(*case) for case in cases}
    found = [p[case] <= 0.05 for case in zip(worse.tolist(), better.tolist(), strict=True)]
    assert np.mean(found) <= 0.05
