"""Runs that are compared with an earlier one: what got worse, what may, and what is refused."""

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from runs import Finished, RunRest
from stored import ODD, RIGHT, item, planted, report

from pytest_rest import gate
from pytest_rest.commands import main
from pytest_rest.gate import Gate, baseline, regression
from pytest_rest.gate.regression import Tolerance

MODES = [("-pno:xdist",), ("-n0",), ("-n2",)]
RUNS = pytest.mark.parametrize("workers", MODES, ids=" ".join)
GOOD, BAD = "--rest-model=simulated", "--rest-model=simulated:wrong.image=0.4"
SUITE = "--rest-suite=soebench:30"


@pytest.fixture
def old(pytester: pytest.Pytester, run_rest: RunRest) -> dict[str, Any]:
    """The report of a good run, at old.json."""
    return run_rest(GOOD, SUITE, "--rest-json=old.json").report


def gate_of(run: Finished) -> Any:
    """The report's comparison."""
    return run.report["gate"]["baseline"]


@pytest.mark.some(1)
@RUNS
def test_a_run_that_got_worse(old: object, run_rest: RunRest, workers: Sequence[str]) -> None:
    """Not passed, with the figures, the items, and tests of its own; the same report in each."""
    run = run_rest(BAD, SUITE, "--rest-baseline=old.json", *workers)
    assert pytest.ExitCode.TESTS_FAILED == run.status
    rer, cfr = gate_of(run)["checks"]
    wrong = [item for item in run.report["items"] if item["verdict"] == "inconsistent"]
    assert 3 < len(wrong)
    assert {f"soebench/{item['id']}" for item in wrong} == set(rer["worse"])
    assert 30 == rer["n"]
    assert pytest.approx(len(wrong) / 30) == rer["change"]
    assert pytest.approx(0.5 ** len(wrong)) == rer["p"]
    assert ("failed", "failed") == (rer["outcome"], cfr["outcome"])
    assert ("fail", 30) == (rer["drop"]["decision"], rer["drop"]["suites"]["soebench"]["n"])
    start = f"gate FAILED: rer_drop<=0.0 failed: RER fell by {100 * len(wrong) / 30:.1f} poi"
    assert start in run.out
    assert "were consistent, and are no longer:" in run.out
    assert f"    soebench/{sorted(item['id'] for item in wrong)[0]}" in run.out
    assert "another model: simulated in the baseline, simulated:wrong.image=0.4 now" in run.out
    assert "FAILED rest-gate::cfr_rise<=0.0" in run.out
    assert {"passed": 31, "failed": 2, "inconsistent": len(wrong)} == {
        "passed": 31,
        "failed": run.outcomes["failed"],
        "inconsistent": run.outcomes["inconsistent"],
    }


