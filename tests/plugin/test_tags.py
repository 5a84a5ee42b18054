"""Tags of items, from a benchmark file to the gate and to all that is shown of them."""

import json
import re
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest, without_times

from pytest_rest.commands import main

FEW = "-pno:xdist"
MODEL = "--rest-model=simulated"
OWN = "".join(
    f"- {{context: {n} pens., question: How many pens?, answer: {n}, tags: {tags}}}\n"
    for n, tags in enumerate(["[bills, german]", "bills", "[german]", "[]"] * 3, 1)
)


@pytest.fixture(autouse=True)
def _own(pytester: pytest.Pytester) -> None:
    """A benchmark of twelve items: six of bills, six in German, three of both."""
    (pytester.path / "own.rest.yaml").write_text(f"tags: pens\nitems:\n{OWN}", "utf-8")


def answer(request: Request) -> Reply:
    """Right where the text says how many there are; otherwise two."""
    told = re.search(r"(\d+) pens", "\n".join(request.texts))
    return Reply(f"Answer: {told[1] if told else 2}")


def test_each_tag_has_its_figures_and_its_threshold(run_rest: RunRest) -> None:
    """Over HTTP: pictures are all answered with two, which is right of one of the bills."""
    wanted = ("--rest-require=rer@tag.bills>=0.4", "--rest-require=cfr@tag.german<=0.1")
    with Endpoint(answer) as endpoint:
        model = ("--rest-model=m", f"--rest-api-base={endpoint.openai_base}", "--rest-ocr=off")
        run = run_rest(*model, "own.rest.yaml", *wanted, FEW)
    assert 1 == run.status
    tags = run.report["tags"]
    assert {"bills": 6, "german": 6, "pens": 12} == {t: m["items"] for t, m in tags.items()}
    assert (1 / 6, 0) == (tags["bills"]["rer"]["value"], tags["german"]["rer"]["value"])
    for tag, metrics in tags.items():
        of_tag = [item for item in run.report["items"] if tag in item["tags"]]
        agree = sum(item["verdict"] == "consistent" for item in of_tag)
        assert (agree / len(of_tag), len(of_tag)) == (metrics["rer"]["value"], metrics["rer"]["n"])
    outcomes = {t["part"]: (t["outcome"], t["n"]) for t in run.report["gate"]["thresholds"]}
    assert {"tag.bills": ("failed", 6), "tag.german": ("failed", 6)} == outcomes
    assert "rest-gate::cfr@tag.german<=0.1" in run.out


@pytest.mark.parametrize("chosen", ["own.rest.yaml", "--rest-suite=own.rest.yaml"])
@pytest.mark.parametrize(
    ("tag", "hint"), [("tag.bils", "'tag.bills'"), ("tag.german.de", "'tag.german'")]
)
def test_an_unknown_tag_is_told_before_anything_is_asked(
    run_rest: RunRest, chosen: str, tag: str, hint: str
) -> None:
    """With the nearest one, whether the file is a suite of the run or collected."""
    run = run_rest(MODEL, chosen, f"--rest-require=rer@{tag}>=0.5", FEW)
    assert (4, {}) == (run.status, run.report)
    assert f"'{tag}' is neither a subset" in run.out
    assert f"did you mean {hint}" in run.out


def test_a_tag_without_a_judged_item_passes_nothing(run_rest: RunRest) -> None:
    """Here its items are not selected, and one of no picture is read right."""
    wanted = "--rest-require=rer@tag.german>=0"
    run = run_rest(MODEL, "own.rest.yaml", wanted, "-k0002", FEW)
    assert 1 == run.status
    assert "rer@tag.german>=0 is not judged: no item was judged" in run.out


def test_a_tag_over_two_suites_has_no_early_verdict(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """As a style has none; in one suite it has."""
    early = ("--rest-early-stop", "--rest-confidence=0.8", "--rest-require=rer@tag.bills>=0.2")
    run = run_rest(MODEL, "own.rest.yaml", *early, FEW)
    assert 0 == run.status, run.out
    assert "at every look" in run.out
    (pytester.path / "more.rest.yaml").write_text(f"items:\n{OWN}", "utf-8")
    for chosen in (
        ("--rest-suite=own.rest.yaml,more.rest.yaml",),
        ("own.rest.yaml", "more.rest.yaml"),
    ):
        run = run_rest(MODEL, *chosen, *early, FEW)
        assert 4 == run.status, run.out
        assert "a tag's rate is over all suites, whose items are asked in turn" in run.out


@pytest.mark.slow
def test_shards_give_the_tags_of_the_whole(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """Merged, with the threshold that no shard can judge."""
    wanted = "--rest-require=rer@tag.bills>=0.9"
    asked = ("--rest-model=simulated:wrong.image=0.4", "own.rest.yaml", FEW, wanted)
    whole = run_rest(*asked)
    for number in (1, 2):
        shard = f"--rest-run-dir={pytester.path}/s{number}"
        run_rest(*asked, f"--rest-shard={number}/2", shard, own_folder=True)
    main(["merge", "s1", "s2", "-o", "merged"])
    merged = json.loads(Path("merged/report.json").read_text("ascii"))
    for key in ("tags", "gate", "items"):
        assert without_times(whole.report[key]) == without_times(merged[key])


def test_an_export_keeps_them(run_rest: RunRest, capsys: pytest.CaptureFixture[str]) -> None:
    """Imported again, each item has its tags, and each tag its figures; `compare` knows them."""
    run = run_rest("--rest-model=simulated:wrong.image=0.4", "own.rest.yaml", FEW)
    assert 0 == main(["export", "run", "-o", "answers.csv"])
    assert 0 == main(["import", "answers.csv", "-o", "again"])
    again = json.loads(Path("again/report.json").read_text("ascii"))
    assert ["pens", "bills", "german"] == again["items"][0]["tags"]
    for tag, metrics in run.report["tags"].items():
        assert metrics["cfr"] == again["tags"][tag]["cfr"]
    capsys.readouterr()
    assert 0 == main(["compare", "run", "run"])
    head, *rows = capsys.readouterr().out.splitlines()[-4:]
    assert head.startswith("RER of each tag")
    assert ["bills", "german", "pens"] == sorted(row.split()[0] for row in rows)


@pytest.mark.slow
def test_workers_tell_the_same(run_rest: RunRest) -> None:
    """Tags travel with the records."""
    asked = ("--rest-model=simulated:wrong.image=0.4", "own.rest.yaml")
    alone, shared = run_rest(*asked, FEW), run_rest(*asked, "-n2")
    assert without_times(alone.report["tags"]) == without_times(shared.report["tags"])
