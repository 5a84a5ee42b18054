"""Reports of made-up records, as report.json has them, for the tests of pages."""

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

from pytest_rest import gate, metrics, scoring
from pytest_rest.benchmark import fingerprint
from pytest_rest.gate import Threshold
from pytest_rest.report import Report, item_to_builtins
from pytest_rest.terms import MODES, Answer, Mode, Record, Style, Transcription

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


def many(n: int, styles: Sequence[str] = (Style().id,), text: str = "") -> dict[str, Any]:
    """A report that lists `n` items in each style, and has the metrics of a few."""
    found = report([record(number) for number in range(10)])
    pairs = itertools.product(range(n), styles)
    records = (record(number, style=style, text=text) for number, style in pairs)
    return {**found, "items": [{**item_to_builtins(r), "test": "a::test"} for r in records]}


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