def test_a_run_that_is_as_good(
    old: dict[str, Any],
    run_rest: RunRest,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same is no proof, and passes; a better one than a bad baseline is one."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    same = run_rest(GOOD, SUITE, "--rest-baseline=old.json", "--color=yes")
    yellow = "\x1b[33m"
    assert f"{yellow}  rer_drop<=0.0 is undecided: RER is as it was" in same.out
    assert "::error" not in same.out
    assert "=0.0 | **undecided** | " in pytester.path.joinpath("summary.md").read_text()
    page = pytester.path.joinpath("run", "report.html").read_text()
    assert re.search(r'<p>may fall by 0 points: <b class="unsure">undecided</b></p>', page)
    assert 0 == same.status
    assert "gate passed: rer_drop<=0.0 is undecided: RER is as it was (0 items worse" in same.out
    assert "; cannot tell: 30 items find a drop of 14 points with 80 %" in same.out
    assert ("undecided", True) == tuple(
        gate_of(same)["checks"][0][k] for k in ("outcome", "passes")
    )
    run_rest(BAD, SUITE, "--rest-json=bad.json")
    better = run_rest(GOOD, SUITE, "--rest-baseline=bad.json", "--rest-max-rer-drop=0")
    assert 0 == better.status
    assert 1 == len(gate_of(better)["checks"])
    assert "gate passed: rer_drop<=0.0 passed: RER rose by" in better.out


@pytest.mark.costly
def test_a_drop_within_the_tolerance_passes(old: object, run_rest: RunRest) -> None:
    """A smaller drop than that passes, and only what was asked about is looked at."""
    run = run_rest(BAD, SUITE, "--rest-baseline=old.json", "--rest-max-rer-drop=0.9")
    assert 0 == run.status
    assert ["rer_drop<=0.9"] == [check["name"] for check in gate_of(run)["checks"]]


@pytest.mark.costly
def test_thresholds_and_lost_items_count_too(old: object, run_rest: RunRest) -> None:
    """Both are judged, and what was lost comes first."""
    missed = run_rest(GOOD, SUITE, "--rest-baseline=old.json", "--rest-max-cfr=0", "-k0001 or 0002")
    assert pytest.ExitCode.TESTS_FAILED == missed.status
    assert "gate FAILED: rer_drop<=0.0 is not judged: the runs cannot be compar" in missed.out
    lost = run_rest("--rest-model=simulated:failed=0.1", SUITE, "--rest-baseline=old.json")
    assert pytest.ExitCode.TESTS_FAILED == lost.status
    assert "gate FAILED: " in lost.out
    assert " lost (allowed: 0): " in lost.report["gate"]["reason"]


def test_a_rest_plus_run_is_judged_in_its_baselines_style(run_rest: RunRest) -> None:
    """And the gate says so; that other styles break the model is not a drop."""
    suite = "--rest-suite=soebench:8"
    run_rest("--rest-model=simulated", suite, "--rest-json=old.json")
    model, styles = "--rest-model=simulated:low-resolution", "--rest-style=dejavu,dejavu-50dpi"
    run = run_rest(model, suite, styles, "--rest-baseline=old.json", "--rest-max-rer-drop=0.9")
    assert 0 == run.status
    assert run.report["metrics"]["mean"]["all"]["rer"]["value"] < 1
    assert [] == gate_of(run)["checks"][0]["worse"]
    assert "compared in dejavu-200dpi-black alone" in gate_of(run)["note"]


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rest-suite=soebench:29"], "other items in suite soebench: 30 ("),
        ([SUITE, "--rest-seed=1"], "other items in suite soebench"),
        ([SUITE, "--rest-modes=text,image"], "other modes: image, mixed, text in the baseline"),
        ([SUITE, "--rest-style=courier"], "other styles: dejavu-200dpi-black in the baseline"),
        ([SUITE, "--rest-ocr=off"], "other transcriptions: image in the baseline, off now"),
    ],
)
@pytest.mark.costly
def test_another_benchmark_is_refused_before_asking(
    old: object, run_rest: RunRest, options: list[str], said: str
) -> None:
    """Told before anything is asked, naming what differs."""
    run = run_rest(GOOD, *options, "--rest-baseline=old.json", "--rest-run-dir=new")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "ERROR: REST: --rest-baseline is of another benchmark: " in run.out
    assert said in run.out


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, [], "b.json': no such file, or folder with a report.json; check the path"),
        ("{", [], "it is not valid JSON, or cut off: Expecting property name"),
        ("[]", [], "the report cannot be read"),
        (json.dumps({"schema": "pytest-rest/report/2"}), [], "is newer than this version's"),
        ("{}", ["--rest-max-rer-drop=2"], "'2' is not a valid share; give one from 0 to 1"),
        ("{}", ["--rest-max-cfr-rise=x"], "'x' is not a valid share"),
    ],
)
def test_an_invalid_baseline_is_one_line(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    content: str | None,
    options: list[str],
    said: str,
) -> None:
    """Missing, damaged, newer: one line, before anything is asked."""
    if content is not None:
        pytester.path.joinpath("b.json").write_text(content)
    run = run_rest(GOOD, SUITE, "--rest-baseline=b.json", *options)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in run.out
    assert "Traceback" not in run.out


def test_a_tolerance_without_a_baseline_is_wrong_usage(run_rest: RunRest) -> None:
    """There is nothing to compare with."""
    run = run_rest(GOOD, "--rest-max-rer-drop=0.1")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-max-rer-drop needs a run to compare with; give --rest-baseline" in run.out


def test_many_items_are_not_all_shown() -> None:
    """Ten, and how many more."""
    assert [*map(str, range(10)), "and 2 more, in report.json"] == regression.shown(
        [str(each) for each in range(12)]
    )


