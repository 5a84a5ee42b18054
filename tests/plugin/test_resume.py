"""Runs that are gone on with, or judged again: what is asked, what is refused, what is kept.

What is asked is counted at the server. Where a run need not be a process of its own, it is none.
"""

import os
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from PIL import Image
from runs import Finished, Oracle, RunRest, Started, read_report, settled, stored_digests

from pytest_rest import prompts
from pytest_rest.dispatch.store_file import NAME

N = 4
SUITE = f"--rest-suite=soebench:{N}"
SERIAL, ZERO, TWO = ("-p", "no:xdist"), ("-n0",), ("-n2",)
ANY = Reply(text="Answer: 1")


@dataclass(frozen=True)
class Stored:
    """A finished, undisturbed run of one item in four that is inconsistent, and its server."""

    folder: Path
    report: Mapping[str, Any]
    endpoint: Endpoint
    oracle: Oracle

    @property
    def model(self) -> tuple[str, str]:
        """The options by which it was asked."""
        return named(self.endpoint)


def named(endpoint: Endpoint, model: str = "tested-vlm") -> tuple[str, str]:
    """The options for a model at that server."""
    return f"--rest-model={model}", f"--rest-api-base={endpoint.openai_base}"


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def refusal(run: Finished) -> str:
    """The one line by which a run is refused before anything is asked."""
    lines = [line for line in run.out.splitlines() if line.startswith("ERROR: REST: ")]
    assert 1 == len(lines), run.out
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status
    return lines[0]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """One run for all the tests here, which copy it."""
    folder = tmp_path_factory.mktemp("finished")
    oracle = Oracle(N + 2)
    with Endpoint(oracle.reply) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        with Started(*named(endpoint), SUITE, *SERIAL) as run:
            status, out, _ = run.end()
        assert pytest.ExitCode.TESTS_FAILED == status, out
        yield Stored(folder / "run", read_report(folder / "run"), endpoint, oracle)


@pytest.fixture
def stored(finished: Stored, pytester: pytest.Pytester) -> Stored:
    """A copy of the finished run in this test's folder, as `run`; without its report."""
    folder = pytester.path / "run"
    shutil.copytree(finished.folder, folder, ignore=shutil.ignore_patterns("report.json"))
    return replace(finished, folder=folder)


@pytest.fixture
def old(finished: Stored, pytester: pytest.Pytester) -> Iterator[Stored]:
    """Another copy, as `old`, of which not a byte changes, and whose server is asked nothing."""
    requests = len(finished.endpoint.requests)
    folder = pytester.path / "old"
    shutil.copytree(finished.folder, folder)
    yield replace(finished, folder=folder)
    assert contents(finished.folder) == contents(folder)
    assert requests == len(finished.endpoint.requests)


# Going on with a run


@pytest.mark.parametrize(
    ("begun", "resumed"),
    [(SERIAL, TWO), (TWO, SERIAL), pytest.param(ZERO, ZERO, marks=pytest.mark.slow)],
    ids=["1-2", "2-1", "0-0"],
)
@pytest.mark.costly
def test_only_what_failed_is_asked_again(
    run_rest: RunRest, finished: Stored, begun: Sequence[str], resumed: Sequence[str]
) -> None:
    """Failed calls are not stored: they are asked again, and then all is as if they never were."""
    oracle = Oracle(N)
    failing: list[str] = []

    def reply(request: Request) -> Reply:
        digest = oracle.prompt(request).digest
        if request.number <= 4 * N and int(digest, 16) % 3 == 0:
            failing.append(digest)
            return Reply(status=400, text="bad picture")
        return oracle.reply(request)

    with Endpoint(reply) as endpoint:
        args = (*named(endpoint), SUITE)
        first = run_rest(*args, *begun)
        assert 1 < len(failing) < 4 * N == len(endpoint.requests)
        assert first.report["gate"]["passed"] is False
        assert "ask again what is lost: --rest-resume=run" in first.out
        second = run_rest(*args, "--rest-resume", *resumed, keep=True)
        assert sorted(failing) == sorted(oracle.digests(endpoint.requests[4 * N :]))
        assert 4 * N - len(failing) == second.report["usage"]["cached"]
        assert settled(finished.report) == settled(second.report)
        third = run_rest(*args, "--rest-resume", *begun, keep=True)
        assert 4 * N + len(failing) == len(endpoint.requests)
        assert 4 * N == third.report["usage"]["cached"]
        assert f"{4 * N} calls ({4 * N} stored before)" in third.out
        assert settled(finished.report) == settled(third.report)
    assert stored_digests(finished.folder) == set(oracle.digests(endpoint.requests))


