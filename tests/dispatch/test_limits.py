"""The throttle: a run's limits hold in every minute and to the cent, whatever an endpoint does."""

import heapq
import itertools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_rest import rendering, wording
from pytest_rest.dispatch.budgets import Used, used
from pytest_rest.dispatch.limits import Call, Limits, Throttle
from pytest_rest.models import tokens
from pytest_rest.terms import Completion, Form, Item, Price, Prompt, Style

ANSWER = Completion("a")
BUSY = Completion(error="rate limit: HTTP 429: slow down")
BROKEN = Completion(error="server error: HTTP 500: oops")
PRICE = Price(input=2**-10, output=2**-8)  # sums of such numbers are exact
TEMPLATE = 8  # tokens that `estimate` takes for a message without a word


class Clock:
    """Stands still until it is set; quarters of seconds, so that every sum of them is exact."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


@dataclass(frozen=True)
class Job:
    """A prompt: when it comes, what it is thought to take, how long it takes, what comes of it."""

    arrival: float = 0.0
    tokens: int = 100
    seconds: float = 1.0
    completion: Completion = ANSWER
    share: float = 1.0  # of the most that it may cost

    @property
    def prompt(self) -> Prompt:
        """A prompt of that many tokens, with its longest answer."""
        return prompt(self.tokens)


@dataclass(frozen=True)
class Sent:
    """A call as an observer sees it; its tokens are the estimate until they are reported."""

    job: Job
    at: float
    cost: float


@dataclass
class Log:
    """What became of a number of jobs."""

    sent: list[Sent] = field(default_factory=list)
    known: list[int] = field(default_factory=list)  # of each that was sent, as known so far
    peak: int = 0
    refused: list[Job] = field(default_factory=list)


def prompt(tokens: int = 100) -> Prompt:
    """A prompt without a word, which has room for a long answer."""
    return Prompt(Item("i", "q", "a"), Form("text"), "solve", ("",), tokens - TEMPLATE)


def worst(job: Job, price: Price = PRICE) -> float:
    """The most dollars that a job may cost."""
    return TEMPLATE * 1.5 * price.input + (job.tokens - TEMPLATE) * price.output


def simulate(limits: Limits, jobs: Sequence[Job], spent: float = 0.0) -> Log:
    """Send the jobs as a dispatcher would: in turn, each as soon as it may.

    Whatever the throttle says of a job is held against `expected_wait`.
    """
    clock, log = Clock(), Log()
    start = clock.now
    throttle = Throttle(limits, PRICE, "m", Used(cost=spent), clock=clock)
    coming = sorted(jobs, key=lambda job: job.arrival)
    ends: list[tuple[float, int, Call]] = []
    while coming:
        clock.now = max(clock.now, start + coming[0].arrival)
        while ends and ends[0][0] <= clock.now:
            _, index, call = heapq.heappop(ends)
            job = log.sent[index].job
            reported = (job.completion.input_tokens or 0) + (job.completion.output_tokens or 0)
            log.known[index] = reported or log.known[index]
            throttle.end(call, job.completion)
        if throttle.overspends(coming[0].prompt):
            assert not ends
            log.refused.append(coming.pop(0))
            continue
        wait = throttle.wait(coming[0].prompt)
        if wait is None:
            assert ends, "nothing is in flight whose end could be waited for"
            clock.now = max(clock.now, ends[0][0])
            continue
        assert expected_wait(limits, log, coming[0], clock.now) == wait
        if wait > 0:
            clock.now = min([clock.now + wait, *(end for end, *_ in ends[:1])])
            continue
        job = coming.pop(0)
        heapq.heappush(ends, (clock.now + job.seconds, len(log.sent), throttle.begin(job.prompt)))
        log.sent.append(Sent(job, clock.now, worst(job) * job.share))
        log.known.append(job.tokens)
        log.peak = max(log.peak, len(ends))
    return log


def expected_wait(limits: Limits, log: Log, job: Job, now: float) -> float:
    """The first moment after which the last minute has room for a job, from the definition."""
    for wait in sorted({0.0, *(each.at + 60 - now for each in log.sent if each.at + 60 > now)}):
        recent = [
            known
            for each, known in zip(log.sent, log.known, strict=True)
            if each.at > now + wait - 60
        ]
        has_calls = limits.rpm is None or len(recent) < limits.rpm
        has_tokens = limits.tpm is None or sum(recent) + job.tokens <= limits.tpm or not recent
        if has_calls and has_tokens:
            return wait
    raise AssertionError("a minute after the last call there is always room")


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """A job within some minutes; one that fails reports no tokens, and not each answer does."""
    reported = draw(st.none() | st.integers(1, 400))
    completion = draw(st.sampled_from([Completion("a", input_tokens=reported), ANSWER, BROKEN]))
    return Job(
        arrival=draw(st.integers(0, 600)) / 4,
        tokens=draw(st.integers(TEMPLATE + 1, 300)),
        seconds=draw(st.integers(1, 400)) / 4,
        completion=completion,
        share=draw(st.integers(0, 8)) / 8,
    )


many = st.lists(jobs(), max_size=30)


# Calls and tokens in a minute


@given(many, st.integers(1, 5))
def test_no_more_in_flight_than_allowed(given_jobs: list[Job], concurrency: int) -> None:
    """Whenever they come and however long they take; and every one of them is sent."""
    log = simulate(Limits(concurrency), given_jobs)
    assert log.peak <= concurrency
    assert len(given_jobs) == len(log.sent)


@given(many, st.integers(1, 8), st.integers(1, 8))
def test_no_minute_has_more_calls_than_allowed(
    given_jobs: list[Job], rpm: int, concurrency: int
) -> None:
    """From any call on, the next sixty seconds have no more than `rpm`; none waits too long."""
    log = simulate(Limits(concurrency, rpm=rpm), given_jobs)
    assert len(given_jobs) == len(log.sent)
    for first, after in zip(log.sent, log.sent[rpm:], strict=False):
        assert after.at - first.at >= 60


@given(many, st.integers(50, 1000), st.integers(1, 8))
def test_no_minute_has_more_tokens_than_allowed(
    given_jobs: list[Job], tpm: int, concurrency: int
) -> None:
    """Where no answer reports more than was reckoned with; a larger prompt has its own minute."""
    frugal = [each for each in given_jobs if (each.completion.input_tokens or 0) <= each.tokens]
    log = simulate(Limits(concurrency, tpm=tpm), frugal)
    assert len(frugal) == len(log.sent)
    for first in log.sent:
        minute = [
            known
            for each, known in zip(log.sent, log.known, strict=True)
            if first.at <= each.at < first.at + 60
        ]
        assert sum(minute) <= tpm or len(minute) == 1


@given(many, st.integers(1, 8), st.integers(50, 1000), st.integers(1, 8))
def test_all_limits_hold_at_once(
    given_jobs: list[Job], rpm: int, tpm: int, concurrency: int
) -> None:
    """Each wait is the shortest that all of them allow, as the definition of a minute has it."""
    log = simulate(Limits(concurrency, rpm=rpm, tpm=tpm), given_jobs)
    assert len(given_jobs) == len(log.sent)
    assert log.peak <= concurrency


def test_without_a_limit_nothing_waits() -> None:
    """And nothing is remembered of a minute that nobody asks about."""
    clock = Clock()
    throttle = Throttle(Limits(10_000), clock=clock)
    for _ in range(9_999):
        throttle.begin(prompt())
        assert 0.0 == throttle.wait(prompt())
    throttle.begin(prompt())
    assert throttle.wait(prompt()) is None


def test_a_minute_begins_with_its_first_call() -> None:
    """Two calls a minute: the third waits for the first, not for the clock's full minute."""
    clock = Clock()
    throttle = Throttle(Limits(rpm=2), clock=clock)
    throttle.begin(prompt())
    clock.now += 20
    throttle.begin(prompt())
    clock.now += 20
    assert 20.0 == throttle.wait(prompt())
    clock.now += 20
    assert 0.0 == throttle.wait(prompt())
    throttle.begin(prompt())
    assert 20.0 == throttle.wait(prompt())


