"""From text and style to pixels: the same each time, at every DPI, all of it there."""

import contextlib
import csv
import dataclasses
import hashlib
import io
import itertools
import json
import random
import string
import subprocess
import sys
import textwrap
import time
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageFont
from strategies import styles, texts, words

from pytest_rest import rendering
from pytest_rest.benchmark.suites import soebench
from pytest_rest.errors import RenderingError
from pytest_rest.terms import Image, Style

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
FONTS = ("dejavu", "courier", "cursive")
DPIS = (50, 100, 200)
COLUMN_PT = 432.0  # 468 points of page less two margins of 18
FEW = settings(max_examples=30, phases=[Phase.explicit, Phase.reuse, Phase.generate])
# (to make a failing example smaller would draw thousands of pages)

Pixels = npt.NDArray[np.uint8]


def pixels(image: Image) -> Pixels:
    """The picture as rows of columns of red, green and blue."""
    return np.asarray(Picture.open(io.BytesIO(image.png)).convert("RGB"))


def ink(image: Image) -> npt.NDArray[np.bool_]:
    """Where the picture differs from its upper left corner."""
    found = pixels(image)
    return np.asarray((found != found[0, 0]).any(axis=2))


def strips(image: Image, style: Style) -> list[npt.NDArray[np.bool_]]:
    """The ink of each line of the page, one after another."""
    scale = style.dpi / 72
    line = style.line_spacing * style.size_pt
    mask = ink(image)
    count = int((mask.shape[0] / scale - 2 * style.margin_pt) / line + 1e-6)
    tops = [round((style.margin_pt + row * line) * scale) for row in range(count + 1)]
    return [mask[top:bottom] for top, bottom in itertools.pairwise(tops)]


def shape(strip: npt.NDArray[np.bool_]) -> str:
    """A digest of a line's ink, without the blank rows above and below it."""
    rows = np.flatnonzero(strip.any(axis=1))
    return digest(strip[rows[0] : rows[-1] + 1])


def digest(array: npt.NDArray[Any]) -> str:
    """Equal for equal arrays: short enough to be shown when they are not."""
    return f"{array.shape} {hashlib.sha256(array.tobytes()).hexdigest()[:16]}"


def extents(image: Image, style: Style) -> list[tuple[float, float] | None]:
    """From where to where each line has ink, in points; None for a blank line."""
    found: list[tuple[float, float] | None] = []
    for strip in strips(image, style):
        columns = np.flatnonzero(strip.any(axis=0)) * 72 / style.dpi
        found.append((float(columns[0]), float(columns[-1])) if len(columns) else None)
    return found


def size(image: Image) -> tuple[int, int]:
    """Width and height in pixels."""
    return Picture.open(io.BytesIO(image.png)).size


def drawable(font: str) -> list[str]:
    """The characters a font has a glyph for, control characters left out."""
    found = map(chr, sorted(rendering.load_font(font).advances))
    return [char for char in found if unicodedata.category(char)[0] != "C"]


def written(font: str, max_size: int = 60) -> st.SearchStrategy[str]:
    """Any text in a font's own characters, with line breaks and tabs."""
    return st.text(st.sampled_from([*drawable(font), *"\n\t"]), max_size=max_size)


# Equal text and style, equal pixels


@given(st.data(), st.sampled_from(FONTS), st.sampled_from(DPIS))
@FEW
def test_drawing_twice_gives_equal_pixels(data: st.DataObject, font: str, dpi: int) -> None:
    """The file, the pixels and the digest are the same, and the drawn text is kept."""
    text, style = data.draw(written(font)), Style(font, dpi)
    one, other = rendering.draw(text, style), rendering.draw(text, style)
    assert one == other
    assert text == one.text


def test_another_process_draws_equal_pixels() -> None:
    """Neither hashing nor what was drawn before plays a part."""
    text = "Zoë: 3A - 2B = 7\n\tñ̃ and so on"
    drawn = [rendering.draw(text, Style(font, 100)).digest for font in ("dejavu", "courier")]
    code = (
        "import json, sys; from pytest_rest import rendering; from pytest_rest.terms import Style\n"
        "draw = lambda font: rendering.draw(sys.argv[1], Style(font, 100)).digest\n"
        "print(json.dumps([draw(font) for font in ('courier', 'dejavu')][::-1]))"
    )
    command = [sys.executable, "-c", code, text]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert drawn == json.loads(found.stdout)


