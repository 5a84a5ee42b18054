"""What of a picture reaches the model: held against the log of a server that shrinks it."""

import asyncio
import io
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from endpoint import Endpoint, Reply, Request
from PIL import Image as Picture
from runs import RunRest

from pytest_rest.models.providers.embedded import EmbeddedModel
from pytest_rest.rendering.pictures import pixel_digest
from pytest_rest.terms import Form, Image, Item, Prompt, Style

SERIAL = "-pno:xdist"
STYLES = ("dejavu-200dpi-black", "courier-100dpi-black", "dejavu-50dpi-red")
SERVED = "--rest-model=served"


class Shrinking:
    """A server that shrinks each picture to its own limit before it looks, and logs the pixels."""

    def __init__(
        self,
        max_side: float = math.inf,
        max_pixels: float = math.inf,
        read: Callable[[Picture.Image], str] = lambda _: "Answer: 3",
    ) -> None:
        self._max_side, self._max_pixels, self._read = max_side, max_pixels, read
        self.log: dict[str, tuple[int, int, float]] = {}  # width, height and DPI, by digest

    def reply(self, request: Request) -> Reply:
        """Another answer to a picture than to a text; the log is what matters."""
        said = "Answer: 4"
        for png in request.images:
            with Picture.open(io.BytesIO(png)) as sent:
                shrink = self._max_side / max(sent.size)
                shrink = min(shrink, math.sqrt(self._max_pixels / (sent.width * sent.height)), 1.0)
                seen = sent.resize((round(sent.width * shrink), round(sent.height * shrink)))
                dpi = sent.info["dpi"][1] * shrink
                digest = pixel_digest(sent.mode, sent.size, sent.tobytes())
                self.log[digest] = (*seen.size, dpi)
                said = self._read(seen)
        return Reply(said)


@pytest.fixture
def rows(pytester: pytest.Pytester) -> str:
    """A benchmark file of a context of a line, and of one of many."""
    items = [
        f"  - {{context: '{' '.join(f'Row {n} has {n} crates.' for n in range(crates))}', "
        f"question: How many rows?, answer: {crates}, id: rows-{crates}}}"
        for crates in (3, 150)
    ]
    styles = f"styles: [{', '.join(STYLES)}]"
    (pytester.path / "rows.rest.yaml").write_text("\n".join([styles, "items:", *items]) + "\n")
    return "rows.rest.yaml"


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
    run_rest: RunRest, rows: str, limit: dict[str, Any]
) -> None:
    """The pixels and the DPI of each picture, in several styles, small ones and large ones."""
    server = Shrinking(**limit)
    options = [f"--rest-{name.replace('_', '-')}={value}" for name, value in limit.items()]
    with Endpoint(server.reply) as endpoint:
        asked = (SERVED, f"--rest-api-base={endpoint.openai_base}", *options, rows)
        run = run_rest(*asked, SERIAL)
    pictures = shown(run.report)
    assert {image for image, _, _ in pictures} == set(server.log), run.out
    assert set(STYLES) == {style for _, style, _ in pictures}
    for image, _, seen in pictures:
        width, height, dpi = server.log[image]
        assert (width, height) == (seen["width"], seen["height"])
        assert abs(seen["dpi"] - dpi) <= 0.02 * dpi  # a side is whole pixels, and the DPI rounded
    for style in run.report["seen"]["styles"]:
        dpis = [server.log[image][2] for image, name, _ in pictures if name == style["style"]]
        assert (2, "rows-150") == (style["items"], style["worst"]["item"])
        assert [style["low"], style["high"]] == pytest.approx([min(dpis), max(dpis)], rel=0.02)
    (high,) = [each for each in run.report["seen"]["styles"] if each["style"] == STYLES[0]]
    assert (200, True) == (high["dpi"], high["shrunk"] > 0)
    worst = high["worst"]["seen"]
    assert f"{worst['width']} x {worst['height']} of it, {worst['dpi']:.0f} DPI" in run.out
    said = run.out.splitlines()
    assert [line for line in said if line.startswith("rest: pictures reach the model smaller in ")]
    assert [line for line in said if line.startswith(f"{STYLES[0]} reached the model at ")]


