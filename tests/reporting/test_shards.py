"""Runs in shards: merged, they are the run that was asked at once; a part is never the whole."""

import copy
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from runs import RunRest, without_times
from strategies import runs

from pytest_rest.commands import main
from pytest_rest.errors import ShardError
from pytest_rest.reporting import merge
from pytest_rest.reporting.entries import entry
from pytest_rest.terms import Record

MODEL = "--rest-model=simulated:wrong.image=0.3,misread.image=0.2,wrong.text=0.1"
SUITE = "--rest-suite=soebench:7"

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(run_rest: RunRest) -> Ask:
    """Run each of so many shards; their reports by name."""

    def asked(of: int, *args: str) -> dict[str, Any]:
        runs = {str(i): run_rest(*args, f"--rest-shard={i}/{of}") for i in range(1, of + 1)}
        return {name: run.report for name, run in runs.items()}

    return asked


def merged(reports: dict[str, Any], seed: int = 0) -> Any:
    """The report of all shards, as JSON has it, merged in an order that the seed draws."""
    names = random.Random(seed).sample(sorted(reports), len(reports))
    found = merge.merge({name: reports[name] for name in names}).report.to_builtins()
    return json.loads(json.dumps(found))


# The law


@pytest.mark.parametrize(
    "of", [n if n == 3 else pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8)]
)
def test_shards_merged_are_the_run(run_rest: RunRest, ask: Ask, of: int) -> None:
    """Any split, merged in any order: the same report, to the last digit."""
    options = (MODEL, SUITE, "--rest-min-rer=0.6", "--rest-style=dejavu,courier", "-pno:xdist")
    whole = run_rest(*options)
    reports = ask(of, *options)
    for order in range(4):
        assert without_times(whole.report) == without_times(merged(reports, order))
    asked = [report["usage"]["calls"] for report in reports.values()]
    assert whole.report["usage"]["calls"] == sum(asked)
    sizes = [len(report["items"]) for report in reports.values()]
    assert 2 >= max(sizes) - min(sizes)  # an item in two styles


@pytest.mark.slow
def test_two_workers_deal_alike(run_rest: RunRest, ask: Ask) -> None:
    """One shard of the two asked by workers, the other one not."""
    options = (MODEL, SUITE, "--rest-max-cfr=0.3")
    whole = run_rest(*options, "-pno:xdist")
    one = run_rest(*options, "--rest-shard=1/2", "-n2").report
    two = run_rest(*options, "--rest-shard=2/2", "-pno:xdist").report
    assert 7 == one["shard"]["whole"]["tests"]
    assert one["shard"]["whole"] == two["shard"]["whole"]
    assert without_times(whole.report) == without_times(merged({"one": one, "two": two}))


def test_every_kind_of_threshold(pytester: pytest.Pytester, run_rest: RunRest, ask: Ask) -> None:
    """Folders' own, with a confidence, on a part, against a baseline; two tests of one item."""
    test = "import pytest\n\n@pytest.mark.rest('soebench:12')\ndef test_it(rest):\n    rest()\n"
    for folder, bound in (("low", 0.1), ("high", 0.99)):
        path = pytester.mkdir(folder)
        path.joinpath("conftest.py").write_text(
            "import pytest\n\n@pytest.fixture(scope='session')\n"
            f"def rer_threshold():\n    return {bound}\n"
        )
        path.joinpath(f"test_{folder}.py").write_text(test)
    options: tuple[str, ...] = ("-pno:xdist", "low", "high", "--rest-confidence=0.8")
    options = (*options, "--rest-require=mmc@soebench>=0.5")
    run_rest("--rest-model=simulated", *options, "--rest-json=old.json")
    options = (MODEL, *options, "--rest-baseline=old.json")
    whole = run_rest(*options)
    assert {"low", "high", ""} == {t["scope"] for t in whole.report["gate"]["thresholds"]}
    assert "failed" == whole.report["gate"]["baseline"]["checks"][0]["outcome"]
    reports = ask(2, *options)
    assert [(None, None)] * 2 == [
        (each["gate"]["passed"], each["gate"]["baseline"]) for each in reports.values()
    ]
    assert without_times(whole.report) == without_times(merged(reports))


