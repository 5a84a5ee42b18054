"""Turns a benchmark file, as a marker or a suite names it, into its path, styles and faults."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_rest import rendering, scoring
from pytest_rest.errors import BenchmarkError, OptionError, RestError
from pytest_rest.prompts import thinking_budgets
from pytest_rest.terms import Item, Scheme, Style


def find(named: str, folder: Path, root: Path) -> Path:
    """The file of that name in the folder, or else in the root; `OptionError` if in neither."""
    places = [start / named for start in (folder, root)]
    for path in places:
        if path.is_file():
            return path
    where = " nor ".join(dict.fromkeys(str(path) for path in places))
    raise OptionError(f"marker rest: no benchmark file {where}; check its path")


def styles(names: Sequence[str]) -> tuple[Style, ...]:
    """The styles that a file asks for, once each; `RenderingError` if a font is not there."""
    wanted = [rendering.parse_style(name) for name in names]
    for style in wanted:
        rendering.load_font(style.font)
    return tuple(dict.fromkeys(wanted))


def check(items: Iterable[Item], scheme: Scheme, where: str = "") -> None:
    """Raise `BenchmarkError` for an item that cannot be judged, before it is paid for.

    `where` comes before what is wrong: the file's path, a colon and a blank.
    """
    for item in items:
        try:
            scoring.truth(item)
            thinking_budgets.check(item, scheme)
        except RestError as error:
            raise BenchmarkError(f"{where}{error}") from None
