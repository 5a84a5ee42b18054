"""Questions in other scripts: letters that join, stack or run from right to left, and no blanks."""

import io
import itertools
import re
import time
import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import features
from runs import RunRest, shared_data
from strategies import texts

from pytest_rest import rendering
from pytest_rest.benchmark.style_file import read_styles
from pytest_rest.errors import RenderingError
from pytest_rest.rendering import line_breaks, lines, shaping
from pytest_rest.terms import Image, Style

NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FEW = settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])
HEBREW = "הברווזים של שרה מטילים 16 ביצים ביום"
ARABIC = "السلام عليكم"
LANGUAGES = {"zh": "cjk", "ja": "cjk", "th": "Thai", "bn": "Bengali", "te": "Telugu"}

needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="this Pillow lacks Raqm")


def noto(script: str) -> str:
    """A font of that script, DejaVu Sans for what it lacks; skips where it is not installed."""
    path = CJK if script == "cjk" else NOTO / f"NotoSans{script}-Regular.ttf"
    if not path.is_file():
        pytest.skip(f"no font {path}; install fonts-noto-core and fonts-noto-cjk")
    if script != "cjk" and not features.check("raqm"):
        pytest.skip("this Pillow lacks Raqm")
    return f"{path}#2" if script == "cjk" else f"{path}|dejavu"


def questions(language: str) -> list[str]:
    """The questions of MGSM in one language."""
    rows = shared_data("mgsm", f"mgsm_{language}.tsv").read_text("utf-8").split("\n")
    return [row.split("\t")[0] for row in rows if row]


def ink(image: Image) -> npt.NDArray[np.bool_]:
    """Where there is ink."""
    return np.asarray(Picture.open(io.BytesIO(image.png)).convert("L")) < 128


def edges(image: Image, style: Style) -> list[tuple[float, float]]:
    """From where to where each line has ink, in points."""
    mask, scale = ink(image), style.dpi / 72
    line = style.line_spacing * style.size_pt
    count = round((mask.shape[0] / scale - 2 * style.margin_pt) / line - 0.5)
    tops = [round((style.margin_pt + row * line) * scale) for row in range(count + 1)]
    columns = [np.flatnonzero(mask[a:b].any(axis=0)) / scale for a, b in itertools.pairwise(tops)]
    return [(float(each[0]), float(each[-1])) for each in columns]


def laid_out(text: str, style: Style) -> list[str]:
    """The lines of a text."""
    font = rendering.load_font(style.font)
    setter = shaping.Setter(font, text) if shaping.needs_shaping(text) else font
    return [line.text for line in lines.lay_out(text, lines.column(style), setter)]


# Where lines may end


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hello", "hello"),
        ("naïve-Ωλ", "naïve-Ωλ"),
        ("布料。它", "布|料。|它"),
        ("「布料」、它", "「布|料」、|它"),
        ("用2.5匹", "用|2.5|匹"),
        ("共$18？", "共|$18？"),
        ("ローブを", "ロー|ブ|を"),
        ("ちょっと", "ちょっ|と"),
        ("（甲）", "（甲）"),
        ("  前", "  前"),
        ("เป็ด", "เป็|ด"),
        ("ไข่16ฟอง", "ไข่|16|ฟ|อ|ง"),
        ("น้ำตาล", "น้ำ|ตา|ล"),
        ("ทุกๆวัน", "ทุ|กๆ|วั|น"),
        ("(ฟอง)", "(ฟ|อ|ง)"),
        ("한국어", "한국어"),
        ("बत्तखें", "बत्तखें"),
    ],
)
def test_words_are_cut_where_a_line_may_end(word: str, expected: str) -> None:
    """Between the characters of scripts without blanks, and not beside what holds them together."""
    assert expected == "|".join(line_breaks.pieces(word))


