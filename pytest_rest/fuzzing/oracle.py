"""Turns questions about an item in a style into answers: each asked once, so many in all."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pytest_rest import prompts, scoring
from pytest_rest.dispatch import ENDED
from pytest_rest.prompts import Protocol
from pytest_rest.terms import Answer, Completion, Form, Item, Prompt, Task, Transcription

Reply = Answer | Transcription
Ask = Callable[[Sequence[Prompt]], Sequence[Completion]]


class Question(NamedTuple):
    """One call: an item in a form, to be answered or transcribed, for the how-manieth time."""

    item: Item
    form: Form
    task: Task = "solve"
    repeat: int = 0


class Over(KeyboardInterrupt):
    """Nothing more can be asked; the text says why.

    An interrupt, for Hypothesis takes any other exception for a failing example, and keeps it.
    """


class Inquiry:
    """Asks, and remembers for as long as it lives: a failed call too, so that nothing ever changes.

    At most `calls` prompts are asked, of which `held` are for what is asked with `is_last`.
    """

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Reply]], calls: int, held: int = 0
    ) -> None:
        self._answer, self._calls, self._held = answer, calls, held
        self._known: dict[Question, Reply] = {}
        self.asked = 0
        self.ended = ""  # why all asking has ended, where it has
        self.failure = ""  # what the last failed call said

    def ask(self, questions: Sequence[Question], is_last: bool = False) -> list[Any]:
        """The replies, all asked at once; raises `Over` where that would be too many calls.

        An `Answer` to what is to be solved, a `Transcription` of what is to be transcribed.
        """
        new = list(dict.fromkeys(each for each in questions if each not in self._known))
        if self.ended:
            raise Over(self.ended)
        if self.asked + len(new) > self._calls - (0 if is_last else self._held):
            raise Over(f"its {self._calls:,} calls are made")
        replies = self._answer(new) if new else ()
        self.asked += len(new)
        self._known.update(zip(new, replies, strict=True))
        for reply in replies:
            if reply.status == "failed":
                self.failure = reply.text
                self.ended = reply.text if reply.text.startswith(ENDED) else self.ended
        if self.ended:
            raise Over(self.ended)
        return [self._known[each] for each in questions]

    def known(self, questions: Iterable[Question]) -> list[Any]:
        """The replies to those of the questions that were asked, and did not fail."""
        found = (self._known.get(each) for each in questions)
        return [reply for reply in found if reply is not None and reply.status != "failed"]


def answerer(ask: Ask, protocol: Protocol) -> Callable[[Sequence[Question]], list[Reply]]:
    """What answers questions through prompts."""

    def answer(questions: Sequence[Question]) -> list[Reply]:
        asked = [
            prompts.build(each.item, each.form, each.task, protocol, repeat=each.repeat)
            for each in questions
        ]
        return [
            scoring.transcription(prompt, completion)
            if prompt.task == "transcribe"
            else scoring.answer(prompt, completion)
            for prompt, completion in zip(asked, ask(asked), strict=True)
        ]

    return answer
