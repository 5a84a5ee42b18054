"""Turns a benchmark file, as a marker or a suite names it, into its path, styles and faults."""

import warnings
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pytest_rest import rendering, scoring
from pytest_rest.benchmark import near
from pytest_rest.benchmark.file import Benchmark
from pytest_rest.errors import BenchmarkError, OptionError, RestError
from pytest_rest.models.seen import shrink
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.prompts import thinking_budgets
from pytest_rest.rendering.pictures import Facts
from pytest_rest.terms import Item, Scheme, Style

_HALF = 0.5  # of a picture's sides, below which print that was legible may be no more


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


def warn(
    benchmarks: Mapping[Path, Benchmark],
    rule: VisionRule,
    left_out: Container[tuple[str, str]] = (),
) -> None:
    """Warn of pictures that may not be what their owner means, at the lines that name them.

    Those of items that are `left_out` are not asked.

    Raises `BenchmarkError` where warnings are errors.
    """
    for path, benchmark in benchmarks.items():
        for picture in benchmark.pictures:
            if (benchmark.name, picture.item) in left_out:
                continue
            for remark in (*picture.facts.remarks, *_of_size(picture.facts, rule)):
                said = f"item {picture.item!r}: picture {picture.name!r} {remark}"
                try:
                    warning = pytest.PytestWarning(f"REST: {said}")
                    warnings.warn_explicit(warning, None, str(path), picture.line)
                except pytest.PytestWarning:
                    raise BenchmarkError(f"{near(path)}:{picture.line}: {said}") from None


def _of_size(facts: Facts, rule: VisionRule) -> Iterator[str]:
    """Whether a picture that is taken is shrunk to less than half a side."""
    (width, height), seen = facts.size, rule.seen(*facts.size)
    if seen is not None and shrink(facts.size, seen) < _HALF:
        has = f"has {width:,} x {height:,} pixels"
        yield f"{has}, of which the model sees {seen[0]:,} x {seen[1]:,}; cut out what matters"


def check(items: Iterable[Item], scheme: Scheme, where: str = "") -> None:
    """Raise `BenchmarkError` for an item that cannot be judged, before it is paid for.

    `where` comes before what is wrong: the file's path, a colon and a blank.
    """
    for item in items:
        try:
            if item.answer or item.tolerance:
                scoring.truth(item)
            thinking_budgets.check(item, scheme)
        except RestError as error:
            raise BenchmarkError(f"{where}{error}") from None
