"""Secret limits are found from outside: over HTTP of planted readers, and of one that does read."""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from endpoint import Endpoint, Reply, Request
from PIL import Image
from planted_eyes import THRESHOLDS, PlantedEyes

from pytest_rest import eyechart
from pytest_rest.dispatch import Dispatcher
from pytest_rest.eyechart import Ask, Eyes, file
from pytest_rest.models import load_model

pytestmark = pytest.mark.slow
FONTS = tuple(THRESHOLDS)
SEEDS = 20
ENOUGH = 19


@contextmanager
def asking(reply: Callable[[Request], Reply]) -> Iterator[Ask]:
    """A way to ask a served model that answers so."""
    with Endpoint(reply) as endpoint:
        dispatcher = Dispatcher(load_model("served", api_base=endpoint.openai_base))
        try:
            yield dispatcher.ask
        finally:
            dispatcher.close()


def is_right(eyes: Eyes, side: float) -> bool:
    """The limit is within a tenth, or there is none up to the largest page; in 100 calls."""
    found = eyes.conclusion
    if found is None or eyes.calls > 100:
        return False
    if math.isinf(side):
        return found.rule == "none"
    known = file.limit(eyes)
    return known is not None and known.pixels == 0 and abs(known.side / side - 1) <= 0.1


@pytest.mark.parametrize("side", [400, 800, 1568, math.inf])
def test_a_secret_limit_is_found(monkeypatch: pytest.MonkeyPatch, side: float) -> None:
    """In 19 of 20 seeds, over the real protocol."""
    found = []
    for seed in range(SEEDS):
        eyes = PlantedEyes(side, seed=seed)
        with monkeypatch.context() as watched, asking(eyes.reply) as ask:
            eyes.watch(watched)
            found.append(eyechart.measure(ask, FONTS, seed))
    right = sum(is_right(each, side) for each in found)
    calls = [each.calls for each in found]
    print(f"limit {side}: {right} of {SEEDS}, {sum(calls) / SEEDS:.0f} calls, at most {max(calls)}")
    assert ENOUGH <= right


@pytest.mark.parametrize("side", [400, 800])
def test_a_limit_before_a_real_reader(side: int) -> None:
    """RapidOCR reads what the server has left of each chart."""
    rapidocr = pytest.importorskip("rapidocr")
    whole = {"Det.limit_type": "max", "Det.limit_side_len": 8192, "Global.max_side_len": 8192}
    quiet = {"Global.use_cls": False, "Global.log_level": "error", "Global.min_side_len": 0}
    engine = rapidocr.RapidOCR(params={**whole, **quiet})

    def reply(request: Request) -> Reply:
        if not request.images:
            return Reply("Which picture?", input_tokens=70)
        with Image.open(io.BytesIO(request.images[0])) as sent:
            sent.thumbnail((side, side), Image.Resampling.LANCZOS)
            shrunk = io.BytesIO()
            sent.save(shrunk, "PNG")
        return Reply("\n".join(engine(shrunk.getvalue()).txts or ()), input_tokens=500)

    with asking(reply) as ask:
        eyes = eyechart.measure(ask, FONTS)
    print(f"limit {side}: {eyes.calls} calls, {eyes.conclusion}")
    assert is_right(eyes, side)
