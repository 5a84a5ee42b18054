"""Turns a record or a report into lines of text for a terminal of 80 columns."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pytest_rest import gate, wording
from pytest_rest.gate.baseline import few
from pytest_rest.metrics import Metrics, by_field
from pytest_rest.reporting import stored_answers
from pytest_rest.reporting.answering_models import of_floating, several
from pytest_rest.reporting.calls import calls, once, own_calls
from pytest_rest.reporting.left_out import UNASKABLE, LeftOut, said
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import fields, judge, misreadings, seen
from pytest_rest.reporting.terminal.figures import cut, first, percent
from pytest_rest.reporting.why_lost import briefly
from pytest_rest.safe_text import shown
from pytest_rest.terms import (
    COMPARED,
    FILE,
    MODES,
    OCR_MODES,
    Answer,
    EffectiveRate,
    Rate,
    Record,
    Scheme,
    Verdict,
    to_builtins,
)

_WHOLE = 1000  # characters of a reason that has a mend
_NAMES_SHOWN = 10
_CHANGES_SHOWN = 4
_NAME_WIDTH = 14
_HEADLINES = (
    (("rer", "all_correct", "agreed_wrong"), ("RER", "= all right", "+ agreed, wrong")),
    (("cfr", "mmc", "agree_not_right"), ("CFR", "MMC", "agree, not right")),
)
_PRICES = {"gateway": " by the gateway's price", "given": " by the given price"}
_STATES = {True: "right", False: "wrong", None: ""}
_SUBSET_NAMES = {"all": "", "ocr_correct": "  OCR-correct"}


def headline(verdict: Verdict) -> str:
    """`inconsistent: text 4, image 7, mixed no answer (refused)`."""
    if verdict.lost:
        return f"lost: {shown(verdict.reason, 300)}"
    return f"{verdict.outcome}: {fields.named(by_field.flips(verdict)) or answers_said(verdict)}"


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
    rows, whole, *filtered, taken = counts.values()
    passed = f"{filtered[-1]:,} after REST's filters, " if filtered else ""
    return f"{name}: {rows:,} rows, {rows - whole:,} left out (broken), {passed}{taken:,} drawn"


def explanation(record: Record, picture: Callable[[str], Path], again: str) -> str:
    """Why a test failed: each form's answer, the pictures' paths, and what was read wrongly."""
    verdict = record.verdict
    lines = [
        headline(verdict),
        f"  {record.item} in {record.style}; {right(record.truth, record.also_right)}",
    ]
    for mode, answer in _ordered(verdict):
        state = _STATES[answer.correct] if answer.value is not None else ""
        repeats = [_value(repeat) for repeat in verdict.repeats.get(answer.mode, ())]
        said = ", ".join([f"{_value(answer)} {state}".rstrip(), *repeats[:_NAMES_SHOWN]])
        lines.append(f"  {mode:<6} {said}")
        if answer.value is None and answer.status != "failed":
            lines.append(f"         it wrote: {shown(answer.text, 120) or 'nothing'}")
        if answer.max_tokens is not None:
            lines.append(f"         {_cut_off(answer.max_tokens)}")
        if answer.image:
            lines.append(f"         {picture(answer.image)}")
        if smaller := seen.of_answer(to_builtins(answer)):
            lines.append(f"         {smaller}")
    lines += [f"  {line}" for line in _flips(verdict)]
    lines += [f"  judge  {judge.compared(each)}" for each in verdict.comparisons]
    for read, name in ((verdict.transcription, "read"), (verdict.mixed_transcription, "mixed")):
        if read:
            lines.append(f"  {name:<6} {misreadings.told(read)}")
    return "\n".join([*lines, f"  again: {again}"])


def right(answer: str, others: Iterable[str] = ()) -> str:
    """`right is 7 or seven`."""
    known = [shown(each) for each in (answer, *others)]
    return f"right is {' or '.join(known)}" if answer else "what is right is not known"


def models(report: Report) -> Iterator[str]:
    """Who answered, where that was more than one model, or a cache, or a name that floats."""
    if report.from_cache:
        yield gate.cached_reason(report.from_cache)
    records = report.records
    said = several(records), of_floating(records, report.provenance)
    yield from filter(None, said)


def table(report: Report) -> Iterator[str]:
    """The metrics in per cent, each with its interval at 95 %."""
    by_scope = {scope: report.table[scope]["all"] for scope in scopes(report.table)}
    is_unread = stored_answers.is_unread(report.provenance)
    if not by_scope:
        if report.rh_auc is None and report.fuzz is None:  # they have figures of their own
            yield "no item was judged, so there are no figures"
        return
    for names, heads in _HEADLINES:
        yield row("per cent [95%]", "items", *heads)
        for scope in by_scope:
            for subset, indent in _SUBSET_NAMES.items():
                if is_unread and subset != "all":
                    continue
                metrics = report.table[scope][subset]  # type: ignore[index]
                cells = (percent(metrics.rate(name)) for name in names)
                yield row(indent or scope, metrics.items, *cells)
    pooled = report.table["pooled"]["all"]
    for shown_modes in (MODES, *([(FILE,)] if FILE in pooled.accuracy else [])):
        yield row("accuracy", "items", *shown_modes)
        for scope, m in by_scope.items():
            yield row(scope, m.items, *(percent(m.accuracy.get(mode)) for mode in shown_modes))
    if any(m.rer_beyond_chance for m in by_scope.values()):
        yield row("of choices", "items", "RER beyond chance")
        for scope, m in by_scope.items():
            yield row(scope, m.items, percent(m.rer_beyond_chance))
    if any(mode in pooled.accuracy for mode in OCR_MODES):
        yield row("OCR first", "items", "in one pass", "in two passes")
        for scope, m in by_scope.items():
            yield row(scope, m.items, *(percent(m.accuracy.get(mode)) for mode in OCR_MODES))
    if not is_unread:
        yield row("transcription", "items", "all right", "CER")
    for scope, m in by_scope.items() if not is_unread else ():
        yield row(scope, _n(m.ocr_correct_rate), percent(m.ocr_correct_rate), percent(m.cer))
    for name in pooled.own:
        yield row("metric", "items", shown(name, 40))
        for scope, m in by_scope.items():
            yield row(scope, _n(m.own[name]), percent(m.own[name]))
    if pooled.noise_floor is not None:
        yield row("agreement", "items", "with itself", "between forms", "excess")
        for scope, m in by_scope.items():
            rates = (m.noise_floor, m.between_forms, m.excess_inconsistency)
            yield row(scope, _n(m.noise_floor), *map(percent, rates))


def unknown(report: Report) -> Iterator[str]:
    """What is not known of stored answers."""
    if about := report.provenance.get("stored"):
        yield f"not known of stored answers: {', '.join(about['unknown'])}"


def unjudged(pooled: Metrics) -> list[str]:
    """How many items count for agreement alone, because nobody says what is right."""
    return [*of_unjudged(_n(pooled.rer), _n(pooled.mmc))]


def of_unjudged(asked: int, judged: int) -> Iterator[str]:
    """The same of so many items, of which so many say it."""
    if judged < asked:
        said = f"{asked - judged:,} of {asked:,} items do not say" if judged else "no item says"
        yield f"{said} what is right: they count for agreement (RER) alone"


def scopes(names: Iterable[str]) -> list[str]:
    """The suites, and what is over all of them where there are several."""
    suites = [name for name in names if name not in ("mean", "pooled")]
    return [*suites, "mean", "pooled"] if len(suites) > 1 else suites


def clusters(report: Report) -> Iterator[str]:
    """Of each suite whose items are in clusters, what they are worth for its first rate."""
    for scope in scopes(report.table):
        rate = report.table[scope]["all"].rer
        if isinstance(rate, EffectiveRate) and rate.n_clusters is not None:
            yield f"{shown(scope, 100)}: {rate.size} for RER"


def _n(rate: Rate | None) -> int:
    return rate.n if rate else 0


def usage(report: Report) -> str:
    """`200 calls (80 stored before), 3 retries, 12,345 tokens in, 2,345 out, $0.12, 52 s`."""
    used = report.usage
    if report.provenance.get("stored"):
        number = sum(len(calls(record)) for record in report.records)
        return f"{wording.count(number, 'stored answer')}, nothing asked, {used['seconds']:.0f} s"
    stored = f" ({used['cached']:,} stored before)" if used["cached"] else ""
    if not (used["calls"] or used["cached"]):
        return f"0 calls, {used['seconds']:.0f} s"
    parts = [f"{wording.count(used['calls'], 'call')}{stored}"]
    retries = wording.count(used["retries"], "retry", "retries")
    parts += [retries] if used["retries"] else []
    sent, written, cost = used["input_tokens"], used["output_tokens"], used["cost"]
    is_reported = sent is not None and written is not None
    in_cache = f" ({used['cached_tokens']:,} cached)" if "cached_tokens" in used else ""
    silent = "tokens not reported"
    parts += [f"{sent:,} tokens in{in_cache}, {written:,} out" if is_reported else silent]
    whose = _PRICES.get(str(report.provenance.get("prices")), "")
    price = "price unknown" if cost is None else f"{wording.money(cost)}{whose}"
    saved = used.get("cache_saved")
    price += f", {wording.money(saved)} saved by caching" if saved else ""
    parts += [price, f"{used['seconds']:.0f} s"]
    return ", ".join(parts)


def changes(made: Sequence[str]) -> Iterator[str]:
    """How the number of calls in flight was changed: the first of the changes, and the last."""
    if len(made) > _CHANGES_SHOWN:
        yield f"{len(made)} changes of the calls in flight, among them:"
        made = [*made[: _CHANGES_SHOWN - 1], made[-1]]
    yield from (f"  {shown(change, 120)}" for change in made)


def left_out(items: Sequence[LeftOut]) -> list[str]:
    """How many items were left out and which, in one line; then why, of the first of them."""
    if not items:
        return []
    names = few([shown(each.item, 100) for each in items])
    lines = first(items, _NAMES_SHOWN, _left_out)
    return [f"{said(len(items))}: {names} (--rest-skip-unaskable)", *lines]


def _left_out(item: LeftOut) -> str:
    place = f"{shown(item.place, 200)}: " if item.place else ""
    return f"  {place}{item.item}-{item.style}: {shown(item.reason, _WHOLE)}"


def lost(report: Report) -> Iterator[str]:
    """How many items were lost, the rates at their worst, and the first of them by name."""
    if not report.lost:
        return
    worst = report.worst("mean")
    rates = [
        f"{name.upper()} {wording.share(worst[name])} %"
        for name in ("rer", "cfr")
        if worst[name] is not None
    ]
    against = f"; counted against the model: {', '.join(rates)}" if rates else ""
    yield f"{wording.lost(len(report.lost))}{against}"
    yield from first(
        report.lost, _NAMES_SHOWN, lambda item: f"  {item.name}: {_reason(item.reason)}"
    )


def _reason(reason: str) -> str:
    """A failure's beginning and end; whole where its mend is the only way on."""
    return shown(briefly(reason), _WHOLE if reason.startswith(UNASKABLE) else 160)


