"""Turns a record or a report into lines of text for a terminal of 80 columns."""

import difflib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rest.dispatch.estimate import Plan
from pytest_rest.dispatch.limits import Limits
from pytest_rest.metrics import Metrics
from pytest_rest.models.tokens import rule
from pytest_rest.reporting.report import Report, calls
from pytest_rest.safe_text import shown
from pytest_rest.scoring import fold
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import (
    MODES,
    OCR_MODES,
    Answer,
    Model,
    Rate,
    Record,
    Scheme,
    Step,
    Transcription,
    Verdict,
)

_MISREADINGS_SHOWN = 5
_COMPARED = 2_000
_NAMES_SHOWN = 10
_CHANGES_SHOWN = 4
_NAME_WIDTH = 14
_SUBSET_NAMES = {"all": "", "ocr_correct": "  OCR-correct"}


def headline(verdict: Verdict) -> str:
    """`inconsistent: text 4, image 7, mixed no answer (refused)`."""
    if verdict.lost:
        return f"lost: {shown(verdict.reason, 300)}"
    answers = ", ".join(f"{mode} {_value(answer)}" for mode, answer in _ordered(verdict))
    return f"{verdict.outcome}: {answers}"


def scheme(asked: Scheme) -> str:
    """`text, image, mixed`, and what differs from REST's own way."""
    parts = [", ".join(asked.modes)]
    parts += [f"each {asked.repeats} times"] if asked.repeats > 1 else []
    if asked.sweep is not None:
        amounts = [str(budget.amount) for budget in asked.sweep.budgets]
        parts.append(f"{asked.sweep.largest.control} budgets {', '.join(amounts)}")
    rules = {"each": "each picture transcribed", "off": "nothing transcribed"}
    return "; ".join([*parts, rules[asked.ocr]] if asked.ocr in rules else parts)


def drawn(name: str, counts: Mapping[str, int]) -> str:
    """`arc: 1,670 rows, 21 left out (broken), 1,631 after REST's filters, 50 drawn`."""
    *kept, taken = counts.values()
    filtered = f"{kept[-1]:,} after REST's filters, " if len(kept) > 2 else ""
    broken = f"{kept[0] - kept[1]:,} left out (broken)"
    return f"{name}: {kept[0]:,} rows, {broken}, {filtered}{taken:,} drawn"


def explanation(record: Record, picture: Callable[[str], Path], again: str) -> str:
    """Why a test failed: each form's answer, the pictures' paths, and what was misread."""
    verdict = record.verdict
    lines = [
        headline(verdict),
        f"  {record.item} in {record.style}; right is {shown(record.truth)}",
    ]
    for mode, answer in _ordered(verdict):
        state = "right" if answer.correct else "wrong" if answer.value is not None else ""
        again_said = [_value(each) for each in verdict.repeats.get(answer.mode, ())]
        said = ", ".join([f"{_value(answer)} {state}".rstrip(), *again_said[:_NAMES_SHOWN]])
        lines.append(f"  {mode:<6} {said}")
        if answer.value is None and answer.status != "failed":
            lines.append(f"         it wrote: {shown(answer.text, 120) or 'nothing'}")
        if answer.image:
            lines.append(f"         {picture(answer.image)}")
    for read, name in ((verdict.transcription, "read"), (verdict.mixed_transcription, "mixed")):
        if read:
            lines.append(f"  {name:<6} {misreading(read)}")
    return "\n".join([*lines, f"  again: {again}"])


def misreading(read: Transcription) -> str:
    """`every character right`, or the rate and the first characters that were not."""
    if read.cer is None:
        return f"not transcribed: {shown(read.text)}"
    if read.correct:
        return "every character of the picture right"
    found = list(_differences(fold(read.reference)[:_COMPARED], fold(read.text)[:_COMPARED]))
    more = f" and {len(found) - _MISREADINGS_SHOWN} more" if len(found) > _MISREADINGS_SHOWN else ""
    return f"misread (CER {read.cer:.3f}): {', '.join(found[:_MISREADINGS_SHOWN])}{more}"


def models(report: Report) -> Iterator[str]:
    """Who answered, where that was more than one model; the judge of open answers is not meant."""
    asked = {call.prompt: call for record in report.records for call in calls(record)}
    ours = [c for c in asked.values() if not (isinstance(c, Step) and c.task == "rate")]
    counts = Counter(call.model for call in ours if call.model)
    if len(counts) > 1:
        said = [f"{shown(model, 60)} ({number:,})" for model, number in counts.most_common(5)]
        yield f"answered by {len(counts)} models: {', '.join(said)}"


