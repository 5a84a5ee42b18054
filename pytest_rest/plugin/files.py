"""Turns the path of a benchmark file into its items and styles; each file is read once."""

import os
from pathlib import Path

from pytest_rest import benchmark, benchmark_file, budgets, prompts, rendering, scoring
from pytest_rest.benchmark_file import Benchmark
from pytest_rest.errors import BenchmarkError, OptionError
from pytest_rest.terms import Item, Scheme, Style


class Files:
    """The benchmark files of one process: each is read once, and no two have the same name."""

    def __init__(self) -> None:
        self.broken: list[str] = []  # node ids of what could not be collected
        self._read: dict[Path, Benchmark] = {}
        self._paths: dict[str, Path] = {}  # by the benchmark's name

    def read(self, path: Path) -> Benchmark:
        """The benchmark in a file; `BenchmarkError` if it cannot be read, or its name is taken.

        A report counts by name: two files of one name would be taken for one.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100 (no links followed: pictures are beside)
        if path not in self._read:
            found = benchmark_file.load(near(path))
            other = self._paths.setdefault(found.name, path)
            if other != path or found.name in benchmark.SUITES:
                by = near(other) if other != path else "a suite"
                raise BenchmarkError(
                    f"{near(path)}: name {found.name!r} is taken by {by}; "
                    "write name: and another one at the top of the file"
                )
            self._read[path] = found
        return self._read[path]


def find(named: str, folder: Path, root: Path) -> Path:
    """The file of that name in the folder, or else in the root; `OptionError` if in neither."""
    places = [start / named for start in (folder, root)]
    for path in places:
        if path.is_file():
            return path
    where = " nor ".join(dict.fromkeys(str(path) for path in places))
    raise OptionError(f"marker rest: no benchmark file {where}; check its path")


def styles(found: Benchmark) -> tuple[Style, ...]:
    """The styles that a file asks for, once each; `RenderingError` if a font is not there."""
    wanted = [rendering.parse_style(name) for name in found.styles]
    for style in wanted:
        rendering.load_font(style.font)
    return tuple(dict.fromkeys(wanted))


def check(item: Item, scheme: Scheme) -> None:
    """Raise `BenchmarkError` for an item that cannot be asked or judged, before it is paid for."""
    scoring.truth(item)
    prompts.check(item, scheme.of(item).modes)
    budgets.check(item, scheme)


def near(path: Path) -> Path:
    """The path from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
