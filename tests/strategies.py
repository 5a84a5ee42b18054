"""Hypothesis strategies for the nouns of REST, shared by the tests of every module."""

import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hypothesis import strategies as st
from PIL import ImageColor

from pytest_rest import rendering, scoring
from pytest_rest.terms import (
    ANSWER_KINDS,
    MODES,
    Amount,
    Answer,
    AnswerKind,
    Choice,
    Item,
    Mode,
    Record,
    Status,
    Step,
    Style,
    Transcription,
    to_builtins,
)

TRUTH = "1"
SILENT: tuple[Status, ...] = ("unparseable", "abstained", "refused", "truncated")

PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "


def texts(max_size: int = 40) -> st.SearchStrategy[str]:
    """Anything a model may write, lone surrogates included; a pair of them is one character."""
    return st.text(st.characters(exclude_categories=()), max_size=max_size).map(_paired)


def lines(min_size: int = 1, max_size: int = 60) -> st.SearchStrategy[str]:
    """Printable ASCII that neither begins nor ends with a blank."""
    drawn = st.text(PRINTABLE, min_size=min_size, max_size=max_size)
    return drawn.map(str.strip).filter(lambda text: len(text) >= min_size)


def words(max_size: int = 60) -> st.SearchStrategy[str]:
    """Prose to break into lines: short and long words, some of them without an end."""
    word = st.text(string.ascii_letters + "éß,.-", min_size=1, max_size=12)
    endless = st.text("mWil", min_size=60, max_size=90)
    blank = st.sampled_from([" ", " ", " ", "  ", "\n"])
    pair = st.tuples(st.one_of(word, word, word, endless), blank).map("".join)
    return st.lists(pair, max_size=max_size).map("".join)


def lengths(low: int = 1, high: int = 60) -> st.SearchStrategy[float]:
    """Lengths in points as a person names them: to a quarter of a point."""
    return st.integers(low * 4, high * 4).map(lambda quarters: quarters / 4)


@st.composite
def styles(draw: st.DrawFn) -> Style:
    """A style that a style's name can say."""
    colors = st.one_of(
        st.sampled_from(sorted(ImageColor.colormap)),
        st.integers(0, 0xFFFFFF).map(lambda rgb: f"#{rgb:06x}"),
    )
    return Style(
        font=draw(st.sampled_from(rendering.fonts())),
        dpi=draw(st.one_of(st.sampled_from([50, 100, 200]), st.integers(1, 9999))),
        color=draw(colors),
        background=draw(colors),
        size_pt=draw(st.one_of(st.just(12.0), lengths(1, 72))),
        line_spacing=draw(st.one_of(st.just(1.4), st.integers(1, 40).map(lambda n: n / 10))),
        page_width_pt=draw(st.one_of(st.just(468.0), lengths(50, 2000))),
        margin_pt=draw(st.one_of(st.just(18.0), lengths())),
        rotation=draw(st.one_of(st.just(0.0), st.integers(-720, 720).map(lambda n: n / 4))),
        blur_pt=draw(st.one_of(st.just(0.0), lengths())),
        noise=draw(st.one_of(st.just(0.0), st.integers(0, 100).map(lambda n: n / 100))),
        jpeg_quality=draw(st.one_of(st.just(0), st.integers(0, 95))),
        highlight=draw(st.sampled_from(["", "", "default", "github_dark"])),
    )


@st.composite
def items(
    draw: st.DrawFn, kinds: Sequence[AnswerKind] = ANSWER_KINDS[:-1], context: bool = False
) -> Item:
    """An item that can be drawn in every bundled font; one with choices is of kind `choice`."""
    kind = draw(st.sampled_from(kinds))
    choices: tuple[Choice, ...] = ()
    answer = draw(
        lines(max_size=20).filter(lambda text: scoring.fold(text).strip("*_`\"'.$") != "")
    )
    if kind == "choice":
        labels = draw(st.sampled_from(["ABCD", "1234", "ABC", "ABCDE"]))
        choices = tuple(Choice(label, draw(lines(max_size=20))) for label in labels)
        answer = draw(st.sampled_from(labels))
    elif kind == "date":
        answer = draw(st.dates(date(1000, 1, 1))).isoformat()
    elif kind == "quantity":
        answer = f"{draw(st.integers(-1000, 1000))} {draw(st.sampled_from(['kg', '%', '°C']))}"
    elif kind != "text":
        answer = str(draw(st.integers(-1000, 1000)))
    near = st.sampled_from(["", "", "2", "0.05"])
    return Item(
        id=draw(lines(max_size=10)),
        question=draw(lines()),
        answer=answer,
        context=draw(lines(0 if kind == "choice" or not context else 1)),
        choices=choices,
        answer_kind=kind,
        suite=draw(st.sampled_from(["own", "soebench", "mmlu"])),
        tolerance=draw(near) if kind in ("integer", "number") else "",
    )


