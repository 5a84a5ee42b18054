"""`--rest-answers`: stored answers in place of a model, with all that a run has."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from runs import RunRest, without_times

from pytest_rest.commands import main
from pytest_rest.errors import OptionError
from pytest_rest.plugin import stored_settings

EXAMPLES = Path(__file__).parents[2] / "examples" / "stored_answers"


@pytest.fixture(autouse=True)
def _answers(pytester: pytest.Pytester) -> None:
    """The examples' answers, in the folder of the run."""
    for name in ("answers.csv", "wide.jsonl", "mapping.yaml"):
        shutil.copy(EXAMPLES / name, pytester.path / name)


def written(pytester: pytest.Pytester, values: Sequence[tuple[str, str]], **keys: Any) -> str:
    """A file with an item for each pair, what it was answered as text and as picture."""
    rows = [
        {"item": f"i-{n}", "form": form, "answer": value, "expected": "7", **keys}
        for n, pair in enumerate(values)
        for form, value in zip(("text", "image"), pair, strict=True)
    ]
    (pytester.path / "own.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return "--rest-answers=own.jsonl"


def test_a_run_of_answers_has_all_that_a_run_has(run_rest: RunRest) -> None:
    """A test for each item in a format, its explanation, the figures, the page, the exit status."""
    finished = run_rest("--rest-answers=answers.csv")
    assert (1, 2, 2) == (
        finished.status,
        finished.outcomes["passed"],
        finished.outcomes["failed"],
    )
    assert "rest: answers; 8 answers; text, image; html, markdown" in finished.out
    assert "answers::test_answers_agree[capital-1-markdown]" in finished.out
    assert "image  istanbul wrong" in finished.out
    assert "again: pytest --rest-answers=" in finished.out
    assert "not known of stored answers: prompts, pictures, transcriptions, styles" in finished.out
    assert {"html", "markdown"} == finished.report["formats"]["metrics"].keys()
    run = Path("run")
    assert (run / "report.html").exists()
    assert not (run / "completions.sqlite").exists()


def test_a_run_is_what_import_writes(run_rest: RunRest) -> None:
    """But for the tests that asked, which an import has not."""
    finished = run_rest("--rest-answers=wide.jsonl", "--rest-answers-mapping=mapping.yaml")
    assert 0 == main(["import", "wide.jsonl", "--mapping", "mapping.yaml", "-o", "imported"])
    imported = json.loads(Path("imported/report.json").read_text("ascii"))
    for report in (finished.report, imported):
        report["provenance"].pop("again")
        for item in report["items"]:
            item.pop("test")
    assert without_times(finished.report) == without_times(imported)


@pytest.mark.slow
def test_workers_judge_the_same(run_rest: RunRest) -> None:
    """Each reads the file; the report is that of one process."""
    alone = run_rest("--rest-answers=answers.csv", "--rest-min-rer=0")
    shared = run_rest("--rest-answers=answers.csv", "--rest-min-rer=0", "-n2")
    assert 0 == alone.status == shared.status
    assert without_times(alone.report) == without_times(shared.report)


def test_a_gate_judges_formats_and_fails_closed(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """A threshold may be of a format; an answer that was an error loses its item."""
    wanted = ("--rest-require=rer@html>=0.9", "--rest-min-rer=0.9")
    finished = run_rest("--rest-answers=answers.csv", *wanted)
    assert 1 == finished.status
    outcomes = {t["part"]: t["outcome"] for t in finished.report["gate"]["thresholds"]}
    assert {"html": "passed", "": "failed"} == outcomes
    lost = written(pytester, [("7", "7")], error="HTTP 500")
    finished = run_rest(lost, "--rest-min-rer=0")
    assert (1, 1) == (finished.status, len(finished.report["lost"]))
    assert "image: HTTP 500" in finished.report["lost"][0]["reason"]
    assert "ask again" not in finished.out


@pytest.mark.costly
def test_two_files_of_answers_are_compared(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """As a release with the one before: the same items, paired."""
    before = written(pytester, [("7", "7")] * 30)
    assert 0 == run_rest(before, "--rest-json=before.json").status
    assert 0 == run_rest(before, "--rest-baseline=before.json", "--rest-max-rer-drop=0.2").status
    worse = written(pytester, [("7", "7")] * 10 + [("7", "8")] * 20)
    finished = run_rest(worse, "--rest-baseline=before.json", "--rest-max-rer-drop=0.2")
    assert (1, False) == (finished.status, finished.report["gate"]["passed"])
    other = written(pytester, [("7", "7")] * 29)
    finished = run_rest(other, "--rest-baseline=before.json")
    assert 4 == finished.status
    assert "other items in suite own" in finished.out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--rest-require=cer<=0.1"], "what a model read in its pictures is not known"),
        (["--rest-require=rer@ocr_correct>=0.1"], "what a model read in its pictures is not known"),
        (["--rest-require=noise_floor>=0.1"], "no form is answered twice"),
        (["--rest-require=accuracy.mixed>=0"], "no answer is to the form mixed"),
        (["--rest-require=rer@courier>=0"], "'courier' is neither a subset"),
        (["--rest-model=simulated"], "--rest-answers asks nothing; leave --rest-model out"),
        (["--rest-suite=soebench"], "--rest-answers asks nothing; leave --rest-suite out"),
        (["--rest-plan"], "--rest-answers asks nothing; leave --rest-plan out"),
        (["--rest-early-stop"], "--rest-answers asks nothing; leave --rest-early-stop out"),
        (["answers.csv"], "collects no tests; leave 'answers.csv' out"),
        (["--rest-answers="], "--rest-answers is given and empty"),
        (["--rest-answers-mapping=none.yaml"], "none.yaml: cannot be read"),
        (["--rest-answers=none.csv"], "none.csv' cannot be read"),
    ],
)
def test_what_answers_do_not_tell_is_not_judged(
    run_rest: RunRest, options: list[str], expected: str
) -> None:
    """Wrong usage, in one line, before anything is judged."""
    finished = run_rest("--rest-answers=answers.csv", *options)
    assert 4 == finished.status
    assert expected in finished.out
    assert {} == finished.report


def test_nobody_says_what_is_right(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """Then a gate on it is refused, and RER is judged."""
    answers = written(pytester, [("7", "7"), ("8", "9")], expected=None)
    assert 0 == run_rest(answers, "--rest-min-rer=0.4").status
    finished = run_rest(answers, "--rest-max-cfr=0.9")
    assert 4 == finished.status
    assert "nobody says of every item what is right" in finished.out


@pytest.mark.costly
def test_what_nobody_judges_is_compared_by_agreement_alone(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """A baseline of such answers holds RER; nothing else of it can be sure."""
    answers = written(pytester, [(f"{n}", f"{n}") for n in range(30)], expected=None)
    assert [] == run_rest(answers, "--rest-json=before.json").report["cautions"]
    held = ("--rest-baseline=before.json", "--rest-max-rer-drop=0.2")
    assert 0 == run_rest(answers, *held).status
    finished = run_rest(answers, *held, "--rest-max-drop=mmc=0.2")
    assert 1 == finished.status
    assert "mmc_drop<=0.2 is not judged: no items could be paired" in finished.out
    worse = [(f"{n}", f"{n}" if n < 10 else "x") for n in range(30)]
    assert 1 == run_rest(written(pytester, worse, expected=None), *held).status


def test_faults_are_told_a_line_each(run_rest: RunRest, pytester: pytest.Pytester) -> None:
    """With file and line, and exit status 4; with workers, too."""
    answers = written(pytester, [("7", "7")] * 2, form="picture")
    finished = run_rest(answers)
    assert 4 == finished.status
    lines = [line for line in finished.out.splitlines() if "form 'picture' is not one of" in line]
    assert 4 == len(lines)
    assert "own.jsonl, line 4: " in lines[-1]


def test_an_ini_file_has_answers_until_a_model_is_named(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """Told from the root folder; and what it says of asking plays no part."""
    ini = "[pytest]\nrest_answers = answers.csv\nrest_modes = text,mixed\nrest_suites = mmlu\n"
    pytester.makeini(ini + "rest_max_cost = 3\nrest_repeats = 3\nrest_plan = true\n")
    finished = run_rest("--rest-min-rer=0")
    assert (0, ["text", "image"]) == (finished.status, finished.report["provenance"]["modes"])
    pytester.makeini("[pytest]\nrest_model = nobody/knows\nrest_resume = latest\n")
    assert 0 == run_rest("--rest-answers=answers.csv", "--rest-min-rer=0").status
    pytester.makeini(ini)
    finished = run_rest("--rest-model=simulated", "--rest-suite=soebench:1", "--rest-min-rer=0")
    assert (0, ["text", "mixed"]) == (finished.status, finished.report["provenance"]["modes"])


def test_a_worker_reads_the_same_answers(pytester: pytest.Pytester) -> None:
    """Or takes no part: a report of two files would be of nothing."""
    given = {"rest_answers": ["answers.csv"], "rest_answers_mapping": "", "rest_allow_models": ""}
    answers = stored_settings.read(given, None)
    assert answers is not None
    assert answers == stored_settings.read(given, answers.fingerprint)
    path = pytester.path / "answers.csv"
    path.write_text(path.read_text("utf-8").replace("Istanbul", "Izmir"), "utf-8")
    with pytest.raises(OptionError, match="a worker reads other answers"):
        stored_settings.read(given, answers.fingerprint)


@pytest.mark.parametrize(("options", "kept"), [((), 0), (("--durations=3",), 8)])
def test_what_nobody_looks_at_again_is_let_go(
    run_rest: RunRest, pytester: pytest.Pytester, options: Sequence[str], kept: int
) -> None:
    """The reports of setup and teardown, of which pytest keeps two of each test to the end."""
    pytester.makeconftest(
        "def pytest_terminal_summary(terminalreporter):\n"
        "    terminalreporter.write_line(f'kept {len(terminalreporter.stats.get(\"\", ()))}')\n"
    )
    finished = run_rest("--rest-answers=answers.csv", *options)
    assert 1 == finished.status
    assert f"kept {kept}" in finished.out
