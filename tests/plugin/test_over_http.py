"""The whole way over HTTP: what the report says, counted again from the server's own log.

Each run is a process of its own: LiteLLM cannot be imported twice in one.
"""

import os
import random
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from runs import RunRest, without_times

from pytest_rest import prompts, scoring
from pytest_rest.benchmark.suites import soebench
from pytest_rest.evaluate import forms
from pytest_rest.terms import Item, Prompt, Style

N = 24
MODES = ("text", "image", "mixed")
KINDS = {
    "right": 60,
    "wrong": 12,
    "empty": 3,
    "refused": 3,
    "truncated": 3,
    "unformatted": 3,
    "malformed": 2,
    "failing": 2,
    "no-choices": 1,
}


@dataclass(frozen=True)
class Asked:
    """What a request was for; found from its texts and the bytes of its pictures alone."""

    item: Item
    call: str  # a mode, or "transcribe"


class Plan:
    """Answers each request by a seeded plan, and knows which request is which."""

    def __init__(self, seed: int) -> None:
        protocol = prompts.load_protocol()
        self.items = soebench.generate(N, 0)
        self._asked = {
            _seen(prompt): Asked(item, "transcribe" if prompt.task == "transcribe" else mode)
            for item in self.items
            for prompt in forms(item, Style(), protocol)
            for mode in [prompt.form.mode]
        }
        draws = random.Random(seed)
        kinds, weights = list(KINDS), list(KINDS.values())
        self._kinds = {
            (item.id, call): draws.choices(kinds, weights)[0]
            for item in self.items
            for call in (*MODES, "transcribe")
        }

    def asked(self, request: Request) -> Asked:
        """Which item and call a request is for; KeyError if the server saw something else."""
        return self._asked[request.texts, request.images]

    def kind(self, asked: Asked) -> str:
        """What that call is answered with."""
        return self._kinds[asked.item.id, asked.call]

    def reply(self, request: Request) -> Reply:
        """The planned answer."""
        asked = self.asked(request)
        right = asked.item.answer
        wrong = str(int(right) + len(asked.call))
        if asked.call == "transcribe":
            right = prompts.whole(asked.item)
            wrong = right[:-3]
        said = {"right": right, "wrong": wrong}.get(self.kind(asked), "")
        text = said if asked.call == "transcribe" else f"Let me see.\n\n**Answer:** {said}"
        replies = {
            "empty": Reply(text=""),
            "refused": Reply(refusal="No."),
            "truncated": Reply(text="First, let me", finish_reason="length"),
            "unformatted": Reply(text="It is seven, or maybe eight."),
            "malformed": Reply(fault="malformed"),
            "failing": Reply(status=400, text="bad picture"),
            "no-choices": Reply(fault="empty-choices"),
        }
        return replies.get(self.kind(asked), Reply(text=text, input_tokens=100, output_tokens=10))


def _seen(prompt: Prompt) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    texts = tuple(part for part in prompt.parts if isinstance(part, str))
    return texts, tuple(image.png for image in prompt.images)


def _count(plan: Plan, endpoint: Endpoint) -> dict[str, Any]:
    """REST's figures from the log: another way of counting than the package's."""
    said: dict[str, dict[str, str]] = {item.id: {} for item in plan.items}
    for request in endpoint.requests:
        asked = plan.asked(request)
        said[asked.item.id][asked.call] = plan.kind(asked)
    broken = {"malformed", "failing", "no-choices"}
    lost = {item for item, kinds in said.items() if broken & set(kinds.values())}
    judged = {item: kinds for item, kinds in said.items() if item not in lost}
    # wrong answers differ by mode, so forms agree only when all are right
    right = {item: sum(kinds[mode] == "right" for mode in MODES) for item, kinds in judged.items()}
    covered = sum(count > 0 for count in right.values())
    read = {item for item, kinds in judged.items() if kinds["transcribe"] == "right"}
    return {
        "items": len(judged),
        "lost": lost,
        "rer": sum(count == 3 for count in right.values()) / len(judged),
        "cfr": sum(0 < count < 3 for count in right.values()) / covered,
        "mmc": covered / len(judged),
        "accuracy": {
            mode: sum(kinds[mode] == "right" for kinds in judged.values()) / len(judged)
            for mode in MODES
        },
        "ocr_correct_rate": len(read) / len(judged),
        "rer_ocr_correct": sum(right[item] == 3 for item in read) / len(read),
        "cer": sum(_cer(judged[item.id], item) for item in _only(plan, judged)) / len(judged),
    }


def _only(plan: Plan, judged: dict[str, Any]) -> list[Item]:
    return [item for item in plan.items if item.id in judged]


def _cer(kinds: dict[str, str], item: Item) -> float:
    text = " ".join(prompts.whole(item).split())
    written = {
        "right": text,
        "wrong": text[:-3].rstrip(),
        "truncated": "First, let me",
        "unformatted": "It is seven, or maybe eight.",
        "refused": "No.",
    }.get(kinds["transcribe"], "")
    return _levenshtein(text, written) / len(text)