def test_the_minute_may_be_shorter_for_tests() -> None:
    """For tests that cannot wait so long."""
    clock = Clock()
    throttle = Throttle(Limits(rpm=1), minute=0.5, clock=clock)
    throttle.begin(prompt())
    assert 0.5 == throttle.wait(prompt())
    clock.now += 0.5
    assert 0.0 == throttle.wait(prompt())


def test_a_prompt_larger_than_the_limit_goes_alone() -> None:
    """When nothing else is in the minute; the next one waits for it."""
    clock = Clock()
    throttle = Throttle(Limits(tpm=100), clock=clock)
    assert 0.0 == throttle.wait(prompt(1000))
    call = throttle.begin(prompt(1000))
    assert 60.0 == throttle.wait(prompt(10))
    clock.now += 30
    throttle.end(call, Completion("a", input_tokens=900, output_tokens=50))
    assert 30.0 == throttle.wait(prompt(1000))
    clock.now += 30
    assert 0.0 == throttle.wait(prompt(1000))


def test_reported_tokens_count_instead_of_expected_ones() -> None:
    """Those of the prompt and of the answer; without a report the expectation stays."""
    clock = Clock()
    throttle = Throttle(Limits(tpm=300), clock=clock)
    calls = [throttle.begin(prompt(100)) for _ in range(3)]
    assert 60.0 == throttle.wait(prompt(20))
    throttle.end(calls[0], Completion("a", input_tokens=60, output_tokens=20))
    assert 0.0 == throttle.wait(prompt(20))
    assert 60.0 == throttle.wait(prompt(21))
    throttle.end(calls[1], Completion("a"))
    assert 60.0 == throttle.wait(prompt(21))
    throttle.end(calls[2], Completion("a", input_tokens=79))
    assert 0.0 == throttle.wait(prompt(41))
    assert 60.0 == throttle.wait(prompt(42))


