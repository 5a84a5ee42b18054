"""Turns what a model wrote into a value, and the values of an item's forms into a verdict.

Everything here reads text that a model controls: it is cut to a bounded length, matched by
patterns with bounded repetitions, and never evaluated.

Equal answers have equal values, as strings, so that forms, styles and runs can be compared without
their item. So whatever an item accepts as its answer, such as a number within its tolerance, has
that answer's value.
"""

import itertools
import re
import string
import unicodedata
from collections.abc import Iterable
from typing import Any

from pytest_rest.errors import BenchmarkError
from pytest_rest.scoring import expressions, numbers
from pytest_rest.terms import (
    MODES,
    Answer,
    Completion,
    Item,
    Outcome,
    Prompt,
    Status,
    Transcription,
    Verdict,
)

KEPT_CHARACTERS = 20_000
_TAIL = 4_000
_LONGEST_VALUE = 500
LONGEST_REASON = 1_000

_MARKER = re.compile(r"\banswer[ \t*_`]{0,8}[:：=]", re.IGNORECASE)
_WRAPPED = re.compile(r"\\(?:boxed|text|mathrm|mathbf)\{(.*)\}")
_DECORATION = "*_`\"'“”‘’"
_MENDS = {
    "integer": "a whole number, such as 7",
    "number": "a number, such as 12.5 or 1/3",
    "text": "a text, or another kind",
    "expression": "one such as 2(x+1), x^2 or sqrt(x), or say kind: text",
}
_REFUSAL = re.compile(
    r"\W{0,20}(?:i(?:['’]m| am) (?:sorry|unable|not able)"
    r"|i (?:cannot|can['’]?t|won['’]?t)|sorry\b)",
    re.IGNORECASE,
)
_HEDGED = re.compile(r"\b(?:and|or) \(?(\w{1,5})(?=[.):]|$)")
_FENCED = re.compile(r"\s{0,20}```[a-z]{0,20}\n(.*)\n```\s{0,20}", re.DOTALL)


def extract(text: str, item: Item) -> str | None:
    """Read the value after the last `Answer:`; None if there is no value of the item's kind.

    Markdown and LaTeX decoration is dropped. Numbers are returned exactly, as `7`, `-3.5`, `1/3`,
    choices as the item's own label, expressions in their normal form, text in NFKC with white space
    folded. Whatever the item accepts as its answer is returned as that answer.
    """
    tail = text[-_TAIL:]
    markers = list(_MARKER.finditer(tail))
    if not markers:
        return None
    rest = tail[markers[-1].end() :].lstrip(_DECORATION + string.whitespace)
    return parse(rest.partition("\n")[0], item)


def parse(text: str, item: Item) -> str | None:
    """Read a value of the item's kind from a text that is the answer alone."""
    if item.answer_kind == "open":
        return fold(text) or None
    if len(text) > _LONGEST_VALUE:
        return None
    if item.answer_kind == "expression":
        return expressions.value(_bare(text), _bare(item.answer))
    if item.answer_kind in ("integer", "number"):
        return numbers.value(_line(text), _line(item.answer), item.tolerance)
    text = _undecorated(fold(text))
    return _choice(text, item) if item.answer_kind == "choice" else text or None


def answer(prompt: Prompt, completion: Completion) -> Answer:
    """Score one form's completion against the item's own answer."""
    item = prompt.item
    status, value = _read(completion, item)
    has_picture = bool(prompt.images and prompt.images[0].png)
    width, height = prompt.images[0].size if has_picture else (0, 0)
    return Answer(
        mode=prompt.form.mode,
        status=status,
        text=kept(completion.error or completion.text),
        value=value,
        correct=value is not None and item.answer_kind != "open" and value == truth(item),
        width=width,
        height=height,
        **_call(prompt, completion),
    )


def transcription(prompt: Prompt, completion: Completion) -> Transcription:
    """Score a transcription: `cer` is its character error rate against the drawn text."""
    reference = prompt.images[0].text
    text = kept(completion.error or completion.text)
    cer = None if completion.error is not None else character_error_rate(reference, text)
    return Transcription(
        status=ended(completion),
        text=text,
        reference=reference,
        cer=cer,
        correct=cer == 0,
        **_call(prompt, completion),
    )


def judge(
    answers: Iterable[Answer],
    transcription: Transcription | None = None,
    mixed_transcription: Transcription | None = None,
) -> Verdict:
    """Judge whether an item's forms agree: the first answers of text, image and mixed.

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
    agrees = agree(answer.value for mode, answer in first.items() if mode in MODES)
    outcome: Outcome = "lost" if failures else "consistent" if agrees else "inconsistent"
    return Verdict(outcome, first, transcription, reason, repeats, mixed_transcription)


def agree(values: Iterable[str | None]) -> bool:
    """REST's rule of agreement, for the values of forms: all were answered, and equal."""
    distinct = set(values)
    return len(distinct) == 1 and None not in distinct


