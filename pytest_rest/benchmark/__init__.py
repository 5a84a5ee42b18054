"""Loads the items of the suite, file or folder that a user names."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_rest import extensions
from pytest_rest.benchmark import file
from pytest_rest.benchmark.file import ENDINGS, Benchmark
from pytest_rest.benchmark.suites import (
    arc,
    gsm8k,
    gsm_symbolic,
    hub,
    mgsm,
    mmlu,
    rh_bench,
    rows,
    soebench,
    tables,
)
from pytest_rest.errors import BenchmarkError, RestError, nearest, one_line
from pytest_rest.terms import Item, fingerprint

DEFAULT = "soebench:50"
REST_GROUP = "rest"  # the name of REST's four data sets together
# The paper's figures are those of about 150 systems; of the other data sets all items are asked.
REST_SUITES = (mmlu.NAME, arc.NAME, gsm_symbolic.NAME, f"{soebench.NAME}:150")

_SPEC = re.compile(r"(?P<name>.{1,4000}?)(?::(?P<n>[+-]?\d{1,9}))?")


@dataclass(frozen=True)
class Generated:
    """A suite that is generated: `generate(n, seed)`, up to `largest` items."""

    generate: Callable[[int, int], list[Item]]
    default: int
    largest: int


@dataclass(frozen=True)
class DataSet:
    """A suite that is read: where its files are, what loads items from them, and draws some.

    `complete` adds what is read for drawn items only; its last argument is whether it may download.
    """

    source: hub.DataSource
    load: Callable[[hub.Location], rows.Loaded]
    draw: Callable[[Sequence[Item], int | None, int], list[Item]] = rows.draw
    complete: Callable[[Sequence[Item], Sequence[Path], bool], list[Item]] | None = None


SUITES: dict[str, Generated | DataSet] = {
    soebench.NAME: Generated(soebench.generate, default=50, largest=100_000),
    tables.NAME: Generated(tables.generate, default=24, largest=100_000),
    **{s.NAME: DataSet(s.SOURCE, s.load) for s in (mmlu, arc, gsm_symbolic, gsm8k)},
    **{name: DataSet(source, load) for name, (source, load) in mgsm.loaders().items()},
    rh_bench.NAME: DataSet(rh_bench.SOURCE, rh_bench.load, rh_bench.draw, rh_bench.complete),
}


@dataclass(frozen=True)
class Drawn:
    """The items drawn from a suite, and for a data set what became of its rows.

    `counts` are those of `rows.Loaded`, and `drawn`; `left_out` names the broken rows. A benchmark
    file has a `path`, and the `styles` that it asks for.
    """

    name: str
    items: tuple[Item, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    path: str = ""
    styles: tuple[str, ...] = ()


class Library:
    """The suites of one process; each data set and each benchmark file is read once.

    `data` is a folder with local copies. `sent` is another process's `manifest`: then nothing is
    downloaded, and this process must read the same. Paths of benchmark files start at `root`.
    """

    def __init__(
        self,
        seed: int = 0,
        data: Path | None = None,
        sent: Mapping[str, Any] | None = None,
        root: Path | None = None,
    ) -> None:
        self._seed, self._data, self._sent = seed, data, sent
        self._root = root or Path.cwd()
        self._files: dict[str, list[Path]] = {}
        self._rows: dict[str, rows.Loaded] = {}
        self._drawn: dict[str, Drawn] = {}
        self._benchmarks: dict[Path, Benchmark] = {}
        self._paths: dict[str, Path] = {}  # of benchmark files, by their benchmark's name

    def load(self, spec: str) -> Drawn:
        """The items of `NAME[:N]` or `FILE[:N]`; equal for equal seeds, in every process.

        Raises `BenchmarkError` for an unknown suite, for an N that the suite cannot give, and for
        a data set or a file that cannot be read.
        """
        if spec not in self._drawn:
            name, n = _parse(spec)
            is_file = name.lower().endswith(ENDINGS)
            drawn = self._draw_file(name, n, spec) if is_file else self._draw(name, n, spec)
            self._check(spec, drawn)
            self._drawn[spec] = drawn
        return self._drawn[spec]

    def load_each(self, spec: str) -> list[Drawn]:
        """What `load` gives for each suite that `expand` makes of a spec."""
        return [self.load(suite) for suite in expand(spec, self._root)]

    def read(self, path: Path) -> Benchmark:
        """The benchmark in a file; `BenchmarkError` if it cannot be read, or its name is taken.

        A report counts by name, so two files of one name would count as one.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100 (no links followed: pictures are beside)
        if path not in self._benchmarks:
            benchmark = file.load(near(path))
            other = self._paths.setdefault(benchmark.name, path)
            if other != path or benchmark.name in (*SUITES, REST_GROUP):
                by = near(other) if other != path else "a suite"
                raise BenchmarkError(
                    f"{near(path)}: name {benchmark.name!r} is taken by {by}; "
                    "write name: and another one at the top of the file"
                )
            self._benchmarks[path] = benchmark
        return self._benchmarks[path]

    def place(self, item: Item) -> str:
        """`invoices.rest.yaml:7`, where an item of a file that was read is written; or empty."""
        path = self._paths.get(item.suite)
        line = self._benchmarks[path].lines.get(item.id) if path in self._benchmarks else None
        return f"{near(path)}:{line}" if path and line else ""

    @property
    def benchmarks(self) -> Mapping[Path, Benchmark]:
        """What the benchmark files hold that were read so far, by their paths."""
        return self._benchmarks

    @property
    def manifest(self) -> dict[str, Any]:
        """What another process needs to read the same items, as builtins: paths, fingerprints."""
        return {
            "files": {name: [str(path) for path in self._files[name]] for name in self._files},
            "drawn": {
                spec: _identity(drawn)
                for spec, drawn in self._drawn.items()
                if drawn.counts or drawn.path
            },
        }

    def _draw_file(self, name: str, n: int | None, spec: str) -> Drawn:
        benchmark = self.read(self._root / name)
        if n is not None:
            _check_number(spec, n, name, len(benchmark.items))
        items = tuple(rows.draw(benchmark.items, n, self._seed))
        return Drawn(benchmark.name, items, path=name, styles=benchmark.styles)

    def _draw(self, name: str, n: int | None, spec: str) -> Drawn:
        suite = _suite(name)
        if isinstance(suite, Generated):
            n = suite.default if n is None else n
            _check_number(spec, n, name, suite.largest)
            return Drawn(name, tuple(_generated(suite, name, n, self._seed)))
        if name not in self._rows:
            self._files[name] = self._find(name, suite.source)
            self._rows[name] = suite.load(self._files[name])
        loaded = self._rows[name]
        if n is not None or not loaded.items:
            _check_number(spec, n or 0, name, len(loaded.items))
        items = suite.draw(loaded.items, n, self._seed)
        if suite.complete is not None:
            may_download = self._sent is None and self._data is None
            items = suite.complete(items, self._files[name], may_download)
        counts = {**loaded.counts, "drawn": len(items)}
        return Drawn(name, tuple(items), counts, loaded.left_out)

    def _find(self, name: str, source: hub.DataSource) -> list[Path]:
        if self._sent is None:
            return hub.files(source, self._data)
        files = [Path(path) for path in self._sent["files"].get(name, ())]
        if files and all(path.is_file() for path in files):
            return files
        try:
            return hub.files(source, self._data, may_download=False)
        except BenchmarkError as error:
            elsewhere = f"; only the run's main process has {files[0]}" if files else ""
            raise BenchmarkError(f"{error}{elsewhere}") from None

    def _check(self, spec: str, drawn: Drawn) -> None:
        expected = self._sent and self._sent["drawn"].get(spec)
        if expected and expected != _identity(drawn):
            files = drawn.path or ", ".join(str(path) for path in self._files[drawn.name][:2])
            raise BenchmarkError(
                f"suite {spec!r} has other items here than in the run's main process: {files} must "
                "be the same file on every machine; copy it"
            )


