"""The CI files that users copy: linted, and their steps run in a fresh repository."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import junit_schema
import pytest
from batch_endpoint import BatchServer, Plan
from ci_runner import FOLDER, Runner, content, evaluate, shell
from runs import Oracle

SCHEMAS = {
    "action/action.yml": ("vendor.github-actions",),
    "github.yml": ("vendor.github-workflows",),
    "github-batch.yml": ("vendor.github-workflows",),
    "github-nightly.yml": ("vendor.github-workflows",),
    "github-two-models.yml": ("vendor.github-workflows",),
    "gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform=gitlab-ci"),
}
NEEDS_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="needs the program jq")
GATE = content("github.yml")["jobs"]["gate"]
KEYS = {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "b"}


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.costly
def test_the_linter_has_nothing_to_say(name: str) -> None:
    """Each file keeps its provider's own schema; none of ours is without a test."""
    schema, *more = SCHEMAS[name]
    command = [sys.executable, "-mcheck_jsonschema", "--builtin-schema", schema, *more]
    found = subprocess.run([*command, FOLDER / name], capture_output=True, text=True, check=False)
    assert 0 == found.returncode, found.stdout + found.stderr
    assert {*SCHEMAS} == {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh one, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "-q", "."], check=True)
    return tmp_path


def test_expressions_are_those_of_github() -> None:
    """Of a push, whose event has no pull request; a name that is not known is null."""
    known = {"github.event_name": "push", "github.ref_name": "main"}
    assert evaluate(GATE["if"], known)
    assert evaluate("${{ github.event_name == 'push' && 'a-b' || '' }}", known) == "a-b"
    assert not evaluate("always() && (github.ref_name != 'main')", known)
    assert not evaluate("!github.event_name", known)


@pytest.mark.parametrize(
    ("event", "fork", "gates", "comments", "replays"),
    [
        ("push", False, True, False, False),
        ("pull_request", False, True, True, False),
        ("pull_request", True, False, False, True),
    ],
)
def test_which_jobs_run(event: str, fork: bool, gates: bool, comments: bool, replays: bool) -> None:
    """The gate where there are keys, a fork's replay where there are none, the verdict always."""
    jobs = content("github.yml")["jobs"]
    known = {"github.event_name": event, "github.event.pull_request.head.repo.fork": fork}
    known = known if event == "pull_request" else {"github.event_name": event}
    runs = {name for name, job in jobs.items() if evaluate(job["if"], known)}
    expected = {"gate": gates, "comment": comments, "replay": replays, "verdict": True}
    assert {name for name, is_run in expected.items() if is_run} == runs
    assert GATE["strategy"]["fail-fast"] is False


@pytest.mark.parametrize(
    ("result", "verdict", "said"),
    [
        ("success", "success", "every model passed"),
        ("failure", "failure", "not passed: failure"),
        ("cancelled", "failure", "not passed: cancelled"),
        ("skipped", "failure", "not judged: a fork's pull request has no keys"),
    ],
)
def test_the_required_check_passes_only_what_was_judged(
    repository: Path, result: str, verdict: str, said: str
) -> None:
    """A gate that was skipped is no success, as GitHub takes one that is required."""
    runner = Runner(repository, "pull_request")
    job = content("github.yml")["jobs"]["verdict"]
    assert verdict == runner.job(job, **{"needs.gate.result": result})
    assert said in runner.out


