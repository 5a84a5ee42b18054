"""Parses the budgets of thinking that a user names, and checks what is asked under them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pytest_rest.errors import BenchmarkError, OptionError, nearest
from pytest_rest.terms import CONTROLS, TWO_PASSES, Budget, Control, Item, Scheme

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh")  # the least first
MOST_TOKENS = 100_000
_EXAMPLE = "such as 0,100,300,600,1200"


def parse(text: str, control: str) -> tuple[Budget, ...]:
    """The budgets in `0,100,300`, or in `low,high`; `OptionError` says what is wrong with them.

    They ascend: tokens, which are forced or native, or words, which are native.
    """
    check_control(control)
    words = [word.strip() for word in text.split(",")]
    chosen: Control = "native" if control == "native" else "forced"
    if all(re.fullmatch(r"\d{1,6}", word) and int(word) <= MOST_TOKENS for word in words):
        _check_order(words, [int(word) for word in words])
        return tuple(Budget(int(word), chosen) for word in words)
    for word in words:
        if word not in EFFORTS:
            raise OptionError(
                f"--rest-reasoning-budgets: {word!r} is not a budget; give numbers of tokens up to "
                f"{MOST_TOKENS:,}, {_EXAMPLE}, or efforts, {', '.join(EFFORTS)}"
                f"{nearest(word, EFFORTS)}"
            )
    if chosen == "forced":
        raise OptionError(
            f"--rest-reasoning-budgets {text!r}: only an endpoint can hold an effort; give "
            f"--rest-reasoning-control=native with it, or numbers of tokens, {_EXAMPLE}"
        )
    _check_order(words, [EFFORTS.index(word) for word in words])
    return tuple(Budget(word, chosen) for word in words)


def check_control(control: str) -> None:
    """Raise `OptionError` for an unknown way to enforce budgets."""
    if control not in CONTROLS:
        raise OptionError(
            f"--rest-reasoning-control {control!r} is unknown; give one of {', '.join(CONTROLS)}"
            f"{nearest(control, CONTROLS)}"
        )


def check_scheme(scheme: Scheme) -> None:
    """Raise `OptionError` for settings that do not go with budgets."""
    if scheme.sweep is None:
        return
    if scheme.repeats > 1:
        raise OptionError(
            "--rest-reasoning-budgets asks each form once a budget; leave --rest-repeats out"
        )
    if TWO_PASSES in scheme.modes:
        raise OptionError(
            f"--rest-modes={TWO_PASSES} does not go with budgets; leave it or "
            "--rest-reasoning-budgets out"
        )


def check(item: Item, scheme: Scheme) -> None:
    """Raise `BenchmarkError` for an item that needs budgets, or a judge, and has none."""
    if item.only and scheme.sweep is None:
        raise BenchmarkError(
            f"{item.suite} is asked under budgets of thinking; give --rest-reasoning-budgets, "
            f"{_EXAMPLE}"
        )
    if item.answer_kind == "open" and not (scheme.sweep and scheme.sweep.has_judge):
        raise BenchmarkError(
            f"{item.suite} has open answers, such as that of {item.id!r}, which a judge must rate; "
            "name a model for it: --rest-judge=SPEC"
        )


def _check_order(words: Sequence[str], sizes: Sequence[int]) -> None:
    for (word, size), (after, larger) in pairwise(zip(words, sizes, strict=True)):
        if larger <= size:
            raise OptionError(
                f"--rest-reasoning-budgets: {after!r} comes after {word!r}; give each once, the "
                "least first"
            )
