"""Turns a report into what a CI shows: a page of Markdown, annotations, JUnit's properties."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_rest import wording
from pytest_rest.gate import Gate
from pytest_rest.gate.paired_runs import PairedComparison
from pytest_rest.gate.rate_changes import Change
from pytest_rest.gate.regression import Regression
from pytest_rest.metrics import failure_causes, format_findings
from pytest_rest.metrics.advice import Advised
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.reporting import decision, judgement, stored_answers, why_lost
from pytest_rest.reporting.decision import Decision
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import (
    fields,
    figures,
    findings,
    judge,
    pages,
    seen,
    tables,
    tags,
    vision_tokens,
)
from pytest_rest.reporting.terminal import formats as format_words
from pytest_rest.safe_text import shown
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.terms import COMPARED, OCR_MODES, Rate

_NAMES_SHOWN = 10
_VALUES = 100  # of items that JUnit's properties name
_MARKUP = re.compile(r"(?!(?<=\d)\.(?=\d))[^\w ,=()%+-]|_")  # but not the dot of a number
_SUBSETS = {"all": "", "ocr_correct": ", OCR-correct"}
RATES = {
    "rer": "RER",
    "all_correct": "= all right",
    "agreed_wrong": "+ agreed, wrong",
    "agree_not_right": "agree, not right",
    "rer_beyond_chance": "RER beyond chance",
    "cfr": "CFR",
    "mmc": "MMC",
}


def page(report: Report) -> str:
    """The verdict and its reason, the metrics, and what failed, for a pull request's reader."""
    about, gate = report.provenance, report.gate
    regression = gate.regression if gate else None
    why = gate.reason if gate else "; ".join(report.cautions)
    checks = [_row(name, word, said) for name, word, _, said in _checks(report)]
    blocks = [
        [f"## REST: {escape(str(about['model']))}"],
        _decided(report.decision),
        [f"{verdict(report)}{f': {escape(why, 1_000)}' if why else ''}"],
        _table(["threshold", "", "why"], checks),
        [escape(line) for line in seen.told(report.seen)],
        _metrics(report),
        [escape(line) for line in tables.unjudged(report.table["pooled"]["all"])],
        _formats(report),
        [escape(line) for line in pages.lost_after(report)],
        _tags(report),
        _fields(report),
        [escape(line) for line in tables.clusters(report)],
        _rh_auc(report),
        _advice(report.advice),
        _vision(report.vision),
        _listed("Were consistent, and are no longer", regression.worse if regression else ()),
        _listed("Lost", (f"{lost.name}: {why_lost.briefly(lost.reason)}" for lost in report.lost)),
        _listed("Left out, cannot be asked", (f"{i.item}: {i.reason}" for i in report.left_out)),
        [escape(line) for line in findings.abstained(report)],
        [escape("; ".join(line.strip() for line in judge.lines(report)))],
        _listed("Inconsistent", _inconsistent(report)),
        _asked(report),
    ]
    return _joined(blocks)


def annotations(report: Report) -> Iterator[str]:
    """GitHub's workflow commands: an error for each threshold that does not pass.

    Without a gate, one for each of the first inconsistent items.
    """
    failed = [(name, why) for name, _, passes, why in _checks(report) if not passes]
    if report.gate and report.gate.passed is False and not failed:
        failed = [("gate", report.gate.reason)]
    if report.gate is None:
        failed = [("inconsistent", line) for line in _inconsistent(report)]
    yield from errors(failed)


def comparison(runs: PairedComparison, table: Mapping[str, Change], judged: Regression) -> str:
    """What changed from one run to another, and whether that is tolerated."""
    checks = judged.checks
    said = judged.summary if checks else "no tolerance was named"
    known = Gate(not judged.reasons, said, (), judged)
    decided = decision.of(judgement.gate_to_builtins(known), None) if checks else None
    blocks = [
        [f"## REST: {escape(runs.old_model)} to {escape(runs.new_model)}"],
        _decided(decided) or [f"**not judged**: {said}"],
        _table(["threshold", "", "why"], [_row(c.name, c.outcome, c.reason) for c in checks]),
        _table(
            ["per cent, points [95%]", "items", "old", "new", "change", "worse", "better"],
            [_change(RATES.get(name, name), change) for name, change in table.items()],
        ),
        [escape(f"warning: {judged.warning}", 1_000)] if judged.warning else [],
        _listed("Were consistent, and are no longer", runs.rer.worse),
        _listed("Became consistent", runs.rer.better),
        _listed("Lost in either run, and left out", runs.left_out),
    ]
    return _joined(blocks)


