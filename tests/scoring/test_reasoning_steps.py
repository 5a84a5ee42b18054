"""The calls of a sweep: what counts as a rating, and what a verdict makes of every budget."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_terms import Silent

from pytest_rest import prompts
from pytest_rest.benchmark.suites import soebench
from pytest_rest.dispatch import Dispatcher
from pytest_rest.dispatch.prefetch import LookAhead
from pytest_rest.evaluate import evaluate, follow_ups, forms
from pytest_rest.metrics import by_budget
from pytest_rest.scoring import reasoning_steps
from pytest_rest.terms import (
    Budget,
    Completion,
    Form,
    Item,
    Prompt,
    Scheme,
    Style,
    Sweep,
    Task,
    Verdict,
)

ITEM = Item("i", "What is A?", "7", answer_kind="integer")
OPEN = Item("o-1", "What is it?", "a cat", answer_kind="open", only="text")
SWEEP = Sweep((Budget(0), Budget(9)), has_judge=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rating: 3", 3),
        ("It is so.\n**Rating:** 0", 0),
        ("rating： 5.", 5),
        ("Rating: 1, no:\nRating: 4", 4),
        ("Rating: 4/5", 4),
        ("Rating: 4\nRating: none", None),
        ("Rating: 6", None),
        ("Rating: 35", None),
        ("Rating: 3.5", None),
        ("Rating: -1", None),
        ("Rating: N", None),
        ("4", None),
        ("", None),
    ],
)
def test_the_last_rating_is_read(text: str, expected: int | None) -> None:
    """A whole number from 0 to 5 behind the last `Rating:`, and nothing else."""
    assert expected == reasoning_steps.rating(Completion(text))


@given(st.text())
def test_any_text_has_a_rating_or_none(text: str) -> None:
    """It is a rating, or it is none."""
    assert reasoning_steps.rating(Completion(text)) in (None, 0, 1, 2, 3, 4, 5)


def test_a_rating_that_was_cut_is_not_read() -> None:
    """Nor is one of a judge that refused, or failed."""
    for completion in (
        Completion("Rating: 5", "length"),
        Completion("Rating: 5", "refusal"),
        Completion("Rating: 5", error="timeout: 1 s"),
    ):
        assert None is reasoning_steps.rating(completion)


Call = tuple[Prompt, Completion]


def call(task: Task, text: str, budget: int = 9, item: Item = ITEM, **more: Any) -> Call:
    """One call, and what came of it."""
    prompt = Prompt(item, Form("text"), task, (task,), 9, 0, Budget(budget))
    return prompt, Completion(text, **more)


def judged(*calls: Call) -> Verdict:
    """The verdict on these calls."""
    return reasoning_steps.judge(calls, SWEEP)


def test_the_largest_budget_stands_for_the_item() -> None:
    """With all that was written for it, of which only the answer counts."""
    thought = call("think", "Answer: 1", input_tokens=5, output_tokens=9)
    answers = (
        call("solve", "Answer: 8", 0),
        call("solve", "Answer: 7", input_tokens=8, output_tokens=4),
    )
    verdict = judged(*answers, thought)
    found = verdict.answers["text"]
    assert ("consistent", True, "7") == (verdict.outcome, found.correct, found.value)
    assert (13, 13, "Answer: 1\nAnswer: 7") == (found.input_tokens, found.output_tokens, found.text)
    assert ["8", "7", None] == [step.value for step in verdict.steps]


@pytest.mark.parametrize(("stars", "expected"), [(0, False), (2, False), (3, True), (5, True)])
def test_an_open_answer_is_right_above_two(stars: int, expected: bool) -> None:
    """By the judge alone, whatever the reference says."""
    verdict = judged(
        call("solve", "a dog", 0, OPEN),
        call("solve", "a cat", 9, OPEN),
        call("rate", f"Rating: {stars}", 9, OPEN),
    )
    assert (expected, stars) == (verdict.steps[1].correct, verdict.steps[1].rating)
    assert not verdict.steps[0].correct


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (call("think", "", 9, error="timeout: 1 s"), "think text at 9: timeout: 1 s"),
        (call("solve", "", 0, error="timeout: 1 s"), "solve text at 0: timeout: 1 s"),
        (call("rate", "Good!", 0), "judge of text at 0: no rating (unparseable): Good!"),
        (call("rate", "Rating: 5", 0, finish_reason="length"), "no rating (truncated)"),
        (call("rate", "", 9, error="timeout: 1 s"), "no rating (failed): timeout: 1 s"),
    ],
)
def test_one_call_that_fails_loses_the_item(wrong: Call, reason: str) -> None:
    """Whatever its budget and its task."""
    verdict = judged(call("solve", "Answer: 7", 9), wrong)
    assert "lost" == verdict.outcome
    assert reason in verdict.reason


def test_a_second_rating_that_fails_loses_nothing() -> None:
    """The first is the answer's; the second only says how steady the judge is."""
    first = call("solve", "a cat", 9, OPEN), call("rate", "Rating: 4", 9, OPEN)
    prompt, failed = call("rate", "", 9, OPEN, error="timeout: 1 s")
    verdict = judged(*first, (dataclasses.replace(prompt, repeat=1), failed))
    assert ("consistent", True) == (verdict.outcome, verdict.steps[0].correct)


