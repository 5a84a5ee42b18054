"""Runs the jobs of a GitHub workflow as its runner does: conditions, expressions, steps, artefacts.

`gh` is a program that answers from a folder: artefacts by their names, and a file of comments.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from runs import LEFT_OUT

_TOKENS = re.compile(r"'[^']*'|&&|\|\||!=|==|!|[\w.-]+(?:\(\))?|[()]")
_WORDS = {"&&": "and", "||": "or", "!": "not", "!=": "!=", "==": "==", "(": "(", ")": ")"}
_WORDS |= {"true": "True", "false": "False", "always()": "True"}

GH = """#!{python}
import json, os, shutil, subprocess, sys
from pathlib import Path
state = Path({state!r})
words = sys.argv[1:]
given = dict(w.lstrip("-").split("=", 1) for w in words if w.startswith("--") and "=" in w)
comments = json.loads((state / "comments.json").read_text())
def jq(value):
    print(subprocess.run(["jq", "-r", given["jq"]], input=json.dumps(value), text=True,
                         check=True, capture_output=True).stdout, end="")
if words[:2] == ["run", "download"]:
    assert "7" == words[2]
    shutil.copytree(state / "artefacts" / given["name"], given["dir"])
elif "/actions/artifacts?" in words[1]:
    name = words[1].split("name=")[1].split("&")[0]
    own = {{"head_branch": "main", "head_repository_id": 1, "repository_id": 1, "id": 7}}
    fork = own | {{"head_repository_id": 2, "id": 8}}
    is_there = (state / "artefacts" / name).is_dir()
    runs = [fork, own | {{"head_branch": "other", "id": 9}}, *([own] if is_there else [])]
    jq({{"artifacts": [{{"expired": False, "workflow_run": run}} for run in runs]}})
elif "--paginate" in words:
    jq(comments)
else:
    key, place = given["field"].split("=@")
    number = int(words[2].rsplit("/", 1)[1]) if given["method"] == "PATCH" else len(comments)
    me = {{"id": number, "user": {{"login": "github-actions[bot]"}}, key: Path(place).read_text()}}
    comments[number:number + 1] = [me]
    (state / "comments.json").write_text(json.dumps(comments))
