"""Wrong usage: one clear line and exit status 4, before a test runs or a call is paid."""

import os
from pathlib import Path

import pytest
from runs import RunRest

MODEL = "--rest-model=simulated"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["--rest-model=claude-nonexistent-9"],
            "model 'claude-nonexistent-9' is not known",
        ),
        (["--rest-model=claud-haiku-4.5"], "claude-haiku-4.5"),
        (["--rest-model=claude-haiku-4.5"], "ANTHROPIC_API_KEY"),
        (["--rest-model=gpt-3.5-turbo"], "cannot see images"),
        (["--rest-model=simulated:nobody"], "unknown simulated profile 'nobody'"),
        (["--rest-model=python:nowhere"], "python:MODULE:FACTORY"),
        (["--rest-model=python:nowhere_at_all:make"], "No module named 'nowhere_at_all'"),
        (["--rest-model=embedded", "--rest-api-base=http://x"], "is not an endpoint"),
        ([MODEL, "--rest-suite=sobench"], "unknown suite 'sobench'; did you mean 'soebench' or "),
        ([MODEL, "--rest-suite=soebench:0"], "N is 0, but soebench has 1 to 100,000 items"),
        ([MODEL, "--rest-suite=soebench:100001"], "N is 100001"),
        ([MODEL, "--rest-suite=soebench:-3"], "N is -3"),
        ([MODEL, "--rest-suite=soebench:many"], "write NAME or NAME:N"),
        ([MODEL, "--rest-suite=soebench", "--rest-suite=soebench:3"], "names 'soebench' twice"),
        ([MODEL, "--rest-require=rer=0.9"], "threshold 'rer=0.9' cannot be read"),
        ([MODEL, "--rest-require=rr>=0.9"], "unknown metric 'rr'; did you mean"),
        (
            [MODEL, "--rest-require=rer@ocr>=0.9"],
            "'ocr' is no subset (all, ocr_correct), and no suite or style of this run",
        ),
        ([MODEL, "--rest-require=accuracy>=0.9"], "unknown metric 'accuracy'"),
        ([MODEL, "--rest-min-rer=90"], "did you mean 0.9?"),
        ([MODEL, "--rest-max-cfr=low"], "the value is a share from 0 to 1"),
        ([MODEL, "--rest-min-rer=nan"], "the value is a share from 0 to 1"),
        ([MODEL, "--rest-style=papyrus-50dpi"], "unknown style 'papyrus-50dpi'"),
        ([MODEL, "--rest-style=dejavu-200dpi-blak"], "did you mean 'black'"),
        ([MODEL, "--rest-style=noise=2"], "noise is 2.0; give a share from 0 to 1"),
        ([MODEL, "--rest-style=courier", "--rest-plus"], "leave --rest-style out"),
        ([MODEL, "--rest-modes=text"], "at least two modes"),
        ([MODEL, "--rest-modes=text,picture"], "unknown mode 'picture'"),
        ([MODEL, "--rest-seed=lucky"], "--rest-seed 'lucky' is no seed"),
        ([MODEL, "--rest-max-lost=few"], "--rest-max-lost 'few' is no count"),
        ([MODEL, "--rest-concurrency=0"], "--rest-concurrency '0' is no count"),
        ([MODEL, "--rest-retries=-1"], "--rest-retries '-1' is no count"),
        ([MODEL, "--rest-timeout=0"], "--rest-timeout '0' is no time"),
        ([MODEL, "--rest-rpm=0"], "--rest-rpm '0' is no count"),
        ([MODEL, "--rest-tpm=lots"], "--rest-tpm 'lots' is no count"),
        ([MODEL, "--rest-max-cost=free"], "--rest-max-cost 'free' is no amount"),
        ([MODEL, "--rest-max-cost=1"], "--rest-max-cost cannot be held"),
        ([MODEL, "--rest-resume"], "no run is stored in"),
        ([MODEL, "--rest-replay=nowhere"], "no run is stored in"),
        ([MODEL, "--rest-resume", "--rest-replay=x"], "give one of them"),
        ([MODEL, "--rest-prompts=nowhere.yaml"], "protocol file"),
        ([MODEL, "--rest-run-dir=taken"], "cannot be written"),
    ],
)
def test_wrong_usage(
    pytester: pytest.Pytester,
    run_rest: RunRest,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    message: str,
) -> None:
    """What is wrong, where, and the mend, in one line; no traceback, no test, no run folder.

    It is told before there are workers, so a few times with them are enough.
    """
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    (pytester.path / "taken").write_text("a file, not a folder")
    workers = ["-n2"] if len(message) % 6 == 0 else ["-p", "no:xdist"]
    run = run_rest(*workers, *args)
    lines = [line for line in run.out.splitlines() if line.startswith("ERROR: REST: ")]
    assert 1 == len(lines), run.out
    assert message in lines[0]
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert not (pytester.path / "run").exists()


def test_a_missing_font_is_named(run_rest: RunRest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundled font whose file is gone is told before anything is asked."""
    from pytest_rest import rendering
    from pytest_rest.rendering import font

    gone = {name: Path("/nowhere") / name for name in rendering.fonts()}
    monkeypatch.setattr(font, "_catalogue", lambda: gone)
    rendering.load_font.cache_clear()
    run = run_rest(MODEL)
    rendering.load_font.cache_clear()
    assert "font 'dejavu': no file /nowhere/dejavu; reinstall pytest-rest" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_folder_without_permission(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """A folder that may not be written is told before anything is asked."""
    locked = pytester.mkdir("locked")
    locked.chmod(0o500)
    run = run_rest(MODEL, f"--rest-run-dir={locked / 'run'}")
    assert "cannot be written: Permission denied" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status
