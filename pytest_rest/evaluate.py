"""Asks items in every form, reads the answers, and judges them: a record for each item and style.

Works without pytest: `records = await evaluate(items, load_model("embedded"))`; then
`metrics.table(records)` has REST's figures.
"""

import asyncio
import functools
import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pytest_rest import extensions, prompts, scoring
from pytest_rest.benchmark.stored import StoredCase
from pytest_rest.benchmark.stored.cells import StoredCall
from pytest_rest.errors import BenchmarkError, MetricError
from pytest_rest.models import ask, seen, tokens, vision_rules
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.prompts import Protocol, equivalence
from pytest_rest.prompts.askable import Check
from pytest_rest.safe_text import shown
from pytest_rest.scoring import answer_page, reasoning_steps
from pytest_rest.scoring import equivalence as judging
from pytest_rest.scoring.transcribed_pages import joined
from pytest_rest.terms import (
    JUDGES_TASKS,
    TWO_PASSES,
    Answer,
    Budget,
    Completion,
    Form,
    Item,
    KnownPictures,
    Mode,
    Model,
    Prompt,
    Record,
    Scheme,
    Seen,
    Style,
    Sweep,
    Task,
    Transcription,
    Verdict,
    one_spelling,
)

REST_STYLES = (Style(),)
PLAIN = Scheme()


async def evaluate(
    items: Sequence[Item],
    model: Model,
    *,
    styles: Sequence[Style] = REST_STYLES,
    scheme: Scheme = PLAIN,
    protocol: Protocol | None = None,
    concurrency: int = 32,
    alike: Collection[str] = (),
    rule: VisionRule | None = None,
) -> list[Record]:
    """One record for each item and style, in that order; at most `concurrency` items in flight.

    `rule` says what of a picture reaches the model: by default what the provider of its name
    publishes; of a server of one's own it is `vision_rules.find(model.name, max_side=1280)`.

    A failed call loses its item (`record.verdict.lost`) and raises nothing; so do two models that
    answer one item, unless `alike` names both. `BenchmarkError` for an item that cannot be asked,
    before any is.
    """
    protocol = protocol or prompts.load_protocol()
    is_own = getattr(model, "is_own_server", False)
    rule = rule or vision_rules.find(model.name, is_own=is_own)
    for refused in Check(scheme, protocol, rule).refused(dict.fromkeys(items, styles)):
        name = f"item {refused.item.id!r} of {refused.item.suite!r}"
        why = f"{name} cannot be asked in style {refused.style.id!r}: {refused.reason}"
        raise BenchmarkError(why)
    free = asyncio.Semaphore(concurrency)

    async def answered(asked: Sequence[Prompt]) -> list[tuple[Prompt, Completion]]:
        completions = await asyncio.gather(*(ask(model, prompt) for prompt in asked))
        return list(zip(asked, completions, strict=True))

    async def one(item: Item, style: Style) -> Record:
        async with free:
            calls = latest = await answered(forms(item, style, protocol, scheme))
            while more := [p for call in latest for p in follow_ups(*call, protocol, scheme)]:
                latest = await answered(more)
                calls = [*calls, *latest]
            calls += await answered(comparisons(calls))
            return record(item, style, calls, scheme, alike, rule)

    await model.open()
    return list(await asyncio.gather(*(one(item, style) for item in items for style in styles)))


def forms(
    item: Item,
    style: Style,
    protocol: Protocol,
    scheme: Scheme = PLAIN,
    known: KnownPictures | None = None,
) -> list[Prompt]:
    """The prompts of one item in one style, without those that follow from an answer.

    Pictures that are `known` are not drawn, and have no bytes. Raises `RenderingError` or
    `BenchmarkError` when the item cannot be asked in this way.
    """
    equivalence.check(item, scheme)
    scheme = scheme.of(item)
    written = style.format
    solve = [
        Form(mode, None if mode == "text" else style, written)
        for mode in scheme.modes
        if mode != TWO_PASSES
    ]
    read = [
        prompt
        for mode in scheme.transcribed
        for prompt in prompts.transcriptions(item, Form(mode, style, written), protocol, known)
    ]
    if scheme.sweep is not None:
        asked = [
            prompts.build(item, form, _first(budget), protocol, budget=budget, known=known)
            for budget in scheme.sweep.budgets
            for form in solve
        ]
        return asked + read
    asked = [
        _as_text(item, form, protocol, repeat)
        if form.style is None
        else prompts.build(item, form, "solve", protocol, repeat=repeat, known=known)
        for form in solve
        for repeat in range(scheme.repeats)
    ]
    return asked + read