def test_a_digest_is_of_pixels() -> None:
    """Different characters for equal pixels have one digest; different pixels have two."""
    digests = {text: rendering.draw(text).digest for text in ("a\tb", "a    b", "a   b", "b    a")}
    assert digests["a\tb"] == digests["a    b"]
    assert 3 == len(set(digests.values()))


def test_a_digest_knows_the_pages_shape() -> None:
    """Two blank pages of as many pixels are two pictures."""
    tall = rendering.draw("", Style(dpi=50, margin_pt=14.4, size_pt=28.8, line_spacing=1.0))
    wide = rendering.draw("", Style(dpi=50, margin_pt=18.0, size_pt=10.08, line_spacing=1.0))
    assert ((20, 40), (25, 32)) == (size(tall), size(wide))
    assert tall.digest != wide.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e\u0301", "é"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\u0085b", "a\nb"),
        ("a\u2028b", "a\nb"),
        ("a\u2029b", "a\nb"),
        ("a\t.", "a    ."),
        ("a ", "a"),
    ],
)
def test_texts_that_look_alike_draw_equal_pixels(one: str, other: str) -> None:
    """NFC, every kind of line break, a tab as four spaces, no blank at a line's end."""
    assert digest(pixels(rendering.draw(other))) == digest(pixels(rendering.draw(one)))


def test_the_file_is_a_png_of_its_dpi() -> None:
    """Black on white is a grey picture, colour a coloured one; both know their resolution."""
    grey = Picture.open(io.BytesIO(rendering.draw("x", Style(dpi=100)).png))
    red = Picture.open(io.BytesIO(rendering.draw("x", Style(dpi=100, color="red")).png))
    assert ("PNG", "PNG", "L", "RGB") == (grey.format, red.format, grey.mode, red.mode)
    assert (100, 100) == tuple(round(each) for each in grey.info["dpi"])


# DPI


@given(words(30), st.sampled_from(FONTS))
@FEW
def test_lines_break_alike_at_every_dpi(text: str, font: str) -> None:
    """50, 100 and 200 DPI are exactly 1x, 2x and 4x the pixels, the same words on each line."""
    drawn = {dpi: rendering.draw(text, Style(font, dpi)) for dpi in DPIS}
    width, height = size(drawn[50])
    assert [(width * n, height * n) for n in (1, 2, 4)] == [size(drawn[dpi]) for dpi in DPIS]
    finest = extents(drawn[200], Style(font, 200))
    for dpi in (50, 100):
        found = extents(drawn[dpi], Style(font, dpi))
        assert len(finest) == len(found)
        tolerance = 2 * 72 / dpi  # two pixels
        for one, other in zip(finest, found, strict=True):
            assert (one is None) == (other is None)
            if one and other:
                assert one == pytest.approx(other, abs=tolerance)


@pytest.mark.parametrize("dpi", [10, 37, 72, 96, 150, 300])
def test_other_dpis_have_pages_of_the_same_size(dpi: int) -> None:
    """Any DPI shows the page at its size in inches, to a pixel."""
    width, height = size(rendering.draw("Some words", Style(dpi=dpi)))
    reference = size(rendering.draw("Some words", Style(dpi=50)))
    assert reference == pytest.approx((width * 50 / dpi, height * 50 / dpi), abs=50 / dpi)


# The page


def test_an_empty_text_is_a_page_of_one_blank_line() -> None:
    """A page of 36 x 52.8 points, rounded up to fiftieths of an inch, without ink."""
    image = rendering.draw("")
    assert (25 * 4, 37 * 4) == size(image)
    assert not ink(image).any()


