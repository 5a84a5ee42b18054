"""Turns what lies behind a report's rates into lines of text for a terminal of 80 columns."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields

from pytest_rest.gate import regression, thresholds
from pytest_rest.metrics import failure_causes, published_rows
from pytest_rest.metrics.advice import Advice, Advised
from pytest_rest.metrics.style_effects import StyleEffect
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal.tables import percent, points
from pytest_rest.safe_text import shown
from pytest_rest.terms import Rate, Style

_CAUSES = {
    "misread": "misread",
    "refused": "refused",
    "no answer": "without an answer",
    "misreasoned": "misreasoned",
    "unknown": "not transcribed",
}
_EFFECTS_SHOWN = 8
_NAME_WIDTH = 27
ADVICE_SHOWN = 6
_ADVICE_WIDTH = 46


def effects(report: Report) -> Iterator[str]:
    """The clearest effects of the styles, in points, each on all and on OCR-correct items.

    Each characteristic's clearest is among them; a style that changes one characteristic alone is
    left to that characteristic, and a colour to `any` where there are several.
    """
    found: dict[tuple[str, str], list[StyleEffect]] = {}
    for each in report.effects:
        found.setdefault((each.characteristic, each.value), []).append(each)
    ranked = sorted(
        filter(_is_shown(report), found), key=lambda key: (*_clarity(found[key][0]), _natural(key))
    )
    best = dict(reversed(ranked))
    first = [key for key in ranked if best[key[0]] == key[1]]
    kept = (first + [key for key in ranked if key not in first])[:_EFFECTS_SHOWN]
    if not kept:
        return
    head = "effect in points [95%]"
    yield f"{head:<{_NAME_WIDTH}}{'items':>6} {'accuracy':<22} agreement"
    for key in sorted(kept, key=ranked.index):
        for effect in found[key]:
            name = " ".join(key) if effect.subset == "all" else "  OCR-correct"
            yield _effect_row(name, effect)
    if more := len(found) - len(kept):
        yield f"  and {more} more, in report.json"


def failed_at(report: Report) -> Iterator[str]:
    """`12 of 50 items inconsistent: 3 misread, 9 misreasoned`; nothing where all agree."""
    found = failure_causes.count(report.whole)["pooled"]
    if not found["inconsistent"]:
        return
    parts = [f"{found[each]} {word}" for each, word in _CAUSES.items() if found[each]]
    yield f"{found['inconsistent']} of {found['items']} items inconsistent: {', '.join(parts)}"


def standing(report: Report) -> Iterator[str]:
    """REST's published rows with this run's among them, marked, in per cent; at most 12 lines."""
    found = report.standing
    if found is None:
        return
    head = "published, in per cent"
    yield f"{head:<{_NAME_WIDTH}} {'RER':<19} {'CFR':<19} OCR-correct"
    for row in found.rows:
        cells = [_share(each) for each in (row.rer, row.cfr, row.ocr_correct_rate)]
        if row.this_run:
            cells[:2] = [percent(found.rer), percent(found.cfr)]
        name = _cut(f"{'>' if row.this_run else ' '} {shown(row.model, 100)}", _NAME_WIDTH)
        yield f"{name:<{_NAME_WIDTH}} {cells[0]:<19} {cells[1]:<19} {cells[2]}"
    n = found.rer.n if found.rer else 0
    yield f"  {published_rows.SOURCE}: mean of 4 data sets, OCR-correct items"
    yield _cut(f"  here n = {n}; differs: {shown(found.differs, 200)}", 80)


def advice(found: Advised | None) -> Iterator[str]:
    """What the data support doing, the clearest first; nothing where there is no such thing."""
    if found is None or not found.given:
        return
    head, *rest = advised_head(found)
    yield f"{head:<{_ADVICE_WIDTH}} {' '.join(rest)}"
    for text, n, change in map(advised, found.given[:ADVICE_SHOWN]):
        yield f"{_cut(shown(text, 100), _ADVICE_WIDTH):<{_ADVICE_WIDTH}} {n:>5} {change}"
    if more := len(found.given[ADVICE_SHOWN:]):
        yield f"  and {more} more, in report.json"


def nothing(found: Advised) -> str:
    """That the data support no advice, and what that does not mean."""
    return (
        f"None: of {found.looked_at} differences that were looked at none is clear. That is no "
        "proof that nothing matters, only that these items do not show it."
    )


def advised_head(found: Advised) -> tuple[str, str, str]:
    """What stands above `advised`."""
    return f"advice, of {found.looked_at} differences", "items", "points [95% together]"


def advised(each: Advice) -> tuple[str, str, str]:
    """What to do, the items it rests on, and the difference with its interval."""
    return each.text, str(each.n), points(Rate(each.value, each.low, each.high, each.n))


def gate(report: Report) -> Iterator[tuple[str, bool | None]]:
    """The gate line by line, its verdict last, each with whether it is met; None of what is not."""
    judged = report.gate
    if judged is None:
        return
    for threshold in judged.thresholds:
        yield f"  {threshold.reason}", threshold.outcome == "passed"
        if said := thresholds.unusual(threshold.threshold):
            yield f"  {said}", None
    if (stopped := report.stopped) is not None:
        items = f"after {stopped.items:,} of {stopped.of:,} items"
        yield f"  stopped early, {items}: some {stopped.calls_saved:,} calls saved", None
    if (found := judged.regression) is not None:
        for check in found.checks:
            yield f"  {check.reason}", check.outcome == "passed"
        if found.worse:
            yield "  were consistent, and are no longer:", None
        yield from ((f"    {name}", None) for name in regression.shown(found.worse))
        if found.note:
            yield f"  {found.note}", None
    word = {True: "passed", False: "NOT PASSED", None: "not judged"}[judged.passed]
    yield f"gate {word}: {judged.reason}", judged.passed


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _is_shown(report: Report) -> Callable[[tuple[str, str]], bool]:
    names = [(each.characteristic, each.value) for each in report.effects]

    def is_shown(key: tuple[str, str]) -> bool:
        name, value = key
        if name == "style":
            return sum(_differs(report.styles[value])) > 1
        return name != "color" or value == "any" or ("color", "any") not in names

    return is_shown


def _differs(style: Style) -> list[bool]:
    usual = Style()
    return [getattr(style, f.name) != getattr(usual, f.name) for f in fields(Style) if f.compare]


def _clarity(effect: StyleEffect) -> tuple[float, float]:
    """The larger t of the two, and then the larger effect: the clearest first.

    What changes every item alike, and more than one, has no spread: nothing is clearer.
    """
    both = [each for each in (effect.accuracy, effect.agreement) if each]
    sizes = [abs(each.value) for each in both]
    ts = [abs(d.t) if d.t is not None else math.inf if d.value and d.n > 1 else 0.0 for d in both]
    return -max(ts, default=0.0), -max(sizes, default=0.0)


def _natural(key: tuple[str, str]) -> list[str]:
    """By name, 50 before 100."""
    return [word.zfill(9) for word in re.findall(r"\d{1,9}|\D{1,99}", " ".join(key))]


def _effect_row(name: str, effect: StyleEffect) -> str:
    name = _cut(shown(name, 100), _NAME_WIDTH - 1)
    n = max(each.n if each else 0 for each in (effect.accuracy, effect.agreement))
    cells = f"{points(effect.accuracy):<22} {points(effect.agreement)}"
    return f"{name:<{_NAME_WIDTH}}{n:>6} {cells}".rstrip()
