"""Whole runs against servers of other projects, which answer and fail in their own ways.

CONTRIBUTING.md says how they are installed; a test skips where its server is not.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from runs import Finished, RunRest

RIGHT = {"content": "Answer: 7"}
FAULTS: Mapping[str, Mapping[str, Any]] = {  # what AIMock does instead of answering
    "drop": {"response": RIGHT, "chaos": {"dropRate": 1}},  # a 500
    "malformed": {"response": RIGHT, "chaos": {"malformedRate": 1}},
    "disconnect": {"response": RIGHT, "chaos": {"disconnectRate": 1}},
    "busy": {"response": RIGHT, "chaos": {"rateLimitRate": 1}},
    "overloaded": {"response": {"error": {"message": "too much"}, "status": 503}},
    "abort": {"response": {**RIGHT, "finishReason": "abort"}},
}
LASTING = {
    **{name: fault for name, fault in FAULTS.items() if name != "overloaded"},
    "bad-request": {"response": {"error": {"message": "no such thing"}, "status": 400}},
    "late": {"response": RIGHT, "chaos": {"latencyMs": 5000}},
}
Ask = Callable[..., Finished]


@contextmanager
def started(variable: str, *arguments: str, folder: Path) -> Iterator[str]:
    """The address of what the variable's command starts, for as long as the block lasts."""
    command = shutil.which(os.environ.get(variable, ""))
    if command is None:
        pytest.skip(f"the variable {variable} does not name the program of that server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [command, *arguments, "--port", str(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tell(url: str, body: object = None) -> Any:
    """What a server answers about itself, or to an order."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 (on loopback)
        return json.load(response)


@pytest.fixture(scope="module")
def aimock_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of AIMock, of npm's `@copilotkit/aimock`."""
    folder = tmp_path_factory.mktemp("aimock")
    (folder / "none.json").write_text('{"fixtures": []}')
    with started("AIMOCK", "--fixtures", "none.json", folder=folder) as url:
        yield url


@pytest.fixture
def aimock(aimock_address: str) -> Callable[[Mapping[str, Mapping[str, Any]]], str]:
    """AIMock, told what to do for a prompt with these words; it answers `7` to any other."""

    def plan(replies: Mapping[str, Mapping[str, Any]]) -> str:
        planned = [
            {**reply, "match": {"userMessage": words, **reply.get("match", {})}}
            for words, reply in replies.items()
        ]
        tell(f"{aimock_address}/__aimock/reset", {})
        fixtures = [*planned, {"match": {}, "response": RIGHT}]
        tell(f"{aimock_address}/__aimock/fixtures", {"fixtures": fixtures})
        return aimock_address

    return plan


@pytest.fixture(scope="module")
def llmock_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of LLMock, of PyPI's `llmock`, which repeats what it is asked."""
    folder = tmp_path_factory.mktemp("llmock")
    with started("LLMOCK", "serve", "--response-style", "echo", folder=folder) as url:
        yield url


@pytest.fixture
def llmock(llmock_address: str) -> Callable[..., str]:
    """LLMock, told what to do with the next requests, or with all (`times` is None)."""

    def plan(*behaviors: Mapping[str, object]) -> str:
        tell(f"{llmock_address}/_llmock/reset", {})
        if behaviors:
            tell(f"{llmock_address}/_llmock/scenario", {"behaviors": behaviors})
        return llmock_address

    return plan


@pytest.fixture
def ask(pytester: pytest.Pytester, run_rest: RunRest) -> Ask:
    """A gated run of items by these names, whose answer is 7; it prints no traceback, ever."""

    def ask(url: str, names: Iterable[str], *options: str, more: str = "answer: 7") -> Finished:
        items = (
            f"  - {{id: {name}, context: Seven plums., question: Is the {name} right?, {more}}}\n"
            for name in names
        )
        pytester.makefile(".rest.yaml", fruit=f"items:\n{''.join(items)}")
        where = [f"--rest-api-base={url}/v1", "--rest-model=m", "--rest-min-rer=0"]
        run = run_rest(*where, "fruit.rest.yaml", *options)
        assert "Traceback" not in run.out
        assert "INTERNALERROR" not in run.out
        return run

    return ask


def test_the_figures_are_those_that_were_planted(aimock: Any, ask: Ask) -> None:
    """Of three items two agree; two are right in a form, and one of these wrong in another."""
    url = aimock(
        {
            "misread right": {"response": {"content": "Answer: 8"}},
            "wrong right": {"response": {"content": "**Answer:** 8"}},
            "The question is in": {"match": {"sequenceIndex": 0}, "response": RIGHT},
            "Transcribe": {"response": {"content": "Seven plums.\nIs the plain right?"}},
        }
    )
    run = ask(url, ["plain", "misread"], "-n0")
    figures = run.report["metrics"]["fruit"]["all"]
    rates = {rate: figures[rate]["value"] for rate in ("rer", "cfr", "ocr_correct_rate")}
    assert (0, []) == (run.status, run.report["lost"])
    assert {"rer": 0.5, "cfr": 0.5, "ocr_correct_rate": 0.5} == rates
    accuracy = {mode: rate["value"] for mode, rate in figures["accuracy"].items()}
    assert {"text": 0.5, "image": 1.0, "mixed": 0.5} == accuracy


def test_faults_that_pass_lose_nothing(aimock: Any, ask: Ask) -> None:
    """Each of AIMock's is met once, asked again, and answered."""
    once = {"match": {"sequenceIndex": 0}}
    url = aimock({f"the {name} right": {**fault, **once} for name, fault in FAULTS.items()})
    run = ask(url, FAULTS, "-n0", "--rest-ocr=off")
    rer = run.report["metrics"]["fruit"]["all"]["rer"]
    assert (0, [], 1.0, len(FAULTS)) == (run.status, run.report["lost"], rer["value"], rer["n"])
    assert len(FAULTS) <= run.report["usage"]["retries"]


def test_faults_that_stay_lose_their_items_and_no_others(aimock: Any, ask: Ask) -> None:
    """Each is lost by name and with its reason, and the gate does not pass."""
    url = aimock({f"the {name} right": fault for name, fault in LASTING.items()})
    run = ask(url, ["plain", *LASTING], "--rest-ocr=off", "--rest-retries=1", "--rest-timeout=1")
    lost = {each["item"]: each["reason"] for each in run.report["lost"]}
    said = {
        "drop": "HTTP 500",
        "malformed": "malformed response",
        "disconnect": "connection",
        "busy": "HTTP 429",
        "abort": "'abort'",
        "bad-request": "HTTP 400",
        "late": "timeout",
    }
    assert said.keys() == lost.keys()
    assert [] == [(name, lost[name]) for name in said if said[name] not in lost[name]]
    assert (1, False) == (run.status, run.report["gate"]["passed"])
    assert 1 == run.report["metrics"]["fruit"]["all"]["items"]


@pytest.mark.parametrize(
    ("chaos", "reason"),
    [
        ({"disconnectRate": 1}, "connection: "),
        ({"rateLimitRate": 1}, "HTTP 429"),
    ],
)
def test_a_server_that_only_fails_passes_nothing(
    aimock: Any, ask: Ask, chaos: Mapping[str, float], reason: str
) -> None:
    """Every item is lost, whatever the threshold."""
    url = aimock({})
    tell(f"{url}/__aimock/chaos", chaos)
    limits = ["--rest-retries=1", "--rest-patience=0.5"]
    run = ask(url, ["plain", "other"], "--rest-ocr=off", *limits)
    assert {"plain", "other"} == {each["item"] for each in run.report["lost"]}
    assert reason in run.out
    assert run.report["gate"]["passed"] is False
    assert run.status != pytest.ExitCode.OK


def test_an_outage_ends_and_the_pauses_are_those_that_were_asked_for(llmock: Any, ask: Ask) -> None:
    """LLMock judges its clients: who asks before Retry-After is over does not pass."""
    url = llmock(
        {"type": "fail", "status": 503, "times": 8},
        {"type": "fail", "status": 429, "retry_after": 1, "times": 2},
        {"type": "fail", "status": 529, "times": 1},
        {"type": "reply", "text": "Answer: 7", "times": None},
    )
    run = ask(url, ["plain", "other"], "-n0")
    rer = run.report["metrics"]["fruit"]["all"]["rer"]
    assert (0, [], 1.0, 2) == (run.status, run.report["lost"], rer["value"], rer["n"])
    verdict = tell(f"{url}/_llmock/verdict")
    assert (True, 11) == (verdict["passed"], verdict["faults_injected"]), verdict["findings"]


@pytest.mark.parametrize("status", [400, 401])
def test_what_cannot_pass_is_asked_once(llmock: Any, ask: Ask, status: int) -> None:
    """LLMock fails clients that ask again after such a status; all items are lost."""
    url = llmock({"type": "fail", "status": status, "times": None})
    run = ask(url, ["plain", "other"])
    assert (False, 2) == (run.report["gate"]["passed"], len(run.report["lost"]))
    assert run.status != pytest.ExitCode.OK
    verdict = tell(f"{url}/_llmock/verdict")
    assert [] == verdict["findings"]
    assert 0 < verdict["attempts"] == verdict["calls"] <= 8


@pytest.mark.parametrize("more", ["answer: 7", "answer: plums", "choices: [7, 8], answer: A"])
def test_the_prompt_said_again_is_no_answer(llmock: Any, ask: Ask, more: str) -> None:
    """LLMock repeats each prompt, with the very line that an answer is to be written in."""
    run = ask(llmock(), ["plain", "other"], "--rest-min-rer=0.1", more=more)
    rer = run.report["metrics"]["fruit"]["all"]["rer"]
    assert (1, 0.0, 2) == (run.status, rer["value"], rer["n"])
