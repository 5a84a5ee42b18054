"""--rest-fuzz: the hunts as tests, what they print and leave, and wrong usage."""

from collections.abc import Sequence
from importlib.metadata import requires
from typing import Any

import pytest
from runs import Finished, RunRest

LOW = "--rest-model=simulated:low-resolution"
SERIAL = "-pno:xdist"
TEST = "rest-fuzz::answers_do_not_depend_on_style[hunt-0]"


def findings(run: Finished) -> list[dict[str, Any]]:
    """What a run has found."""
    found: list[dict[str, Any]] = run.report["fuzz"]["findings"]
    return found


@pytest.mark.costly
def test_a_flip_fails_the_hunt(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """With both pictures, the line that repeats it, its example; and it can be kept."""
    pytester.makeconftest(
        "from hypothesis import settings\n"
        "from hypothesis.database import DirectoryBasedExampleDatabase\n"
        "settings.register_profile('mine', database=DirectoryBasedExampleDatabase('kept'))\n"
        "settings.load_profile('mine')\n"
    )
    save = "--rest-fuzz-save=found.rest.yaml"
    found = run_rest(SERIAL, LOW, "--rest-fuzz=20", "--rest-seed=1", save)
    assert pytest.ExitCode.TESTS_FAILED == found.status
    assert {"failed": 1} == found.outcomes
    assert f"FAILED {TEST} - flip: dpi=79 (REST" in found.out
    assert "flip 1: dpi=79 (REST's 200); transcribed wrongly, steady: 5 of 5 times" in found.out
    fuzz = found.report["fuzz"]
    assert (1, 20, 1) == (fuzz["seed"], fuzz["examples"], fuzz["hunts"])
    assert found.report["usage"]["calls"] == fuzz["calls"] <= 300
    (flip,) = findings(found)
    assert {"dpi": 79} == flip["changes"]
    assert ("steady", "misread") == (flip["steadiness"], flip["failing"])
    for digest in flip["pictures"].values():
        assert (pytester.path / "run" / "images" / f"{digest}.png").exists()
        assert f"run/images/{digest}.png" in found.out
    assert f"again: pytest {LOW} --rest-seed=1 --rest-fuzz-replay=run:1" in found.out
    assert "    style=Style(dpi=79)," in found.out
    summary = found.out.partition("= REST fuzz =")[2].partition("\n=")[0].splitlines()
    shown = [line for line in summary if "again: " not in line]  # a command to copy is one line
    assert all(len(line) <= 80 for line in shown), max(shown, key=len)
    _asked_again(pytester, run_rest)
    _saved(run_rest, save)
    _back_first(pytester, run_rest)


def _back_first(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """From the database of the user's own profile; where that has none, it is in the root."""
    assert (pytester.path / "kept").exists()
    assert not (pytester.path / ".rest").exists()
    assert {"dpi": 79} == findings(run_rest(SERIAL, LOW, "--rest-fuzz=1"))[0]["changes"]
    none = "from hypothesis import settings\nsettings.register_profile('none', database=None)\n"
    pytester.makeconftest(f"{none}settings.load_profile('none')\n")
    pytester.mkdir(".rest")
    (pytester.path / "kept").rename(pytester.path / ".rest" / "examples")
    assert {"dpi": 79} == findings(run_rest(SERIAL, LOW, "--rest-fuzz=1"))[0]["changes"]


def _asked_again(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """By its number; a model that has learned passes, and a wrong number is told."""
    first = (pytester.path / "run").rename(pytester.path / "first")
    again = run_rest(SERIAL, LOW, "--rest-fuzz-replay=first:1")
    assert (1, {"dpi": 79}) == (again.status, findings(again)[0]["changes"])
    report = f"--rest-fuzz-replay={first / 'report.json'}"
    learned = run_rest(SERIAL, "--rest-model=simulated", report)
    assert (0, {"passed": 1}) == (learned.status, learned.outcomes)
    assert "not repeated: 0 of 5 times" in learned.out
    none = run_rest(SERIAL, LOW, "--rest-fuzz-replay=first:2")
    assert "'first' has flips 1 to 1, not 2" in none.out


def _saved(run_rest: RunRest, save: str) -> None:
    """With its style and REST's own; it fails as the flip did, and is not overwritten."""
    bad = run_rest(SERIAL, LOW, "found.rest.yaml")
    assert {"passed": 1, "failed": 1} == bad.outcomes
    assert {"passed": 2} == run_rest(SERIAL, "--rest-model=simulated", "found.rest.yaml").outcomes
    taken = run_rest(SERIAL, LOW, "--rest-fuzz=20", save)
    assert "is there already; name another file" in taken.out


def test_a_hunt_beside_a_suite(run_rest: RunRest) -> None:
    """The suite keeps its seed, whatever is drawn for the hunt; both are reported."""
    run = run_rest(
        *(SERIAL, "--rest-model=simulated", "--rest-suite=soebench:2", "--rest-fuzz=3"),
        "--rest-min-rer=0.9",
    )
    assert (0, True, 0) == (
        run.status,
        run.report["gate"]["passed"],
        run.report["provenance"]["seed"],
    )
    assert {"passed": 2 + 1 + 2} == run.outcomes
    assert (3, 3) == (run.report["fuzz"]["examples"], run.report["fuzz"]["compared"])


def test_every_run_draws_other_examples(run_rest: RunRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under CI too, where Hypothesis's own tests repeat themselves; the printed seed repeats it."""
    monkeypatch.setenv("CI", "1")
    runs = [run_rest(SERIAL, "--rest-model=simulated", "--rest-fuzz=2") for _ in range(2)]
    seeds = [run.report["fuzz"]["seed"] for run in runs]
    assert seeds[0] != seeds[1]
    assert all(f"seed {seed}" in run.out for seed, run in zip(seeds, runs, strict=True))
    told = run_rest(SERIAL, "--rest-model=simulated", "--rest-fuzz=2", f"--rest-seed={seeds[0]}")
    assert seeds[0] == told.report["fuzz"]["seed"] == told.report["provenance"]["seed"]
    repeatable = run_rest(
        SERIAL, "--rest-model=simulated", "--rest-fuzz=2", "--rest-fuzz-profile=repeatable"
    )
    assert 0 == repeatable.report["fuzz"]["seed"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("simulated:failed=1", "nothing could be compared in 4 examples: server error"),
        ("simulated:unparseable=1", "nothing could be compared in 4 examples: no system was"),
    ],
)
def test_a_hunt_that_could_not_ask_fails(run_rest: RunRest, model: str, message: str) -> None:
    """Never a silent pass."""
    run = run_rest(SERIAL, f"--rest-model={model}", "--rest-fuzz=4")
    assert {"failed": 1} == run.outcomes
    assert message in run.out


@pytest.mark.slow
def test_each_worker_hunts_its_share(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """One hunt each, of its share of examples and calls, through the one process that asks."""
    pytester.makepyfile(
        model="""
        from pytest_rest.models.providers.simulated import SimulatedModel

        class Model(SimulatedModel):
            home = "endpoint"

            async def ask(self, prompts):
                with open("asked", "a") as file:
                    file.write("x" * len(prompts))
                return await super().ask(prompts)

        def make():
            return Model("low-resolution")
        """
    )
    model = "--rest-model=python:model:make"
    run = run_rest("-n2", model, "--rest-fuzz=31", "--rest-fuzz-calls=301", "--rest-seed=3")
    fuzz = run.report["fuzz"]
    assert (2, 31, True) == (fuzz["hunts"], fuzz["examples"], fuzz["calls"] <= 301)
    assert run.report["usage"]["calls"] == len((pytester.path / "asked").read_text())
    assert {"failed": 2} == run.outcomes
    (flip,) = findings(run)
    assert {"dpi": 79} == flip["changes"]


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_found(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """It is in the report and on the screen, though the test has no report of its own."""
    pytester.makepyfile(
        interrupting="""
        import os, signal
        from pytest_rest.models.providers.simulated import SimulatedModel

        class Model(SimulatedModel):
            asked = 0

            async def ask(self, prompts):
                self.asked += 1
                if self.asked == 50:
                    os.kill(os.getpid(), signal.SIGINT)
                return await super().ask(prompts)

        def make():
            return Model("low-resolution")
        """
    )
    model = "--rest-model=python:interrupting:make"
    run = run_rest(SERIAL, model, "--rest-fuzz=40", "--rest-seed=1", subprocess=True)
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert "dpi=" in run.out.partition("= REST fuzz =")[2]
    assert ["interrupted"] == run.report["fuzz"]["ended"]
    assert 1 == len(findings(run))


def test_a_plan_counts_the_hunts_calls(run_rest: RunRest) -> None:
    """At most; and nothing is asked."""
    run = run_rest(SERIAL, "--rest-model=simulated", "--rest-fuzz=100", "--rest-plan")
    assert "fuzzing comes on top: 1,100 calls at most" in run.out
    assert 0 == run.status
    assert {} == run.report


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--rest-fuzz=many"], "--rest-fuzz 'many' is not a valid count"),
        (["--rest-fuzz=0"], "--rest-fuzz '0' is not a valid count; give a whole number from 1"),
        (["--rest-fuzz=9", "--rest-fuzz-calls=0"], "--rest-fuzz-calls 0 is too few"),
        (["--rest-fuzz=9", "--rest-fuzz-profile=hnt"], "did you mean 'hunt'"),
        (["--rest-fuzz-replay=nowhere"], "no flips are stored in"),
        (["--rest-fuzz=9", "--rest-fuzz-save=found.yaml"], "name a file that ends in .rest.yaml"),
    ],
)
def test_wrong_usage_is_refused_before_asking(
    run_rest: RunRest, args: Sequence[str], message: str
) -> None:
    """One line, before anything is asked."""
    run = run_rest(SERIAL, LOW, *args)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert message in run.out
    assert "Traceback" not in run.out


def test_fuzzing_needs_no_extra() -> None:
    """Hypothesis is installed with the package."""
    assert ["hypothesis>=6.140"] == [
        each for each in requires("pytest-rest") or () if each.startswith("hypothesis")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("only", [[], ["--rest-fuzz-ocr-correct"]])
def test_an_exact_solver_with_ocr_only_misreads(run_rest: RunRest, only: list[str]) -> None:
    """An OCR engine and an exact solver: whatever flips was misread, and none was read right."""
    pytest.importorskip("rapidocr")
    run = run_rest(
        *(SERIAL, "--rest-model=embedded", "--rest-fuzz=15", "--rest-fuzz-calls=90"),
        *("--rest-seed=1", *only),
    )
    assert ({"misread"} if not only else set()) == {each["failing"] for each in findings(run)}
