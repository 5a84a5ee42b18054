"""Wrong usage: one clear line and exit status 4, before a test runs or a call is paid."""

import os
from pathlib import Path

import pytest
from runs import RunRest

from pytest_rest.plugin.options import OPTIONS

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
            "'ocr' is neither a subset (all, ocr_correct) nor a suite, style, tag.NAME or field",
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
        ([MODEL, "--rest-seed=lucky"], "--rest-seed 'lucky' is not a valid seed"),
        ([MODEL, "--rest-max-lost=few"], "--rest-max-lost 'few' is not a valid count"),
        ([MODEL, "--rest-concurrency=0"], "--rest-concurrency '0' is not a valid count"),
        ([MODEL, "--rest-retries=-1"], "--rest-retries '-1' is not a valid count"),
        ([MODEL, "--rest-timeout=0"], "--rest-timeout '0' is not a valid time"),
        ([MODEL, "--rest-max-side=0"], "--rest-max-side '0' is not a valid count"),
        ([MODEL, "--rest-max-pixels=1e6"], "--rest-max-pixels '1e6' is not a valid count"),
        ([MODEL, "--rest-rpm=0"], "--rest-rpm '0' is not a valid count"),
        ([MODEL, "--rest-tpm=lots"], "--rest-tpm 'lots' is not a valid count"),
        ([MODEL, "--rest-max-cost=free"], "--rest-max-cost 'free' is not a valid amount"),
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


TEXTS = [key for key, option in OPTIONS.items() if option.metavar]
WITHOUT = "rest_model"  # the one option that does not need it


@pytest.mark.some(15)
@pytest.mark.parametrize("key", TEXTS)
def test_an_option_that_is_given_and_empty(run_rest: RunRest, key: str) -> None:
    """A CI variable that nobody set weakens no gate, whatever the ini file has."""
    option, model = OPTIONS[key], [] if key == WITHOUT else [MODEL]
    run = run_rest(*model, f"{option.name}=", own_folder=key == "rest_run_dir")
    assert f"{option.name} is given and empty; give {option.metavar}, or drop it" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


@pytest.mark.some(15)
@pytest.mark.parametrize("key", TEXTS)
def test_an_option_that_is_empty_in_the_ini_file(
    pytester: pytest.Pytester, run_rest: RunRest, key: str
) -> None:
    """The same, where a template that nobody filled wrote it."""
    pytester.makeini(f"[pytest]\n{key} =\n")
    model = [] if key == WITHOUT else [MODEL]
    run = run_rest(*model, own_folder=key == "rest_run_dir")
    said = f"{key}, in the ini file, is given and empty; give {OPTIONS[key].metavar}, or drop it"
    assert said in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


@pytest.mark.parametrize(
    "args",
    [["--rest-max-cfr= ", MODEL], ["--rest-min-rer="], ["-o", "rest_max_cost=", MODEL]],
    ids=["blank", "no model", "override"],
)
def test_other_ways_to_give_nothing(
    pytester: pytest.Pytester, run_rest: RunRest, args: list[str]
) -> None:
    """A blank, without a model, and over what the ini file has."""
    pytester.makeini("[pytest]\nrest_max_cfr = 0.1\nrest_min_rer = 0.9\nrest_max_cost = 1\n")
    run = run_rest(*args)
    assert "is given and empty" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status


INI_FILES = {
    "pytest.ini": "[pytest]\n{}\n",
    "tox.ini": "[pytest]\nmarkers = rest_lookalike: a marker\n    rest_min_rer: another\n{}\n",
    "setup.cfg": "[tool:pytest]\n{}\n",
    "pyproject.toml": "[tool.pytest.ini_options]\n{}\n[tool.other]\nrest_token = 1\n",
}


@pytest.mark.parametrize(
    ("name", "quote", "key", "mend"),
    [
        ("pytest.ini", "", "rest_min_rerr", "'rest_min_rer'"),
        ("tox.ini", "", "rest_maxlost", "'rest_max_lost'"),
        ("setup.cfg", "", "rest_gate", ""),
        ("pyproject.toml", "", "rest_min_rerr", "'rest_min_rer'"),
        ("pyproject.toml", "'", "rest_gate", ""),
        ("pytest.ini", "", "REST_MIN_RER", "'rest_min_rer'"),
        ("pyproject.toml", "'", "--rest-min-rer", "'rest_min_rer'"),
    ],
)
def test_a_mistyped_key_of_the_ini_file(
    pytester: pytest.Pytester, run_rest: RunRest, name: str, quote: str, key: str, mend: str
) -> None:
    """A threshold that nobody reads is told, with the nearest name, instead of a passed gate."""
    value = "'0.9'" if name.endswith("toml") else "0.9"
    line = f"{quote}{key}{quote} = {value}"
    (pytester.path / name).write_text(INI_FILES[name].format(line))
    run = run_rest(MODEL)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    assert f"the ini file's {key!r} is not a known option" in run.out
    assert mend in run.out
    good = INI_FILES[name].format(f"{quote}rest_min_rer{quote} = {value}")
    (pytester.path / name).write_text(good)
    assert 0 == run_rest(MODEL, "--rest-suite=soebench:2").status


def test_a_mistyped_key_on_the_command_line(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """`-o` is an ini file, too; what another plugin has declared is its own."""
    run = run_rest(MODEL, "-o", "rest_min_rr=0.9")
    assert "'rest_min_rr' is not a known option; did you mean" in run.out
    assert pytest.ExitCode.USAGE_ERROR == run.status
    pytester.makeconftest("def pytest_addoption(parser): parser.addini('rest_api_url', 'theirs')")
    pytester.makeini("[pytest]\nrest_api_url = http://theirs")
    assert 0 == run_rest(MODEL, "--rest-suite=soebench:2").status


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
