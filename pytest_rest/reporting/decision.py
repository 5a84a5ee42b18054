"""Turns a report into the one sentence that a release manager reads first: ship or not, and why.

Do not ship: a threshold or a comparison with the baseline has failed. Cannot tell: it was not
judged, or what changed is beyond the tolerance and not sure, whether that passes or not. Ship: all
that was asked for has passed. A part of a run decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pytest_rest import wording
from pytest_rest.terms import Rate, to_rate

Builtins = Mapping[str, Any]
Word = Literal["ship", "do not ship", "cannot tell"]
_SAID = 2  # reasons in the sentence; the others are counted
_NAMES = {
    **wording.METRICS,
    "cer": "CER",
    "all_correct": "all forms right",
    "ocr_correct_rate": "OCR-correct",
    "noise_floor": "agreement with itself",
}


@dataclass(frozen=True)
class Decision:
    """The word, and why, as a sentence without its full stop."""

    word: Word
    why: str

    @property
    def sentence(self) -> str:
        """`Do not ship: RER is 79.2 % [70.8, 85.6], n = 120, below the 85 % asked for`."""
        return f"{self.word.capitalize()}: {self.why}"


def of(
    gate: Builtins, rer: Rate | None, cautions: Sequence[str] = (), *, is_shard: bool = False
) -> Decision | None:
    """What the report's `gate` decides; None for a part of a run.

    `rer` is told where no threshold was asked for. What `cautions` say is why agreement says
    nothing of the model: that is not shipped for it, whatever passes.
    """
    if is_shard:
        return None
    baseline = gate["baseline"] or {}
    judged = [*baseline.get("checks", ()), *gate["thresholds"]]
    rates = baseline.get("rates", {})
    if failed := [each for each in judged if each["outcome"] == "failed"]:
        return Decision("do not ship", _listed([_said(each, rates) for each in failed]))
    if gate["passed"] is None:
        said = f"; RER is {_rate(rer)}" if rer else ""
        why = f"no threshold was asked for, such as --rest-min-rer=0.9{said}"
        return Decision("cannot tell", "; ".join([*cautions, why]))
    if not gate["passed"]:
        is_theirs = any(gate["reason"].startswith(each["reason"]) for each in judged)
        waiting = [_said(each, rates) for each in judged if each["outcome"] != "passed"]
        return Decision("cannot tell", _listed(waiting) if is_theirs else gate["reason"])
    unsure = [_said(each, rates) for each in judged if _is_beyond(each)]
    if unsure or cautions:
        why = _listed([*cautions, *unsure])
        return Decision("cannot tell", f"{why}; the gate passes all the same")
    why = _listed([_said(each, rates) for each in judged]) if judged else gate["reason"]
    warnings = "; ".join(filter(None, (gate["warning"], baseline.get("warning"))))
    return Decision("ship", f"with a warning: {warnings}; {why}" if warnings else why)


def to_builtins(decision: Decision | None) -> dict[str, str] | None:
    """As in report.json."""
    return {"word": decision.word, "why": decision.why} if decision else None


def _is_beyond(judged: Builtins) -> bool:
    """Whether what changed is more than is tolerated, surely or not."""
    if "name" not in judged:
        return False
    return judged.get("change") is None or judged["change"] > float(tolerance(judged)[1])


def tolerance(check: Builtins) -> tuple[str, str]:
    """A comparison's metric and what is tolerated, of its name `rer_drop<=0.02`."""
    metric, _, bound = check["name"].replace("_rise<=", "_drop<=").partition("_drop<=")
    return metric, bound


def _listed(reasons: list[str]) -> str:
    more = len(reasons) - _SAID
    return "; ".join([*reasons[:_SAID], *([f"and {more} more"] if more > 0 else [])])


def _said(judged: Builtins, rates: Builtins) -> str:
    """A threshold with its rate, or a comparison with what changed."""
    if "name" not in judged:
        return _of_threshold(judged)
    metric, bound = tolerance(judged)
    changed = rates.get(metric)
    if changed is None or changed["value"] is None or judged.get("change") is None:
        return str(judged["reason"])
    if judged["outcome"] == "failed" and not _is_beyond(judged):  # in a suite alone
        return str(judged["reason"]).removeprefix(f"{judged['name']} ")
    ends = f" from {wording.share(changed['old'])} to {wording.share(changed['new'])} %,"
    held = _held(judged, "rise" if metric == "cfr" else "fall", float(bound))
    return f"{name(metric)} {moved(changed, ends)}, n = {changed['n']}, {held}"


def _held(judged: Builtins, worse: str, bound: float) -> str:
    """What changed against what is tolerated; a change for the better is not `within` that."""
    is_unsure, allowed = judged["outcome"] == "undecided", wording.points(bound)
    if is_unsure and judged["change"] <= 0:
        return f"and a {worse}{f' of more than {allowed}' if bound else ''} is not ruled out"
    if not bound:
        return f"{'though not surely, ' * is_unsure}where no {worse} is allowed"
    if judged["change"] <= 0:
        return f"where a {worse} of {allowed} is allowed"
    held = f"{'more than' if _is_beyond(judged) else 'within'} the {allowed} allowed"
    return f"{held}{', though not surely' * is_unsure}"


def moved(changed: Builtins, ends: str = "") -> str:
    """`fell by 9.2 points [4.3, 14.1]`; `ends` is what stands before `by`."""
    value, bounds = changed["value"], (changed["low"], changed["high"])
    sign = -1 if value < 0 else 1
    word = f"{'fell' if value < 0 else 'rose'}{ends}" if value else "moved"
    known = sorted(sign * end for end in bounds if end is not None)
    interval = f" [{', '.join(map(wording.share, known))}]" if known else wording.NO_SPREAD
    return f"{word} by {wording.share(abs(value))} points{interval}"


def _of_threshold(judged: Builtins) -> str:
    parts = ["OCR-correct items"] if judged["subset"] == "ocr_correct" else []
    parts += [part for part in (judged["part"], judged["scope"]) if part]
    of = " of ".join([name(judged["metric"]), *parts])
    if judged["value"] is None:
        return f"{of} is not judged: {judged['reason'].rpartition(' is not judged: ')[2]}"
    rate = to_rate({n: judged[n] for n in ("value", "low", "high", "n")})
    bound = f"{judged['bound'] * 100:g} %"
    is_least = judged["op"].startswith(">")
    met = f"at {'least' if is_least else 'most'} the {bound} asked for"
    missed = f"{'below' if is_least else 'above'} the {bound} asked for"
    held = {"passed": met, "undecided": f"not surely {met}"}.get(judged["outcome"], missed)
    return f"{of} is {_rate(rate)}, {held}"


def _rate(rate: Rate | None) -> str:
    return wording.rate(rate) if rate else "undefined"


def name(metric: str) -> str:
    """`RER`, `accuracy as image`: a metric as people say it."""
    return _NAMES.get(metric, metric.replace("accuracy.", "accuracy as "))
