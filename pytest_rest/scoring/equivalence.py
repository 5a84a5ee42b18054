"""Turns what a judge says of pairs of answers into the values by which forms are compared.

Two answers mean the same if the judge says so in both orders; if it says so in one, the pair is
unsure. An unsure pair is not the same: a gate must not pass on an agreement that depends on which
answer is named first, and the item is not lost, for nothing failed and asking again would not help.

Meaning the same need not be transitive as a judge sees it. Answers are therefore put into classes
of which all pairs are the same, and all answers of a class get one value. So an item is consistent
if all its pairs are the same. An answer is right if it means the same as a right answer.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from pytest_rest import scoring
from pytest_rest.safe_text import shown
from pytest_rest.scoring import ended, kept, truths
from pytest_rest.scoring.decoration import undecorated
from pytest_rest.terms import (
    COMPARED,
    Answer,
    Comparison,
    Completion,
    Item,
    Pair,
    Prompt,
    Said,
    Status,
    Step,
    Transcription,
    Verdict,
    to_builtins,
)

OWN = "answer"  # what the item's own right answer is called in a comparison
_WORDS: tuple[Said, ...] = ("same", "different")
_LONGEST_LINE = 200


@dataclass(frozen=True)
class Judged:
    """The answers with the values of their classes, the comparisons, and why the item is lost."""

    answers: Sequence[Answer]
    comparisons: tuple[Comparison, ...]
    failure: str


def word(completion: Completion) -> Said | None:
    """The judge's word, which stands alone on its last line; None where it does not."""
    if ended(completion) != "parsed":
        return None
    lines = completion.text.rpartition("</think>")[2].strip().splitlines()
    if not lines or len(lines[-1]) > _LONGEST_LINE:
        return None
    last = undecorated(lines[-1]).casefold()
    return next((known for known in _WORDS if known == last), None)


def pairs(item: Item, answers: Sequence[Answer]) -> list[Pair]:
    """The pairs of texts that are to be compared: those of two forms, then with what is right.

    None where a call failed, for the item is lost. Equal values need no judge.
    """
    if any(answer.status == "failed" for answer in answers):
        return []
    values, right = _values(answers), _right(item)
    unsaid = [truth for truth in right if truth not in values]
    doubtful = [value for value in values if value not in right]
    return [*itertools.combinations(values, 2), *itertools.product(doubtful, unsaid)]


def verdict(
    item: Item,
    calls: Iterable[tuple[Prompt, Completion]],
    answers: Sequence[Answer],
    *read: Transcription | None,
) -> Verdict:
    """The verdict on an item's answers, and what was `read` of its pictures; lost without a judge.

    `calls` are all that were made, of which the judge's become steps.
    """
    asked = {prompt.compared: (prompt, each) for prompt, each in calls if prompt.compared}
    judged = judge(item, answers, {pair: completion for pair, (_, completion) in asked.items()})
    found = replace(
        scoring.judge(judged.answers, *read),
        steps=tuple(_step(*call) for call in asked.values()),
        comparisons=judged.comparisons,
    )
    if judged.failure and not found.lost:
        return replace(found, outcome="lost", reason=judged.failure[: scoring.LONGEST_REASON])
    return found


def _step(prompt: Prompt, completion: Completion) -> Step:
    """A judge's call, as it is counted."""
    answer, said = to_builtins(scoring.answer(prompt, completion)), word(completion)
    is_silent = said is None and answer["status"] == "parsed"
    status: Status = "unparseable" if is_silent else ended(completion)
    own = {"task": prompt.task, "value": said, "correct": None, "status": status}
    return Step(**answer | own)


def judge(item: Item, answers: Sequence[Answer], said: Mapping[Pair, Completion]) -> Judged:
    """The answers as the judge sees them, by what it said of each pair in each order."""
    right, comparisons = _right(item), []
    for pair in pairs(item, answers):
        completions = [said.get(each, Completion(error="not asked")) for each in (pair, pair[::-1])]
        names = [_names(text, answers, right) for text in pair]
        words = [(completion, word(completion)) for completion in completions]
        if unread := [completion for completion, each in words if each is None]:
            return Judged(answers, (), _failure(names, unread[0]))
        first, second = (each for _, each in words if each)
        comparisons.append(Comparison(names[0], names[1], *pair, first, second))
    alike = [(each.first, each.second) for each in comparisons if each.verdict == "same"]
    same = {*alike, *(pair[::-1] for pair in alike)}
    values = _values_of_classes(_classes(_values(answers), same), right, same)
    return Judged(
        [
            replace(
                answer,
                value=None if answer.value is None else values[answer.value],
                correct=_is_right(answer.value, right, same) if right else None,
            )
            for answer in answers
        ],
        tuple(comparisons),
        "",
    )


def _is_right(value: str | None, right: Sequence[str], same: Set[Pair]) -> bool:
    return value is not None and any(value == t or (value, t) in same for t in right)


def _values_of_classes(
    classes: Iterable[Sequence[str]], right: Sequence[str], same: Set[Pair]
) -> dict[str, str]:
    """The value of each answer's class: a right answer that all of it mean, or the first of it."""
    values: dict[str, str] = {}
    for members in classes:
        meant = [
            truth for truth in right if all(_is_right(each, [truth], same) for each in members)
        ]
        free = [truth for truth in meant if truth not in values.values()]
        values |= dict.fromkeys(members, free[0] if free else members[0])
    return values


def _classes(values: Iterable[str], same: Set[Pair]) -> list[list[str]]:
    """The values in classes; each joins the first of which all mean the same."""
    classes: list[list[str]] = []
    for value in values:
        fitting = (each for each in classes if all((other, value) in same for other in each))
        if (home := next(fitting, None)) is None:
            classes.append([value])
        else:
            home.append(value)
    return classes


def _values(answers: Iterable[Answer]) -> list[str]:
    """What was answered, each once: by text, image and mixed first, by repeated calls last."""
    listed = [(n, each) for n, each in enumerate(answers) if each.value is not None]
    seen: dict[str, int] = {}
    ranked = []
    for n, each in listed:
        repeat = seen[each.mode] = seen.get(each.mode, -1) + 1
        place = COMPARED.index(each.mode) if each.mode in COMPARED else len(COMPARED)
        ranked.append((repeat, place, n, each.value))
    return [*dict.fromkeys(value for *_, value in sorted(ranked) if value is not None)]


def _right(item: Item) -> list[str]:
    """The right answers; none where nobody says what is right."""
    return [*dict.fromkeys(truths(item))] if item.answer else []


def _names(value: str, answers: Iterable[Answer], right: Sequence[str]) -> str:
    """Whose answer it is: `text, mixed`, or `answer`."""
    names = [each.mode for each in answers if each.value == value]
    return ", ".join(dict.fromkeys([*names, *([OWN] if value in right else [])]))


def _failure(names: Sequence[str], completion: Completion) -> str:
    """Why nothing is known of a pair."""
    place = f"judge of {' and '.join(names)}"
    if completion.error is not None:
        return f"{place}: {' '.join(completion.error.split())}"
    wrote = shown(kept(completion.text), 120)
    return f"{place}: neither same nor different ({ended(completion)}){wrote and f': {wrote}'}"
