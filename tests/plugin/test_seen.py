"""What of a picture reaches the model: held against the log of a server that shrinks it."""

import io
import math
from pathlib import Path
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from PIL import Image as Picture
from runs import RunRest

from pytest_rest.rendering.pictures import pixel_digest

SERIAL = "-pno:xdist"
STYLES = ("dejavu-200dpi-black", "courier-100dpi-black", "dejavu-50dpi-red")
LINES = (2, 30, 90)


class Shrinking:
    """A server that shrinks each picture to its own limit before it looks, and logs the pixels."""

    def __init__(self, max_side: float = math.inf, max_pixels: float = math.inf) -> None:
        self._max_side, self._max_pixels = max_side, max_pixels
        self.log: dict[str, tuple[int, int, float]] = {}  # width, height and DPI, by digest

    def reply(self, request: Request) -> Reply:
        """An answer that is no model's; the log is what matters."""
        for png in request.images:
            with Picture.open(io.BytesIO(png)) as sent:
                shrink = self._max_side / max(sent.size)
                shrink = min(shrink, math.sqrt(self._max_pixels / (sent.width * sent.height)), 1.0)
                seen = sent.resize((round(sent.width * shrink), round(sent.height * shrink)))
                dpi = sent.info["dpi"][1] * shrink
                digest = pixel_digest(sent.mode, sent.size, sent.tobytes())
                self.log[digest] = (*seen.size, dpi)
        return Reply("Answer: 3")


@pytest.fixture
def long_contexts(pytester: pytest.Pytester) -> Path:
    """A benchmark of contexts of some lines and of many."""
    items = [
        f"  - {{context: '{' '.join(f'Row {n} has {n} crates.' for n in range(lines * 3))}', "
        f"question: How many rows?, answer: {lines * 3}}}"
        for lines in LINES
    ]
    path = pytester.path / "rows.rest.yaml"
    path.write_text("\n".join([f"styles: [{', '.join(STYLES)}]", "items:", *items]) + "\n")
    return path


def shown(report: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Each picture of a report, its style, and what of it was seen."""
    return [
        (call["image"], entry["style"], call["seen"])
        for entry in report["items"]
        for call in (*entry["answers"].values(), entry["ocr"])
        if call["image"]
    ]


@pytest.mark.parametrize("limit", [{"max_side": 900}, {"max_pixels": 250_000}], ids=str)
def test_what_is_reported_is_what_the_server_logs(
    run_rest: RunRest, long_contexts: Path, limit: dict[str, int]
) -> None:
    """The pixels and the DPI of each picture, in several styles, small ones and large ones."""
    server = Shrinking(**limit)
    options = [f"--rest-{name.replace('_', '-')}={value}" for name, value in limit.items()]
    with Endpoint(server.reply) as endpoint:
        asked = ("--rest-model=served", f"--rest-api-base={endpoint.openai_base}", *options)
        run = run_rest(*asked, long_contexts.name, SERIAL)
    pictures = shown(run.report)
    assert {image for image, _, _ in pictures} == set(server.log), run.out
    assert set(STYLES) == {style for _, style, _ in pictures}
    for image, _, seen in pictures:
        width, height, dpi = server.log[image]
        assert (width, height) == (seen["width"], seen["height"])
        assert abs(seen["dpi"] - dpi) <= 0.02 * dpi  # a side is whole pixels, and the DPI rounded
    dpis = {round(dpi) for _, _, dpi in server.log.values()}
    assert {200, 100, 50} & dpis  # not all were too large for it
    assert min(dpis) < 50
