"""Runs by batches: they report what direct runs do, and outlive whatever ends their process."""

import itertools
import json
import random
import signal
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from batch_endpoint import BatchServer, Plan, RowFault
from endpoint import Endpoint, Reply, Request
from runs import Finished, Oracle, RunRest, Started, read_report, settled

from pytest_rest.dispatch.batches import ledger

N = 3
ROWS = 4 * N
SUITE = f"--rest-suite=soebench:{N}"
QUICK = "--rest-batch-poll=0.02"
NOT_YET = 75
GATE = "--rest-min-rer=0.5"


def served(server: Endpoint) -> Sequence[str]:
    """A model of a server's, and what it is asked."""
    return ("--rest-model=tested-vlm", f"--rest-api-base={server.openai_base}", SUITE)


def judged(run: Finished) -> Any:
    """The report, less its batches and what may differ between equal runs."""
    run.report["provenance"].pop("batches", None)
    return settled(run.report)


def answered(server: BatchServer) -> Counter[str]:
    """How often each prompt, by its digest, was answered and paid for."""
    return Counter(row_id.rpartition("_")[2] for _, row_id in server.paid)


DIRECT: dict[tuple[str, ...], Any] = {}  # reports of direct runs, each made once


@pytest.fixture
def direct(run_rest: RunRest) -> Callable[..., Any]:
    """The report of a direct run with these options."""

    def run(*args: str) -> Any:
        if args not in DIRECT:
            with Endpoint(Oracle(N).reply) as server:
                DIRECT[args] = settled(run_rest(*served(server), *args).report)
        return DIRECT[args]

    return run


def test_a_run_by_batch_reports_what_a_direct_one_does(
    run_rest: RunRest, direct: Callable[..., Any]
) -> None:
    """But for the batches themselves, times and the cost; it has no workers, whatever -n is."""
    expected = direct(GATE)
    with BatchServer(Oracle(N).reply, Plan(reordered=True)) as server:
        run = run_rest(*served(server), GATE, "--rest-batch", QUICK, "-n2")
        assert ROWS == len(server.paid) == len(server.requests)
    (batch,) = run.report["provenance"]["batches"]
    assert {"id": "batch_0001", "status": "ended", "rows": ROWS, "done": ROWS, "failed": 0} == batch
    assert 0 == run.status
    assert expected == judged(run)
    with closing(sqlite3.connect("run/completions.sqlite")) as store:  # a replay draws nothing
        assert [(2 * N,)] == store.execute("SELECT count(*) FROM drawings").fetchall()
    assert "batch 1 of 1: ended, 12 of 12 answers" in run.out
    assert "2 workers" not in run.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt-4o-mini", "claude-haiku-4.5", "gemini-2.5-flash"])
def test_each_provider_s_batches_report_what_direct_calls_do(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Through LiteLLM, and in the provider's own batch protocol at half the price."""
    with BatchServer(Oracle(N).reply) as server:
        for provider in ("OPENAI", "ANTHROPIC", "GEMINI"):
            monkeypatch.setenv(f"{provider}_API_KEY", "sk-none")
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_base)
        monkeypatch.setenv("ANTHROPIC_API_BASE", server.anthropic_base)
        monkeypatch.setenv("GEMINI_API_BASE", server.gemini_base)
        direct = run_rest(f"--rest-model={name}", SUITE)
        assert [] == server.paid
        run = run_rest(f"--rest-model={name}", SUITE, "--rest-batch", QUICK)
        assert ROWS == len(server.paid)
    costs = [each.report["usage"]["cost"] for each in (direct, run)]
    assert pytest.approx(costs[0] / 2) == costs[1]
    assert without_cost(settled(direct.report)) == without_cost(judged(run))


def without_cost(report: Any) -> Any:
    """A report less what its calls cost."""
    if isinstance(report, dict):
        left_out = ("cost", "dollars")
        names = [name for name in report if not any(word in name for word in left_out)]
        return {name: without_cost(report[name]) for name in names}
    return [*map(without_cost, report)] if isinstance(report, list) else report