@NEEDS_JQ
def test_one_comment_is_written_and_then_edited(repository: Path) -> None:
    """Found by its marker among others', also where somebody else quotes it."""
    runner = Runner(repository, "pull_request")
    marked = {"body": "<!-- pytest-rest --> not mine", "user": {"login": "eve"}, "id": 0}
    (runner.state / "comments.json").write_text(json.dumps([marked]))
    kept = runner.state / "artefacts"
    (kept / "rest-a").mkdir()
    (kept / "rest-a" / "note.md").write_text("### a\n\nno baseline of a yet\n\n")
    (kept / "rest-a" / "comment.md").write_text("## REST: a\n\n**gate passed**\n")
    (kept / "rest-b").mkdir()
    (kept / "rest-b" / "note.md").write_text("### b\n\n")
    (kept / "baseline-a").mkdir()
    job = content("github.yml")["jobs"]["comment"]
    for result, word in (("failure", "not passed"), ("success", "passed")):
        assert "success" == runner.job(job, **{"needs.gate.result": result}), runner.out
        first, mine = runner.comments
        assert marked == first
        begin, *rest = mine["body"].splitlines()
        assert "<!-- pytest-rest -->" == begin
        assert rest[0].startswith(f"**REST: {word}.** ")
        assert "(https://github.example/me/it/actions/runs/9)" in rest[0]
        assert rest.index("**gate passed**") < rest.index("### b")
        assert "No report: its job ended before there was one" in rest[-1]


def gate(runner: Runner, model: str, options: str = "--rest-suite=soebench:30") -> str:
    """Run the gate's job for one model, in the workflow's way but with these options."""
    runner.out = ""
    known = {"matrix.model": model, "env.OPTIONS": f"{options} --rest-min-rer=0.85"}
    return runner.job(GATE, **known)


@NEEDS_JQ
@pytest.mark.slow
def test_a_first_pull_request_and_those_after_it(repository: Path) -> None:
    """Without a baseline the thresholds alone; each model's baseline is its own last good run."""
    request = Runner(repository, "pull_request", ref="3/merge")
    assert "success" == gate(request, "simulated"), request.out
    assert "no baseline of simulated yet, or it has expired: only the thresholds" in request.out
    assert "rer_drop" not in request.out
    kept = request.state / "artefacts"
    assert ["rest-simulated"] == [path.name for path in kept.iterdir()]
    note = (kept / "rest-simulated" / "note.md").read_text()
    assert note.startswith("### simulated\n\nno baseline of simulated yet")
    junit_schema.read(kept / "rest-simulated" / "junit.xml")

    push = Runner(repository, "push")
    assert "failure" == gate(push, "simulated:wrong.image=0.9")  # another model, on the same day
    assert "success" == gate(push, "simulated")
    assert {"baseline-simulated"} == {p.name for p in kept.iterdir() if "baseline" in p.name}

    assert "success" == gate(request, "simulated"), request.out
    assert "rer_drop<=0.02 is undecided: RER is as it was" in request.out  # of 30 items
    assert not (kept / "rest-simulated" / "baseline").exists()
    (kept / "baseline-simulated").rename(kept / "baseline-simulated-wrong.image-0.4")
    worse = gate(request, "simulated:wrong.image=0.4", "--rest-suite=soebench:30")
    assert "failure" == worse
    assert "rer_drop<=0.02 failed: RER fell by" in request.out
    comment = (kept / "rest-simulated-wrong.image-0.4" / "comment.md").read_text()
    assert "**Do not ship**: " in comment
    assert "Were consistent, and are no longer" in comment


@NEEDS_JQ
@pytest.mark.slow
def test_a_fork_s_pull_request_is_judged_on_stored_answers(repository: Path) -> None:
    """Without a key and a call; without a stored run it says that nothing was judged."""
    replay = content("github.yml")["jobs"]["replay"]
    fork = Runner(repository, "pull_request", fork=True)
    assert "skipped" == gate(fork, "simulated")
    assert "success" == fork.job(replay, **{"matrix.model": "simulated"})
    assert "not judged: there is no run of simulated to judge again" in fork.out
    assert "success" == gate(Runner(repository, "push"), "simulated")
    assert "success" == fork.job(replay, **{"matrix.model": "simulated"}), fork.out
    assert "gate passed: every threshold passed" in fork.out