@pytest.mark.parametrize(
    ("text", "lines"), [("", 1), (" ", 1), ("\n", 2), ("a\n\nb", 3), ("a\n", 2)]
)
def test_every_line_break_is_a_line(text: str, lines: int) -> None:
    """Blank lines keep their height."""
    height_pt = size(rendering.draw(text, Style(dpi=50)))[1] * 72 / 50
    assert lines == int((height_pt - 36) / 16.8)


def test_an_endless_word_is_broken() -> None:
    """A word wider than the page fills line after line, whole characters on each."""
    advance = rendering.load_font("dejavu").advances[ord("m")] * 12
    each = int(COLUMN_PT / advance)
    style = Style()
    found = strips(rendering.draw("m" * (3 * each + 1), style), style)
    assert 4 == len(found)
    assert shape(found[0]) == shape(found[1]) == shape(found[2])
    assert 0 < found[3].sum() < found[0].sum()


def test_a_long_word_begins_on_a_line_of_its_own() -> None:
    """What fits stays on its line; the word that does not fit begins the next one."""
    style = Style()
    found = extents(rendering.draw("ab " + "m" * 60, style), style)
    short = extents(rendering.draw("ab", style), style)[0]
    assert short == found[0]
    assert [True] * 2 == [line is not None for line in found[1:]]


@given(st.lists(st.text(string.ascii_letters, min_size=1, max_size=30), min_size=1, max_size=40))
@FEW
def test_lines_hold_as_many_words_as_fit(listed: list[str]) -> None:
    """In a font of equal advances, lines are those that any word processor makes."""
    advance = rendering.load_font("courier").advances[ord("x")] * 12
    style, text = Style("courier", 50), " ".join(listed)
    expected = textwrap.wrap(text, int(COLUMN_PT / advance))
    found = extents(rendering.draw(text, style), style)
    assert len(expected) == len(found)
    for line, extent in zip(expected, found, strict=True):
        assert extent is not None
        assert (18, 18 + len(line) * advance) == pytest.approx(extent, abs=advance / 2)


def test_a_line_of_just_the_columns_width_is_one_line() -> None:
    """59 characters of 7.2 points fit into 432 points, 60 do not."""
    style = Style("courier", 50)
    assert [1, 2] == [len(strips(rendering.draw("x" * n, style), style)) for n in (59, 60)]


def test_leading_spaces_stay() -> None:
    """An indented line begins further right, by the spaces' own advance."""
    style = Style("courier")
    plain, indented = extents(rendering.draw("ab\n    ab", style), style)
    assert plain is not None
    assert indented is not None
    advance = rendering.load_font("courier").advances[ord(" ")] * 12
    assert plain[0] + 4 * advance == pytest.approx(indented[0], abs=1)


@pytest.mark.parametrize("page_width_pt", [60.0, 200.0, 468.0, 900.0])
def test_the_page_is_as_wide_as_asked_and_no_wider(page_width_pt: float) -> None:
    """A long text fills the page to within a word; a short one has a narrower page."""
    style = Style(dpi=50, page_width_pt=page_width_pt)
    full = size(rendering.draw("words and more " * 40, style))[0] * 72 / 50
    assert page_width_pt - 40 < full < page_width_pt + 1.44
    assert size(rendering.draw("w", style))[0] * 72 / 50 < 50


def test_a_larger_size_and_spacing_make_a_larger_page() -> None:
    """Sizes are in points: twice the size is twice the line, twice the spacing twice the page."""
    styles = [
        Style(dpi=50, margin_pt=7.2),
        Style(dpi=50, margin_pt=7.2, size_pt=24.0),
        Style(dpi=50, margin_pt=7.2, line_spacing=2.8),
    ]
    heights = [size(rendering.draw("a\nb\nc\nd\ne", style))[1] for style in styles]
    assert [69, 127, 127] == heights


def test_letters_are_as_large_as_asked() -> None:
    """Twice the size in points is twice the height in pixels, and so is twice the DPI."""
    styles = (Style(dpi=100), Style(dpi=100, size_pt=24.0), Style(dpi=200))
    small, large, fine = (
        int(ink(rendering.draw("H", style)).any(axis=1).sum()) for style in styles
    )
    assert 12 * 0.729 * 100 / 72 == pytest.approx(small, abs=1)  # a capital is 0.729 em high
    assert (2 * small, 2 * small) == pytest.approx((large, fine), abs=2)


