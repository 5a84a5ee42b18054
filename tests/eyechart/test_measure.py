"""Planted eyes are found: their limit, the print they read, and that there are none."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from planted_eyes import THRESHOLDS, PlantedEyes

from pytest_rest import eyechart
from pytest_rest.errors import ModelError
from pytest_rest.eyechart import Ask, Eyes, file
from pytest_rest.terms import Completion, Prompt

FONTS = tuple(THRESHOLDS)
NONE = math.inf


def measured(eyes: PlantedEyes, monkeypatch: pytest.MonkeyPatch, most: int = 100) -> Eyes:
    """What is measured of planted eyes, without drawing anything."""
    eyes.watch(monkeypatch, draws=False)
    return eyechart.measure(eyes.ask, FONTS, eyes.seed, most)


@pytest.mark.parametrize(
    ("side", "pixels", "rule"),
    [
        (400, NONE, "side"),
        (NONE, NONE, "none"),
        pytest.param(NONE, 300_000, "pixels", marks=pytest.mark.slow),
        pytest.param(800, NONE, "side", marks=pytest.mark.slow),
        pytest.param(1568, NONE, "side", marks=pytest.mark.slow),
        pytest.param(1568, 1_230_000, "both", marks=pytest.mark.slow),
    ],
)
def test_a_planted_limit_is_named(
    monkeypatch: pytest.MonkeyPatch, side: float, pixels: float, rule: str
) -> None:
    """The rule, within a tenth of a side, and the print of each font that is read."""
    eyes = measured(PlantedEyes(side, pixels), monkeypatch)
    found = eyes.conclusion
    assert found is not None
    assert rule == found.rule
    assert eyes.calls <= 100
    known = file.limit(eyes)
    assert known is not None
    if rule == "none":
        assert file.Limit(whole=(4096, 4096 * 1448)) == known
    else:
        assert known.side == (0 if side == NONE else pytest.approx(side, rel=0.1))
        assert known.pixels == (0 if pixels == NONE else pytest.approx(pixels, rel=0.21))
    for print_size, font in zip(found.prints, FONTS, strict=True):
        assert print_size is not None
        assert print_size.low <= THRESHOLDS[font] <= print_size.high


def test_a_limit_that_no_page_is_below_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print shrinks with every page, so nothing tells the limit from the reader's threshold."""
    eyes = PlantedEyes(150, thresholds=dict.fromkeys(FONTS, 5.0), noise=0.05)
    found = measured(eyes, monkeypatch, most=40)
    assert found.conclusion is not None
    assert found.conclusion.is_below
    assert file.limit(found) is None


def test_answers_that_ignore_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen charts and more of which nothing is read, and tokens that do not rise, are told."""
    blind = PlantedEyes(thresholds=dict.fromkeys(FONTS, NONE), counts=False)
    eyes = measured(blind, monkeypatch)
    assert (False, False, None) == (eyes.sees, eyes.counts, eyes.conclusion)
    assert eyechart.LEAST_CALLS <= eyes.calls < 2 * eyechart.LEAST_CALLS


def test_a_font_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others tell the limit; of it nothing is said."""
    blind = PlantedEyes(500, thresholds=THRESHOLDS | {"cursive": NONE})
    eyes = measured(blind, monkeypatch, most=34)
    assert eyes.conclusion is not None
    assert None is eyes.conclusion.prints[FONTS.index("cursive")]
    assert None not in eyes.conclusion.prints[:2]


class Odd(PlantedEyes):
    """Reads each page with other eyes, by no rule of its size."""

    def read(self, png: bytes) -> str:
        """With a threshold that is up to three times the usual one."""
        size = self.drawn[png][2]
        times = random.Random(str(size)).choice((1.0, 3.0))
        self.thresholds = {font: times * size for font, size in THRESHOLDS.items()}
        return super().read(png)


