"""Ruled tables: columns that hold their cells, on pages of the same layout at every DPI."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rendering import ink

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import ruled_table
from pytest_rest.rendering.page import page_size
from pytest_rest.terms import DataTable, Style

PRICES = DataTable(("Name", "Price"), (("Lamp", "12"), ("A chair of oak", "1,041.50"), ("", "7")))
TEXT = f"A list.\n{rendering.TABLE}\nWhat does it cost?"
WORDS = st.lists(st.sampled_from(["a", "lamp", "unambiguously", "12", "1,041.50"]), max_size=6)
CELLS = WORDS.map(" ".join)
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(CELLS, min_size=width, max_size=width).map(tuple), min_size=2, max_size=6
    ).map(lambda rows: DataTable(rows[0], tuple(rows[1:])))
)


@given(TABLES, st.floats(3, 80))
def test_cells_stand_within_their_columns(table: DataTable, page: float) -> None:
    """All their words, in order; the table is as wide as the page, or as its longest words are."""
    font = rendering.load_font("dejavu")
    laid_out = ruled_table.lay_out(table, page, font)
    for row, cells in zip((table.header, *table.rows), laid_out.cells, strict=True):
        for text, lines, width in zip(row, cells, laid_out.widths, strict=True):
            assert text.split() == " ".join(line.text for line in lines).split()
            inner = width - 2 * ruled_table.PADDING - ruled_table.RULE
            assert all(font.width(line.text) <= inner for line in lines)
    words = [
        max(map(font.width, " ".join(column).split()), default=0.0)
        for column in zip(table.header, *table.rows, strict=True)
    ]
    around = 2 * ruled_table.PADDING + ruled_table.RULE
    least = sum(word + around for word in words) + ruled_table.RULE
    assert laid_out.width <= max(page, least) + 1e-3


@given(TABLES)
def test_no_lines_overlap(table: DataTable) -> None:
    """Nor do they cross the rules."""
    font = rendering.load_font("dejavu")
    laid_out = ruled_table.lay_out(table, 40, font)
    boxes = [(x, y, x + font.width(line.text), y + 1.4) for x, y, line in laid_out.lines(1.4)]
    rules = [(x, y, x + w, y + h) for x, y, w, h in laid_out.rules(1.4)]
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[number + 1 :] + rules:
            apart = right <= other[0] + 1e-6 or other[2] <= left + 1e-6
            assert apart or bottom <= other[1] + 0.07 or other[3] <= top + 0.07


def test_numbers_stand_on_the_right() -> None:
    """Of a column that has nothing else; money and per cent are numbers."""
    rows = (("1", "x", "$1,200", ""), ("-2.5", "1", "(30%)", ""), ("", "2", "", ""))
    table = DataTable(("a", "b", "c", "d"), rows)
    laid_out = ruled_table.lay_out(table, 40, rendering.load_font("dejavu"))
    assert (True, False, True, False) == laid_out.on_the_right


@pytest.mark.parametrize("style", [Style(), Style(font="courier", dpi=50), Style(rotation=3)])
def test_a_page_has_the_size_that_was_said(style: Style) -> None:
    """Before it is drawn; more rows make it higher."""
    assert page_size(TEXT, style, PRICES) == rendering.draw(TEXT, style, PRICES).size
    more = DataTable(PRICES.header, PRICES.rows * 2)
    assert page_size(TEXT, style, PRICES)[1] < page_size(TEXT, style, more)[1]
    assert page_size(rendering.TABLE, style, PRICES)[1] < page_size(TEXT, style, PRICES)[1]


def test_a_page_is_the_same_at_every_dpi() -> None:
    """50, 100 and 200 DPI are exactly 1x, 2x and 4x the pixels; drawn twice it is equal."""
    drawn = {dpi: rendering.draw(TEXT, Style(dpi=dpi), PRICES) for dpi in (50, 100, 200)}
    width, height = drawn[50].size
    assert [(n * width, n * height) for n in (1, 2, 4)] == [each.size for each in drawn.values()]
    assert drawn[100] == rendering.draw(TEXT, Style(dpi=100), PRICES)


def test_the_rules_are_drawn() -> None:
    """A line across the page for each row and one more, one down for each column and one more."""
    page = ink(rendering.draw(rendering.TABLE, Style(dpi=200), PRICES))
    page = page[page.any(axis=1)][:, page.any(axis=0)]
    across = np.flatnonzero(page.mean(axis=1) > 0.98)
    down = np.flatnonzero(page.mean(axis=0) > 0.98)
    assert (4 + 1, 2 + 1) == tuple(int((np.diff(each) > 1).sum()) + 1 for each in (across, down))


def test_what_was_drawn_is_said() -> None:
    """A row a line, a blank between cells: what a transcription is compared with."""
    said = rendering.draw(TEXT, Style(dpi=50), PRICES).text
    rows = "Name Price\nLamp 12\nA chair of oak 1,041.50\n7"
    assert f"A list.\n{rows}\nWhat does it cost?" == said


def test_a_cell_without_a_glyph_is_named() -> None:
    """As in any text."""
    table = DataTable(("Name",), (("布",),))
    with pytest.raises(RenderingError, match="has no glyph for '布'"):
        rendering.draw(rendering.TABLE, Style(), table)
    with pytest.raises(RenderingError, match="has no glyph for '布'"):
        page_size(rendering.TABLE, Style(), table)
