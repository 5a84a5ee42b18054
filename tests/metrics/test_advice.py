"""Advice: what was planted is named and what is not there is not; by hand, and the laws."""

import asyncio
import functools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

from pytest_rest import scoring
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.benchmark.suites import soebench
from pytest_rest.metrics import advice, style_effects
from pytest_rest.metrics.advice import Advice, Advised
from pytest_rest.models.providers.simulated import SimulatedModel
from pytest_rest.statistics.paired import difference
from pytest_rest.terms import Answer, Form, Mode, Prompt, Record, Style

LOW, MIDDLE, HIGH = Style(dpi=50), Style(dpi=100), Style(dpi=200)
MODES: tuple[Mode, ...] = ("text", "image", "mixed")
N = 150

PLANTED = """
accuracy: 0.9
faults:
  - {kind: wrong, modes: [image], rate: 0.3}
effects:
  - {change: -0.2, when: {dpi: 50}}
  - {change: -0.15, when: {font: cursive}}
"""
THERE = {"dpi 50", "font cursive", "text>image", "image<mixed"}


def record(item: int, style: Style, right: Mapping[str, bool]) -> Record:
    """An item in a style, right or wrong in each mode."""
    answers = [Answer(m, "parsed", "", "1" if r else "2", r) for m, r in right.items()]  # type: ignore[arg-type]
    return Record("s", str(item), style.id, "digest", "1", scoring.judge(answers))


def asked(
    styles: Iterable[Style],
    n: int,
    right: Callable[[int, Style, str], bool],
    modes: Sequence[str] = MODES,
) -> list[Record]:
    """So many items in these styles, right where they are said to be."""
    return [
        record(item, style, {mode: right(item, style, mode) for mode in modes})
        for item in range(n)
        for style in styles
    ]


def give(records: Sequence[Record], *styles: Style) -> Advised:
    """The advice for records in these styles."""
    known = {style.id: style for style in styles}
    return advice.give(records, known, style_effects.table(records, known))


def named(found: Advised) -> dict[str, Advice]:
    """The advice by what it is about."""
    return {each.about: each for each in found.given}


def test_advice_by_hand() -> None:
    """The image is wrong for 20 of 60 items, in one style: three pairs of modes are looked at."""
    found = give(asked([HIGH], 60, lambda item, _, mode: mode != "image" or item % 3 > 0), HIGH)
    assert 3 == found.looked_at
    assert {"text>image", "image<mixed"} == set(named(found))
    one = named(found)["text>image"]
    assert "ask as text, not as an image" == one.text
    expected = stats.ttest_1samp([1.0] * 20 + [0.0] * 40, 0)
    bounds = expected.confidence_interval(1 - 0.05 / 3)
    assert (bounds.low, bounds.high) == pytest.approx((one.low, one.high))
    assert (1 / 3, 60) == pytest.approx((one.value, one.n))
    assert "ask mixed, not as an image" == named(found)["image<mixed"].text


def test_transcribing_first_is_told_from_the_image() -> None:
    """A gain of one pass over the image, and a loss of two."""
    modes = ("image", "ocr-first", "ocr-then-solve")
    right = {"image": 2, "ocr-first": 4, "ocr-then-solve": 0}
    found = give(asked([HIGH], 60, lambda item, _, mode: item % 4 < right[mode], modes), HIGH)
    told = {each.about: each.text for each in found.given}
    assert {
        "ocr-first>image": "let it transcribe first, in one pass",
        "ocr-then-solve>image": "do not let it transcribe in a pass of its own",
    } == told


def test_too_few_items_give_no_advice() -> None:
    """Whatever they look like: every picture of nineteen items is wrong, and then of twenty."""

    def worse(n: int) -> Advised:
        return give(asked([HIGH], n, lambda _, __, mode: mode == "text"), HIGH)

    assert () == worse(advice.FEWEST - 1).given
    assert {"text>image", "text>mixed"} == set(named(worse(advice.FEWEST)))


