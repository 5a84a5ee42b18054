"""The limits of a run, kept with real requests: counted, timed and priced from the server's log."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate

import pytest
from endpoint import Endpoint, Fault, Reply, Request
from runs import Finished, Oracle, RunRest, Started
from test_dispatcher import asked
from test_protocols import KEY, KEYS, connected

from pytest_rest import wording
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch import ENDED, Dispatcher
from pytest_rest.dispatch.limits import Limits
from pytest_rest.models.providers import litellm, openai_compatible
from pytest_rest.models.tokens import estimate
from pytest_rest.models.with_price import with_price
from pytest_rest.terms import Model, Price

MINUTE = 1.0  # how long it lasts here, in seconds
SLACK = 0.3  # how much longer one request may be on its way than another
SERIAL, TWO = ("-p", "no:xdist"), ("-n2",)
PRICED = "gpt-4o-mini"


@contextmanager
def dispatching(model: Model, limits: Limits) -> Iterator[Dispatcher]:
    """A dispatcher whose minutes are short."""
    dispatcher = Dispatcher(model, limits, minute=MINUTE)
    try:
        yield dispatcher
    finally:
        dispatcher.close()


class Clock:
    """A plan that notes when each request came, and which fails every third one."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.times: list[float] = []

    def reply(self, request: Request) -> Reply:
        """The answer, or the failure."""
        self.times.append(time.monotonic())
        fails = request.number % 3 == 0
        return Reply(str(request.number), status=500, retry_after=0.05) if fails else self._reply

    def most(self, weight: Callable[[int], int] = lambda _: 1) -> int:
        """The most that came within one minute, each request counted with its weight."""
        sums = [0, *accumulate(weight(i) for i in range(len(self.times)))]
        within = MINUTE - SLACK
        return max(
            sums[sum(time < start + within for time in self.times)] - sums[i]
            for i, start in enumerate(self.times)
        )


# Calls and tokens a minute


def test_calls_a_minute() -> None:
    """No minute holds more calls than allowed, retries included, and few hold fewer."""
    clock = Clock(Reply("3"))
    with Endpoint(clock.reply) as endpoint:
        model = openai_compatible.connect("tested", endpoint.openai_base, environ={})
        with dispatching(model, Limits(rpm=20)) as dispatcher:
            completions = dispatcher.ask(asked(40))
    assert {None} == {each.error for each in completions}
    assert 40 + dispatcher.retries == len(clock.times)
    assert 20 == clock.most()
    assert clock.times[-1] - clock.times[0] < 4 * MINUTE


def test_calls_a_minute_are_counted_from_when_they_are_sent() -> None:
    """A model that takes its time to open does not bring two minutes' calls together."""

    class Slow(openai_compatible.ServedModel):
        async def open(self) -> None:
            await asyncio.sleep(0.8 * MINUTE)

    clock = Clock(Reply("3"))
    with Endpoint(clock.reply) as endpoint:
        model = Slow("tested", endpoint.openai_base, 5, None)
        with dispatching(model, Limits(rpm=10)) as dispatcher:
            completions = dispatcher.ask(asked(14))
    assert {None} == {each.error for each in completions}
    assert 10 == clock.most()


def test_tokens_a_minute() -> None:
    """No minute holds more tokens than allowed, by what the server counts."""
    clock = Clock(Reply("3", input_tokens=1000, output_tokens=300))
    with Endpoint(clock.reply) as endpoint:
        model = openai_compatible.connect("tested", endpoint.openai_base, environ={})
        with dispatching(model, Limits(tpm=20_000)) as dispatcher:
            completions = dispatcher.ask(asked(30))
        replies = [reply for _, reply in endpoint.log]
    tokens = [1300 if reply.status == 200 else 0 for reply in replies]
    assert {None} == {each.error for each in completions}
    assert 10_000 < clock.most(tokens.__getitem__) <= 20_000
    assert clock.times[-1] - clock.times[0] < 6 * MINUTE


