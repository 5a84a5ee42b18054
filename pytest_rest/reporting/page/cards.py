"""Turns a report's headline rates and what they are held against into the cards of its page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_rest import wording
from pytest_rest.reporting import decision
from pytest_rest.reporting.page import plots, svg
from pytest_rest.reporting.page.items import Builtins
from pytest_rest.terms import Rate

_FEWEST = 4  # cards of a row
_ABOUT = {
    "rer": "items whose forms all agree",
    "cfr": "of the items right in some form, those wrong in another",
    "mmc": "items right in at least one form",
}
_OUTCOMES = {  # the others are words already
    "undefined": "not judged",
    "lost": "not judged",
    "refused": "not comparable",
}


@dataclass(frozen=True)
class Held:
    """A threshold or a comparison with the baseline, and what became of it in a word.

    `kind` is a class of the style sheet; `why` is the gate's reason without both.
    """

    metric: str
    wanted: str
    outcome: str
    kind: str
    why: str
    apart: str  # which items it is of, where these are not all

    @property
    def name(self) -> str:
        """`RER ≥ 85 %`, `RER may fall by 2 points`, `RER of algebra ≥ 85 %`."""
        return f"{decision.name(self.metric)}{self.apart} {self.wanted}"


@dataclass(frozen=True)
class Card:
    """A rate in per cent with the baseline's, its interval and n, and its picture."""

    name: str
    value: str
    old: str
    interval: str
    strip: str
    held: Sequence[Held]
    about: Sequence[str]

    @property
    def is_failed(self) -> bool:
        """Whether anything that it is held against has surely failed."""
        return any(each.outcome == "failed" for each in self.held)


def held(gate: Builtins) -> list[Held]:
    """All that the run is held against: thresholds, then comparisons with the baseline."""
    return [*map(_threshold, gate["thresholds"]), *map(_check, _checks(gate))]


def cards(report: Builtins, scope: str | None) -> Iterator[Card]:
    """RER, CFR and two accuracies of the headline; more where there is room, or a threshold."""
    if scope is None:
        return
    metrics, gate = report["metrics"][scope]["all"], report["gate"]
    judged = [each for each in held(gate) if not each.apart]
    modes = [f"accuracy.{mode}" for mode in metrics["accuracy"]]
    wanted = {each.metric for each in judged}
    first = ["rer", "cfr", *(modes[:2])]
    names = [*first, *(name for name in ("mmc", *modes[2:]) if name in wanted)]
    if len(names) <= _FEWEST and "mmc" not in names:
        names.append("mmc")
    changes = (gate["baseline"] or {}).get("rates") or {}
    bounds = _bounds(gate)
    for name in names:
        part, _, mode = name.partition(".")
        rate = metrics[part][mode] if mode else metrics[part]
        row = plots.share(decision.name(name), rate)
        changed = changes.get(name) or {}
        yield _card(
            row.label,
            row.rate,
            svg.strip(f"card-{part}{mode}", row, bounds.get(name, ()), _old(row.rate, changed)),
            changed,
            [each for each in judged if each.metric == name],
            [*_about(name, metrics, row.rate, changed)],
        )


def _card(
    label: str,
    rate: Rate | None,
    strip: str,
    changed: Builtins,
    judged: Sequence[Held],
    about: Sequence[str],
) -> Card:
    name = label[:1].upper() + label[1:]
    if rate is None:
        return Card(name, "undefined", "", "", "", judged, about)
    old = _old(rate, changed)
    value = wording.share(rate.value)
    interval = wording.rate(rate).removeprefix(f"{value} % ")
    before = "" if old is None else wording.share(old)
    return Card(name, f"{value} %", before, interval, strip, judged, about)


def _old(rate: Rate | None, changed: Builtins) -> float | None:
    """The baseline's rate, where it is of the same items and styles as the run's."""
    if rate is None or wording.share(changed.get("new")) != wording.share(rate.value):
        return None
    old: float | None = changed.get("old")
    return old


def _about(name: str, metrics: Builtins, rate: Rate | None, changed: Builtins) -> Iterator[str]:
    """What changed since the baseline, and what the rate is of."""
    if changed.get("value") is not None:
        moved = decision.moved(changed) if changed["value"] else "unchanged"
        if _old(rate, changed) is None:
            both = " → ".join(wording.share(changed[key]) for key in ("old", "new"))
            moved = f"of what both runs have: {both} %, {moved}"
        yield f"{moved} since the baseline"
    parts = [metrics.get("all_correct"), metrics.get("agreed_wrong")]
    if name == "rer" and all(parts):
        right, wrong = (wording.share(part["value"]) for part in parts if part)
        yield f"{_ABOUT[name]}: {right} % all right, {wrong} % agreed but wrong"
    elif name in _ABOUT:
        yield _ABOUT[name]


def _bounds(gate: Builtins) -> dict[str, list[float]]:
    bounds: dict[str, list[float]] = {}
    for each in whole(gate["thresholds"]):
        bounds.setdefault(each["metric"], []).append(each["bound"])
    return bounds


def whole(thresholds: Iterable[Builtins]) -> list[Builtins]:
    """Those of all items."""
    return [each for each in thresholds if not _apart(each)]


def _checks(gate: Builtins) -> Sequence[Builtins]:
    checks: Sequence[Builtins] = (gate["baseline"] or {}).get("checks", ())
    return checks


def _apart(threshold: Builtins) -> str:
    subset = "OCR-correct items" if threshold["subset"] == "ocr_correct" else ""
    parts = filter(None, (subset, threshold["part"], threshold["scope"]))
    return "".join(f" of {part}" for part in parts)


def _threshold(threshold: Builtins) -> Held:
    outcome, op, bound = str(threshold["outcome"]), threshold["op"], threshold["bound"]
    sign = {">=": "≥", "<=": "≤"}.get(op, op)
    why = _why(threshold["reason"], f"{threshold['metric']}{op}")
    kind = {"passed": "good", "failed": "bad"}.get(outcome, "unsure")
    wanted = f"{sign} {bound * 100:g} %"
    name, apart = threshold["metric"], _apart(threshold)
    return Held(name, wanted, _OUTCOMES.get(outcome, outcome), kind, why, apart)


def _check(check: Builtins) -> Held:
    metric, bound = decision.tolerance(check)
    verb = "rise" if "_rise<=" in check["name"] else "fall"
    outcome = str(check["outcome"])
    unsure = "unsure" if check.get("passes") else "bad"
    kind = {"passed": "good", "undecided": unsure}.get(outcome, "bad")
    try:
        wanted = f"may {verb} by {wording.points(float(bound))}"
    except ValueError:  # a name that no run has written
        wanted = ""
    why = _why(check["reason"], check["name"])
    return Held(metric, wanted, _OUTCOMES.get(outcome, outcome), kind, why, "")


def _why(reason: str, begins: str) -> str:
    """A gate's reason without the threshold and its outcome, which it begins with."""
    _, _, why = reason.partition(": ")
    return why if why and reason.startswith(begins) else reason
