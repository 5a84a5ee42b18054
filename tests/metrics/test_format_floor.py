"""What the mere format of a text does, and what pictures add to it, of answers that are planted."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import metrics
from pytest_rest.metrics import format_findings, format_floor, formats
from pytest_rest.metrics.agreement import by_item
from pytest_rest.metrics.format_floor import in_formats
from pytest_rest.metrics.formats import Formats
from pytest_rest.terms import Answer, Mode, Record, Verdict

Said = Mapping[str, tuple[str | None, str | None]]  # as text and as a picture, by format
ANSWERS = st.sampled_from(["1", "1", "2", None])
SAID = st.fixed_dictionaries({name: st.tuples(ANSWERS, ANSWERS) for name in ("csv", "html", "tex")})


def records(item: str, said: Said, cluster: str = "", again: str = "") -> list[Record]:
    """An item's answers, and those to its texts when they are asked `again`, a letter each."""
    kept = []
    for name, values in said.items():
        pairs = zip(("text", "image"), values, strict=True)
        answers: dict[Mode, Answer] = {
            mode: Answer(mode, "parsed", "", value, value == "1")  # type: ignore[misc, arg-type]
            for mode, value in pairs
        }
        repeats: Mapping[Mode, tuple[Answer, ...]]
        repeats = {"text": tuple(Answer("text", "parsed", "", value) for value in again)}
        agree = values[0] is not None and values[0] == values[1]
        verdict = Verdict("consistent" if agree else "inconsistent", answers, repeats=repeats)
        kept.append(Record("s", item, name, item, "1", verdict, cluster=cluster, format=name))
    return kept


def measured(listed: Sequence[Record]) -> Formats:
    """What they show."""
    found = formats.measure(listed, metrics.table(listed))
    assert found is not None
    return found


ALIKE = dict.fromkeys(("csv", "html", "tex"), ("1", "1"))


@pytest.mark.parametrize(
    ("said", "floor", "excess"),
    [
        (ALIKE, 0.0, 0.0),
        ({**ALIKE, "tex": ("2", "2")}, 2 / 3, -2 / 3),
        ({**ALIKE, "tex": ("2", "3")}, 2 / 3, -1 / 3),
        ({**ALIKE, "tex": ("1", "2")}, 0.0, 1 / 3),
        (dict.fromkeys(ALIKE, ("1", "2")), 0.0, 1.0),
        (dict.fromkeys(ALIKE, (None, None)), 1.0, 0.0),
    ],
)
def test_an_items_own_figures(said: Said, floor: float, excess: float) -> None:
    """Over all pairs of its formats; no answer agrees with nothing."""
    rates = metrics.compute(records("a", said))
    assert rates.format_floor is not None
    assert rates.modality_excess is not None
    assert floor == pytest.approx(rates.format_floor.value)
    assert excess == pytest.approx(rates.modality_excess.value)
    assert 1 == rates.format_floor.n == rates.modality_excess.n


@given(st.lists(SAID, min_size=1, max_size=6))
def test_the_excess_is_the_mean_of_that_over_each_other_format(items: list[Said]) -> None:
    """And the floor that of the floors of the pairs."""
    found = measured([r for n, said in enumerate(items) for r in records(str(n), said)])
    assert found.modality_excess is not None
    assert found.format_floor is not None
    excess, floor = (
        [rate.value for rate in rates.values()] for rates in (found.excess, found.floor)
    )
    assert (6, 3) == (len(excess), len(floor))
    assert found.modality_excess.value == pytest.approx(sum(excess) / 6)
    assert found.format_floor.value == pytest.approx(sum(floor) / 3)


def test_what_is_drawn_with_rules_is_markdown_as_text() -> None:
    """So these two have no format floor, and the others count it once."""
    twin = {"ruled": ("1", "2"), "markdown": ("1", "1")}
    alone = metrics.compute(records("a", twin))
    assert alone.format_floor is None
    assert alone.modality_excess is None
    assert "format_floor" not in alone.to_builtins()
    found = measured(records("a", {**twin, "html": ("3", "3")}))
    assert [("html", "markdown")] == [*found.floor]
    assert {("html", "markdown"), ("markdown", "html"), ("ruled", "html")} == {*found.excess}
    assert found.modality_excess is not None
    assert pytest.approx((-1 - 1 + 0) / 3) == found.modality_excess.value


