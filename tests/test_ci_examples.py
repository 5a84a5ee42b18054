"""The CI files that users copy: linted, and their commands run in a fresh repository."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from runs import LEFT_OUT

FOLDER = Path(__file__).parents[1] / "examples" / "ci"
SCHEMAS = {
    "github.yml": ("vendor.github-workflows",),
    "github-two-models.yml": ("vendor.github-workflows",),
    "gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform=gitlab-ci"),
}


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.costly
def test_the_linter_has_nothing_to_say(name: str) -> None:
    """Each file keeps its provider's own schema; none of ours is without a test."""
    schema, *more = SCHEMAS[name]
    command = [sys.executable, "-mcheck_jsonschema", "--builtin-schema", schema, *more]
    found = subprocess.run([*command, FOLDER / name], capture_output=True, text=True, check=False)
    assert 0 == found.returncode, found.stdout + found.stderr
    assert {*SCHEMAS} == {path.name for path in FOLDER.iterdir()}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh one, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "-q", "."], check=True)
    return tmp_path


def content(name: str) -> dict[str, Any]:
    """What an example file says."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return found


def commands(job: Mapping[str, Any]) -> Iterator[str]:
    """What a GitHub job runs, but for the installation and what asks GitHub itself."""
    for step in job["steps"]:
        script = step.get("run", "")
        if script and not re.search(r"^pip install|\bgh ", script, re.MULTILINE):
            yield script


def shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as the provider does: bash that ends at the first failure."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={**os.environ, "PATH": path, "PYTEST_ADDOPTS": " ".join(LEFT_OUT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_simulated_regression_is_gated_in_three_commands(repository: Path) -> None:
    """Install, ask the model in use, gate the new one: it got worse, and the job fails."""
    job = content("github-two-models.yml")["jobs"]["gate"]
    installs = [step for step in job["steps"] if step.get("run", "").startswith("pip install")]
    asks, gates = commands(job)
    assert 1 == len(installs)
    variables = {
        "OLD": "simulated:wrong.image=0.02",
        "NEW": "simulated:wrong.image=0.3",
        "SUITE": "soebench:60",
    }
    assert 0 == shell(asks, **variables).returncode
    found = shell(gates, **variables)
    assert 1 == found.returncode
    assert "gate NOT PASSED: rer_drop<=0.02 is missed: RER fell by" in found.stdout
    as_good = shell(
        gates.replace("run-dir=new", "run-dir=same"), **variables | {"NEW": variables["OLD"]}
    )
    assert 0 == as_good.returncode, as_good.stdout


@pytest.mark.slow
def test_the_matrix_s_commands(repository: Path) -> None:
    """On the main branch the gate alone; on a pull request against the main branch's run."""
    job = content("github.yml")["jobs"]["gate"]
    (gate,) = commands(job)
    variables = {"MODEL": "simulated", "SUITE": "soebench:30"}
    gate = gate.replace("--rest-max-cost=5 ", "")  # who answers here has no price
    first = shell(gate, GITHUB_EVENT_NAME="push", **variables)
    assert 0 == first.returncode, first.stdout
    (repository / "baseline").mkdir()
    (repository / "rest").rename(repository / "baseline" / "rest")
    again = shell(gate, GITHUB_EVENT_NAME="pull_request", **variables)
    assert 0 == again.returncode, again.stdout
    assert "rer_drop<=0.02 is undecided: RER is as it was" in again.stdout  # of 30 items
    (comment,) = [s["run"] for s in job["steps"] if s.get("name") == "Comment"]
    comment = re.sub(r"^gh .*", "", comment, flags=re.MULTILINE)
    assert 0 == shell(comment, **variables).returncode
    assert "RER" in (repository / "comment.md").read_text()
    replays = [s["run"] for s in content("github.yml")["jobs"]["replay"]["steps"] if "run" in s]
    (repository / "baseline").rename(repository / "main")
    replayed = shell(replays[-1], **variables)
    assert 0 == replayed.returncode, replayed.stdout


@pytest.mark.slow
def test_gitlab_s_shards_are_merged(repository: Path) -> None:
    """Three parts that judge nothing, and the verdict on the whole."""
    jobs = content("gitlab-ci.yml")
    (ask,), judge = jobs["ask"]["script"], "\n".join(jobs["judge"]["script"])
    variables = {"MODEL": "simulated:wrong.image=0.5", "SUITE": "soebench:12"}
    for shard in jobs["ask"]["parallel"]["matrix"][0]["SHARD"]:
        part = shell(ask, SHARD=shard, **variables)
        assert 0 == part.returncode, part.stdout
    merged = shell(judge, **variables)
    assert 1 == merged.returncode
    assert "gate NOT PASSED: rer>=0.85 is missed" in merged.stdout