def test_a_run_is_submitted_and_judged_by_later_sessions(
    run_rest: RunRest, direct: Callable[..., Any]
) -> None:
    """Exit status 0 once handed over, 75 while it is not over, then the gate's own."""
    expected = direct(GATE)
    with BatchServer(Oracle(N).reply, Plan(polls=1)) as server:
        first = run_rest(*served(server), "--rest-batch=submit")
        assert (0, {}) == (first.status, first.report)
        assert "all is handed over, and goes on by itself" in first.out
        assert "go on with: pytest --rest-resume=run" in first.out
        second = run_rest("--rest-resume=run", GATE, keep=True)
        assert (NOT_YET, {}) == (second.status, second.report)
        assert "batch 1 of 1: running, 0 of 12 rows" in second.out
        assert "not yet: 0 of 1 batch ended" in second.out
        third = run_rest("--rest-resume=run", GATE, "-n2", keep=True)
        assert "2 workers" not in third.out
        assert (0, expected) == (third.status, judged(third))
        assert 1 == len(server.batches)
        fourth = run_rest(
            "--rest-replay=run", GATE, "--rest-run-dir=again", own_folder=True, keep=True
        )
        refused = run_rest("--rest-replay=run", "--rest-batch", own_folder=True, keep=True)
    assert 0 == fourth.status
    assert ROWS == len(server.paid)
    assert "--rest-replay asks nothing; leave --rest-batch out" in refused.out


@pytest.mark.some(2)
@pytest.mark.parametrize("fault", ["missing", "doubled", "failed", "expired", "malformed"])
def test_rows_without_an_answer_are_asked_in_another_batch(
    run_rest: RunRest, direct: Callable[..., Any], fault: RowFault
) -> None:
    """Each row once, and the report is as if nothing had been."""
    plan = Plan(row=lambda row_id, place: fault if place % 3 == 0 and "0001_" in row_id else "")
    expected = direct()
    with BatchServer(Oracle(N).reply, plan) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK)
        assert (1 if fault == "doubled" else 2) == len(server.batches)
        bought_again = {"failed": 4, "malformed": 4}  # which the server has answered, unreadably
        assert ROWS + bought_again.get(fault, 0) == len(server.paid)
        assert ROWS == len(answered(server))
    assert expected == judged(run)


def test_a_row_that_never_comes_is_lost_and_no_gate_passes(run_rest: RunRest) -> None:
    """After three batches, with its reason."""
    item = {"text": ""}

    def fault(row_id: str, place: int) -> RowFault:
        item["text"] = item["text"] or row_id.rpartition("_")[2]
        return "missing" if row_id.endswith(item["text"]) else ""

    with BatchServer(Oracle(N).reply, Plan(row=fault)) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK, "--rest-min-rer=0.1")
        assert [ROWS, 1, 1] == [batch.total for batch in server.batches.values()]
    assert 1 == run.status
    (lost,) = run.report["lost"]
    assert "malformed response: the batch has no result for this row" in lost["reason"]
    assert "it was in 3 batches" in lost["reason"]


