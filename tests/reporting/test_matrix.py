"""The page's matrix: which letter a cell has, and where rows and columns stand."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest.reporting.entries import Outline
from pytest_rest.reporting.page import matrix
from pytest_rest.reporting.page.matrix import Gathered, Matrix
from pytest_rest.scoring import agree
from pytest_rest.terms import MODES, RH_BENCH

RIGHT = "3"
ALL_RIGHT: dict[str, str | None] = {"text": RIGHT, "image": RIGHT, "mixed": RIGHT}
Values = Mapping[str, str | None]


def entry(
    values: Values, item: str = "i", style: str = "courier-50dpi-black", **more: object
) -> Any:
    """An item of a report, of values by mode: 3 is right, None a refusal, and `!` a failed call."""
    answers = {
        mode: {
            "value": None if value == "!" else value,
            "correct": value == RIGHT,
            "status": "failed" if value == "!" else "parsed" if value else "refused",
        }
        for mode, value in values.items()
    }
    lost = "!" in values.values()
    named = {"suite": "a", "id": item, "style": style, "verdict": "lost" if lost else "consistent"}
    return {**named, "answers": answers, **more}


def drawn(entries: Sequence[Any], lost: Sequence[Any] = ()) -> Matrix:
    """The matrix of a report's items."""
    made = gather(entries).matrix(lost, MODES)
    assert made
    return made


def gather(entries: Sequence[Any]) -> Gathered:
    """The cells of a report's items."""
    gathered = Gathered()
    for each in entries:
        gathered.add(Outline.of(each), partial(dict, each))
    return gathered


def letters(made: Matrix) -> list[str]:
    """Its rows' letters."""
    return [row[2] for row in made.content["rows"]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"text": "3", "image": "3", "mixed": "3"}, "rrr"),
        ({"text": "3", "image": "4", "mixed": None}, "rdn"),
        ({"text": "4", "image": "3", "mixed": "4"}, "wpw"),
        ({"text": "4", "image": "3", "mixed": "3"}, "wpp"),
        ({"text": "4", "image": "5", "mixed": "!"}, "wdl"),
        ({"text": None, "image": "4", "mixed": "3", "ocr-first": "3"}, "ndrr"),
        ({"image": "4", "mixed": "3"}, "wp"),
        ({"image": "4", "mixed": "3", "ocr-first": "3"}, "drr"),
        ({"text": None, "image": "!"}, "nl"),
        ({"text": "3", "image": "4", "mixed": "3", "file": "5"}, "rddr"),
    ],
)
def test_cells_are_held_against_the_text_form_or_most_forms(values: Values, expected: str) -> None:
    """Right or wrong, and of the reference's value or not; without a value there is no answer."""
    assert [expected] == letters(drawn([entry(values)]))


def test_what_nobody_judged_shows_agreement_alone() -> None:
    """It is neither right nor wrong."""
    unjudged = entry({"text": "1", "image": "2", "mixed": "1"})
    for answer in unjudged["answers"].values():
        answer["correct"] = None
    made = drawn([unjudged])
    assert ["aoa"] == letters(made)
    assert [["2"]] == [row[4] for row in made.content["rows"]]


@given(
    st.lists(
        st.lists(st.sampled_from(["3", "4", None]), min_size=3, max_size=3), min_size=1, max_size=6
    )
)
def test_an_item_agrees_where_its_forms_do(items: list[list[str | None]]) -> None:
    """As RER counts it; and the legend counts every cell."""
    named = [dict(zip(ALL_RIGHT, values, strict=True)) for values in items]
    made = drawn([entry(values, item=str(n)) for n, values in enumerate(named)])
    assert sum(map(agree, items)) == made.agreeing
    assert 3 * len(items) == sum(n for _, n in made.legend)


