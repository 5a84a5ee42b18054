"""Runs under several budgets of thinking: what is asked, what is reported, and what is refused."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import rh_bench as made_up
from runs import RunRest, read_report, without_times

from pytest_rest import gate
from pytest_rest.commands import main
from pytest_rest.errors import BenchmarkError, OptionError
from pytest_rest.gate.thresholds import parse
from pytest_rest.metrics.by_budget import Budgeted, BudgetPoint, collapses
from pytest_rest.metrics.output_length import Ratio
from pytest_rest.prompts import thinking_budgets
from pytest_rest.statistics import rh_auc
from pytest_rest.terms import Budget, Item, Rate, Scheme, Sweep

SOEBENCH = "--rest-suite=soebench:4"
TRADE = """
    accuracy: 0.55
    effects:
      - {change: -0.3, when: {item: reasoning}}
      - {change: 0.2, when: {item: reasoning, budget: ">50"}}
      - {change: 0.2, when: {item: reasoning, budget: ">200"}}
      - {change: -0.2, when: {item: perception, budget: ">200"}}
"""
SERIAL = ("-pno:xdist",)


@pytest.fixture
def rh(tmp_path: Path) -> tuple[str, ...]:
    """A made-up RH-Bench of 24 items, a judge, and two budgets."""
    folder = made_up.write(tmp_path / "rh", 12)
    data = f"--rest-data={folder}", "--rest-suite=rh-bench"
    return *data, "--rest-judge=simulated", "--rest-reasoning-budgets=0,300"


@pytest.mark.parametrize(
    ("text", "control", "expected"),
    [
        ("0,100,300", "forced", (Budget(0), Budget(100), Budget(300))),
        (" 0 , 7", "native", (Budget(0, "native"), Budget(7, "native"))),
        ("low,high", "native", (Budget("low", "native"), Budget("high", "native"))),
        ("50", "forced", (Budget(50),)),
    ],
)
def test_budgets(text: str, control: str, expected: tuple[Budget, ...]) -> None:
    """Tokens, or words of an endpoint's own."""
    assert expected == thinking_budgets.parse(text, control)


@pytest.mark.parametrize(
    ("text", "control", "why"),
    [
        ("100,0", "forced", "'0' comes after '100'; give each once, the least first"),
        ("0,0", "forced", "'0' comes after '0'"),
        ("0,,5", "forced", "'0' is not a budget; give numbers"),
        ("-1", "forced", "'-1' is not a budget"),
        ("1e3", "forced", "'1e3' is not a budget"),
        ("200000", "forced", "numbers of tokens up to 100,000"),
        ("hihg", "native", "did you mean 'high'"),
        ("high,low", "native", "'low' comes after 'high'"),
        ("low,high", "forced", "give --rest-reasoning-control=native with it"),
        ("5", "fored", "did you mean 'forced'?"),
    ],
)
def test_budgets_that_cannot_be_understood(text: str, control: str, why: str) -> None:
    """One line with the mend."""
    with pytest.raises(OptionError) as raised:
        thinking_budgets.parse(text, control)
    assert why in str(raised.value)


def test_an_open_answer_needs_a_judge() -> None:
    """And an item that is swept needs budgets: each is told with the option that is missing."""
    item = Item("i", "What?", "a cat", answer_kind="open", suite="rh-bench", only="text")
    with pytest.raises(BenchmarkError, match="give --rest-reasoning-budgets, such as 0,100"):
        thinking_budgets.check(item, Scheme())
    swept = Scheme(sweep=Sweep((Budget(0),)))
    with pytest.raises(BenchmarkError, match="name a model for it: --rest-judge=SPEC"):
        thinking_budgets.check(item, swept)
    thinking_budgets.check(item, Scheme(sweep=Sweep((Budget(0),), has_judge=True)))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--rest-reasoning-budgets=5,1"], "'1' comes after '5'"),
        (["--rest-reasoning-budgets=0,5", "--rest-repeats=2"], "leave --rest-repeats out"),
        (
            ["--rest-reasoning-budgets=5", "--rest-modes=text,image,ocr-then-solve"],
            "does not go with budgets",
        ),
        (
            ["--rest-reasoning-budgets=5", "--rest-reasoning-control=native"],
            "model 'simulated' is not asked through LiteLLM",
        ),
        (
            ["--rest-reasoning-budgets=5", "--rest-early-stop", "--rest-confidence=0.9"],
            "--rest-early-stop has no bounds",
        ),
        (["--rest-require=rh_auc.raw>=0.5"], "is for rh-bench; give --rest-suite=rh-bench"),
        (["--rest-require=rh_auc.raw@arc>=0.5"], "name no part"),
        (["--rest-judge-api-base=http://x/v1"], "name the judge: --rest-judge=SPEC"),
        (["--rest-judge=simulated"], "are given under budgets; give --rest-reasoning-budgets"),
        (["--rest-reasoning-control=nativ"], "did you mean 'native'?"),
        (["--rest-judge=nowhere-9", "--rest-reasoning-budgets=5"], "nowhere-9"),
    ],
)
def test_wrong_usage(run_rest: RunRest, given: Sequence[str], why: str) -> None:
    """One line, before anything is asked."""
    run = run_rest("--rest-model=simulated", SOEBENCH, *SERIAL, *given)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert why in run.out


