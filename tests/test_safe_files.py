"""Files that a user names: regular ones are read, and nothing that may never end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import RunRest

from pytest_rest import safe_files
from pytest_rest.commands import main

SAID = "it is a pipe or a device, and not a file"
SUITE = "--rest-suite=soebench:1"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with pipes that nobody writes to; to wait for one is an error after a time."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    for name in ("pipe", "pipe.yaml", "run/report.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        os.mkfifo(path)
    monkeypatch.chdir(tmp_path)

    def wake(*_: object) -> None:
        raise TimeoutError("it was waited for")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(30)
    yield tmp_path
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_a_regular_file_is_read_to_its_bound(tmp_path: Path) -> None:
    """Whole, or its beginning; through a link, too."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"abc")
    link.symlink_to(path)
    assert (b"abc", b"ab", b"abc") == (
        safe_files.read(path),
        safe_files.read(path, 2),
        safe_files.read(link),
    )


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "/dev/null", "none", "."])
def test_what_is_not_a_regular_file_is_an_error(hostile: Path, name: str) -> None:
    """A pipe, a device with and without an end, nothing, a folder."""
    with pytest.raises(OSError, match=SAID if "/" in name or "pipe" in name else "o"):
        safe_files.read(Path(name))


@pytest.mark.parametrize(
    "option",
    [
        "--rest-baseline={}/pipe",
        "--rest-baseline={}/run",
        "--rest-baseline=/dev/zero",
        "--rest-prompts={}/pipe",
        "--rest-style={}/pipe.yaml",
        "--rest-model=simulated:{}/pipe.yaml",
        "--rest-fuzz-replay={}/pipe",
    ],
)
def test_an_option_that_names_a_pipe_is_one_line(
    run_rest: RunRest, hostile: Path, option: str
) -> None:
    """Wrong usage, at once, and before anything is asked."""
    run = run_rest("--rest-model=simulated", SUITE, option.format(hostile))
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert 1 == len([line for line in run.out.splitlines() if line.startswith("ERROR: REST: ")])
    assert SAID in run.out or "no flips are stored in" in run.out


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "pipe", "run"),
        ("baseline", "run"),
        ("merge", "pipe", "-o", "x"),
        ("report", "run"),
        ("show", "x", "run"),
        ("render", "x", "--style", "pipe.yaml", "-o", "x.png"),
    ],
)
def test_a_command_that_names_a_pipe_is_one_line(
    hostile: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """The same of every command that reads what it is given."""
    assert 4 == main(words)
    err = capsys.readouterr().err
    assert SAID in err
    assert 1 == len(err.splitlines())
