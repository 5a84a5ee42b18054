"""Turns what a model wrote into a value, and the values of an item's forms into a verdict.

Everything here reads text that a model controls: it is cut to a bounded length, matched by
patterns with bounded repetitions, and never evaluated.

Equal answers have equal values, as strings, so that forms, styles and runs can be compared without
their item. So whatever an item accepts as its answer, such as a number within its tolerance, has
that answer's value.
"""

import functools
import itertools
import re
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import answer_text, fields, kinds
from pytest_rest.scoring.abstentions import abstains
from pytest_rest.scoring.decoration import fold as fold
from pytest_rest.scoring.kinds import parse as parse
from pytest_rest.scoring.transcriptions import character_error_rate as character_error_rate
from pytest_rest.scoring.transcriptions import character_error_rates as character_error_rates
from pytest_rest.scoring.transcriptions import without_surroundings as without_surroundings
from pytest_rest.terms import (
    COMPARED,
    Answer,
    Code,
    Completion,
    FieldAnswer,
    Item,
    Mode,
    Outcome,
    Prompt,
    Seen,
    Status,
    Transcription,
    Verdict,
)

KEPT_CHARACTERS = 20_000
_LONGEST_VALUE = answer_text.LONGEST
LONGEST_REASON = 1_000

_OF_ALL_LINES = ("list", "set", "fields")  # which read below the first line by themselves
_WITHOUT_SIGN = ("choice", "date")  # before which a dash is that of a list
_OF_CALL = (
    *("input_tokens", "output_tokens", "cost", "seconds", "model"),
    *("from_cache", "cached_tokens", "cache_saved"),
)
_of_call = attrgetter(*_OF_CALL)  # a getattr for each takes three times as long
_REFUSAL = re.compile(
    r"\W{0,20}(?:i(?:['’]m| am) (?:sorry|unable|not able)"
    r"|i (?:cannot|can['’]?t|won['’]?t)|sorry\b)",
    re.IGNORECASE,
)


def extract(text: str, item: Item, shown: str = "") -> str | None:
    """Read the value after the answer's marker; None if there is no value of the item's kind.

    Where a marker stands, and what of the prompt `shown` is not an answer, says `answer_text`. A
    text answer is all that follows, up to a remark; of any other kind it is the first line, unless
    the next one says something else of that kind.

    Numbers are returned exactly, as `7`, `-3.5`, `1/3`, choices as the item's own label,
    expressions in their normal form, text in NFKC with white space folded. Whatever the item
    accepts as its answer is returned as that answer.
    """
    said = answer_text.find(text, shown)
    return None if said is None else _value(said, item, shown)[0]


def answer(
    prompt: Prompt,
    completion: Completion,
    text_tokens: int | None = None,
    seen: Seen | None = None,
) -> Answer:
    """Score one form's completion against the item's own answer.

    `text_tokens` is what the prompt's text takes, `seen` what of its picture reaches the model.
    """
    item, images = prompt.item, prompt.images
    texts = (part if isinstance(part, str) else part.text for part in prompt.parts)
    shown = "" if prompt.budget else "\n".join(texts)  # a budget's may hold the model's own words
    status, value = _read(ended(completion), completion.text, item, shown)
    width, height = images[0].size if images and images[0].content else (0, 0)
    return Answer(
        mode=prompt.form.mode,
        status=status,
        text=kept(completion.error or completion.text),
        value=value,
        correct=_is_right(value, item),
        text_tokens=text_tokens,
        width=width,
        height=height,
        seen=seen,
        fields=_fields(status, _said(completion.text, item, shown), item) if item.fields else {},
        **_call(prompt, completion),
    )


def stored_answer(
    item: Item, mode: Mode, completion: Completion, value: str | None = None
) -> Answer:
    """Score an answer that is stored and whose prompt is not known; `value` is one read before.

    Where a text has no marker, all of it is the answer.
    """
    status, said = ended(completion), value
    if value is None:
        status, read = _read(status, completion.text, item, is_alone=True)
        said = _said(completion.text, item, is_alone=True) if item.fields else None
    elif (read := parse(value, item) if status == "parsed" else None) is None:
        status = "unparseable" if status == "parsed" else status
    return Answer(
        mode=mode,
        status=status,
        text=kept(completion.error or completion.text or value or ""),
        value=read,
        correct=_is_right(read, item),
        output_tokens=completion.output_tokens,
        model=completion.model,
        fields=_fields(status, said, item) if item.fields else {},
    )


