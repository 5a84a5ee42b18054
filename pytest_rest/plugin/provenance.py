"""Turns a run into its provenance: what it was asked for, of whom, when, with which versions."""

import functools
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest_rest
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.plugin.run import Run
from pytest_rest.safe_text import address

_PACKAGES = ("pytest", "pytest-xdist", "pillow", "litellm", "jiwer", "rapidocr", "onnxruntime")


def about(run: Run) -> dict[str, Any]:
    """What the run was asked for, of whom, and with what: the report's `provenance`."""
    settings, model = run.settings, run.model
    return {
        "version": pytest_rest.__version__,
        "model": settings.model,
        "resolved_name": model.name,
        "floats": Catalogue({}).floats(model.name),
        "parameters": dict(model.parameters),
        "api_base": settings.api_base and address(settings.api_base),
        "max_side": settings.max_side,
        "max_pixels": settings.max_pixels,
        "prices": run.prices,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": settings.seed,
        "replay_of": settings.replay and settings.replay.name,
        "git_commit": _git_commit(),
        "protocol": run.protocol_id,
        **_sweep(run),
        "packages": {"python": platform.python_version(), **_versions()},
        "shard": settings.shard and settings.shard.name,
        "modes": list(settings.modes),
        "repeats": settings.scheme.repeats,
        "ocr": settings.scheme.ocr,
        "again": settings.again,
    }


def _sweep(run: Run) -> dict[str, Any]:
    """The budgets of thinking, how they are held, and who rates open answers."""
    asked = run.settings.scheme.sweep
    if asked is None:
        return {}
    amounts = [budget.amount for budget in asked.budgets]
    judge = run.settings.judge or None
    return {"budgets": {"control": asked.largest.control, "amounts": amounts, "judge": judge}}


@functools.cache
def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git_commit() -> str | None:
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() or None
