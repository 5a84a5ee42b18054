"""The live line below pytest's own, seen on real terminals; and the summary's stored pictures."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import LEFT_OUT, RunRest
from screen import Screen

from pytest_rest.plugin import progress
from pytest_rest.reporting.terminal.progress_line import Progress
from pytest_rest.terms import Rate

IF_ALL = pytest.mark.slow
SCREENS = Path(__file__).parents[1] / "screens"
SLOW = """
import asyncio
from pytest_rest.terms import Completion, Price
class Model:
    name = description = "slow"
    home, batch_size, parameters, price = "endpoint", 1, {}, Price(1e-6, 4e-6)
    async def open(self): pass
    async def close(self): pass
    async def ask(self, prompts):
        await asyncio.sleep(0.2)
        return [Completion(f"Answer: {prompt.item.answer}", cost=0.01) for prompt in prompts]
make = Model
"""
ASKED = (
    *("--rest-model=python:slow:make", "--rest-suite=soebench:6"),
    *("--rest-concurrency=2", "--rest-min-rer=0.9"),
)
ARGS = (*LEFT_OUT, "-prest", "-pno:cacheprovider", "--rest-run-dir=run", *ASKED)


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a slow model lies."""
    pytester.makepyfile(slow=SLOW)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(pytester.path), *_path()]))
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return pytester.path


def _path() -> list[str]:
    return [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]


@given(
    st.integers(20, 200),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 999),
    st.none() | st.floats(0, 10**6),
)
def test_a_line_fits_the_width(
    width: int, done: int, planned: int, busy: int, some: float | None
) -> None:
    """Whatever the figures are, and how much has come in always stands there."""
    rer = Rate(0.5, 0.25, 0.75, 9)
    line = Progress(done, planned, busy, busy, some, some, rer).line(width)
    assert len(line) <= width
    assert line.startswith(f"REST {done:,}/{max(done, planned):,} calls"[:width])


def test_a_line_has_as_many_parts_as_fit() -> None:
    """All of it on a wide terminal, the first parts of it on a narrow one."""
    state = Progress(1204, 4000, 32, 3, 1.2, 301.0, Rate(0.92, 0.891, 0.942, 300))
    assert state.line(100) == (
        "REST 1,204/4,000 calls, 5 min 1 s left, RER 92.0 % [89.1, 94.2], n = 300, "
        "$1.20 of some $3.99"
    )
    assert "REST 1,204/4,000 calls, 5 min 1 s left" == state.line(40)
    assert "REST 0/8 calls" == Progress(0, 8).line(80)


@pytest.mark.parametrize(
    ("columns", "workers"),
    [
        *[(40, ()), (80, ("-n2",))],
        *(pytest.param(*case, marks=IF_ALL) for case in [(80, ()), (200, ()), (80, ("-n8",))]),
    ],
    ids=str,
)
@pytest.mark.costly
def test_the_last_row_of_a_terminal_shows_progress(
    folder: Path, columns: int, workers: Sequence[str]
) -> None:
    """It stands in the last row while tests run, nothing is garbled, and the row is given back.

    The summary is as its stored picture; `SCREENS=new` stores it.
    """
    found = Screen([*ARGS, *workers], columns)
    assert pytest.ExitCode.OK == found.status, "\n".join(found.lines)
    live = [foot for foot in found.foots if foot.startswith("REST ")]
    assert {"24"} == {re.split("[/ ]", foot)[2] for foot in live}
    assert any(re.match(r"REST \d+/24 calls, \d+ s left", foot) for foot in live), found.foots
    assert not any("REST " in line and "/24 calls" in line for line in found.lines)
    assert found.written.rindex(b"\x1b[r") > found.written.rindex(b"\x1b[1;59r")
    tests = "......" if workers else "soebench ......"
    assert any(line.startswith(tests) for line in found.lines)
    compare(found.lines, f"summary-{columns}.txt")


def compare(lines: Sequence[str], name: str) -> None:
    """The summary, less its times, is the stored picture of that name."""
    begins = next(n for n, line in enumerate(lines) if " REST =" in line)
    picture = "\n".join(lines[begins:]).rstrip() + "\n"
    picture = re.sub(r"\d+\s+s\b(?=\n)", "N s", re.sub(r"in \d+\.\d\ds", "in N s", picture))
    picture = re.sub(r"=+ (\d+ passed in N s) =+", r"= \1 =", picture)
    path = SCREENS / name
    if os.environ.get("SCREENS") == "new":
        path.write_text(picture, "utf-8")
    assert path.read_text("utf-8") == picture


def test_without_a_terminal_nothing_is_redrawn(folder: Path, run_rest: RunRest) -> None:
    """The same summary, in 80 columns, with no colour and no line that lives."""
    run = run_rest("--rest-run-dir=run", *ASKED, own_folder=True)
    assert "\x1b" not in run.out
    assert "\r" not in run.out
    compare(run.out.splitlines(), "summary-none.txt")


@pytest.mark.slow
def test_ctrl_c_gives_the_row_back(folder: Path) -> None:
    """Whatever way the run ends."""
    found = Screen(ARGS, 80, until=lambda lines: "REST 2/24 calls" in lines[-1])
    assert pytest.ExitCode.INTERRUPTED == found.status
    assert found.written.rindex(b"\x1b[r") > found.written.rindex(b"\x1b[1;59r")


@pytest.mark.parametrize(
    "environ", [{"CI": "true"}, pytest.param({"TERM": "dumb"}, marks=IF_ALL)], ids=str
)
@pytest.mark.costly
def test_ci_and_dumb_terminals_have_no_live_line(folder: Path, environ: dict[str, str]) -> None:
    """A CI may have a terminal, and a simple one cannot keep a row free."""
    found = Screen(ARGS, 80, environ=environ)
    assert pytest.ExitCode.OK == found.status
    assert b"\x1b[1;59r" not in found.written


def test_without_a_terminal_a_line_now_and_then(
    folder: Path, run_rest: RunRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a line of its own, and pytest's own lines are as they were."""
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:3", "--rest-repeats=2")
    lines = run.out.splitlines()
    told = [line for line in lines if re.match(r"REST \d+/21 calls", line)]
    assert told[-1].startswith("REST 21/21 calls, 0 s left, RER 100.0 % [")
    assert 3 == sum(bool(re.fullmatch(r"soebench \.( +\[ ?\d+%\])?", line)) for line in lines)
    assert pytest.ExitCode.OK == run.status


def test_a_short_run_without_a_terminal_has_no_progress_lines(run_rest: RunRest) -> None:
    """In less than a minute."""
    assert "/8 calls" not in run_rest("--rest-model=simulated", "--rest-suite=soebench:2").out
