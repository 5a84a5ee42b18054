"""What a run would take: calls, tokens, dollars and time, and nothing asked."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from endpoint import Endpoint, Reply
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest

from pytest_rest import prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch import estimate
from pytest_rest.dispatch.budgets import Used
from pytest_rest.dispatch.limits import Limits
from pytest_rest.evaluate import forms
from pytest_rest.models import tokens
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.models.with_price import with_price
from pytest_rest.reporting.terminal import plan
from pytest_rest.terms import Price, Style

PRICE = Price(1e-6, 5e-6)
PROTOCOL = prompts.load_protocol()
ITEMS = soebench.generate(4, 0)
PROMPTS = [forms(item, Style(), PROTOCOL) for item in ITEMS]


def test_a_plan_counts_every_prompt_once() -> None:
    """The text form of an item in two styles is one call."""
    styles = (Style(), Style(dpi=50))
    made = estimate.make([forms(ITEMS[0], style, PROTOCOL) for style in styles], "m")
    assert (2, 7) == (made.items, made.calls)


def test_a_plan_is_the_sum_of_its_prompts() -> None:
    """Tokens as each prompt's estimate; answers as long as they may get, and as is typical."""
    made = estimate.make(PROMPTS, "openai/gpt-4o-mini")
    each = [tokens.estimate(prompt, "openai/gpt-4o-mini") for case in PROMPTS for prompt in case]
    assert (16, 0) == (made.calls, made.stored)
    assert sum(one.text for one in each) == made.text
    assert sum(one.vision for one in each) == made.vision
    assert (16 * 2048, 16 * estimate.TYPICAL_ANSWER) == (made.answers, made.typical)


def test_what_is_stored_is_not_asked_again() -> None:
    """A resumed run plans only what is missing."""
    stored = frozenset(prompt.digest for prompt in PROMPTS[0])
    made, rest = estimate.make(PROMPTS, "m", stored=stored), estimate.make(PROMPTS[1:], "m")
    assert (12, 4) == (made.calls, made.stored)
    assert (rest.text, rest.vision, rest.answers) == (made.text, made.vision, made.answers)


def test_dollars_are_tokens_times_price() -> None:
    """Input and output each at their own price; unknown is not zero."""
    made = estimate.make(PROMPTS, "m", Price(1e-6, 5e-6))
    sent = (made.text + made.vision) * 1e-6
    assert sent + made.answers * 5e-6 == pytest.approx(made.cost(made.answers))
    assert estimate.make(PROMPTS, "m").cost(1000) is None


def test_a_plan_says_where_each_budget_ends() -> None:
    """After how many tests, by the length of answers; an earlier session has used some of it."""
    cost = estimate.make(PROMPTS, "m", PRICE).cost(16 * 300)
    assert cost is not None
    limits = Limits(max_calls=11, max_tokens=1_000_000, max_cost=cost)
    made = estimate.make(PROMPTS, "m", PRICE, limits=limits)
    assert {"calls": (2, 2), "tokens": (None, None), "cost": (0, None)} == ends(made)
    made = estimate.make(PROMPTS, "m", PRICE, limits=limits, before=Used(calls=4, cost=cost / 2))
    assert {"calls": (1, 1), "tokens": (None, None), "cost": (0, 2)} == ends(made)


def ends(made: estimate.Plan) -> dict[str, tuple[int | None, int | None]]:
    """After how many tests each budget is spent, with the longest answers and with usual ones."""
    return {name: (end.longest, end.typical) for name, end in made.ends.items()}