def transcription(
    prompt: Prompt, completion: Completion, seen: Seen | None = None
) -> Transcription:
    """Score a transcription: `cer` is its character error rate against the drawn text.

    `cer_raw` is that of all that the model wrote, with what it put around the transcription; `seen`
    is as in `answer`.
    """
    reference = prompt.images[0].text
    text = kept(completion.error or completion.text)
    failed = completion.error is not None
    is_code = isinstance(prompt.item.block, Code)
    rates = None if failed else character_error_rates(reference, text, is_code=is_code)
    cer, raw = rates or (None, None)
    return Transcription(
        status=ended(completion),
        text=text,
        reference=reference,
        cer=cer,
        correct=cer == 0,
        cer_raw=raw,
        seen=seen,
        **_call(prompt, completion),
    )


def judge(
    answers: Iterable[Answer],
    transcription: Transcription | None = None,
    mixed_transcription: Transcription | None = None,
) -> Verdict:
    """Judge whether an item's forms agree: the first answers of text, image, mixed and file.

    The order of the forms does not matter; a form's first answer stands for it. One failed call
    loses the item.
    """
    listed = sorted(answers, key=lambda answer: answer.mode)
    by_mode = {mode: tuple(g) for mode, g in itertools.groupby(listed, lambda each: each.mode)}
    first = {mode: each[0] for mode, each in by_mode.items()}
    repeats = {mode: each[1:] for mode, each in by_mode.items() if each[1:]}
    called: list[tuple[str, Answer | Transcription | None]] = [
        *((each.mode, each) for each in listed),
        ("transcription", transcription),
        ("transcription of mixed", mixed_transcription),
    ]
    failures = [f"{name}: {c.text}" for name, c in called if c and c.status == "failed"]
    reason = " ".join("; ".join(failures).split())[:LONGEST_REASON]
    agrees = agree(answer.value for mode, answer in first.items() if mode in COMPARED)
    outcome: Outcome = "lost" if failures else "consistent" if agrees else "inconsistent"
    return Verdict(outcome, first, transcription, reason, repeats, mixed_transcription)


def agree(values: Iterable[str | None]) -> bool:
    """REST's rule of agreement, for the values of forms: all were answered, and equal."""
    distinct = set(values)
    return len(distinct) == 1 and None not in distinct


@functools.lru_cache(maxsize=256)  # an item is judged once in each of its forms
def truths(item: Item) -> tuple[str, ...]:
    """The item's right answers as `extract` would read them; `BenchmarkError` as `truth`."""
    return tuple(map(truth, kinds.with_one_answer(item)))


def truth(item: Item) -> str:
    """The item's own answer as `extract` would read it; `BenchmarkError` if it cannot be read.

    The same for a tolerance that cannot be read, or of an item that is not a number.
    """
    place = f"item {item.id!r} of {item.suite!r}"
    if item.tolerance and item.answer_kind not in ("integer", "number", "quantity"):
        raise BenchmarkError(
            f"{place}: only a number has a tolerance, and its answer is of kind "
            f"{item.answer_kind!r}; leave the tolerance out"
        )
    for each in item.fields:
        truths(kinds.of_field(item, each))
    try:
        value = parse(item.answer, item)
    except BenchmarkError as error:
        raise BenchmarkError(f"{place}: {error}") from None
    if value is None:
        kind = item.answer_kind
        labels = ", ".join(choice.label for choice in item.choices)
        raise BenchmarkError(
            f"{place}: its answer {item.answer!r} is not a valid {kind}; "
            f"give {f'one of {labels}, or the text of a choice' if labels else kinds.MENDS[kind]}"
        )
    return value


def ended(completion: Completion) -> Status:
    """How a completion ended, whatever it says: `parsed` if nothing went wrong."""
    if completion.error is not None:
        return "failed"
    if completion.finish_reason == "length":
        return "truncated"
    return "refused" if completion.finish_reason in ("refusal", "content_filter") else "parsed"


