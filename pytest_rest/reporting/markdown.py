"""Turns a report into what a CI shows: a page of Markdown, annotations, JUnit's properties."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_rest.metrics import failure_causes, format_findings
from pytest_rest.metrics.advice import Advised
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.reporting import stored_answers
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import (
    figures,
    findings,
    pages,
    seen,
    tables,
    tags,
    vision_tokens,
)
from pytest_rest.reporting.terminal import formats as format_words
from pytest_rest.safe_text import shown
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.terms import COMPARED, OCR_MODES

_NAMES_SHOWN = 10
_MARKUP = re.compile(r"(?!(?<=\d)\.(?=\d))[^\w ,=()%+-]|_")  # but not the dot of a number
_MET = {True: "met", False: "**not met**", None: "undecided"}
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
    checks = ((escape(name), _MET[met], escape(said, 600)) for name, met, said in _checks(report))
    blocks = [
        [f"## REST: {escape(str(about['model']))}"],
        _decided(report),
        [f"{verdict(report)}{f': {escape(why, 1_000)}' if why else ''}"],
        _table(["threshold", "", "why"], checks),
        [escape(line) for line in seen.told(report.seen)],
        _metrics(report),
        [escape(line) for line in tables.unjudged(report.table["pooled"]["all"])],
        _formats(report),
        [escape(line) for line in pages.lost_after(report)],
        _tags(report),
        [escape(line) for line in tables.clusters(report)],
        _rh_auc(report),
        _advice(report.advice),
        _vision(report.vision),
        _listed("Were consistent, and are no longer", regression.worse if regression else ()),
        _listed("Lost", (f"{lost.name}: {lost.reason}" for lost in report.lost)),
        _listed("Left out, cannot be asked", (f"{i.item}: {i.reason}" for i in report.left_out)),
        [escape(line) for line in findings.abstained(report)],
        [escape("; ".join(line.strip() for line in tables.judge(report)))],
        _listed("Inconsistent", _inconsistent(report)),
        _asked(report),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def annotations(report: Report) -> Iterator[str]:
    """GitHub's workflow commands: an error for each threshold that is not met.

    Without a gate, one for each of the first inconsistent items.
    """
    failed = [(name, why) for name, met, why in _checks(report) if met is False]
    if report.gate and report.gate.passed is False and not failed:
        failed = [("gate", report.gate.reason)]
    if report.gate is None:
        failed = [("inconsistent", line) for line in _inconsistent(report)]
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
    return {name: shown(value, 500) for name, value in values.items()}


def _decided(report: Report) -> list[str]:
    """Whether to ship, and why; nothing of a part of a run."""
    if not (decided := report.decision):
        return []
    return [f"**{decided.word.capitalize()}**: {escape(decided.why, 1_000)}"]


def _asked(report: Report) -> list[str]:
    """What asking took, and how it was asked; of stored answers, what is not known."""
    about, used = report.provenance, escape(tables.usage(report))
    if about.get("stored"):
        return [f"{used}; {escape(line)}" for line in tables.unknown(report)]
    return [f"{used}; seed {about['seed']}, {escape(str(about['protocol']))}"]


def verdict(report: Report) -> str:
    """`gate passed`, `gate NOT PASSED`, `gate not judged` (a shard's), or `no gate`."""
    if report.gate is None:
        return "no gate"
    return f"gate {findings.GATE_WORDS[report.gate.passed]}"


def escape(value: str, limit: int = 300) -> str:
    """Text that Markdown shows as it is: nothing in it is markup, a link or a mention.

    What might be markup becomes its number, which Markdown and HTML both show as the character.
    """
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown(value, limit))


def _checks(report: Report) -> Iterator[tuple[str, bool | None, str]]:
    """Each threshold and each comparison: its name, whether it is met, and why.

    None where it cannot tell, and passes.
    """
    if report.gate is None:
        return
    for judged in report.gate.thresholds:
        yield judged.threshold.id, judged.outcome == "passed", judged.reason
    for check in report.gate.regression.checks if report.gate.regression else ():
        yield check.name, check.met, check.reason


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
    return [line.strip() for line in tables.inconsistent(report)][1:]


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