def test_what_a_format_adds_to_the_noise() -> None:
    """Two texts in one format differ in two of three pairs, and so do those in two formats."""
    noisy = records("a", {"csv": ("1", "1"), "tex": ("1", "1")}, again="12")
    rate = measured(noisy).beyond_noise
    assert rate is not None
    assert 4 / 9 - 2 / 3 == pytest.approx(rate.value)
    assert measured(records("a", ALIKE)).beyond_noise is None


def test_items_that_belong_together_count_as_their_cluster() -> None:
    """Ten items in two clusters say less than ten."""
    said = [dict.fromkeys(ALIKE, ("1", "2")) if n < 5 else ALIKE for n in range(10)]

    def width(clusters: int) -> float:
        listed = [
            r for n, each in enumerate(said) for r in records(str(n), each, str(n // clusters))
        ]
        rate = metrics.compute(listed).modality_excess
        assert rate is not None
        assert rate.low is not None
        assert rate.high is not None
        return rate.high - rate.low

    assert width(5) > width(1)


def test_a_mean_over_suites_is_of_those_with_formats() -> None:
    """A suite without a table has neither figure, and takes none from the others."""
    tables = metrics.compute(records("a", {**ALIKE, "tex": ("2", "2")}))
    others = metrics.compute([])
    assert tables.modality_excess == metrics.mean([tables, others]).modality_excess
    assert metrics.mean([others]).modality_excess is None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (ALIKE, "no format and no picture clearly differs from the others"),
        ({**ALIKE, "tex": ("2", "3")}, "tex is where it differs, as text"),
        (dict.fromkeys(ALIKE, ("1", "2")), "pictures are where it differs, in every format"),
        ({**ALIKE, "tex": ("1", "2")}, "pictures are where it differs, most in tex"),
        (
            {"csv": ("1", "2"), "html": ("1", "2"), "tex": ("3", "3")},
            "both differ: tex as text, and pictures",
        ),
    ],
)
def test_what_differs_is_named(said: Said, sentence: str) -> None:
    """Of 40 items, three in four of which are answered so."""
    listed = [r for n in range(40) for r in records(str(n), said if n % 4 else ALIKE)]
    findings = measured(listed).findings
    assert sentence == format_findings.sentence(findings)
    kept = [format_findings.Finding.from_builtins(each.to_builtins()) for each in findings]
    assert [*findings] == kept


def test_one_item_names_nothing() -> None:
    """However it was answered."""
    listed = records("a", {**ALIKE, "tex": ("2", "3")})
    assert not any(each.is_clear for each in measured(listed).findings)


def test_of_two_formats_nobody_can_tell_which_differs() -> None:
    """But pictures may differ from both."""
    findings = format_findings.find(by_item(records("a", {"csv": ("1", "2"), "tex": ("3", "3")})))
    assert ["pictures"] == [each.what for each in findings]


def test_a_format_without_a_picture_has_no_excess_of_its_own() -> None:
    """The other one has, beyond its text."""
    csv, tex = records("a", {"csv": ("1", "1"), "tex": ("2", "2")})
    del tex.verdict.answers["image"]  # type: ignore[attr-defined]
    item = in_formats([csv, tex])
    assert (1.0, -1.0) == (item.floor, item.excess)


@pytest.mark.parametrize(
    ("metric", "names", "modes", "why"),
    [
        ("format_floor", ["ruled", "markdown"], ["text", "image"], format_floor.ONE_TEXT),
        ("format_floor", ["html", "csv"], ["text", "mixed"], ""),
        ("modality_excess", ["html", "csv"], ["text", "mixed"], "no answer is to the form image"),
        ("format_floor", ["html", "csv"], ["image", "mixed"], "no answer is to the form text"),
    ],
)
def test_what_formats_do_not_tell(
    metric: str, names: list[str], modes: list[Mode], why: str
) -> None:
    """Known before anything is asked."""
    assert why == format_floor.unmeasured(metric, names, modes)
