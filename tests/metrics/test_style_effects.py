"""What each visual characteristic does: by hand, against scipy, and the laws."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import styles

from pytest_rest import scoring
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.metrics import style_effects
from pytest_rest.metrics.style_effects import StyleEffect
from pytest_rest.terms import MODES, Answer, Record, Style, Transcription

DEFAULT = Style()


def record(item: str, style: Style, right: str = "text image mixed", read: bool = True) -> Record:
    """An item in a style, right in the modes named, and wrong alike in the others."""
    values = {mode: "1" if mode in right.split() else "2" for mode in MODES}
    answers = [Answer(m, "parsed", "", value, value == "1") for m, value in values.items()]
    cer = 0.0 if read else 0.5
    verdict = scoring.judge(answers, Transcription("parsed", "", "", cer, read))
    return Record("a", item, style.id, "digest", "1", verdict)


def table(
    records: Sequence[Record], asked: Sequence[Style]
) -> Mapping[tuple[str, str, str], StyleEffect]:
    """The effects by characteristic, value and subset."""
    found = style_effects.table(records, {style.id: style for style in asked})
    named: dict[tuple[str, str, str], StyleEffect] = {
        (each.characteristic, each.value, each.subset): each for each in found
    }
    assert len(found) == len(named)
    return named


def test_an_effect_by_hand() -> None:
    """Two items at 50 DPI: one loses both pictures, one its image, one nothing."""
    low = Style(dpi=50)
    records = [record(item, DEFAULT) for item in "ijk"]
    records += [record("i", low, "text", False), record("j", low, "text mixed"), record("k", low)]
    found = table(records, [DEFAULT, low])
    assert {("dpi", "50"), ("style", low.id)} == {key[:2] for key in found}
    dpi = found["dpi", "50", "all"]
    assert dpi.accuracy is not None
    assert dpi.agreement is not None
    assert (-0.5, 3) == (dpi.accuracy.value, dpi.accuracy.n)
    assert dpi.accuracy.p == pytest.approx(stats.ttest_1samp([-1, -0.5, 0], 0).pvalue)
    assert (-2 / 3, 3) == pytest.approx((dpi.agreement.value, dpi.agreement.n))
    read = found["dpi", "50", "ocr_correct"]
    assert read.accuracy is not None
    assert (-0.25, 2) == (read.accuracy.value, read.accuracy.n)


def test_pairs_of_one_item_are_averaged() -> None:
    """Cursive at three resolutions is one pair for each item; the whole styles are three."""
    black = [Style(font, dpi) for font in ("dejavu", "cursive") for dpi in (50, 100, 200)]
    records = [
        record(item, each, "text image mixed" if each.font == "dejavu" or item == "i" else "text")
        for item in "ij"
        for each in black
    ]
    found = table(records, black)
    font, dpi = found["font", "cursive", "all"].accuracy, found["dpi", "50", "all"].accuracy
    assert font is not None
    assert dpi is not None
    assert (-0.5, 2, 0.0, 2) == (font.value, font.n, dpi.value, dpi.n)
    whole = {value for name, value, _ in found if name == "style"}
    assert {each.id for each in black} - {DEFAULT.id} == whole


def test_rest_plus_has_a_colour_for_each_item() -> None:
    """Six colours, a sixth of the items each, and all of them together as `any`."""
    asked, records = {}, []
    for n in range(60):
        for each in rest_plus(f"i{n}", 0):
            asked[each.id] = each
            records.append(record(f"i{n}", each))
    found = table(records, list(asked.values()))
    counts = {
        value: e.accuracy.n
        for (name, value, subset), e in found.items()
        if name == "color" and subset == "all" and e.accuracy
    }
    assert 60 == counts.pop("any") == sum(counts.values())
    assert {"red", "green", "blue", "cyan", "magenta", "yellow"} == set(counts)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"rotation": 2.0}, "2"),
        ({"blur_pt": 0.5}, "0.5"),
        ({"noise": 0.05}, "0.05"),
        ({"jpeg_quality": 30}, "30"),
        ({"background": "yellow"}, "yellow"),
        ({"size_pt": 9.0}, "9"),
    ],
)
def test_every_field_that_can_be_seen(change: dict[str, object], word: str) -> None:
    """Whatever a style may change is a characteristic."""
    (name,) = change
    other = replace(DEFAULT, **change)  # type: ignore[arg-type]
    found = table([record("i", DEFAULT), record("i", other)], [DEFAULT, other])
    assert {(name, word), ("style", other.id)} == {key[:2] for key in found}


def test_names_and_paths_of_files_are_not_characteristics() -> None:
    """A name changes nothing that is seen; a font's file is named without its folder."""
    own = Style(font="/home/me/Secret.ttf", name="mine", font_sha256="ab" * 32)
    small = Style(font="/home/me/Secret.ttf", dpi=50, name="small", font_sha256="ab" * 32)
    asked = [DEFAULT, Style(dpi=50), own, small]
    found = table([record("i", each) for each in asked], asked)
    font = next(value for name, value, _ in found if name == "font")
    assert font.startswith("Secret.")
    assert "/" not in font
    assert {"mine", "small", Style(dpi=50).id} == {v for name, v, _ in found if name == "style"}
    assert {"font", "dpi", "style"} == {name for name, *_ in found}


def test_what_cannot_be_compared_is_left_out() -> None:
    """One style, styles that differ in two things, and items in one of two styles only."""
    far = Style("cursive", 50)
    assert [] == style_effects.table([record("i", DEFAULT)], {DEFAULT.id: DEFAULT})
    assert {"style"} == {
        key[0] for key in table([record("i", DEFAULT), record("i", far)], [DEFAULT, far])
    }
    assert {} == table([record("i", DEFAULT), record("j", far)], [DEFAULT, far])
    assert {} == table([record("i", Style("courier", 50)), record("i", far)], [far])


def test_text_alone_has_no_accuracy_to_change() -> None:
    """A run of the text form shows no pictures: undefined, and not an effect of zero."""
    low = Style(dpi=50)
    records = []
    for each in (record("i", DEFAULT), record("i", low)):
        verdict = replace(each.verdict, answers={"text": each.verdict.answers["text"]})
        records.append(replace(each, verdict=verdict))
    assert None is table(records, [DEFAULT, low])["dpi", "50", "all"].accuracy


@given(st.lists(styles(), min_size=1, max_size=4), st.integers(0, 9))
def test_an_effect_is_the_mean_difference_from_the_default(drawn: list[Style], seed: int) -> None:
    """A style's effect is its mean difference from the default, whatever the order."""
    asked = [DEFAULT, *drawn]
    draws = random.Random(seed)
    records = [
        record(item, each, " ".join(m for m in MODES if draws.random() < 0.6), draws.random() < 0.7)
        for item in "ijklm"
        for each in {style.id: style for style in asked}.values()
    ]
    found = table(records, asked)
    assert found == table(records[::-1], asked[::-1])
    by = {(r.item, r.style): r for r in records}
    fine = {each.name for each in fields(Style)} | {"style"}
    for (name, value, subset), effect in found.items():
        assert name in fine
        if name == "style" and subset == "all":
            expected = fmean(
                by[i, value].verdict.consistent - by[i, DEFAULT.id].verdict.consistent
                for i in "ijklm"
            )
            assert effect.agreement is not None
            assert expected == pytest.approx(effect.agreement.value)
