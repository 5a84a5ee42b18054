"""The DPI that the model saw: by style, and in effects, advice and break-even, by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import scoring
from pytest_rest.metrics import advice, seen_dpi, style_effects, vision_tokens
from pytest_rest.models import vision_rules
from pytest_rest.models.seen import SeenStyle, shrink
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.terms import Answer, Mode, Record, Seen, Style

LOW, MIDDLE, HIGH = Style(dpi=50), Style(dpi=100), Style(dpi=200)
STYLES = {style.id: style for style in (LOW, MIDDLE, HIGH)}
SERVED = vision_rules.find("served", max_side=400, is_own=True)
MODES: tuple[Mode, ...] = ("text", "image", "mixed")


def record(item: int, style: Style, inches: int, right: bool, rule: VisionRule = SERVED) -> Record:
    """An item in a style, on a page of half as many inches across, whose pictures are right."""
    width, height = inches * style.dpi // 2, inches * style.dpi
    size = rule.seen(width, height)
    assert size is not None
    dpi = round(style.dpi * shrink((width, height), size), 1)
    seen = Seen(width=size[0], height=size[1], dpi=dpi)
    answers = [Answer("text", "parsed", "", "1", True, text_tokens=300)]
    for mode in MODES[1:]:
        answer = Answer(mode, "parsed", "", "1" if right else "2", right, text_tokens=20)
        answers.append(replace(answer, width=width, height=height, seen=seen))
    return Record("s", f"item-{item}", style.id, "digest", "1", scoring.judge(answers))


def asked(
    inches: Mapping[int, int], right: Mapping[int, bool] | None = None, n: int = 30
) -> list[Record]:
    """So many items in the styles, on pages as high as `inches` says for each remainder of 3."""
    right = right or {}
    return [
        record(item, style, inches[item % 3], right.get(style.dpi, True))
        for item in range(n)
        for style in STYLES.values()
    ]


def by_style(records: Sequence[Record]) -> dict[str, SeenStyle]:
    """What was seen of each style."""
    return {each.style: each for each in seen_dpi.by_style(records, STYLES)}


def test_a_style_says_from_which_dpi_to_which_it_was_seen_and_its_worst_item() -> None:
    """Pages of 2, 4 and 8 inches, of which 400 pixels are left."""
    styles = by_style(asked({0: 2, 1: 4, 2: 8}, n=3))
    high, low = styles[HIGH.id], styles[LOW.id]
    assert (50.0, 200.0, 3, 2) == (high.low, high.high, high.items, high.shrunk)
    worst = high.worst
    assert ("item-2", (800, 1600), (200, 400)) == (
        *(worst.item, worst.sent),
        (worst.seen["width"], worst.seen["height"]),
    )
    assert (50.0, 50.0, 3, 0) == (low.low, low.high, low.items, low.shrunk)
    assert " (seen 50-200)" == seen_dpi.words(seen_dpi.less(high))
    assert "" == seen_dpi.words(seen_dpi.less(low))


def test_own_pictures_have_pixels_and_no_dpi() -> None:
    """They are told apart from the styles."""
    seen = Seen(width=400, height=300, dpi=None)
    own = Answer("text", "parsed", "", "1", True, width=800, height=600, seen=seen)
    (found,) = seen_dpi.by_style(
        [Record("s", "i", HIGH.id, "digest", "1", scoring.judge([own]))], STYLES
    )
    assert ("", None, 1) == (found.style, found.low, found.shrunk)


def test_two_resolutions_that_were_seen_alike_have_no_effect() -> None:
    """Of 100 and 200 DPI nothing is left but 50: only 50 DPI's smaller pages would differ."""
    effects = style_effects.table(asked({0: 8, 1: 8, 2: 8}, {200: False}), STYLES)
    assert [] == [each for each in effects if each.characteristic == "dpi"]
    assert {MIDDLE.id, LOW.id} == {each.value for each in effects}  # of whole styles, still


