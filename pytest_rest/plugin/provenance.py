"""Turns a run into its provenance: what it was asked for, of whom, when, with which versions."""

from datetime import UTC, datetime
from typing import Any

import pytest_rest
from pytest_rest.models.catalogue import Catalogue
from pytest_rest.plugin.run import Run
from pytest_rest.reporting import environment, stored_answers
from pytest_rest.safe_text import address


def about(run: Run) -> dict[str, Any]:
    """What the run was asked for, of whom, and with what: the report's `provenance`."""
    settings, model = run.settings, run.model
    if settings.stored is not None:
        return stored_answers.provenance(settings.stored, settings.again)
    return {
        "version": pytest_rest.__version__,
        "model": settings.model,
        "resolved_name": model.name,
        "floats": Catalogue({}).floats(model.name),
        "parameters": dict(model.parameters),
        "api_base": settings.api_base and address(settings.api_base),
        "max_side": settings.max_side,
        "max_pixels": settings.max_pixels,
        "eyechart": settings.given["eyechart"],
        "prices": run.prices,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": settings.seed,
        "replay_of": settings.replay and settings.replay.name,
        "git_commit": environment.git_commit(),
        "protocol": run.protocol_id,
        **_sweep(run),
        **({"judge": settings.judge} if settings.scheme.has_judge else {}),
        "packages": environment.versions(),
        "shard": settings.shard and settings.shard.name,
        "modes": list(settings.modes),
        "repeats": settings.scheme.repeats,
        "ocr": settings.scheme.ocr,
        "again": settings.again,
        **({"batches": run.batches} if run.batches else {}),
        **({"published": "off"} if settings.published == "off" else {}),
    }


def _sweep(run: Run) -> dict[str, Any]:
    """The budgets of thinking, how they are held, and who rates open answers."""
    asked = run.settings.scheme.sweep
    if asked is None:
        return {}
    amounts = [budget.amount for budget in asked.budgets]
    judge = run.settings.judge or None
    return {"budgets": {"control": asked.largest.control, "amounts": amounts, "judge": judge}}
