"""Answers with fields: which of them flips, over HTTP, in the gate and in all that is shown."""

import json
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest, without_times
from test_schema import misses

from pytest_rest.commands import main

FEW = ("-pno:xdist", "--rest-ocr=off")
MODEL = "--rest-model=simulated"
FIELDS = """{total: {answer: 119.5, kind: number}, date: 2031-03-15, vendor: ACME,
     parts: {answer: [lamp, chair], kind: set}}"""
OWN = "items:\n" + "".join(
    f"- context: Invoice {n} of ACME.\n  question: What is in it?\n  fields: {FIELDS}\n"
    for n in range(6)
)
RIGHT = {"total": 119.5, "date": "March 15, 2031", "vendor": "ACME", "parts": "chair and lamp"}


@pytest.fixture(autouse=True)
def _own(pytester: pytest.Pytester) -> None:
    """A benchmark of six invoices."""
    (pytester.path / "own.rest.yaml").write_text(OWN, "utf-8")


class Planted:
    """Answers all rightly, but for one field in the picture of every other item."""

    def __init__(self) -> None:
        self.pictures: list[str] = []  # which field was perturbed in each, or none

    def __call__(self, request: Request) -> Reply:
        """A JSON object, or lines."""
        said = dict(RIGHT)
        if not any("What is in it?" in text for text in request.texts):
            self.pictures.append("total" if len(self.pictures) % 2 else "")
            said |= {name: 119.8 for name in self.pictures[-1:] if name}
        lines = "\n".join(f"- **{name}**: {value}" for name, value in said.items())
        return Reply(f"Answer: {json.dumps(said)}" if request.number % 2 else f"Answer:\n{lines}")


def test_exactly_the_perturbed_field_is_blamed(run_rest: RunRest) -> None:
    """With RER, CFR and accuracy of every field equal to what the server has done."""
    planted = Planted()
    wanted = ("rer@field.total>=0.95", "cfr@field.total<=0.4", "accuracy.image@field.date>=0.95")
    with Endpoint(planted) as endpoint:
        model = ("--rest-model=m", f"--rest-api-base={endpoint.openai_base}")
        asked = [f"--rest-require={each}" for each in wanted]
        run = run_rest(*model, "own.rest.yaml", *asked, *FEW)
    assert (1, 6, []) == (run.status, len(planted.pictures), misses(run.report))
    wrong = {name: planted.pictures.count(name) for name in RIGHT}
    assert {"total": 3, "date": 0, "vendor": 0, "parts": 0} == wrong
    fields = run.report["fields"]
    for name, number in wrong.items():
        metrics = fields[name]["metrics"]["all"]
        rates = metrics["rer"], metrics["cfr"], metrics["accuracy"]["image"]
        assert [1 - number / 6, number / 6, 1 - number / 6] == [rate["value"] for rate in rates]
        assert {6} == {rate["n"] for rate in rates}
        assert (1, 1) == (metrics["mmc"]["value"], metrics["accuracy"]["text"]["value"])
        assert ({"image": number} if number else {}) == fields[name]["flips"]
    flips = [item["flips"] for item in run.report["items"] if "flips" in item]
    assert [{"total": ["image"]}] * 3 == flips
    assert 0.5 == run.report["metrics"]["mean"]["all"]["rer"]["value"]
    outcomes = {
        f"{t['metric']}@{t['part']}": t["outcome"] for t in run.report["gate"]["thresholds"]
    }
    judged = {"rer@field.total": "failed", "cfr@field.total": "failed"}
    assert {**judged, "accuracy.image@field.date": "passed"} == outcomes
    assert "total flips in image: text 119.5, image 119.8, mixed 119.5" in run.out
    assert "image 3" in next(line for line in run.out.splitlines() if line.startswith("total "))


@pytest.mark.parametrize("chosen", ["own.rest.yaml", "--rest-suite=own.rest.yaml"])
@pytest.mark.parametrize("name", ["field.totl", "field.total.sum"])
def test_an_unknown_field_is_told_before_anything_is_asked(
    run_rest: RunRest, chosen: str, name: str
) -> None:
    """With the nearest one, whether the file is a suite of the run or collected."""
    run = run_rest(MODEL, chosen, f"--rest-require=rer@{name}>=0.5", *FEW)
    assert (4, {}) == (run.status, run.report)
    assert f"'{name}' is neither a subset" in run.out
    assert "did you mean 'field.total'" in run.out


def test_a_field_may_have_an_early_verdict(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """In one suite; over two, whose items are asked in turn, it is refused."""
    early = ("--rest-early-stop", "--rest-confidence=0.8", "--rest-require=rer@field.total>=0.2")
    run = run_rest(MODEL, "own.rest.yaml", *early, *FEW)
    assert 0 == run.status, run.out
    assert "at every look" in run.out
    (pytester.path / "more.rest.yaml").write_text(OWN, "utf-8")
    run = run_rest(MODEL, "--rest-suite=own.rest.yaml,more.rest.yaml", *early, *FEW)
    assert 4 == run.status, run.out
    assert "a field's rate is over all suites, whose items are asked in turn" in run.out


def test_an_export_keeps_the_fields(
    run_rest: RunRest, capsys: pytest.CaptureFixture[str], pytester: pytest.Pytester
) -> None:
    """Imported again, each field has its figures; `show`, Markdown and the page name what flips."""
    run = run_rest("--rest-model=simulated:wrong.image=0.4", "own.rest.yaml", *FEW)
    assert 0 == main(["export", "run", "-o", "answers.csv"])
    assert 0 == main(["import", "answers.csv", "-o", "again"])
    again = json.loads(Path("again/report.json").read_text("ascii"))
    assert without_times(run.report["fields"]) == without_times(again["fields"])
    gated = run_rest("--rest-answers=answers.csv", "--rest-require=rer@field.total>=0.99", FEW[0])
    assert (1, "failed") == (gated.status, gated.report["gate"]["thresholds"][0]["outcome"])
    flipped = next(item for item in run.report["items"] if "flips" in item)
    capsys.readouterr()
    assert 0 == main(["show", flipped["id"], "run"])
    assert "  date flips in image: text 2031-03-15, image no answer" in capsys.readouterr().out
    page = Path("run/report.html").read_text("utf-8")
    assert "By field" in page
    assert (
        '"fields":{"forms":["text","image","mixed"],"rows":[["total",[["119.5",true,false]' in page
    )


@pytest.mark.slow
def test_workers_tell_the_same(run_rest: RunRest) -> None:
    """Fields travel with the records."""
    asked = ("--rest-model=simulated:wrong.image=0.4", "own.rest.yaml", "--rest-ocr=off")
    alone, shared = run_rest(*asked, "-pno:xdist"), run_rest(*asked, "-n2")
    assert without_times(alone.report["fields"]) == without_times(shared.report["fields"])
