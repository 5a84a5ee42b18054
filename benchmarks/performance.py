"""Measures what docs/performance.md shows, now and in an earlier checkout, by turns in one run.

`python benchmarks/performance.py --before ../earlier --write docs/performance.md` writes the page's
table; without an option it prints the table of this checkout. Linux only.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import subjects
import table
from rows import ROWS, Figures, Setting, WorthlessError

NOW, BEFORE = "now", "before"
BEGIN, END = "<!-- performance -->", "<!-- /performance -->"
_ROOT = Path(__file__).parents[1]

Measured = dict[tuple[str, str], dict[str, list[float]]]  # by row and figure, then by checkout


def main() -> int:
    """Measure the rows, print the table, or write it; 1 if a figure is missing."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="rest-bench-packages-") as name:
        checkouts = {NOW: _ROOT} | ({BEFORE: given.before} if given.before else {})
        packages = {each: _copy(path, Path(name, each)) for each, path in checkouts.items()}
        for package in packages.values():
            _warm_up(package)
        measured, complaints = _measure(packages, given.only, given.rounds, given.scale)
    page = f"{_machine(given.scale, given.rounds)}\n\n{_table(measured, [*packages][::-1])}"
    print(page, flush=True)
    if given.write:
        text = given.write.read_text("utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        given.write.write_text(f"{before}{BEGIN}\n{page}\n{END}{after}", "utf-8")
    for complaint in complaints:
        print(f"WORTHLESS: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


def _arguments() -> argparse.Namespace:
    listed = "\n".join(f"  {name:12} {row.__doc__}" for name, row in ROWS.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"rows:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--before", metavar="PATH", type=Path, help="another checkout, measured by turns with this")
    said = "rows, joined by commas (all)"
    add("--only", metavar="NAMES", type=_names, default=list(ROWS), help=said)
    add("--rounds", metavar="N", type=int, default=1, help="medians and ranges are shown (1)")
    said = "the share of each row's full size (0.25: all rows of two checkouts in ten minutes)"
    add("--scale", metavar="SHARE", type=float, default=0.25, help=said)
    said = f"put the table into this page, between {BEGIN} and {END}"
    add("--write", metavar="PAGE", type=Path, help=said)
    return parser.parse_args()


def _names(text: str) -> list[str]:
    named = text.split(",")
    if unknown := [name for name in named if name not in ROWS]:
        raise argparse.ArgumentTypeError(f"no row {unknown[0]!r}; known: {', '.join(ROWS)}")
    return named


def _copy(checkout: Path, folder: Path) -> Path:
    """A copy of the package and its fonts: what is measured neither changes nor is written to."""
    for part in ("pytest_rest", "fonts"):
        shutil.copytree(checkout / part, folder / part)
    return folder


def _warm_up(package: Path) -> None:
    """Have its modules compiled, and be sure that it is this copy that is measured."""
    command = [sys.executable, "-c", "import pytest_rest; print(pytest_rest.__file__)"]
    environ = subjects.environ(package, package)
    at = subprocess.run(command, env=environ, cwd=package, capture_output=True, check=True).stdout
    if Path(at.decode().strip()).parent != package / "pytest_rest":
        sys.exit(f"{package} is not what is measured, but {at.decode().strip()}")
    compiling = [sys.executable, "-m", "compileall", "-q", str(package)]
    subprocess.run(compiling, check=True, stdout=subprocess.DEVNULL)


def _measure(
    packages: Mapping[str, Path], names: Sequence[str], rounds: int, scale: float
) -> tuple[Measured, list[str]]:
    """Each row of each checkout, by turns; and what went wrong."""
    measured: Measured = {}
    complaints: list[str] = []
    for number in range(rounds):
        for name in names:
            bare: dict[str, object] = {}
            for checkout in [*packages][:: -1 if number % 2 == 0 else 1]:
                print(f"round {number + 1}, {name}, {checkout}", file=sys.stderr, flush=True)
                try:
                    figures: Figures = ROWS[name](Setting(packages[checkout], scale, bare))
                except WorthlessError as error:
                    complaints.append(f"{name}, {checkout}: {error}")
                    continue
                for figure, value in figures.items():
                    by_checkout = measured.setdefault((name, figure), {})
                    by_checkout.setdefault(checkout, []).append(value)
    return measured, complaints


def _machine(scale: float, rounds: int) -> str:
    """One sentence about where the figures are from."""
    cpu = platform.machine()
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[2]
    return (
        f"{cores} cores of {cpu}, Python {platform.python_version()}, {rounds} "
        f"round{'s' if rounds > 1 else ''} at a scale of {scale:g}; "
        f"load in the last 15 minutes: {load:.1f}."
    )


def _table(measured: Measured, checkouts: Sequence[str]) -> str:
    lines = [f"| row | figure | {' | '.join(checkouts)} |", "|---" * (2 + len(checkouts)) + "|"]
    last = ""
    for (row, figure), values in measured.items():
        cells = [str(table.spread(values[each])) if each in values else "" for each in checkouts]
        lines.append(f"| {row if row != last else ''} | {figure} | {' | '.join(cells)} |")
        last = row
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