def test_rh_bench_says_what_it_needs(run_rest: RunRest, rh: tuple[str, ...]) -> None:
    """Budgets, and a judge for its open answers."""
    data, suite, judge, swept = rh
    model = ("--rest-model=simulated", *SERIAL)
    assert "give --rest-reasoning-budgets" in run_rest(*model, data, suite, judge).out
    assert "name a model for it: --rest-judge=SPEC" in run_rest(*model, data, suite, swept).out


def test_a_sweep_of_any_suite(run_rest: RunRest) -> None:
    """REST's figures under each budget; the tests are of the largest; the plan counted right."""
    given = "--rest-model=simulated:wrong.image=1", SOEBENCH, "--rest-reasoning-budgets=0,100"
    run = run_rest(*given, *SERIAL)
    assert {"failed": 4} == run.outcomes
    found = run.report["budgets"]
    assert ("forced", [0, 100], None) == (found["control"], found["amounts"], found["judge"])
    for budget, each in zip((0, 100), found["suites"]["soebench"], strict=True):
        rates = each["rer"], each["accuracy"]["text"], each["accuracy"]["image"]
        assert (budget, 0, 1, 0) == (each["budget"], *(rate["value"] for rate in rates))
        assert 4 == each["items"] == each["rer"]["n"]
    cut = found["suites"]["soebench"][1]["cut"]["image"]
    assert (1.0, 4) == (cut["value"], cut["n"])
    assert "reasoning collapse, under 100: " in run.out
    assert "again: pytest --rest-model" in run.out
    assert "--rest-reasoning-budgets=0,100" in run.out.partition("again: ")[2].partition("\n")[0]
    plan = run_rest(*given, "--rest-plan", *SERIAL)
    assert f"calls       {run.report['usage']['calls']}: 4 tests" in plan.out


@pytest.mark.parametrize("workers", [SERIAL, ("-n0",)], ids=" ".join)
def test_rh_auc_of_a_planted_trade_off(
    run_rest: RunRest, rh: tuple[str, ...], workers: Sequence[str], tmp_path: Path
) -> None:
    """Points, areas and curve; gated; equal whoever asks; the plan is what is asked."""
    profile = tmp_path / "trade.yaml"
    profile.write_text(TRADE)
    given = f"--rest-model=simulated:{profile}", *rh
    run = run_rest(*given, "--rest-require=rh_auc.raw>=0.95", *workers)
    found = run.report["rh_auc"]
    (first, last), raw = found["points"], found["raw"]
    scores = [(p["reasoning"]["value"], p["perception"]["value"]) for p in (first, last)]
    assert scores[0][0] < scores[1][0]
    assert scores[0][1] > scores[1][1]
    assert pytest.approx(sum(each[1] for each in scores) / 2) == raw["value"]
    assert raw["low"] < raw["value"] < raw["high"]
    assert 24 == raw["n"] == first["reasoning"]["n"] + first["perception"]["n"]
    assert pytest.approx(0.5) == found["normalised"]["value"]
    assert 1 == run.status
    assert "; text; forced budgets 0, 300; nothing transcribed; " in run.out
    assert "rh_auc.raw>=0.95 failed: " in run.out
    assert "\n2 300          12+12 " in run.out
    assert "RH-AUC raw: 0." in run.out
    assert "reasoning\n" in run.out
    assert [] == [name for name in run.report["metrics"] if name == "rh-bench"]
    plan = run_rest(*given, "--rest-plan", *SERIAL)
    calls = run.report["usage"]["calls"]
    assert f"calls       {calls}: 24 tests" in plan.out