SAMPLES = {
    "letters": "Éjgpqy WMÅÇ Qf |@_ ()",
    "digits": "-3A + 12B - C = -107\n5A - 9B = 42",
    "overhang": "fff jjj WWW ffjj\nJ f",
    "800": ("The quick brown fox jumps over 13 lazy dogs, 'twice'! " * 15)[:800],
    "endless": "W" * 200,
}


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("name", SAMPLES)
def test_ink_keeps_off_the_margins(font: str, dpi: int, name: str) -> None:
    """Half of each margin is free of ink, however far a glyph reaches beyond its advance."""
    mask = ink(rendering.draw(SAMPLES[name], Style(font, dpi)))
    free = int(9 * dpi / 72)
    assert not mask[:free].any()
    assert not mask[-free:].any()
    assert not mask[:, :free].any()
    assert not mask[:, -free:].any()


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("size_pt", [6.0, 24.0, 60.0])
def test_ink_never_touches_the_border(font: str, dpi: int, size_pt: float) -> None:
    """No letter is cut at any size."""
    mask = ink(rendering.draw(SAMPLES["letters"], Style(font, dpi, size_pt=size_pt)))
    assert mask.any()
    assert not mask[[0, -1]].any()
    assert not mask[:, [0, -1]].any()


def test_a_character_wider_than_the_column_is_not_cut() -> None:
    """The page grows where its narrowest column is narrower than a single glyph."""
    advances = rendering.load_font("dejavu").advances
    widest = chr(max(advances, key=lambda code: advances[code]))
    whole = ink(rendering.draw(widest, Style(size_pt=60.0, page_width_pt=900.0)))
    narrow = ink(rendering.draw(widest, Style(size_pt=60.0, page_width_pt=60.0)))
    assert whole.sum() == narrow.sum()


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_has_ink(font: str, dpi: int, name: str) -> None:
    """No line of the text is lost, whatever the font and the DPI."""
    style = Style(font, dpi)
    found = strips(rendering.draw(SAMPLES[name], style), style)
    assert [True] * len(found) == [bool(strip.any()) for strip in found]
    assert SAMPLES[name].count("\n") + 1 <= len(found)


@pytest.mark.parametrize("font", FONTS)
def test_every_character_has_ink(font: str) -> None:
    """Each printable character shows at its own place, and no two show alike."""
    chars = string.ascii_letters + string.digits + string.punctuation
    style = Style(font, 200, page_width_pt=4000.0)
    mask = ink(rendering.draw(" ".join(chars), style))
    scale, x, shapes = 200 / 72, 0.0, set()
    advances = rendering.load_font(font).advances
    for char in chars:
        left, right = (18 + x * 12) * scale, (18 + (x + advances[ord(char)]) * 12) * scale
        cell = mask[:, int(left) : int(right) + 1]
        assert cell.any(), char
        shapes.add(rendering.draw(char, style).digest)
        x += advances[ord(char)] + advances[ord(" ")]
    assert len(chars) == len(shapes)


@pytest.mark.parametrize("item", soebench.generate(12, 0), ids=lambda item: str(item.id))
@pytest.mark.parametrize("font", FONTS)
def test_every_system_can_be_drawn(item: Any, font: str) -> None:
    """A system of equations has one line an equation in every font, at the lowest DPI too."""
    style = Style(font, 50)
    found = strips(rendering.draw(item.context, style), style)
    assert [True] * (item.context.count("\n") + 1) == [bool(strip.any()) for strip in found]


# Combining marks


def test_marks_stay_with_their_base() -> None:
    """Where each character has a line of its own, each line has its mark too."""
    style = Style(page_width_pt=40.0)
    marked = strips(rendering.draw("q\u0303" * 5, style), style)
    bare = strips(rendering.draw("q" * 5, style), style)
    assert (5, 5) == (len(marked), len(bare))
    assert all(shape(line) == shape(marked[0]) for line in marked)
    assert all(one.sum() > other.sum() for one, other in zip(marked, bare, strict=True))


