"""Early stopping: the order of the looks, the first verdict, and runs that end with it."""

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import pytest
from endpoint import Endpoint
from hypothesis import given
from hypothesis import strategies as st
from runs import Oracle, RunRest, settled, without_times
from test_evidence import RUNS, record

from pytest_rest.errors import OptionError
from pytest_rest.gate import Look, early_stop
from pytest_rest.gate.early_stop import Stopping
from pytest_rest.gate.thresholds import Threshold, parse
from pytest_rest.statistics import bounds, sequential
from pytest_rest.terms import MODES, Item, Mode

RER = parse("rer>=0.8")
EARLY = ("--rest-confidence=0.95", "--rest-early-stop")
SIMULATED = (
    *("--rest-model=simulated:wrong.image=0.01", "--rest-suite=soebench:120"),
    "--rest-concurrency=4",  # less is asked ahead, in vain
)


def item(suite: str, number: int) -> Item:
    """An item of a suite."""
    return Item(f"{suite}-{number}", "What is 1 + 1?", "2", suite=suite, context="Sums.")


def ids(items: Sequence[Item], seed: int = 0) -> list[str]:
    """The items' ids in the order of the looks."""
    return [each.id for each in early_stop.in_rounds(items, seed, items)]


def looked(
    items: Sequence[tuple[str, Sequence[Mode]]], *thresholds: Threshold, confidence: float = 0.95
) -> Stopping:
    """The looks at a test's items, each of a suite and right in these modes."""
    found = Stopping(confidence, {"test": {suite for suite, _ in items}})
    for number, (suite, right) in enumerate(items):
        found.add(suite, {"test": [record(suite, number, right)]}, thresholds)
    return found


def test_a_tag_is_looked_at_by_its_items_alone() -> None:
    """The looks are those of a run that has no others; the threshold's suite is the run's."""
    tagged = [replace(record("a", n, MODES), tags=("law",)) for n in range(40)]
    others = [record("a", n, MODES[:1]) for n in range(40, 80)]
    of_tag, alone = parse("rer@tag.law>=0.8"), parse("rer>=0.8")
    mixed, pure = Stopping(0.95, {"test": ["a"]}), Stopping(0.95, {"test": ["a"]})
    for one, other in zip(tagged, others, strict=True):
        mixed.add("a", {"test": [other]}, [of_tag])
        mixed.add("a", {"test": [one]}, [of_tag])
        pure.add("a", {"test": [one]}, [alone])
    assert mixed.is_over
    assert pure.looks[alone].seen == mixed.looks[of_tag].seen
    assert 2 * pure.looks[alone].after == mixed.looks[of_tag].after


# The order


@given(st.permutations(range(12)), st.integers(0, 3))
def test_the_order_is_the_seed_s_and_the_items(order: list[int], seed: int) -> None:
    """However the items were sorted; another seed has another order; nothing is left out."""
    items = [item("one", number) for number in range(12)]
    found = ids([items[place] for place in order], seed)
    assert ids(items, seed) == found
    assert sorted(found) == sorted(each.id for each in items)
    assert ids(items, 7) != found


@given(st.integers(1, 9), st.integers(1, 9))
def test_suites_take_turns(one: int, other: int) -> None:
    """One item of each, as long as each has one."""
    items = [item("a", n) for n in range(one)] + [item("b", n) for n in range(other)]
    turns = [each[0] for each in ids(items)]
    both = min(one, other)
    assert ["a", "b"] * both == turns[: 2 * both]
    assert one + other == len(turns)


def test_an_item_s_cases_stay_together() -> None:
    """All styles of an item are asked before the next item."""
    items = [item("a", n) for n in range(5)]
    cases = [(each, style) for each in items for style in "xyz"]
    found = early_stop.in_rounds(cases, 0, (each for each, _ in cases))
    assert ["x", "y", "z"] * 5 == [style for _, style in found]
    assert 5 == len({each.id for each, _ in found[::3]})