def test_what_ends_after_its_minute_changes_nothing() -> None:
    """Its tokens are not of the minute that is counted now."""
    clock = Clock()
    throttle = Throttle(Limits(tpm=300), clock=clock)
    slow = throttle.begin(prompt(100))
    clock.now += 60
    assert 0.0 == throttle.wait(prompt(300))
    throttle.begin(prompt(200))
    throttle.end(slow, Completion("a", input_tokens=1))
    assert 0.0 == throttle.wait(prompt(100))
    assert 60.0 == throttle.wait(prompt(101))


def test_pictures_count_as_the_model_counts_them() -> None:
    """The throttle reckons with what `tokens` says of a prompt for this model."""
    image = rendering.draw("x", Style())
    asked = Prompt(Item("i", "q", "a"), Form("image", Style()), "solve", (image,), 50)
    for model in ("claude-haiku-4-5", "gemini-3-pro"):
        expected = tokens.estimate(asked, model).total + 50
        throttle = Throttle(Limits(tpm=10_000), model=model, clock=Clock())
        assert expected == throttle.begin(asked).tokens
        most = (expected - 50) * 1.5 * PRICE.input + 50 * PRICE.output
        throttle = Throttle(Limits(max_cost=most), PRICE, model, clock=Clock())
        assert most == throttle.begin(asked).most.cost


# The budget


@given(many, st.integers(0, 64), st.integers(0, 8), st.integers(1, 8))
def test_a_budget_is_never_exceeded(
    given_jobs: list[Job], eighths: int, spent: int, concurrency: int
) -> None:
    """By whatever comes back, as long as no call costs more than its worst case."""
    limits = Limits(concurrency, max_cost=eighths / 8)
    costing = [priced(each) for each in given_jobs]
    log = simulate(limits, costing, spent / 8)
    assert len(costing) == len(log.sent) + len(log.refused)
    paid = spent / 8 + sum(each.cost for each in log.sent if each.job.completion.error is None)
    if log.sent:
        assert paid <= eighths / 8
    if log.refused:
        assert paid + worst(log.refused[-1]) > eighths / 8


def priced(job: Job) -> Job:
    """The same job, whose answer says what it took; one that takes its worst may be silent."""
    if job.share == 1 and job.completion.error is None:
        return replace(job, completion=Completion("a"))
    sent, answered = (int(tokens * job.share) for tokens in (TEMPLATE * 1.5, job.tokens - TEMPLATE))
    cost, error = worst(job) * job.share, job.completion.error
    return replace(job, completion=Completion("a", "stop", sent, answered, cost, error=error))


def taken(job: Job) -> int:
    """The tokens of a job's answer; its most where it does not say."""
    sent, answered = job.completion.input_tokens, job.completion.output_tokens
    return most_tokens(job) if sent is None or answered is None else sent + answered