def errors(failed: Sequence[tuple[str, str]]) -> Iterator[str]:
    """GitHub's workflow commands, one for each name and reason of the first ten."""
    for name, why in failed[:_NAMES_SHOWN]:
        title = _command(f"REST: {name}").replace(":", "%3A").replace(",", "%2C")
        yield f"::error title={title}::{_command(shown(why, 500))}"


def properties(report: Report) -> dict[str, str]:
    """Names and values for JUnit's `<properties>`: the run, its gate, each suite's rates."""
    about = report.provenance
    values = {
        "rest.model": str(about["model"]),
        **({} if about.get("stored") else {"rest.seed": str(about["seed"])}),
        "rest.protocol": str(about["protocol"]),
        "rest.gate": verdict(report),
    }
    inconsistent = [r for r in report.records if r.verdict.outcome == "inconsistent"]
    values |= {"rest.inconsistent": str(len(inconsistent)), "rest.lost": str(len(report.lost))}
    for record in inconsistent[:_VALUES]:
        values[f"rest.inconsistent.{record.item}-{record.style}"] = tables.answers_said(
            record.verdict
        )
    values |= {f"rest.lost.{each.name}": each.reason for each in report.lost[:_VALUES]}
    if report.left_out:
        values["rest.unaskable"] = str(len(report.left_out))
    abstained = failure_causes.abstentions(report.whole)
    values |= {f"rest.abstained.{mode}": str(c["abstained"]) for mode, c in abstained.items()}
    rates = {f"rest.rh_auc.{kind}": area.rate for kind, area in _areas(report).items()}
    for scope in tables.scopes(report.table):
        metrics = report.table[scope]["all"]
        apart = "rer", "all_correct", "agreed_wrong", "cfr", "mmc"
        for name in (*apart, *(f"accuracy.{mode}" for mode in metrics.accuracy)):
            rates[f"rest.{scope}.{name}"] = metrics.rate(name)
    for key, rate in rates.items():
        if rate is not None:
            values[key] = str(rate.value)
            values |= {f"{key}.{name}": str(getattr(rate, name)) for name in ("low", "high", "n")}
    return {shown(name, 300): shown(value, 500) for name, value in values.items()}


def _decided(decided: Decision | None) -> list[str]:
    """Whether to ship, and why; nothing of a part of a run."""
    if not decided:
        return []
    return [f"**{decided.word.capitalize()}**: {escape(decided.why, 1_000)}"]


def _asked(report: Report) -> list[str]:
    """What asking took, and how it was asked; of stored answers, what is not known."""
    about, used = report.provenance, escape(tables.usage(report))
    if about.get("stored"):
        return [f"{used}; {escape(line)}" for line in tables.unknown(report)]
    return [f"{used}; seed {about['seed']}, {escape(str(about['protocol']))}"]


def verdict(report: Report) -> str:
    """`gate passed`, `gate failed`, `gate undecided`, a part's `gate not judged`, `no gate`."""
    if report.gate is None:
        return "no gate"
    return f"gate {judgement.verdict(judgement.gate_to_builtins(report.gate))}"


def escape(value: str, limit: int = 300) -> str:
    """Text that Markdown shows as it is: nothing in it is markup, a link or a mention.

    What might be markup becomes its number, which Markdown and HTML both show as the character.
    """
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown(value, limit))


def _checks(report: Report) -> Iterator[tuple[str, str, bool, str]]:
    """Each threshold and each comparison: its name, its verdict, whether it passes, and why."""
    if report.gate is None:
        return
    for judged in report.gate.thresholds:
        passes = judged.outcome == "passed"
        yield judged.threshold.id, _word(judged.outcome), passes, judged.reason
    for check in report.gate.regression.checks if report.gate.regression else ():
        yield check.name, _word(check.outcome), check.passes, check.reason


def _word(outcome: str) -> str:
    """A verdict in one of its three words: what was not judged is undecided."""
    return outcome if outcome in ("passed", "failed") else "undecided"


def _metrics(report: Report) -> list[str]:
    known = report.table["pooled"]["all"].accuracy
    modes = [mode for mode in (*COMPARED, *OCR_MODES) if mode in known]
    scopes, rows = tables.scopes(report.table), []
    names = [name for name in RATES if any(report.table[s]["all"].rate(name) for s in scopes)]
    for name in scopes:
        for subset, suffix in _SUBSETS.items():
            if subset != "all" and stored_answers.is_unread(report.provenance):
                continue
            metrics = report.table[name][subset]  # type: ignore[index]
            rates = [metrics.rate(name) for name in names]
            rates += [metrics.accuracy.get(mode) for mode in modes]
            rows.append([escape(name) + suffix, str(metrics.items), *map(figures.percent, rates)])
    head = ["per cent [95%]", "items", *(RATES[name] for name in names), *modes]
    return _table(head, rows)


