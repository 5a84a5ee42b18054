"""Turns stored answers into the provenance of their report, which says what they do not tell."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest_rest
from pytest_rest.benchmark.stored import UNKNOWN, StoredAnswers
from pytest_rest.reporting import environment


def is_unread(provenance: Mapping[str, Any]) -> bool:
    """Whether nobody knows what was read in a run's pictures, as its provenance says."""
    return "transcriptions" in (provenance.get("stored") or {}).get("unknown", ())


def provenance(answers: StoredAnswers, again: Mapping[str, Any]) -> dict[str, Any]:
    """The report's `provenance`: what was asked, and by whom, is unknown as far as it says so."""
    return {
        "version": pytest_rest.__version__,
        "model": answers.model,
        "resolved_name": answers.model,
        "floats": None,
        "parameters": {},
        "api_base": None,
        "max_side": None,
        "max_pixels": None,
        "eyechart": None,
        "prices": None,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": None,
        "replay_of": None,
        "git_commit": environment.git_commit(),
        "protocol": UNKNOWN,
        "packages": environment.versions(),
        "shard": None,
        "modes": list(answers.modes),
        "repeats": answers.repeats,
        "ocr": UNKNOWN,
        "again": dict(again),
        "stored": {
            "files": [Path(source).name for source in answers.sources],
            "answers": answers.number,
            "formats": list(answers.formats),
            "unknown": list(answers.unseen),
        },
    }
