"""Adds up what calls took in tokens and dollars."""

import math
from array import array
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from pytest_rest.dispatch import ENDED
from pytest_rest.dispatch.budgets import SPENT
from pytest_rest.reporting.calls import Call, once
from pytest_rest.terms import Completion, Record


def of(
    records: Collection[Record], spare: Sequence[Completion], retries: int, told: Mapping[str, Any]
) -> dict[str, Any]:
    """The report's `usage`, with what is `told` after the sums.

    A prompt that several tests share counts once; one that was answered and whose test did not run
    counts too. A figure that some answered call did not report is None. `cached_tokens` were in the
    provider's own cache, where some were.
    """
    number, cached = 0, 0
    sent, written, cost, saved = _Sum(), _Sum(), _Sum(), _Sum()
    for call in chain(spare, once(records)):
        number += is_sent(call)
        if not isinstance(call, Completion) and call.status == "failed":
            continue
        sent.add(call.input_tokens)
        written.add(call.output_tokens)
        cost.add(call.cost)
        if call.cached_tokens:
            cached += call.cached_tokens
            saved.add(call.cache_saved)
    return {
        "calls": number,
        "retries": retries,
        "input_tokens": sent.total,
        "output_tokens": written.total,
        "cost": cost.total,
        **told,
        **({"cached_tokens": cached, "cache_saved": saved.total} if cached else {}),
    }


def is_sent(call: Call | Completion) -> bool:
    """Whether a budget had room for the call."""
    if isinstance(call, Completion):
        return True
    return not (call.status == "failed" and call.text.startswith(f"{ENDED}{SPENT}"))


class _Sum:
    """Of numbers that are added one by one; None of none, and where one is not known."""

    def __init__(self) -> None:
        self._whole, self._others = 0, array("d")
        self._is_known: bool | None = None

    def add(self, value: float | None) -> None:
        self._is_known = value is not None and self._is_known is not False
        if isinstance(value, float):
            self._others.append(value)
        else:
            self._whole += value or 0

    @property
    def total(self) -> float | None:
        if not self._is_known:
            return None
        return math.fsum([*self._others, self._whole]) if self._others else self._whole
