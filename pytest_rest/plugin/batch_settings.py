"""Turns --rest-batch into how a run goes about its batches, and refuses what has none."""

from collections.abc import Mapping
from typing import Any, Literal

import pytest

from pytest_rest.errors import OptionError, RestError
from pytest_rest.plugin.options import OPTIONS, Chosen

Mode = Literal["", "wait", "submit", "collect", "cancel"]  # collect: what there is, and no waiting
FOLDER = "batches"  # in the run's, with the files of rows
_KEY = "by_batch"  # in what a run keeps: whether it goes to an endpoint, or into files


def choose(chosen: Chosen, given: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Keep that the run is one by batches; `OptionError` for what cannot be by batch."""
    what, is_named = chosen["rest_batch"], chosen.is_named("rest_batch")
    if chosen["rest_replay"] is not None:
        if is_named:
            raise OptionError("--rest-replay asks nothing; leave --rest-batch out")
        return
    earlier = kept.get(_KEY)
    if not (what or earlier) or chosen["rest_plan"]:
        return
    if what == "cancel" and not earlier:
        raise OptionError("--rest-batch=cancel is of a run by batches; name it: --rest-resume=RUN")
    others = (
        ("rest_early_stop", "a batch is asked as a whole"),
        ("rest_fuzz", "a hunt asks by what it was answered"),
        ("rest_fuzz_replay", "a flip is asked by what it was answered"),
    )
    for key, why in others:
        if given.get(key) or chosen.raw[key]:
            raise OptionError(f"{OPTIONS[key].name}: {why}; leave it or --rest-batch out")
    if given["measures_eyes"]:
        raise OptionError(
            "--rest-eyechart measures by direct calls; measure first, with pytest-rest eyechart, "
            "and give its FILE"
        )
    kind = "file" if what == "file" else "endpoint"
    if (earlier or kind) == "file" and chosen["rest_batch_rest"] == "now":
        raise OptionError("--rest-batch=file has nobody to ask now; leave --rest-batch-rest out")
    if earlier and is_named and what in ("file", "wait") and kind != earlier:
        raise OptionError(
            f"--rest-batch={what}: the run's batches go to "
            f"{'files' if earlier == 'file' else 'an endpoint'}; start a new run"
        )
    given[_KEY] = earlier or kind


def mode(chosen: Chosen, given: Mapping[str, Any]) -> Mode:
    """What this session does; empty for a run that is not by batch."""
    if not given.get(_KEY):
        return ""
    is_resumed = bool(chosen["rest_resume"])
    if is_resumed and not chosen.is_named("rest_batch"):
        return "collect"
    what: Mode = "submit" if chosen["rest_batch"] == "file" else chosen["rest_batch"]
    return what


def is_by_file(given: Mapping[str, Any]) -> bool:
    """Whether the batches are files, which a program of the user's answers."""
    return given.get(_KEY) == "file"


def needs_one_process(config: pytest.Config) -> bool:
    """Whether pytest is to have no workers, for a run that is one by batches."""
    option = config.option
    if getattr(option, "rest_replay", None):
        return False
    if option.rest_batch or (config.getini("rest_batch") and not option.rest_answers):
        return True
    if not option.rest_resume:
        return False
    from pytest_rest.dispatch.stored_run import read_run  # nothing heavy where nothing is resumed
    from pytest_rest.plugin import earlier_run

    try:
        return bool(read_run(earlier_run.resumed(config))["options"].get(_KEY))
    except RestError:  # told where the options are read
        return False