def test_nothing_to_pair_passes_nothing(old: dict[str, Any]) -> None:
    """Of two runs of which everything was lost."""
    for each in old["items"]:
        each["verdict"] = "lost"
    found = regression.judge(old, old, Tolerance(), max_lost=30)
    assert 2 == len(found.reasons)
    assert "no items could be paired" in found.reasons[0]


def cut(number: int, found: Any) -> Any:
    """A report that lost the first items, and says so."""
    lost = [{"suite": each["suite"], "item": each["id"]} for each in found["items"][:number]]
    return {**found, "items": found["items"][number:], "lost": lost}


@pytest.mark.parametrize(
    ("before", "after", "max_lost", "expected"),
    [
        (38, 0, 0, "38 items were lost (allowed: 0): 38 in the baseline, 0 now"),
        (0, 38, 37, "38 items were lost (allowed: 37): 0 in the baseline, 38 now"),
        (2, 3, 2, "3 items were lost (allowed: 2): 2 in the baseline, 3 now"),
        (38, 38, 38, ""),
        (1, 0, 1, ""),
    ],
)
def test_a_comparison_without_the_lost_items_is_not_judged(
    before: int, after: int, max_lost: int, expected: str
) -> None:
    """Lost on either side; what is left would pass, for two items show nothing surely."""
    old, new = cut(before, planted([True] * 40)), cut(after, planted([True] * 38 + [False] * 2))
    found = regression.judge(old, new, Tolerance(), max_lost)
    reasons = [f"{name} is not judged: {expected}" for name in ("rer_drop<=0.0", "cfr_rise<=0.0")]
    assert (reasons if expected else []) == found.reasons


def test_a_form_or_a_style_that_only_one_run_has_is_lost() -> None:
    """What was cut out of an item would else let it agree with itself."""
    whole = report([item("i1", ODD, style=style) for style in ("x", "y")])
    for change in (
        lambda run: run["items"].pop(),
        lambda run: [each["answers"].pop("image") for each in run["items"]],
    ):
        part = copy.deepcopy(whole)
        change(part)
        part["provenance"]["styles"] = whole["provenance"]["styles"]
        for old, new, sides in ((part, whole, "1 in the baseline, 0"), (whole, part, "0 in the b")):
            assert (
                f"1 item was lost (allowed: 0): {sides}"
                in regression.judge(old, new, Tolerance()).reasons[0]
            )