def table(report: Report) -> Iterator[str]:
    """The metrics in per cent, each with its interval at 95 %."""
    scopes = [scope for scope in report.table if scope not in ("mean", "pooled")]
    scopes += ["mean", "pooled"] if len(scopes) > 1 else []
    if not scopes and report.rh_auc is not None:  # whose items have one form
        return
    yield row("per cent [95%]", "items", "RER", "CFR", "MMC")
    for scope in scopes:
        for subset, indent in _SUBSET_NAMES.items():
            metrics = report.table[scope][subset]  # type: ignore[index]
            rates = [percent(each) for each in (metrics.rer, metrics.cfr, metrics.mmc)]
            yield row(indent or scope, metrics.items, *rates)
    yield row("accuracy", "items", "text", "image", "mixed")
    for scope in scopes:
        metrics = report.table[scope]["all"]
        rates = [percent(metrics.accuracy.get(mode)) for mode in ("text", "image", "mixed")]
        yield row(scope, metrics.items, *rates)
    if any(mode in report.table["pooled"]["all"].accuracy for mode in OCR_MODES):
        yield row("OCR first", "items", "in one pass", "in two passes", "")
        for scope in scopes:
            metrics = report.table[scope]["all"]
            yield row(scope, metrics.items, *(percent(metrics.accuracy.get(m)) for m in OCR_MODES))
    yield row("transcription", "items", "all right", "CER", "")
    for scope in scopes:
        metrics = report.table[scope]["all"]
        yield row(scope, _n(metrics), percent(metrics.ocr_correct_rate), percent(metrics.cer), "")
    for name in report.table["pooled"]["all"].own:
        yield row("metric", "items", shown(name, 40), "", "")
        for scope in scopes:
            rate = report.table[scope]["all"].own[name]
            yield row(scope, rate.n if rate else 0, percent(rate), "", "")
    if report.table["pooled"]["all"].noise_floor is not None:
        yield row("agreement", "items", "with itself", "between forms", "excess")
        for scope in scopes:
            m = report.table[scope]["all"]
            n = m.noise_floor.n if m.noise_floor else 0
            found = (m.noise_floor, m.between_forms, m.excess_inconsistency)
            yield row(scope, n, *map(percent, found))


def usage(report: Report) -> str:
    """`200 calls (80 stored before), 3 retries, 12,345 tokens in, 2,345 out, $0.12, 52 s`."""
    used = report.usage
    stored = f" ({used['cached']:,} stored before)" if used["cached"] else ""
    parts = [f"{used['calls']:,} calls{stored}"]
    parts += [f"{used['retries']:,} retries"] if used["retries"] else []
    parts += [_tokens(used), "price unknown" if used["cost"] is None else f"${used['cost']:.2f}"]
    return ", ".join([*parts, f"{used['seconds']:.0f} s"])


def changes(made: Sequence[str]) -> Iterator[str]:
    """How the number of calls in flight was changed: the first of the changes, and the last."""
    shown_ones = made if len(made) <= _CHANGES_SHOWN else [*made[: _CHANGES_SHOWN - 1], made[-1]]
    if len(made) > _CHANGES_SHOWN:
        yield f"{len(made)} changes of the calls in flight, among them:"
    yield from (f"  {shown(each, 120)}" for each in shown_ones)


def plan(planned: Plan, limits: Limits, model: Model) -> Iterator[str]:
    """Calls, tokens, dollars and time, a line each, as estimates."""
    stored = f", and {planned.stored:,} are stored" if planned.stored else ""
    yield f"  calls       {planned.calls:,}{stored}: {planned.items:,} tests"
    yield f"  tokens in   about {planned.text:,} of text, {planned.vision:,} of pictures"
    yield f"              ({rule(model.name)})"
    yield f"  tokens out  at most {planned.answers:,}; about {planned.typical:,} at 300 an answer"
    most, typical = planned.cost(planned.answers), planned.cost(planned.typical)
    if most is None or typical is None:
        here = model.home == "endpoint"
        yield f"  dollars     {'the price is not known' if here else 'none: nobody is paid'}"
    else:
        yield f"  dollars     at most ${most:,.2f}; about ${typical:,.2f} at 300 tokens an answer"
    if model.home == "endpoint":
        seconds = planned.seconds(limits)
        bound = max(seconds, key=seconds.__getitem__)
        yield f"  time        about {duration(seconds[bound])}, by --rest-{bound}, at 5 s a call"


