"""Checks what is asked under budgets of thinking, and whether a judge is there and needed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pytest_rest.errors import OptionError
from pytest_rest.prompts import thinking_budgets
from pytest_rest.terms import Item, Scheme


def compared(
    scheme: Scheme, known: Sequence[Item], *, is_named: bool, is_benchmark: bool
) -> Scheme:
    """The scheme of a run with a judge; it compares answers where there are no budgets.

    A judge of the ini file does so only where one of the known items needs it.
    """
    is_needed = any(item.equivalence for item in known)
    if scheme.sweep is None and is_named and is_benchmark and not is_needed:
        raise OptionError(
            "--rest-judge rates answers that are given under budgets; give --rest-reasoning-budgets"
            ", or items with equivalence: judge"
        )
    return replace(scheme, has_judge=scheme.sweep is None and (is_named or is_needed))


def check(items: Iterable[Item], scheme: Scheme, *, is_compared: bool) -> None:
    """Raise for what cannot be asked under budgets, or without them, or compared."""
    for item in items:
        thinking_budgets.check(item, scheme)
        if item.only and is_compared:
            raise OptionError(
                f"--rest-baseline compares how forms agree, and items of {item.suite} have one "
                "form; leave one of them out"
            )
