"""Turns an item and a style into a judged record: asks every form, reads the answers, judges.

Works without pytest: `records = await evaluate(items, load_model("embedded"))`, and
`metrics.table(records)` are REST's figures.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_rest import extensions, prompts, scoring
from pytest_rest.dispatcher import ask
from pytest_rest.errors import MetricError
from pytest_rest.prompts import Protocol
from pytest_rest.terms import (
    TWO_PASSES,
    Answer,
    Completion,
    Form,
    Item,
    Mode,
    Model,
    Prompt,
    Record,
    Scheme,
    Style,
    Transcription,
    Verdict,
)

REST = (Style(),)


async def evaluate(
    items: Sequence[Item],
    model: Model,
    *,
    styles: Sequence[Style] = REST,
    scheme: Scheme = Scheme(),  # noqa: B008 (frozen)
    protocol: Protocol | None = None,
    concurrency: int = 32,
) -> list[Record]:
    """One record for each item and style, in that order; at most `concurrency` items in flight.

    A failed call loses its item (`record.verdict.lost`) and never raises.
    """
    protocol = protocol or prompts.load_protocol()
    places = asyncio.Semaphore(concurrency)

    async def answered(asked: Sequence[Prompt]) -> list[tuple[Prompt, Completion]]:
        completions = await asyncio.gather(*(ask(model, prompt) for prompt in asked))
        return list(zip(asked, completions, strict=True))

    async def one(item: Item, style: Style) -> Record:
        async with places:
            calls = await answered(forms(item, style, protocol, scheme))
            more = [each for call in calls for each in follow_ups(*call, protocol, scheme)]
            return record(item, style, [*calls, *await answered(more)])

    await model.open()
    return list(await asyncio.gather(*(one(item, style) for item in items for style in styles)))


def forms(
    item: Item,
    style: Style,
    protocol: Protocol,
    scheme: Scheme = Scheme(),  # noqa: B008 (frozen)
) -> list[Prompt]:
    """The prompts of one item in one style, without those that follow from an answer.

    Raises `RenderingError` or `BenchmarkError` when the item cannot be asked so.
    """
    solve = [Form(m, None if m == "text" else style) for m in scheme.modes if m != TWO_PASSES]
    return [
        *(
            prompts.build(item, form, "solve", protocol, repeat=repeat)
            for form in solve
            for repeat in range(scheme.repeats)
        ),
        *(
            prompts.build(item, Form(mode, style), "transcribe", protocol)
            for mode in scheme.transcribed
        ),
    ]


def follow_ups(
    prompt: Prompt, completion: Completion, protocol: Protocol, scheme: Scheme
) -> list[Prompt]:
    """What is asked once a prompt is answered: the question, in the transcription's own words."""
    form = prompt.form
    is_first_pass = prompt.task == "transcribe" and form.mode == "image"
    if TWO_PASSES not in scheme.modes or not is_first_pass or completion.error is not None:
        return []
    return [
        prompts.build(
            prompt.item,
            Form(TWO_PASSES, form.style),
            "solve",
            protocol,
            repeat=repeat,
            transcription=completion.text,
        )
        for repeat in range(scheme.repeats)
    ]


def record(item: Item, style: Style, calls: Iterable[tuple[Prompt, Completion]]) -> Record:
    """Score and judge the completions of `forms` and of what followed them.

    An item on which a metric of one's own fails is lost: its answers are kept, and can be replayed.
    """
    answers: list[Answer] = []
    read: dict[Mode, Transcription] = {}
    for prompt, completion in sorted(calls, key=lambda call: call[0].repeat):
        if prompt.task == "transcribe":
            read[prompt.form.mode] = scoring.transcription(prompt, completion)
        else:
            answers.append(scoring.answer(prompt, completion))
    judged = _record(item, style, scoring.judge(answers, read.get("image"), read.get("mixed")))
    if judged.verdict.lost or not extensions.METRICS:
        return judged
    try:
        return extensions.measure(judged)
    except MetricError as error:
        return replace(judged, verdict=replace(judged.verdict, outcome="lost", reason=str(error)))


def lost(item: Item, style: Style, reason: str) -> Record:
    """The record of an item that could not even be asked."""
    return _record(item, style, Verdict("lost", {}, None, reason))


def _record(item: Item, style: Style, verdict: Verdict) -> Record:
    return Record(item.suite, item.id, style.id, item.digest, item.answer, verdict)
