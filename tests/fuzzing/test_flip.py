"""Flips: what changed and how surely, and each distinct one once."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.benchmark.suites import soebench
from pytest_rest.fuzzing import flip as flips
from pytest_rest.fuzzing.flip import Flip
from pytest_rest.fuzzing.oracle import AskingEnded, Oracle, Question
from pytest_rest.fuzzing.strategies import styles
from pytest_rest.rendering import contrast
from pytest_rest.terms import Answer, Form, Status, Style, Transcription

RIGHT = Transcription("parsed", "x", "x", 0.0, True)
WRONG = Transcription("parsed", "y", "x", 1.0, False)


def flip(style: Style, steadiness: flips.Steadiness = "steady") -> Flip:
    """A flip of one system."""
    item = soebench.item(0, 0)
    answers: dict[str, list[str | None]] = {
        "rest": ["1", "1"],
        "style": ["2", None],
        "text": [],
        "mixed": [],
    }
    return Flip(item, style, steadiness, "misread", 5, 5, answers, "said\ud800", "read", 0.5)


def answers(values: Sequence[str | None]) -> list[Answer]:
    """Answers of these values."""
    return [Answer("image", "parsed" if v else "unparseable", v or "", v) for v in values]


@pytest.mark.parametrize(
    ("rest", "style", "expected"),
    [
        ("1111", "2222", "steady"),
        ("1111", "2345", "steady"),
        ("1111", "2-2-", "steady"),
        ("1111", "2212", "unsteady"),
        ("1121", "2222", "unsteady"),
        ("1111", "2111", "not repeated"),
        ("1234", "2234", "not repeated"),
    ],
)
def test_steadiness(rest: str, style: str, expected: str) -> None:
    """Steady is what REST's style always answers alike, and the other style never so."""
    both = [answers([None if c == "-" else c for c in text]) for text in (rest, style)]
    assert expected == flips.steadiness(*both)


@pytest.mark.parametrize(
    ("status", "value", "read", "expected"),
    [
        ("parsed", "2", WRONG, "misread"),
        ("refused", None, WRONG, "misread"),
        ("refused", None, RIGHT, "refused"),
        ("truncated", None, RIGHT, "no answer"),
        ("unparseable", None, None, "no answer"),
        ("parsed", "2", RIGHT, "misreasoned"),
        ("parsed", "2", None, "unknown"),
    ],
)
def test_how_it_failed(
    status: Status, value: str | None, read: Transcription | None, expected: str
) -> None:
    """Reading first, then answering, then thought: as an inconsistent item's cause."""
    assert expected == flips.failing(Answer("image", status, "", value), read)


@pytest.mark.parametrize(
    ("style", "known", "left"),
    [
        (Style(dpi=50), Style(dpi=79), Style()),
        (Style(dpi=90), Style(dpi=79), Style(dpi=90)),
        (Style(dpi=300), Style(dpi=79), Style(dpi=300)),
        (Style(dpi=50, color="red"), Style(dpi=79), Style(color="red")),
        (Style(color="red"), Style(color="blue"), Style(color="red")),
        (Style(color="#999999"), Style(color="#777777"), Style()),
        (Style(color="#333333"), Style(color="#777777"), Style(color="#333333")),
        (Style(font="cursive"), Style(font="cursive", size_pt=11.5), Style(font="cursive")),
        (Style(font="cursive", size_pt=9), Style(font="cursive", size_pt=11.5), Style()),
        (Style(jpeg_quality=20), Style(jpeg_quality=40), Style()),
        (Style(jpeg_quality=60), Style(jpeg_quality=40), Style(jpeg_quality=60)),
        (Style(rotation=-5), Style(rotation=3), Style(rotation=-5)),
    ],
)
def test_what_is_known_is_left_out(style: Style, known: Style, left: Style) -> None:
    """As it was found or further away; what is nearer, or on the other side, stays."""
    assert left == flips.without(style, [flip(known)])


@given(styles(), st.lists(styles().map(flip), max_size=3))
def test_leaving_out_leaves_nothing_known(style: Style, known: list[Flip]) -> None:
    """Once is enough, and only changes go."""
    left = flips.without(style, known)
    assert left == flips.without(left, known)
    assert left.changes.items() <= style.changes.items()


def test_each_distinct_flip_is_one_finding() -> None:
    """By the characteristics that differ and how it failed; the smallest stands for them."""
    far, near, other = Style(dpi=50), Style(dpi=79), Style(dpi=90, color="red")
    unshrunk, noise = Style(dpi=60, color="blue"), flip(Style(size_pt=9), "unsteady")
    merged = flips.merge([*map(flip, (far, unshrunk, other, near, near)), noise])
    assert [near, other, Style(size_pt=9)] == [each.style for each in merged]
    assert (far, unshrunk) == merged[0].also
    assert merged == flips.merge(merged)
    assert 2 == len(flips.merge([flip(near), replace(flip(near), failing="refused")]))


@given(styles())
def test_a_flip_survives_the_report(style: Style) -> None:
    """As it went in, whatever a model wrote."""
    import json

    found = replace(flip(style), also=(Style(dpi=50),))
    data = json.loads(json.dumps(found.to_builtins(), ensure_ascii=True))
    assert found == Flip.from_builtins(data)


def test_contrast() -> None:
    """As WCAG has it: 21 at most, 1 at least, and 4.5 just for #767676 on white."""
    assert 21 == pytest.approx(contrast(Style()))
    assert 1 == pytest.approx(contrast(Style(color="white")))
    assert 4.54 == pytest.approx(contrast(Style(color="#767676")), abs=0.005)
    assert contrast(Style(color="navy")) == contrast(Style(color="white", background="navy"))


def test_an_inquiry_asks_once_and_stops_in_time() -> None:
    """What is remembered costs nothing; what would be a call too many is not asked."""
    asked: list[Question] = []

    def reply(questions: Sequence[Question]) -> list[Answer]:
        asked.extend(questions)
        return answers(["1"] * len(questions))

    item, styles_ = soebench.item(0, 0), [Style(dpi=dpi) for dpi in range(50, 58)]
    questions = [Question(item, Form("image", style)) for style in styles_]
    inquiry = Oracle(reply, calls=6, held=2)
    inquiry.ask([questions[0], questions[0], questions[1]])
    inquiry.ask(questions[:4])
    assert (4, questions[:4]) == (inquiry.asked, asked)
    with pytest.raises(AskingEnded, match="its 6 calls are used up"):
        inquiry.ask(questions[3:5])
    inquiry.ask(questions[3:5], is_last=True)
    with pytest.raises(AskingEnded):
        inquiry.ask(questions, is_last=True)
    assert 5 == inquiry.asked == len(asked)
    assert 4 == len(inquiry.known([*questions[:3], questions[4], questions[7]]))


def test_an_inquiry_ends_with_all_asking() -> None:
    """A failed call is remembered, and is not an answer; once asking has ended nothing is asked."""
    errors = iter(["server error: HTTP 500", "asking ended: the budget is spent"])

    def reply(questions: Sequence[Question]) -> list[Answer]:
        return [Answer("image", "failed", next(errors)) for _ in questions]

    first, second = (Question(soebench.item(n, 0), Form("text")) for n in (0, 1))
    inquiry = Oracle(reply, calls=10)
    assert "failed" == inquiry.ask([first])[0].status == inquiry.ask([first])[0].status
    assert [] == inquiry.known([first])
    with pytest.raises(AskingEnded, match="budget"):
        inquiry.ask([second])
    with pytest.raises(AskingEnded, match="budget"):
        inquiry.ask([first])
    assert 2 == inquiry.asked