def test_what_is_undefined_does_not_pass(run_rest: RunRest, rh: tuple[str, ...]) -> None:
    """A model that is right under every budget has a point, and no curve."""
    run = run_rest("--rest-model=simulated", *rh, "--rest-require=rh_auc.raw>=0", *SERIAL)
    assert 1 == run.status
    why = "reasoning is the same under every budget"
    assert f"gate FAILED: rh_auc.raw>=0 is not judged: {why}" in run.out
    assert None is run.report["rh_auc"]["raw"]
    assert {"raw": why, "normalised": why} == run.report["rh_auc"]["undefined"]


@pytest.mark.costly
def test_shards_give_the_whole_runs_figures(
    run_rest: RunRest, rh: tuple[str, ...], tmp_path: Path
) -> None:
    """RH-AUC is a function of the records alone, wherever they come from."""
    profile = tmp_path / "trade.yaml"
    profile.write_text(TRADE)
    given = f"--rest-model=simulated:{profile}", *rh, *SERIAL
    whole = without_times(run_rest(*given).report)
    parts = []
    for number in (1, 2):
        part = tmp_path / f"{number}.json"
        run_rest(*given, f"--rest-shard={number}/2", f"--rest-json={part}")
        parts.append(str(part))
    assert 0 == main(["merge", *parts, "-o", str(tmp_path / "merged")])
    found = read_report(tmp_path / "merged")
    assert (whole["rh_auc"], whole["budgets"]) == (found["rh_auc"], found["budgets"])


def test_a_sweep_survives_the_report(run_rest: RunRest, rh: tuple[str, ...]) -> None:
    """Metrics under a budget, tokens and ratios among them, and points of the curve."""
    given = "--rest-model=simulated:wrong.image=0.5", *rh, "--rest-suite=soebench:3"
    report = run_rest(*given, *SERIAL).report
    entries = [each for listed in report["budgets"]["suites"].values() for each in listed]
    assert {2} == {len(listed) for listed in report["budgets"]["suites"].values()}
    assert all(each["tokens"] and each["length_ratio"] for each in entries)
    assert entries == [Budgeted.from_builtins(each).to_builtins() for each in entries]
    found = Budgeted.from_builtins(entries[0]).metrics
    kinds = [*found.accuracy.values(), found.rer, found.cer, found.length_ratio]
    assert [Rate] * (len(kinds) - 1) + [Ratio] == [*map(type, kinds)]
    points = report["rh_auc"]["points"]
    assert points == [asdict(BudgetPoint.from_builtins(each)) for each in points]


def test_a_gate_may_ask_to_be_sure() -> None:
    """By the bootstrap's bounds: an area that is met, and not surely, is undecided."""
    rows = [[1.0, 1.0]] * 10 + [[0.0, 1.0]] * 10, [[1.0, 0.0]] * 8 + [[1.0, 1.0]] * 12
    areas = rh_auc.measure(*rows)
    low, high = areas["raw"].limits(0.9) or (0.0, 0.0)
    value = areas["raw"].value

    def outcome(bound: float) -> str:
        threshold = parse(f"rh_auc.raw>={bound}")
        return gate.judge([threshold], {}, {}, confidence=0.9, areas=areas).thresholds[0].outcome

    assert low < value < high
    bounds = low - 0.01, value - 0.001, high + 0.01
    assert ["passed", "undecided", "failed"] == [*map(outcome, bounds)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.4, 0.9, True), (0.4, 1.1, None), (1.0, 1.2, False), (None, None, None)],
)
def test_shorter_answers_to_images_are_a_collapse(
    low: Any, high: Any, expected: bool | None
) -> None:
    """Seen when the interval lies below 1, not seen when it does not, not sure between."""
    assert expected is collapses(Ratio(1.0, low, high, 9, "tokens"))