def test_marks_stay_with_a_base_wider_than_the_column() -> None:
    """A character that does not fit has its marks on its own line all the same."""
    style = Style(page_width_pt=40.0)
    assert rendering.load_font("dejavu").advances[ord("‱")] > 1
    assert 3 == len(strips(rendering.draw("‱\u0303" * 3, style), style))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("abc", ["a", "b", "c"]),
        ("e\u0301x", ["e\u0301", "x"]),
        ("q\u0303\u0331z", ["q\u0303\u0331", "z"]),
        ("\u0301a", ["\u0301", "a"]),
        (" \u0301", [" \u0301"]),
        ("a\u20ddb", ["a\u20dd", "b"]),
    ],
)
def test_clusters_keep_marks_with_their_base(text: str, expected: list[str]) -> None:
    """A character with the marks that follow it is one."""
    assert expected == rendering.clusters(text)


@given(texts() | st.text("ab \u0301\u0303\u20dd"))
def test_clusters_are_the_text(text: str) -> None:
    """Nothing is lost or moved, and only the first may begin with a mark."""
    found = rendering.clusters(text)
    assert text == "".join(found)
    assert not any(unicodedata.category(each[0]) in ("Mn", "Me") for each in found[1:])
    assert all(unicodedata.category(c) in ("Mn", "Me") for each in found for c in each[1:])


# Colours


@pytest.mark.parametrize(
    ("style", "color", "background"),
    [
        (Style(), (0, 0, 0), (255, 255, 255)),
        (Style(color="red"), (255, 0, 0), (255, 255, 255)),
        (Style(color="cyan", background="navy"), (0, 255, 255), (0, 0, 128)),
        (Style(color="#123456", background="#fff"), (0x12, 0x34, 0x56), (255, 255, 255)),
        (Style(color="white", background="black"), (255, 255, 255), (0, 0, 0)),
    ],
)
def test_pages_have_their_colours(
    style: Style, color: Sequence[int], background: Sequence[int]
) -> None:
    """The page is the background, and a bar has pixels of the pure colour."""
    found = pixels(rendering.draw("█", style)).reshape(-1, 3).tolist()
    assert list(background) == found[0] == found[-1]
    assert list(color) in found


def test_colours_change_no_shape() -> None:
    """The same letters stand at the same places in every colour."""
    black, red = (ink(rendering.draw("Ag 7", Style(color=color))) for color in ("black", "red"))
    assert digest(black) == digest(red)


