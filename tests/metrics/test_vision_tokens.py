"""What pictures take beside their text: by hand, against the formulas, and the laws."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import scoring
from pytest_rest.metrics import vision_tokens
from pytest_rest.metrics.vision_tokens import Even, Use
from pytest_rest.models import tokens
from pytest_rest.terms import Answer, Mode, Record, Style

QWEN, GEMINI_3, UNKNOWN = "Qwen/Qwen2.5-VL-7B-Instruct", "gemini/gemini-3-flash", "house"
LOW, MIDDLE, HIGH = Style(dpi=50), Style(dpi=100), Style(dpi=200)
TEXT = 60  # estimated tokens of a text form, 20 of which the others have too


def answer(
    mode: Mode,
    right: bool = True,
    sent: int | None = None,
    size: tuple[int, int] = (0, 0),
    **other: Any,
) -> Answer:
    """One answer, of `TEXT` tokens as text, with a picture of that size."""
    text_tokens = TEXT if mode == "text" else 20
    found = Answer(mode, "parsed", "", "1" if right else "2", right, input_tokens=sent)
    return replace(found, text_tokens=text_tokens, width=size[0], height=size[1], **other)


def record(item: str, style: Style, *answers: Answer) -> Record:
    """An item in a style."""
    return Record("s", item, style.id, "digest", "1", scoring.judge(answers))


def page(dpi: int) -> tuple[int, int]:
    """A page of 4 x 2 inches."""
    return 4 * dpi, 2 * dpi


def asked(
    styles: Sequence[Style],
    n: int = 3,
    right: Mapping[tuple[int, int], bool] | None = None,
    sent: Mapping[int, int] | None = None,
) -> list[Record]:
    """Text and image of n items; `right` by item and DPI, input tokens `sent` by DPI, text at 0."""
    right, sent = right or {}, sent or {}
    return [
        record(
            str(item),
            style,
            answer("text", sent=sent.get(0)),
            answer(
                "image", right.get((item, style.dpi), True), sent.get(style.dpi), page(style.dpi)
            ),
        )
        for item in range(n)
        for style in styles
    ]


def known(*styles: Style) -> dict[str, Style]:
    """The styles by their ids."""
    return {style.id: style for style in styles}


def measured(records: Sequence[Record], model: str, *styles: Style) -> dict[str, Use]:
    """The uses by style."""
    found = vision_tokens.measure(records, known(*styles), model)
    assert found is not None
    return {use.style: use for use in found.uses}


def even(records: Sequence[Record], model: str, *styles: Style) -> Even:
    """The one break-even that is found."""
    found = vision_tokens.measure(records, known(*styles), model)
    assert found is not None
    (only,) = found.evens
    return only


def test_a_use_by_hand() -> None:
    """Two items, of which one picture is answered wrong: tokens, ratio, accuracy and dollars."""
    records = [
        record(
            str(n),
            HIGH,
            answer("text", True, 100, cost=0.001),
            answer("image", n == 0, 110 + 10 * n, page(200), cost=0.0005),
        )
        for n in range(2)
    ]
    use = measured(records, UNKNOWN, HIGH)[HIGH.id]
    assert ("reported", 2, 40, "dejavu-black") == (use.source, use.n, use.text.value, use.look)
    assert 40 + 15 == use.vision.value  # 10 and 20 more than the text's 40 that are not sent
    assert None is use.formula
    assert 1.15 == pytest.approx(use.input.value)
    assert (0.5, -0.5, 0.5) == (use.accuracy.value, use.change.value, use.agreement.value)
    assert use.dollars_change is not None
    assert (1.0, -0.5) == pytest.approx((use.dollars_as_text, use.dollars_change.value))


@given(st.integers(50, 400), st.integers(0, 500), st.sampled_from([QWEN, "claude-haiku-4-5"]))
def test_what_is_billed_by_the_formula_is_the_formula(dpi: int, extra: int, model: str) -> None:
    """Whatever a provider adds to every call cancels out."""
    style = Style(dpi=dpi)
    seen = tokens.vision_tokens(*page(dpi), model)
    sent = {0: TEXT + extra, dpi: 20 + extra + seen}
    use = measured(asked([style], sent=sent), model, style)[style.id]
    assert use.formula is not None
    assert ("reported", seen, seen) == (use.source, use.vision.value, use.formula.value)


def test_the_formula_stands_in_where_a_call_does_not_say() -> None:
    """One item without its tokens, and the published formula counts for the style."""
    records = asked([HIGH], sent={0: 100, 200: 150})
    records[1] = asked([HIGH])[1]
    use = measured(records, QWEN, HIGH)[HIGH.id]
    seen = tokens.vision_tokens(*page(200), QWEN)
    assert ("formula", seen, (20 + seen) / TEXT) == (use.source, use.vision.value, use.input.value)
    assert None is vision_tokens.measure(records, known(HIGH), UNKNOWN)


def test_a_picture_that_the_text_form_shows_too_does_not_count() -> None:
    """The item's own picture is sent with both forms."""
    records = [record("1", HIGH, answer("text", size=(300, 300)), answer("image", size=(800, 700)))]
    use = measured(records, QWEN, HIGH)[HIGH.id]
    own, both = (tokens.vision_tokens(*size, QWEN) for size in ((300, 300), (800, 700)))
    assert both - own == use.vision.value
    assert (20 + both) / (TEXT + own) == pytest.approx(use.input.value)
    found = vision_tokens.measure(records, known(HIGH), QWEN)
    assert found is not None
    assert () == found.evens  # of which the DPI changes a part alone