"""


@dataclass
class Runner:
    """One workflow's run in a repository; `artefacts` outlive it, as those of GitHub do."""

    root: Path
    event: str = "push"
    fork: bool = False
    ref: str = "main"
    env: dict[str, str] = field(default_factory=dict)
    out: str = ""

    def __post_init__(self) -> None:
        self.state = self.root / "github"
        (self.state / "artefacts").mkdir(parents=True, exist_ok=True)
        if not (self.state / "comments.json").exists():
            (self.state / "comments.json").write_text("[]")
        program = self.state / "bin" / "gh"
        program.parent.mkdir(exist_ok=True)
        program.write_text(GH.format(python=sys.executable, state=str(self.state)))
        program.chmod(0o755)

    @property
    def comments(self) -> list[dict[str, Any]]:
        """The pull request's."""
        found: list[dict[str, Any]] = json.loads((self.state / "comments.json").read_text())
        return found

    def job(self, job: Mapping[str, Any], **context: Any) -> str:
        """The result that other jobs see: success, failure or skipped."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        known = {**self._github(), **{f"env.{k}": v for k, v in self.env.items()}, **context}
        known |= {f"env.{name}": value for name, value in job.get("env", {}).items()}
        if not evaluate(job.get("if", "true"), known):
            return "skipped"
        env = {name: expand(value, known) for name, value in job.get("env", {}).items()}
        return "success" if self._steps(job["steps"], known, self.env | env) else "failure"

    @property
    def work(self) -> Path:
        """Where a job's steps run."""
        return self.root / "work"

    def _github(self) -> dict[str, Any]:
        repository = {"github.event.pull_request.head.repo.fork": self.fork}
        return {
            **(repository if self.event == "pull_request" else {}),
            "github.event_name": self.event,
            "github.ref_name": self.ref,
            "github.event.pull_request.number": 3,
            "github.token": "token",
        }

    def _steps(
        self, steps: Iterable[Mapping[str, Any]], known: dict[str, Any], env: Mapping[str, str]
    ) -> bool:
        is_well = True
        for step in steps:
            condition = str(step.get("if", "success()"))
            said = condition if re.search(r"always\(\)|success\(\)", condition) else None
            wanted = said or f"success() && ({condition})"
            if not evaluate(wanted, {**known, "success()": is_well}):
                continue
            inputs = {k: expand(v, known) for k, v in step.get("with", {}).items()}
            own = {name: expand(value, known) for name, value in step.get("env", {}).items()}
            done = self._step(step, inputs, {**env, **own}, known)
            is_well = is_well and done
        return is_well

    def _step(
        self,
        step: Mapping[str, Any],
        inputs: Mapping[str, str],
        env: Mapping[str, str],
        known: dict[str, Any],
    ) -> bool:
        name = step.get("uses", "").partition("@")[0]
        if name == "./.github/actions/rest":
            action = content("action/action.yml")
            assert {*inputs} <= {*action["inputs"]}
            given = {k: v.get("default", "") for k, v in action["inputs"].items()}
            given.update(inputs)
            context = {**self._github(), **{f"inputs.{k}": v for k, v in given.items()}}
            return self._steps(action["runs"]["steps"], context, env)
        if name == "actions/upload-artifact":
            return self._upload(inputs)
        if name == "actions/download-artifact":
            for path in (self.state / "artefacts").iterdir():
                if fnmatch.fnmatch(path.name, inputs["pattern"]):
                    shutil.copytree(path, self.work / inputs["path"] / path.name)
        if "run" not in step or step["run"].startswith("pip install"):
            return True
        return self._shell(step, env, known)

    def _upload(self, inputs: Mapping[str, str]) -> bool:
        place, *others = inputs["path"].split()
        left_out = [each.removeprefix(f"!{place}/") for each in others]
        target = self.state / "artefacts" / inputs["name"]
        assert re.fullmatch(r"[\w.-]+", inputs["name"])
        if not (self.work / place).is_dir():
            return inputs["if-no-files-found"] != "error"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.work / place, target, ignore=shutil.ignore_patterns(*left_out))
        return True

    def _shell(
        self, step: Mapping[str, Any], env: Mapping[str, str], known: dict[str, Any]
    ) -> bool:
        output = self.state / "output"
        output.write_text("")
        more = {"GITHUB_OUTPUT": str(output), "GITHUB_REPOSITORY": "me/it", "GITHUB_RUN_ID": "9"}
        more |= {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_ACTIONS": "true", "CI": "1"}
        more |= {"GITHUB_STEP_SUMMARY": str(self.state / "summary.md")}
        found = shell(step["run"], self.work, {**more, **env}, [self.state / "bin"])
        self.out += found.stdout + found.stderr
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            known[f"steps.{step['id']}.outputs.{key}"] = value
        return found.returncode == 0


def shell(
    script: str, place: Path, variables: Mapping[str, str] = {}, programs: Iterable[Path] = ()
) -> subprocess.CompletedProcess[str]:
    """Run it as the provider does: bash that ends at the first failure."""
    path = os.pathsep.join(map(str, [*programs, Path(sys.executable).parent, os.environ["PATH"]]))
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={**os.environ, "PATH": path, "PYTEST_ADDOPTS": " ".join(LEFT_OUT), **variables},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


FOLDER = Path(__file__).parents[1] / "examples" / "ci"


def content(name: str) -> dict[str, Any]:
    """What an example file says."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return found


def evaluate(expression: str, known: Mapping[str, Any]) -> Any:
    """What an expression is; a name that is not known is null, as GitHub has it."""
    text = str(expression).strip().removeprefix("${{").removesuffix("}}")
    words = (
        token if token.startswith("'") else _WORDS.get(token, f"known.get({token!r})")
        for token in _TOKENS.findall(text)
    )
    return eval(" ".join(words), {"known": known})  # noqa: S307 (our own files)


def expand(text: object, known: Mapping[str, Any]) -> str:
    """A value with its expressions replaced."""

    def said(match: re.Match[str]) -> str:
        value = evaluate(match[1], known)
        return (
            "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        )

    plain = str(text).lower() if isinstance(text, bool) else str(text)
    return re.sub(r"\$\{\{(.*?)\}\}", said, plain)