def load(spec: str, seed: int = 0, data: Path | None = None) -> list[Item]:
    """The items of a suite, a benchmark file or a folder of them, `NAME[:N]`, for a notebook.

    A data set is read from the folder `data`, or the hub. Raises `BenchmarkError` as
    `Library.load`.
    """
    return [item for drawn in Library(seed, data).load_each(spec) for item in drawn.items]


def expand(spec: str, start: Path, root: Path | None = None) -> tuple[str, ...]:
    """The suites that `NAME[:N]` stands for: one, REST's four, or the files of a folder.

    `start` is where the path of a file or folder starts; the paths that are returned start at
    `root`, if they are below it. Raises `BenchmarkError` for a missing file, and a folder without
    one.
    """
    name, n = _split(spec)
    number = "" if n is None else f":{n}"
    if name == REST_GROUP:
        names = [suite.partition(":")[0] for suite in REST_SUITES]
        return REST_SUITES if n is None else tuple(name + number for name in names)
    path = Path(os.path.abspath(start / Path(name).expanduser()))  # noqa: PTH100 (as in `read`)
    is_suite = name in SUITES or name in extensions.declared("suites")
    is_folder = not is_suite and path.is_dir()
    if not (is_folder or name.lower().endswith(ENDINGS)):
        return (spec.strip(),)
    inside = (inner for inner in path.rglob("*") if _is_listed(inner, path))
    paths = sorted(inside) if is_folder else [path]
    if not paths or not paths[0].is_file():
        lacking = "has no file that ends in .rest.yaml, .rest.yml, .rest.jsonl or .rest.csv"
        fault = lacking if is_folder else "is not a file"
        raise BenchmarkError(f"suite {spec!r}: {near(path)} {fault}; check the path")
    root = start if root is None else root
    return tuple(f"{_below(path, root)}{number}" for path in paths)


