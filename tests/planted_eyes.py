"""Readers with planted eyes: they shrink what they get, and read what is left of it."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from endpoint import Reply, Request

from pytest_rest.rendering import chart
from pytest_rest.terms import Completion, Image, Prompt

THRESHOLDS = {"dejavu": 9.0, "courier": 10.0, "cursive": 14.0}
Drawn = tuple[Sequence[tuple[str, float]], str, tuple[int, int]]


@dataclass
class PlantedEyes:
    """Reads a line that arrives in its font's threshold or more, give or take `noise`.

    It knows what is on a chart from `watch`, which looks on as charts are drawn.
    """

    side: float = math.inf
    pixels: float = math.inf
    thresholds: Mapping[str, float] = field(default_factory=THRESHOLDS.copy)
    noise: float = 0.1  # standard deviation of the threshold's logarithm, of each line
    lapses: float = 0.02
    seed: int = 0
    counts: bool = True  # the tokens of pictures
    drawn: dict[bytes, Drawn] = field(default_factory=dict)

    def watch(self, monkeypatch: pytest.MonkeyPatch, *, draws: bool = True) -> None:
        """Know the charts that are drawn from now on; or have none drawn, but told apart."""
        draw = chart.draw_chart

        def drawn(lines: Sequence[tuple[str, float]], font: str, size: tuple[int, int]) -> Image:
            text = "\n".join(text for text, _ in lines)
            blank = Image(f"{font} {size} {lines}".encode(), f"{font} {text}", text)
            image = draw(lines, font, size) if draws else blank
            self.drawn[image.png] = lines, font, size
            return image

        monkeypatch.setattr(chart, "draw_chart", drawn)

    def read(self, png: bytes) -> str:
        """The lines of a chart that can be read of what is left of it."""
        lines, font, (width, height) = self.drawn[png]
        scale = min(1, self.side / max(width, height), math.sqrt(self.pixels / (width * height)))
        draws = random.Random(f"{self.seed} {lines}")
        legible = [
            text
            for text, print_height in lines
            if print_height * scale > self.thresholds[font] * math.exp(draws.gauss(0, self.noise))
            and draws.random() >= self.lapses
        ]
        return "\n".join(legible)

    def reply(self, request: Request) -> Reply:
        """The answer over HTTP."""
        (png, *_) = request.images or (b"",)
        return Reply(self.read(png) if png else "Which picture?", input_tokens=self._tokens(png))

    def ask(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """The answers in this process."""
        pngs = [prompt.images[0].png if prompt.images else b"" for prompt in prompts]
        texts = [self.read(png) if png else "Which picture?" for png in pngs]
        pairs = zip(texts, pngs, strict=True)
        return [
            Completion(text, input_tokens=self._tokens(png), model="eyes") for text, png in pairs
        ]

    def _tokens(self, png: bytes) -> int:
        return 70 + 500 * (self.counts and bool(png))
