"""Which reason of lost items a reader has to know first."""

from collections.abc import Sequence

import pytest

from pytest_rest.reporting import why_lost

DEAD = "asking ended: outage: 12 requests in a row: server error: HTTP 500"
SPENT = "asking ended: the budget of 500 calls is spent (--rest-max-calls)"
ABSENT = "no record came back: it did not run, or its worker crashed"


@pytest.mark.parametrize(
    ("reasons", "first"),
    [
        ([], ""),
        ([ABSENT], ABSENT),
        ([ABSENT] * 24 + [f"text: {DEAD}; image: {DEAD}"], DEAD),
        (
            [ABSENT] * 24 + [f"text: {SPENT}; image: {SPENT}"],
            "the budget of 500 calls was spent after 120 of 200 items (--rest-max-calls)",
        ),
        (["image: timeout: 5 s"] * 2 + ["text: server error: x; mixed: y"], "mostly timeout: 5 s"),
        (["transcription of mixed: refused\x1b[2J"], "refused\\x1b[2J"),
    ],
)
def test_the_true_reason(reasons: Sequence[str], first: str) -> None:
    """Why asking ended, before what followed from it; otherwise what all of them have, or most."""
    assert first == why_lost.first(reasons, 120, 200)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            f"image: {DEAD}; transcription of mixed: {DEAD}",
            f"image, transcription of mixed: {DEAD}",
        ),
        ("image: timeout: 5 s; mixed: refused", "image: timeout: 5 s; mixed: refused"),
        ("image: timeout: 5 s", "image: timeout: 5 s"),
        (f"see; image: {DEAD}; mixed: {DEAD}", f"see; image: {DEAD}; mixed: {DEAD}"),
        (ABSENT, ABSENT),
        ("", ""),
    ],
)
def test_forms_that_failed_alike_are_told_together(reason: str, said: str) -> None:
    """What they have in common once."""
    assert said == why_lost.briefly(reason)