def _is_listed(path: Path, folder: Path) -> bool:
    """Whether a file is one of the folder's benchmarks, and not in a hidden one such as `.venv`."""
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not is_hidden and file.is_benchmark(path)


def near(path: Path) -> Path:
    """The path from the current folder, if it is below it."""
    return _below(path, Path.cwd())


def _below(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _split(spec: str) -> tuple[str, int | None]:
    match = _SPEC.fullmatch(spec.strip())
    if not match:
        raise BenchmarkError(f"suite {spec!r} cannot be read; write NAME or NAME:N")
    return match["name"], None if match["n"] is None else int(match["n"])


def _parse(spec: str) -> tuple[str, int | None]:
    name, n = _split(spec)
    is_file = name.lower().endswith(ENDINGS)
    if not is_file and name.lower().endswith((".yaml", ".yml", ".jsonl", ".csv")):
        raise BenchmarkError(
            f"suite {name!r}: a benchmark file ends in .rest.yaml, .rest.yml, .rest.jsonl or "
            ".rest.csv; rename it"
        )
    if not is_file and ":" in name:
        raise BenchmarkError(f"suite {spec!r} cannot be read; write NAME or NAME:N")
    if n is not None and n < 1:  # before anything is downloaded
        suite = None if is_file else _suite(name)
        _check_number(spec, n, name, suite.largest if isinstance(suite, Generated) else None)
    return name, n


def _suite(name: str) -> Generated | DataSet:
    """This package's suite of that name, or another package's."""
    if name in SUITES:
        return SUITES[name]
    generate = extensions.load("suites", name)
    if generate is None:
        known = [*SUITES, REST_GROUP, *extensions.declared("suites")]
        raise BenchmarkError(
            f"unknown suite {name!r}{nearest(name, known)}; known are {', '.join(known)}"
        )
    return Generated(generate, default=50, largest=100_000)


def _generated(suite: Generated, name: str, n: int, seed: int) -> list[Item]:
    """The items, checked: another package may give anything."""
    try:
        items = list(suite.generate(n, seed))
    except RestError:
        raise
    except Exception as error:
        raise BenchmarkError(f"suite {name!r} cannot be made: {one_line(error)}") from error
    for item in items:
        if not isinstance(item, Item) or item.suite != name:
            raise BenchmarkError(
                f"suite {name!r} gave {item!r:.80}; it must give pytest_rest.Item objects with "
                f"suite={name!r}"
            )
    return items


def _check_number(spec: str, n: int, name: str, largest: int | None) -> None:
    if n < 1 or (largest is not None and n > largest):
        has = "the least is 1" if largest is None else f"{name} has 1 to {largest:,} items"
        raise BenchmarkError(f"suite {spec!r}: N is {n}, but {has}")


def _identity(drawn: Drawn) -> str:
    return fingerprint(f"{item.id} {item.digest}" for item in drawn.items)
