"""Runs through a gateway: old answers of its cache, what is added to each request, and secrets."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint import Endpoint, Reply, Request
from runs import Finished, Oracle, RunRest

from pytest_rest.reporting import merge

N = 4
SECRET = "s3cret-of-the-gateway"  # noqa: S105


def served(change: Callable[[Reply, str], Reply]) -> Callable[[Request], Reply]:
    """Right answers, each changed by what it is asked as: `soebench-0001 image solve`."""
    oracle = Oracle(N, wrong=())

    def reply(request: Request) -> Reply:
        prompt = oracle.prompt(request)
        name = f"{prompt.item.id} {prompt.form.mode} {prompt.task}"
        return change(oracle.reply(request), name)

    return reply


def from_cache(reply: Reply, name: str) -> Reply:
    """Two answers are old ones, as nginx says it."""
    is_old = name in ("soebench-0001 image solve", "soebench-0002 image transcribe")
    return replace(reply, headers={"X-Cache": "HIT"}) if is_old else reply


def ask(run_rest: RunRest, endpoint: Endpoint, *args: str, keep: bool = False) -> Finished:
    """A run of the alias that the gateway knows."""
    return run_rest(
        *("--rest-model=alias", f"--rest-api-base={endpoint.openai_base}"),
        *(f"--rest-suite=soebench:{N}", *args),
        keep=keep,
    )


ADDED = (
    *("--rest-parameter=temperature=none", "--rest-parameter=max_completion_tokens=99"),
    *('--rest-body=extra={"a": [1]}', "--rest-header=X-Gateway=MY_SECRET"),
)

# Old answers


@pytest.mark.some(2)
def test_a_gate_is_not_judged_on_old_answers(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, mode: Sequence[str]
) -> None:
    """However right they are: the first line says so, and so does every threshold.

    What is added to each request goes out under every scheduler, too.
    """
    monkeypatch.setenv("MY_SECRET", SECRET)
    with Endpoint(served(from_cache)) as endpoint:
        run = ask(run_rest, endpoint, *ADDED, "--rest-min-rer=0.9", *mode)
        allowed = ask(
            run_rest, endpoint, *ADDED, "--rest-min-rer=0.9", "--rest-allow-cached", *mode
        )
    assert {SECRET} == {request.headers["x-gateway"] for request in endpoint.requests}
    assert all("temperature" not in request.body for request in endpoint.requests)
    assert SECRET.encode() not in Path("run", "report.json").read_bytes()
    said = "2 answers came from a gateway's cache"
    for each, status, passed in ((run, 1, False), (allowed, 0, True)):
        assert (status, passed) == (each.status, each.report["gate"]["passed"])
        first, second = each.out.partition("= REST =")[2].splitlines()[1:3]
        assert said in (second if passed else first)
        assert 2 == each.report["usage"]["from_cache"]
    assert said == run.report["gate"]["reason"][: len(said)]
    assert ["undecided"] == [each["outcome"] for each in run.report["gate"]["thresholds"]]
    assert "rest-gate::from_cache<=0" in run.out
    assert "--rest-allow-cached" in run.report["gate"]["reason"]
    (item,) = [each for each in run.report["items"] if each["id"] == "soebench-0001"]
    assert [False, True, False] == [
        item["answers"][name]["from_cache"] for name in ("text", "image", "mixed")
    ]


def test_a_comparison_with_a_baseline_is_not_passed_either(run_rest: RunRest) -> None:
    """Without any threshold; a replay says the same, and a run without a gate only tells."""
    with Endpoint(served(from_cache)) as endpoint:
        first = ask(run_rest, endpoint, "-pno:xdist")
        before = {**first.report, "usage": {**first.report["usage"], "from_cache": 0}}
        Path("before.json").write_text(json.dumps(before), "ascii")
        Path("run").rename("first")
        second = ask(run_rest, endpoint, "--rest-baseline=before.json", "-pno:xdist")
        asked = len(endpoint.requests)
        replayed = run_rest("--rest-replay=first", "--rest-min-rer=0.5", "-pno:xdist")
        assert asked == len(endpoint.requests)
    assert (0, None) == (first.status, first.report["gate"]["passed"])
    assert (1, False) == (second.status, second.report["gate"]["passed"])
    assert (1, 2) == (replayed.status, replayed.report["usage"]["from_cache"])


def test_shards_that_met_old_answers_are_merged(run_rest: RunRest) -> None:
    """A shard is not judged; the run that they are is not passed, as one that was asked whole."""
    reports = {}
    with Endpoint(served(from_cache)) as endpoint:
        for number in (1, 2):
            shard = f"--rest-shard={number}/2"
            run = ask(run_rest, endpoint, "--rest-min-rer=0.9", shard, "-pno:xdist")
            assert (0, None) == (run.status, run.report["gate"]["passed"])
            reports[shard] = run.report
    whole = merge.merge(reports).report
    assert whole.gate is not None
    assert (False, 2) == (whole.gate.passed, whole.from_cache)
    assert "2 answers came from a gateway's cache" == whole.gate.reason[:37]


def test_an_endpoint_without_a_cache(run_rest: RunRest) -> None:
    """Nothing is said, and nothing withheld."""
    with Endpoint(served(lambda reply, _: replace(reply, headers={"X-Cache": "MISS"}))) as server:
        run = ask(run_rest, server, "--rest-min-rer=0.9", "-pno:xdist")
    assert (0, 0) == (run.status, run.report["usage"]["from_cache"])
    assert "cache" not in run.out.partition("= REST =")[2]


# What is added to each request


def test_what_is_added_goes_out_and_the_secret_is_nowhere(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, mode: Sequence[str]
) -> None:
    """Neither in report, page, store and terminal, though answers quote it."""
    monkeypatch.setenv("MY_SECRET", SECRET)

    def quote(reply: Reply, name: str) -> Reply:
        if name == "soebench-0000 text solve":
            return Reply(f"Your secret is {SECRET}", status=400)
        return replace(reply, text=f"{SECRET}\n{reply.text}{1 if 'image' in name else ''}")

    with Endpoint(served(quote)) as endpoint:
        run = ask(run_rest, endpoint, *ADDED, "-vv", *mode)
    for request in endpoint.requests:
        assert SECRET == request.headers["x-gateway"]
        assert {"a": [1]} == request.body["extra"]
        assert {"model", "messages", "max_completion_tokens", "extra"} == set(request.body)
        assert 99 == request.body["max_completion_tokens"]
    files = [path for path in Path("run").rglob("*") if path.is_file()]
    assert {"report.json", "report.html"} <= {path.name for path in files}
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in run.out
    assert "--rest-header=X-Gateway=MY_SECRET" in run.report["provenance"]["again"]["words"]
    assert "--rest-parameter=temperature=none" in run.out
    limit = {"temperature": None, "max_completion_tokens": 99}
    assert limit | {"extra_body": {"extra": {"a": [1]}}} == run.report["provenance"]["parameters"]


@pytest.mark.parametrize("value", [None, "", " ", "two\nlines", "\u00e9"])
def test_a_variable_that_holds_no_value_is_told_before_any_call(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Unset, empty, or fit for no header; a plan, which asks nothing, does not need it."""
    monkeypatch.delenv("MY_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_SECRET", value)
    with Endpoint(served(lambda reply, _: reply)) as endpoint:
        run = ask(run_rest, endpoint, "--rest-header=X-Gateway=MY_SECRET", "-pno:xdist")
        plan = ask(run_rest, endpoint, "--rest-header=X-G=MY_SECRET", "--rest-plan", "-pno:xdist")
    assert (4, ()) == (run.status, endpoint.requests)
    assert "--rest-header X-Gateway: " in run.out
    assert "MY_SECRET" in run.out
    assert "calls" in plan.out