# What cannot be drawn


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        (
            "A中",
            Style(),
            "font 'dejavu' has no glyph for '中' (U+4E2D CJK UNIFIED IDEOGRAPH-4E2D); "
            "use a style whose font has them, or leave them out of the text",
        ),
        (
            "กข",
            Style(),
            "font 'dejavu' has no glyph for 'ก' (U+0E01 THAI CHARACTER KO KAI), "
            "'ข' (U+0E02 THAI CHARACTER KHO KHAI); "
            "use a style whose font has them, or leave them out of the text",
        ),
        (
            "a\x00b",
            Style("courier"),
            "font 'courier' has no glyph for '\\x00' (U+0000 control or unnamed); "
            "use a style whose font has them, or leave them out of the text",
        ),
        (
            "\ud800",
            Style("cursive"),
            "font 'cursive' has no glyph for '\\ud800' (U+D800 control or unnamed); "
            "use a style whose font has them, or leave them out of the text",
        ),
        (
            "x",
            Style("couriers"),
            "unknown font 'couriers'; bundled are dejavu, courier, cursive; "
            "did you mean 'courier'?",
        ),
        (
            "x",
            Style(color="blakc"),
            "style 'dejavu-200dpi-blakc': color 'blakc' is not a colour; did you mean 'black'?; "
            "use a CSS name or #rrggbb",
        ),
        (
            "x",
            Style(background="#12"),
            "style 'dejavu-200dpi-black-on-#12': background '#12' is not a colour; "
            "use a CSS name or #rrggbb",
        ),
        (
            "x" * 50,
            Style(dpi=9999),
            "style 'dejavu-9999dpi-black': the page would have 54395 x 7399 pixels, more than "
            "40,000,000; use a lower dpi, a smaller size or a shorter text",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(text: str, style: Style, expected: str) -> None:
    """The message names what is wrong and the mend; a box in place of a letter is never drawn."""
    with pytest.raises(RenderingError) as caught:
        rendering.draw(text, style)
    assert expected == str(caught.value)


def test_many_missing_characters_are_counted() -> None:
    """Five are named, each once, and the others counted."""
    with pytest.raises(RenderingError) as caught:
        rendering.draw("一丁丂七丄丅丆" * 2)
    assert 5 == str(caught.value).count("U+")
    assert "丄" in str(caught.value)
    assert " and 2 more; use a style" in str(caught.value)


def test_a_huge_page_is_refused_before_it_is_made() -> None:
    """Eight thousand millions of pixels are never held in memory."""
    with pytest.raises(RenderingError, match="more than 40,000,000"):
        rendering.draw("x", Style(dpi=9999, margin_pt=9999.0))


@pytest.mark.parametrize("name", ["1dpi", "2dpi", "size=0.01", "size=0.000001", "5dpi-size=0.5"])
def test_letters_too_small_to_draw_are_refused(name: str) -> None:
    """A style that can be named is drawn, or refused with a reason; there is no third way."""
    with contextlib.suppress(RenderingError):
        assert rendering.draw("x", rendering.parse_style(name)).png


# Styles by name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dejavu-200dpi-black", Style()),
        ("courier", Style("courier")),
        ("50dpi", Style(dpi=50)),
        ("red", Style(color="red")),
        ("#ff8000", Style(color="#ff8000")),
        ("cursive-100dpi", Style("cursive", 100)),
        ("red-50dpi-courier", Style("courier", 50, "red")),
        (" Courier-50DPI-Red ", Style("courier", 50, "red")),
        ("on-navy", Style(background="navy")),
        ("white-on-black", Style(color="white", background="black")),
        ("on-#ffffff-#000000", Style(color="#000000", background="#ffffff")),
        ("size=14", Style(size_pt=14.0)),
        ("size=10.5-line_spacing=2", Style(size_pt=10.5, line_spacing=2.0)),
        ("page_width=300-margin=9", Style(page_width_pt=300.0, margin_pt=9.0)),
    ],
)
def test_a_name_is_read_as_its_style(name: str, expected: Style) -> None:
    """What is named is so, in any order and case; the rest is REST's style."""
    assert expected == rendering.parse_style(name)


@given(styles())
def test_a_style_reads_from_its_id(style: Style) -> None:
    """The id in a report or a test's name can be asked for again."""
    assert style == rendering.parse_style(style.id)


@pytest.mark.parametrize(
    "name",
    [
        *("size=1234.567", "size=10.123456", "size=10.333333333333334", "page_width=9999.5"),
        *("line_spacing=0.00001", "line_spacing=0.0000001"),
    ],
)
def test_every_style_that_can_be_named_reads_from_its_id(name: str) -> None:
    """Lengths with many digits too."""
    style = rendering.parse_style(name)
    assert style == rendering.parse_style(style.id)


