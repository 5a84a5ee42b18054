"""Turns pages of random strings into prompts, and their answers into which lines were read."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_rest.rendering import chart
from pytest_rest.scoring.transcriptions import character_error_rate
from pytest_rest.statistics.legibility import OCTAVE, Line, Page, pixels
from pytest_rest.terms import Completion, Form, Image, Item, Prompt, Style

LETTERS = "ACEFHKNPRTXY3479"  # those that no font makes look like another one
LENGTH = 6
MOST_WRONG = 1 / LENGTH  # of a line's characters that is legible
ASKED = (
    f"The picture shows lines of print, each of {LENGTH} capital letters and digits, from large "
    "to small. Transcribe every line that you can read, each on a line of its own. Leave out the "
    "lines that are too small to read, and write nothing else."
)

_MOST_TOKENS = 2048
_LEAST = 24  # steps: 2.8 pixels
_STEP = 4  # between lines that would otherwise be of one height, where there is no more room
_LADDER = (1.6, 0.9, 0.3, -0.3, -0.9, -1.6)  # where lines are around the threshold, in spreads
_LONGEST = 4_000  # characters of an answer that are looked at
_BAD_REQUEST = re.compile("bad request: (?:HTTP ([0-9]{3})|)")
_WORD = re.compile(r"[A-Za-z0-9]{1,40}")


@dataclass(frozen=True)
class Chart:
    """Lines of random strings on a page: `heights` are in steps, of `number` the strings depend."""

    number: int
    seed: int
    page: Page
    index: int  # of the font
    font: str
    texts: tuple[str, ...]
    heights: tuple[int, ...]

    @cached_property
    def image(self) -> Image:
        """The picture."""
        lines = [(text, pixels(h)) for text, h in zip(self.texts, self.heights, strict=True)]
        return chart.draw_chart(lines, self.font, self.page.size)

    @property
    def prompt(self) -> Prompt:
        """What is asked."""
        return _prompt(self.number, "\n".join(self.texts), (self.image, ASKED), self.font)

    def read(self, answer: str) -> list[Line]:
        """Which lines an answer has, in whatever order and among whatever else."""
        words = _words(answer)
        return [
            Line(self.page, self.index, height, _is_among(text, words))
            for text, height in zip(self.texts, self.heights, strict=True)
        ]


def make(
    number: int,
    seed: int,
    page: Page,
    fonts: Sequence[str],
    index: int,
    middle: float,
    spread: float,
) -> Chart:
    """A chart whose lines are around a threshold in steps, as far as the page has room for them."""
    draws = random.Random(f"{seed}/{number}")  # noqa: S311 (for everybody the same)
    texts = ["".join(draws.choices(LETTERS, k=LENGTH)) for _ in _LADDER]
    tallest = min(chart.tallest(text, fonts[index], page.size) for text in texts)
    most = math.floor(OCTAVE * math.log2(tallest))
    wanted = {min(max(round(middle + each * spread), _LEAST), most) for each in _LADDER}
    heights = sorted(wanted, reverse=True)
    while len(heights) < len(texts):
        if heights[-1] - _STEP >= _LEAST:
            heights.append(heights[-1] - _STEP)
        elif heights[0] + _STEP <= most:
            heights.insert(0, heights[0] + _STEP)
        else:
            break
    while chart.LEADING * sum(map(pixels, heights)) > page.size[1]:
        heights.pop()
    return Chart(
        number, seed, page, index, fonts[index], tuple(texts[: len(heights)]), tuple(heights)
    )


def failure(completion: Completion) -> str:
    """Why an answer says nothing of what was seen; empty where it does."""
    if completion.finish_reason == "refusal":
        return completion.error or "refused to transcribe"
    if completion.finish_reason == "length" and not completion.text.strip():
        return f"no answer within {_MOST_TOKENS:,} tokens"
    return completion.error or ""


def is_refused(completion: Completion) -> bool:
    """Whether the model or its provider refused such a request, and the endpoint did not fail."""
    error = completion.error or ""
    status = _BAD_REQUEST.match(error)
    return not error or bool(status and status[1] in (None, "400", "413", "422"))


def without_picture() -> Prompt:
    """The same request without a picture, whose tokens tell what a picture adds."""
    return _prompt(0, "", (ASKED,), Style().font)


def _prompt(number: int, answer: str, parts: tuple[str | Image, ...], font: str) -> Prompt:
    item = Item(f"eyechart-{number:03}", ASKED, answer, suite="eyechart")
    return Prompt(item, Form("image", Style(font=font)), "transcribe", parts, _MOST_TOKENS)


def _words(answer: str) -> set[str]:
    """The words of an answer, and its lines without what is between their letters."""
    text = answer[:_LONGEST].upper()
    joined = {"".join(_WORD.findall(line)) for line in text.splitlines()}
    return {*_WORD.findall(text), *joined}


def _is_among(text: str, words: set[str]) -> bool:
    near = (word for word in words if abs(len(word) - LENGTH) <= 1)
    return text in words or any(character_error_rate(text, word) <= MOST_WRONG for word in near)