@functools.lru_cache(maxsize=8)  # the same in every style
def _as_text(item: Item, form: Form, protocol: Protocol, repeat: int) -> Prompt:
    return prompts.build(item, form, "solve", protocol, repeat=repeat)


def follow_ups(
    prompt: Prompt,
    completion: Completion,
    protocol: Protocol,
    scheme: Scheme,
    known: KnownPictures | None = None,
) -> list[Prompt]:
    """What is asked once a prompt is answered; `known` as in `forms`.

    After the first of two passes, the question as the model transcribed it; after thinking, the
    question for an answer; after an open answer, a judge for its rating, in a sample twice.
    """
    form, sweep = prompt.form, scheme.sweep
    if completion.error is not None:
        return []
    if sweep is not None and prompt.budget is not None:
        if prompt.task == "think":
            budget, thought = prompt.budget, completion.text
            more: dict[str, Any] = {"budget": budget, "thinking": thought, "known": known}
            return [prompts.build(prompt.item, form, "solve", protocol, **more)]
        return _ratings(prompt, completion, protocol, sweep) if sweep.has_judge else []
    is_first_pass = prompt.task == "transcribe" and form.mode == "image"
    if TWO_PASSES not in scheme.modes or not is_first_pass:
        return []
    return [
        prompts.build(
            prompt.item,
            replace(form, mode=TWO_PASSES),
            "solve",
            protocol,
            repeat=repeat,
            transcription=completion.text,
            known=known,
        )
        for repeat in range(scheme.repeats)
    ]


def comparisons(calls: Sequence[tuple[Prompt, Completion]]) -> list[Prompt]:
    """What a judge is asked once all forms of an item are answered: each pair in both orders.

    Nothing where equal values are the same answers, where all are equal, and where a call failed.
    """
    items = [prompt.item for prompt, _ in calls[:1] if prompt.item.equivalence]
    solved = [scoring.answer(*call) for call in calls if items and call[0].task == "solve"]
    return [
        equivalence.comparison(item, *each)
        for item in items
        for pair in judging.pairs(item, solved)
        for each in (pair, pair[::-1])
    ]


def record(
    item: Item,
    style: Style,
    calls: Iterable[tuple[Prompt, Completion]],
    scheme: Scheme = PLAIN,
    alike: Collection[str] = (),
    rule: VisionRule | None = None,
) -> Record:
    """Score and judge the completions of `forms` and of what followed them.

    `rule` says what of a picture reaches the model.

    Answers of two models, by the ids that the endpoint reports, are not comparable: a gateway that
    falls back to another model would be judged as one. `alike` are ids that count as one model's.
    An item on which a metric of another package fails is lost; its answers are kept for a replay.
    """
    answers: list[Answer] = []
    pages: dict[Mode, list[Transcription]] = {}
    calls = list(calls)
    for prompt, completion in sorted(calls, key=lambda call: call[0].repeat):
        if prompt.task == "transcribe":
            read = scoring.transcription(prompt, completion, _seen(prompt, rule))
            pages.setdefault(prompt.form.mode, []).append(read)
        elif scheme.sweep is None and prompt.task == "solve":
            answers.append(_answer(prompt, completion, rule))
    both = joined(pages.get("image", ())), joined(pages.get("mixed", ()))
    if item.equivalence:
        verdict = judging.verdict(item, calls, answers, *both)
    elif scheme.sweep is not None:
        verdict = reasoning_steps.judge(calls, scheme.sweep, *both, partial(_answer, rule=rule))
    else:
        verdict = scoring.judge(answers, *both)
    if not verdict.lost and (why := _strangers(calls, alike)):
        verdict = replace(verdict, outcome="lost", reason=why)
    judged = _record(item, style, verdict)
    most = max((len(prompt.images) for prompt, _ in calls), default=0)
    if most > 1:
        judged = replace(judged, pages=most, answer_page=answer_page.of_item(item, calls))
    return _measured(judged)


def _answer(prompt: Prompt, completion: Completion, rule: VisionRule | None) -> Answer:
    """The answer with what its prompt's text takes, and what of its picture is seen."""
    if not prompt.images:
        return _answer_in_text(prompt, completion)
    if prompt.task in JUDGES_TASKS:
        return scoring.answer(prompt, completion)
    return scoring.answer(prompt, completion, tokens.of_text(prompt), _seen(prompt, rule))