def test_items_lost_in_a_shard_are_lost_in_the_merge(run_rest: RunRest, ask: Ask) -> None:
    """By name; tolerated in each shard alone, and judged of all together."""
    model = ("--rest-model=simulated:failed=0.05", "--rest-suite=soebench:24", "--rest-retries=0")
    options = (*model, "-pno:xdist", "--rest-max-lost=3", "--rest-min-rer=0.1")
    whole = run_rest(*options)
    reports = ask(2, *options)
    lost = [len(report["lost"]) for report in reports.values()]
    assert 3 >= max(lost)
    assert 3 < sum(lost) == len(whole.report["lost"])
    assert without_times(whole.report) == without_times(merged(reports))
    assert whole.report["gate"]["passed"] is False


@given(runs(failing=True))
def test_records_survive_the_report(records: list[Record]) -> None:
    """What an entry of the items was made of."""
    for record in records:
        assert record == Record.from_builtins(json.loads(json.dumps(record.to_builtins())))


@pytest.mark.parametrize(
    "options",
    [
        ["--rest-plus", "--rest-ocr=each"],
        ["--rest-repeats=2", "--rest-modes=text,image,ocr-then-solve"],
        ["--rest-reasoning-budgets=0,50"],
    ],
    ids=str,
)
@pytest.mark.costly
def test_a_report_is_the_same_when_written_again(run_rest: RunRest, options: list[str]) -> None:
    """It is the same, whatever was asked."""
    model = "--rest-model=simulated:wrong=0.3,misread=0.3,failed=0.1"
    run = run_rest(model, "--rest-suite=soebench:6", "--rest-retries=0", "-pno:xdist", *options)
    for found in run.report["items"]:
        assert found == entry(Record.from_builtins(found), found["test"])


# One shard


def test_a_shard_is_not_judged(run_rest: RunRest) -> None:
    """A threshold that it misses is for the merge; nothing takes its report for a whole."""
    options = ("--rest-model=simulated:wrong=1", SUITE, "--rest-min-rer=0.9", "--rest-max-cfr=0")
    run = run_rest(*options, "--rest-shard=1/2", "--rest-json=part.json")
    assert pytest.ExitCode.OK == run.status
    assert run.report["gate"]["passed"] is None
    assert [] == run.report["gate"]["thresholds"]
    assert "1/2" == run.report["provenance"]["shard"]
    reason = "shard 1/2 is a part; thresholds are judged when the shards are merged"
    assert f"gate not judged: {reason}" in run.out
    assert "; shard 1/2; " in run.out
    later = run_rest("--rest-model=simulated", SUITE, "--rest-baseline=part.json")
    assert pytest.ExitCode.USAGE_ERROR == later.status
    assert "it is of shard 1/2 of a run: `pytest-rest merge` makes one report" in later.out


def test_a_shard_fails_for_too_many_lost_items(run_rest: RunRest) -> None:
    """More than is tolerated: a shard that is green was asked."""
    options = ("--rest-model=simulated:failed=1", SUITE, "--rest-retries=0", "--rest-min-rer=0.1")
    run = run_rest(*options, "--rest-shard=1/2")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert "FAILED rest-gate::lost<=0" in run.out
    assert run.report["gate"]["passed"] is None


