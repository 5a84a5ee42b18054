"""Items without an answer in a benchmark of one's own: they agree or not, and nothing else."""

import re
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest

FEW = "-pno:xdist"
MODEL = "--rest-model=simulated:wrong.image=1"
NONE = """\
items:
- {context: Ten pens., question: How many?, kind: number, tags: pens}
- {context: Who has 3 pens?, question: Say it., choices: [Ada, Ben, Cem]}
- {context: Six pens., question: Which are they?, kind: text}
- {context: Six more pens., question: Which are they?, kind: short}
- {context: One pen is x., question: What are two?, kind: expression}
"""
SOME = """\
items:
- {context: 7 pens., question: How many?, answer: 7, tags: known}
- {context: 8 pens., question: How many?, kind: integer}
- {context: 9 pens., question: How many?, kind: integer, tags: unknown}
"""


@pytest.fixture(autouse=True)
def _files(pytester: pytest.Pytester) -> None:
    """A file without any answer, and one with some."""
    (pytester.path / "none.rest.yaml").write_text(NONE, "utf-8")
    (pytester.path / "some.rest.yaml").write_text(SOME, "utf-8")


def test_the_control_says_something_of_each_kind(run_rest: RunRest) -> None:
    """The same in each form, so all agree; nothing of what is right is told."""
    run = run_rest("--rest-model=simulated", "none.rest.yaml", "--rest-min-rer=1", FEW)
    assert 0 == run.status, run.out
    metrics = run.report["metrics"]["none"]["all"]
    assert (5, 1.0) == (metrics["rer"]["n"], metrics["rer"]["value"])
    assert [None] * 3 == [metrics[name] for name in ("cfr", "mmc", "all_correct")]
    values = {item["answers"]["text"]["value"] for item in run.report["items"]}
    assert 5 == len(values - {None})
    assert 2 == run.out.count("no item says what is right: they count for agreement (RER) alone")


def test_one_that_disagrees_is_told_without_a_wrong(run_rest: RunRest) -> None:
    """Neither the terminal, nor JUnit, nor the summary, nor an explanation says it."""
    run = run_rest(MODEL, "none.rest.yaml", "--junitxml=junit.xml", FEW)
    assert 1 == run.status
    assert 5 == run.outcomes["failed"]
    junit = Path("junit.xml").read_text("utf-8")
    assert "what is right is not known" in run.out
    for text in (run.out, junit):
        assert not re.search(r"\bwrong\b(?!\.image)(?<!agreed, wrong)", text)
    assert "rest.none.rer" in junit
    assert "rest.none.cfr" not in junit


def answer(request: Request) -> Reply:
    """The number that the text has; of a picture eight."""
    told = re.search(r"(\d) pens", "\n".join(request.texts))
    return Reply(f"Answer: {told[1] if told else 8}")


def test_rates_are_of_those_that_have_one(run_rest: RunRest) -> None:
    """Over HTTP: one of three is right as text, and n says that it is one."""
    wanted = ("--rest-max-cfr=0.5", "--rest-require=mmc@tag.known>=1", "--rest-min-rer=0.3")
    with Endpoint(answer) as endpoint:
        model = ("--rest-model=m", f"--rest-api-base={endpoint.openai_base}", "--rest-ocr=off")
        run = run_rest(*model, "some.rest.yaml", *wanted, FEW)
    thresholds = {t["metric"]: (t["outcome"], t["n"]) for t in run.report["gate"]["thresholds"]}
    assert {"cfr": ("failed", 1), "mmc": ("passed", 1), "rer": ("passed", 3)} == thresholds
    accuracy = run.report["metrics"]["some"]["all"]["accuracy"]
    assert (1, 1.0) == (accuracy["text"]["n"], accuracy["text"]["value"])
    assert "2 of 3 items do not say what is right" in run.out
    assert "2 of 3 items do not say what is right" in Path("run/report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["none.rest.yaml", "--rest-max-cfr=0.5"], "no item says what is right; give items an"),
        (
            ["some.rest.yaml", "--rest-require=accuracy.text@tag.unknown>=0"],
            "no item of 'tag.unknown' says what is right",
        ),
        (
            ["--rest-suite=some.rest.yaml,none.rest.yaml", "--rest-require=mmc>=0.5"],
            "no item of suite 'none' says what is right; ask for another suite's: mmc@some>=0.5",
        ),
    ],
)
def test_a_gate_on_what_nobody_says_is_refused(
    run_rest: RunRest, options: list[str], expected: str
) -> None:
    """Before anything is asked, with what to do."""
    run = run_rest("--rest-model=simulated", *options, FEW)
    assert (4, {}) == (run.status, run.report)
    assert expected in run.out


def test_agreement_has_a_baseline(run_rest: RunRest) -> None:
    """Alone, as the message says where CFR would be compared, too."""
    asked = ("--rest-model=simulated", "none.rest.yaml", FEW)
    run_rest(*asked, "--rest-json=before.json")
    run = run_rest(*asked, "--rest-baseline=before.json")
    assert 4 == run.status
    assert "--rest-baseline compares CFR, too, and no item says what is right" in run.out
    run = run_rest(*asked, "--rest-baseline=before.json", "--rest-max-rer-drop=0")
    assert 0 == run.status, run.out
    assert "rer_drop<=0.0 is undecided: RER is as it was" in run.out
