"""The control on tables: exact answers from what was read, and none from what was misread."""

import time

import pytest

from pytest_rest.benchmark.suites import tables
from pytest_rest.models.providers.embedded import solve
from pytest_rest.models.providers.table_questions import answer
from pytest_rest.prompts import table_formats
from pytest_rest.rendering import ruled_table

ASKED = "Think step by step. End with one line of the form 3."


@pytest.mark.parametrize("form", [*table_formats.FORMATS, "ruled"])
def test_it_answers_however_the_table_is_written(form: str) -> None:
    """Every kind of question, every size."""
    for item in tables.generate(48, 5):
        assert item.table
        ruled = form == "ruled"
        text = ruled_table.as_text(item.table) if ruled else table_formats.write(item.table, form)
        assert item.answer == answer(f"{text}\n{item.question}\n\n{ASKED}"), item.question
        assert solve(f"{text}\n{item.question}\n\n{ASKED}").endswith(f"\nAnswer: {item.answer}")


READ = "Name Cost Stock\nLamp 12 7\nDesk 41 9"
SUM, COUNT = "What is the sum of the column Cost?", "In how many rows is Cost above 20?"
LOOK_UP, HIGHEST = (
    "What value does Desk have in the column Cost?",
    "Which Name has the highest Cost?",
)


@pytest.mark.parametrize(
    ("question", "expected"), [(SUM, "53"), (COUNT, "1"), (LOOK_UP, "41"), (HIGHEST, "Desk")]
)
def test_a_question_is_answered_from_what_it_needs(question: str, expected: str) -> None:
    """A row with a cell too few is in the way of all but a value in another row."""
    assert expected == answer(f"{READ}\n{question}")
    broken = answer(f"{READ}\nPen 3\n{question}")
    assert (expected if question == LOOK_UP else None) == broken
    assert None is answer(f"{READ.replace('41', '4l')}\n{question}")


@pytest.mark.parametrize(
    "text",
    [
        READ,
        f"{READ}\nWhat is the sum of the column Price?",
        f"Nane Cost\nLamp 12\n{SUM}",
        f"{READ}\nPen 41 8\n{HIGHEST}",
        f"{READ}\nDesk 1 1\n{LOOK_UP}",
        SUM,
        "",
    ],
)
def test_what_the_table_does_not_say_is_not_answered(text: str) -> None:
    """No question, no such column, no headings, two rows that fit."""
    assert None is answer(text)
    assert "Answer:" not in solve(text)


def test_hostile_text_is_read_in_no_time() -> None:
    """Long lines, many lines, and JSON without an end."""
    begun = time.perf_counter()
    for text in ("[" * 10**6, "{" * 10**6, "Name " + "A" * 10**6, "Name x\n" * 10**5, "<a" * 10**6):
        answer(f"{text}\n{SUM}")
        answer(f'{{"Name": {text}\n{SUM}')
    assert time.perf_counter() - begun < 5