@pytest.mark.parametrize(
    ("limit", "least", "most", "workers"),
    [
        ("--rest-rpm=8", 8, 8, SERIAL),
        pytest.param("--rest-tpm=20000", 10, 18, SERIAL, marks=pytest.mark.slow),
    ],
    ids=["rpm-serial", "tpm-serial"],
)
@pytest.mark.costly
def test_a_minute_of_a_run(
    pytester: pytest.Pytester, limit: str, least: int, most: int, workers: Sequence[str]
) -> None:
    """The run's first minute has its share, whoever asks; then it waits, and can be interrupted."""
    oracle = Oracle(12)

    def plan(request: Request) -> Reply:
        return Reply(oracle.reply(request).text, input_tokens=100, output_tokens=1000)

    with Endpoint(plan) as endpoint:
        model = ("--rest-model=tested", f"--rest-api-base={endpoint.openai_base}")
        with Started(*model, "--rest-suite=soebench:12", limit, *workers) as run:
            run.wait(lambda: len(endpoint.requests) >= least)
            time.sleep(2)
            run.signal(signal.SIGINT)
            status, out, seconds = run.end()
        asked_for = len(endpoint.requests)
    assert least <= asked_for <= most
    assert pytest.ExitCode.INTERRUPTED == status, out
    assert seconds < 30  # and not the minute


# Calls in flight


@pytest.mark.parametrize(
    "workers", [SERIAL, pytest.param(TWO, marks=pytest.mark.slow)], ids=["serial", "n2"]
)
def test_calls_in_flight(run_rest: RunRest, workers: Sequence[str]) -> None:
    """As many as allowed, no more, and no other limit holds them up."""
    oracle = Oracle(12, delay=0.1)
    with Endpoint(oracle.reply) as endpoint:
        run = run_rest(
            *("--rest-model=tested", f"--rest-api-base={endpoint.openai_base}"),
            *("--rest-suite=soebench:12", "--rest-concurrency=6", "--rest-rpm=1000"),
            *("--rest-tpm=1000000", "--rest-min-rer=0.5", *workers),
        )
    assert 6 == endpoint.peak
    assert 4 * 12 == len(endpoint.requests)
    assert pytest.ExitCode.OK == run.status


# Dollars


def dollars(reply: Reply) -> float:
    """What an answer costs, by the provider's list."""
    price = litellm.connect(PRICED, environ=KEYS).price
    assert price is not None
    return float(reply.input_tokens * price.input + reply.output_tokens * price.output)


@pytest.mark.parametrize("fault", ["", "no-usage"])
def test_a_budget_and_the_dearest_answers(fault: Fault) -> None:
    """Each answer costs the most that it may, and all are asked for at once: not one too many.

    An answer that says nothing of its tokens is taken for such a one.
    """
    given = asked(60)
    sizes = {str(each.parts[0]): int(estimate(each, PRICED).total * 1.5) for each in given}

    def plan(request: Request) -> Reply:
        size, longest = sizes[request.texts[0]], request.body["max_tokens"]
        return Reply("3", input_tokens=size, output_tokens=longest, delay=0.1, fault=fault)

    with Endpoint(plan) as endpoint, connected("litellm-openai", endpoint.url) as model:
        with dispatching(model, Limits(max_cost=0.05)) as dispatcher:
            completions = dispatcher.ask(given)
        paid = sum(dollars(reply) for _, reply in endpoint.log)
    answered = [each for each in completions if each.error is None]
    (told,) = {each.error for each in completions} - {None}
    assert len(answered) == len(endpoint.requests)
    assert 0.05 - 0.0013 < paid <= 0.05  # another one would have been too much
    assert f"{ENDED}the budget of $0.05 is spent (--rest-max-cost): $0.0" in str(told)


@pytest.mark.parametrize("fault", ["", "no-usage"])
@pytest.mark.parametrize(
    ("limits", "unit"),
    [
        (Limits(max_calls=40), (1, 0.0, 0.0)),
        (Limits(max_tokens=40_000), (0, 1.0, 1.0)),
        (Limits(max_cost=0.05), (0, 2.5e-7, 2e-6)),
    ],
    ids=["calls", "tokens", "dollars"],
)
def test_budgets_at_a_price_by_hand(
    limits: Limits, unit: tuple[float, float, float], fault: Fault
) -> None:
    """32 calls at once of an endpoint that no table knows, each the dearest: not one too many."""
    given = asked(60)
    sizes = {str(each.parts[0]): int(estimate(each, "tested").total * 1.5) for each in given}

    def plan(request: Request) -> Reply:
        size, longest = sizes[request.texts[0]], request.body["max_tokens"]
        return Reply("3", input_tokens=size, output_tokens=longest, delay=0.02, fault=fault)

    with Endpoint(plan) as endpoint:
        served = openai_compatible.connect("tested", endpoint.openai_base, environ={})
        model = with_price(served, Price(2.5e-7, 2e-6))
        with dispatching(model, limits) as dispatcher:
            completions = dispatcher.ask(given)
        each, sent, answered = unit
        costs = [each + sent * r.input_tokens + answered * r.output_tokens for _, r in endpoint.log]
        assert endpoint.peak > 1
    (most,) = (most for most in limits.budgets.values() if most is not None)
    assert most - max(costs) < sum(costs) <= most
    assert len(costs) == sum(one.error is None for one in completions)
    (told,) = {one.error for one in completions} - {None}
    assert str(told).startswith(f"{ENDED}the budget of ")