@st.composite
def answers(draw: st.DrawFn, mode: Mode, truth: str = TRUTH, failing: bool = False) -> Answer:
    """One form's answer: right, wrong, without a value, or (if `failing`) none at all."""
    statuses: list[Status] = ["parsed", "parsed", *SILENT]
    status = draw(st.sampled_from([*statuses, "failed"] if failing else statuses))
    value = draw(st.sampled_from([truth, truth, "2", "3"])) if status == "parsed" else None
    return Answer(
        mode=mode,
        status=status,
        text=draw(texts()),
        value=value,
        correct=value == truth,
        prompt=draw(st.text("0123456789abcdef", min_size=16, max_size=16)),
        image=None if mode == "text" else draw(st.text("0123456789abcdef", min_size=16)),
        input_tokens=draw(st.none() | st.integers(0, 10**9)),
        output_tokens=draw(st.none() | st.integers(0, 10**9)),
        cost=draw(st.none() | st.floats(0, 100)),
        seconds=draw(st.floats(0, 1000)),
        model=draw(texts(max_size=10)),
    )


@st.composite
def transcriptions(draw: st.DrawFn, failing: bool = False) -> Transcription:
    """What a model read: all of it, some of it, or (if `failing`) no answer at all."""
    statuses: list[Status] = ["parsed", *SILENT]
    status = draw(st.sampled_from([*statuses, "failed"] if failing else statuses))
    errors = draw(st.sampled_from([0, 0, 0, 1, 2, 30]))
    cer = None if status == "failed" else errors / 20
    return Transcription(status, draw(texts()), draw(texts()), cer=cer, correct=cer == 0)


@st.composite
def records(
    draw: st.DrawFn,
    key: tuple[str, str, str] | None = None,
    modes: Sequence[Mode] = MODES,
    failing: bool = False,
) -> Record:
    """One item in one style, judged."""
    suite, item, style = key or draw(st.tuples(texts(10), texts(10), texts(10)))
    read = draw(st.none() | transcriptions(failing=failing))
    given = [draw(answers(mode, failing=failing)) for mode in modes]
    verdict = replace(scoring.judge(given, read), steps=draw(steps(given)))
    tags = tuple(draw(st.lists(st.sampled_from(["a", "b.c", "ä"]), max_size=2, unique=True)))
    return Record(suite, item, style, draw(texts(16)), TRUTH, verdict, tags=tags)


@st.composite
def steps(draw: st.DrawFn, given: Sequence[Answer]) -> tuple[Step, ...]:
    """The calls of a sweep, with a budget in tokens or words; or none, in an ordinary run."""
    amounts: list[Amount] = [0, 300, "low"]
    budgets = draw(st.lists(st.sampled_from(amounts), max_size=2, unique=True))
    rating = draw(st.none() | st.integers(0, 5))
    return tuple(
        Step(**to_builtins(answer), task=task, budget=budget, rating=rating)
        for budget in budgets
        for answer in given
        for task in ("think", "solve")
    )


@st.composite
def runs(draw: st.DrawFn, suites: str = "abc", failing: bool = False) -> list[Record]:
    """The records of one run, with what metrics look at and no more.

    Some suites, items in one or several styles, the same modes; with or without transcriptions.
    """
    modes = draw(st.lists(st.sampled_from(MODES), min_size=1, unique=True))
    keys = st.tuples(st.sampled_from(suites), st.sampled_from("1234567"), st.sampled_from("xyz"))
    values = st.sampled_from([TRUTH, TRUTH, "2", None, *(["failed"] if failing else [])])
    rates = st.sampled_from([0.0, 0.0, 0.0, 0.05, 0.1, 1.5, None])
    found = []
    for suite, item, style in draw(st.lists(keys, unique=True, max_size=20)):
        given = [_answer(mode, draw(values)) for mode in modes]
        cer = draw(rates)
        read = None if cer is None else Transcription("parsed", "", "", cer, cer == 0)
        verdict, tags = scoring.judge(given, read), tuple(sorted({"odd", item} - {"1", "2", "4"}))
        found.append(Record(suite, item, style, "digest", TRUTH, verdict, tags=tags))
    return found


def _answer(mode: Mode, value: str | None) -> Answer:
    if value == "failed":
        return Answer(mode, "failed", "HTTP 500")
    return Answer(mode, "parsed" if value else "unparseable", "", value, value == TRUTH)


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