def _formats(report: Report) -> list[str]:
    if report.formats is None:
        return []
    by_name = {name: subsets["all"] for name, subsets in report.formats.metrics.items()}
    rows = [
        [escape(name), str(m.items), *(figures.percent(m.rate(n)) for n in ("rer", "cfr", "mmc"))]
        for name, m in by_name.items()
    ]
    said = format_findings.sentence(report.formats.findings)
    sizes = [format_words.found(each) for each in report.formats.findings if each.is_clear]
    whole = [
        [f"format floor, {name}", str(rate.n), write(rate)]
        for key, (name, write) in format_words.WHOLE.items()
        if (rate := getattr(report.formats, key))
    ]
    return [
        *_table(["format", "items", "RER", "CFR", "MMC"], rows),
        *(["", *_table(["what formats do", "items", "[95%]"], whole)] if whole else []),
        *(["", escape("; ".join([said, *sizes]))] if said else []),
    ]


def _tags(report: Report) -> list[str]:
    by_tag = tags.worst_first(report.tags, report.table["pooled"]["all"].items)
    rows = [
        [escape(name), str(m.items), *(figures.percent(m.rate(n)) for n in ("rer", "cfr", "mmc"))]
        for name, m in by_tag.items()
    ]
    if more := len(rows[tags.SHOWN :]):
        rows[tags.SHOWN :] = [[f"and {more} more", "", "", "", ""]]
    return _table(["tag", "items", "RER", "CFR", "MMC"], rows)


def _fields(report: Report) -> list[str]:
    rows = [
        [
            escape(name),
            str(each.metrics["all"].items),
            *(figures.percent(each.metrics["all"].rate(n)) for n in ("rer", "cfr", "mmc")),
            fields.counted(each.flips),
        ]
        for name, each in fields.worst_first(report.fields).items()
    ]
    if more := len(rows[fields.SHOWN :]):
        rows[fields.SHOWN :] = [[f"and {more} more", "", "", "", "", ""]]
    return _table(["field", "items", "RER", "CFR", "MMC", "flips in"], rows)


def _areas(report: Report) -> Mapping[AreaKind, Area]:
    return report.rh_auc.areas if report.rh_auc else {}


def _rh_auc(report: Report) -> list[str]:
    rows = [
        (f"RH-AUC {kind}", escape(figures.area(area.rate, area.undefined)))
        for kind, area in _areas(report).items()
    ]
    return _table(["rh-bench", "area [95%]"], rows)


def _advice(advised: Advised) -> list[str]:
    rows = [(escape(text), *rest) for text, *rest in map(findings.advised, advised.given)]
    if more := len(rows[findings.ADVICE_SHOWN :]):
        rows[findings.ADVICE_SHOWN :] = [(f"and {more} more", "", "")]
    return _table(findings.advised_head(advised), rows)


def _vision(vision: Vision | None) -> list[str]:
    """In one line whether a picture saves tokens; nothing where one style was asked."""
    if vision is None or not vision_tokens.compared(vision):
        return []
    return [escape("; ".join(line.strip() for line in vision_tokens.answer(vision)))]


def _inconsistent(report: Report) -> list[str]:
    inconsistent = (r for r in report.records if r.verdict.outcome == "inconsistent")
    return [
        f"{record.item}-{record.style}: {shown(tables.answers_said(record.verdict), 120)}"
        for record in sorted(inconsistent, key=lambda record: record.key)
    ]


def _row(name: str, outcome: str, why: str) -> tuple[str, str, str]:
    word = _word(outcome)
    return escape(name), word if word == "passed" else f"**{word}**", escape(why, 600)


def _change(name: str, change: Change) -> list[str]:
    moved = None if change.value is None else Rate(change.value, change.low, change.high, change.n)
    shares = map(wording.share, (change.old, change.new))
    flips = str(change.worse), str(change.better)
    return [escape(name), str(change.n), *shares, figures.points(moved), *flips]


def _joined(blocks: Iterable[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *lines] if lines else []


def _listed(title: str, names: Iterable[str]) -> list[str]:
    lines = [f"- {escape(name)}" for name in names]
    if more := len(lines[_NAMES_SHOWN:]):
        lines[_NAMES_SHOWN:] = [f"- and {more} more"]
    return [f"**{title}**", "", *lines] if lines else []


def _command(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