def test_what_has_no_text_form_or_no_picture_takes_no_part() -> None:
    """Lost items, single forms, and answers of a run that did not keep the size."""
    only = [record("1", HIGH, answer("image", size=page(200)))]
    lost = [replace(each, verdict=replace(each.verdict, outcome="lost")) for each in asked([HIGH])]
    old = [record("1", HIGH, answer("text"), answer("image"))]
    for records in ([], only, lost, old):
        assert None is vision_tokens.measure(records, known(HIGH), QWEN)


@pytest.mark.parametrize("model", [QWEN, "anthropic/claude-haiku-4-5", "openai/gpt-5-mini"])
def test_the_break_even_by_formula_is_the_last_dpi_that_is_not_more(model: str) -> None:
    """Against trying every DPI."""
    found = even(asked([HIGH]), model, HIGH)
    sizes = {dpi: (4 * dpi, 2 * dpi) for dpi in range(10, 601)}
    fewer = [dpi for dpi, each in sizes.items() if tokens.vision_tokens(*each, model) <= 40]
    assert ("formula", max(fewer)) == (found.source, found.dpi)


def test_as_many_tokens_as_the_text_are_not_more() -> None:
    """A text of just what a page takes at 60 DPI."""
    records = asked([HIGH])
    seen = tokens.vision_tokens(*page(60), QWEN)
    for n, each in enumerate(records):
        answers = {**each.verdict.answers}
        answers["text"] = replace(answers["text"], text_tokens=20 + seen)
        records[n] = replace(each, verdict=replace(each.verdict, answers=answers))
    found = even(records, QWEN, HIGH).dpi
    assert found is not None
    assert found >= 60
    assert seen == tokens.vision_tokens(*page(round(found)), QWEN)


def test_there_may_be_no_break_even() -> None:
    """A model that counts 1120 for every picture; and one that bills more at each DPI asked."""
    assert None is even(asked([HIGH]), GEMINI_3, HIGH).dpi
    found = vision_tokens.measure(
        asked([LOW, HIGH], sent={0: 60, 50: 90, 200: 99}), known(), UNKNOWN
    )
    assert found is not None
    assert () == found.evens


@pytest.mark.parametrize(("low", "high", "expected"), [(25, 100, 80), (10, 160, 100)])
def test_the_break_even_of_what_is_billed_lies_between_two_dpis(
    low: int, high: int, expected: int
) -> None:
    """Tokens that grow with the DPI, or with its square, are the text's 40 where they must be."""
    found = even(asked([LOW, HIGH], sent={0: 60, 50: 20 + low, 200: 20 + high}), QWEN, LOW, HIGH)
    assert "reported" == found.source
    assert expected == pytest.approx(found.dpi)


def test_what_equal_tokens_buy_is_interpolated_for_each_item() -> None:
    """Half of the way from 50 to 200 DPI in logarithms: half of what each item gained."""
    right = {(0, 50): False, (1, 50): False, (2, 200): False}
    sent = {0: 80, 50: 60, 200: 100}  # 20 and 60 tokens for a text of 40
    found = even(asked([LOW, HIGH], 4, right, sent), UNKNOWN, LOW, HIGH)
    at = math.log(40 / 20) / math.log(60 / 20)
    assert 50 * 4**at == pytest.approx(found.dpi)
    assert found.accuracy is not None
    assert found.change is not None
    values = [at, at, 1 - at, 1.0]
    assert sum(values) / 4 == pytest.approx(found.accuracy.value)
    assert (sum(values) / 4 - 1, 4) == pytest.approx((found.change.value, found.change.n))


def test_nothing_is_bought_outside_of_what_was_asked() -> None:
    """A break-even below every DPI of the run has a DPI and no accuracy."""
    found = even(asked([HIGH]), QWEN, HIGH)
    assert found.dpi is not None
    assert found.dpi < 200
    assert (None, None, None) == (found.accuracy, found.change, found.agreement)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [({0: 100, 50: 60}, True), ({0: 100, 50: 130}, False), ({0: 100, 50: 100}, None)],
)
def test_whether_it_saves(sent: dict[int, int], expected: bool | None) -> None:
    """By the ratio's interval, or where each item has the same by the ratio itself."""
    found = vision_tokens.measure(asked([LOW], sent=sent), known(LOW), UNKNOWN)
    assert found is not None
    assert expected is found.saves


def test_the_cheapest_is_the_one_with_the_smallest_ratio() -> None:
    """Of three DPIs the lowest."""
    found = vision_tokens.measure(asked([LOW, MIDDLE, HIGH]), known(LOW, MIDDLE, HIGH), QWEN)
    assert found is not None
    assert LOW.id == found.cheapest.style
    assert {"rule", "cheapest", "styles", "break_even"} == set(found.to_builtins())


def test_a_style_of_few_items_is_not_the_cheapest() -> None:
    """A colour that one item drew, whose text is long, is no answer for all of them."""
    red = Style(dpi=50, color="red")
    records = [*asked([MIDDLE]), *asked([red], 1)]
    found = vision_tokens.measure(records, known(MIDDLE, red), QWEN)
    assert found is not None
    assert MIDDLE.id == found.cheapest.style


def test_what_was_measured_survives_the_report() -> None:
    """As it went in, with rates and differences, and dollars that nobody knows."""
    found = vision_tokens.measure(asked([LOW, HIGH], 30), known(LOW, HIGH), QWEN)
    assert found is not None
    assert found == vision_tokens.Vision.from_builtins(json.loads(json.dumps(found.to_builtins())))


@given(st.permutations(range(9)))
def test_the_order_of_the_records_plays_no_part(order: list[int]) -> None:
    """Whichever came first."""
    styles = (LOW, MIDDLE, HIGH)
    records = asked(styles, 3, {(0, 50): False, (1, 100): False})
    expected = vision_tokens.measure(records, known(*styles), QWEN)
    assert expected == vision_tokens.measure([records[n] for n in order], known(*styles), QWEN)
