"""A run takes the limit that an eye chart has found, as if it had been given."""

import json

import pytest
from runs import RunRest

from pytest_rest.eyechart.file import SCHEMA

ASKED = ("--rest-model=simulated", "--rest-suite=soebench:1", "-p", "no:xdist")


def test_a_measured_limit_is_what_the_model_sees(
    pytester: pytest.Pytester, run_rest: RunRest
) -> None:
    """In the report, and in the command that asks again: the file is not needed any more."""
    eyes = {"model": "simulated", "api_base": None, "limit": {"side": 300, "pixels": 0}}
    (pytester.path / "eyes.json").write_text(json.dumps({"schema": SCHEMA, "endpoints": [eyes]}))
    run = run_rest(*ASKED, "--rest-eyechart=eyes.json")
    assert pytest.ExitCode.OK == run.status
    about = run.report["provenance"]
    assert (300, None) == (about["max_side"], about["max_pixels"])
    assert "--rest-max-side=300" in about["again"]["words"]
    assert not [word for word in about["again"]["words"] if "eyechart" in word]


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