def most_tokens(job: Job) -> int:
    """The most tokens that a job may take."""
    return int(TEMPLATE * 1.5) + job.tokens - TEMPLATE


def at_most(job: Job, name: str) -> float:
    """The most that a job may take of a budget."""
    return {"calls": 1, "tokens": most_tokens(job), "cost": worst(job)}[name]


@given(
    st.lists(jobs(), min_size=2, max_size=20),
    st.sampled_from(["calls", "tokens", "cost"]),
    st.integers(0, 9),
    st.integers(2, 8),
)
def test_no_budget_is_exceeded(
    given_jobs: list[Job], name: str, eighths: int, concurrency: int
) -> None:
    """Of calls, failed ones included, of tokens and of dollars; and none is left unused."""
    costing = [priced(each) for each in given_jobs]
    most = [at_most(each, name) for each in costing]
    budget = sum(most) * eighths / 8
    whole = budget if name == "cost" else int(budget)
    budgets: dict[str, Any] = {f"max_{name}": whole}
    log = simulate(Limits(concurrency, **budgets), costing)
    spent = 0.0
    for job in (each.job for each in log.sent):
        took = {"tokens": taken(job), "cost": worst(job) * job.share}
        spent += 1 if name == "calls" else took[name] * (job.completion.error is None)
    assert spent <= whole
    assert len(costing) == len(log.sent) + len(log.refused)
    for job in log.refused[-1:]:
        assert spent + most[costing.index(job)] > whole


def test_a_budget_of_calls_says_that_it_is_spent() -> None:
    """A failed call is one, too; and one that is in flight may turn out to be no last one."""
    throttle = Throttle(Limits(max_calls=2), spent=Used(calls=1), clock=Clock())
    call = throttle.begin(prompt())
    assert throttle.wait(prompt()) is None
    assert throttle.overspends(prompt()) is None
    throttle.end(call, BROKEN)
    assert "the budget of 2 calls is spent (--rest-max-calls)" == throttle.overspends(prompt())


def test_a_budget_of_tokens_says_how_far_it_is_spent() -> None:
    """What is used, and what the next call may take."""
    throttle = Throttle(Limits(max_tokens=1250), clock=Clock())
    throttle.end(throttle.begin(prompt(1000)), Completion("a", "stop", 200, 300))
    said = "1,250 tokens is spent (--rest-max-tokens): 500 are used, and the next call may take 1,"
    assert said in str(throttle.overspends(prompt(1000)))
    assert 0.0 == throttle.wait(prompt(500))


def test_an_endpoint_that_counts_more_than_expected() -> None:
    """Once it has, later prompts are thought to take as much more: one call is over, at most."""
    throttle, spent = Throttle(Limits(max_tokens=5000), clock=Clock()), 0
    while throttle.overspends(prompt(100)) is None:
        assert 0.0 == throttle.wait(prompt(100))
        throttle.end(throttle.begin(prompt(100)), Completion("a", "stop", 1200, 92))
        spent += 1292
    assert 3 * 1292 == spent


def test_stored_answers_count() -> None:
    """By their own costs, or else their tokens; a silent one is taken for the next one's most."""
    answers = [
        Completion("a", "stop", 100, 10, 0.5),
        Completion("a", "stop", 100, 10, cached_tokens=50),
        Completion("a"),
    ]
    price = Price(2**-10, 2**-8, 2**-11)
    before = used(answers, price)
    cost = 0.5 + 50 * 2**-10 + 50 * 2**-11 + 10 * 2**-8
    assert Used(3, 220, cost, silent=1) == before
    most = int(TEMPLATE * 1.5) + 92
    for allowed, may in ((220 + 2 * most, True), (219 + 2 * most, False)):
        throttle = Throttle(Limits(max_tokens=allowed), spent=before, clock=Clock())
        assert may == (throttle.overspends(prompt(100)) is None)


def test_a_budget_is_held_against_the_worst_case() -> None:
    """Half as many tokens again as the prompt seems to have, and the longest answer."""
    most = 8 * 1.5 * PRICE.input + 92 * PRICE.output
    for budget, may in ((most, True), (most - 2**-12, False)):
        throttle = Throttle(Limits(max_cost=budget), PRICE, clock=Clock())
        assert may == (throttle.wait(prompt(100)) == 0.0)
        assert may == (throttle.overspends(prompt(100)) is None)