def test_an_effect_of_a_resolution_says_at_which_it_was_seen() -> None:
    """And counts the items alone that were seen at two."""
    effects = style_effects.table(asked({0: 2, 1: 3, 2: 16}), STYLES)
    found = {
        each.value: each for each in effects if (each.characteristic, each.subset) == ("dpi", "all")
    }
    assert {"50", "100"} == {*found}
    assert found["100"].accuracy is not None
    assert (20, (133.3, 200.0)) == (found["100"].accuracy.n, found["100"].usual_seen)
    assert found["50"].accuracy is not None
    assert (20, None) == (found["50"].accuracy.n, found["50"].seen)
    (styled,) = [e for e in effects if (e.value, e.subset) == (MIDDLE.id, "all")]
    assert ((25.0, 100.0), (25.0, 200.0)) == (styled.seen, styled.usual_seen)


def test_advice_calls_no_style_by_a_dpi_that_was_not_seen() -> None:
    """Where 50 DPI is better than 200, of which a third was seen at 100, and a third at 33."""
    records = asked({0: 2, 1: 4, 2: 12}, {200: False}, 90)
    given = advice.give(records, STYLES, style_effects.table(records, STYLES)).given
    texts = {each.about: each.text for each in given}
    assert "draw at 50 DPI, not at 200 (seen 100-200)" == texts["dpi 50"]


def test_safe_from_is_a_dpi_that_was_seen() -> None:
    """All that is drawn at 100 and 200 DPI is seen at 80: no more than that is promised."""
    records = asked({0: 5, 1: 5, 2: 5}, {50: False}, 150)
    (found,) = [
        each
        for each in advice.give(records, STYLES, style_effects.table(records, STYLES)).given
        if each.about == "dpi 50"
    ]
    assert (80, "draw at 80 DPI or more, not at 50") == (found.safe_dpi, found.text)


def test_a_break_even_is_at_the_dpi_that_was_seen() -> None:
    """Of a page of 4 inches and one of 40, which never has more than 800 pixels."""
    rule = vision_rules.find("qwen2.5-vl", max_side=800, is_own=True)
    records = [record(item, HIGH, inches, True, rule) for item, inches in enumerate((4, 40))]
    measured = vision_tokens.measure(records, {HIGH.id: HIGH}, "qwen2.5-vl", rule)
    assert measured is not None
    assert [(20.0, 200.0)] * 2 == [use.seen for use in measured.uses]
    drawn = max(
        dpi
        for dpi in range(10, 601)
        if sum(rule.tokens(n * dpi // 2, n * dpi) for n in (4, 40)) <= 2 * 280
    )
    assert {round(drawn * (1 + 20 / drawn) / 2)} == {round(e.dpi or 0) for e in measured.evens}


def test_a_billed_break_even_lies_between_what_was_seen() -> None:
    """Pages that are drawn at 50 and 200 DPI and seen at 50 and 80 are equal below 80."""
    records = []
    for each in asked({0: 5, 1: 5, 2: 5}, n=3):
        sent = {"text": 500} | dict.fromkeys(MODES[1:], 400 if each.style == LOW.id else 600)
        answers = [replace(a, input_tokens=sent[a.mode]) for a in each.verdict.answers.values()]
        records.append(replace(each, verdict=scoring.judge(answers)))
    kept = [each for each in records if each.style != MIDDLE.id]
    measured = vision_tokens.measure(kept, STYLES, "served")
    assert measured is not None
    assert ["reported", "reported"] == [even.source for even in measured.evens]
    assert all(50 < (even.dpi or 0) < 80 for even in measured.evens)


@given(st.permutations(range(9)))
def test_the_order_of_the_records_plays_no_part(order: Sequence[int]) -> None:
    """Of ranges, resolutions, effects and advice."""
    records = asked({0: 2, 1: 5, 2: 16}, {100: False}, 3)
    mixed = [records[place] for place in order]
    assert by_style(records) == by_style(mixed)
    assert seen_dpi.resolutions(records, STYLES) == seen_dpi.resolutions(mixed, STYLES)
    assert style_effects.table(records, STYLES) == style_effects.table(mixed, STYLES)
