"""How much reading explains: by hand, at both ends, and by Fieller's equation."""

import math
from collections.abc import Sequence
from statistics import fmean

import pytest
from scipy import stats

from pytest_rest import scoring
from pytest_rest.metrics import reading
from pytest_rest.metrics.agreement import by_item
from pytest_rest.metrics.reading import Explained
from pytest_rest.terms import Answer, Mode, Record

ALIKE, READ, SOLVED = ("1", "1", "1"), ("1", "2", "2"), ("1", "2", "1")


def record(
    name: object, values: Sequence[str | None], suite: str = "a", style: str = "s"
) -> Record:
    """An item's values as text, as an image, and as the transcription of that."""
    modes: tuple[Mode, ...] = ("text", "image", "ocr-then-solve")
    answers = [
        Answer(mode, "parsed" if value else "refused", "", value, value == "1")
        for mode, value in zip(modes, values, strict=False)
    ]
    return Record(suite, str(name), style, "digest", "1", scoring.judge(answers))


def explained(items: Sequence[Sequence[str | None]]) -> Explained:
    """What reading explains of these items."""
    found = reading.share(by_item(record(n, values) for n, values in enumerate(items)))
    assert found is not None
    return found


def test_the_share_by_hand() -> None:
    """Of eight that differ, three were read so, and five answer their own words otherwise."""
    found = explained([ALIKE] * 12 + [READ] * 3 + [SOLVED] * 5)
    assert (3 / 8, 20, 8, 5) == pytest.approx(
        (found.value, found.n, found.differing, found.remaining)
    )
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < 3 / 8 < found.high < 1


def test_bounds_solve_fiellers_equation() -> None:
    """At a bound, what remains is just significantly another share; with two items more."""
    found = explained([ALIKE] * 52 + [READ] * 15 + [SOLVED] * 25)
    before = [0.0] * 52 + [1.0] * 40 + [1.0, 1.0]
    after = [0.0] * 52 + [0.0] * 15 + [1.0] * 25 + [0.0, 1.0]
    for bound in (found.low, found.high):
        assert bound is not None
        off = [y - (1 - bound) * x for y, x in zip(after, before, strict=True)]
        error = math.sqrt(fmean((each - fmean(off)) ** 2 for each in off) / (len(off) - 1))
        assert stats.t.isf(0.025, len(off) - 1) == pytest.approx(abs(fmean(off)) / error)


@pytest.mark.parametrize(("kind", "value"), [(READ, 1.0), (SOLVED, 0.0)])
def test_all_or_none_still_has_a_width(kind: Sequence[str], value: float) -> None:
    """Twenty items that all tell the same leave room for others."""
    found = explained([ALIKE] * 30 + [kind] * 20)
    assert found.low is not None
    assert found.high is not None
    assert value == found.value
    assert 0.05 < found.high - found.low < 0.3
    assert value in (found.low, found.high)


def test_a_transcription_that_is_worse_explains_nothing() -> None:
    """More differs after it than before: cut at 0, and the two numbers tell."""
    found = explained([("1", "1", "2")] * 9 + [SOLVED] * 3)
    assert (0, 3, 12) == (found.value, found.differing, found.remaining)


def test_few_items_that_differ_tell_nothing() -> None:
    """Of one the share may be anything; of none it is not defined."""
    one = explained([ALIKE] * 30 + [READ])
    assert (1.0, 0.0, 1.0) == (one.value, one.low, one.high)
    assert None is reading.share(by_item(record(n, ALIKE) for n in range(9)))
    assert None is reading.share(by_item([record(1, ("1", "2"))]))


def test_no_answer_differs_from_everything() -> None:
    """As in RER: a refusal in both is not agreement."""
    found = explained([(None, None, None), ("1", None, None), ("1", "2", None), READ])
    assert (4, 3) == (found.differing, found.remaining)


def test_styles_are_averaged_within_their_item() -> None:
    """Half of the first item's styles differ, and that half was read so."""
    found = reading.share(by_item([record(1, READ), record(1, ALIKE, style="t"), record(2, ALIKE)]))
    assert found is not None
    assert (2, 0.5, 0) == (found.n, found.differing, found.remaining)


def test_by_suite_and_pooled() -> None:
    """Each by its own items; nothing where the form was not asked."""
    records = [record(1, READ), record(2, SOLVED), record(1, SOLVED, "b")]
    found = reading.explained(records)
    values = {scope: part and part.value for scope, part in found.items()}
    assert {"a": 1 / 2, "b": 0, "pooled": pytest.approx(1 / 3)} == values
    assert {} == reading.explained([record(1, ("1", "2"))])
