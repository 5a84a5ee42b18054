"""Turns what lies behind a report's rates into lines of text for a terminal of 80 columns."""

import re
import textwrap
from collections.abc import Iterable, Iterator

from pytest_rest import wording
from pytest_rest.gate import regression, thresholds
from pytest_rest.metrics import failure_causes, published_rows, seen_dpi
from pytest_rest.metrics.advice import Advice, Advised
from pytest_rest.metrics.reading import Explained
from pytest_rest.metrics.style_effects import StyleEffect
from pytest_rest.reporting.judgement import gate_to_builtins, verdict
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import (
    fields,
    formats,
    judge,
    pages,
    tables,
    tags,
    vision_tokens,
)
from pytest_rest.reporting.terminal.figures import cut, first, percent, points
from pytest_rest.safe_text import shown
from pytest_rest.statistics.paired import simultaneous
from pytest_rest.terms import Rate, Style
from pytest_rest.wording import share

_EFFECTS_SHOWN = 8
_NAME_WIDTH = 27
ADVICE_SHOWN = 6
_ADVICE_WIDTH = 46


def summary(report: Report, has_place: bool = True) -> Iterator[tuple[str, dict[str, bool]]]:
    """Findings and what was lost, line by line, each with how pytest is to show it.

    `has_place` is whether the run has a place among the published ones.
    """
    blocks: tuple[tuple[Iterable[str], tuple[str, ...]], ...] = (
        (tables.unknown(report), ()),
        (pages.lines(report), ()),
        (tables.unjudged(report.table["pooled"]["all"]), ()),
        (formats.lines(report.formats), formats.HEADINGS),
        (tags.lines(report), (tags.HEADING,)),
        (fields.lines(report), (fields.HEADING,)),
        (tables.clusters(report), ()),
        (effects(report), ("effect",)),
        (vision_tokens.lines(report.vision), ("tokens",)),
        (advice(report.advice), ("advice",)),
        (failed_at(report), ()),
        (abstained(report), ()),
        (judge.lines(report), ("judge",)),
    )
    for lines, headings in blocks:
        yield from ((line, {"bold": line.startswith(headings)}) for line in lines)
    for line in (
        *tables.truncated(report),
        *tables.inconsistent(report),
        *tables.lost(report),
        *tables.left_out(report.left_out),
    ):
        yield line, {"yellow": not line.startswith(" ")}
    for line in standing(report) if has_place else ():
        yield line, {"bold": line.startswith(("published", ">"))}


def effects(report: Report) -> Iterator[str]:
    """The largest effects of the styles, in points, each on all and on OCR-correct items.

    The largest are those furthest from zero in widths of their intervals. Each characteristic's is
    among them; a style that changes one characteristic alone is left to that characteristic, and a
    colour to `any` where there are several.
    """
    of = report.advice.looked_at
    changes: dict[tuple[str, str], list[StyleEffect]] = {}
    for effect in report.effects:
        changes.setdefault((effect.characteristic, effect.value), []).append(effect)
    ranked = sorted(
        (change for change in changes if _is_shown(change, report)),
        key=lambda change: (*_clarity(changes[change][0], of), _natural(change)),
    )
    clearest = dict(reversed(ranked))
    ahead = [change for change in ranked if clearest[change[0]] == change[1]]
    kept = (ahead + [change for change in ranked if change not in ahead])[:_EFFECTS_SHOWN]
    if not kept:
        return
    head = "effect in points [95% each]"
    yield f"{head:<{_NAME_WIDTH}}{'items':>6} {'accuracy':<22} agreement"
    for change in sorted(kept, key=ranked.index):
        for effect in changes[change]:
            name = " ".join(change) if effect.subset == "all" else "  OCR-correct"
            if effect.characteristic == "dpi" and effect.subset == "all":
                name += seen_dpi.against(effect.seen, effect.usual_seen)
            yield _effect_row(name, effect)
    if more := len(changes) - len(kept):
        yield f"  and {more} more, in report.json"


def failed_at(report: Report) -> Iterator[str]:
    """`12 of 50 items inconsistent: 3 transcribed wrongly, 9 transcribed rightly`.

    And how much of text against image reading explains, where ocr-then-solve was asked; nothing
    where all agree.
    """
    counts = failure_causes.count(report.whole)["pooled"]
    if not counts["inconsistent"]:
        return
    words = failure_causes.WORDS.items()
    parts = [f"{counts[cause]} {word}" for cause, word in words if counts[cause]]
    head = f"{counts['inconsistent']} of {counts['items']} items inconsistent: "
    yield from textwrap.wrap(head + ", ".join(parts), 80, subsequent_indent="  ")
    if explained := report.reading.get("pooled"):
        yield f"  {reading_explains(explained)}"


def reading_explains(explained: Explained) -> str:
    """`of text against image reading explains at least 37.5 % [20.1, 58.3], n = 50`."""
    return f"of text against image reading explains at least {wording.rate(explained)}"


def abstained(report: Report) -> Iterator[str]:
    """`abstained ("I don't know"): text 0 of 50, image 3 of 50`; nothing where none is."""
    counts = failure_causes.abstentions(report.whole)
    if any(count["abstained"] for count in counts.values()):
        said = (f"{mode} {c['abstained']} of {c['answers']}" for mode, c in counts.items())
        yield f'abstained ("I don\'t know"): {", ".join(said)}'


