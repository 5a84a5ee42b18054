"""Turns an item and a style into a judged record: asks every form, reads the answers, judges.

Works without pytest: `records = await evaluate(items, load_model("embedded"))`, and
`metrics.table(records)` are REST's figures.
"""

import asyncio
from collections.abc import Sequence

from pytest_rest import prompts, scoring
from pytest_rest.dispatcher import ask
from pytest_rest.prompts import Protocol
from pytest_rest.terms import (
    MODES,
    Completion,
    Form,
    Item,
    Mode,
    Model,
    Prompt,
    Record,
    Style,
    Verdict,
)

REST = (Style(),)


async def evaluate(
    items: Sequence[Item],
    model: Model,
    *,
    styles: Sequence[Style] = REST,
    modes: Sequence[Mode] = MODES,
    protocol: Protocol | None = None,
    concurrency: int = 32,
) -> list[Record]:
    """One record for each item and style, in that order; at most `concurrency` items in flight.

    A failed call loses its item (`record.verdict.lost`) and never raises.
    """
    protocol = protocol or prompts.load_protocol()
    places = asyncio.Semaphore(concurrency)

    async def one(item: Item, style: Style) -> Record:
        async with places:
            asked = forms(item, style, protocol, modes)
            completions = await asyncio.gather(*(ask(model, prompt) for prompt in asked))
            return record(item, style, asked, completions)

    await model.open()
    return list(await asyncio.gather(*(one(item, style) for item in items for style in styles)))


def forms(
    item: Item, style: Style, protocol: Protocol, modes: Sequence[Mode] = MODES
) -> list[Prompt]:
    """The prompts of one item in one style: each mode, and the transcription of its picture.

    Raises `RenderingError` or `BenchmarkError` when the item cannot be asked so.
    """
    solve = [Form(mode, None if mode == "text" else style) for mode in modes]
    return [
        *(prompts.build(item, form, "solve", protocol) for form in solve),
        prompts.build(item, Form("image", style), "transcribe", protocol),
    ]


def record(
    item: Item, style: Style, asked: Sequence[Prompt], completions: Sequence[Completion]
) -> Record:
    """Score and judge the completions of `forms`, in the same order."""
    *solved, (shown, read) = zip(asked, completions, strict=True)
    answers = [scoring.answer(prompt, completion) for prompt, completion in solved]
    verdict = scoring.judge(answers, scoring.transcription(shown, read))
    return _record(item, style, verdict)


def lost(item: Item, style: Style, reason: str) -> Record:
    """The record of an item that could not even be asked."""
    return _record(item, style, Verdict("lost", {}, None, reason))


def _record(item: Item, style: Style, verdict: Verdict) -> Record:
    return Record(item.suite, item.id, style.id, item.digest, item.answer, verdict)