@given(texts() | st.text("布料。「」2 (เป็ดน้ำ)aé\u0301\u200d"))
def test_pieces_are_the_word(word: str) -> None:
    """Nothing is lost or moved, and none begins with a mark or with closing punctuation."""
    found = line_breaks.pieces(word)
    assert word == "".join(found)
    for piece in found[1:]:
        assert unicodedata.category(piece[0])[0] != "M"
        assert piece[0] not in "。」)ำ"
    assert not any(piece.endswith(("「", "(", "เ")) for piece in found[:-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("abc", "a|b|c"),
        ("e\u0301x", "e\u0301|x"),
        ("बत्तखें", "ब|त्त|खें"),
        ("น้ำ", "น้ำ"),
        ("ক্ষমা", "ক্ষ|মা"),
        ("م\u200dم", "م\u200dم"),
    ],
)
def test_graphemes_keep_what_is_joined(text: str, expected: str) -> None:
    """With vowel signs and conjuncts."""
    assert expected == "|".join(line_breaks.graphemes(text))


@given(texts())
def test_graphemes_are_the_text(text: str) -> None:
    """Nothing is lost or moved."""
    assert text == "".join(line_breaks.graphemes(text))


def test_long_texts_are_cut_in_no_time() -> None:
    """Of fifty thousand letters, with blanks and without."""
    begun = time.perf_counter()
    for text in ("a" * 50_000 + "ก", "布" * 50_000, "ก" + "\u0301" * 50_000, " " * 50_000 + "布"):
        assert text == "".join(line_breaks.pieces(text))
    assert time.perf_counter() - begun < 2


# What is shaped


@given(st.text(st.characters(max_codepoint=0x58F) | st.sampled_from("布ー“—€한ẞΩ"), max_size=30))
def test_other_scripts_take_the_short_way(text: str) -> None:
    """Latin, Greek, Cyrillic, Armenian, Han, kana and Hangul stand one after another."""
    assert not shaping.needs_shaping(text)


@pytest.mark.parametrize("text", [HEBREW, ARABIC, "ไข่ 3", "बत्तख", "x ব", "తె", "ලං", "ခ", "ក"])
def test_scripts_that_need_shaping_are_known(text: str) -> None:
    """One such letter is enough."""
    assert shaping.needs_shaping(text)


@needs_raqm
def test_hebrew_runs_from_right_to_left() -> None:
    """On the right of the page, the first letter rightmost; its figures from left to right."""
    style = Style(dpi=100)
    shorter, longer = edges(rendering.draw(f"{HEBREW}\nביצים", style), style)[::-1]
    assert longer[1] == pytest.approx(shorter[1], abs=2)
    assert longer[0] + 100 < shorter[0]
    figures = ink(rendering.draw("16", style))
    page = ink(rendering.draw("א 16 א", style))
    assert _holds(page, figures)
    assert not _holds(page, ink(rendering.draw("61", style)))


@needs_raqm
def test_a_paragraph_begins_where_its_first_letter_says() -> None:
    """Latin on the left, with Hebrew in it; Hebrew on the right, with Latin in it."""
    style = Style(dpi=100)
    first, second, _ = edges(rendering.draw(f"Pen ביצים\nביצים A\n{HEBREW}", style), style)
    assert first[0] < 25 < 100 < second[0]


@needs_raqm
@pytest.mark.parametrize("choice", ["A. ביצים", "(b) ביצים", "C) Paris", "12: 7", "16"])
def test_a_choice_runs_as_its_question_does(choice: str) -> None:
    """Whatever its label and its own text are; its full stop is where its line ends."""
    style, english = Style(dpi=100), "A long question, which has a Hebrew choice?"
    (dot,) = edges(rendering.draw(".", style), style)
    for question, is_rtl in ((HEBREW, True), (english, False)):
        page = rendering.draw(f"{question}\n{choice}\n{choice}.\nב. א", style)
        asked, plain, stopped, _ = edges(page, style)
        assert (plain[1] == pytest.approx(asked[1], abs=3)) is is_rtl
        assert (plain[0] == pytest.approx(asked[0], abs=3)) is not is_rtl
        wider = stopped[1] - stopped[0] - (plain[1] - plain[0])
        assert wider >= dot[1] - dot[0]
        unmoved = 1 if is_rtl else 0
        assert stopped[unmoved] == pytest.approx(plain[unmoved], abs=1)