def _levenshtein(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


@pytest.fixture
def api_key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A key that must never be seen again."""
    key = "sk-marked-secret-71c2"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    return key


def test_the_report_equals_the_servers_log(
    pytester: pytest.Pytester, run_rest: RunRest, api_key: str, mode: Sequence[str]
) -> None:
    """Wrong, empty, refused, truncated, malformed and failing answers: every figure agrees."""
    plan = Plan(2)
    with Endpoint(plan.reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
            *(f"--rest-suite=soebench:{N}", "--rest-retries=0", *mode),
        )
    counted = _count(plan, endpoint)
    metrics = run.report["metrics"]["soebench"]
    assert len(counted["lost"]) > 0
    assert counted["lost"] == {each["item"] for each in run.report["lost"]}
    assert counted["items"] == metrics["all"]["items"]
    for name in ("rer", "cfr", "mmc", "ocr_correct_rate", "cer"):
        assert counted[name] == pytest.approx(metrics["all"][name]["value"]), name
    for each, share in counted["accuracy"].items():
        assert share == pytest.approx(metrics["all"]["accuracy"][each]["value"])
    assert counted["rer_ocr_correct"] == pytest.approx(metrics["ocr_correct"]["rer"]["value"])
    statuses = Counter(
        answer["status"] for item in run.report["items"] for answer in item["answers"].values()
    )
    kinds = Counter(plan.kind(Asked(i, m)) for i in plan.items for m in MODES)
    assert kinds["refused"] == statuses["refused"]
    assert kinds["truncated"] == statuses["truncated"]
    assert kinds["empty"] + kinds["unformatted"] == statuses["unparseable"]
    assert kinds["malformed"] + kinds["failing"] + kinds["no-choices"] == statuses["failed"]
    assert 4 * N == len(endpoint.requests) == run.report["usage"]["calls"]
    assert pytest.ExitCode.TESTS_FAILED == run.status


def test_what_is_sent_and_reported(
    pytester: pytest.Pytester, run_rest: RunRest, api_key: str
) -> None:
    """Temperature 0 and 2048 tokens on the wire; the id that the endpoint reports; no key."""
    plan = Plan(1)
    with Endpoint(plan.reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
            *(f"--rest-suite=soebench:{N}", "--rest-retries=0"),
        )
    bodies = [request.body for request in endpoint.requests]
    assert {"tested-vlm"} == {body["model"] for body in bodies}
    assert {0} == {body["temperature"] for body in bodies}
    assert {2048} == {body["max_tokens"] for body in bodies}
    assert {"temperature": 0} == run.report["provenance"]["parameters"]
    assert ["tested-vlm-2026-01-01"] == run.report["provenance"]["resolved_model"]
    assert run.report["usage"]["cost"] is None
    assert "price unknown" in run.out
    written = [path for path in (pytester.path / "run").rglob("*") if path.is_file()]
    assert not [path for path in written if api_key.encode() in path.read_bytes()]
    assert api_key not in run.out


@pytest.mark.slow
def test_haiku_over_anthropics_protocol_with_eight_workers(
    run_rest: RunRest, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--rest-model=claude-haiku-4.5 -n 8` reaches Anthropic's endpoint with model and pictures."""
    plan = Plan(1)

    def right(request: Request) -> Reply:
        asked = plan.asked(request)
        said = asked.item.answer if asked.call != "transcribe" else prompts.whole(asked.item)
        return Reply(text=f"Answer: {said}" if asked.call != "transcribe" else said)

    with Endpoint(right) as endpoint:
        monkeypatch.setenv("ANTHROPIC_API_BASE", endpoint.anthropic_base)
        run = run_rest(
            "--rest-model=claude-haiku-4.5", f"--rest-suite=soebench:{N}", "-n8", subprocess=True
        )
    assert {"passed": N} == run.outcomes
    assert 4 * N == len(endpoint.requests)
    assert {"anthropic"} == {request.protocol for request in endpoint.requests}
    assert {"claude-haiku-4-5"} == {request.model for request in endpoint.requests}
    assert {"x-api-key"} <= {name.lower() for r in endpoint.requests for name in r.headers}
    assert 3 * N == sum(len(request.images) for request in endpoint.requests)
    assert "claude-haiku-4.5 -> anthropic/claude-haiku-4-5" in run.out
    assert run.report["usage"]["cost"] > 0
    assert pytest.ExitCode.OK == run.status


@pytest.mark.slow
def test_the_report_is_the_same_under_every_scheduler(
    pytester: pytest.Pytester, run_rest: RunRest, api_key: str
) -> None:
    """No xdist, -n0, -n2, work stealing over four, and the tests in reverse: one report."""
    pytester.makeconftest(
        """
        import os

        def pytest_collection_modifyitems(items):
            if os.environ.get("REVERSED"):
                items.reverse()
        """
    )
    plan = Plan(2)
    ways = {
        "without": ["-p", "no:xdist"],
        "n2": ["-n2", "--dist", "worksteal"],
        "reversed-serial": ["-p", "no:xdist"],
    }
    if os.environ.get("ALL_TESTS"):
        ways |= {"n0": ["-n0"], "n4": ["-n4"], "reversed": ["-n2"]}
    reports = {}
    with Endpoint(plan.reply) as endpoint:
        for name, way in ways.items():
            with pytest.MonkeyPatch.context() as patch:
                if name.startswith("reversed"):
                    patch.setenv("REVERSED", "1")
                run = run_rest(
                    *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
                    *(f"--rest-suite=soebench:{N}", "--rest-min-rer=0.1", "--rest-max-lost=99"),
                    *("--rest-retries=0", *way),
                )
            reports[name] = without_times(run.report)
    first = reports.pop("without")
    assert N == len(first["items"])
    for name, report in reports.items():
        assert first == report, name


def test_faults_that_pass_lose_nothing(
    run_rest: RunRest, api_key: str, mode: Sequence[str]
) -> None:
    """A third of the requests fail once: all are asked again, none twice after its answer."""
    plan = Plan(1)
    failed: set[tuple[str, str]] = set()
    answered: list[tuple[str, str]] = []
    faults = [
        Reply(status=429, text="slow down", retry_after=0.1),
        Reply(status=503, text="overloaded"),
        Reply(fault="reset"),
        Reply(fault="malformed"),
    ]

    def reply(request: Request) -> Reply:
        asked = plan.asked(request)
        call = (asked.item.id, asked.call)
        if zlib.crc32(repr(call).encode()) % 3 == 0 and call not in failed:
            failed.add(call)
            return faults[len(failed) % len(faults)]
        answered.append(call)
        said = asked.item.answer if asked.call != "transcribe" else prompts.whole(asked.item)
        return Reply(text=f"Answer: {said}" if asked.call != "transcribe" else said)

    with Endpoint(reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
            *(f"--rest-suite=soebench:{N}", *mode),
        )
    assert {"passed": N} == run.outcomes
    assert len(failed) > N // 2
    assert len(failed) == run.report["usage"]["retries"]
    assert sorted(set(answered)) == sorted(answered)


@pytest.mark.parametrize("workers", [["-p", "no:xdist"], ["-n2"]], ids=["serial", "n2"])
@pytest.mark.costly
def test_a_refused_key_stops_the_run(run_rest: RunRest, api_key: str, workers: list[str]) -> None:
    """One line, not one failure for each item; no flood of requests; nothing passes."""
    with Endpoint(lambda _: Reply(status=401, text="no such key")) as endpoint:
        run = run_rest(
            *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
            *("--rest-suite=soebench:40", "--rest-min-rer=0", *workers),
            subprocess=True,
        )
    assert len(endpoint.requests) <= 32  # all that may be in flight
    assert "REST: asking ended: authentication: HTTP 401: no such key" in run.out
    assert run.outcomes.get("lost", 0) <= 2
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert run.report["gate"]["passed"] is False


HOSTILE = [
    "Answer: __import__('os').system('touch pwned')",
    "Answer: " + "9" * 1_000_000,
    "Answer: " + "[" * 1_000_000,
    "Answer: \u202e7\u202c\u200f",
    "Answer: <script>alert(1)</script>",
    "Answer: \x1b[31m7\x1b[0m",
    "Answer: \ud83d\ude00 {{7*7}} ${7*7}",
]


def test_hostile_answers_are_unparseable_and_escaped(
    pytester: pytest.Pytester, run_rest: RunRest, api_key: str
) -> None:
    """Code, floods, bidirectional marks, HTML and terminal codes: data, bounded, and escaped."""
    plan = Plan(1)

    def reply(request: Request) -> Reply:
        return Reply(text=HOSTILE[plan.items.index(plan.asked(request).item)])

    with Endpoint(reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested-vlm", f"--rest-api-base={endpoint.openai_base}"),
            *(f"--rest-suite=soebench:{len(HOSTILE)}", "-p", "no:xdist"),
        )
    assert {"failed": len(HOSTILE)} == run.outcomes
    statuses = {a["status"] for item in run.report["items"] for a in item["answers"].values()}
    assert {"unparseable"} == statuses
    assert not (pytester.path / "pwned").exists()
    assert not {"\u202e", "\u200f", "\x1b"} & set(run.out)
    assert max(map(len, run.out.splitlines())) < 1_000
    kept = max(len(a["text"]) for item in run.report["items"] for a in item["answers"].values())
    assert kept <= scoring.KEPT_CHARACTERS
    assert run.report["usage"]["seconds"] < 60
