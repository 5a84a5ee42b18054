"""Turns what a model wrote into a value, and the values of an item's forms into a verdict.

Everything here reads text that a model controls: it is cut to a bounded length, matched by
patterns whose repetitions are bounded, and never evaluated.

Equal answers have equal values, as strings, so that forms, styles and runs are compared without
their item. What an item takes for its own answer, such as a number within its tolerance, therefore
has that answer's value.
"""

import itertools
import re
import string
import unicodedata
from collections.abc import Iterable

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
_LONGEST_REASON = 1_000

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
    """Read the value after the last `Answer:`; None when there is none in the item's kind.

    Markdown and LaTeX decoration is dropped. Numbers come back exactly, as `7`, `-3.5`, `1/3`,
    choices as the item's own label, expressions in their normal form, text in NFKC with white space
    folded. Whatever the item takes for its own answer comes back as that answer.
    """
    tail = text[-_TAIL:]
    markers = list(_MARKER.finditer(tail))
    if not markers:
        return None
    rest = tail[markers[-1].end() :].lstrip(_DECORATION + string.whitespace)
    return parse(rest.partition("\n")[0], item)


def parse(text: str, item: Item) -> str | None:
    """Read a value of the item's kind from the text that stands for an answer alone."""
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
        prompt=prompt.digest,
        image=prompt.images[0].digest if prompt.images else None,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cost=completion.cost,
        seconds=completion.seconds,
        model=completion.model,
        width=width,
        height=height,
    )


def transcription(prompt: Prompt, completion: Completion) -> Transcription:
    """Score a transcription: `cer` is its character error rate against the text that was drawn."""
    reference = prompt.images[0].text
    text = kept(completion.error or completion.text)
    cer = None if completion.error is not None else character_error_rate(reference, text)
    return Transcription(
        status=ended(completion),
        text=text,
        reference=reference,
        cer=cer,
        correct=cer == 0,
        prompt=prompt.digest,
        image=prompt.images[0].digest,
        input_tokens=completion.input_tokens,
        output_tokens=completion.output_tokens,
        cost=completion.cost,
        seconds=completion.seconds,
        model=completion.model,
    )


def judge(
    answers: Iterable[Answer],
    transcription: Transcription | None = None,
    mixed_transcription: Transcription | None = None,
) -> Verdict:
    """Say whether an item's forms agree: the first answers of text, image and mixed.

    The order of the forms plays no part; of a form's several answers the first stands for it. One
    failed call loses the item.
    """
    listed = sorted(answers, key=lambda answer: answer.mode)
    by_mode = {mode: tuple(g) for mode, g in itertools.groupby(listed, lambda each: each.mode)}
    first = {mode: each[0] for mode, each in by_mode.items()}
    repeats = {mode: each[1:] for mode, each in by_mode.items() if each[1:]}
    failures = [f"{each.mode}: {each.text}" for each in listed if each.status == "failed"]
    failures += [
        f"{name}: {read.text}"
        for name, read in (
            ("transcription", transcription),
            ("transcription of mixed", mixed_transcription),
        )
        if read and read.status == "failed"
    ]
    reason = " ".join("; ".join(failures).split())[:_LONGEST_REASON]
    agrees = agree(answer.value for mode, answer in first.items() if mode in MODES)
    outcome: Outcome = "lost" if failures else "consistent" if agrees else "inconsistent"
    return Verdict(outcome, first, transcription, reason, repeats, mixed_transcription)


def agree(values: Iterable[str | None]) -> bool:
    """Whether all forms were answered, and equal: REST's rule of agreement, of their values."""
    distinct = set(values)
    return len(distinct) == 1 and None not in distinct


def truth(item: Item) -> str:
    """The item's own answer as `extract` would read it; `BenchmarkError` if it cannot.

    So too for a tolerance that cannot be read, or belongs to no number.
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
            f"{place}: its answer {item.answer!r} is no {kind}; "
            f"give {f'one of {labels}, or the text of a choice' if labels else _MENDS[kind]}"
        )
    return value


def character_error_rate(reference: str, hypothesis: str) -> float:
    """(insertions + deletions + substitutions) / reference length, after `fold` on both.

    One code fence around the whole hypothesis is dropped. An empty reference is read with rate 0
    by an empty hypothesis and 1 by any other.
    """
    import jiwer  # imported when first used: it loads rapidfuzz

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
    """How a completion came to its end, whatever it says: parsed where nothing is wrong with it."""
    if completion.error is not None:
        return "failed"
    if completion.finish_reason == "length":
        return "truncated"
    return "refused" if completion.finish_reason in ("refusal", "content_filter") else "parsed"


def kept(text: str) -> str:
    """A text's beginning and its end, together at most 20,000 characters."""
    if len(text) <= KEPT_CHARACTERS:
        return text
    half = KEPT_CHARACTERS // 2
    return text[:half] + text[-half:]


def _read(completion: Completion, item: Item) -> tuple[Status, str | None]:
    if (status := ended(completion)) != "parsed":
        return status, None
    if item.answer_kind == "open":  # all of it is the answer; a judge says what it is worth
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

    A second label behind an "and" or an "or" is no answer, unless the choice's own text has it.
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