def test_what_fails_again_stays_lost(run_rest: RunRest) -> None:
    """Every call of a resumed run that fails once more is asked, and judged as in any run."""

    def reply(request: Request) -> Reply:
        """A dozen that were refused alike would end the asking."""
        return Reply(status=400 if request.number % 2 else 422, text="bad picture")

    with Endpoint(reply) as endpoint:
        args = (*named(endpoint), SUITE, "--rest-min-rer=0.1")
        run_rest(*args)
        run = run_rest(*args, "--rest-resume", keep=True)
    assert 8 * N == len(endpoint.requests)
    assert (N, False) == (len(run.report["lost"]), run.report["gate"]["passed"])
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_a_model_that_workers_ask_themselves(run_rest: RunRest, workers: Sequence[str]) -> None:
    """Nothing is asked twice there either, and what was stored before is counted."""
    args = ("--rest-model=simulated", SUITE)
    first = run_rest(*args)
    second = run_rest(*args, "--rest-resume", *workers, keep=True)
    assert 4 * N == second.report["usage"]["cached"]
    assert settled(first.report) == settled(second.report)


@pytest.mark.parametrize("name", ["", "=run", "=run/../run"])
def test_a_run_is_named_by_its_folder(run_rest: RunRest, stored: Stored, name: str) -> None:
    """As --rest-run-dir, which `run_rest` gives, or as RUN, or both alike."""
    before = len(stored.endpoint.requests)
    run = run_rest(*stored.model, f"--rest-resume{name}", keep=True)
    assert settled(stored.report) == settled(run.report)
    assert 4 * N == run.report["usage"]["cached"]
    assert before == len(stored.endpoint.requests)


def test_two_folders_are_no_name(run_rest: RunRest, stored: Stored) -> None:
    """RUN and --rest-run-dir that differ are refused."""
    run = run_rest(*stored.model, "--rest-resume=run", "--rest-run-dir=other", keep=True)
    assert "--rest-resume and --rest-run-dir name two folders" in refusal(run)