@NEEDS_JQ
@pytest.mark.slow
def test_a_night(repository: Path) -> None:
    """REST+ in ten styles, compared with the last night; and a hunt, whose flips fail it."""
    job = content("github-nightly.yml")["jobs"]["night"]
    plus, fuzz = job["strategy"]["matrix"]["night"]
    nights = Runner(repository, "schedule")

    def night(kind: Mapping[str, str], model: str) -> str:
        nights.out = ""
        options = kind["options"].replace("soebench:100", "soebench:3")
        options = options.replace("fuzz=100", "fuzz=50").rpartition(" --rest-max-cost")[0]
        options += " --rest-fuzz-profile=repeatable" * ("fuzz" in options)
        known = {f"matrix.night.{name}": value for name, value in kind.items()}
        known |= {"matrix.model": model, "matrix.night.options": options}
        return nights.job(job, **known)

    assert "success" == night(plus, "simulated"), nights.out
    assert "success" == night(plus, "simulated"), nights.out
    assert "rer_drop<=0.05 is undecided" in nights.out
    assert "success" == night(fuzz, "simulated"), nights.out
    assert "failure" == night(fuzz, "simulated:low-resolution"), nights.out
    kept = nights.state / "artefacts"
    assert (kept / "rest-simulated-low-resolution-fuzz" / "flips.rest.yaml").is_file()


@NEEDS_JQ
@pytest.mark.slow
def test_batches_are_handed_over_at_night_and_judged_in_the_morning(repository: Path) -> None:
    """Over an artefact; while they have not ended the job is not green, and another look is."""
    jobs = content("github-batch.yml")["jobs"]
    night, morning = ("17 22 * * *", "17 5,9,13 * * *")
    runner = Runner(repository, "schedule")

    def run(name: str, at: str) -> str:
        runner.out = ""
        options = f"--rest-suite=soebench:3 --rest-api-base={server.openai_base}"
        job = {**jobs[name], "env": {**jobs[name]["env"], "OPTIONS": options}}
        return runner.job(job, **{"github.event.schedule": at, "matrix.model": "tested-vlm"})

    with BatchServer(Oracle(3, wrong=()).reply, Plan(polls=1)) as server:
        assert "skipped" == run("judge", night) == run("submit", morning)
        assert "failure" == run("judge", morning)
        assert "nothing was handed over for tested-vlm" in runner.out
        assert "success" == run("submit", night), runner.out
        assert "failure" == run("judge", morning)
        assert "tested-vlm: the batches have not ended yet" in runner.out
        assert "success" == run("judge", morning), runner.out
        assert "gate passed" in runner.out
        assert (1, 12) == (len(server.batches), len(server.paid))
    kept = runner.state / "artefacts"
    junit_schema.read(kept / "rest-tested-vlm" / "junit.xml")


@pytest.mark.slow
def test_a_simulated_regression_is_gated_in_three_commands(repository: Path) -> None:
    """Install, ask the model in use, gate the new one: it got worse, and the job fails."""
    job = content("github-two-models.yml")["jobs"]["gate"]
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    install, asks, gates = scripts
    assert install.startswith("pip install")
    old, new = "simulated:wrong.image=0.02", "simulated:wrong.image=0.3"
    variables = {"OLD": old, "NEW": new, "SUITE": "soebench:60"}
    assert 0 == shell(asks, repository, variables).returncode
    found = shell(gates, repository, variables)
    assert 1 == found.returncode
    assert "gate FAILED: rer_drop<=0.02 failed: RER fell by" in found.stdout
    same = gates.replace("run-dir=new", "run-dir=same")
    as_good = shell(same, repository, variables | {"NEW": old})
    assert 0 == as_good.returncode, as_good.stdout


