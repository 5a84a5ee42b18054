"""Turns items, styles and the formats of tables into what is asked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_rest.benchmark.stored import StoredAnswers
from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError
from pytest_rest.gate import thresholds
from pytest_rest.gate.thresholds import Threshold
from pytest_rest.terms import Item, Mode, Style

StylesOf = Callable[[Item], Iterable[Style]]


def cases(
    items: Iterable[Item], styles_of: StylesOf, formats: Sequence[str] | None
) -> Iterator[Case]:
    """Each item in each of its styles, and where it has a table each of these in every format."""
    for item in items:
        written = formats if item.table and formats else ("",)
        for style in styles_of(item):
            yield from ((item, replace(style, format=name) if name else style) for name in written)


def check(formats: Sequence[str] | None, styles: Iterable[Style]) -> None:
    """Raise `OptionError` where none of the styles that are asked has a format."""
    asked = iter(styles) if formats else iter(())
    if (first := next(asked, None)) and not (first.format or any(each.format for each in asked)):
        raise OptionError(
            "--rest-table-formats: no item has a table; ask some that do, such as "
            "--rest-suite=tables, or leave it out"
        )


def check_thresholds(
    asked: Iterable[Threshold],
    formats: Sequence[str],
    modes: Collection[Mode],
    stored: StoredAnswers | None,
) -> None:
    """Raise `OptionError` for a threshold on what formats do that these do not tell."""
    mend = "leave it out" if stored else "give two or more, --rest-table-formats=markdown,html"
    thresholds.check_formats(asked, formats, modes, mend)
