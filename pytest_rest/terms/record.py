"""What an item was answered, judged: the record that crosses processes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypedDict

from pytest_rest.terms.content import to_builtins
from pytest_rest.terms.quick import quick
from pytest_rest.terms.words import (
    JUDGES_TASKS,
    Amount,
    Likeness,
    Mode,
    Outcome,
    Said,
    Status,
    Task,
)

_NOTHING: Mapping[Any, Any] = {}  # one for all records, of which most have nothing in such a place


def _nothing() -> Mapping[Any, Any]:
    return _NOTHING


class Seen(TypedDict):
    """What of a picture reaches the model: pixels, and the DPI of what was drawn, if it was."""

    width: int
    height: int
    dpi: float | None


class FieldAnswer(TypedDict):
    """What was read in one field of an answer, and whether that is right."""

    value: str | None
    correct: bool | None


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """What one form was answered with, the value read from it, and whether that is right.

    `correct` is None where nobody says what is right: stored answers may come without.
    `text_tokens` is what the prompt's text is estimated to take (see `models.tokens`), `width` and
    `height` are its picture's sides in pixels, 0 without one, and `seen` what of it reaches the
    model, None where that is not known (see `models.vision_rules`). `max_tokens` is the limit of an
    answer that was cut off, and None of any other. `fields` are by name, of an item that has some.
    """

    mode: Mode
    status: Status
    text: str
    value: str | None = None
    correct: bool | None = False
    prompt: str = ""
    image: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    text_tokens: int | None = None
    width: int = 0
    height: int = 0
    from_cache: bool = False
    max_tokens: int | None = None
    seen: Seen | None = None
    fields: Mapping[str, FieldAnswer] = field(default_factory=_nothing)
    cached_tokens: int | None = None
    cache_saved: float | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is known to be right."""
        return bool(self.correct)


