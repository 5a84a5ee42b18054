"""Turns items, styles and the formats of tables into what is asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_rest.dispatch.prefetch import Case
from pytest_rest.errors import OptionError
from pytest_rest.terms import Item, Style

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
