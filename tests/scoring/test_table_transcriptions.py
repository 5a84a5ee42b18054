"""Transcriptions of tables: marks between cells are no misreading, what is in the cells counts."""

import time

import pytest

from pytest_rest.prompts import table_formats
from pytest_rest.rendering import ruled_table
from pytest_rest.scoring.transcriptions import character_error_rate, character_error_rates
from pytest_rest.terms import DataTable

TABLE = DataTable(("Name", "Net - gross"), (("Lamp", "12"), ("Desk", "-41")))
DRAWN = f"Prices.\n{ruled_table.as_text(TABLE)}\nWhat is due?"


@pytest.mark.parametrize("form", ["markdown", "html", "latex"])
def test_marks_between_cells_are_no_misreading(form: str) -> None:
    """A cell that was read wrongly is one, and so is a sign that was lost."""
    written = f"Prices.\n{table_formats.write(TABLE, form)}\nWhat is due?"
    rate, raw = character_error_rates(DRAWN, written)
    assert 0 == rate < raw
    for right, wrong in (("12", "17"), ("-41", "41"), ("Net - gross", "Net gross")):
        assert character_error_rate(DRAWN, written.replace(right, wrong)) > 0


def test_marks_that_were_drawn_count() -> None:
    """Where the drawn text has them itself, it is compared with them."""
    drawn = "| a | b |\nx & y"
    assert 0 == character_error_rate(drawn, drawn)
    assert 0 < character_error_rate(drawn, "a b\nx y")


def test_hostile_marks_are_taken_off_in_no_time() -> None:
    """A megabyte of them."""
    begun = time.perf_counter()
    for text in (
        "|-" * 500_000,
        " | " * 300_000,
        "<td" * 300_000,
        "\\hline" * 150_000,
        "- " * 500_000,
    ):
        character_error_rate("a", text)
    assert time.perf_counter() - begun < 5