WORDS = "is not a font (dejavu, courier, cursive), a dpi such as '100dpi' or a colour"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", f"unknown style '': '' {WORDS}"),
        (
            "curier-50dpi",
            f"unknown style 'curier-50dpi': 'curier' {WORDS}; did you mean 'courier' or 'cursive'?",
        ),
        (
            "dejavu-100dpi-grean",
            f"unknown style 'dejavu-100dpi-grean': 'grean' {WORDS}; "
            "did you mean 'green' or 'grey' or 'gray'?",
        ),
        (
            "0dpi",
            f"unknown style '0dpi': '0dpi' {WORDS}; did you mean '50dpi' or '200dpi' or '100dpi'?",
        ),
        (
            "10000dpi",
            f"unknown style '10000dpi': '10000dpi' {WORDS}; did you mean '100dpi' or '200dpi' or "
            "'50dpi'?",
        ),
        ("dejavu-", f"unknown style 'dejavu-': '' {WORDS}"),
        ("size=", f"unknown style 'size=': 'size=' {WORDS}"),
        ("size=0", f"unknown style 'size=0': 'size=0' {WORDS}"),
        ("size=1e3", f"unknown style 'size=1e3': 'size=1e3' {WORDS}"),
        ("colour=red", f"unknown style 'colour=red': 'colour=red' {WORDS}"),
        ("red-blue", "style 'red-blue' names its color twice; name it once"),
        ("50dpi-courier-100dpi", "style '50dpi-courier-100dpi' names its dpi twice; name it once"),
        (
            "on-redd",
            "style 'dejavu-200dpi-black-on-redd': background 'redd' is not a colour; "
            "did you mean 'red'?; use a CSS name or #rrggbb",
        ),
        (
            "on",
            "style 'dejavu-200dpi-black-on-': background '' is not a colour; "
            "use a CSS name or #rrggbb",
        ),
        (
            "#ggg",
            "style 'dejavu-200dpi-#ggg': color '#ggg' is not a colour; use a CSS name or #rrggbb",
        ),
    ],
)
def test_unknown_styles_are_refused(name: str, expected: str) -> None:
    """The odd word is quoted, and near names are offered."""
    with pytest.raises(RenderingError) as caught:
        rendering.parse_style(name)
    assert expected == str(caught.value)


@given(texts())
def test_any_other_name_is_refused(name: str) -> None:
    """Whatever is asked for, it is a style or a `RenderingError`."""
    with contextlib.suppress(RenderingError):
        assert isinstance(rendering.parse_style(name), Style)


# The bundled fonts


def listed() -> list[dict[str, str]]:
    """The entries of fonts.yaml."""
    found: list[dict[str, str]] = yaml.safe_load((ROOT / "fonts/fonts.yaml").read_text("utf-8"))[
        "fonts"
    ]
    return found


def test_the_bundled_fonts_are_rests_three() -> None:
    """REST's own font first."""
    assert FONTS == rendering.fonts()
    assert FONTS == tuple(font["name"] for font in listed())
    assert ["DejaVu Sans", "Courier New", "Cursive"] == [font["stands_for"] for font in listed()]


@pytest.mark.parametrize("font", listed(), ids=lambda font: str(font["name"]))
def test_each_font_is_the_file_it_says(font: dict[str, str]) -> None:
    """The file is unmodified, and its licence lies beside it."""
    content = (ROOT / "fonts" / font["file"]).read_bytes()
    assert font["sha256"] == hashlib.sha256(content).hexdigest()
    licence = (ROOT / "fonts" / font["licence"]).read_text("utf-8")
    assert "Copyright" in licence
    keys = {"name", "file", "family", "stands_for", "note", "package", "licence", "sha256"}
    assert keys == set(font)


def test_the_fonts_folder_has_nothing_else() -> None:
    """Every file that is shipped is listed, with its licence."""
    expected = {"fonts.yaml"} | {font[key] for font in listed() for key in ("file", "licence")}
    assert expected == {path.name for path in (ROOT / "fonts").iterdir()}


@pytest.mark.parametrize("font", listed(), ids=lambda font: str(font["name"]))
def test_each_font_is_of_its_family(font: dict[str, str]) -> None:
    """The name in the file is the family in the list, and plain ASCII is covered."""
    found = rendering.load_font(font["name"])
    assert font["family"] == ImageFont.truetype(found.path).getname()[0]
    assert set(range(32, 127)) <= set(found.advances)


def test_courier_has_couriers_advances() -> None:
    """Every printable ASCII character is 1229/2048 em wide, as in Courier New."""
    advances = rendering.load_font("courier").advances
    assert {1229 / 2048} == {advances[code] for code in range(32, 127)}


def test_an_unknown_font_is_named() -> None:
    """The fonts that there are, and the near ones."""
    with pytest.raises(RenderingError) as caught:
        rendering.load_font("dejavue")
    assert (
        "unknown font 'dejavue'; bundled are dejavu, courier, cursive; did you mean 'dejavu'?"
        == str(caught.value)
    )