def lost(report: Report) -> Iterator[str]:
    """How many items were lost, the rates at their worst, and the first of them by name."""
    if not report.lost:
        return
    n = len(report.lost)
    worst = report.worst("mean")
    rates = [
        f"{name.upper()} {worst[name]:.1%}" for name in ("rer", "cfr") if worst[name] is not None
    ]
    yield f"{n} lost; counted against the model: {', '.join(rates)}" if rates else f"{n} lost"
    for each in report.lost[:_NAMES_SHOWN]:
        yield f"  {each.name}: {shown(each.reason, 160)}"
    if n > _NAMES_SHOWN:
        yield f"  and {n - _NAMES_SHOWN} more, in report.json"


def inconsistent(report: Report) -> Iterator[str]:
    """The first inconsistent items, a line each."""
    found = [record for record in report.records if record.verdict.outcome == "inconsistent"]
    found.sort(key=lambda record: record.key)
    if found:
        yield f"{len(found)} tests inconsistent, an item in a style each"
    for record in found[:_NAMES_SHOWN]:
        answers = headline(record.verdict).partition(": ")[2]
        yield f"  {record.item}-{record.style}: {shown(answers, 120)}"
    if len(found) > _NAMES_SHOWN:
        yield f"  and {len(found) - _NAMES_SHOWN} more, in report.json"


def _differences(reference: str, read: str) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, reference, read, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        wanted, got = shown(reference[a:b], 40), shown(read[c:d], 40)
        if kind == "replace":
            yield f"{wanted!r} as {got!r}"
        elif kind == "delete":
            yield f"{wanted!r} left out"
        elif kind == "insert":
            yield f"{got!r} added"


def _ordered(verdict: Verdict) -> list[tuple[str, Answer]]:
    return sorted(verdict.answers.items(), key=lambda each: (*MODES, *OCR_MODES).index(each[0]))


def _value(answer: Answer) -> str:
    if answer.value is not None:
        return shown(answer.value, 60)
    return f"no answer ({answer.status})"


def row(name: str, items: object, *columns: str) -> str:
    """A line of a table: a name, a number of items, and up to three columns."""
    cells = "".join(f" {column:<19}" for column in columns)
    name = shown(name, 100)
    name = name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 3]}..."
    return f"{name:<{_NAME_WIDTH}}{items!s:>6}{cells}".rstrip()


def percent(rate: Rate | None) -> str:
    """`92.0 [81.2, 96.8]`, a rate in per cent with its interval."""
    if rate is None:
        return "-"
    if rate.low is None or rate.high is None:
        return f"{rate.value * 100:.1f} [no spread]"
    return f"{rate.value * 100:.1f} [{rate.low * 100:.1f}, {rate.high * 100:.1f}]"


def area(rate: Rate | None, undefined: str) -> str:
    """`0.650 [0.412, 0.900], n = 20`, or why it is undefined."""
    if rate is None:
        return f"undefined, {undefined}"
    if rate.low is None or rate.high is None:
        return f"{rate.value:.3f} [no interval: too few items], n = {rate.n}"
    return f"{rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}], n = {rate.n}"


def signed(share: float) -> str:
    """`+2.5`, a difference of shares in points."""
    return f"{share * 100 + 0.0:+.1f}".replace("-0.0", "0.0").replace("+0.0", "0.0")


def points(found: Difference | Rate | None) -> str:
    """`-10.1 [-14.0, -6.2]`, a difference of shares in points with its interval."""
    if found is None:
        return "-"
    value = signed(found.value)
    if found.low is None or found.high is None:
        return f"{value} [no spread]"
    low, high = max(found.low, -1.0), min(found.high, 1.0)  # no two shares are further apart
    return f"{value} [{signed(low)}, {signed(high)}]"


def _n(metrics: Metrics) -> int:
    return metrics.ocr_correct_rate.n if metrics.ocr_correct_rate else 0


def duration(seconds: float) -> str:
    """`1 h 5 min 3 s`."""
    minutes, seconds = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _tokens(used: dict[str, Any]) -> str:
    sizes: Sequence[int | None] = (used["input_tokens"], used["output_tokens"])
    if None in sizes:
        return "tokens not reported"
    return f"{sizes[0]:,} tokens in, {sizes[1]:,} out"
