"""A text over several pages: where it is cut, and what each page says that it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import words

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.rendering.lines import normal
from pytest_rest.rendering.page import lay_out_pages
from pytest_rest.terms import DataTable, Style

A4 = rendering.parse_style("dejavu-50dpi-margin=72-page=a4")
LOW = Style(dpi=50, page_width_pt=300.0, page_height_pt=120.0)
CLAUSES = "\n\n".join(f"Clause {n}. " + "The seller delivers the goods. " * 12 for n in range(14))


@pytest.mark.parametrize(
    ("name", "size"),
    [("a4", (595.0, 842.0)), ("letter", (612.0, 792.0)), ("400x300.5", (400.0, 300.5))],
)
def test_a_styles_name_says_its_page(name: str, size: tuple[float, float]) -> None:
    """Known sizes by their names, others by their points; the name is the style's id."""
    style = rendering.parse_style(f"courier-50dpi-page={name}")
    assert size == (style.page_width_pt, style.page_height_pt)
    assert (f"courier-50dpi-black-page={name}", style) == (
        style.id,
        rendering.parse_style(style.id),
    )
    assert Style().digest != style.digest


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("page=a4-page_width=300", "twice"),
        ("page=a4-page=letter", "twice"),
        ("page=a5", "is not a font"),
        ("page=0x300", "is not a font"),
        ("page=300x40", "has no room for a line"),
    ],
)
def test_a_page_that_cannot_be_is_refused(name: str, why: str) -> None:
    """With a mend, in one line."""
    with pytest.raises(RenderingError, match=why):
        rendering.parse_style(name)


def test_a_long_text_is_several_pictures_of_one_size() -> None:
    """Joined their texts are the text; a text that fits is one page of that size."""
    pages = rendering.draw_pages(CLAUSES, A4)
    assert 3 == len(pages)
    assert {(414, 585)} == {page.size for page in (*pages, *rendering.draw_pages("7", A4))}
    assert CLAUSES == "".join(page.text for page in pages)
    assert (3, (414, 585)) == rendering.page_sizes(CLAUSES, A4)
    assert pages == rendering.draw_pages(CLAUSES, A4)


@given(words(200), st.sampled_from([LOW, Style(page_width_pt=200.0, page_height_pt=200.0)]))
def test_joined_the_pages_are_the_text(text: str, style: Style) -> None:
    """Each of them what stands on it, whatever is broken, wherever blanks and empty lines are."""
    pages = lay_out_pages(text, style)
    shown = "".join(page.text for page in pages)
    assert (normal(text) if len(pages) > 1 else text) == shown
    for page in pages:
        stands = "".join(line.line.text for line in page.lines).replace(" ", "")
        assert "".join(page.text.split()) == stands


def test_a_page_may_begin_with_blanks() -> None:
    """Indented or with a wide blank, a paragraph is its page's, and nothing is lost."""
    for text in ("x\n" * 5 + "  y\n" * 9, "\u00a0y\n" * 14, 90 * " " + "x\n" * 9, "\n x" * 20):
        pages = lay_out_pages(text, LOW)
        assert text == "".join(page.text for page in pages)
    assert "  y\n" * 5 == lay_out_pages("x\n" * 5 + "  y\n" * 9, LOW)[1].text


def test_no_line_stands_below_the_lower_margin() -> None:
    """Of text and of a table, on any page."""
    table = DataTable(("Name", "Remark"), tuple((f"n{n}", "word " * n) for n in range(30)))
    text = f"{CLAUSES}\n{rendering.TABLE}\n{CLAUSES}"
    for style in (A4, LOW):
        room = style.page_height_pt - 2 * style.margin_pt
        for page in lay_out_pages(text, style, table):
            bottoms = [line.top + style.line_spacing * style.size_pt for line in page.lines]
            assert max([*bottoms, *(rule.top + rule.height for rule in page.rules)]) <= room + 1e-3


def test_a_table_goes_on_under_its_headings() -> None:
    """Rows stay whole, every row is there once, and what is below comes after it."""
    table = DataTable(("Name", "Price"), tuple((f"Lamp {n}", str(n)) for n in range(100)))
    pages = lay_out_pages(f"Prices:\n{rendering.TABLE}\nHow much?", A4, table)
    assert 3 == len(pages)
    rows = [page.text.split("\n") for page in pages]
    assert "Prices:" == rows[0].pop(0)
    assert "How much?" == rows[-1].pop()
    assert ["Name Price"] * 3 == [each.pop(0) for each in rows]
    assert [f"Lamp {n} {n}" for n in range(100)] == [row for each in rows for row in each]


def test_a_row_that_no_page_has_room_for_is_torn() -> None:
    """Nothing of it is lost; where not even one line has room, that is said."""
    table = DataTable(("A", "B"), (("x", " ".join(f"w{n}" for n in range(150))), ("y", "z")))
    pages = lay_out_pages(f"{rendering.TABLE}\nWhich?", LOW, table)
    said = " ".join(page.text.replace("A B\n", "") for page in pages).split()
    assert ["x", *(f"w{n}" for n in range(150)), "y", "z", "Which?"] == said
    low = Style(page_width_pt=300.0, page_height_pt=60.0)
    with pytest.raises(RenderingError, match="no room for a row of the table"):
        lay_out_pages(rendering.TABLE, low, table)


def test_too_many_pages_are_refused() -> None:
    """Before anything is drawn."""
    with pytest.raises(RenderingError, match="takes 250 pages, more than 200"):
        rendering.draw_pages("x\n" * 1249 + "x", LOW)


def test_one_page_is_wanted_where_one_is_drawn() -> None:
    """Not the first of several, in silence."""
    with pytest.raises(RenderingError, match="takes 3 pages, and one is wanted"):
        rendering.draw(CLAUSES, A4)
