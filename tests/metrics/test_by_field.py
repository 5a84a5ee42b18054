"""Records read field by field."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import metrics, scoring
from pytest_rest.metrics import by_field
from pytest_rest.terms import COMPARED, Answer, FieldAnswer, Mode, Record

VALUES = st.sampled_from(["1", "2", "3", None])
Values = Mapping[
    str, tuple[str | None, ...]
]  # of each field that in text, image, mixed and as a file


def record(item: str, values: Values) -> Record:
    """An item's record whose right answer is 1 in each field."""
    answers = []
    for place, mode in enumerate(COMPARED[: len(next(iter(values.values())))]):
        said = {name: each[place] for name, each in values.items()}
        fields: dict[str, FieldAnswer] = {
            name: {"value": value, "correct": value == "1"} for name, value in said.items()
        }
        whole = None if None in said.values() else str(said)
        is_right = set(said.values()) == {"1"}
        answers.append(Answer(mode, "parsed", "", whole, is_right, fields=fields))
    return Record("s", item, "style", "d", "1", scoring.judge(answers))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1", "1", "1"), []),
        (("1", "2", "1"), ["image"]),
        (("1", "2", "2"), ["text"]),
        (("1", "2", "3"), ["image", "mixed"]),
        (("1", None, "1"), ["image"]),
        ((None, "2", None), ["text", "mixed"]),
        ((None, "2", "3"), ["text", "mixed"]),
        ((None, None, None), ["text", "image", "mixed"]),
        (("1", "1", "1", "2"), ["file"]),
    ],
)
def test_a_form_flips_that_is_not_as_most(
    values: tuple[str | None, ...], expected: list[Mode]
) -> None:
    """Or not as the first one, where no two agree; no answer flips."""
    verdict = record("i", {"a": values, "b": ("1",) * len(values)}).verdict
    assert ({"a": expected} if expected else {}) == by_field.flips(verdict)


TRIPLES = st.tuples(VALUES, VALUES, VALUES)


@given(st.lists(st.fixed_dictionaries({"a": TRIPLES, "b": TRIPLES}), min_size=1, max_size=5))
def test_the_whole_agrees_where_all_fields_do(
    listed: list[Values],
) -> None:
    """And is right where all are; a field flips where its forms do not agree."""
    records = [record(str(n), values) for n, values in enumerate(listed)]
    figures = by_field.measure(records)
    for name in ("a", "b"):
        agree = [scoring.agree(values[name]) for values in listed]
        rer = figures[name].metrics["all"].rer
        assert rer is not None
        assert sum(agree) / len(listed) == rer.value
        assert [not each for each in agree] == [name in by_field.flips(r.verdict) for r in records]
    whole = metrics.compute(records)
    both = [all(scoring.agree(each) for each in values.values()) for values in listed]
    assert whole.rer is not None
    assert sum(both) / len(listed) == whole.rer.value


def test_an_item_without_a_field_does_not_count_for_it() -> None:
    """Fields are over the items that have them."""
    records = [record("a", {"x": ("1", "1", "1")}), record("b", {"y": ("1", "2", "1")})]
    found = {name: each.metrics["all"].items for name, each in by_field.measure(records).items()}
    assert {"x": 1, "y": 1} == found
    plain = Record.from_json(records[1].to_json())
    assert plain == records[1]
