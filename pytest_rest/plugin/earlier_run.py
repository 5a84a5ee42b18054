"""Turns --rest-resume and --rest-replay into the folder of the run that is gone on with."""

import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_rest.dispatch.store_file import NAME as STORE
from pytest_rest.dispatch.stored_run import read_run
from pytest_rest.errors import OptionError, StoreError
from pytest_rest.plugin.options import GATE, LATEST, OPTIONS


def options(config: pytest.Config) -> tuple[Mapping[str, Any], str]:
    """The options that the earlier run keeps, and its id; none, and a new id, without one.

    A replay has a gate of its own.
    """
    is_resumed, replayed = bool(_text(config, "rest_resume")), replay(config)
    if is_resumed and replayed:
        raise OptionError("--rest-resume asks and --rest-replay does not; give one of them")
    if not (is_resumed or replayed):
        return {}, secrets.token_hex(8)
    folder = replayed or resumed(config)
    about = read_run(folder)
    kept: Mapping[str, Any] = about["options"]
    model = config.getoption("rest_model")
    if model and model.strip() != kept["rest_model"]:
        raise OptionError(
            f"run {str(folder)!r} was asked of {kept['rest_model']!r}; leave --rest-model out, or "
            "start a new run"
        )
    left_out = {option.key for option in GATE} if replayed else set()
    kept = {key: value for key, value in kept.items() if key not in left_out}
    return kept, str(about.get("run"))


def replay(config: pytest.Config) -> Path | None:
    """The folder of the run that is judged again."""
    text = _text(config, "rest_replay")
    path = Path(text) if text else None
    return path.parent if path is not None and path.name == "report.json" else path


def resumed(config: pytest.Config) -> Path:
    """The folder of the run to go on with: the named one, or else the latest of this model's."""
    named, run_dir = _text(config, "rest_resume"), _text(config, "rest_run_dir")
    if named != LATEST:
        path: Path = config.invocation_params.dir / named
        if run_dir and path.resolve() != Path(run_dir).resolve():
            raise OptionError("--rest-resume and --rest-run-dir name two folders; give one")
        return path
    if run_dir:
        return Path(run_dir)
    model = _text(config, "rest_model")
    folder = config.rootpath / ".rest" / "runs"
    for path in sorted(folder.glob(f"*/{STORE}"), reverse=True):
        with contextlib.suppress(StoreError):  # of another version, or damaged: not this one
            kept = read_run(path.parent)["options"]
            if not model or kept["rest_model"] == model:
                return path.parent
    of = f" of {model!r}" if model else ""
    raise OptionError(f"no run{of} to resume in {str(folder)!r}; name one: --rest-resume=RUN")


def _text(config: pytest.Config, key: str) -> str:
    return str(OPTIONS[key].raw(config, {}))
