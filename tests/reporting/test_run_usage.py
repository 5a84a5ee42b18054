"""What a run took: each prompt's call once, however many records show it."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pytest_rest import scoring
from pytest_rest.reporting import usage
from pytest_rest.reporting.calls import calls, once
from pytest_rest.terms import Answer, Completion, Record

NUMBERS = st.none() | st.integers(0, 10**6)
COSTS = st.none() | st.floats(0, 10) | st.just(0)
ANSWERS = st.builds(
    Answer,
    mode=st.sampled_from(["text", "image"]),
    status=st.sampled_from(["parsed", "failed"]),
    text=st.sampled_from(["", "asking ended: the budget of 3 calls is spent", "3"]),
    prompt=st.sampled_from("abcdefgh"),
    input_tokens=NUMBERS,
    output_tokens=NUMBERS,
    cost=COSTS,
    cached_tokens=NUMBERS,
    cache_saved=COSTS,
)


@given(st.lists(st.lists(ANSWERS, min_size=1, max_size=3), max_size=6), st.integers(0, 2))
def test_each_prompt_counts_once(asked: Sequence[Sequence[Answer]], n: int) -> None:
    """With what was answered and has no test; a figure is whole, or not known."""
    records = [
        Record("s", str(place), "style", "d", "3", scoring.judge(answers))
        for place, answers in enumerate(asked)
    ]
    spare = [Completion("3", input_tokens=5, output_tokens=7, cost=0.25)] * n
    last = {call.prompt: call for record in records for call in calls(record)}
    answered = [*spare, *(call for call in last.values() if call.status != "failed")]
    used = usage.of(records, spare, 3, {"seconds": 1.0})
    assert sum(map(usage.is_sent, last.values())) + n == used["calls"]
    for name in ("input_tokens", "output_tokens", "cost"):
        assert total([getattr(each, name) for each in answered]) == used[name]
    cached = [each for each in answered if each.cached_tokens]
    assert (sum(each.cached_tokens or 0 for each in cached) or None) == used.get("cached_tokens")
    assert total([each.cache_saved for each in cached]) == used.get("cache_saved")
    assert sorted(last) == sorted(call.prompt for call in once(records))


def total(values: Sequence[float | None]) -> float | None:
    """Their sum, exactly rounded; None of none, and where one is not known."""
    known = [value for value in values if value is not None]
    return math.fsum(known) if known and len(known) == len(values) else None