@pytest.mark.parametrize(
    ("changes", "of", "expected"),
    [
        ([1.0] * 2, 1, False),  # alike, and two
        ([1.0] * 19, 1, False),
        ([1.0] * 20, 1, True),
        ([1.0] * 20, 10**6, False),  # some of so many are alike by chance
        ([0.0] * 20, 1, False),
        ([-0.5, -1.0] * 10, 27, True),
        ([-1.0] * 5 + [0.0] * 15, 1, True),
        ([-1.0] * 5 + [0.0] * 15, 27, False),  # as the clearest of 27 may look
    ],
)
def test_a_difference_is_clear_among_all_others(
    changes: Sequence[float], of: int, expected: bool
) -> None:
    """On twenty items or more, and by the interval that holds for all of them together."""
    change = difference(changes)
    assert change is not None
    assert expected == advice.is_clear(change, of)


def test_what_agreement_changes_by_is_among_the_differences() -> None:
    """Three pairs of modes, two resolutions beside text, and accuracy and agreement at 50 DPI."""
    found = give(asked([LOW, HIGH], 30, lambda *_: True), LOW, HIGH)
    assert 3 + 2 + 2 == found.looked_at


def test_resolutions_are_safe_from_the_lowest_that_is_near_its_text() -> None:
    """At 50 DPI a half is wrong; at 100 and 200 the pictures are as good as text, of 400 items."""
    styles = (LOW, MIDDLE, HIGH)
    right = asked(styles, 400, lambda i, s, mode: mode == "text" or s.dpi > 50 or i % 2 > 0)
    found = named(give(right, *styles))
    assert {"dpi 50"} == set(found)
    assert (100, "draw at 100 DPI or more, not at 50") == (
        found["dpi 50"].safe_dpi,
        found["dpi 50"].text,
    )
    few = named(give([each for each in right if int(each.item) < 60], *styles))
    assert (None, "avoid 50 DPI") == (few["dpi 50"].safe_dpi, few["dpi 50"].text)


def test_a_resolution_above_a_bad_one_is_not_safe_below_it() -> None:
    """50 DPI is as good as text, 100 is not: safe is 200 alone, for what is above must be, too."""
    styles = (LOW, MIDDLE, HIGH)
    found = give(
        asked(styles, 400, lambda i, s, mode: mode == "text" or s.dpi != 100 or i % 2 > 0), *styles
    )
    assert {"dpi 100": 200} == {each.about: each.safe_dpi for each in found.given}


def test_a_resolution_may_be_worse_and_safe() -> None:
    """One item in forty is lost at 50 DPI, of 1,500: surely worse, and surely near to text."""
    right = asked((LOW, HIGH), 1500, lambda i, s, m: m == "text" or s == HIGH or i % 40 > 0)
    (found,) = give(right, LOW, HIGH).given
    assert ("avoid 50 DPI", None) == (found.text, found.safe_dpi)
    assert -advice.MARGIN < found.low < found.high < 0


def test_items_that_nobody_judges_make_no_resolution_safe() -> None:
    """They are not right and not wrong, and no reason to draw at 200 DPI."""
    judged = asked(
        [LOW, HIGH], 60, lambda n, style, mode: mode == "text" or n % 10 > (5, 1)[style == HIGH]
    )
    nobody = [
        replace(r, item=f"n{n}{r.item}", verdict=replace(r.verdict, answers=_unjudged(r)))
        for n in range(9)
        for r in judged
    ]
    found = give(judged, LOW, HIGH)
    assert "avoid 50 DPI" == named(found)["dpi 50"].text
    assert found == give([*judged, *nobody], LOW, HIGH)


def _unjudged(judged: Record) -> dict[Mode, Answer]:
    return {m: replace(answer, correct=None) for m, answer in judged.verdict.answers.items()}


def test_modes_are_compared_in_rests_style() -> None:
    """What is lost at 50 DPI is told of 50 DPI, and not of pictures."""
    right = asked((LOW, HIGH), 100, lambda i, s, mode: mode == "text" or s == HIGH or i % 2 > 0)
    assert {"dpi 50"} == set(named(give(right, LOW, HIGH)))
    alone = [each for each in right if each.style == LOW.id]
    assert {"text>image", "text>mixed"} == set(named(give(alone, LOW)))


def test_a_colour_that_helps_is_advised() -> None:
    """Words for what is better, and for any colour at all."""
    red, blue = Style(color="red"), Style(color="blue")
    styles = (HIGH, red, blue)
    found = give(asked(styles, 200, lambda i, s, mode: s != HIGH or i % 2 > 0, MODES[1:]), *styles)
    told = {each.about: each.text for each in found.given}
    assert "draw in color red, not black" == told["color red"]
    assert "draw in a colour other than black, not black" == told["color any"]