def test_what_has_no_answer_is_asked_directly_where_that_is_wanted(
    run_rest: RunRest, direct: Callable[..., Any]
) -> None:
    """With --rest-batch-rest=now: by calls of their own, and in no other batch."""
    plan = Plan(row=lambda row_id, place: "expired" if place % 2 else "")
    expected = direct()
    with BatchServer(Oracle(N).reply, plan) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK, "--rest-batch-rest=now")
        assert (1, ROWS // 2) == (len(server.batches), len(server.paid))
        assert ROWS == len(server.requests)
    assert expected == judged(run)


FAULTS: dict[str, Callable[[str, str, int], Reply | None]] = {
    "busy": lambda method, path, before: (
        Reply(status=429, retry_after=0.01) if not before else None
    ),
    "broken": lambda method, path, before: Reply(status=500) if before < 2 else None,
    "cut": lambda method, path, before: Reply(fault="reset") if before < 2 else None,
}


@pytest.mark.some(1)
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_interface_itself_are_lived_with(
    run_rest: RunRest,
    direct: Callable[..., Any],
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tried again; and where a batch was made whose id did not come, it is found."""
    monkeypatch.setattr("pytest_rest.dispatch.batches.courier.pause_after", lambda *_: 0.01)
    expected = direct()
    with BatchServer(Oracle(N).reply, Plan(interface=FAULTS[fault])) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK)
        assert (1, ROWS) == (len(server.batches), len(server.paid))
    assert expected == judged(run)


@pytest.mark.parametrize("limit", ["bytes", "rows"])
@pytest.mark.costly
def test_a_limit_of_the_server_s_own_makes_smaller_batches(
    run_rest: RunRest, direct: Callable[..., Any], limit: str
) -> None:
    """Refused as too large, or not valid as a batch."""
    plan = Plan(file_bytes=60_000) if limit == "bytes" else Plan(rows=ROWS // 2)
    expected = direct()
    with BatchServer(Oracle(N).reply, plan) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK)
        asked, sizes = answered(server), [batch.total for batch in server.batches.values()]
    assert (ROWS, {1}) == (len(asked), {*asked.values()})
    assert [ROWS] * (limit == "rows") + [ROWS // 2] * 2 == sizes
    assert expected == judged(run)


def test_batches_that_always_fail_come_to_an_end(run_rest: RunRest) -> None:
    """All is lost, with the provider's word, and no gate passes."""
    with BatchServer(Oracle(N).reply, Plan(fails="no batches today")) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK, "--rest-min-rer=0")
        assert 10 > len(server.batches)
        assert [] == server.paid
    assert 1 == run.status
    assert N == len(run.report["lost"])
    assert "the batch failed: failed; no batches today" in run.report["lost"][0]["reason"]


@pytest.mark.costly
def test_an_outage_ends_the_session_and_nothing_else(
    run_rest: RunRest, direct: Callable[..., Any]
) -> None:
    """Not yet: the batches go on, and are found by the next session."""
    down = {"is": True}

    def interface(method: str, path: str, before: int) -> Reply | None:
        is_look = method == "GET" and "/batches/" in path
        return Reply(status=503, text="down") if is_look and down["is"] else None

    expected = direct(GATE)
    with BatchServer(Oracle(N).reply, Plan(interface=interface)) as server:
        args = ("--rest-batch", QUICK, GATE, "--rest-retries=0")
        first = run_rest(*served(server), *args)
        assert (NOT_YET, {}) == (first.status, first.report)
        assert "the last look failed: server error: HTTP 503: down" in first.out
        down["is"] = False
        second = run_rest("--rest-resume=run", "--rest-batch", QUICK, GATE, keep=True)
        assert (1, ROWS) == (len(server.batches), len(server.paid))
    assert (0, expected) == (second.status, judged(second))


def test_a_refusal_of_the_interface_is_wrong_usage(run_rest: RunRest) -> None:
    """As a key that may not be used for it, before anything is paid."""
    plan = Plan(interface=lambda *_: Reply(status=401, text="no"))
    with BatchServer(Oracle(N).reply, plan) as server:
        run = run_rest(*served(server), "--rest-batch")
        assert [] == server.paid
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert "ERROR: REST: batches: authentication: HTTP 401: no" in run.out


# Processes that are killed

TWO_PASSES = ("--rest-modes=text,image,ocr-then-solve", GATE)


def killed_at(process: dict[str, Started], moment: int, plan: Plan) -> None:
    """Have the server kill the process at its Nth request about batches, which it may still do."""
    moments = itertools.count()

    def interface(method: str, path: str, before: int) -> Reply | None:
        if next(moments) != moment // 2:
            return None
        process["it"].signal(signal.SIGKILL)
        process["it"].process.wait()
        return None if moment % 2 else Reply(status=500)

    plan.interface = interface


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(18))
def test_a_killed_run_is_gone_on_with_elsewhere(run_rest: RunRest, moment: int) -> None:
    """By kill -9, while it asks the interface for something, or when that was done."""
    process: dict[str, Started] = {}
    plan = Plan(polls=0)
    killed_at(process, moment, plan)
    with BatchServer(reply_to_two_passes, plan) as server:
        with Started(*served(server), *TWO_PASSES, "--rest-batch", QUICK, "-pno:xdist") as run:
            process["it"] = run
            run.process.wait(30)
        plan.interface = Plan().interface
        Path("elsewhere").mkdir()
        Path("run").rename("elsewhere/moved")
        again = ("--rest-resume=elsewhere/moved", "--rest-batch", QUICK, GATE)
        second = run_rest(*again, keep=True, own_folder=True)
        assert -signal.SIGKILL == run.process.returncode
        assert ([3 * N, N], {1}) == (
            [batch.total for batch in server.batches.values()],
            {*answered(server).values()},
        )
    assert 0 == second.status, second.out
    assert 4 * N == read_report(Path("elsewhere/moved"))["usage"]["calls"]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_a_run_that_is_killed_at_any_time_pays_no_row_twice(run_rest: RunRest, number: int) -> None:
    """Kill -9 at a random moment from its first request on."""
    rng = random.Random(number)
    with BatchServer(reply_to_two_passes, Plan(polls=1)) as server:
        with Started(*served(server), *TWO_PASSES, "--rest-batch", QUICK, "-pno:xdist") as run:
            run.wait(lambda: len(server.asked) > rng.randrange(8))
            time.sleep(rng.uniform(0, 0.05))
            run.signal(signal.SIGKILL)
            run.process.wait(30)
        Path("run").rename("moved")
        second = run_rest(
            "--rest-resume=moved", "--rest-batch", QUICK, GATE, keep=True, own_folder=True
        )
        assert 4 * N == len(server.paid) == len(answered(server))
    assert 0 == second.status, second.out