@pytest.mark.slow
def test_gitlab_s_shards_are_merged(repository: Path) -> None:
    """Three parts that judge nothing, and the verdict on the whole; then against a baseline."""
    jobs = content("gitlab-ci.yml")
    (ask,), judge = jobs["ask"]["script"], "\n".join(jobs["judge"]["script"])
    variables = {"MODEL": "simulated", "SUITE": "soebench:12"}
    for shard in jobs["ask"]["parallel"]["matrix"][0]["SHARD"]:
        part = shell(ask, repository, {**variables, "SHARD": shard})
        assert 0 == part.returncode, part.stdout
    first = shell(judge, repository, variables)
    assert 0 == first.returncode, first.stderr
    assert "No baseline of simulated yet: only the thresholds are judged" in first.stdout
    assert "**Ship**: RER is " in Path("merged/simulated.md").read_text("utf-8")
    junit_schema.read(Path("merged.xml"))

    variables["MODEL"] = "simulated:wrong.image=0.5"
    for shard in jobs["ask"]["parallel"]["matrix"][0]["SHARD"]:
        shell(ask, repository, {**variables, "SHARD": shard})
    Path("baselines").mkdir()
    make = ["pytest-rest", "baseline", "merged/simulated", "-o"]
    make = [*make, "baselines/simulated:wrong.image=0.5.json"]
    assert 0 == shell(" ".join(make), repository).returncode
    merged = shell(judge, repository, variables)
    assert 1 == merged.returncode
    assert "gate FAILED: rer>=0.85 failed" in merged.stdout
    assert "rer_drop<=0.02 failed: RER fell by" in merged.stdout
    assert 1 == int(junit_schema.read(Path("compared.xml")).attrib["failures"])
    (said,) = jobs["not-judged"]["script"]
    ended = shell(said, repository)
    assert (1, True) == (ended.returncode, "REST is not judged: there are no" in ended.stdout)


class Notes(BaseHTTPRequestHandler):
    """GitLab's notes of a merge request, of which each page has one."""

    notes: list[dict[str, Any]]

    def _answer(self, content: object, **headers: str) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def do_GET(self) -> None:
        """A page of notes, or who asks."""
        if self.path.endswith("/user"):
            self._answer({"id": 5})
            return
        page = int(self.path.rpartition("page=")[2])
        more = str(page + 1) if page < len(self.notes) else ""
        self._answer(self.notes[page - 1 : page], X_Next_Page=more)

    def do_POST(self) -> None:
        """A new note, or another text of one."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = int(self.path.rpartition("/")[2]) if self.command == "PUT" else len(self.notes)
        self.notes[number : number + 1] = [{"id": number, "author": {"id": 5}, **said}]
        self._answer({})

    do_PUT = do_POST  # noqa: N815 (the server's name)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def notes() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The URL of GitLab's API, and the notes there: one quotes the marker, by somebody else."""
    found = [{"id": 0, "author": {"id": 1}, "body": "<!-- pytest-rest --> not mine"}]
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Notes,), {"notes": found})) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/v4", found
        server.shutdown()


def test_gitlab_s_note_is_written_and_then_edited(
    repository: Path, notes: tuple[str, list[dict[str, Any]]]
) -> None:
    """One of its own, with all models' parts."""
    url, found = notes
    script = "\n".join(content("gitlab-ci.yml")["note"]["script"])
    variables = {"CI_API_V4_URL": url, "CI_PROJECT_ID": "2", "CI_MERGE_REQUEST_IID": "3"}
    variables |= {"CI_PIPELINE_URL": "https://gitlab.example/p/1", "REST_TOKEN": "secret"}
    Path("merged").mkdir()
    for model in ("a", "b"):
        Path(f"merged/{model}.md").write_text(f"## REST: {model}\n")
        done = shell(script, repository, variables)
        assert 0 == done.returncode, done.stderr
    other, mine = found
    assert other["body"].endswith("not mine")
    link = "Each model's page and answers are in [the pipeline](https://gitlab.example/p/1)."
    parts = ["<!-- pytest-rest -->", link, "## REST: a", "", "## REST: b", ""]
    assert "\n\n".join(parts[:3]) + "\n\n\n## REST: b\n" == mine["body"]
