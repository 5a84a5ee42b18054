"""A gateway that falls back to another model: what two models answered is not judged as one's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Finished, Oracle, RunRest

from pytest_rest.commands import main

N = 6


def served(pick: Callable[[Request, Oracle], str]) -> Callable[[Request], Reply]:
    """Right answers, each said to be of the model that `pick` names."""
    oracle = Oracle(N, wrong=())

    def reply(request: Request) -> Reply:
        return replace(oracle.reply(request), model=pick(request, oracle))

    return reply


def ask(run_rest: RunRest, endpoint: Endpoint, *args: str) -> Finished:
    """A run with a gate, of the alias that the gateway knows."""
    return run_rest(
        *("--rest-model=alias", f"--rest-api-base={endpoint.openai_base}"),
        *(f"--rest-suite=soebench:{N}", "--rest-min-rer=0.9", *args),
    )


def first_picture(request: Request, oracle: Oracle) -> str:
    """The fallback answers one item's picture."""
    prompt = oracle.prompt(request)
    is_it = prompt.item.id == "soebench-0002" and prompt.form.mode == "image"
    return "fallback-1" if is_it and prompt.task == "solve" else "main-1"


def a_transcription(request: Request, oracle: Oracle) -> str:
    """It answers for a transcription alone."""
    prompt = oracle.prompt(request)
    is_it = prompt.item.id == "soebench-0004" and prompt.task == "transcribe"
    return "fallback-1" if is_it else "main-1"


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("pick", "item", "said"),
    [
        (
            first_picture,
            "soebench-0002",
            "answered by 2 models: fallback-1 (image), main-1 (text, mixed, transcription)",
        ),
        (
            a_transcription,
            "soebench-0004",
            "answered by 2 models: fallback-1 (transcription), main-1 (text, image, mixed)",
        ),
    ],
    ids=["picture", "transcription"],
)
@pytest.mark.costly
def test_an_item_that_two_models_answered_is_lost(
    run_rest: RunRest,
    mode: Sequence[str],
    pick: Callable[[Request, Oracle], str],
    item: str,
    said: str,
) -> None:
    """However right they are; the run says so in its first line, and its gate does not pass."""
    with Endpoint(served(pick)) as endpoint:
        run = ask(run_rest, endpoint, *mode)
        again = ask(run_rest, endpoint, "--rest-allow-models=main-1,fallback-1", *mode)
        other = ask(run_rest, endpoint, "--rest-allow-models=main-1,main-2", *mode)
    (lost,) = run.report["lost"]
    assert (item, False) == (lost["item"], run.report["gate"]["passed"])
    assert said in lost["reason"]
    assert "--rest-allow-models" in lost["reason"]
    first = run.out.partition("= REST =")[2].partition("per cent")[0]
    warning = f"warning: answered by 2 models: main-1 ({4 * N - 1}), fallback-1 (1)"
    assert warning in " ".join(first.split())
    assert ([], True) == (again.report["lost"], again.report["gate"]["passed"])
    assert 1 == len(other.report["lost"])


def test_models_that_answer_an_item_each(run_rest: RunRest) -> None:
    """No item is mixed, so each is judged; the first line says that there were two."""

    def pick(request: Request, oracle: Oracle) -> str:
        return f"main-{int(oracle.prompt(request).item.id[-1]) % 2}"

    with Endpoint(served(pick)) as endpoint:
        run = ask(run_rest, endpoint, "-pno:xdist")
    assert ([], True) == (run.report["lost"], run.report["gate"]["passed"])
    said = f"answered by 2 models: main-0 ({2 * N}), main-1 ({2 * N})"
    summary = run.out.partition("= REST =")[2].splitlines()
    assert summary[1].startswith(f"Ship: with a warning: {said}; RER")
    assert f"gate passed: every threshold passed; warning: {said}" in run.out
    assert said == run.report["gate"]["warning"]


def test_two_spellings_are_one_model(run_rest: RunRest) -> None:
    """An id with its provider before it, in some answers, is no other model: nothing is lost."""

    def pick(request: Request, oracle: Oracle) -> str:
        return "provider/main-1" if request.images else "main-1"

    with Endpoint(served(pick)) as endpoint:
        run = ask(run_rest, endpoint, "-pno:xdist")
    assert ([], True) == (run.report["lost"], run.report["gate"]["passed"])
    assert "" == run.report["gate"]["warning"]
    assert "answered by" not in run.out


def test_another_id_than_the_baselines_is_a_warning(
    run_rest: RunRest, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the line of the gate, in the report, and where two runs are compared."""
    with Endpoint(served(lambda *_: "main-1")) as endpoint:
        ask(run_rest, endpoint, "-pno:xdist")
    Path("run").rename("last")
    with Endpoint(served(lambda *_: "main-2")) as endpoint:
        run = ask(run_rest, endpoint, "--rest-baseline=last", "-pno:xdist")
        known = ("--rest-baseline=last", "--rest-allow-models=main-1,main-2")
        alike = ask(run_rest, endpoint, *known, "-pno:xdist")
    said = "alias may be another model: answered by main-1 in the baseline, and by main-2 now"
    (line,) = [line for line in run.out.splitlines() if line.startswith("gate passed: ")]
    assert line.endswith(f"; warning: {said}")
    assert said == run.report["gate"]["baseline"]["warning"]
    assert said not in alike.out
    assert alike.report["gate"]["passed"]
    capsys.readouterr()
    assert 0 == main(["compare", "last", "run"])
    assert f"warning: {said}" in capsys.readouterr().out


def test_a_name_that_floats_is_said_to(run_rest: RunRest) -> None:
    """In the header, before anything is asked; one with a date is not."""
    plan = ("--rest-plan", "--rest-suite=soebench:1", "-pno:xdist")
    said = "rest: anthropic/claude-haiku-4-5 floats: it may be another model tomorrow; "
    assert said in run_rest("--rest-model=claude-haiku-4.5", *plan).out
    assert " floats: " not in run_rest("--rest-model=claude-haiku-4-5-20251001", *plan).out


def test_styles_that_two_models_answered(run_rest: RunRest) -> None:
    """Each agrees with itself, and cannot be compared with the other: the item is lost."""

    def reply(request: Request) -> Reply:
        is_wide = bool(request.images) and int.from_bytes(request.images[0][16:20], "big") > 250
        return Reply("Answer: 3", model="main-1" if is_wide else "fallback-1")

    styles = ("--rest-style=dejavu", "--rest-style=dejavu-50dpi", "--rest-modes=image,mixed")
    with Endpoint(reply) as endpoint:
        run = ask(run_rest, endpoint, *styles, "-pno:xdist")
        alike = ask(run_rest, endpoint, *styles, "--rest-allow-models=main-1,fallback-1")
    assert 2 * N == len(run.report["lost"])
    reasons = {each["reason"] for each in run.report["lost"]}
    assert {"answered by 2 models in its styles: fallback-1, main-1"} == reasons
    assert (False, True) == (run.report["gate"]["passed"], alike.report["gate"]["passed"])


def test_an_endpoint_that_names_no_model(run_rest: RunRest) -> None:
    """Nothing is known, and nothing said."""
    with Endpoint(served(lambda *_: "")) as endpoint:
        run = ask(run_rest, endpoint, "-pno:xdist")
    assert [] == run.report["lost"]
    assert "answered by" not in run.out