@given(st.permutations(range(12)), st.integers(0, 3))
def test_clusters_take_turns(order: list[int], seed: int) -> None:
    """The items of one come together, in an order of the seed's and the items'."""
    items = [replace(item("one", n), cluster=("", "a", "b")[n % 3]) for n in range(12)]
    found = early_stop.in_rounds(items, seed, items)
    assert found == early_stop.in_rounds(shuffled := [items[n] for n in order], seed, shuffled)
    assert 4 + 1 + 1 == len([*itertools.groupby(found, lambda each: each.cluster or each.id)])


@given(st.lists(st.sampled_from([("a", "x"), ("a", "y"), ("a", ""), ("b", ""), ("b", "z")])))
def test_turns_weigh_clusters_as_items(selected: list[tuple[str, str]]) -> None:
    """The largest cluster counts as one at most, and each suite's counts the same on average."""
    found = early_stop.turns(selected)
    weights: dict[tuple[str, object], float] = defaultdict(float)
    for place, ((suite, cluster), turn) in enumerate(zip(selected, found, strict=True)):
        weights[suite, cluster or place] += turn.weight
        assert turn.is_last == (not cluster or (suite, cluster) not in selected[place + 1 :])
    assert not found or max(weights.values()) == pytest.approx(1)
    means = {s: fmean(w for (name, _), w in weights.items() if name == s) for s, _ in selected}
    assert not means or max(means.values()) == pytest.approx(min(means.values()))
    alone = early_stop.turns([(suite, "") for suite, _ in selected])
    assert {early_stop.Turn()} >= {*alone}


# The looks


@given(st.lists(st.booleans(), max_size=80), st.sampled_from([">=", "<="]), st.floats(0.3, 0.95))
def test_the_first_verdict_stands(right: list[bool], op: str, bound: float) -> None:
    """It is that of the bounds which hold at every look, and what comes later changes nothing."""
    threshold = Threshold("rer", op, bound)
    found = looked([("s", MODES if each else ("text",)) for each in right], threshold)
    expected = Look()
    for after in range(1, len(right) + 1):
        seen = sequential.Seen(sum(right[:after]), after)
        verdict = bounds.decide(sequential.limits(seen.count, after, 0.95), op, bound)
        expected = Look(seen, verdict, after)
        if verdict != "undecided":
            break
    assert expected == found.looks.get(threshold, Look())
    assert (expected.decision != "undecided") == found.is_over


def test_rounds_wait_for_each_suite() -> None:
    """Of the larger suite no more items count than of the smaller."""
    found = looked([("a", MODES)] * 3 + [("b", MODES)] * 9, RER)
    assert Look(sequential.Seen(6.0, 6), "undecided", 6) == found.looks[RER]
    alone = parse("rer@b>=0.8")
    assert 9 == looked([("a", MODES)] * 3 + [("b", MODES)] * 9, alone).looks[alone].seen.items


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("rer>=0.5", 0.0), ("cfr<=0.5", 1.0), ("mmc>=0.5", 1.0), ("accuracy.image>=0.5", 0.0)],
        *[("accuracy.text>=0.5", 1.0), ("rer@s>=0.5", 0.0), ("rer@ocr_correct>=0.5", 0.0)],
    ],
)
def test_an_item_counts_as_in_the_metrics(text: str, value: float) -> None:
    """Right as text and wrong otherwise."""
    threshold = parse(text)
    found = looked([("one", ("text",))], threshold).looks[threshold]
    assert (value, 1) == (found.seen.value, found.seen.items)


def test_an_item_that_nobody_got_right_is_none_of_cfr_s() -> None:
    """CFR is over the items that some form got right."""
    cfr = parse("cfr<=0.5")
    found = looked([("s", ()), ("s", ("text",)), ("s", ())], cfr).looks[cfr]
    assert (1, 2) == (found.seen.items, found.after)


