"""How often a judge agrees with itself over the pairs of a run."""

from pytest_rest.metrics import judge_agreement
from pytest_rest.statistics.intervals import mean_share
from pytest_rest.terms import Comparison, Record, Said, Verdict


def compared(item: str, *pairs: tuple[str, str, Said, Said], style: str = "x") -> Record:
    """A record with these comparisons."""
    made = tuple(Comparison("text", "image", *pair) for pair in pairs)
    return Record("s", item, style, "d", "R", Verdict("consistent", {}, comparisons=made))


def test_each_pair_counts_once() -> None:
    """In whichever style and order it comes again; those of one item belong together."""
    records = [
        compared("i", ("a", "b", "same", "same"), ("a", "c", "same", "different")),
        compared("i", ("b", "a", "same", "same"), ("b", "c", "different", "different"), style="y"),
        compared("j", ("a", "b", "same", "same")),
    ]
    found = judge_agreement.measure(records)
    assert found is not None
    assert {"same": 2, "different": 1, "unsure": 1} == found.verdicts
    assert mean_share([1, 0, 1, 1], ["s/i"] * 3 + ["s/j"]) == found.self_agreement
    assert (0.75, 4) == (found.self_agreement.value, found.self_agreement.n)
    assert found == judge_agreement.measure(records[::-1])


def test_without_a_judge_there_is_none() -> None:
    """Nor of items whose answers were all equal."""
    assert judge_agreement.measure([compared("i")]) is None