@functools.lru_cache(maxsize=8)  # the same in every style
def _answer_in_text(prompt: Prompt, completion: Completion) -> Answer:
    text = None if prompt.task in JUDGES_TASKS else tokens.of_text(prompt)
    return scoring.answer(prompt, completion, text)


def _seen(prompt: Prompt, rule: VisionRule | None) -> Seen | None:
    """What of a prompt's first picture reaches the model; None where that is not known."""
    picture = rule and seen.picture(prompt, rule)
    return picture.seen if picture else None


def stored_record(case: StoredCase) -> Record:
    """Read and judge an item's stored answers, as `record` does those that came back.

    What another judge said of them counts where nobody says what is right.
    """
    answers = [_stored_answer(case.item, call) for call in case.calls]
    read = case.readings.get("image"), case.readings.get("mixed")
    return _measured(
        Record(
            *(case.item.suite, case.item.id, case.style, case.item.digest, case.item.answer),
            scoring.judge(answers, *read),
            cluster=case.item.cluster,
            also_right=case.item.also_right,
            format=case.format,
            tags=case.item.tags,
        )
    )


def _stored_answer(item: Item, call: StoredCall) -> Answer:
    """One stored answer, read and judged, unless a run of this project has done so."""
    own: dict[str, Any] = {"output_tokens": call.tokens, "model": call.model}
    if call.status is not None:
        text, right = scoring.kept(call.error or call.text), call.correct
        return Answer(call.mode, call.status, text, call.value, right, **own, **call.taken)
    completion = Completion(text=call.text, error=call.error or None, **own)
    answer = scoring.stored_answer(item, call.mode, completion, call.value)
    is_judged = answer.correct is None and answer.status != "failed"
    return replace(answer, correct=call.correct) if is_judged else answer


def _measured(judged: Record) -> Record:
    """The record with the metrics of other packages."""
    if judged.verdict.lost or not extensions.METRICS:
        return judged
    try:
        return extensions.measure(judged)
    except MetricError as error:
        verdict = replace(judged.verdict, outcome="lost", reason=str(error))
        return replace(judged, verdict=verdict)


def _strangers(calls: Iterable[tuple[Prompt, Completion]], alike: Collection[str]) -> str:
    """Which models answered, where they are several, and not all of them are alike."""
    own = [call for call in calls if call[0].task not in JUDGES_TASKS and call[1].model]
    if len({completion.model for _, completion in own}) < 2:
        return ""
    spelled = one_spelling(completion.model for _, completion in own)
    forms_of: dict[str, list[str]] = {}
    for prompt, completion in own:
        task = "transcription" if prompt.task == "transcribe" else prompt.form.mode
        forms_of.setdefault(spelled[completion.model], []).append(task)
    if len(forms_of) < 2 or set(spelled) <= set(alike):
        return ""
    said = ", ".join(
        f"{shown(model, 60)} ({', '.join(dict.fromkeys(forms))})"
        for model, forms in sorted(forms_of.items())
    )
    return (
        f"answered by {len(forms_of)} models: {said}; if they are one to you, name them: "
        "--rest-allow-models"
    )


def lost(item: Item, style: Style, reason: str) -> Record:
    """The record of an item that could not even be asked."""
    return _record(item, style, Verdict("lost", {}, None, reason))


def _first(budget: Budget) -> Task:
    """The task of the first call under a budget: to think, where that is a call of its own."""
    return "think" if budget.control == "forced" and budget.amount else "solve"


def _ratings(
    prompt: Prompt, completion: Completion, protocol: Protocol, sweep: Sweep
) -> list[Prompt]:
    item = prompt.item
    is_open = prompt.task == "solve" and item.answer_kind == "open"
    if not is_open or scoring.answer(prompt, completion).value is None:
        return []
    times = 2 if prompt.budget == _asked_twice(item, sweep) else 1
    text = scoring.kept(completion.text)
    return [prompts.rating(prompt, text, protocol, repeat) for repeat in range(times)]


def _asked_twice(item: Item, sweep: Sweep) -> Budget | None:
    """The budget whose rating is asked for twice: of one item in four, drawn by the seed."""
    lot = hashlib.sha256(f"judge/{sweep.seed}/{item.digest}".encode()).digest()
    return sweep.budgets[lot[1] % len(sweep.budgets)] if lot[0] % 4 == 0 else None


def _record(item: Item, style: Style, verdict: Verdict) -> Record:
    return Record(
        *(item.suite, item.id, style.id, item.digest, item.answer, verdict),
        cluster=item.cluster,
        choices=len(item.choices),
        also_right=item.also_right,
        format=style.format,
        tags=item.tags,
    )