def kept(text: str) -> str:
    """A text's beginning and end, at most 20,000 characters together."""
    if len(text) <= KEPT_CHARACTERS:
        return text
    half = KEPT_CHARACTERS // 2
    return text[:half] + text[-half:]


def _call(prompt: Prompt, completion: Completion) -> dict[str, Any]:
    """What an answer and a transcription keep of their call."""
    return {
        "prompt": prompt.digest,
        "image": prompt.images[0].digest if prompt.images else None,
        "max_tokens": prompt.max_tokens if ended(completion) == "truncated" else None,
        **dict(zip(_OF_CALL, _of_call(completion), strict=True)),
    }


def _is_right(value: str | None, item: Item) -> bool | None:
    """None where nobody says what is right."""
    if not item.answer:
        return None
    if item.fields and value is not None:
        known = kinds.field_values(value, item)
        return all(_is_right(known[each.name], kinds.of_field(item, each)) for each in item.fields)
    return value is not None and item.answer_kind != "open" and value in truths(item)


@functools.lru_cache(maxsize=32)  # an item's styles show the same text, and have like answers
def _read(
    status: Status, text: str, item: Item, shown: str = "", *, is_alone: bool = False
) -> tuple[Status, str | None]:
    """How an answer ended, and its value; one that is alone may be without a marker."""
    if status != "parsed":
        return status, None
    if item.answer_kind == "open":  # the whole text is the answer, which a judge rates
        value = fold(text[:KEPT_CHARACTERS])[:_LONGEST_VALUE] or None
        return ("parsed" if value else "unparseable"), value
    said = _said(text, item, shown, is_alone=is_alone)
    value, is_abstention = (None, False) if said is None else _value(said, item, shown)
    if value is not None:
        return "parsed", value
    if not is_abstention and _REFUSAL.match(text):
        return "refused", None
    if is_abstention or (said is None and abstains(answer_text.reply(text))):
        return "abstained", None
    return "unparseable", None


def _said(text: str, item: Item, shown: str = "", *, is_alone: bool = False) -> str | None:
    """What a model wrote as its answer; all of it where that is known, or is a JSON object."""
    said = answer_text.find(text, shown)
    if said is None and not _REFUSAL.match(text):
        reply = answer_text.reply(text)
        is_alone = is_alone or (bool(item.fields) and fields.is_object(reply))
        said = answer_text.without_fences(reply) if is_alone else None
    return said


def _fields(status: Status, said: str | None, item: Item) -> dict[str, FieldAnswer]:
    """What was read in each field; nothing of an answer that did not end well."""
    is_read = said is not None and status in ("parsed", "unparseable")
    values = kinds.field_values(said or "" if is_read else "", item)
    return {
        each.name: {
            "value": (value := values[each.name]),
            "correct": _is_right(value, kinds.of_field(item, each)),
        }
        for each in item.fields
    }


def _value(said: str, item: Item, shown: str) -> tuple[str | None, bool]:
    """The value of all that follows a marker, and whether it says that there is no answer."""
    if item.answer_kind in _OF_ALL_LINES:
        value = parse(said, item)
    elif item.answer_kind in ("text", "short"):
        said = answer_text.before_remarks(said)
        value = answer_text.read(said)
        value = value and parse(value, item)
    else:
        has_sign = item.answer_kind not in _WITHOUT_SIGN
        is_doubtful = has_sign and answer_text.begins_with_dash(said)
        said, below = answer_text.lines(said)
        value = None if is_doubtful else parse(said, item)
        if value is not None and item.answer_kind != "expression" and "=" not in below:
            other = parse(below, item)
            value = value if other in (value, None) else None
    is_label = item.answer_kind == "choice" and value is not None
    if is_label or (value is not None and value in kinds.right_values(item)):
        return value, False
    if abstains(said):
        return None, True
    own = f"{item.context}\n{item.question}"
    plain = fold(said) if item.answer_kind in _OF_ALL_LINES else value
    if plain and (plain == fold(item.question) or answer_text.is_repeated(plain, shown, own)):
        return None, False
    return value, False
