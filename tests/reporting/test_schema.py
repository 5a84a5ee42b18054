"""The published schema of report.json: every run's report keeps to it, and it names every key."""

import json
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import rh_bench
from endpoint import Endpoint, Reply
from runs import RunRest

from pytest_rest.gate import GateOutcome
from pytest_rest.gate.regression import CheckOutcome
from pytest_rest.terms import Outcome, Status

TEXT = (resources.files("pytest_rest.reporting") / "report.schema.json").read_text("ascii")
SCHEMA = json.loads(TEXT)


def strict(schema: Any) -> Any:
    """The schema with no key allowed that it does not name."""
    if isinstance(schema, list):
        return [*map(strict, schema)]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and "type" in schema else {}
    return {**closed, **{key: strict(value) for key, value in schema.items()}}


VALIDATOR = jsonschema.Draft202012Validator(strict(SCHEMA))


def misses(report: Any) -> list[str]:
    """What of a report is not as the schema says, each with its place."""
    errors = [jsonschema.exceptions.best_match([e]) for e in VALIDATOR.iter_errors(report)]
    return [f"{error.json_path}: {error.message[:200]}" for error in errors if error]


def test_the_schema_is_one() -> None:
    """By the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert jsonschema.Draft202012Validator.META_SCHEMA["$id"] == SCHEMA["$schema"]


OWN = """\
items:
  - {context: Ten pens., question: How many?, answer: "10", kind: integer, cluster: pens}
  - {context: Two pens., question: How many?, answer: "2", kind: integer, cluster: pens}
  - {context: ∀ pens., question: How many?, answer: "3", kind: integer}
  - {context: A pen., question: Which is it?, answer: A, choices: {A: pen, B: ink}}
"""
STORED = """\
item,form,format,answer,expected
a,text,html,7,"[""7"", ""seven""]"
a,image,html,7,"[""7"", ""seven""]"
a,text,md,seven,"[""7"", ""seven""]"
a,image,md,,"[""7"", ""seven""]"
b,text,html,7,
b,image,html,8,
b,text,md,7,
b,image,md,7,
"""
RUNS = {
    "all modes": (
        *("--rest-model=simulated:wrong.image=0.5,misread=0.5", "own.rest.yaml", "--rest-ocr=each"),
        *("--rest-repeats=2", "--rest-modes=text,image,mixed,ocr-first,ocr-then-solve"),
    ),
    "lost": ("--rest-model=simulated:failed=0.3", "--rest-plus", "--rest-min-rer=0.5"),
    "shrunk": ("--rest-model=simulated", "--rest-max-side=300", "--rest-style=dejavu,dejavu-50dpi"),
    "left out": (
        *("--rest-model=simulated", "own.rest.yaml", "--rest-style=courier"),
        "--rest-skip-unaskable",
    ),
    "shard": ("--rest-model=simulated", "--rest-shard=1/2", "--rest-require=mmc@soebench>=0.5"),
    "fuzz": ("--rest-model=simulated:low-resolution", "--rest-fuzz=20", "--rest-seed=1"),
    "budgets": ("--rest-model=simulated", "--rest-reasoning-budgets=0,100"),
    "rh-bench": (
        *("--rest-model=simulated", "--rest-suite=rh-bench", "--rest-data=."),
        *("--rest-reasoning-budgets=0,100", "--rest-judge=simulated"),
    ),
    "stored": ("--rest-answers=answers.csv",),
    "stopped": (
        *("--rest-model=simulated", "--rest-suite=soebench:60", "--rest-early-stop"),
        *("--rest-min-rer=0.5", "--rest-confidence=0.9"),
    ),
}


@pytest.mark.parametrize("kind", RUNS)
def test_reports_keep_to_the_schema(run_rest: RunRest, kind: str) -> None:
    """And every key that they have is in it."""
    Path("own.rest.yaml").write_text(OWN, "utf-8")
    Path("answers.csv").write_text(STORED, "utf-8")
    if kind == "rh-bench":
        rh_bench.write(Path.cwd(), 4)
    words = " ".join(RUNS[kind])
    asks = any(word in words for word in ("suite", "fuzz", "yaml", "answers"))
    run = run_rest(*RUNS[kind], *([] if asks else ["--rest-suite=soebench:3"]), "-pno:xdist")
    assert run.report, run.out
    assert [] == misses(run.report)


def test_a_run_over_http_keeps_to_the_schema(run_rest: RunRest) -> None:
    """Where a gateway may say what calls cost."""
    with Endpoint(lambda _: Reply("Answer: 3")) as endpoint:
        model = ("--rest-model=m", f"--rest-api-base={endpoint.openai_base}")
        run = run_rest(*model, "--rest-suite=soebench:2", "-pno:xdist")
    assert "gateway" == run.report["provenance"]["prices"]
    assert [] == misses(run.report)


def test_a_report_with_a_baseline_keeps_to_the_schema(run_rest: RunRest) -> None:
    """One that is undecided, and one that is missed."""
    few, better = "--rest-suite=soebench:12", "--rest-model=simulated"
    Path("before.json").write_text(json.dumps(run_rest(better, few, "-pno:xdist").report))
    for model in (better, "--rest-model=simulated:wrong.image=0.9"):
        held = ("--rest-baseline=before.json", "--rest-max-drop=accuracy.image=0.1")
        run = run_rest(model, few, *held, "-pno:xdist")
        assert run.report["gate"]["baseline"]["checks"]
        assert [] == misses(run.report)
    changes = run.report["gate"]["baseline"]["changes"]
    assert changes["worse"] == len(changes["items"]) > 5
    known = [form["old"]["value"] for item in changes["items"] for form in item["forms"]]
    assert all(known)  # it was read from a report


def test_the_schema_has_the_words_of_the_code() -> None:
    """Where a value is one of a few."""
    assert {*get_args(Status)} == {*SCHEMA["$defs"]["answer"]["properties"]["status"]["enum"]}
    assert [*get_args(Outcome)] == SCHEMA["$defs"]["item"]["properties"]["verdict"]["enum"]
    outcomes = {*get_args(GateOutcome)}
    assert outcomes == {*SCHEMA["$defs"]["threshold"]["properties"]["outcome"]["enum"]}
    assert {*get_args(CheckOutcome)} == {*SCHEMA["$defs"]["check"]["properties"]["outcome"]["enum"]}