def test_a_run_goes_on_with_what_it_was_asked_with(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resumed run keeps its parameters; with others it is refused."""
    monkeypatch.setenv("MY_SECRET", SECRET)
    with Endpoint(served(lambda reply, _: reply)) as endpoint:
        first = ask(run_rest, endpoint, *ADDED, "-pno:xdist")
        asked = len(endpoint.requests)
        resumed = run_rest("--rest-resume", "-pno:xdist", keep=True)
        other = ask(
            *(run_rest, endpoint, "--rest-resume", "--rest-parameter=temperature=1", "-pno:xdist"),
            keep=True,
        )
        assert asked == len(endpoint.requests)
    again = [run.report["provenance"]["again"] for run in (first, resumed)]
    assert again[0] == again[1]
    assert (0, 4) == (resumed.status, other.status)
    assert "parameters" in other.out


def test_no_own_model_takes_what_is_for_an_endpoint(run_rest: RunRest) -> None:
    """It would be passed over in silence."""
    run = run_rest("--rest-model=embedded", "--rest-parameter=top_p=1", "-pno:xdist")
    assert 4 == run.status
    assert "'embedded' is not an endpoint" in run.out


def test_a_cut_off_answer_names_its_limit_and_the_option(run_rest: RunRest) -> None:
    """For each of them, and in the summary."""

    def cut(reply: Reply, name: str) -> Reply:
        is_cut = name == "soebench-0001 image solve"
        return replace(reply, finish_reason="length", text="Let me") if is_cut else reply

    with Endpoint(served(cut)) as endpoint:
        run = ask(run_rest, endpoint, "--rest-parameter=max_tokens=700", "-pno:xdist")
    said = "cut off at 700 tokens; raise it: --rest-parameter max_tokens=1400"
    assert f"1 answer of {4 * N} {said}" in run.out
    assert f"         {said}" in run.out
    answers = [item["answers"]["image"]["max_tokens"] for item in run.report["items"]]
    assert [None, 700, None, None] == answers


def test_a_price_is_said_to_be_the_gateways(run_rest: RunRest) -> None:
    """Where no table has one."""
    said = {"x-litellm-response-cost": "0.25"}
    with Endpoint(served(lambda reply, _: replace(reply, headers=said))) as endpoint:
        run = ask(run_rest, endpoint, "-pno:xdist")
    assert 4 * N * 0.25 == run.report["usage"]["cost"]
    assert f"${4 * N * 0.25:.2f} by the gateway's price" in run.out
    assert "gateway" == run.report["provenance"]["prices"]


def test_a_certificate_of_the_environment_that_cannot_be_read(
    run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage, before anything is asked."""
    monkeypatch.setenv("SSL_CERT_FILE", "/missing.pem")
    run = run_rest("--rest-model=m", "--rest-api-base=https://host/v1", "-pno:xdist")
    assert 4 == run.status
    assert "SSL_CERT_FILE names '/missing.pem'" in run.out