def test_advice_survives_the_report() -> None:
    """As it went in, with and without a resolution that is safe."""
    given = tuple(
        Advice("dpi 50", "avoid 50 DPI", -0.2, -0.3, -0.1, 30, safe) for safe in (None, 100)
    )
    found = Advised(17, given)
    assert found == Advised.from_builtins(json.loads(json.dumps(found.to_builtins())))


def test_the_order_of_the_records_plays_no_part() -> None:
    """Nor does an empty run fail."""
    styles, draws = (LOW, MIDDLE, HIGH), random.Random(3)
    records = asked(styles, 60, lambda i, s, mode: draws.random() < (0.9 if s.dpi > 50 else 0.4))
    assert give(records, *styles) == give(records[::-1], *styles)
    assert Advised(0, ()) == give([])


def test_every_advice_leaves_out_zero() -> None:
    """Of random runs, some of them with effects."""
    draws, styles = random.Random(7), (LOW, MIDDLE, HIGH, Style("cursive"))
    given = 0
    for n in range(20):
        low = 0.9 - 0.05 * (n % 8)

        def right(_: int, style: Style, __: str, low: float = low) -> bool:
            return draws.random() < (low if style == LOW else 0.9)

        for each in give(asked(styles, 60, right), *styles).given:
            given += 1
            assert each.low * each.high > 0
            assert each.low <= each.value <= each.high
    assert given > 5


# Planted effects


@functools.cache
def prompts() -> list[Prompt]:
    """Text, image and mixed of each item in its ten styles; nothing is drawn, for nobody looks."""
    return [
        Prompt(item, Form(mode, None if mode == "text" else style), "solve", (), 8)
        for item in soebench.generate(N, 0)
        for style in rest_plus(item.digest, 0)
        for mode in MODES
    ]


def simulated(profile: str, seed: int) -> Advised:
    """The advice for the simulated model's answers of that seed."""
    completions = asyncio.run(SimulatedModel(profile, seed).ask(prompts()))
    answers = [
        Answer(p.form.mode, "parsed", "", c.text[8:], c.text[8:] == p.item.answer)
        for p, c in zip(prompts(), completions, strict=True)
    ]
    found, styles = [], {}
    for n in range(0, len(answers), len(MODES)):
        item, style = prompts()[n + 1].item, prompts()[n + 1].form.style
        assert style is not None
        verdict = scoring.judge(answers[n : n + len(MODES)])
        found.append(Record(item.suite, item.id, style.id, item.digest, item.answer, verdict))
        styles[style.id] = style
    return give(found, *styles.values())


def counted(profile: str, there: Set[str], seeds: int) -> tuple[Counter[str], int]:
    """How often each advice was given, and in how many runs one that is not there."""
    given: Counter[str] = Counter()
    wrong = 0
    for seed in range(seeds):
        found = simulated(profile, seed)
        given.update([*named(found)])
        wrong += bool(set(named(found)) - there) or any(each.safe_dpi for each in found.given)
    return given, wrong


@pytest.fixture
def profiles(tmp_path: Path) -> tuple[str, str]:
    """A model that is worse at pictures, at 50 DPI and in cursive; and one that always errs alike.

    Of the first no resolution is safe.
    """
    paths = [tmp_path / "planted.yaml", tmp_path / "nothing.yaml"]
    for path, profile in zip(paths, (PLANTED, "accuracy: 0.8"), strict=True):
        path.write_text(profile)
    return str(paths[0]), str(paths[1])


def test_what_is_planted_is_named_and_nothing_else(profiles: tuple[str, str]) -> None:
    """Two runs each."""
    planted, nothing = profiles
    assert (dict.fromkeys(THERE, 2), 0) == counted(planted, THERE, 2)
    assert ({}, 0) == counted(nothing, set(), 2)


@pytest.mark.slow
def test_ninety_five_in_a_hundred_runs_name_what_is_there_and_nothing_else(
    profiles: tuple[str, str],
) -> None:
    """A hundred seeds with effects, and a hundred without any."""
    planted, nothing = profiles
    given, wrong = counted(planted, THERE, 100)
    assert {} == {name: given[name] for name in THERE if given[name] < 95}
    assert wrong <= 5
    assert counted(nothing, set(), 100)[1] <= 5
