"""Reports of made-up records, as report.json has them, for the tests of pages."""

import hashlib
import html
import itertools
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from pytest_rest import gate, metrics, scoring
from pytest_rest.fuzzing.flip import Flip
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.metrics.advice import Advice, Advised
from pytest_rest.metrics.by_budget import Budgeted, BudgetPoint, RhAuc
from pytest_rest.metrics.vision_tokens import Even, Use, Vision
from pytest_rest.reporting.entries import entry
from pytest_rest.reporting.page.svg import Plot
from pytest_rest.reporting.report import Report
from pytest_rest.statistics.paired import Difference
from pytest_rest.statistics.rh_auc import Area, AreaKind
from pytest_rest.terms import (
    MODES,
    Answer,
    Item,
    Mode,
    Rate,
    Record,
    Style,
    Transcription,
    fingerprint,
)

QUESTION = "2A + B = 7\nA - B = 2\nWhat is the value of A?"
ABOUT: dict[str, Any] = {
    "version": "0.1.0",
    "model": "made-up",
    "resolved_name": "made-up",
    "parameters": {},
    "api_base": None,
    "created": "2026-01-01T00:00:00+00:00",
    "seed": 0,
    "replay_of": None,
    "git_commit": None,
    "protocol": "rest-1 (36675e09)",
    "packages": {},
    "shard": None,
    "modes": [*MODES],
    "repeats": 1,
    "ocr": "image",
    "own_styles": {},
    "again": {"words": ["pytest", "--rest-model=made-up"], "suites": ["a:50"]},
}
ODD = 5  # every so many-th record is inconsistent: wrong as an image, and misread


def record(number: int, suite: str = "a", style: str = Style().id, text: str = "") -> Record:
    """A record; each has answers of its own, and `text` before its values."""
    is_odd = number % ODD == 0
    answers = [_answer(mode, number, style, text, is_odd and mode == "image") for mode in MODES]
    read = QUESTION.replace("7", "1") if is_odd else QUESTION
    cer = 1 / len(QUESTION) if is_odd else 0.0
    prompt = _digest(number, style, "ocr")
    heard = Transcription("parsed", read, QUESTION, cer, not is_odd, prompt, _digest(number, style))
    verdict = scoring.judge(answers, heard)
    return Record(suite, f"item-{number:04}", style, f"digest of {number}", "3", verdict)


def report(records: Sequence[Record], thresholds: Sequence[Threshold] = ()) -> dict[str, Any]:
    """The report of records, judged; items of one suite in several styles count once."""
    table = metrics.table(records)
    judged = gate.judge(thresholds, {"": table}, {}) if thresholds else None
    suites = sorted({each.suite for each in records})
    styles = sorted({each.style for each in records})
    digests = {s: {r.digest for r in records if r.suite == s} for s in suites}
    drawn = [
        {"name": suite, "items": len(found), "fingerprint": fingerprint(found)}
        for suite, found in digests.items()
    ]
    about = ABOUT | {"suites": drawn, "styles": styles}
    tests = {each.key: f"{each.suite}::test_answers_agree" for each in records}
    found = Report(about, records, table, judged, (), 1.0, styles=KNOWN, tests=tests)
    return found.to_builtins()


def labels(plot: Plot) -> list[str]:
    """What the rows of a plot of dots are called."""
    rows = re.findall('<th scope="row"[^>]*>(?:<a [^>]*>)?([^<]*)', plot.picture)
    return [html.unescape(row) for row in rows]


def many(n: int, styles: Sequence[str] = (Style().id,), text: str = "") -> dict[str, Any]:
    """A report that lists `n` items in each style, and has the metrics of a few."""
    found = report([record(number) for number in range(10)])
    pairs = itertools.product(range(n), styles)
    records = (record(number, style=style, text=text) for number, style in pairs)
    return {**found, "items": [entry(r, "a::test") for r in records]}