def test_eyes_that_follow_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit is named for them, however sure it would be if it were one."""
    eyes = measured(Odd(), monkeypatch, most=46)
    assert eyes.conclusion is not None
    assert None is eyes.conclusion.rule
    assert eyes.conclusion.fit < 1e-3


@pytest.mark.parametrize(
    "error",
    [
        "bad request: HTTP 400",
        pytest.param("bad request: HTTP 413", marks=pytest.mark.slow),
        "server error: HTTP 500: out of memory",
    ],
)
def test_pages_that_the_endpoint_refuses(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    """They are named, and no limit is taken of them; a server may break over such a page, too."""
    refusing = Refusing()
    refusing.error = error
    eyes = measured(refusing, monkeypatch)
    assert (2048, 2048) in eyes.refused
    assert max(width * height for width, height in eyes.refused) == 1448 * 4096
    known = file.limit(eyes)
    assert known is not None
    assert (0, 0) == (known.side, known.pixels)
    assert known.whole is not None
    assert known.whole[1] < 1_000_000


class Refusing(PlantedEyes):
    """Fails for pictures of more than a million pixels."""

    error = "bad request: HTTP 400"

    def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """An error for what is too large."""
        sizes = [self.drawn[p.images[0].png][2] if p.images else (0, 0) for p in prompts]
        return [
            Completion(error=self.error) if width * height > 1e6 else answer
            for answer, (width, height) in zip(super().ask(prompts), sizes, strict=True)
        ]


DOWN = Completion(error="server error: HTTP 503")


def failing(
    eyes: PlantedEyes, monkeypatch: pytest.MonkeyPatch, answered: int, failure: Completion
) -> Ask:
    """Answers so many calls, and then none."""
    eyes.watch(monkeypatch, draws=False)
    calls: list[Prompt] = []

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        before = len(calls)
        calls.extend(prompts)
        return [
            answer if before + place < answered else failure
            for place, answer in enumerate(eyes.ask(prompts))
        ]

    return ask


@pytest.mark.parametrize(
    ("answered", "error"),
    [
        (0, "server error: HTTP 503"),
        (1, "server error: HTTP 503"),
        (10, "server error: HTTP 503"),
        (22, "server error: HTTP 503"),
        (10, "timeout: no answer within 9 s"),
        (10, "bad request: HTTP 404: no such model"),
        (22, "bad request: HTTP 400: overloaded"),  # of every size
    ],
)
def test_an_endpoint_that_goes_down(
    monkeypatch: pytest.MonkeyPatch, answered: int, error: str
) -> None:
    """It is an error: nothing is concluded of the charts that were answered by then."""
    ask = failing(PlantedEyes(400), monkeypatch, answered, Completion(error=error))
    with pytest.raises(ModelError, match=f"the endpoint fails: {error}"):
        eyechart.measure(ask, FONTS)


def test_a_large_page_after_which_nothing_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for too large: the smallest page that was answered is asked next, alone."""
    eyes = Refusing()
    eyes.error = str(DOWN.error)
    eyes.watch(monkeypatch, draws=False)
    after: list[Prompt] = []

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        answers = eyes.ask(prompts)
        if after:
            answers = [DOWN] * len(prompts)
        if DOWN in answers:
            after.extend(prompts)
        return answers

    with pytest.raises(ModelError, match="the endpoint fails: server error: HTTP 503"):
        eyechart.measure(ask, FONTS)
    sizes = [prompt.images[0].sides or (0, 0) for prompt in after]
    assert min(sizes[:-1]) >= sizes[-1]
    assert len(sizes) == 1 + 6


def test_a_small_page_that_breaks_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the endpoint that fails, for larger pages are answered."""
    eyes = PlantedEyes()
    eyes.watch(monkeypatch, draws=False)

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        sizes = [prompt.images[0].sides if prompt.images else None for prompt in prompts]
        answers = zip(eyes.ask(prompts), sizes, strict=True)
        return [DOWN if size == (512, 512) else answer for answer, size in answers]

    with pytest.raises(ModelError, match="the endpoint fails: server error: HTTP 503"):
        eyechart.measure(ask, FONTS)


def test_a_blind_model_that_goes_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """That pictures are not seen needs a dozen charts that were answered."""
    blind = PlantedEyes(thresholds=dict.fromkeys(FONTS, NONE))
    with pytest.raises(ModelError, match="the endpoint fails: server error: HTTP 503"):
        eyechart.measure(failing(blind, monkeypatch, 10, DOWN), FONTS)
    refusing = Refusing(thresholds=blind.thresholds)
    with pytest.raises(ModelError, match="charts of 12 were answered, and no line was read"):
        measured(refusing, monkeypatch, eyechart.LEAST_CALLS)


@pytest.mark.parametrize(
    "failure",
    [
        Completion(error="auth: HTTP 401"),
        Completion("I cannot help.", finish_reason="refusal"),
        Completion("", finish_reason="length"),  # it thinks for longer
    ],
)
def test_an_endpoint_that_answers_nothing(
    monkeypatch: pytest.MonkeyPatch, failure: Completion
) -> None:
    """It is an error with the endpoint's own words, after the first charts."""
    eyes = PlantedEyes()
    eyes.watch(monkeypatch, draws=False)
    asked: list[Prompt] = []

    def ask(prompts: Sequence[Prompt]) -> list[Completion]:
        asked.extend(prompts)
        return [replace(failure)] * len(prompts)

    with pytest.raises(
        ModelError, match=r"endpoint fails: (auth: HTTP 401|refused|no answer within)"
    ):
        eyechart.measure(ask, FONTS)
    assert len(asked) < eyechart.LEAST_CALLS


def test_equal_answers_lead_to_equal_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a chart that was interrupted asks what is stored first; another seed has other strings."""
    eyes = PlantedEyes()
    eyes.watch(monkeypatch, draws=False)
    charts = [
        [prompt.digest for prompt in asked(eyes, seed) if prompt.images] for seed in (1, 1, 2)
    ]
    assert charts[0] == charts[1]
    assert not {*charts[0]} & {*charts[2]}


def asked(eyes: PlantedEyes, seed: int) -> list[Prompt]:
    """What is asked in the first calls."""
    prompts: list[Prompt] = []

    def ask(batch: Sequence[Prompt]) -> list[Completion]:
        prompts.extend(batch)
        return eyes.ask(batch)

    eyechart.measure(ask, FONTS, seed, 14)
    return prompts