@needs_raqm
def test_arabic_letters_are_joined() -> None:
    """A word is one stroke where its letters by themselves are several, and narrower."""
    joined, apart = (
        ink(rendering.draw(text, Style())) for text in ("بببب", "\u200cب\u200cب\u200cب\u200cب")
    )
    assert _width(joined) < 0.8 * _width(apart)


@needs_raqm
@given(st.text("אבגד ابتث 12.(a", min_size=1, max_size=40).filter(str.strip))
@FEW
def test_shaped_pages_are_the_same_at_every_dpi(text: str) -> None:
    """50, 100 and 200 DPI are exactly 1x, 2x and 4x the pixels; twice drawn, equal."""
    drawn = {dpi: rendering.draw(text, Style(dpi=dpi)) for dpi in (50, 100, 200)}
    assert drawn[100] == rendering.draw(text, Style(dpi=100))
    height, width = ink(drawn[50]).shape
    found = [ink(each).shape for each in drawn.values()]
    assert [(height * n, width * n) for n in (1, 2, 4)] == found


@needs_raqm
@pytest.mark.parametrize("dpi", [50, 200, 600])
def test_shaped_lines_stand_where_they_are_laid_out(dpi: int) -> None:
    """To a pixel and the letters' own side bearings, on both sides, and on the baseline."""
    style = Style(dpi=dpi)
    text = " ".join([HEBREW] * 4)
    found = edges(rendering.draw(text, style), style)
    setter = shaping.Setter(rendering.load_font("dejavu"), text)
    widths = [setter.width(line) * 12 for line in laid_out(text, style)]
    assert len(widths) == len(found) > 1
    for (left, right), width in zip(found, widths, strict=True):
        assert 18 + max(widths) == pytest.approx(right, abs=2.5 + 72 / dpi)
        assert 18 + max(widths) - width == pytest.approx(left, abs=2.5 + 72 / dpi)


