"""A model that needs no ability to agree with itself: what its run says, and its exit status."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from runs import RunRest

QUESTIONS = "items:\n" + "".join(
    f"- {{id: q{n}, question: Which is {n}?, choices: [one, two, three, four], answer: {label}}}\n"
    for n, label in enumerate("ABCD" * 10)
)
MODEL = """
    from pytest_rest import Completion

    class Model:
        name = description = "constant"
        home, batch_size, parameters = "cpu", 1, {}

        async def open(self):
            pass

        async def ask(self, prompts):
            return [Completion(text="Answer: A") for prompt in prompts]

        async def close(self):
            pass
"""
WHY = "quiz: 'A' is the answer to 100.0 % of 40 items"


@pytest.fixture
def asked(pytester: pytest.Pytester) -> Sequence[str]:
    """A quiz of four choices, and a model that always says A."""
    pytester.makepyfile(constant=MODEL)
    pytester.syspathinsert()
    Path("quiz.rest.yaml").write_text(QUESTIONS, "utf-8")
    return ("--rest-model=python:constant:Model", "quiz.rest.yaml", "--rest-ocr=off", "-pno:xdist")


def test_a_model_that_always_answers_a_is_found_out(
    run_rest: RunRest, asked: Sequence[str]
) -> None:
    """It meets `rer>=0.9`, and that it says nothing is the first line, and the verdict's."""
    run = run_rest(*asked, "--rest-min-rer=0.9")
    assert 0 == run.status
    summary = run.out.partition("= REST =")[2].splitlines()
    assert (
        f"Cannot tell: {WHY}; the gate passes all" == " ".join(summary[1].split())[: len(WHY) + 36]
    )
    verdict = f"gate passed: {WHY}; every threshold passed"
    assert verdict in summary
    assert ([WHY], verdict) == (
        run.report["cautions"],
        f"gate passed: {run.report['gate']['reason']}",
    )
    assert WHY.replace("'", "&#39;") in Path("run/report.html").read_text("utf-8")
    apart = {name: run.report["metrics"]["quiz"]["all"][name] for name in ("rer", "agreed_wrong")}
    assert (1, 0.75) == (apart["rer"]["value"], apart["agreed_wrong"]["value"])
    assert None is run.report["metrics"]["quiz"]["all"]["rer_beyond_chance"]


def test_without_a_gate_it_is_said_too(run_rest: RunRest, asked: Sequence[str]) -> None:
    """In the summary's first line and in the page's first box; nothing else fails."""
    run = run_rest(*asked)
    assert 0 == run.status
    assert f"Cannot tell: {WHY};" in run.out.partition("= REST =")[2].splitlines()[1]
    box = Path("run/report.html").read_text("utf-8").partition('class="verdict')[2]
    assert WHY.replace("'", "&#39;") in box.partition("</div>")[0]


def test_a_model_that_knows_something_is_not_warned_of(
    run_rest: RunRest, asked: Sequence[str]
) -> None:
    """The same quiz, answered right."""
    run = run_rest("--rest-model=simulated", *asked[1:], "--rest-min-rer=0.9")
    assert (0, []) == (run.status, run.report["cautions"])
    assert "every threshold passed" == run.report["gate"]["reason"]
    assert 1 == run.report["metrics"]["quiz"]["all"]["rer_beyond_chance"]["value"]
