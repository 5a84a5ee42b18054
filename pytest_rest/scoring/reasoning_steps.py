"""Turns an item's calls under several budgets of thinking into steps, and those into its verdict.

A step is one call: the thinking, the answer, or a judge's rating of an open answer. An open answer
is right if it is rated above 2 on the scale of 0 to 5 (arXiv 2505.21523). If the judge gives no
rating, the item is lost: that is neither the model's answer nor a rating of 0.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar, get_args

from pytest_rest import scoring
from pytest_rest.safe_text import shown
from pytest_rest.terms import (
    Amount,
    Answer,
    Completion,
    Mode,
    Prompt,
    Status,
    Step,
    Sweep,
    Task,
    Transcription,
    Verdict,
    to_builtins,
)

FAITHFUL = 2  # an open answer is right if its rating is above this

_TAIL = 2_000
_RATING = re.compile(
    r"\brating[ \t*_`]{0,8}[:：=][ \t*_`]{0,8}([0-5])(?:/5)?(?![\d.,/]?\d)", re.IGNORECASE
)
_MARKED = re.compile(r"\brating[ \t*_`]{0,8}[:：=]", re.IGNORECASE)
N = TypeVar("N", int, float)
_ORDER: tuple[Task, ...] = get_args(Task)


def rating(completion: Completion) -> int | None:
    """The number after the last `Rating:`, 0 to 5; None without one."""
    if scoring.ended(completion) != "parsed":
        return None
    tail = completion.text[-_TAIL:]
    last = max((match.start() for match in _MARKED.finditer(tail)), default=len(tail))
    match = _RATING.match(tail, last)
    return int(match[1]) if match else None


def judge(
    calls: Iterable[tuple[Prompt, Completion]],
    sweep: Sweep,
    transcription: Transcription | None = None,
    mixed_transcription: Transcription | None = None,
    read: Callable[[Prompt, Completion], Answer] = scoring.answer,
) -> Verdict:
    """The verdict on the answers under the largest budget, with every step behind it.

    `read` is how a call becomes an answer. A failed step loses the item, whatever its budget. An
    item with one form cannot disagree: it is consistent, unless it is lost.
    """
    steps = _rated([_step(call[0], call[1], read) for call in calls if call[0].budget is not None])
    answers = answers_under(steps, sweep.largest.amount)
    verdict = scoring.judge(answers.values(), transcription, mixed_transcription)
    failures = [_failure(step) for step in steps]
    reason = "; ".join(filter(None, (verdict.reason, *failures)))[: scoring.LONGEST_REASON]
    outcome = "consistent" if len(answers) < 2 else verdict.outcome
    return replace(verdict, outcome="lost" if reason else outcome, reason=reason, steps=steps)


def answers_under(steps: Sequence[Step], budget: Amount) -> dict[Mode, Answer]:
    """Each form's answer under a budget, together with its thinking."""
    here = [step for step in steps if step.budget == budget]
    thoughts = {step.mode: step for step in here if step.task == "think"}
    return {
        step.mode: _with_thinking(step, thoughts.get(step.mode))
        for step in here
        if step.task == "solve"
    }


def _with_thinking(step: Step, thought: Step | None) -> Answer:
    answer = Answer(**{name: getattr(step, name) for name in Answer.__dataclass_fields__})
    if thought is None:
        return answer
    return replace(
        answer,
        text=scoring.kept(f"{thought.text}\n{answer.text}"),
        input_tokens=_sum(thought.input_tokens, answer.input_tokens),
        output_tokens=_sum(thought.output_tokens, answer.output_tokens),
        cost=_sum(thought.cost, answer.cost),
        seconds=thought.seconds + answer.seconds,
    )


def _sum(one: N | None, other: N | None) -> N | None:
    return None if one is None or other is None else one + other


def _step(
    prompt: Prompt, completion: Completion, read: Callable[[Prompt, Completion], Answer]
) -> Step:
    answer = to_builtins(read(prompt, completion))
    status: Status = answer["status"]
    stars = rating(completion) if prompt.task == "rate" else None
    if prompt.task != "solve":
        ended = scoring.ended(completion)
        silent: Status = "parsed" if stars is not None or prompt.task == "think" else "unparseable"
        status = silent if ended == "parsed" else ended
        answer |= {"value": None, "correct": False}
    assert prompt.budget is not None  # noqa: S101 (for the type checker: only such get here)
    own = {"task": prompt.task, "budget": prompt.budget.amount, "repeat": prompt.repeat}
    return Step(**answer | own | {"status": status, "rating": stars})


def _rated(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps in order, an open answer's with its first rating."""
    ratings = {
        (step.mode, step.budget): step.rating
        for step in steps
        if step.task == "rate" and step.repeat == 0
    }
    rated = []
    for step in sorted(steps, key=lambda step: (_ORDER.index(step.task), step.repeat)):
        stars = ratings.get((step.mode, step.budget))
        if step.task == "solve" and stars is not None:
            rated.append(replace(step, rating=stars, correct=stars > FAITHFUL))
        else:
            rated.append(step)
    return tuple(rated)


def _failure(step: Step) -> str:
    """Why a step loses its item; empty if it does not."""
    if step.task == "rate" and step.repeat:  # it only tells how steady the judge is
        return ""
    place = f"{step.mode} at {step.budget}"
    if step.task == "rate" and step.rating is None:
        said = f": {shown(step.text, 120)}" if step.text else ""
        return f"judge of {place}: no rating ({step.status}){said}"
    if step.status == "failed":
        return f"{step.task} {place}: {' '.join(step.text.split())}"
    return ""