def test_without_raqm_the_letters_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn in the wrong order; what needs no shaping is drawn all the same."""
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(RenderingError) as caught:
        rendering.draw(HEBREW)
    assert "'ה' (HEBREW LETTER HE) needs Pillow's Raqm layout" in str(caught.value)
    assert "install libfribidi" in str(caught.value)
    assert rendering.draw("Ωλ Жщ").png


@needs_raqm
def test_missing_glyphs_of_shaped_texts_are_named() -> None:
    """As of any other text; signs that are never seen need no glyph."""
    with pytest.raises(RenderingError, match=r"has no glyph for 'बत्तख'|has no glyph for 'ख'"):
        rendering.draw("बत्तख")
    with pytest.raises(RenderingError, match=r"has no glyph for '中'"):
        rendering.draw(HEBREW + "中")
    assert rendering.draw(f"{HEBREW}\u2067\u2069\u200d")


def test_a_right_to_left_text_has_one_font() -> None:
    """The first that has all of it: in each file by itself the order cannot be found."""
    fonts, alone = noto("Hebrew"), "שלום"
    for text, is_same in ((HEBREW, True), (alone, False)):
        both = [rendering.load_font(name) for name in (fonts, "dejavu")]
        widths = {shaping.Setter(font, text).width(text) for font in both}
        assert is_same == (len(widths) == 1)
    with pytest.raises(RenderingError, match="none of its files has all of a text"):
        rendering.draw(f"{alone} A", Style(fonts.replace("dejavu", "cursive")))


# Real rows


@pytest.mark.shared_data
@pytest.mark.parametrize("language", LANGUAGES)
def test_real_questions_are_drawn(language: str) -> None:
    """Each with its ink inside the margins and on every line, and no line wider than the column."""
    style = Style(noto(LANGUAGES[language]), 50)
    for question in questions(language)[:25]:
        for left, right in edges(rendering.draw(question, style), style):
            assert 14 < left < right < 18 + 432 + 6


@pytest.mark.shared_data
@pytest.mark.parametrize("language", LANGUAGES)
def test_real_questions_break_alike_at_every_dpi(language: str) -> None:
    """The same sizes in inches, and the same lines."""
    font = noto(LANGUAGES[language])
    for question in questions(language)[:3]:
        sizes = [ink(rendering.draw(question, Style(font, dpi))).shape for dpi in (50, 100)]
        assert (2 * sizes[0][0], 2 * sizes[0][1]) == sizes[1]


@pytest.mark.shared_data
def test_chinese_lines_are_filled() -> None:
    """To a few characters, and none begins with a comma or a full stop."""
    style = Style(noto("cjk"))
    for question in questions("zh")[:50]:
        *full, last = laid_out(question, style)
        assert all(len(line) >= 32 for line in full if line.isascii() is False), question
        assert not any(line.startswith(tuple("，。、？）")) for line in [*full, last])


@pytest.mark.shared_data
def test_thai_lines_are_filled() -> None:
    """No line begins with a mark or a vowel after its consonant, or ends with one before it."""
    style = Style(noto("Thai"))
    for question in questions("th")[:50]:
        found = laid_out(question, style)
        assert re.sub(" +", "", question) == re.sub(" +", "", "".join(found))
        for line in found:
            assert unicodedata.category(line[0]) != "Mn"
            assert line[0] not in "ะาำๅๆฯ"
            assert line[-1] not in "เแโใไ"


@pytest.mark.shared_data
def test_russian_is_drawn_without_shaping() -> None:
    """Cyrillic takes the short way, in DejaVu Sans."""
    assert not any(map(shaping.needs_shaping, questions("ru")))
    assert rendering.draw(questions("ru")[0], Style(dpi=50)).png


@pytest.mark.parametrize("index", [0, 2])
def test_collections_have_several_fonts(index: int, tmp_path: Path) -> None:
    """`file.ttc` is the first of them; `file.ttc#2` another, with another digest."""
    noto("cjk")
    place = f"{CJK}#{index}" if index else str(CJK)
    path = tmp_path / "cjk.yaml"
    path.write_text(f"styles: [{{font: '{place}', dpi: 50}}]", "utf-8")
    (style,) = read_styles(path)
    assert index == rendering.load_font(style.font).index
    assert ("#2" in style.font_sha256) == (index == 2)
    # 骨 is drawn otherwise in Japan than in China
    other = Style(f"{CJK}#{2 - index}" if index == 0 else str(CJK), 50)
    assert rendering.draw("骨", style).digest != rendering.draw("骨", other).digest


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    """With Debian's fonts where Debian has them."""
    noto("Thai")
    noto("cjk")
    text = (Path(__file__).parents[2] / "docs/styles.md").read_text("utf-8")
    _, example = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    path = tmp_path / "styles.yaml"
    path.write_text(example, "utf-8")
    thai, chinese = read_styles(path)
    assert rendering.draw("ไข่ 16 ฟอง A.", thai).png
    assert rendering.draw("布料 16 A.", chinese).png


def test_a_thai_question_is_asked(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """A style file with the script's font and a stand-in, and an item of one's own."""
    font = noto("Thai").partition("|")[0]
    pytester.path.joinpath("thai.yaml").write_text(
        f"styles:\n- name: thai\n  font: [{font}, dejavu]\n  dpi: 100\n", "utf-8"
    )
    pytester.makepyfile(
        """
        import pytest
        from pytest_rest import Item

        EGGS = Item("eggs", "ขายได้กี่ดอลลาร์?", "18", context="ไข่ 9 ฟอง ฟองละ $2",
                    answer_kind="integer")

        @pytest.mark.rest(EGGS, styles=["thai.yaml"])
        def test_eggs(rest):
            assert rest().consistent
        """
    )
    run = run_rest("--rest-model=simulated", ".")
    assert {"passed": 1} == run.outcomes
    assert ["thai"] == run.report["provenance"]["styles"]


def _width(mask: npt.NDArray[np.bool_]) -> int:
    columns = np.flatnonzero(mask.any(axis=0))
    return int(columns[-1] - columns[0])


def _holds(page: npt.NDArray[np.bool_], part: npt.NDArray[np.bool_]) -> bool:
    """Whether the ink of a part stands somewhere on the page's first line, nearly so."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    shape = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    best = min(
        (page[y : y + shape.shape[0], x : x + shape.shape[1]] ^ shape).sum()
        for y in range(rows[0] - 2, rows[0] + 3)
        for x in range(page.shape[1] - shape.shape[1])
    )
    return bool(best < 0.3 * shape.sum())