def truncated(report: Report) -> Iterator[str]:
    """How many answers were cut off, at which limits, and where those are raised."""
    if report.provenance.get("budgets"):  # which are there to cut off
        return
    limits = Counter(call.max_tokens for call in once(report.records, own_calls))
    cut_off = sorted(limit for limit in limits if limit is not None)
    if cut_off:
        number = wording.count(limits.total() - limits[None], "answer")
        yield f"{number} of {limits.total():,} {_cut_off(*cut_off)}"


def _cut_off(*limits: int) -> str:
    tokens = " or ".join(f"{limit:,}" for limit in limits[:3])
    return f"cut off at {tokens} tokens; raise it: --rest-parameter max_tokens={2 * max(limits)}"


def inconsistent(report: Report) -> Iterator[str]:
    """The first inconsistent items, a line each."""
    records = [record for record in report.records if record.verdict.outcome == "inconsistent"]
    if not records:
        return
    yield f"{wording.count(len(records), 'test')} inconsistent, an item in a style each"
    yield from first(
        sorted(records, key=lambda record: record.key),
        _NAMES_SHOWN,
        lambda r: f"  {r.item}-{r.style}: {_in_short(r.verdict)}",
    )


def _flips(verdict: Verdict) -> Iterator[str]:
    """The fields of an answer that flip, a line each."""
    answered = {mode: answer.fields for mode, answer in _ordered(verdict)}
    return fields.of_item(by_field.flips(verdict), answered)


def _in_short(verdict: Verdict) -> str:
    return shown("; ".join(_flips(verdict)) or answers_said(verdict), 120)


def answers_said(verdict: Verdict) -> str:
    """`text 4, image 7, mixed no answer (refused)`."""
    return ", ".join(f"{mode} {_value(answer)}" for mode, answer in _ordered(verdict))


def _ordered(verdict: Verdict) -> list[tuple[str, Answer]]:
    answers = verdict.answers
    return [(mode, answers[mode]) for mode in (*COMPARED, *OCR_MODES) if mode in answers]


def _value(answer: Answer) -> str:
    if answer.value is not None:
        return shown(answer.value, 60)
    return f"no answer ({answer.status})"


def row(name: str, items: object, *columns: str) -> str:
    """A line of a table: a name, a number of items, and up to three columns."""
    cells = "".join(f" {column:<19}" for column in columns)
    return f"{cut(shown(name, 100), _NAME_WIDTH):<{_NAME_WIDTH}}{items!s:>6}{cells}".rstrip()