def test_a_run_that_was_interrupted_is_not_a_baseline(
    run_rest: RunRest, mode: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What was selected and not asked is lost, and named as such."""
    run_rest(BAD, SUITE, "--rest-strict", "--maxfail=1", "--rest-json=broken.json", *mode)
    assert 4 == main(["baseline", "broken.json", "-o", "b.json"])
    assert "of 30 items are lost (allowed: 0), so it cannot judge" in capsys.readouterr().err


@pytest.mark.costly
def test_a_baseline_that_lost_items_is_refused_before_asking(
    pytester: pytest.Pytester, run_rest: RunRest, mode: Sequence[str]
) -> None:
    """Unless as many are allowed; those that this run loses count, too."""
    args = ("--rest-suite=soebench:40", "--rest-baseline=old.json")
    old = run_rest(GOOD, args[0]).report
    pytester.path.joinpath("old.json").write_text(json.dumps(cut(38, old)))
    run = run_rest(BAD, *args, *mode)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "old.json': 38 of 40 items are lost (allowed: 0)" in run.out
    allowed = run_rest(GOOD, *args, "--rest-max-lost=38", *mode)
    assert 0 == allowed.status
    pytester.path.joinpath("old.json").write_text(json.dumps(cut(2, old)))
    lost = run_rest("--rest-model=simulated:failed=0.03", *args, "--rest-max-lost=6", *mode)
    assert pytest.ExitCode.TESTS_FAILED == lost.status
    said = "rer_drop<=0.0 is not judged: 8 items were lost (allowed: 6): 2 in the baseline, 6 now"
    assert f"gate FAILED: {said}" in lost.out


def flipped(n: int, worse: int, better: int = 0) -> tuple[Any, Any]:
    """Two runs of n items, of which so many got worse, and so many better."""
    old, new = [True] * n, [True] * n
    new[:worse] = [False] * worse
    old[worse : worse + better] = [False] * better
    return planted(old), planted(new)


def reasons_of(runs: tuple[Any, Any], tolerance: Tolerance) -> dict[str, str]:
    """What is said of each check, by its name."""
    found = regression.judge(*runs, tolerance)
    return {check.name: check.reason for check in found.checks}


@pytest.mark.parametrize(
    ("flips", "bound", "expected"),
    [
        # three of 40 worse are sure to be worse: binomial, 0.82 at 11 points and 0.76 at 10
        ((40, 0), 0.0, "cannot tell: 40 items find a drop of 11 points with 80 %"),
        ((300, 9, 6), 0.02, "cannot tell: 300 items find a drop of 7 points with 80 %"),
        ((4, 4), 0.0, "cannot tell: it would not be sure if 4 of 4 items got worse"),
        ((4, 0), 0.5, "cannot tell: it would not be sure if 4 of 4 items got worse"),
    ],
)
def test_what_cannot_be_told_says_what_could(
    flips: tuple[int, ...], bound: float, expected: str
) -> None:
    """The more items flip, and the more is tolerated, the less is found; never that it is met."""
    (said,) = reasons_of(flipped(*flips), Tolerance(bound, None)).values()
    assert f"rer_drop<={bound} is undecided: " in said
    assert said.endswith(expected)


def test_what_is_sure_says_how_sure() -> None:
    """Beyond the tolerance, or within: the chance of such flips if the drop were the tolerance."""
    (missed,) = reasons_of(flipped(9, 9), Tolerance(None, 0.0)).values()
    items = "9 items worse, 0 better, of 9"
    assert (
        f"cfr_rise<=0.0 failed: CFR rose by 100.0 points ({items}; p = 0.002 if nothing had "
        "changed)"
    ) == missed
    (met,) = reasons_of(flipped(500, 2, 3), Tolerance(0.02, None)).values()
    start = "rer_drop<=0.02 passed: RER rose by 0.2 points (2 items worse, 3 better, of 500; p = 0."
    assert met.startswith(start)
    assert met.endswith(" if it were 2 points)")
    (met,) = reasons_of(flipped(500, 2, 3), Tolerance(0.01, None)).values()
    assert " if it were 1 point)" in met


@pytest.mark.parametrize(("rule", "passes"), [("pass", True), ("fail", False)])
def test_undecided_is_what_the_rule_says(rule: Any, passes: bool) -> None:
    """And nothing else is: a miss fails, and what is met passes."""
    for flips, expected in (((300, 9, 6), passes), ((300, 40), False), ((500, 0), True)):
        found = regression.judge(*flipped(*flips), Tolerance(0.02, None, undecided=rule))
        assert expected is not bool(found.reasons), flips


def test_that_nothing_fell_cannot_be_shown() -> None:
    """Where undecided fails, a tolerance of 0 is told to be none that an equal run can meet."""
    found = regression.judge(*flipped(300, 0), Tolerance(undecided="fail"))
    assert found.reasons[0].endswith("shows that nothing fell: tolerate more than 0")


# A suite that collapses, few items, and an accuracy that falls unseen


def stories(pytester: pytest.Pytester, faults: dict[str, str]) -> list[str]:
    """Options that ask 20 systems and 80 stories, and each model's faults by name."""
    lines = [
        {"id": f"s{n:02}", "question": f"{n} + 1?", "context": "A sum.", "answer": n + 1}
        for n in range(80)
    ]
    text = "".join(f"{json.dumps({**line, 'kind': 'integer'})}\n" for line in lines)
    pytester.path.joinpath("stories.rest.jsonl").write_text(text)
    for name, items in faults.items():
        fault = f"faults: [{{kind: wrong, rate: 1, modes: [image], when: {{item: '{items}'}}}}]\n"
        pytester.path.joinpath(f"{name}.yaml").write_text(fault)
    return ["--rest-suite=soebench:20", "--rest-suite=stories.rest.jsonl"]


@pytest.mark.costly
def test_a_collapsed_suite_fails_beside_one_that_did_not_fall(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """All of soebench is lost, and as many stories are won as items are lost: not passed."""
    suites = stories(pytester, {"old": "s[2-5]", "new": "soebench|s[01]"})
    run_rest("--rest-model=simulated:old.yaml", *suites, "--rest-json=old.json")
    options = ("--rest-baseline=old.json", "--rest-max-rer-drop=0.02")
    run = run_rest("--rest-model=simulated:new.yaml", *suites, *options)
    assert pytest.ExitCode.TESTS_FAILED == run.status
    start = "gate FAILED: rer_drop<=0.02 failed: RER fell by 37.5 points (40 items worse, 40"
    assert start in run.out
    assert "; by 100.0 in soebench; warning: accuracy surely fell: image by 37.5 points" in run.out
    (check,) = gate_of(run)["checks"]
    assert {"soebench", "mean"} == {*check["drop"]["beyond"]}
    assert check["p"] > 0.5  # of all items alike


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        ((), 0, "passed"),
        (("--rest-confidence=0.95",), 1, "UNDECIDED"),
        (("--rest-baseline-undecided=fail",), 1, "UNDECIDED"),
        (("--rest-confidence=0.95", "--rest-baseline-undecided=pass"), 0, "passed"),
    ],
)
def test_four_items_that_all_got_worse_are_never_met(
    run_rest: RunRest, options: tuple[str, ...], status: int, word: str
) -> None:
    """They may have by chance: undecided, and said; whether that passes is the user's."""
    run_rest(GOOD, "--rest-suite=soebench:4", "--rest-json=old.json")
    worse = "--rest-model=simulated:wrong.image=1.0"
    run = run_rest(worse, "--rest-suite=soebench:4", "--rest-baseline=old.json", *options)
    assert status == run.status
    start = f"gate {word}: rer_drop<=0.0 is undecided: RER fell by 100.0 points (4 items worse, 0 b"
    assert start in run.out
    assert "; cannot tell: it would not be sure if 4 of 4 items got worse" in run.out
    assert "is met" not in run.out


