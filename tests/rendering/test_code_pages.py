"""Code over several pages: split between its lines, nothing lost, its colours on their page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import rendering
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import parse_style
from pytest_rest.rendering.lines import normal
from pytest_rest.rendering.page import lay_out_pages
from pytest_rest.terms import Code, Style

LOW = Style(dpi=50, page_width_pt=300.0, page_height_pt=120.0)
LOOP = "\n".join(f"for n{n} in range({n}):\n    if n{n}:\n\tprint('item {n}')" for n in range(9))
TEXT = f"A program.\n{rendering.TABLE}\n\nWhat does it print?"
ROWS = st.text("ab .\t\n\u00e9", max_size=120).filter(lambda text: text.strip() != "")


def as_set(text: str, code: str) -> str:
    """The text as it is drawn, the code in its place."""
    above, below = normal(text).split(rendering.TABLE)
    return above + normal(code.expandtabs(4)) + below


@given(
    st.sampled_from(["", "above\n", "above\n" * 9, "\n"]),
    ROWS,
    st.sampled_from(["", "\nbelow", "\n\n below\n" * 9]),
)
def test_joined_the_pages_are_the_text(above: str, code: str, below: str) -> None:
    """Each of them what stands on it, the marks of wrapped lines aside."""
    text = above + rendering.TABLE + below
    pages = lay_out_pages(text, LOW, Code(code))
    shown = "".join(page.text for page in pages)
    expected = as_set(text, code) if len(pages) > 1 else text.replace(rendering.TABLE, code)
    assert expected == shown
    for page in pages:
        stands = "".join(line.line.text for line in page.lines if line.line.text != "» ")
        assert sorted("".join(page.text.split())) == sorted(stands.replace(" ", ""))


def test_code_goes_on_between_its_lines() -> None:
    """In order, on pages of one size, above the lower margin; what is below comes after it."""
    style = parse_style("dejavu-50dpi-page=300x200")
    pages = rendering.draw_pages(TEXT, style, Code(LOOP))
    assert 4 == len(pages)
    assert 1 == len({page.size for page in pages})
    assert as_set(TEXT, LOOP) == "".join(page.text for page in pages)
    assert all(page.text.endswith("\n") for page in pages[:-1])
    room = style.page_height_pt - 2 * style.margin_pt
    for page in lay_out_pages(TEXT, style, Code(LOOP)):
        bottoms = [line.top + style.line_spacing * style.size_pt for line in page.lines]
        assert max(bottoms) <= room + 1e-3


def test_colours_are_those_of_the_pages_own_words() -> None:
    """Each page has its own keywords' patches, on the paper's width of the whole block."""
    style = parse_style("dejavu-50dpi-page=300x200-highlight=default")
    plain, colored = (
        lay_out_pages(TEXT, look, Code(LOOP, "python"))
        for look in (parse_style("dejavu-50dpi-page=300x200"), style)
    )
    assert [page.text for page in plain] == [page.text for page in colored]
    papers, words = [], []
    for page in colored:
        paper, *patches = page.patches
        papers.append(paper)
        words.append([patch for patch in patches if patch.color == "#008000"])
        tops = {round(line.top, 3) for line in page.lines}
        assert {round(patch.top, 3) for patch in patches} <= tops
    assert 1 == len({paper.width for paper in papers})
    keywords = [
        sum(page.text.count(word) for word in ("for ", "if ", "range(", "print(", " in "))
        for page in colored
    ]
    bold = [
        sum(patch.color in ("#008000", "#A2F", "#AA22FF") for patch in page.patches)
        for page in colored
    ]
    assert keywords == bold
    assert all(words)


def test_a_page_without_room_for_a_line_of_code_is_refused() -> None:
    """With a mend, in one line."""
    style = Style(page_width_pt=300.0, page_height_pt=60.0)
    with pytest.raises(RenderingError, match="no room for a line of the code; use a larger page"):
        lay_out_pages(rendering.TABLE, style, Code("x"))