def test_without_thresholds_inconsistent_tests_fail(
    run_rest: RunRest, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ever, in their shard; and the merge says which."""
    run = run_rest(MODEL, SUITE, "--rest-shard=1/1")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    found = merge.merge({"1": run.report})
    wrong = [item for item in run.report["items"] if item["verdict"] == "inconsistent"]
    assert len(wrong) == len(found.failed) == run.outcomes["failed"]
    assert found.report.gate is None


@pytest.mark.slow
def test_an_empty_shard_is_merged(run_rest: RunRest) -> None:
    """An empty one is good, asked by workers or not, and merged with the others."""
    options = ("--rest-model=simulated", "--rest-suite=soebench:1", "--rest-min-rer=0.9")
    whole = run_rest(*options, "-pno:xdist").report
    workers = {1: "-pno:xdist", 2: "-n2", 3: "-pno:xdist"}
    runs = {i: run_rest(*options, mode, f"--rest-shard={i}/3") for i, mode in workers.items()}
    assert [0, 0, 0] == [run.status for run in runs.values()]
    assert [1, 0, 0] == [len(run.report["items"]) for run in runs.values()]
    reports = {str(i): run.report for i, run in runs.items()}
    assert without_times(whole) == without_times(merged(reports))


def test_a_shard_asks_only_its_part_ahead(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """What was foreseen was asked too: the store has the shard's prompts and no other."""
    run = run_rest("--rest-model=simulated", SUITE, "--rest-shard=1/3", "--rest-plan")
    assert "3 tests" in run.out
    run = run_rest("--rest-model=simulated", SUITE, "--rest-shard=1/3", "-pno:xdist")
    assert [] == run.report["shard"]["spare"]
    assert 3 * 4 == run.report["usage"]["calls"]


def test_a_resumed_run_keeps_its_shard(run_rest: RunRest) -> None:
    """Nobody has to say it again, nor by what all shards are judged."""
    first = run_rest("--rest-model=simulated", SUITE, "--rest-shard=2/3", "--rest-min-rer=0.9")
    again = run_rest("--rest-resume=run", keep=True)
    assert "2/3" == again.report["provenance"]["shard"]
    assert first.report["shard"]["rules"] == again.report["shard"]["rules"]
    assert [] != again.report["shard"]["rules"]["thresholds"]
    assert len(first.report["items"]) == len(again.report["items"])


def test_a_wrong_shard_is_refused(run_rest: RunRest) -> None:
    """Told before anything is asked."""
    run = run_rest("--rest-model=simulated", "--rest-shard=3/2")
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "--rest-shard '3/2' is not a shard; give i/n with i from 1 to n" in run.out


# What is not merged


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    """What is asked once for all tests of a file."""
    return {}


@pytest.fixture
def two(stored: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Two shards of a run."""
    if not stored:
        stored |= ask(2, "--rest-model=simulated", SUITE, "--rest-min-rer=0.9", "-pno:xdist")
    return copy.deepcopy(stored)


def _set(part: str, **values: object) -> Callable[[Any], object]:
    return lambda report: report[part].update(values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            _set("provenance", model="another"),
            'model is "simulated" in shard 1/2, "another" in 2/2',
        ),
        (_set("provenance", seed=7), "seed is 0 in shard 1/2, 7 in 2/2"),
        (_set("provenance", protocol="own"), "protocol is "),
        (_set("provenance", modes=["text", "image"]), "modes is "),
        (_set("provenance", version="0"), "version is "),
        (lambda report: report["shard"]["rules"].update(max_lost=3), "max_lost is 0 in shard 1/2"),
        (lambda report: report["shard"]["rules"].update(thresholds=[]), "thresholds is "),
        (
            lambda report: report["shard"]["tests"].pop(),
            "was dealt from 7 tests and the shards hold 6",
        ),
        (
            lambda report: report["shard"]["tests"][0].update(digest="another"),
            "was dealt from 7 tests and the shards hold 7, or others",
        ),
        (
            lambda report: report["provenance"]["suites"][0].update(left_out=["row 7"]),
            "suite soebench was drawn from other rows in shards 1/2 and 2/2",
        ),
        (_set("provenance", shard="2/3"), "one was split into 2 and 3"),
        (_set("provenance", shard="1/2"), "shard 1/2 is there twice: '1' and '2'"),
        (_set("provenance", shard=None), "'2' is a whole run and not a shard"),
        (lambda report: report.update(schema="coverage/3"), "'2' is not a report of this version"),
        (lambda report: report.pop("usage"), "a shard's report cannot be read: KeyError 'usage'"),
        (lambda report: report["items"].clear(), "a shard's report cannot be read: KeyError"),
        (
            lambda report: report["shard"]["styles"][0].update(name="dejavu-200dpi-black", dpi=50),
            "style 'dejavu-200dpi-black' differs",
        ),
    ],
)
def test_shards_that_do_not_fit_are_refused(
    two: dict[str, Any], change: Callable[[Any], object], said: str
) -> None:
    """Shards of two runs, half a shard, the same one twice: each says what is wrong."""
    change(two["2"])
    with pytest.raises(ShardError) as caught:
        merge.merge(two)
    assert said in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())


def test_a_missing_shard_is_refused(two: dict[str, Any]) -> None:
    """What was not asked must not look as if it had been."""
    with pytest.raises(ShardError, match="shards are missing: 2/2; name the runs of all of them"):
        merge.merge({"1": two["1"]})


def test_selections_are_dealt(run_rest: RunRest, ask: Ask) -> None:
    """With -k both shards hold half of what it leaves; with it in one of them only, none fits."""
    options = ("--rest-model=simulated", SUITE, "-pno:xdist")
    chosen = ask(2, *options, "-k0000 or 0002 or 0004 or 0006")
    assert [2, 2] == [len(report["items"]) for report in chosen.values()]
    assert 4 == len(merged(chosen)["items"])
    chosen["2"] = run_rest(*options, "--rest-shard=2/2").report
    with pytest.raises(ShardError, match="was dealt from "):
        merge.merge(chosen)


def test_spare_answers_and_broken_files_are_merged(two: dict[str, Any]) -> None:
    """What was paid for and not shown, files that are broken, tests that nobody named."""
    one, calls = two["1"]["shard"], sum(each["usage"]["calls"] for each in two.values())
    one["spare"] = [{"input_tokens": 5, "output_tokens": 2, "cost": 0.5}]
    one["broken"] = ["bad.rest.yaml"]
    two["2"]["shard"]["of"] += 1
    two["2"]["provenance"].update(api_base="http://b", replay_of="b", created="2001")
    assert ("bad.rest.yaml: not collected",) == merge.merge(two).failed
    found = merged(two)
    assert calls + 1 == found["usage"]["calls"]
    assert pytest.approx(0.5) == found["usage"]["cost"]
    assert ["unnamed-7"] == [each["item"] for each in found["lost"]]
    assert found["gate"]["passed"] is False
    assert "not collected: bad.rest.yaml" == found["gate"]["reason"]
    about = found["provenance"]
    assert ("http://b", "b", "2001") == (about["api_base"], about["replay_of"], about["created"])


# The command


@pytest.fixture
def parts(two: dict[str, Any], pytester: pytest.Pytester) -> list[str]:
    """The folders of two shards."""
    for name, report in two.items():
        folder = pytester.mkdir(f"part-{name}")
        folder.joinpath("report.json").write_text(json.dumps(report), "ascii")
        folder.joinpath("images").mkdir()
        folder.joinpath("images", f"{name}.png").write_bytes(b"a picture")
    folder.joinpath("images", "3.jpg").write_bytes(b"a photograph")
    return ["part-2", "part-1"]


def test_merge_writes_the_run(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Its report and its pictures; the summary as after a run, and the verdict's status."""
    assert 0 == main(["merge", *parts, "-o", "whole"])
    out = capsys.readouterr().out
    assert "gate passed: every threshold passed" in out
    report = json.loads(Path("whole/report.json").read_text("ascii"))
    assert " ".join(out.split()).startswith(f"Ship: {report['decision']['why']} per cent [95%] ")
    assert 7 == len(report["items"])
    assert {"1.png", "2.png", "3.jpg"} == {path.name for path in Path("whole/images").iterdir()}
    assert 4 == main(["merge", *parts, "-o", "whole"])
    assert "is there already; choose another --output" in capsys.readouterr().err


def test_merge_copies_no_links(parts: list[str]) -> None:
    """A shard's folder may come from elsewhere, and point at what else lies here."""
    Path("private").write_text("a key")
    Path(parts[0], "images", "link.png").symlink_to(Path("private").absolute())
    Path(parts[1], "images", "folder.png").mkdir()
    assert 0 == main(["merge", *parts, "-o", "whole"])
    assert {"1.png", "2.png", "3.jpg"} == {path.name for path in Path("whole/images").iterdir()}


def test_a_broken_cost_is_refused_in_one_line(
    parts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A cost that is no number: one line, and status 4."""
    path = Path(parts[0], "report.json")
    report = json.loads(path.read_text("ascii"))
    report["items"][0]["answers"]["text"]["cost"] = "much"
    path.write_text(json.dumps(report), "ascii")
    assert 4 == main(["merge", *parts, "-o", "whole"])
    assert "a shard's report cannot be read: " in capsys.readouterr().err


def test_merge_exits_as_the_run_would(parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """1 for a gate that is not passed, and for a test that failed."""
    changes: dict[str, Callable[[Any], Any]] = {
        "bound": lambda each: each["shard"]["rules"]["thresholds"][0].update(bound=0.5, op="<="),
        "failed": lambda each: each["shard"]["tests"][0].update(failed=True),
    }
    for name, change in changes.items():
        for part in parts:
            report = json.loads(Path(part, "report.json").read_text("ascii"))
            change(report)
            Path(f"{name}-{part}").write_text(json.dumps(report), "ascii")
        words = [f"{name}-{part}" for part in parts]
        assert 1 == main(["merge", *words, "-o", f"{name}-whole", "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (name == "failed") == found["gate"]["passed"]
        assert (2 if name == "failed" else 0) == len(found["failed"])
