"""What the format does beside the modality, of answers that are planted."""

from dataclasses import replace

import pytest

from pytest_rest import metrics
from pytest_rest.metrics import formats
from pytest_rest.metrics.formats import Formats
from pytest_rest.terms import Answer, Mode, Record, Verdict


def record(item: str, name: str, text: str | None, image: str | None, cluster: str = "") -> Record:
    """An item's answers in a format; "1" is right."""
    said: dict[Mode, str | None] = {"text": text, "image": image}
    answers = {m: Answer(m, "parsed", "", v, v == "1") for m, v in said.items()}
    verdict = Verdict("consistent" if text == image else "inconsistent", answers)
    return Record("s", item, name, item, "1", verdict, cluster=cluster, format=name)


def measured(*records: Record) -> Formats:
    """What they show."""
    found = formats.measure(records, metrics.table(records))
    assert found is not None
    return found


def test_without_a_format_there_is_nothing_to_say() -> None:
    """As in every run so far."""
    records = [replace(record("a", "", "1", "1"), style="s")]
    assert None is formats.measure(records, metrics.table(records))


def test_each_format_has_its_own_rates() -> None:
    """Of its own forms alone, in all of its styles."""
    found = measured(
        record("a", "html", "1", "1"),
        record("a", "md", "1", "2"),
        replace(record("b", "html", "1", "1"), style="x"),
        replace(record("b", "html", "1", "2"), style="y"),
    )
    rates = {name: subsets["all"].rer for name, subsets in found.metrics.items()}
    assert {"html": (0.5, 2), "md": (0.0, 1)} == {n: (r.value, r.n) for n, r in rates.items() if r}


def test_the_formats_of_a_mode_agree_or_not() -> None:
    """Over items that have all of them; no answer agrees with nothing."""
    found = measured(
        *(record("a", name, "1", None) for name in ("html", "md")),
        record("b", "html", "1", "1"),
        record("b", "md", "2", "1"),
        record("c", "html", "1", "1"),
    )
    values = {mode: (rate.value, rate.n) for mode, rate in found.agreement.items()}
    assert {"text": (0.5, 2), "image": (0.5, 2)} == values


@pytest.mark.parametrize(
    ("html", "md", "expected"),
    [
        (("1", "1"), ("1", "1"), 0.0),
        (("1", "2"), ("1", "1"), 1.0),
        (("1", "1"), ("2", "1"), -1.0),
        (("1", "2"), ("2", "1"), 0.0),
        ((None, "1"), (None, "1"), 0.0),
    ],
)
def test_the_excess_is_what_the_modality_adds(
    html: tuple[str | None, str | None], md: tuple[str | None, str | None], expected: float
) -> None:
    """To what the mere format does: paired by item, of one that has both."""
    found = measured(
        record("a", "html", *html), record("a", "md", *md), record("b", "md", "1", "2")
    )
    rate = found.excess["html", "md"]
    assert (expected, 1) == (rate.value, rate.n)


def test_items_that_belong_together_count_as_their_cluster() -> None:
    """So its interval is wider than that of as many items by themselves."""
    said = [("1", "2") if n < 5 else ("1", "1") for n in range(20)]
    alone, grouped = (
        measured(
            *(record(f"{n}", "html", *pair, names[n]) for n, pair in enumerate(said)),
            *(record(f"{n}", "md", "1", "1", names[n]) for n, _ in enumerate(said)),
        ).excess["html", "md"]
        for names in ([""] * 20, [f"{n // 5}" for n in range(20)])
    )
    assert alone.value == grouped.value == 0.25
    assert (grouped.high or 0) > (alone.high or 0)
