"""Runs of pytest in a folder of their own, and what is read off them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Finished:
    """One run of pytest: its exit status, what it printed, and its report where it wrote one."""

    status: int
    out: str
    report: dict[str, Any]
    outcomes: dict[str, int]


RunRest = Callable[..., Finished]


def without_times(report: Any) -> Any:
    """A report less what differs between equal runs: times, and where it was written."""
    if isinstance(report, dict):
        left_out = {"seconds", "created", "git_commit"}
        return {key: without_times(value) for key, value in report.items() if key not in left_out}
    if isinstance(report, list):
        return [without_times(each) for each in report]
    return report


def shared_data(*parts: str) -> Path:
    """A file of the real benchmark rows; skips where they are absent."""
    path = Path(__file__).parents[2].joinpath("shared", "data", *parts)
    if not path.exists():
        pytest.skip(f"no real benchmark rows at {path}")
    return path