# Real rows


def real_texts() -> Iterator[str]:
    """The questions with their options of the MMLU files."""
    for path in sorted((DATA / "mmlu/test").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as table:
            yield from ("\n".join(row[:5]) for row in csv.reader(table))


@pytest.mark.shared_data
def test_real_questions_can_be_drawn() -> None:
    """Sixty questions, each in a font that has their characters, with ink on their first line."""
    have = set(rendering.load_font("dejavu").advances)
    breaks = {ord(each) for each in "\n\r\t\u0085\u2028\u2029"}
    texts = [text for text in real_texts() if {ord(char) for char in text} <= have | breaks]
    odd = [text for text in texts if set(text) & set("\t\r\u0085\u2028")]
    sample = [*random.Random(0).sample(texts, 60), *odd[:5]]
    style = Style(dpi=50)
    for text in sample:
        found = strips(rendering.draw(text, style), style)
        assert sum(bool(line.strip()) for line in text.splitlines()) <= len(found), text
        assert len([strip for strip in found if strip.any()]) >= sum(
            bool(line.strip()) for line in text.splitlines()
        )


def test_real_questions_that_cannot_be_drawn_say_why() -> None:
    """Each question has its picture or names its first missing character."""
    have = set(rendering.load_font("dejavu").advances)
    breaks = set("\n\r\t\u0085\u2028\u2029")
    for text in real_texts():
        missing = {
            char
            for char in unicodedata.normalize("NFC", text)
            if ord(char) not in have and char not in breaks
        }
        if missing:
            with pytest.raises(RenderingError, match=r"has no glyph for .*U\+[0-9A-F]{4}"):
                rendering.draw(text, Style(dpi=50))


@pytest.mark.shared_data
@pytest.mark.parametrize("language", ["zh", "ja", "th", "bn", "te"])
def test_scripts_without_glyphs_are_refused(language: str) -> None:
    """No question of another script is drawn with boxes in place of its letters."""
    with (DATA / f"mgsm/mgsm_{language}.tsv").open(encoding="utf-8", newline="") as table:
        questions = [line.split("\t")[0] for line in table][:50]
    for question in questions:
        with pytest.raises(RenderingError, match=r"has no glyph for .*U\+[0-9A-F]{4}"):
            rendering.draw(question, Style(dpi=50))


@pytest.mark.shared_data
def test_another_alphabet_is_drawn() -> None:
    """Russian has its letters in the font of REST's style."""
    with (DATA / "mgsm/mgsm_ru.tsv").open(encoding="utf-8", newline="") as table:
        for line in list(table)[:10]:
            assert ink(rendering.draw(line.split("\t")[0], Style(dpi=50))).any()


@pytest.mark.parametrize("style", [Style(color="white"), Style(color="#000", background="black")])
def test_text_in_the_colour_of_the_page_is_refused(style: Style) -> None:
    """A picture in which nothing can be seen is not a question."""
    with pytest.raises(RenderingError, match="would be invisible"):
        rendering.draw("3A = 6", style)


def test_spaces_at_the_end_take_no_time() -> None:
    """However many there are, the picture is the same, and soon there."""
    start = time.perf_counter()
    assert rendering.draw("a").digest == rendering.draw("a" + " " * 50_000).digest
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "style",
    [
        Style(dpi=50),
        Style(dpi=70, rotation=-3.0),
        Style("cursive", 50, size_pt=18.0, margin_pt=3.0),
    ],
    ids=lambda style: style.id,
)
@pytest.mark.parametrize("text", ["", "One line.", "Lines\nof several " * 20])
def test_the_size_of_a_page_is_known_before_it_is_drawn(text: str, style: Style) -> None:
    """And what cannot be drawn is refused alike."""
    assert rendering.draw(text, style).size == rendering.page_size(text, style)
    with pytest.raises(RenderingError, match="the page would have"):
        rendering.page_size("line\n" * 9_000, dataclasses.replace(style, dpi=400))
