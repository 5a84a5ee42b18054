"""Answers questions about items in styles, from memory or by a call, within a number of calls."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pytest_rest import prompts, scoring
from pytest_rest.dispatch import ENDED
from pytest_rest.prompts import Protocol
from pytest_rest.terms import Answer, Completion, Form, Item, Prompt, Task, Transcription

Reply = Answer | Transcription
Ask = Callable[[Sequence[Prompt]], Sequence[Completion]]


class Question(NamedTuple):
    """One call: an item in a form, to be answered or transcribed, and which repeat of it."""

    item: Item
    form: Form
    task: Task = "solve"
    repeat: int = 0


class AskingEnded(KeyboardInterrupt):
    """Nothing more can be asked; the text says why.

    It is an interrupt because Hypothesis takes any other exception for a failing example.
    """


class Oracle:
    """Asks each question once and remembers the reply, a failed call too: replies never change.

    At most `calls` prompts are asked, of which `held` are reserved for `ask` with `is_last`.
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
        """The replies, all asked at once: an `Answer` or a `Transcription`, as the task is.

        Raises `AskingEnded` where that would be too many calls, and when all asking has ended.
        """
        new = list(dict.fromkeys(q for q in questions if q not in self._known))
        if self.ended:
            raise AskingEnded(self.ended)
        if self.asked + len(new) > self._calls - (0 if is_last else self._held):
            raise AskingEnded(f"its {self._calls:,} calls are used up")
        replies = self._answer(new) if new else ()
        self.asked += len(new)
        self._known.update(zip(new, replies, strict=True))
        for reply in replies:
            if reply.status == "failed":
                self.failure = reply.text
                self.ended = reply.text if reply.text.startswith(ENDED) else self.ended
        if self.ended:
            raise AskingEnded(self.ended)
        return [self._known[question] for question in questions]

    def known(self, questions: Iterable[Question]) -> list[Any]:
        """The replies to those questions that were asked, without failed calls."""
        replies = (self._known.get(question) for question in questions)
        return [reply for reply in replies if reply is not None and reply.status != "failed"]


def answerer(ask: Ask, protocol: Protocol) -> Callable[[Sequence[Question]], list[Reply]]:
    """A function that answers questions by asking their prompts."""

    def answer(questions: Sequence[Question]) -> list[Reply]:
        asked = [
            prompts.build(item, form, task, protocol, repeat=repeat)
            for item, form, task, repeat in questions
        ]
        return [
            scoring.transcription(prompt, completion)
            if prompt.task == "transcribe"
            else scoring.answer(prompt, completion)
            for prompt, completion in zip(asked, ask(asked), strict=True)
        ]

    return answer