@pytest.mark.costly
def test_failures_cost_nothing() -> None:
    """What was refused or broke down is not paid for, and takes nothing from the budget."""

    def plan(request: Request) -> Reply:
        fails = request.number <= 60
        return Reply(str(request.number), status=500, retry_after=0.05) if fails else Reply("3")

    with (
        Endpoint(plan) as endpoint,
        connected("litellm-openai", endpoint.url) as model,
        dispatching(model, Limits(max_cost=0.02)) as dispatcher,
    ):
        completions = dispatcher.ask(asked(20))
    assert {None} == {each.error for each in completions}


class Till(Oracle):
    """An oracle that is paid: each answer costs the most that it may."""

    def priced(self, request: Request) -> Reply:
        """The right answer, and what it costs."""
        tokens = estimate(self.prompt(request), PRICED).total
        answer = self.reply(request)
        return replace(answer, input_tokens=int(tokens * 1.5), output_tokens=2048, delay=0.02)


@pytest.mark.slow
def test_a_budget_and_going_on(run_rest: RunRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sessions of a run, each with its budget: with workers, and gone on with without.

    Both stop, say why, and have not spent more than theirs, the first session's part included.
    """
    till = Till(16)
    names = {f"{item.id}-dejavu-200dpi-black" for item in soebench.generate(16, 0)}
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Endpoint(till.priced) as endpoint:
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.openai_base)
        monkeypatch.setenv("OPENAI_API_BASE", endpoint.openai_base)
        sessions = (0.05, ("--rest-suite=soebench:16", *TWO)), (0.12, ("--rest-resume", *SERIAL))
        for budget, args in sessions:
            run = run_rest(
                *(f"--rest-model={PRICED}", f"--rest-max-cost={budget}", "--rest-min-rer=0.5"),
                *args,
                subprocess=True,
                keep=True,
            )
            paid = sum(dollars(reply) for _, reply in endpoint.log)
            assert budget - 0.005 < paid <= budget  # the next call may cost as much
            assert paid == pytest.approx(run.report["usage"]["cost"])
            spent = f"the budget of ${budget} is spent (--rest-max-cost): {wording.money(paid)} is"
            told = f"REST: asking ended: {spent}"
            assert 1 == sum(told in line for line in run.out.splitlines()), run.out
            assert pytest.ExitCode.INTERRUPTED == run.status
            lost = {f"{each['item']}-{each['style']}" for each in run.report["lost"]}
            assert names - lost == {f"{each['id']}-{each['style']}" for each in judged(run)}
            assert 16 - len(lost) == run.report["metrics"]["soebench"]["all"]["items"]
            assert run.report["gate"]["passed"] is False
            first = f"the budget of ${budget} was spent after {16 - len(lost)} of 16 items"
            assert run.report["gate"]["reason"].startswith(first)
            named = f"{len(lost)} items were lost (allowed: 0): {min(lost)}"
            assert named in run.report["gate"]["reason"]
    assert len(endpoint.requests) == len(set(till.digests(endpoint.requests)))


def judged(run: Finished) -> list[dict[str, str]]:
    """The items of a report that have a verdict."""
    items: list[dict[str, str]] = run.report["items"]
    return [item for item in items if item["verdict"] != "lost"]


@pytest.mark.parametrize("workers", [SERIAL, TWO], ids=["serial", "n2"])
def test_a_budget_without_a_price(run_rest: RunRest, workers: Sequence[str]) -> None:
    """What a server of one's own charges is not known: nothing is asked."""
    with Endpoint(lambda _: Reply("3")) as endpoint:
        run = run_rest(
            *("--rest-model=tested", f"--rest-api-base={endpoint.openai_base}"),
            *("--rest-suite=soebench:4", "--rest-max-cost=5", *workers),
        )
    assert pytest.ExitCode.USAGE_ERROR == run.status
    said = "--rest-max-cost cannot be held: the price of 'tested' is not known; give --rest-price"
    assert said in run.out
    assert () == endpoint.requests
