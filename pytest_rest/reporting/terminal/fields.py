"""Turns the figures of fields into lines of text for a terminal, and says where a field flips."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest.metrics.by_field import FieldFigures
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import figures
from pytest_rest.reporting.terminal.figures import cut, first, percent
from pytest_rest.safe_text import shown
from pytest_rest.terms import COMPARED, OCR_MODES, Mode

HEADING = "of each field"
SHOWN = 20
_NAME_WIDTH = 19
_MOST_OF_ITEM = 10


def lines(report: Report) -> Iterator[str]:
    """RER and CFR of each field and where it flips; nothing where no answer has fields."""
    fields = [*worst_first(report.fields).items()]
    if fields:
        yield f"{HEADING}, per cent [95%]"
        yield f"{'':<{_NAME_WIDTH}}{'items':>6} {'RER':<19} {'CFR':<19} flips in"
        yield from first(fields, SHOWN, lambda field: _row(*field))


def worst_first(fields: Mapping[str, FieldFigures]) -> dict[str, FieldFigures]:
    """The fields by their RER, the lowest first."""
    names = figures.worst_first(fields, lambda field: field.metrics["all"].rer)
    return {name: fields[name] for name in names}


def counted(flips: Mapping[Mode, int]) -> str:
    """`image 3, mixed 1`."""
    return ", ".join(f"{mode} {number:,}" for mode, number in flips.items()) or "-"


def of_item(flips: Mapping[str, Sequence[str]], answers: Mapping[str, Any]) -> Iterator[str]:
    """The fields of an item that flip, a line each; `answers` are the `fields` of each form."""
    for name, modes in [*flips.items()][:_MOST_OF_ITEM]:
        values = ", ".join(
            f"{mode} {_value(answers[mode].get(name))}"
            for mode in (*COMPARED, *OCR_MODES)
            if answers.get(mode)
        )
        yield f"{shown(name, 60)} flips in {', '.join(modes)}: {values}"
    if more := len(flips) - _MOST_OF_ITEM:
        yield from [f"and {more} fields more"] if more > 0 else []


def named(flips: Mapping[str, Sequence[str]]) -> str:
    """`total flips in image`, of the first fields."""
    said = [f"{shown(name, 60)} flips in {', '.join(modes)}" for name, modes in flips.items()]
    more = [f"and {len(said) - 3} fields more"] if len(said) > 3 else []
    return "; ".join([*said[:3], *more])


def _value(field: Mapping[str, Any] | None) -> str:
    value = field["value"] if field else None
    return "no answer" if value is None else shown(str(value), 40)


def _row(name: str, field: FieldFigures) -> str:
    metrics = field.metrics["all"]
    name = cut(shown(name, 100), _NAME_WIDTH - 1)
    rates = f"{percent(metrics.rer):<19} {percent(metrics.cfr):<19}"
    return f"{name:<{_NAME_WIDTH}}{metrics.items:>6} {rates} {counted(field.flips)}"
