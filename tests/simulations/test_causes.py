"""What reading explains is what was planted: none of it, three eighths, and all."""

import os

import numpy as np
import pytest

from pytest_rest import scoring
from pytest_rest.metrics import failure_causes, reading
from pytest_rest.metrics.agreement import Group
from pytest_rest.terms import Answer, Mode, Record, Transcription

pytestmark = pytest.mark.costly
RUNS = 2_000 if os.environ.get("ALL_TESTS") else 200
N = 120
MODES: tuple[Mode, ...] = ("text", "image", "ocr-then-solve")


def record(image: str, transcribed: str, read: bool = True) -> Record:
    """An item that is right as text."""
    values = ("1", image, transcribed)
    answers = [Answer(m, "parsed", "", v, v == "1") for m, v in zip(MODES, values, strict=True)]
    said = Transcription("parsed", "", "", 0.0 if read else 0.1, read)
    return Record("s", "i", "x", "d", "1", scoring.judge(answers, said))


@pytest.mark.parametrize(
    ("by_reading", "otherwise", "twice"),
    [(0.0, 0.4, 0.0), (0.15, 0.25, 0.0), (0.4, 0.0, 0.0), (0.2, 0.2, 0.1)],
)
def test_the_planted_share_is_recovered(by_reading: float, otherwise: float, twice: float) -> None:
    """Items that differ since they were read so, and others; where the two readings differ, less.

    `twice` is the share of all items whose image form was read wrongly by itself.
    """
    draws = np.random.default_rng(3)
    kinds = [record("1", "1"), record("2", "2", read=False), record("2", "1"), record("2", "1")]
    shares = [by_reading - twice, otherwise, twice]
    planted = by_reading / (by_reading + otherwise)
    values, held, below = [], 0, 0
    for _ in range(RUNS):
        drawn = draws.choice(4, N, p=[1 - sum(shares), *shares])
        found = reading.share([Group([kinds[kind]]) for kind in drawn])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        values.append(found.value)
        held += found.low <= planted <= found.high
        below += found.low <= planted
    if twice:
        assert np.mean(values) < planted - 0.1
        assert below / RUNS >= 0.97
    else:
        assert planted == pytest.approx(np.mean(values), abs=0.015)
        assert 0.93 <= held / RUNS
        assert planted in (0, 1) or held / RUNS <= 0.98


def test_errors_that_play_no_part_are_no_cause() -> None:
    """A third of the pictures is transcribed wrongly, and no answer depends on it: they stand in
    the counts of what failed, and reading explains nothing."""
    draws = np.random.default_rng(4)
    wrong, read = draws.random(900) < 0.4, draws.random(900) > 0.35
    records = [record("2" if w else "1", "1", bool(r)) for w, r in zip(wrong, read, strict=True)]
    groups = [Group([each]) for each in records]
    counted = [failure_causes.cause(group) for group in groups]
    transcribed_wrongly = counted.count("misread") / sum(each is not None for each in counted)
    assert 0.3 < transcribed_wrongly < 0.4
    found = reading.share(groups)
    assert found is not None
    assert found.high is not None
    assert (0, True) == (found.value, found.high < 0.03)