@pytest.mark.slow
def test_an_interrupted_run_leaves_its_batches_and_says_how_to_go_on(run_rest: RunRest) -> None:
    """Ctrl-C while it waits: exit status 2, no report, and the next session finds the answers."""
    with BatchServer(Oracle(N).reply, Plan(polls=50)) as server:
        with Started(*served(server), GATE, "--rest-batch", "-pno:xdist") as run:
            run.wait(lambda: len(server.asked) > 2)
            promptly = max(2.0, run.age)  # where the machine is busy
            run.signal(signal.SIGINT)
            status, out, seconds = run.end()
        assert (pytest.ExitCode.INTERRUPTED, True) == (status, seconds < promptly)
        assert "go on with: pytest --rest-resume=run" in out
        assert not Path("run/report.json").exists()
        server.plan.polls = 0
        second = run_rest("--rest-resume=run", GATE, keep=True)
        assert (0, 1) == (second.status, len(server.batches))


# What may be spent


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--rest-max-calls=11"], "the batches may take 12 calls, more than --rest-max-calls"),
        (["--rest-max-tokens=9000"], "tokens, more than --rest-max-tokens leaves"),
        (
            ["--rest-price=1000/1000", "--rest-max-cost=1"],
            "more than --rest-max-cost leaves, and a batch cannot be stopped in time",
        ),
    ],
)
def test_a_budget_is_held_before_anything_is_handed_over(
    run_rest: RunRest, args: Sequence[str], said: str
) -> None:
    """A batch cannot be stopped in the middle: wrong usage, and nothing is sent."""
    with BatchServer(Oracle(N).reply) as server:
        run = run_rest(*served(server), "--rest-batch", *args)
        assert [] == server.asked
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in run.out
    assert not [*Path("run/batches").iterdir()]


@pytest.mark.costly
def test_a_budget_that_later_batches_would_exceed_is_the_reason(run_rest: RunRest) -> None:
    """What follows from the answers is not sent, and lost for that reason."""
    with BatchServer(reply_to_two_passes) as server:
        options = ("--rest-modes=text,image,ocr-then-solve", f"--rest-max-calls={3 * N}", GATE)
        run = run_rest(*served(server), "--rest-batch", QUICK, *options)
        assert [3 * N] == [batch.total for batch in server.batches.values()]
    assert pytest.ExitCode.INTERRUPTED == run.status  # as a direct run that spends its budget
    assert "asking ended: budget: the batches may take" in run.report["gate"]["reason"]


@pytest.mark.costly
def test_the_cost_is_that_of_a_batch(run_rest: RunRest) -> None:
    """By the price that is given for a server of one's own."""
    with BatchServer(Oracle(N).reply) as server:
        run = run_rest(*served(server), "--rest-batch", QUICK, "--rest-price=10/100")
    assert pytest.approx(ROWS * (120 * 10 + 7 * 100) / 1e6) == run.report["usage"]["cost"]


# What follows from answers


def reply_to_two_passes(request: Request) -> Reply:
    """A transcription of its own for each picture, and one answer to all."""
    is_read = "ranscribe" in request.texts[-1]
    return Reply(f"x = {zlib.crc32(request.images[0])}" if is_read else "Answer: 4")