class Scholar(Silent):
    """Thinks about twice as long about a text as about a picture."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """The right answer, and how much was thought."""
        return [
            Completion("so " * (10 if each.images else 20 + int(each.item.id[-1])))
            if each.task == "think"
            else Completion(f"Answer: {each.item.answer}")
            for each in prompts
        ]


def test_a_sweep_in_a_notebook() -> None:
    """Without pytest: the thinking is in what the last call is shown, and in the lengths."""
    items = soebench.generate(6, 0)
    scheme = Scheme(sweep=Sweep((Budget(0), Budget(50))), ocr="off")
    records = asyncio.run(evaluate(items, Scholar(), scheme=scheme))
    assert {True} == {record.verdict.consistent for record in records}
    text, image = (records[0].verdict.answers[mode].text for mode in ("text", "image"))
    assert 3 * (10 + int(items[0].id[-1])) == len(text) - len(image)
    at_once, after = by_budget.table(records, [0, 50])["soebench"]
    assert (1.0, None) == (getattr(at_once.metrics.length_ratio, "value", 0), at_once.cut["text"])
    assert by_budget.collapses(after.metrics.length_ratio)


def test_a_quarter_of_the_open_items_is_rated_twice() -> None:
    """One answer of each, drawn by the seed; an answer that is none is not rated at all."""
    protocol = prompts.load_protocol()
    items = [dataclasses.replace(OPEN, question=f"What is it, {n}?") for n in range(200)]

    def asked(seed: int, text: str = "a cat") -> list[int]:
        scheme = Scheme(sweep=dataclasses.replace(SWEEP, seed=seed))
        solved = [
            prompts.build(item, Form("text"), "solve", protocol, budget=budget)
            for item in items
            for budget in SWEEP.budgets
        ]
        return [len(follow_ups(p, Completion(text), protocol, scheme)) for p in solved]

    assert 30 <= asked(0).count(2) <= 70
    assert {1, 2} == {*asked(0)}
    assert asked(0) == asked(0) != asked(1)
    assert {0} == {*asked(0, " ")}


def test_a_judge_is_told_no_budget() -> None:
    """A rating is known by its answer's budget, which no endpoint is to apply to the judge."""
    scheme = Scheme(sweep=Sweep((Budget("low", "native"),), has_judge=True))
    protocol = prompts.load_protocol()
    (solved,) = forms(OPEN, Style(), protocol, scheme)
    rated = follow_ups(solved, Completion("a cat"), protocol, scheme)[0]
    assert (Budget("low", "native"), Budget("low")) == (solved.budget, rated.budget)


class Slow(Scholar):
    """Notes what it is asked, and rates."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """A rating, or what a scholar says."""
        self.asked += [prompt.task for prompt in prompts]
        if prompts[0].task == "rate":
            return [Completion("Rating: 4")]
        return await super().ask(prompts)


def test_all_rounds_are_asked_ahead_of_the_test() -> None:
    """What follows from an answer, and what follows from that, before any test waits for it."""
    model, protocol = Slow(), prompts.load_protocol()
    scheme = Scheme(sweep=Sweep((Budget(9),), has_judge=True))
    dispatcher = Dispatcher(model)
    ahead = LookAhead(dispatcher, 9, 9, lambda p, c: follow_ups(p, c, protocol, scheme))
    try:
        assert ahead.place("case", forms(OPEN, Style(), protocol, scheme))
        ends = time.monotonic() + 10
        while "rate" not in model.asked and time.monotonic() < ends:
            time.sleep(0.005)
    finally:
        ahead.close()
        dispatcher.close()
    assert ["think", "solve", "rate"] == [*dict.fromkeys(model.asked)]


def test_a_budget_is_part_of_the_digest() -> None:
    """What is asked under two budgets is asked twice, even if it reads the same."""
    (item,), protocol = soebench.generate(1, 0), prompts.load_protocol()
    budgets = [None, Budget(0), Budget(5), Budget(6), Budget(5, "native"), Budget("low", "native")]
    digests = {
        prompts.build(item, Form("text"), "solve", protocol, budget=budget).digest
        for budget in budgets
    }
    assert len(budgets) == len(digests)