def test_columns_are_sorted_by_font_and_resolution_with_colours_last() -> None:
    """Text comes first; what differs in its colour from item to item is one column."""
    styles = "cursive-50dpi-black", "dejavu-200dpi-black", "dejavu-50dpi-black", "own"
    entries = [
        entry(ALL_RIGHT, item, style)
        for item, color in (("i", "red"), ("j", "cyan"))
        for style in (*styles, f"dejavu-200dpi-{color}", f"html-courier-100dpi-{color}")
    ]
    for each in entries:
        each["format"] = "html" if each["style"].startswith("html") else ""
    made = drawn(entries)
    columns = [
        (each["group"], each["label"], each["mode"], len(each["styles"]))
        for each in made.content["columns"]
    ]
    both = "image", "mixed"
    assert [
        ("text", "", "text", 6),
        *(("dejavu", "50", mode, 1) for mode in both),
        *(("dejavu", "200", mode, 1) for mode in both),
        *(("dejavu", "colour", mode, 2) for mode in both),
        *(("cursive", "50", mode, 1) for mode in both),
        *(("own", "", mode, 1) for mode in both),
    ] == [column for column in columns if "html" not in column[0] + column[1]]
    assert [("text", "html", "text", 2)] == [each for each in columns if each[1] == "html"]
    assert [
        *(("html courier", "colour", mode, 2) for mode in both),
    ] == [each for each in columns if each[0] == "html courier"]
    assert ["r" * 14] * 2 == letters(made)


def test_an_item_in_two_colours_has_a_column_for_each() -> None:
    """None of them hides another."""
    values = {"text": "3", "image": "3"}, {"text": "3", "image": "4"}
    styles = "dejavu-200dpi-red", "dejavu-200dpi-cyan"
    made = drawn([entry(v, style=style) for v, style in zip(values, styles, strict=True)])
    assert ["", "cyan", "red"] == [each["label"] for each in made.content["columns"]]
    assert ["rdr"] == letters(made)


def test_rows_that_disagree_most_come_first() -> None:
    """Then what is lost, then what is wrong; equal rows stand together."""
    rows = ["333", "444", "333", "34!", "443", "3!3"]
    entries = [
        entry(dict(zip(ALL_RIGHT, row, strict=True)), item=f"{n}") for n, row in enumerate(rows)
    ]
    made = drawn(entries)
    assert ["3", "4", "5", "1", "0", "2"] == [row[1] for row in made.content["rows"]]
    assert ["rdl", "wwp", "rlr", "www", "rrr", "rrr"] == letters(made)


def test_what_gave_no_record_is_lost_in_all_its_forms() -> None:
    """Of an item that was asked in another style, and of one that was asked in none."""
    asked = [entry(ALL_RIGHT, style=s) for s in ("a-50dpi-black", "b-50dpi-black")]
    lost = [{"suite": "a", "item": name, "style": "b-50dpi-black"} for name in ("i", "j")]
    made = drawn([asked[0], entry(ALL_RIGHT, "k", "b-50dpi-black")], lost)
    assert {"i": "rrrll", "j": "l..ll", "k": "r..rr"} == {
        row[1]: row[2] for row in made.content["rows"]
    }
    words = {state.words: n for state, n in made.legend}
    assert {"right": 6, "lost": 5} == words


def test_items_of_one_form_are_in_no_matrix() -> None:
    """RH-Bench's, and whatever else is asked in one form alone."""
    assert not Gathered().matrix([], MODES)
    gathered = gather([entry({"image": "3"}) | {"suite": RH_BENCH}, entry({"text": "3"})])
    assert not gathered.matrix([{"suite": RH_BENCH, "item": "i", "style": "x"}], MODES)


def test_the_matrix_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is no room for are the rows that disagree least; the legend counts them."""
    monkeypatch.setattr(matrix, "_BYTES", 2_000)
    values = {"text": "3", "image": "4" * 1_000, "mixed": "3"}
    entries = [entry(values, item=f"odd {n}") for n in range(3)]
    entries += [entry(ALL_RIGHT, item=f"even {n}") for n in range(97)]
    made = drawn(entries)
    rows = made.content["rows"]
    assert 100 == len(rows) + made.left_out
    assert ["odd 0", "odd 1", "odd 2"] == [row[1] for row in rows[:3]]
    assert 3 < len(rows) < 60
    assert 300 == sum(n for _, n in made.legend)