@pytest.mark.costly
def test_what_follows_from_an_answer_is_a_batch_of_its_own(run_rest: RunRest) -> None:
    """The second of two passes, in one batch for all items; over several sessions, too."""
    options = ("--rest-modes=text,image,ocr-then-solve", GATE)
    with BatchServer(reply_to_two_passes, Plan(polls=0)) as server:
        expected = run_rest(*served(server), *options)
        run = run_rest(*served(server), *options, "--rest-batch", QUICK)
        assert [3 * N, N] == [batch.total for batch in server.batches.values()]
        server.plan.polls = 1
        sessions = [run_rest(*served(server), *options, "--rest-batch=submit")]
        sessions += [run_rest("--rest-resume=run", GATE, keep=True) for _ in range(3)]
        assert [3 * N, N, 3 * N, N] == [batch.total for batch in server.batches.values()]
    assert (expected.status, settled(expected.report)) == (run.status, judged(run))
    assert [0, NOT_YET, NOT_YET, 0] == [each.status for each in sessions]
    assert settled(expected.report) == judged(sessions[-1])


FREE = """\
equivalence: judge
items:
- {id: late, question: Why is it late?, context: Sent to an old place., answer: An old place.}
"""


@pytest.mark.parametrize("judge", ["judge", "python:same_judge:Judge"])
@pytest.mark.costly
def test_a_judge_is_asked_by_batch_where_it_has_one(
    run_rest: RunRest, pytester: pytest.Pytester, judge: str
) -> None:
    """Of its own batches, or directly; it compares what the batches have brought."""
    pytester.makefile(".rest.yaml", free=FREE)
    pytester.makepyfile(same_judge=JUDGE)

    def reply(request: Request) -> Reply:
        if request.model == "judge":
            return Reply("same")
        return Reply(f"Answer: an old place {'indeed' * len(request.images)}")

    with BatchServer(reply, Plan(polls=0)) as server:
        base = server.openai_base
        args = ["free.rest.yaml", "--rest-model=m", f"--rest-api-base={base}", "--rest-ocr=off"]
        args += [f"--rest-judge={judge}", GATE, "--rest-batch", QUICK]
        args += [f"--rest-judge-api-base={base}"] if judge == "judge" else []
        run = run_rest(*args)
        models = [request.model for request in server.requests]
    assert ({"m": 3, "judge": 6} if judge == "judge" else {"m": 3}) == Counter(models)
    assert 0 == run.status, run.out
    assert 9 == run.report["usage"]["calls"]
    assert ("the judge has no batches, and is asked directly" in run.out) == (judge != "judge")


JUDGE = """
from pytest_rest import Completion

class Judge:
    name = description = "same"
    home, batch_size, parameters = "endpoint", 1, {}
    async def open(self): ...
    async def close(self): ...
    async def ask(self, prompts): return [Completion("same")] * len(prompts)
"""


# Cancelling, and files


@pytest.mark.costly
def test_a_run_s_batches_are_cancelled(run_rest: RunRest) -> None:
    """What was asked by then is judged, nothing else is asked; unless it is gone on with."""
    with BatchServer(reply_to_two_passes, Plan(polls=9)) as server:
        run_rest(*served(server), *TWO_PASSES, "--rest-batch=submit")
        ended = run_rest("--rest-resume=run", "--rest-batch=cancel", keep=True)
        assert (0, {}) == (ended.status, ended.report)
        assert "cancelled; what was asked before can still be fetched" in ended.out
        partly = run_rest("--rest-resume=run", GATE, keep=True)
        assert (1, 1) == (len(server.batches), partly.status)
        assert "the batch was cancelled before this row" in str(partly.report["lost"])
        server.plan.polls = 0
        whole = run_rest("--rest-resume=run", "--rest-batch", QUICK, GATE, keep=True)
        assert [3 * N, 6, 2] == [batch.total for batch in server.batches.values()]
    assert 0 == whole.status


@pytest.mark.costly
def test_a_batch_that_the_provider_does_not_know_can_be_given_up(run_rest: RunRest) -> None:
    """It is not asked again unasked, for another key may know it; and no gate passes over it."""

    def interface(method: str, path: str, before: int) -> Reply | None:
        return Reply(status=404, text="no such batch") if "batch_0001" in path else None

    with BatchServer(Oracle(N).reply, Plan(polls=0, interface=interface)) as server:
        run_rest(*served(server), "--rest-batch=submit")
        refused = run_rest("--rest-resume=run", GATE, keep=True)
        assert (4, ROWS) == (refused.status, len(server.paid))
        assert "no such batch; batch batch_0001 was deleted, or is of another acc" in refused.out
        assert 0 == run_rest("--rest-resume=run", "--rest-batch=cancel", keep=True).status
        assert 1 == run_rest("--rest-resume=run", GATE, keep=True).status
        assert ROWS == len(server.paid)
        whole = run_rest("--rest-resume=run", "--rest-batch", QUICK, GATE, keep=True)
    assert (0, 2 * ROWS) == (whole.status, len(server.paid))