def test_a_replay_knows_the_limit_and_can_be_told_another(
    run_rest: RunRest, rows: str, pytester: pytest.Pytester
) -> None:
    """What was said of the endpoint stays with the run; nothing has to be asked anew."""
    server = Shrinking(300)
    style = "--rest-style=courier-50dpi-black"
    with Endpoint(server.reply) as endpoint:
        asked = (SERVED, f"--rest-api-base={endpoint.openai_base}", "--rest-max-side=300", style)
        first = run_rest(*asked, rows, SERIAL)
    (pytester.path / "run").rename(pytester.path / "stored")
    again = run_rest("--rest-replay=stored", SERIAL)
    assert shown(first.report) == shown(again.report)
    assert (300, None) == tuple(again.report["provenance"][k] for k in ("max_side", "max_pixels"))
    other = run_rest("--rest-replay=stored", "--rest-max-side=150", SERIAL)
    longest = [max(seen["width"], seen["height"]) for _, _, seen in shown(other.report)]
    assert {150} == {*longest}


def test_a_plan_says_what_the_model_will_see(run_rest: RunRest, rows: str) -> None:
    """By style, with the worst item; or that nobody says."""
    asked = (SERVED, "--rest-api-base=http://127.0.0.1:9/v1", rows, "--rest-plan", SERIAL)
    told = run_rest(*asked, "--rest-max-side=900", "--rest-style=courier-100dpi,cursive-50dpi")
    lines = " ".join(told.out.split())
    assert "seen courier-100dpi-black: reaches the model at 63 to 100 DPI" in lines
    assert "; worst: rows-150, " in lines
    assert " cursive-50dpi-black: at 95 % of the DPI or more by --rest-max-side=900" in lines
    untold = " ".join(run_rest(*asked, "--rest-style=courier-50dpi").out.split())
    assert "seen not known of this endpoint; say what it leaves: --rest-max-side" in untold


def test_what_nobody_says_is_null(run_rest: RunRest, rows: str) -> None:
    """In the records, and in the report; no style is said to be smaller."""
    with Endpoint(Shrinking(300).reply) as endpoint:
        asked = (SERVED, f"--rest-api-base={endpoint.openai_base}", "--rest-style=courier-50dpi")
        run = run_rest(*asked, rows, SERIAL)
    assert {None} == {seen for _, _, seen in shown(run.report)}
    assert {"rule": None, "styles": []} == run.report["seen"]
    assert "the model s" not in run.out


@pytest.mark.slow
def test_what_cannot_be_read_any_more_was_seen_at_few_dpi(run_rest: RunRest, rows: str) -> None:
    """By a recogniser behind the server: it reads what it sees, at the DPI that is reported."""
    recogniser = EmbeddedModel()

    def read(seen: Picture.Image) -> str:
        file = io.BytesIO()
        seen.save(file, "PNG")
        parts = (Image(file.getvalue(), str(hash(file.getvalue())), ""),)
        prompt = Prompt(Item("i", "?", "1"), Form("image", Style()), "transcribe", parts, 100)
        with ThreadPoolExecutor(1) as beside:  # the server's own loop runs
            (completion,) = beside.submit(asyncio.run, recogniser.ask([prompt])).result()
        return completion.text

    asyncio.run(recogniser.open())
    rates = {}
    for limit in (2600, 200):
        server = Shrinking(limit, read=read)
        with Endpoint(server.reply) as endpoint:
            asked = (SERVED, f"--rest-api-base={endpoint.openai_base}", f"--rest-max-side={limit}")
            run = run_rest(*asked, rows, "--rest-style=dejavu", "--rest-modes=text,image", SERIAL)
        (high,) = run.report["seen"]["styles"]
        dpis = [dpi for _, _, dpi in server.log.values()]
        assert [high["low"], high["high"]] == pytest.approx([min(dpis), max(dpis)], rel=0.02)
        (long,) = [each for each in run.report["items"] if each["id"] == "rows-150"]
        rates[limit] = (long["ocr"]["seen"]["dpi"], long["ocr"]["cer"])
    assert (200, True) == (rates[2600][0], rates[2600][1] < 0.05)
    assert rates[200][0] < 20
    assert rates[200][1] > 0.5