def test_the_models_latest_run_is_resumed(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """Without RUN it is the latest of this model in .rest/runs, whatever else lies there."""
    runs = pytester.path / ".rest" / "runs"
    kept = [
        ("tested-vlm", 1, runs / "20260101-000000-tested-vlm-1"),
        ("tested-vlm", 2, runs / "20260102-000000-tested-vlm-1"),
        ("another", 3, runs / "20260103-000000-another-1"),
    ]
    with Endpoint(lambda _: ANY) as endpoint:
        for model, seed, folder in kept:
            where = f"--rest-run-dir={folder}"
            run_rest(
                *named(endpoint, model), where, f"--rest-seed={seed}", "--rest-suite=soebench:1"
            )
        damaged = runs / "20260104-000000-tested-vlm-1"
        damaged.mkdir()
        (damaged / NAME).write_text("no database")
        assert 12 == len(endpoint.requests)
        for model, seed, folder in kept[1:]:
            run = run_rest(*named(endpoint, model), "--rest-resume", own_folder=True)
            assert seed == read_report(folder)["provenance"]["seed"], run.out
            assert 4 == read_report(folder)["usage"]["cached"]
        unknown = run_rest(*named(endpoint, "a-third"), "--rest-resume", own_folder=True)
        assert "no run of 'a-third' to resume in" in refusal(unknown)
        assert 12 == len(endpoint.requests)


@pytest.mark.parametrize(
    "more",
    [SERIAL, TWO, (*SERIAL, "--rest-seed=fresh")],
    ids=["serial", "n2", "fresh"],
)
def test_what_is_not_named_is_the_runs(
    pytester: pytest.Pytester, run_rest: RunRest, more: Sequence[str]
) -> None:
    """Model, fresh seed, suites, styles, modes: from the run, and not drawn or read anew."""
    with Endpoint(lambda _: ANY) as endpoint:
        first = run_rest(
            *(*named(endpoint), "--rest-seed=fresh", "--rest-suite=soebench:2"),
            *("--rest-style=courier-50dpi", "--rest-style=dejavu-50dpi-red"),
            "--rest-modes=text,image",
        )
        asked = len(endpoint.requests)
        assert 2 * (1 + 2 * 2) == asked
        pytester.makeini("[pytest]\nrest_model = other\nrest_seed = 7\nrest_suites = soebench:9")
        base = named(endpoint)[1]
        second = run_rest(base, "--rest-resume", *more, keep=True)
    assert asked == len(endpoint.requests)
    assert settled(first.report) == settled(second.report)


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--rest-seed=1", "was asked with seed 0, and this one is with 1"),
        ("--rest-model=other", "was asked of 'tested-vlm'"),
        ("--rest-api-base=http://127.0.0.1:1/v1", "was asked with API base 'http://127.0.0.1:"),
        ("--rest-prompts=mine.yaml", "was asked with protocol 'rest-1 ("),
    ],
)
@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_another_run_is_refused(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    stored: Stored,
    workers: Sequence[str],
    option: str,
    message: str,
) -> None:
    """Another seed, model, server or protocol: told by name, and nothing asked or changed."""
    protocol = Path(prompts.__file__).with_name("protocol.yaml").read_text("utf-8")
    (pytester.path / "mine.yaml").write_text(protocol.replace("Think step by step.", "Think."))
    requests, kept = len(stored.endpoint.requests), contents(stored.folder)
    run = run_rest(*stored.model, "--rest-resume", option, *workers, keep=True)
    assert message in refusal(run)
    assert requests == len(stored.endpoint.requests)
    assert kept == contents(stored.folder)


def test_more_items_ask_only_the_new_ones(run_rest: RunRest, stored: Stored) -> None:
    """And the run is one of so many items from then on."""
    requests = len(stored.endpoint.requests)
    for more in (["--rest-suite=soebench:6"], []):
        run = run_rest(*stored.model, "--rest-resume", *more, keep=True)
        assert 6 == run.report["metrics"]["soebench"]["all"]["items"]
        asked = stored.oracle.digests(stored.endpoint.requests[requests:])
        assert 8 == len(asked)
        assert stored_digests(stored.folder) > set(asked)
    assert 24 == run.report["usage"]["cached"]