@quick
@dataclass(frozen=True, slots=True)
class Step(Answer):
    """One call of a sweep: an answer under a budget, or the thinking before it, or its rating.

    Or a judge's comparison of two answers, which has no budget, and the judge's word as its value.
    `rating` is the judge's, 0 to 5, or None where it gave none; `repeat` which time it was asked.
    """

    task: Task = "solve"
    budget: Amount = 0
    repeat: int = 0
    rating: int | None = None

    @property
    def is_judges(self) -> bool:
        """Whether the judge was asked, and not the model."""
        return self.task in JUDGES_TASKS


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a judge said of two answers, in both orders; `one` and `other` say whose they are.

    `text`, `text, mixed`, or `answer` for the item's own right answer.
    """

    one: str
    other: str
    first: str
    second: str
    said: Said
    said_swapped: Said

    @property
    def verdict(self) -> Likeness:
        """Whether they mean the same: unsure where the order matters."""
        return self.said if self.said == self.said_swapped else "unsure"


@quick
@dataclass(frozen=True, slots=True)
class Transcription:
    """What the model read in a form's picture; `cer` in errors per reference character.

    `cer_raw` counts what the model put around it as well: a lead-in, a code fence, quotes. Of
    several pictures each is transcribed in a call of its own, as `pages` has them in order, and
    this is their sum; its `prompt`, `image` and `seen` are those of the first.
    """

    status: Status
    text: str
    reference: str
    cer: float | None = None
    correct: bool = False
    prompt: str = ""
    image: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    model: str = ""
    cer_raw: float | None = None
    from_cache: bool = False
    max_tokens: int | None = None
    seen: Seen | None = None
    pages: tuple["Transcription", ...] = ()
    cached_tokens: int | None = None
    cache_saved: float | None = None

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Transcription":
        """The transcription that a record has written."""
        return cls(**{**data, "pages": tuple(cls(**page) for page in data.get("pages", ()))})


@quick
@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an item's forms agree: consistent, inconsistent, or lost, and the answers behind it.

    `reason` says in one line why an item was lost; it is empty otherwise. `repeats` are the answers
    after the first where each form is asked several times. `transcription` is of the image form's
    picture, and `mixed_transcription` of the mixed form's, where that one is transcribed too.
    `steps` are all calls of a sweep, whose `answers` are those under the largest budget; or the
    calls of a judge, whose `comparisons` say which answers mean the same.
    """

    outcome: Outcome
    answers: Mapping[Mode, Answer]
    transcription: Transcription | None = None
    reason: str = ""
    repeats: Mapping[Mode, tuple[Answer, ...]] = field(default_factory=_nothing)
    mixed_transcription: Transcription | None = None
    steps: tuple[Step, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def consistent(self) -> bool:
        """Every form was answered, and with the same value."""
        return self.outcome == "consistent"

    @property
    def lost(self) -> bool:
        """A call failed, so nothing can be said of the item."""
        return self.outcome == "lost"

    @property
    def transcriptions(self) -> tuple[Transcription, ...]:
        """What was transcribed, of one picture or of each."""
        return tuple(filter(None, (self.transcription, self.mixed_transcription)))

    @property
    def ocr_correct(self) -> bool:
        """Something was transcribed, and all of it fully right."""
        return bool(self.transcriptions) and all(each.correct for each in self.transcriptions)


@quick
@dataclass(frozen=True, slots=True)
class Record:
    """One item in one style, judged. The one thing that crosses processes, as ASCII JSON."""

    suite: str
    item: str
    style: str
    digest: str
    truth: str
    verdict: Verdict
    own: Mapping[str, float | None] = field(default_factory=_nothing)  # metrics of other packages
    cluster: str = ""  # the item's
    choices: int = 0  # that the item has to choose from
    also_right: tuple[str, ...] = ()
    format: str = ""  # how the text was written, or what was pictured: html, markdown
    tags: tuple[str, ...] = ()  # the item's
    pages: int = 0  # the most pictures that a form showed, where that is more than one
    answer_page: int = 0  # which of the image form's pages has what answers it; 0: unknown

    @property
    def key(self) -> tuple[str, str, str]:
        """What a record is counted by: suite, item and style."""
        return (self.suite, self.item, self.style)

    @property
    def is_judged(self) -> bool:
        """Whether anybody says what is right."""
        answers = self.verdict.answers.values()
        return bool(self.truth) or any(answer.correct is not None for answer in answers)

    def to_builtins(self) -> dict[str, Any]:
        """The record as the report has it, and as it travels between processes."""
        verdict = self.verdict
        read, mixed_read = verdict.transcription, verdict.mixed_transcription
        return {
            "id": self.item,
            "suite": self.suite,
            "style": self.style,
            "digest": self.digest,
            "answer": self.truth,
            "verdict": verdict.outcome,
            "reason": verdict.reason,
            "ocr": read and _with_pages(read),
            "ocr_mixed": mixed_read and _with_pages(mixed_read),
            "answers": {mode: to_builtins(answer) for mode, answer in verdict.answers.items()},
            "own": dict(self.own),
            "choices": self.choices,
            "repeats": {m: [to_builtins(a) for a in more] for m, more in verdict.repeats.items()},
            **({"steps": [to_builtins(step) for step in verdict.steps]} if verdict.steps else {}),
            **({"comparisons": _compared(verdict)} if verdict.comparisons else {}),
            **({"cluster": self.cluster} if self.cluster else {}),
            **({"also_right": [*self.also_right]} if self.also_right else {}),
            **({"format": self.format} if self.format else {}),
            **({"pages": self.pages} if self.pages else {}),
            **({"answer_page": self.answer_page} if self.answer_page else {}),
            **({"tags": [*self.tags]} if self.tags else {}),
        }

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any], **more: Any) -> Self:
        """The record that `to_builtins` wrote; what a report adds to it is passed over."""
        verdict = Verdict(
            data["verdict"],
            {answer["mode"]: Answer(**answer) for answer in data["answers"].values()},
            data["ocr"] and Transcription.from_builtins(data["ocr"]),
            data["reason"],
            {m: tuple(Answer(**a) for a in again) for m, again in data["repeats"].items()}
            or _NOTHING,
            data["ocr_mixed"] and Transcription.from_builtins(data["ocr_mixed"]),
            tuple(Step(**step) for step in data.get("steps", ())),
            tuple(map(_comparison, data.get("comparisons", ()))),
        )
        suite, item, style = data["suite"], data["id"], data["style"]
        rest = data.get("own") or _NOTHING, data.get("cluster", ""), data.get("choices", 0)
        lists = [tuple(data.get(name, ())) for name in ("also_right", "tags")]
        late = lists[0], data.get("format", ""), lists[1]
        pages = data.get("pages", 0), data.get("answer_page", 0)
        about = data["digest"], data["answer"], verdict
        return cls(suite, item, style, *about, *rest, *late, *pages, **more)

    def to_json(self) -> str:
        """One line of ASCII, whatever a model wrote into it (lone surrogates included)."""
        return json.dumps(self.to_builtins(), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The record that `to_json` wrote."""
        return cls.from_builtins(json.loads(text))


def _with_pages(read: Transcription) -> dict[str, Any]:
    pages = {"pages": [to_builtins(page) for page in read.pages]} if read.pages else {}
    return {**to_builtins(read), **pages}


def _compared(verdict: Verdict) -> list[dict[str, Any]]:
    """The comparisons with their verdicts."""
    return [{**to_builtins(each), "verdict": each.verdict} for each in verdict.comparisons]


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(**{name: data[name] for name in Comparison.__dataclass_fields__})
