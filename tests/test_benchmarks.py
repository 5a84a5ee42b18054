"""The benchmarks run: tiny, for what they do, not for how fast."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "benchmarks" / "performance.py"
PAGE = "# Page\n\n<!-- performance -->\nold\n<!-- /performance -->\n\nrest\n"


def _run(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PERFORMANCE), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_table_is_written_into_a_page(tmp_path: Path) -> None:
    """Both checkouts side by side, between the marks, and nothing else of the page changes."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    given = ("--only=drawing", "--before", ROOT, "--scale=0.01", "--write", page)
    assert 0 == (ran := _run(*given)).returncode, ran.stderr
    head, written, rest = page.read_text("utf-8").partition("| row | figure | before | now |")
    assert head.startswith("# Page\n\n<!-- performance -->\n")
    assert "cores of" in head
    assert "old" not in head
    assert "coloured, of black's" in written + rest
    assert rest.endswith("\n<!-- /performance -->\n\nrest\n")


@pytest.mark.slow
@pytest.mark.parametrize("row", ["replay", "disagreeing", "asking", "control"])
def test_each_row_is_measured(row: str) -> None:
    """A row that fails, or measures something else than it says, ends with status 1."""
    if row == "control":
        pytest.importorskip("rapidocr")
    ran = _run(f"--only={row}", "--scale=0.002")
    assert 0 == ran.returncode, ran.stderr
    assert f"| {row} |" in ran.stdout


@pytest.mark.slow
def test_an_unknown_row_is_told_with_those_there_are() -> None:
    """One line of argparse, and no measurement."""
    ran = _run("--only=speed")
    assert 2 == ran.returncode
    assert "no row 'speed'; known: replay, disagreeing" in ran.stderr