def test_the_lines_of_prices_and_budgets() -> None:
    """In batches beside directly, from the cache, and what is not enough."""
    price = replace(PRICE, cached=1e-7, batch=Price(5e-7, 2.5e-6))
    limits = Limits(max_calls=11, max_tokens=10**9, max_cost=0.03)
    model = with_price(SimulatedModel(), price)
    said = " ".join(plan.lines(estimate.make(PROMPTS, "m", price, limits=limits), limits, model))
    text = " ".join(said.split())
    assert "dollars at most $0.17; about $0.03 at 300 tokens an answer in batches at most" in text
    assert "in batches at most $0.08; about $0.01 cached $0.10 in place of $1.00" in text
    assert "--rest-max-calls=11 is spent after 2 of 4 tests" in text
    assert "--rest-max-tokens=1000000000 is enough" in text
    assert "--rest-max-cost=0.03 is enough at 300 tokens an answer; with the longest ans" in text
    unpriced = " ".join(plan.lines(estimate.make(PROMPTS, "m", limits=limits), limits, model))
    assert "--rest-max-cost=0.03 cannot be held; give --rest-price" in unpriced


@given(st.integers(1, 200), st.integers(1, 10_000), st.integers(1000, 10**7))
def test_a_tighter_limit_is_never_faster(concurrency: int, rpm: int, tpm: int) -> None:
    """The time is the largest of what each limit makes it."""
    made = estimate.make(PROMPTS, "m")
    loose = max(made.seconds(Limits(concurrency, rpm + 1, tpm + 1)).values())
    tight = max(made.seconds(Limits(concurrency, rpm, tpm)).values())
    assert loose <= tight
    assert max(made.seconds(Limits(concurrency)).values()) <= tight


def test_nothing_is_sent(run_rest: RunRest, mode: Sequence[str]) -> None:
    """Calls as a run makes them, exit status 0, no folder, no request; with workers too."""
    with Endpoint(lambda _: Reply(text="Answer: 1")) as endpoint:
        args = ("--rest-model=vlm", f"--rest-api-base={endpoint.openai_base}")
        suite = "--rest-suite=soebench:3"
        planned = run_rest(*args, suite, "--rest-plan", "--rest-min-rer=0.9", *mode)
        assert 0 == len(endpoint.requests)
        run_rest(*args, suite, "--rest-max-cfr=1")
        asked = len(endpoint.requests)
    assert pytest.ExitCode.OK == planned.status
    assert f"calls       {asked}: 3 tests" in planned.out
    assert "the price is not known" in planned.out
    assert "gate" not in planned.out
    assert {} == planned.report


@pytest.mark.costly
def test_a_plan_needs_no_key(run_rest: RunRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dollars from LiteLLM's price table, and the limit that decides the time."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    args = ("--rest-model=claude-haiku-4.5", "--rest-suite=soebench:20", "--rest-rpm=10")
    run = run_rest(*args, "--rest-plan", subprocess=True)
    assert pytest.ExitCode.OK == run.status
    (dollars,) = [line for line in run.out.splitlines() if line.startswith("  dollars")]
    assert "at most $0.8" in dollars
    assert "time        about 7 min, by --rest-rpm, at 5 s a call" in run.out


def test_a_plan_of_selected_tests(run_rest: RunRest) -> None:
    """What -k leaves out is not planned."""
    args = ("--rest-model=simulated", "--rest-suite=soebench:5", "--rest-plan")
    run = run_rest(*args, "-k", "soebench-0001 or soebench-0002")
    assert "calls       8: 2 tests" in run.out
    assert "none: nobody is paid" in run.out


def test_a_plan_of_a_resumed_run(run_rest: RunRest) -> None:
    """Only what is missing is planned."""
    model = "--rest-model=simulated"
    run_rest(model, "--rest-suite=soebench:2")
    run = run_rest(model, "--rest-suite=soebench:5", "--rest-resume", "--rest-plan", keep=True)
    assert "calls       12, and 8 are stored: 5 tests" in run.out


def test_a_test_file_that_cannot_be_collected(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """A plan of half the tests is no plan: pytest's own error, and its status."""
    pytester.makepyfile(test_broken="import nowhere_at_all")
    run = run_rest("--rest-model=simulated", "--rest-plan", "test_broken.py")
    assert pytest.ExitCode.INTERRUPTED == run.status
    assert "nothing was asked" not in run.out