def standing(report: Report) -> Iterator[str]:
    """REST's published rows with this run's among them, marked, in per cent; at most 13 lines."""
    place = report.standing
    if place is None:
        return
    head = "published, in per cent"
    yield f"{head:<{_NAME_WIDTH}} {'RER':<19} {'CFR':<19} OCR-correct"
    for row in place.rows:
        rer, cfr = share(row.rer), share(row.cfr)
        if row.this_run:
            rer, cfr = percent(place.rer), percent(place.cfr)
        name = cut(f"{'>' if row.this_run else ' '} {shown(row.model, 100)}", _NAME_WIDTH)
        yield f"{name:<{_NAME_WIDTH}} {rer:<19} {cfr:<19} {share(row.ocr_correct_rate)}"
    n = place.rer.n if place.rer else 0
    yield f"  {published_rows.SOURCE}: mean of 4 data sets, OCR-correct items"
    yield cut(f"  here n = {n}; differs: {shown(place.differs, 200)}", 80)
    if len(report.by_style) > 1:
        yield f"  of {len(report.by_style)} styles the answers in REST's own, {Style().id}, alone"


def advice(advice: Advised | None) -> Iterator[str]:
    """What the data support doing, the clearest first; nothing where there is no such thing."""
    if advice is None or not advice.given:
        return
    head, *rest = advised_head(advice)
    yield f"{head:<{_ADVICE_WIDTH}} {' '.join(rest)}"
    yield from first(advice.given, ADVICE_SHOWN, _advice_row)


def _advice_row(piece: Advice) -> str:
    text, n, change = advised(piece)
    return f"{cut(shown(text, 100), _ADVICE_WIDTH):<{_ADVICE_WIDTH}} {n:>5} {change}"


def nothing(advice: Advised) -> str:
    """That the data support no advice, and what that does not mean."""
    return (
        f"None: of {wording.count(advice.looked_at, 'difference')} that were looked at none is "
        "clear. That is no proof that nothing matters, only that these items do not show it."
    )


def advised_head(advice: Advised) -> tuple[str, str, str]:
    """What stands above `advised`."""
    return (
        f"advice, of {wording.count(advice.looked_at, 'difference')}",
        "items",
        "gain, points [95% together]",
    )


def advised(piece: Advice) -> tuple[str, str, str]:
    """What to do, the items it is based on, and what that gains, with its interval."""
    low, value, high = sorted(
        (piece.value < 0 and -end) or end for end in (piece.low, piece.value, piece.high)
    )
    return piece.text, str(piece.n), points(Rate(value, low, high, piece.n))


def gate(report: Report) -> Iterator[tuple[str, bool | None]]:
    """The gate line by line, its verdict last, each with whether it passed; None: not sure."""
    judged = report.gate
    if judged is None:
        return
    for threshold in judged.thresholds:
        yield f"  {threshold.reason}", threshold.outcome == "passed"
        if said := thresholds.unusual(threshold.threshold):
            yield f"  {said}", None
    if (stopped := report.stopped) is not None:
        items = f"after {stopped.items:,} of {stopped.of:,} items"
        yield (
            f"  stopped early, {items}: some {wording.count(stopped.calls_saved, 'call')} saved",
            None,
        )
    met = None if judged.passed and judged.warning else judged.passed
    if (compared := judged.regression) is not None:
        for check in compared.checks:
            yield f"  {check.reason}", check.met
        if met and (compared.warning or any(c.met is None for c in compared.checks)):
            met = None
        if compared.worse:
            yield "  were consistent, and are no longer:", None
        yield from ((f"    {name}", None) for name in regression.shown(compared.worse))
        if compared.note:
            yield f"  {compared.note}", None
    said = verdict(gate_to_builtins(judged))
    yield f"gate {said.upper() if judged.passed is False else said}: {judged.reason}", met


def _is_shown(change: tuple[str, str], report: Report) -> bool:
    name, value = change
    if name == "style":
        return len(report.styles[value].changes) > 1
    has_any_color = any((e.characteristic, e.value) == ("color", "any") for e in report.effects)
    return name != "color" or value == "any" or not has_any_color


def _clarity(effect: StyleEffect, of: int) -> tuple[float, float]:
    """How far the clearer of the two is from zero, in widths of its simultaneous interval."""
    both = [difference for difference in (effect.accuracy, effect.agreement) if difference]
    ends = [simultaneous(difference, max(of, 1)) for difference in both]
    widths = [abs(low + high) / (high - low) for low, high in ends]
    sizes = [abs(difference.value) for difference in both]
    return -max(widths, default=0.0), -max(sizes, default=0.0)


def _natural(change: tuple[str, str]) -> list[str]:
    """By name, 50 before 100."""
    return [word.zfill(9) for word in re.findall(r"\d{1,9}|\D{1,99}", " ".join(change))]


def _effect_row(name: str, effect: StyleEffect) -> str:
    accuracy, agreement = effect.accuracy, effect.agreement
    n = max(difference.n if difference else 0 for difference in (accuracy, agreement))
    name = cut(shown(name, 100), _NAME_WIDTH - 1)
    return f"{name:<{_NAME_WIDTH}}{n:>6} {points(accuracy):<22} {points(agreement)}".rstrip()
