"""Turns the comparison of several models into lines for a terminal, and into JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pytest_rest.gate import paired_runs
from pytest_rest.gate.baseline import few
from pytest_rest.gate.several_runs import PairDifference, SeveralRuns
from pytest_rest.reporting.terminal.figures import signed
from pytest_rest.safe_text import shown
from pytest_rest.wording import count, interval, metric

SCHEMA = "pytest-rest/comparison-of-several/1"
ALONE = {
    "alone_right": "right in all forms, where no other is",
    "alone_wrong": "not right in all forms, where all others are",
}


def lines(known: SeveralRuns) -> Iterator[str]:
    """The models by number, each figure's table of pairs, and who alone is right; in 80 columns."""
    yield from (f"{place}: {shown(model, 70)}" for place, model in enumerate(known.models, 1))
    yield f"{count(known.n, 'item')} judged in all {len(known.models)} runs"
    if said := styles(known):
        yield said
    yield f"{'points [95%]':<15} items {'change':<21} worse better       p    Holm"
    for name, differences in known.differences.items():
        yield metric(name)
        yield from map(_row, differences)
    pairs = len(known.models) * (len(known.models) - 1) // 2
    yield f"Holm: p of a figure for all {pairs} pairs together; p is of two sides"
    for attribute, heading in ALONE.items():
        yield f"{heading}:"
        for place, items in enumerate(getattr(known, attribute), 1):
            yield f"  {place}: {alone(items)}"


def styles(known: SeveralRuns) -> str:
    """In which styles all are compared, where some were asked in others; or an empty text."""
    if not known.other_styles:
        return ""
    return shown(paired_runs.in_styles(known.styles, known.other_styles), 500)


def alone(items: Sequence[str]) -> str:
    """`2 items: a/i1, a/i2`."""
    names = f": {shown(few(items), 400)}" if items else ""
    return f"{count(len(items), 'item')}{names}"


def change(difference: PairDifference) -> str:
    """`-10.1 [-14.0, -6.2]`, the second model's figure less the first one's."""
    moved = difference.change
    return "-" if moved.value is None else interval(moved.value, moved.low, moved.high, signed)


def _row(difference: PairDifference) -> str:
    moved, pair = difference.change, f"{difference.other + 1} less {difference.one + 1}"
    flips = f"{moved.worse:>5} {moved.better:>6} {difference.p:>7.2g} {difference.p_adjusted:>7.2g}"
    return f"  {pair:<13} {moved.n:>5} {change(difference):<21} {flips}"


def to_builtins(known: SeveralRuns, paths: Sequence[str]) -> dict[str, Any]:
    """All of it, as `pytest-rest compare --json` prints it."""
    return {
        "schema": SCHEMA,
        "models": [
            {
                "model": model,
                "path": path,
                "alone_right": [*known.alone_right[place]],
                "alone_wrong": [*known.alone_wrong[place]],
            }
            for place, (model, path) in enumerate(zip(known.models, paths, strict=True))
        ],
        "items": known.n,
        "styles": [*known.styles],
        "other_styles": [*known.other_styles],
        "differences": {
            name: [asdict(each) for each in differences]
            for name, differences in known.differences.items()
        },
    }