def test_a_picture_that_was_cut_short_is_whole_again(run_rest: RunRest, stored: Stored) -> None:
    """A run that is killed while it writes one leaves half of it."""
    pictures = contents(stored.folder / "images")
    assert 2 * N == len(pictures)
    for name, png in pictures.items():
        (stored.folder / "images" / name).write_bytes(png[: len(png) // 2])
    run_rest(*stored.model, "--rest-resume", keep=True)
    assert pictures == contents(stored.folder / "images")


# Judging a run again


@pytest.mark.parametrize(
    ("name", "thresholds", "status", "passed"),
    [
        ("old", [], 1, None),
        ("{path}/old", ["--rest-min-rer=0.7"], 0, True),
        ("old/report.json", ["--rest-min-rer=0.8"], 1, False),
    ],
    ids=["none", "met", "failed"],
)
def test_a_replay_judges_by_its_own_thresholds(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    old: Stored,
    name: str,
    thresholds: list[str],
    status: int,
    passed: bool | None,
) -> None:
    """RUN is a folder or its report; the same answers, and another gate."""
    run = run_rest(f"--rest-replay={name.format(path=pytester.path)}", *thresholds)
    assert (status, passed) == (run.status, run.report["gate"]["passed"])
    assert "old" == run.report["provenance"]["replay_of"]
    for part in ("provenance", "metrics", "styles", "items", "lost", "usage"):
        assert settled(old.report)[part] == settled(run.report)[part]
    assert 4 * N == run.report["usage"]["cached"]
    assert NAME not in contents(pytester.path / "run")


@pytest.mark.slow
def test_a_replay_needs_neither_server_nor_key(
    pytester: pytest.Pytester, run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model that LiteLLM asked, too; and the key is in no file of the run."""
    key = "sk-marked-secret-93b4"
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    with monkeypatch.context() as patch, Endpoint(Oracle(N).reply) as endpoint:
        patch.setenv("OPENAI_API_KEY", key)
        patch.setenv("OPENAI_BASE_URL", endpoint.openai_base)
        first = run_rest("--rest-model=openai/gpt-4o-mini", SUITE, subprocess=True)
    assert {f"Bearer {key}"} == {each.headers["authorization"] for each in endpoint.requests}
    assert 4 * N == len(endpoint.requests)
    kept = contents(pytester.path / "run")
    assert {NAME, "report.json"} < set(kept)
    assert [] == [name for name, content in kept.items() if key.encode() in content]
    assert key not in first.out
    (pytester.path / "run").rename("old")
    for workers in (SERIAL, TWO):
        second = run_rest("--rest-replay=old", *workers)
        assert settled(first.report) == settled(second.report)
        assert first.report["usage"]["cost"] == second.report["usage"]["cost"] > 0
    assert kept == contents(pytester.path / "old")


@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_what_is_not_stored_is_lost(run_rest: RunRest, old: Stored, workers: Sequence[str]) -> None:
    """An item that was not asked then is named, with its prompts, and nothing passes."""
    more = f"--rest-suite=soebench:{N + 1}"
    run = run_rest("--rest-replay=old", more, "--rest-min-rer=0", *workers)
    (lost,) = run.report["lost"]
    assert f"soebench-000{N}" == lost["item"]
    for form in ("as text", "as image in dejavu-200dpi-black", "as mixed in dejavu-200dpi-black"):
        assert (
            f"replay: no stored answer for solve soebench soebench-000{N} {form}" in lost["reason"]
        )
    assert (
        settled(old.report)["metrics"]["soebench"]["all"]["rer"]
        == (run.report["metrics"]["soebench"]["all"]["rer"])
    )
    assert run.report["gate"]["passed"] is False
    assert pytest.ExitCode.TESTS_FAILED == run.status


@pytest.mark.some(2)
@pytest.mark.parametrize("folder", ["old", "old/../old", "link", "third"])
def test_a_replay_writes_into_no_stored_run(
    pytester: pytest.Pytester, run_rest: RunRest, old: Stored, folder: str
) -> None:
    """Neither into its own folder, by whatever name, nor into another run's."""
    (pytester.path / "link").symlink_to("old")
    shutil.copytree(old.folder, pytester.path / "third")
    run = run_rest("--rest-replay=old", f"--rest-run-dir={folder}")
    assert "holds one already; choose another --rest-run-dir" in refusal(run)
    assert contents(old.folder) == contents(pytester.path / "third")


def test_a_replay_of_another_model_is_refused(run_rest: RunRest, old: Stored) -> None:
    """No model is given the answers of another."""
    run = run_rest("--rest-replay=old", "--rest-model=other")
    assert "was asked of 'tested-vlm'" in refusal(run)


def test_a_replay_costs_nothing(pytester: pytest.Pytester, run_rest: RunRest, old: Stored) -> None:
    """So a budget in the ini file is no hindrance, whatever the model's price."""
    pytester.makeini("[pytest]\nrest_max_cost = 0.01")
    run = run_rest("--rest-replay=old")
    assert settled(old.report)["metrics"] == run.report["metrics"]


# What is refused


def test_a_new_run_takes_no_answers_unasked(run_rest: RunRest, stored: Stored) -> None:
    """A folder that holds a run is not written to by another, and not read either."""
    requests, kept = len(stored.endpoint.requests), contents(stored.folder)
    run = run_rest(*stored.model, SUITE, keep=True)
    assert "holds the answers of an earlier run; continue it with --rest-resume" in refusal(run)
    assert requests == len(stored.endpoint.requests)
    assert kept == contents(stored.folder)


@pytest.mark.costly
def test_two_runs_at_once_in_one_folder(run_rest: RunRest) -> None:
    """The second is refused, new or resumed, and the first does not notice."""
    oracle = Oracle(2, delay=2.0)
    with Endpoint(oracle.reply) as endpoint:
        args = (*named(endpoint), "--rest-suite=soebench:2", "--rest-min-rer=0.5", *SERIAL)
        with Started(*args) as first:
            first.wait(lambda: len(endpoint.requests) == 8)
            for more in ([], ["--rest-resume"]):
                second = run_rest(*args, *more, keep=True)
                assert "another run is going on in" in refusal(second)
            assert first.process.poll() is None
            status, out, _ = first.end()
    assert pytest.ExitCode.OK == status, out
    assert 8 == len(endpoint.requests)


def _sql(statement: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return change


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scribble(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096] + b"\xff" * 4096)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "absent": (Path.unlink, "no run is stored in"),
    "garbage": (lambda path: path.write_bytes(b"garbage" * 999), "is not a store of pytest-rest"),
    "empty": (lambda path: path.write_bytes(b""), "is not a store of pytest-rest"),
    "cut": (_cut, "malformed"),
    "scribbled": (_scribble, "is damaged ("),
    "foreign": (_sql("PRAGMA application_id = 7"), "is not a store of pytest-rest"),
    "newer": (_sql("PRAGMA user_version = 99"), "has version 99 of the store"),
    "unsaid": (_sql("DELETE FROM about"), "run/completions.sqlite"),
    "odd": (_sql("UPDATE about SET value = 'odd'"), "run/completions.sqlite"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("option", ["--rest-resume", "--rest-replay"])
def test_a_store_that_cannot_be_read(
    run_rest: RunRest, stored: Stored, option: str, damage: str
) -> None:
    """Damaged, another program's or a later one's: told in one line, and left as it is."""
    change, message = DAMAGES[damage]
    change(stored.folder / NAME)
    requests, kept = len(stored.endpoint.requests), contents(stored.folder)
    where = {"--rest-resume": "--rest-resume", "--rest-replay": "--rest-run-dir=new"}[option]
    run = run_rest(*stored.model, f"{option}=run", where, keep=True)
    assert message in refusal(run)
    assert requests == len(stored.endpoint.requests)
    assert kept == contents(stored.folder)


# A full disk


@pytest.mark.parametrize(
    ("concurrency", "delay", "room", "workers"),
    [
        (4, 0.0, 200_000, SERIAL),
        pytest.param(4 * N, 2.0, 200_000, SERIAL, marks=pytest.mark.slow),
        (4, 0.0, 45_000, TWO),
    ],
    ids=["midway", "at the end", "at once"],
)
@pytest.mark.costly
def test_a_full_disk(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    concurrency: int,
    delay: float,
    room: int,
    workers: Sequence[str],
) -> None:
    """Answers that cannot be stored end the run: said in a line, and never passed."""
    long = replace(ANY, text="x" * 30_000 + "\n\nAnswer: 1", delay=delay)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    with Endpoint(lambda _: long) as endpoint:
        args = [*named(endpoint), SUITE, "--rest-style=dejavu-600dpi", "--rest-min-rer=0"]
        args += [f"--rest-concurrency={concurrency}", *workers]
        with Started(*args, preexec_fn=limit) as run:
            status, out, _ = run.end()
        assert status in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED), out
        assert "answers cannot be stored: " in out
        assert "gate passed" not in out
        assert "Traceback" not in out
        kept, asked = stored_digests(pytester.path / "run"), len(endpoint.requests)
        resumed = run_rest(*args, "--rest-resume", keep=True)
        assert pytest.ExitCode.OK == resumed.status
        assert len(kept) == resumed.report["usage"]["cached"]
        assert 4 * N - len(kept) == len(endpoint.requests) - asked
    pictures = list((pytester.path / "run" / "images").iterdir())
    assert 2 * N == len(pictures)
    for path in pictures:
        with Image.open(path) as picture:
            picture.load()  # raises for one that is cut short