def answering(letters: Sequence[str]) -> Any:
    """A report of items that all forms answered alike; "1" is right."""
    return report([item(f"i{n:04}", [letter] * 3) for n, letter in enumerate(letters)])


def test_an_accuracy_that_falls_is_a_warning_or_a_check() -> None:
    """A model that always gives one answer agrees with itself: RER is as it was."""
    runs = answering(["1"] * 100), answering(["1"] * 31 + ["2"] * 69)
    passed = Gate(True, "every threshold passed", ())
    judged = gate.compare(passed, regression.judge(*runs, Tolerance(0.05, None)))
    assert judged.passed
    assert judged.reason.startswith("rer_drop<=0.05 passed: RER is as it was (0 items worse")
    by = "by 69.0 points"
    assert judged.reason.endswith(
        f"; warning: accuracy surely fell: text {by}, image {by}, mixed {by}"
    )
    held = regression.judge(*runs, Tolerance(None, None, drops={"accuracy": 0.1, "mmc": 0.8}))
    assert ["accuracy.text_drop<=0.1 failed: accuracy.text fell by 69.0 points"] == [
        each.partition(" (")[0] for each in held.reasons[:1]
    ]
    outcomes = [(check.name, check.outcome) for check in held.checks]
    names = [f"accuracy.{mode}_drop<=0.1" for mode in ("text", "image", "mixed")]
    assert [*((name, "failed") for name in names), ("mmc_drop<=0.8", "passed")] == outcomes
    assert "" == held.warning


def test_a_warning_needs_a_fall_that_is_sure() -> None:
    """Two items of a hundred, in one of three forms, are no news."""
    old, new = planted([True] * 100), planted([True] * 98 + [False] * 2)
    assert "" == regression.judge(old, new, Tolerance(0.1, None)).warning
    new = planted([True] * 80 + [False] * 20)
    expected = "accuracy surely fell: image by 20.0 points"
    assert expected == regression.judge(old, new, Tolerance(0.5, None)).warning


