"""How much was sent and written: ratios by hand, Fieller's interval, and what is not reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import runs

from pytest_rest import metrics
from pytest_rest.metrics import SUBSETS
from pytest_rest.terms import Answer, Record, Verdict

PAIRS = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), min_size=2, max_size=40)


def record(
    item: str,
    text: tuple[str, int | None],
    image: tuple[str, int | None],
    suite: str = "a",
    right: bool = True,
    style: str = "x",
) -> Record:
    """An item with what each form wrote, and its output tokens; 100 sent, 400 with a picture."""
    answers = {
        "text": Answer("text", "parsed", text[0], "1", right, "", None, 100, text[1]),
        "image": Answer("image", "parsed", image[0], "1", right, "", None, 400, image[1]),
    }
    return Record(suite, item, style, "digest", "1", Verdict("consistent", answers, None))  # type: ignore[arg-type]


def test_a_length_ratio_is_of_the_means() -> None:
    """Text wrote 10 and 30 tokens, the image 5 and 5: 5/20, not the mean of 1/2 and 1/6."""
    found = metrics.compute([record("i", ("", 10), ("", 5)), record("j", ("", 30), ("", 5))])
    length = found.length_ratio
    assert length is not None
    assert (0.25, 2, "tokens") == (length.value, length.n, length.unit)
    assert found.tokens is not None
    text, image = found.tokens["text"], found.tokens["image"]
    assert text is not None
    assert image is not None
    assert (100, 20, 2) == (text.input, text.output, text.n)
    assert text.accuracy_per_1000_input is not None
    assert image.accuracy_per_1000_input is not None
    assert 10.0 == text.accuracy_per_1000_input.value
    assert 2.5 == image.accuracy_per_1000_input.value


def test_characters_where_one_answer_has_no_tokens() -> None:
    """One silence, and all are measured in characters; its mode has no tokens, the other has."""
    records = [record("i", ("abcd", 10), ("ab", 5)), record("j", ("abcd", None), ("", 5))]
    found = metrics.compute(records)
    assert found.length_ratio is not None
    assert (0.25, 2, "characters") == (
        found.length_ratio.value,
        found.length_ratio.n,
        found.length_ratio.unit,
    )
    assert found.tokens is not None
    assert found.tokens["text"] is None
    assert found.tokens["image"] is not None


def test_several_styles_are_averaged_first() -> None:
    """An item in two styles counts once, with the mean of its lengths."""
    records = [record("i", ("", 10), ("", n), style=str(n)) for n in (5, 15)]
    records.append(record("j", ("", 30), ("", 30)))
    length = metrics.compute(records).length_ratio
    assert length is not None
    assert (1.0, 2) == (length.value, length.n)


def test_without_output_there_is_no_ratio() -> None:
    """Undefined, never a division by zero."""
    assert None is metrics.compute([record("i", ("", 0), ("", 5))]).length_ratio
    assert None is metrics.compute([]).length_ratio
    assert None is metrics.compute([]).tokens
    silent = metrics.compute([record("i", ("a", None), ("a", None))])
    assert None is silent.tokens


def test_the_mean_ratio_over_suites() -> None:
    """Unweighted, with an interval of its own; undefined over different units."""
    a = [record(f"i{n}", ("", 10), ("", 5 + n)) for n in range(3)]
    b = [record(f"i{n}", ("", 10), ("", 10 + n), suite="b") for n in range(2)]
    table = metrics.table([*a, *b])
    mean = table["mean"]["all"].length_ratio
    assert mean is not None
    assert ((0.6 + 1.05) / 2, 5) == pytest.approx((mean.value, mean.n))
    assert table["mean"]["all"].tokens is not None
    odd = record("i9", ("abc", None), ("abc", 3), suite="b")
    assert None is metrics.table([*a, odd])["mean"]["all"].length_ratio


@given(runs())
def test_the_order_of_records_does_not_matter(records: list[Record]) -> None:
    """What was written has a ratio in every scope, or none where the text form wrote nothing."""
    table, other = metrics.table(records), metrics.table(reversed(records))
    for scope, subsets in table.items():
        for subset in SUBSETS:
            assert subsets[subset].length_ratio == other[scope][subset].length_ratio
            assert subsets[subset].tokens == other[scope][subset].tokens
