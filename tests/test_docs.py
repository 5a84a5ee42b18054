"""What the documents promise: commands, options and examples that work as they stand there."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
from runs import RunRest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def _blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_two_commands_are_one_line_each() -> None:
    """The first sets up and runs, the second sets up and tests; .ci/run takes them from here.

    They stand here too, so that neither is changed to pass without being seen.
    """
    new = "python3 -m venv .venv && .venv/bin/pip install -q"
    expected = {
        "run": f'{new} ".[embedded]" && .venv/bin/pytest --rest-model=embedded\n',
        "test": f'{new} -e ".[dev]" -c constraints.txt && .venv/bin/pytest -n 4 --dist worksteal\n',
    }
    blocks = re.findall(r"<!-- command: (\w+) -->\n```\n(.*?)```", README, re.DOTALL)
    assert expected == dict(blocks)


def test_every_option_is_on_its_page(pytester: pytest.Pytester) -> None:
    """The table lists what --help lists; the README names nothing that is not there."""
    helped = pytester.runpytest_inprocess("--help").stdout.str()
    page = (ROOT / "docs" / "options.md").read_text("utf-8")
    offered = set(re.findall(r"^  (--rest-[a-z-]+)", helped, re.MULTILINE))
    assert offered == set(re.findall(r"^\| `(--rest-[a-z-]+)", page, re.MULTILINE))
    script = runpy.run_path(str(ROOT / "scripts" / "options.py"))
    assert page == script["page"](page), "run scripts/options.py"
    assert set(re.findall(r"(--rest-[a-z-]+)", README)) <= offered


def test_every_key_of_the_report_is_on_its_page() -> None:
    """As the schema has it."""
    page = (ROOT / "docs" / "report-json.md").read_text("utf-8")
    script = runpy.run_path(str(ROOT / "scripts" / "report_json.py"))
    assert page == script["page"](page), "run scripts/report_json.py"


def test_the_readme_is_a_front_page() -> None:
    """It is read in a minute; the rest is on the pages that it links to."""
    assert len(README.splitlines()) < 150
    for page in ROOT.glob("docs/*.md"):
        if page.stem not in ("index", "api"):
            assert f"(docs/{page.name}" in README, page.name


def test_the_code_in_the_readme_runs(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """The test and the conftest of the readme, as they stand there, gate a run."""
    test, conftest = _blocks("python")
    pytester.makepyfile(test_systems=test)
    pytester.makeconftest(conftest)
    good = run_rest("--rest-model=simulated", "test_systems.py")
    assert (0, True) == (good.status, good.report["gate"]["passed"])
    bad = run_rest("--rest-model=simulated:wrong.image=0.5", "test_systems.py")
    assert (1, False) == (bad.status, bad.report["gate"]["passed"])


@pytest.mark.parametrize("workers", ["-n0", pytest.param("-n2", marks=pytest.mark.slow)])
def test_the_examples_run(pytester: pytest.Pytester, run_rest: RunRest, workers: str) -> None:
    """Copied into a folder of one's own, the examples do what they say."""
    shutil.copytree(ROOT / "examples", pytester.path / "examples")
    good = run_rest("--rest-model=simulated", "examples", workers)
    assert (0, True) == (good.status, good.report["gate"]["passed"])
    names = {"soebench", "invoices", "own-invoices", "mean", "pooled"}
    assert names == set(good.report["metrics"])
    assert {"passed": 30 + 4 + 7 + 3} == good.outcomes
    bad = run_rest("--rest-model=simulated:wrong.image=0.3", "examples/gate", workers)
    assert (1, False) == (bad.status, bad.report["gate"]["passed"])
    assert bad.outcomes["inconsistent"] > 3


OWN = (ROOT / "docs" / "own-benchmark.md").read_text("utf-8")


def test_the_other_files_on_the_page(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """The JSON Lines there, and the readme's smallest file."""
    (jsonl,) = _blocks("json", OWN)
    (yaml,) = _blocks("yaml")
    (pytester.path / "lines.rest.jsonl").write_text(jsonl, "utf-8")
    (pytester.path / "invoices-2.rest.yaml").write_text(yaml, "utf-8")
    run = run_rest("--rest-model=simulated", "lines.rest.jsonl")
    assert {"passed": 1} == run.outcomes
    assert {"passed": 1} == run_rest("--rest-model=simulated", "invoices-2.rest.yaml").outcomes


def test_stored_answers_on_the_page_are_the_examples() -> None:
    """Which the tests judge."""
    page = (ROOT / "docs" / "stored-answers.md").read_text("utf-8")
    folder = ROOT / "examples" / "stored_answers"
    assert [(folder / "answers.csv").read_text("utf-8")] == _blocks("text", page)
    assert [(folder / "mapping.yaml").read_text("utf-8")] == _blocks("yaml", page)
    (row,) = _blocks("json", page)
    assert (folder / "wide.jsonl").read_text("utf-8").startswith(row)


def test_links_and_pictures_exist() -> None:
    """Every file that a document points to is there."""
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_rooms_in_the_architecture_are_the_tested_ones() -> None:
    """The table in ARCHITECTURE.md has the rooms of tests/test_architecture.py, and their doors."""
    from test_architecture import ROOMS

    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    table = text[text.index("| floor |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| \d \| `(\w+)/?` \| .*? \| (.*?) \|$", table, re.MULTILINE)
    told = {room: set(re.findall(r"`(\w+)`", below)) for room, below in rows}
    assert ROOMS == told