def test_a_form_that_was_not_asked_is_not_judged() -> None:
    """A check of it does not pass."""
    run = planted([True] * 9)
    run["provenance"]["modes"] = ["text", "image"]
    for each in run["items"]:
        del each["answers"]["mixed"]
    found = regression.judge(run, run, Tolerance(None, None, drops={"accuracy.mixed": 0.1}))
    assert ["accuracy.mixed_drop<=0.1 is not judged: neither run was asked in this form"] == (
        found.reasons
    )


def test_no_accuracy_to_judge_is_not_judged() -> None:
    """Where neither run was asked in a form that has one, nothing passes."""
    run = planted([True] * 9)
    for each in run["items"]:
        each["answers"] = {}
    found = regression.judge(run, run, Tolerance(None, None, drops={"accuracy": 0.1}), 9)
    assert ["accuracy_drop<=0.1 is not judged: neither run was asked in this form"] == found.reasons


def test_items_in_several_styles_fall_in_parts() -> None:
    """Each loses one of its two styles in the pictures: half an item, and RER wholly."""
    names = [f"i{n:02}" for n in range(40)]
    right = [item(name, RIGHT, style=style) for name in names for style in ("x", "y")]
    odd = [
        item(name, ODD if style == "y" else RIGHT, style=style)
        for name in names
        for style in ("x", "y")
    ]
    tolerance = Tolerance(None, None, drops={"accuracy.image": 0.6, "rer": 0.6})
    rer, image = regression.judge(report(right), report(odd), tolerance).checks
    assert (0.5, "passed") == (image.drop and image.drop.mean.value, image.outcome)
    assert (1.0, "failed") == (rer.drop and rer.drop.mean.value, rer.outcome)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rest-max-drop=mmc=0.1"], "--rest-max-drop needs a run to compare with"),
        (["--rest-baseline-undecided=fail"], "--rest-baseline-undecided needs a run to compare"),
        (["--rest-baseline=b.json", "--rest-max-drop=mmcc=0.1"], "did you mean 'mmc'?"),
        (["--rest-baseline=b.json", "--rest-max-drop=mmc"], "the drop 'mmc' has no valid share"),
        (
            ["--rest-baseline=b.json", "--rest-max-drop=rer=0.1", "--rest-max-rer-drop=0.1"],
            "the drop of rer is given twice",
        ),
        (
            [
                "--rest-baseline=b.json",
                "--rest-max-drop=accuracy.mixed=0",
                "--rest-modes=text,image",
            ],
            "the drop of accuracy.mixed is of a form that is not asked; these are: text, image",
        ),
        (["--rest-baseline=b.json", "--rest-baseline-undecided=no"], "is unknown; give one of pa"),
    ],
)
def test_wrong_tolerances_are_wrong_usage(
    pytester: pytest.Pytester, run_rest: RunRest, options: list[str], said: str
) -> None:
    """One line, before anything is asked."""
    content = baseline.to_baseline(planted([True] * 3))
    pytester.path.joinpath("b.json").write_text(baseline.to_text(content))
    run = run_rest(GOOD, SUITE, *options)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in run.out
    assert not run.report


def test_what_is_named_is_all_that_is_checked() -> None:
    """The usual two where nothing is; whoever gives a confidence wants to be sure."""
    usual = regression.tolerance(None, None, [], None, None)
    assert ({"rer": 0.0, "cfr": 0.0}, "pass") == (usual.bounds, usual.undecided)
    named = regression.tolerance(None, 0.1, ["accuracy = 0.05"], 0.9, None)
    assert ({"cfr": 0.1, "accuracy": 0.05}, "fail") == (named.bounds, named.undecided)
    assert "pass" == regression.tolerance(None, None, [], 0.9, "pass").undecided


def test_a_baseline_of_a_gateways_cache_is_refused_before_asking(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """Its answers are old ones; unless they are allowed."""
    old = run_rest(GOOD, "--rest-suite=soebench:8", "-pno:xdist").report
    old["usage"]["from_cache"] = 2
    pytester.path.joinpath("old.json").write_text(json.dumps(old))
    args = (GOOD, "--rest-suite=soebench:8", "--rest-baseline=old.json", "-pno:xdist")
    refused = run_rest(*args)
    assert pytest.ExitCode.USAGE_ERROR == refused.status
    assert "old.json': answers in it came from a gateway's cache" in refused.out
    assert 0 == run_rest(*args, "--rest-allow-cached").status