def test_a_spent_budget_is_reported_when_nothing_is_in_flight() -> None:
    """Before that, what is in flight may turn out cheaper; and the answers say what was spent."""
    most = worst(Job())
    before = Used(cost=most / 4)
    throttle = Throttle(Limits(max_cost=most * 1.5), PRICE, spent=before, clock=Clock())
    call = throttle.begin(prompt(100))
    assert throttle.wait(prompt(100)) is None
    assert throttle.overspends(prompt(100)) is None
    throttle.end(call, Completion("a", cost=most / 2))
    assert throttle.wait(prompt(100)) is None
    assert (
        f"the budget of {wording.money(most * 1.5)} is spent (--rest-max-cost): "
        f"{wording.money(most * 0.75)} is used, and the next call may cost {wording.money(most)}"
    ) == throttle.overspends(prompt(100))


def test_a_budget_below_a_cent_is_told_with_what_a_call_may_cost() -> None:
    """Not that nothing is used, and that the next call may cost `less than $0.01`."""
    price = Price(PRICE.input / 1024, PRICE.output / 1024)
    throttle = Throttle(Limits(max_cost=0.0003), price, clock=Clock())
    assert throttle.wait(prompt(100)) is None
    assert (
        "the budget of $0.0003 is spent (--rest-max-cost): $0.00 is used, and the next call may "
        f"cost ${worst(Job(), price):.2g}"
    ) == throttle.overspends(prompt(100))


def test_what_was_cheaper_than_expected_leaves_room() -> None:
    """What was kept for a call is free again when it has ended, answered or not."""
    most = worst(Job())
    throttle = Throttle(Limits(max_cost=most), PRICE, clock=Clock())
    for completion in (BROKEN, Completion("a", cost=0.0), BUSY):
        call = throttle.begin(prompt(100))
        assert throttle.wait(prompt(100)) is None
        throttle.end(call, completion)
        assert 0.0 == throttle.wait(prompt(100))


def test_an_endpoint_without_usage_costs_the_worst_case() -> None:
    """A call without a reported cost counts as the most it may cost."""
    most = worst(Job())
    throttle = Throttle(Limits(max_cost=most * 2.5), PRICE, clock=Clock())
    for _ in range(2):
        throttle.end(throttle.begin(prompt(100)), Completion("a"))
    assert throttle.overspends(prompt(100)) is not None


def test_without_a_price_reported_costs_count() -> None:
    """No worst case is known, so asking goes on until the answers' costs have reached it."""
    throttle = Throttle(Limits(max_cost=1.0), clock=Clock())
    for _ in range(3):
        assert throttle.overspends(prompt()) is None
        throttle.end(throttle.begin(prompt()), Completion("a", cost=0.5))
    said = "the budget of $1.00 is spent (--rest-max-cost): $1.50 is used"
    assert said in str(throttle.overspends(prompt()))


def test_without_a_budget_no_prompt_is_refused() -> None:
    """Whatever was spent."""
    throttle = Throttle(Limits(), Price(1e6, 1e6), spent=Used(cost=1e9), clock=Clock())
    assert throttle.overspends(prompt()) is None
    assert 0.0 == throttle.wait(prompt())


# As much as the endpoint takes


def ended(throttle: Throttle, completions: Sequence[Completion]) -> None:
    """One call after the other, each with its end."""
    for completion in completions:
        throttle.end(throttle.begin(prompt()), completion)


def test_a_burst_of_rate_limits_is_one_cut() -> None:
    """What was sent before the cut says nothing about it; what was sent after it does."""
    clock = Clock()
    throttle = Throttle(Limits(16), clock=clock)
    first = [throttle.begin(prompt()) for _ in range(16)]
    clock.now += 1
    for call in first:
        throttle.end(call, BUSY)
    assert 8 == throttle.allowed
    second = [throttle.begin(prompt()) for _ in range(8)]
    assert throttle.wait(prompt()) is None
    clock.now += 1
    for call in second:
        throttle.end(call, BUSY)
    assert 4 == throttle.allowed
    assert [
        f"16 -> 8 calls in flight: {BUSY.error}",
        f"8 -> 4 calls in flight: {BUSY.error}",
    ] == throttle.changes