def truth(item: Item) -> str:
    """The item's own answer as `extract` would read it; `BenchmarkError` if it cannot be read.

    The same for a tolerance that cannot be read, or of an item that is not a number.
    """
    place = f"item {item.id!r} of {item.suite!r}"
    if item.tolerance and item.answer_kind not in ("integer", "number"):
        raise BenchmarkError(
            f"{place}: only a number has a tolerance, and its answer is of kind "
            f"{item.answer_kind!r}; leave the tolerance out"
        )
    try:
        value = parse(item.answer, item)
    except BenchmarkError as error:
        raise BenchmarkError(f"{place}: {error}") from None
    if value is None:
        kind = item.answer_kind
        labels = ", ".join(choice.label for choice in item.choices)
        raise BenchmarkError(
            f"{place}: its answer {item.answer!r} is not a valid {kind}; "
            f"give {f'one of {labels}, or the text of a choice' if labels else _MENDS[kind]}"
        )
    return value


def character_error_rate(reference: str, hypothesis: str) -> float:
    """(insertions + deletions + substitutions) / reference length, after `fold` on both.

    One code fence around the whole hypothesis is dropped. Of an empty reference the rate is 0 for
    an empty hypothesis and 1 for any other.
    """
    import jiwer  # when first used: it loads rapidfuzz

    if fenced := _FENCED.fullmatch(hypothesis):
        hypothesis = fenced[1]
    reference, hypothesis = fold(reference), fold(hypothesis)
    if not reference:
        return float(bool(hypothesis))
    if not hypothesis:
        return 1.0
    same = jiwer.Compose([jiwer.ReduceToListOfListOfChars()])
    rate = jiwer.cer(reference, hypothesis, reference_transform=same, hypothesis_transform=same)
    return float(rate)


def fold(text: str) -> str:
    """Unicode form NFKC, runs of white space as one space, ends stripped; case stays."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


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
    names = ("input_tokens", "output_tokens", "cost", "seconds", "model")
    return {
        "prompt": prompt.digest,
        "image": prompt.images[0].digest if prompt.images else None,
        **{name: getattr(completion, name) for name in names},
    }


def _read(completion: Completion, item: Item) -> tuple[Status, str | None]:
    if (status := ended(completion)) != "parsed":
        return status, None
    if item.answer_kind == "open":  # the whole text is the answer, which a judge rates
        value = fold(completion.text)[:_LONGEST_VALUE] or None
        return ("parsed" if value else "unparseable"), value
    value = extract(completion.text, item)
    if value is not None:
        return "parsed", value
    return ("refused" if _REFUSAL.match(completion.text) else "unparseable"), None


def _undecorated(text: str) -> str:
    """The text without the Markdown, LaTeX, quotes and full stop around it."""
    before = None
    while text != before:  # every round that changes something makes it shorter
        before = text
        text = text.strip().strip(_DECORATION).rstrip(".")
        text = text.removeprefix("\\(").removesuffix("\\)")
        if len(text) > 1 and text[0] == text[-1] == "$":
            text = text[1:-1]
        if wrapped := _WRAPPED.fullmatch(text):
            text = wrapped[1]
    return text


def _line(text: str) -> str:
    return _undecorated(" ".join(text.split()))


def _bare(text: str) -> str:
    """An expression without the Markdown and the full stop around it."""
    around = _DECORATION + string.whitespace
    return text.lstrip(around).rstrip(around + ".")


def _choice(text: str, item: Item) -> str | None:
    """A label, the exact text of just one choice, or a label followed by `.`, `)` or `:`.

    With a second label after an "and" or an "or" it is not an answer, unless the choice's own text
    has that label.
    """
    said = text.casefold().removeprefix("option ").removeprefix("(")
    labels = {fold(each.label).casefold().strip("(.)"): each.label for each in item.choices}
    if said.removesuffix(")") in labels:
        return labels[said.removesuffix(")")]
    named = [each.label for each in item.choices if _undecorated(fold(each.text)) == text]
    if named:
        return named[0] if len(named) == 1 else None
    begun = [label for label in labels if said.startswith((f"{label}.", f"{label})", f"{label}:"))]
    if len(begun) != 1:
        return None
    own = {each.label: _undecorated(fold(each.text)).casefold() for each in item.choices}
    rest = said[len(begun[0]) + 1 :].strip()
    hedged = any(found[1] in labels for found in _HEDGED.finditer(rest))
    return None if hedged and rest != own[labels[begun[0]]] else labels[begun[0]]
