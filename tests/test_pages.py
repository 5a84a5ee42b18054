"""Every command on every page, run as it stands there, in the pages' order: nothing is made up.

A model that costs nothing takes the place of those that are paid for, and few items that of many.
"""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import RunRest
from stored import planted
from test_cli import printed

from pytest_rest.commands import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FEWER = {
    "claude-haiku-4.5": "simulated",
    "=embedded": "=simulated",
    "soebench:20 --rest-ocr": "soebench:3 --rest-ocr",
    "-n 8": "-n0",
    "-n 4": "-n0",
    "-n 2": "-n0",
    "soebench:1000": "soebench:60",
    ",gsm-symbolic:100": "",  # of which no copy is at hand
    ":200": ":3",
    "rest:100": "mmlu:3",  # of one of the four no copy is at hand
    "--rest-max-cost=2.50": "",  # who answers here has no price
    "--rest-max-cost=1.50": "",
    "--rest-fuzz=100": "--rest-fuzz=20 --rest-seed=3",  # one that finds what is planted
    "--rest-fuzz=200": "--rest-fuzz=20 --rest-seed=3",
}
# What is run elsewhere: it sets up, needs other machines, weights, rows, or a package.
ELSEWHERE = (
    *("python3 -m venv", "--tx=", "--rest-model=house", "--rest-suite=rh-bench"),
    *("gateway.ai.cloudflare.com", "localhost:8000", "text=text.eval", "samples_"),
    *("pytest-rest representations", "pytest-rest eyechart", "--rest-eyechart"),
)


def commands(page: Path) -> Iterator[str]:
    """The commands of a page's blocks, continued lines joined, comments left out."""
    fenced = re.split(r"^```", page.read_text("utf-8"), flags=re.MULTILINE)[1::2]
    for block in fenced:
        language, _, lines = block.partition("\n")
        for line in [] if language else lines.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s#.*", "", line).strip()
            if re.match(r"(pytest|pytest-rest|python3?) ", command):
                yield command


WITH_COMMANDS = [page for page in PAGES if any(commands(page))]


@pytest.fixture
def folder(pytester: pytest.Pytester, run_rest: RunRest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where somebody who reads the pages might be: examples, a benchmark, runs of before."""
    path = pytester.path
    shutil.copytree(ROOT / "examples", path / "examples")
    shutil.copytree(ROOT / "examples" / "own_benchmark", path / "benchmarks")
    page = (ROOT / "docs" / "own-benchmark.md").read_text("utf-8")
    smallest = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    smallest = smallest.replace("  - context", "  - id: total\n    context", 1)  # one for -k
    (path / "invoices.rest.yaml").write_text(smallest, "utf-8")
    pytester.makeini("[pytest]\nrest_suites = soebench:8\n")  # where a command names no suite
    for name in ("last", "new"):
        (path / name).mkdir()
        (path / name / "report.json").write_text(json.dumps(planted([True] * 20)))
    run_rest("--rest-model=simulated", "--rest-run-dir=.rest/runs/RUN")
    for name in ("RUN-A", "RUN-B", "RUN-C"):
        shutil.copytree(path / ".rest" / "runs" / "RUN", path / name)
    for name in ("answers.csv", "new.csv"):
        main(["export", "RUN-A", "-o", name])
    shared = ROOT.parent / "shared" / "data"
    if shared.exists():
        monkeypatch.setenv("HOME", str(path))
        (path / "data").symlink_to(shared)
    return path


@pytest.mark.some(1)
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.stem)
@pytest.mark.costly
def test_the_commands_of_a_page(
    folder: Path, run_rest: RunRest, capsys: pytest.CaptureFixture[str], page: Path
) -> None:
    """Each does what it says, and none fails."""
    for command in commands(page):
        if any(word in command for word in ELSEWHERE):
            continue
        for word, other in FEWER.items():
            command = command.replace(word, other)
        program, *words = shlex.split(command)
        if program == "pytest-rest":
            capsys.readouterr()
            status, out, err = printed(capsys, *words)
            assert 0 == status, f"{command}\n{err}"
            assert out or err, command
            continue
        if "--rest-suite" in command and "--rest-data" not in command and "soebench" not in command:
            words.append("--rest-data=data")
        if "--rest-data" in " ".join(words) and not (folder / "data").exists():
            continue
        words = [word for word in words if word]
        has_own = any("--rest-run-dir" in word or "--rest-resume" in word for word in words)
        run = run_rest(*words, own_folder=has_own)
        found = "low-resolution" in command or "REST fuzz" in run.out  # what is planted, is found
        expected = pytest.ExitCode.TESTS_FAILED if found else pytest.ExitCode.OK
        assert run.status in (expected, pytest.ExitCode.OK), f"{command}\n{run.out}"


def test_pages_have_commands() -> None:
    """So that the test above is not an empty one."""
    assert {"README", "data-sets", "own-benchmark", "releases"} <= {
        each.stem for each in WITH_COMMANDS
    }