def test_late_rate_limits_of_a_burst_cut_nothing() -> None:
    """Come they before or after those of a newer one, the newer cut alone is made."""
    clock = Clock()
    throttle = Throttle(Limits(16), clock=clock)
    old = [throttle.begin(prompt()) for _ in range(3)]
    clock.now += 1
    throttle.end(old[0], BUSY)
    clock.now += 1
    new = throttle.begin(prompt())
    throttle.end(old[1], BUSY)
    assert 8 == throttle.allowed
    clock.now += 1
    throttle.end(new, BUSY)
    throttle.end(old[2], BUSY)
    assert 4 == throttle.allowed


def test_never_less_than_one_call() -> None:
    """And a cut that changes nothing is not noted as a change."""
    clock = Clock()
    throttle = Throttle(Limits(3), clock=clock)
    for _ in range(5):
        ended(throttle, [BUSY])
        clock.now += 1
    assert 1 == throttle.allowed
    assert 0.0 == throttle.wait(prompt())
    assert ["3 -> 1"] == [change.partition(" calls")[0] for change in throttle.changes]


def test_answers_in_a_row_let_calls_in_flight_grow() -> None:
    """As many answers in a row as may be in flight, a tenth or one call more, up to the limit."""
    throttle = Throttle(Limits(32), clock=Clock())
    ended(throttle, [BUSY])
    steps = [throttle.allowed]
    while throttle.allowed < 32:
        for _ in range(steps[-1]):
            assert steps[-1] == throttle.allowed
            ended(throttle, [ANSWER])
        steps.append(throttle.allowed)
    assert [16, 17, 19, 21, 23, 25, 28, 31, 32] == steps
    ended(throttle, [ANSWER] * 100)
    assert 32 == throttle.allowed
    assert "16 -> 17 calls in flight: 16 answers in a row" == throttle.changes[1]
    assert len(steps) == len(throttle.changes)


def test_calls_in_flight_grow_from_one_to_the_limit() -> None:
    """The smallest step is one call; the last one is cut to the limit."""
    clock = Clock()
    throttle = Throttle(Limits(4), clock=clock)
    for _ in range(3):
        ended(throttle, [BUSY])
        clock.now += 1
    ended(throttle, [ANSWER] * (1 + 2 + 3))
    assert 4 == throttle.allowed


def test_a_rate_limit_begins_the_count_anew() -> None:
    """Even one that cuts nothing, because it was sent before the cut."""
    clock = Clock()
    throttle = Throttle(Limits(8), clock=clock)
    old = throttle.begin(prompt())
    clock.now += 1
    ended(throttle, [BUSY])
    ended(throttle, [ANSWER] * 3)
    throttle.end(old, BUSY)
    ended(throttle, [ANSWER] * 3)
    assert 4 == throttle.allowed
    ended(throttle, [ANSWER])
    assert 5 == throttle.allowed


def test_a_server_error_only_delays_growth() -> None:
    """It cuts nothing, and the answers are counted anew."""
    throttle = Throttle(Limits(8), clock=Clock())
    ended(throttle, [BROKEN] * 20)
    assert 8 == throttle.allowed
    ended(throttle, [BUSY])
    ended(throttle, [*[ANSWER] * 3, BROKEN, *[ANSWER] * 3])
    assert 4 == throttle.allowed
    ended(throttle, [ANSWER])
    assert 5 == throttle.allowed


@pytest.mark.parametrize("word", ["timeout", "connection", "malformed response", "bad request"])
def test_other_failures_say_nothing_of_the_load(word: str) -> None:
    """Neither for less nor for more; they are not answers."""
    throttle = Throttle(Limits(8), clock=Clock())
    ended(throttle, [BUSY])
    other = Completion(error=f"{word}: HTTP 4xx")
    ended(throttle, [*[ANSWER] * 3, *[other] * 9])
    assert 4 == throttle.allowed
    ended(throttle, [ANSWER])
    assert 5 == throttle.allowed