def everything(words: str = "") -> dict[str, Any]:
    """A report with all that a page may have: a sweep, RH-AUC, vision tokens, advice and a flip.

    `words` stand wherever a model, a user or a file of somebody else may have written.
    """
    found = report([record(number) for number in range(10)])
    table = metrics.table([record(number) for number in range(10)])["a"]["all"]
    budgets = [Budgeted(each, table, {"text": RATE}) for each in (f"low{words}", "high")]
    scores = (0.3, 0.7), (0.5, 0.6), (0.8, 0.4)
    points = [
        BudgetPoint(f"{n}{words}", _rate(x), _rate(y), 9.0 * n) for n, (x, y) in enumerate(scores)
    ]
    areas: dict[AreaKind, Area] = {
        "raw": Area(0.56, (10, 10), (0.45, 0.56, 0.67)),
        "normalised": Area(math.nan, (10, 10), (), f"it is flat{words}"),
    }
    advised = Advice("dpi 50", f"avoid 50 DPI{words}", -0.2, -0.3, -0.1, 30)
    suites = {f"a{words}": [each.to_builtins() for each in budgets]}
    flips = [_flip(words).to_builtins()]
    new = {
        "budgets": {"control": f"native{words}", "amounts": ["low", "high"], "suites": suites},
        "rh_auc": RhAuc(tuple(points), areas, RATE, RATE).to_builtins(),
        "vision_tokens": _vision(words).to_builtins(),
        "advice": Advised(17, (advised,)).to_builtins(),
        "fuzz": {**HUNTED, "ended": [f"budget{words}"], "findings": flips},
    }
    whole: dict[str, Any] = json.loads(json.dumps({**found, **new}))
    return whole


def _rate(value: float) -> Rate:
    return Rate(value, value - 0.1, value + 0.1, 20)


def _vision(words: str) -> Vision:
    """Two looks at three resolutions, and where they take as many tokens as their text."""
    size, change = Rate(40.0, 39.0, 41.0, 30), Difference(-0.2, -0.3, -0.1, 30, -4.0, 29, 0.01)
    uses = tuple(
        Use(
            style=f"{look}-{dpi}dpi{words}",
            look=f"{look}{words}",
            mode="image",
            n=30,
            source="reported",
            text=size,
            vision=Rate(dpi * 0.4, dpi * 0.3, dpi * 0.5, 30),
            formula=None,
            input=_rate(dpi / 100),
            accuracy=_rate(0.3 + dpi / 400),
            change=change,
            agreement=RATE,
            dollars_as_text=1.5,
            dollars_change=change,
        )
        for look in ("dejavu-black", "courier-red")
        for dpi in (50, 100, 200)
    )
    even = Even(f"dejavu-black{words}", "image", 88.0, "reported", RATE, change, RATE)
    return Vision(f"a rule{words}", uses, (even,))


def _flip(words: str) -> Flip:
    item = Item(f"i{words}", f"What is A?{words}", f"3{words}", f"A = 3{words}", (), "integer")
    answers: dict[str, list[str | None]] = {"rest": ["3"] * 5, "text": ["3"], "mixed": []}
    answers["style"] = [f"4{words}", None] * 2
    style = Style(dpi=79, color=f"red{words}")
    told = f"It is 4.{words}", f"A = 8{words}", 0.25
    pictures = {"rest": "0" * 16, "style": f"../{words}"}
    return Flip(
        item, style, "steady", "misread", 5, 5, answers, *told, pictures, (Style(name=f"x{words}"),)
    )


RATE = Rate(0.75, 0.6, 0.9, 20)
HUNTED: dict[str, Any] = {
    **{"seed": 1, "hunts": 1, "examples": 60, "compared": 60, "lost": 0, "not_repeated": 2},
    **{"calls": 185, "failure": "", "undrawn": {}},
}
PLUS = tuple(
    Style(font=font, dpi=dpi) for font in ("dejavu", "courier", "cursive") for dpi in (50, 100, 200)
)
KNOWN = {style.id: style for style in PLUS}


def _answer(mode: Mode, number: int, style: str, text: str, is_wrong: bool) -> Answer:
    value = "4" if is_wrong else "3"
    style = "" if mode == "text" else style
    return Answer(
        mode=mode,
        status="parsed",
        text=f"{text}So A is {value}.\nAnswer: {value}",
        value=value,
        correct=not is_wrong,
        prompt=_digest(number, style, mode),
        image=None if mode == "text" else _digest(number, style),
        input_tokens=40 if mode == "text" else 240,
        output_tokens=12,
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
