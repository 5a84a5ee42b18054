"""Code and columns over pages: what is shown, and how each page is transcribed."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from pytest_rest import prompts
from pytest_rest.evaluate import evaluate, forms
from pytest_rest.models import vision_rules
from pytest_rest.prompts.askable import Check
from pytest_rest.rendering import parse_style
from pytest_rest.terms import Code, Completion, Home, Item, Prompt, Scheme

PROTOCOL = prompts.load_protocol()
SMALL = parse_style("dejavu-50dpi-page=300x200-highlight=default")
SOURCE = "\n".join(
    f"for n{n} in range({n}):\n    print('a long line of number', {n})" for n in range(9)
)
CODE = Item("code", "What does it print?", "x", code=Code(SOURCE, "python"))
ROWS = "\n".join(f"wages  {n:02} March   2,4{n:02}.00" for n in range(25))
COLUMNS = Item("rows", "What is it?", "x", context=ROWS, layout="columns")


class Reader:
    """Reads code as models do, fenced and with the marks of its lines; `wrong` wrongly."""

    name = description = "reader"
    home: Home = "endpoint"
    batch_size = 1
    parameters: Mapping[str, object] = {}

    def __init__(self, wrong: str = "-") -> None:
        self._wrong = wrong

    async def open(self) -> None:
        """Nothing to get ready."""

    async def ask(self, prompts: Sequence[Prompt]) -> Sequence[Completion]:
        """One completion."""
        (prompt,) = prompts
        if prompt.task == "solve":
            return [Completion("Answer: x")]
        (image,) = prompt.images
        marked = image.text.replace("of number", "of\n» number").replace(self._wrong, "?")
        return [Completion(f"```python\n{marked}\n```")]

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize(("item", "shown"), [(CODE, SOURCE), (COLUMNS, ROWS)])
def test_pages_of_a_block_are_shown_in_order(item: Item, shown: str) -> None:
    """The mixed form has the block alone; each page is transcribed in a call of its own."""
    text, image, mixed, *read = forms(item, SMALL, PROTOCOL)
    assert shown in str(text.parts[0])
    assert shown == "".join(page.text for page in mixed.images)
    assert f"{shown}\n{item.question}" == "".join(page.text for page in image.images)
    assert list(image.images) == [prompt.images[0] for prompt in read]
    assert 2 < len(read)


def test_each_page_of_code_is_read_by_itself() -> None:
    """Fences and marks are no misreading; a page that is read wrongly is named."""
    for wrong, expected in (("-", [True] * 4), ("range(3)", [True, False, True, True])):
        (record,) = asyncio.run(evaluate([CODE], Reader(wrong), styles=[SMALL]))
        read = record.verdict.transcription
        assert read is not None
        assert expected == [page.correct for page in read.pages]
        assert all(expected) == read.correct


def test_too_many_pages_of_code_are_told_before_a_call() -> None:
    """By the provider's limit of pictures."""
    rule = vision_rules.find("anthropic/claude-haiku-4-5")
    long = Item("code", "What?", "x", code=Code("x = 1\n" * 700))
    style = parse_style("dejavu-50dpi-page=300x120")
    (refused,) = Check(Scheme(), PROTOCOL, rule).refused({long: [style]})
    assert "pages of" in refused.reason
    assert "more than 100 pictures a call" in refused.reason
    assert not [*Check(Scheme(), PROTOCOL, rule).refused({CODE: [SMALL]})]