def test_calls_in_flight_above_a_cut_end_before_the_next() -> None:
    """A cut takes nothing back: nothing more is sent until there is room under it."""
    throttle = Throttle(Limits(4), clock=Clock())
    calls = [throttle.begin(prompt()) for _ in range(4)]
    throttle.end(calls[0], BUSY)
    assert throttle.wait(prompt()) is None
    throttle.end(calls[1], ANSWER)
    assert throttle.wait(prompt()) is None
    throttle.end(calls[2], Completion(error="timeout: 60 s"))
    assert 0.0 == throttle.wait(prompt())


@given(
    st.integers(1, 40),
    st.lists(st.tuples(st.sampled_from([ANSWER, ANSWER, BUSY, BROKEN]), st.integers(0, 9))),
)
def test_each_change_is_noted(concurrency: int, outcomes: list[tuple[Completion, int]]) -> None:
    """From one to the next without a gap, and always between one call and the limit."""
    clock = Clock()
    throttle = Throttle(Limits(concurrency), clock=clock)
    seen = [concurrency]
    for completion, times in outcomes:
        for _ in range(times):
            ended(throttle, [completion])
            clock.now += 1
            assert 1 <= throttle.allowed <= concurrency
            if throttle.allowed != seen[-1]:
                seen.append(throttle.allowed)
                assert (throttle.allowed > seen[-2]) == (completion == ANSWER)
    steps = [change.partition(" calls in flight: ")[0] for change in throttle.changes]
    assert [f"{was} -> {now}" for was, now in itertools.pairwise(seen)] == steps


def test_each_change_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """At INFO, with its reason, which is cut short."""
    long = Completion(error="rate limit: " + "x" * 1000)
    throttle = Throttle(Limits(4), clock=Clock())
    with caplog.at_level(logging.INFO, logger="pytest_rest"):
        ended(throttle, [long, ANSWER, ANSWER])
    assert [
        "4 -> 2 calls in flight: " + str(long.error)[:200],
        "2 -> 3 calls in flight: 2 answers in a row",
    ] == throttle.changes
    expected = [("pytest_rest", logging.INFO, change) for change in throttle.changes]
    assert expected == caplog.record_tuples


# Shared by several processes

counts = st.none() | st.integers(1, 10_000)


@given(st.integers(1, 64), st.integers(0, 1000), counts, counts, st.none() | st.floats(0.01, 1e6))
def test_shares_are_never_more_than_the_whole(
    askers: int, more: int, rpm: int | None, tpm: int | None, max_cost: float | None
) -> None:
    """Added up, with at least one call for each; what is not limited stays so."""
    assume(all(each is None or each >= askers for each in (rpm, tpm)))
    limits = Limits(askers + more, rpm, tpm, max_cost, retries=7)
    share = limits.share(askers)
    assert 1 <= share.concurrency <= limits.concurrency / askers
    for whole, part in ((rpm, share.rpm), (tpm, share.tpm)):
        assert (whole is None) == (part is None)
        if whole is not None and part is not None:
            assert 1 <= part
            assert whole - askers < part * askers <= whole
    assert (max_cost is None) == (share.max_cost is None)
    if max_cost is not None and share.max_cost is not None:
        assert math.isclose(max_cost, share.max_cost * askers, rel_tol=1e-12)
    assert limits.concurrency - askers < share.concurrency * askers
    assert 7 == share.retries


@given(st.integers(1, 64), counts, counts)
def test_shares_of_a_budget_are_never_more_than_the_whole(
    askers: int, calls: int | None, tokens: int | None
) -> None:
    """Not even where it is too small for all: nobody asks then."""
    share = Limits(64, max_calls=calls, max_tokens=tokens).share(askers)
    for whole, part in ((calls, share.max_calls), (tokens, share.max_tokens)):
        assert (whole is None) == (part is None)
        if whole is not None and part is not None:
            assert whole - askers < part * askers <= whole
    if calls is not None and calls < askers:
        assert "0 calls is spent" in str(Throttle(share, clock=Clock()).overspends(prompt()))


def test_one_process_has_the_whole_limits() -> None:
    """A share of one is the whole."""
    limits = Limits(32, 100, 10_000, 2.5, 3, max_calls=50, max_tokens=100_000)
    assert limits == limits.share(1)


def test_each_process_may_have_one_call_in_flight() -> None:
    """More askers than calls a minute: each has one, because a limit of zero would never end."""
    assert Limits(1, 1, 1) == Limits(4, 3, 2).share(5)
