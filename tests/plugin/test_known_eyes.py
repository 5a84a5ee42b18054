"""A run takes the limit that an eye chart has found, as if it had been given."""

import json

import pytest
from runs import RunRest

from pytest_rest.eyechart.file import SCHEMA

ASKED = ("--rest-model=simulated", "--rest-suite=soebench:1", "-p", "no:xdist")


def write(
    pytester: pytest.Pytester,
    limit: dict[str, object],
    model: str = "simulated",
    base: str | None = None,
) -> None:
    """A file as the command writes it."""
    eyes = {"model": model, "api_base": base, "sees": True, "limit": limit}
    (pytester.path / "eyes.json").write_text(json.dumps({"schema": SCHEMA, "endpoints": [eyes]}))


def test_a_measured_limit_is_what_the_model_sees(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """In the report, and in the command that asks again: the file is not needed any more."""
    write(pytester, {"side": 300, "pixels": 0, "whole": None})
    run = run_rest(*ASKED, "--rest-eyechart=eyes.json")
    assert pytest.ExitCode.OK == run.status
    about = run.report["provenance"]
    assert (300, None) == (about["max_side"], about["max_pixels"])
    assert "--rest-max-side=300" in about["again"]["words"]
    assert not [word for word in about["again"]["words"] if "eyechart" in word]


def test_a_plan_after_a_chart_without_a_limit(pytester: pytest.Pytester, run_rest: RunRest) -> None:
    """It does not ask to measure what was measured."""
    write(pytester, {"side": 0, "pixels": 0, "whole": [4096, 5_931_008]}, "qwen3-vl", "http://x/v1")
    served = ("--rest-model=qwen3-vl", "--rest-api-base=http://x/v1", "--rest-plan")
    run = run_rest(*ASKED[1:], *served, "--rest-eyechart=eyes.json")
    assert pytest.ExitCode.OK == run.status
    assert "seen        not known of this endpoint" in run.out
    assert 2 == run.out.count("eye chart: no limit up to 4,096 pixels a side")
    assert "or measure it" not in run.out


def test_where_no_limit_was_found_none_is_taken(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """The header says up to which page, and what the model sees is as little known as before."""
    write(pytester, {"side": 0, "pixels": 0, "whole": [4096, 5_931_008]})
    run = run_rest(*ASKED, "--rest-eyechart=eyes.json")
    assert pytest.ExitCode.OK == run.status
    about = run.report["provenance"]
    assert (None, None) == (about["max_side"], about["max_pixels"])
    assert "rest: eye chart: no limit up to 4,096 pixels a side and 5.9 million" in run.out
    assert "--rest-max" not in str(about["again"]["words"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "nowhere.json' cannot be read as eyes that were measured: [Errno 2]"),
        (("--rest-max-side=9",), "--rest-eyechart says what --rest-max-side and --rest-max-pixels"),
    ],
)
def test_eyes_that_cannot_be_taken(run_rest: RunRest, more: tuple[str, ...], said: str) -> None:
    """A file that is not there, and a limit that is given beside it: wrong usage, in a line."""
    run = run_rest(*ASKED, "--rest-eyechart=nowhere.json", *more)
    assert pytest.ExitCode.USAGE_ERROR == run.status
    (line,) = [line for line in run.out.splitlines() if line.startswith("ERROR: REST: ")]
    assert said in line
