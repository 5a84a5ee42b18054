"""What is asked of a text over several pages, and what cannot be."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image as Picture

from pytest_rest import prompts
from pytest_rest.benchmark import file
from pytest_rest.errors import BenchmarkError
from pytest_rest.evaluate import evaluate, forms
from pytest_rest.models import vision_rules
from pytest_rest.prompts.askable import Check
from pytest_rest.rendering import draw_pages, parse_style, pictures
from pytest_rest.reporting.calls import calls
from pytest_rest.reporting.terminal import misreadings
from pytest_rest.scoring.transcribed_pages import joined
from pytest_rest.terms import Completion, Home, Item, Prompt, Record, Scheme, Transcription

PROTOCOL = prompts.load_protocol()
SMALL = parse_style("dejavu-50dpi-page=300x200")
CONTEXT = "\n".join(f"Line {number} says {number * number}." for number in range(25))
ITEM = Item("story", "What does line 20 say?", "400", context=CONTEXT, answer_kind="integer")


class Reader:
    """Answers right; reads what a picture shows, but for the second page."""

    name = description = "reader"
    home: Home = "endpoint"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self) -> None:
        self.asked: list[Prompt] = []

    async def open(self) -> None:
        """Nothing to get ready."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One completion."""
        self.asked += prompts
        (prompt,) = prompts
        if prompt.task == "solve":
            return [Completion("Answer: 400", input_tokens=10, cost=0.5)]
        (image,) = prompt.images
        text = image.text.replace("Line 12", "Line 1Z")
        return [Completion(text, input_tokens=7, output_tokens=3, cost=0.25)]

    async def close(self) -> None:
        """Nothing to let go of."""


def test_a_form_shows_its_pages_in_order_and_each_is_transcribed_alone() -> None:
    """The image form has the question on its last page, the mixed form beside the pages."""
    asked = forms(ITEM, SMALL, PROTOCOL)
    shown = [(prompt.task, prompt.form.mode, len(prompt.images)) for prompt in asked]
    solved = [("solve", "text", 0), ("solve", "image", 3), ("solve", "mixed", 3)]
    assert [*solved, *[("transcribe", "image", 1)] * 3] == shown
    image, mixed = asked[1], asked[2]
    assert f"{CONTEXT}\n{ITEM.question}" == "".join(page.text for page in image.images)
    assert CONTEXT == "".join(page.text for page in mixed.images)
    assert list(image.images) == [prompt.images[0] for prompt in asked[3:]]
    assert 6 == len({prompt.digest for prompt in asked})


def test_what_was_read_is_the_sum_of_the_pages() -> None:
    """Errors over characters; what it took is that of every call; a record keeps each page."""
    model = Reader()
    (record,) = asyncio.run(evaluate([ITEM], model, styles=[SMALL]))
    read = record.verdict.transcription
    assert read is not None
    assert (3, [True, False, True]) == (record.pages, [page.correct for page in read.pages])
    lengths = [len(page.reference.strip()) for page in read.pages]
    assert read.cer == pytest.approx(1 / sum(lengths), rel=0.02)
    assert (False, 21, 9, 0.75) == (
        *(read.correct, read.input_tokens),
        *(read.output_tokens, read.cost),
    )
    assert len(model.asked) == len({call.prompt for call in calls(record)})
    assert record == Record.from_json(record.to_json())
    assert misreadings.told(read).startswith(
        "1 of 3 pages wrong, CER 0.002; page 2: transcribed wrongly"
    )


def test_a_page_that_fails_fails_the_whole() -> None:
    """There is no rate, and the failure is said."""
    right = Transcription("parsed", "a", "a", 0.0, True, cost=1.0)
    failed = Transcription("failed", "timeout: after 120 s", "b")
    both = joined([right, failed])
    assert both is not None
    assert ("failed", "timeout: after 120 s", None, None, False) == (
        *(both.status, both.text, both.cer, both.cost),
        both.correct,
    )
    assert (right, None) == (joined([right]), joined([]))


