"""Checks what models say of their answers: counts and costs are data, and may be anything."""

from dataclasses import replace
from typing import Any

from pytest_rest.credentials import masked
from pytest_rest.terms import Completion

_MOST = 10_000_000


def token_count(value: object) -> int | None:
    """A count from 0 to 10 million; None, which is "not reported", for anything else."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST else None


def amount(value: object) -> float | None:
    """Dollars or seconds, from 0 to 10 million; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= _MOST else None


def checked(completion: Completion) -> Completion:
    """The completion with only such numbers as can be, and without the keys that are known.

    `TypeError` if a text is not a text.
    """
    for name in ("text", "finish_reason", "model"):
        if not isinstance(value := getattr(completion, name), str):
            raise TypeError(f"{name} of a completion is {type(value).__name__}, not str")
    if not isinstance(completion.error, str | None):
        raise TypeError(f"error of a completion is {type(completion.error).__name__}, not str")
    return replace(
        completion,
        text=masked(completion.text),
        finish_reason=masked(completion.finish_reason),
        model=masked(completion.model),
        error=completion.error and masked(completion.error),
        input_tokens=token_count(completion.input_tokens),
        output_tokens=token_count(completion.output_tokens),
        cost=amount(completion.cost),
        seconds=amount(completion.seconds) or 0.0,
    )


def from_builtins(data: Any) -> Completion | None:
    """The completion of a stored row; None where its types are not those of one."""
    try:
        return checked(Completion(**data))
    except TypeError:
        return None