def test_a_cluster_counts_once() -> None:
    """Ten clusters of six items, each wholly right or wrong, are ten items; not before they end."""
    found, plain = Stopping(0.95, {"test": ["s"]}), [n % 4 != 0 for n in range(10)]
    turns = early_stop.turns([("s", str(n // 6)) for n in range(60)])
    for number, turn in enumerate(turns):
        right = MODES if plain[number // 6] else ("text",)
        found.add("s", {"test": [record("s", number, right)]}, [RER], turn)
        assert (number + 1) // 6 == pytest.approx(found.looks[RER].seen.items)
    whole = looked([("s", MODES if each else ("text",)) for each in plain], RER)
    assert whole.looks[RER].seen.count == pytest.approx(found.looks[RER].seen.count)


def test_lost_items_do_not_count() -> None:
    """Neither do those that were not asked."""
    found = Stopping(0.95, {"test": ["s"]})
    found.add("s", {"test": []}, [RER])
    assert Look() == found.looks[RER]


def test_nothing_stops_before_each_test_was_heard_of() -> None:
    """A folder's threshold arrives with its first record, and is looked at from the start."""
    found = Stopping(0.95, {"a/test": ["s"], "b/test": ["s"]})
    is_over = []
    scoped = Threshold("rer", ">=", 0.8, scope="b")
    for number in range(60):
        found.add("s", {"a/test": [record("s", number)]}, [RER])
        is_over.append(found.is_over)
    for number in range(60, 120):
        found.add("s", {"b/test": [record("s", number)]}, [RER, scoped])
        is_over.append(found.is_over)
    assert [False] * 60 == is_over[:60]
    assert is_over[-1]
    assert 60 < found.looks[scoped].after < 120


def test_a_skipped_test_is_not_heard_of() -> None:
    """It may have a threshold that nobody knows yet: the others alone end nothing."""
    found = Stopping(0.95, {"a/test": ["s"], "b/test": ["s"]})
    found.add("s", {"b/test": []}, [RER])
    for number in range(60):
        found.add("s", {"a/test": [record("s", number)]}, [RER])
    assert "pass" == found.looks[RER].decision
    assert not found.is_over


def test_without_a_threshold_nothing_is_over() -> None:
    """A run that nothing judges asks everything."""
    assert not looked([("s", MODES)] * 50).is_over


def test_late_thresholds_are_looked_at_from_the_first_item() -> None:
    """The same looks, whenever a threshold became known."""
    draws = random.Random(0)
    items = [("s", MODES if draws.random() < 0.9 else ("text",)) for _ in range(150)]
    early, late = looked(items, RER), looked(items)
    late.add("s", {"test": []}, [RER])
    assert early.looks == late.looks


@pytest.mark.parametrize(
    ("text", "suites", "said"),
    [
        ("cer<=0.1", 1, "cer is not a share of the items"),
        ("excess_inconsistency<=0.1", 1, "not a share"),
        ("modality_excess<=0.1", 1, "not a share"),
        ("format_floor<=0.1", 2, "not all suites may have tables"),
        ("rer@red>=0.8", 2, "a style's rate is over all suites"),
    ],
)
def test_what_no_bound_decides_is_wrong_usage(text: str, suites: int, said: str) -> None:
    """Told before anything is asked."""
    with pytest.raises(OptionError, match=said):
        early_stop.check([parse(text)], suites, ["red"])


def test_a_style_of_one_suite_is_decided() -> None:
    """As any other rate."""
    early_stop.check([parse("rer@red>=0.8")], 1, ["red"])


# Runs


@pytest.mark.some(1)
@RUNS
def test_a_run_ends_with_its_verdict(run_rest: RunRest, workers: Sequence[str]) -> None:
    """Half of the calls are saved, the rest is not needed, and every mode reports the same."""
    run = run_rest(*SIMULATED, "--rest-min-rer=0.8", *EARLY, *workers)
    assert pytest.ExitCode.OK == run.status
    gate, items = run.report["gate"], run.report["items"]
    assert gate["passed"] is True
    assert {"items": len(items), "of": 120} == {k: gate["early_stop"][k] for k in ("items", "of")}
    assert gate["early_stop"]["calls_saved"] >= 240
    assert len(items) < 60
    assert run.outcomes["unneeded"] > 50
    assert "stopped early, after" in run.out
    serial = run_rest(*SIMULATED, "--rest-min-rer=0.8", *EARLY, "-pno:xdist")
    for report in (run.report, serial.report):
        del report["usage"], report["gate"]["early_stop"]["calls_saved"]  # asked ahead, in vain
    assert without_times(serial.report) == without_times(run.report)


def test_a_model_that_fails_is_found_out_soon(run_rest: RunRest) -> None:
    """The build fails, and says after how many items."""
    args = ("--rest-model=simulated:wrong.image=0.6", "--rest-suite=soebench:120", *EARLY)
    run = run_rest(*args, "--rest-min-rer=0.8")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert "gate FAILED: rer>=0.8 failed: " in run.out
    assert len(run.report["items"]) < 60


def test_an_undecided_run_asks_everything(run_rest: RunRest) -> None:
    """And says how many more items would decide it."""
    args = ("--rest-model=simulated:wrong.image=0.2", "--rest-suite=soebench:20", *EARLY)
    run = run_rest(*args, "--rest-min-rer=0.75")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert 20 == len(run.report["items"])
    assert run.report["gate"]["early_stop"] is None
    assert "rer>=0.75 is undecided" in run.report["gate"]["reason"]
    assert "more items would decide it" in run.report["gate"]["reason"]


@pytest.mark.costly
@pytest.mark.parametrize("gate", [("--rest-min-rer=0.8", *EARLY), ()], ids=["anew", "kept"])
def test_a_stopped_run_is_gone_on_with(run_rest: RunRest, gate: Sequence[str]) -> None:
    """It stops at the same item, and asks nothing twice."""
    first = run_rest(*SIMULATED, "--rest-min-rer=0.8", *EARLY)
    again = run_rest("--rest-resume", *gate, keep=True)
    for report in (first.report, again.report):
        del report["usage"], report["gate"]["early_stop"]["calls_saved"]
    assert settled({**first.report, "usage": {}}) == settled({**again.report, "usage": {}})


@pytest.mark.costly
def test_the_endpoint_is_spared(run_rest: RunRest) -> None:
    """What is saved is saved at the endpoint: it sees what the report has, and little more."""
    oracle = Oracle(100, wrong=())
    with Endpoint(oracle.reply) as endpoint:
        run = run_rest(
            *("--rest-model=m", f"--rest-api-base={endpoint.url}", "--rest-suite=soebench:100"),
            *("--rest-min-rer=0.8", "--rest-concurrency=4", *EARLY),
        )
    assert run.report["gate"]["passed"] is True
    assert run.report["usage"]["calls"] <= len(endpoint.requests)
    assert 4 * len(run.report["items"]) <= len(endpoint.requests) < 200


@pytest.mark.costly
def test_thresholds_of_folders_are_decided_on_their_tests(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """Thresholds of the folders' conftest files are decided too, each on its tests."""
    for folder, suite in (("one", "soebench:60"), ("two", "soebench:59")):
        (pytester.path / folder).mkdir()
        (pytester.path / folder / "conftest.py").write_text(
            "import pytest\n@pytest.fixture(scope='session')\ndef rer_threshold(): return 0.8\n"
        )
        (pytester.path / folder / f"test_{folder}.py").write_text(
            f"import pytest\n\n@pytest.mark.rest('{suite}')\ndef test_it(rest):\n"
            "    assert rest().consistent\n"
        )
    run = run_rest("--rest-model=simulated", *EARLY, "one", "two")
    assert pytest.ExitCode.OK == run.status
    assert ["passed"] * 2 == [each["outcome"] for each in run.report["gate"]["thresholds"]]
    assert run.outcomes["unneeded"] > 20


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--rest-min-rer=0.8",), "say how sure: --rest-confidence=0.95"),
        (("--rest-confidence=0.9", "--rest-baseline=x.json"), "compares all items"),
        (("--rest-confidence=0.9", "--rest-shard=1/2"), "only a whole run can have"),
        (("--rest-confidence=0.9", "--rest-require=cer<=0.1"), "cer is not a share of the items"),
    ],
)
def test_wrong_usage(run_rest: RunRest, args: Sequence[str], said: str) -> None:
    """Told before anything is asked, with the mend."""
    run = run_rest("--rest-model=simulated", "--rest-early-stop", *args)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in run.out