@pytest.mark.costly
def test_files_are_answered_by_another_program(
    run_rest: RunRest, direct: Callable[..., Any]
) -> None:
    """vLLM's offline batches: the rows lie in the run's folder, and so do their results."""
    oracle, expected = Oracle(N), direct(GATE)
    args = ("--rest-model=tested-vlm", SUITE, "--rest-batch=file")
    first = run_rest(*args)
    assert 0 == first.status
    (rows,) = Path("run/batches").glob("*.jsonl")
    assert "vllm run-batch -i " in first.out
    waiting = run_rest("--rest-resume=run", GATE, keep=True)
    assert NOT_YET == waiting.status
    lines = []
    for line in rows.read_text().splitlines():
        row = json.loads(line)
        lines.append({"custom_id": row["custom_id"], "response": response(oracle, row["body"])})
    results = rows.with_suffix(".results.jsonl")
    results.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    run = run_rest("--rest-resume=run", GATE, keep=True)
    report = judged(run)
    assert (0, expected["metrics"]) == (run.status, report["metrics"])


def response(oracle: Oracle, body: dict[str, Any]) -> dict[str, Any]:
    """What a server of OpenAI's protocol answers."""
    from endpoint import body_of, request_of

    reply = oracle.reply(request_of("openai", body, 1, None))
    return {"status_code": 200, "body": body_of("openai", "tested-vlm-2026-01-01", reply)}


# What cannot be by batch


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--rest-early-stop", "--rest-confidence=0.9", GATE], "--rest-early-stop: a batch is"),
        (["--rest-fuzz=3"], "--rest-fuzz: a hunt asks by what it was answered"),
        (["--rest-batch=cancel"], "--rest-batch=cancel is of a run by batches"),
        (["--rest-batch=now"], "--rest-batch 'now' is unknown; give one of wait, submit"),
        (["--rest-batch-rest=never"], "--rest-batch-rest 'never' is unknown"),
        (["--rest-eyechart"], "--rest-eyechart measures by direct calls"),
        (["--rest-batch=file", "--rest-batch-rest=now"], "has nobody to ask now"),
        (["--rest-model=simulated"], "'simulated' is not an endpoint; leave --rest-batch out"),
    ],
)
def test_what_has_no_batch_is_wrong_usage(
    run_rest: RunRest, args: Sequence[str], said: str
) -> None:
    """Before anything is sent, with the mend."""
    with BatchServer(Oracle(N).reply) as server:
        named = [] if "--rest-model=simulated" in args else served(server)
        run = run_rest(*named, "--rest-batch", *args)
        assert [] == server.asked
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert said in run.out


def test_what_a_test_asks_by_itself_is_not_asked_directly(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """It is lost, unless that is wanted."""
    path = pytester.makepyfile(
        """
        from pytest_rest.benchmark.suites import soebench

        def test_it(rest_ask):
            assert rest_ask(soebench.generate(1, 0)[0]).consistent
        """
    )
    with BatchServer(Oracle(N).reply) as server:
        args = (path.name, *served(server)[:2], "--rest-batch")
        run = run_rest(*args)
        assert (1, 0) == (run.status, len(server.requests))
        direct = run_rest(*args, "--rest-batch-rest=now")
        assert (0, 4) == (direct.status, len(server.requests))


def test_tests_that_are_not_rest_s_need_no_batch(
    run_rest: RunRest, pytester: pytest.Pytester
) -> None:
    """Nothing is sent, and no trace is left."""
    path = pytester.makepyfile("def test_it(): pass")
    with BatchServer(Oracle(N).reply) as server:
        run = run_rest(path.name, *served(server)[:2], "--rest-batch")
        assert [] == server.asked
    assert 0 == run.status
    assert not Path("run", ledger.NAME).exists()