def test_only_the_first_page_stands_below_a_picture_of_ones_own(tmp_path: Path) -> None:
    """And is transcribed as such; the others are as any page."""
    path = tmp_path / "a.png"
    Picture.new("L", (90, 40), 128).save(path)
    asked = forms(pictures.beside(ITEM, path), SMALL, PROTOCOL)
    _, below, *others = (
        part for prompt in asked for part in prompt.parts if prompt.task != "solve"
    )
    assert "below a line that goes across all of it" in str(below)
    assert "below a line" not in "".join(str(part) for part in others)
    whole = next(prompt for prompt in asked if prompt.form.mode == "image")
    tall, low, _ = (image.size[1] for image in whole.images)
    assert 40 < tall - low


@pytest.mark.parametrize(
    ("model", "style", "modes", "why", "mend"),
    [
        ("anthropic/claude-opus-4-8", "dejavu-page=a4", (), "more than 2,000 pixels a side", "170"),
        ("anthropic/claude-haiku-4-5", "page=300x100", (), "more than 100 pictures a call", ""),
        ("gpt-5-mini", "page=300x100", ("ocr-then-solve",), "reads one picture", ""),
        ("gpt-5-mini", "page=300x60", (), "takes 452 pages, more than 200", ""),
    ],
)
def test_too_many_pages_are_told_before_a_call(
    model: str, style: str, modes: tuple[str, ...], why: str, mend: str
) -> None:
    """By the provider's limits, which for many pictures are others than for a few."""
    long = Item("a", "What?", "4", context="word\n" * (450 if "300" in style else 1_100))
    scheme = Scheme(("text", "image", *modes))  # type: ignore[arg-type]
    check = Check(scheme, PROTOCOL, vision_rules.find(model))
    (refused,) = check.refused({long: [parse_style(style)]})
    assert why in refused.reason
    assert (f"{mend} dpi is low enough" if mend else "") == check.mend(refused)
    assert not [*check.refused({ITEM: [parse_style("dejavu-page=a4")]})]


def test_several_pictures_of_ones_own_stand_before_the_text(tmp_path: Path) -> None:
    """In order and with their own pixels in each form; drawn text stands under the last one."""
    Picture.new("RGB", (90, 40), "navy").save(tmp_path / "one.png")
    Picture.linear_gradient("L").save(tmp_path / "two.png")
    path = tmp_path / "own.rest.yaml"
    path.write_text(
        "items:\n"
        "  - {question: How many?, context: x, answer: 3, images: [one.png, two.png]}\n"
        "  - {question: How many?, context: x, answer: 3, images: [two.png, one.png]}\n"
    )
    item, turned = file.load(path).items
    one, two = (pictures.read(str(tmp_path / n), d) for n, d in _pictures(item))
    text, image, mixed, read = forms(item, SMALL, PROTOCOL)
    assert (one, two) == text.images
    for prompt, said in ((image, "x\nHow many?"), (mixed, "x")):
        first, under = prompt.images
        assert (one, said) == (first, under.text)
        assert under == pictures.place_under(two, draw_pages(said, SMALL)[0], SMALL)
    assert ("below a line" in str(read.parts[-1]), 1) == (True, len(read.images))
    assert item.digest != turned.digest
    assert 2 == len({prompt.digest for prompt in (text, forms(turned, SMALL, PROTOCOL)[0])})


def _pictures(item: Item) -> list[tuple[str, str]]:
    names = (*item.images, item.image)
    digests = (*item.image_digests, item.image_digest)
    return [(Path(name).name, digest) for name, digest in zip(names, digests, strict=True)]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("images: one.png", "images is a list, such as"),
        ("images: []", "images is a list, such as"),
        ("images: [one.png], image: one.png", "has image and images; write one of them"),
        ("images: [none.png]", "is not a file"),
        ("pages: 2", "pages is of a document; write document:"),
    ],
)
def test_pictures_that_cannot_be_are_told(tmp_path: Path, keys: str, why: str) -> None:
    """By their line."""
    Picture.new("L", (9, 9)).save(tmp_path / "one.png")
    path = tmp_path / "own.rest.yaml"
    path.write_text(f"items:\n  - {{question: How many?, answer: 3, {keys}}}\n")
    with pytest.raises(BenchmarkError, match=rf"own\.rest\.yaml:2: .*{why}"):
        file.load(path)
