"""Turns a stored run's folder into what its page is made of: its report, and its prompts."""

from pathlib import Path
from typing import Any

from pytest_rest.dispatch.store_file import NAME
from pytest_rest.dispatch.stored_run import read_prompts
from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline
from pytest_rest.reporting.page.items import Prompts


def report(run: Path) -> Any:
    """The content of a run's report.json; `BaselineError` where that is no report."""
    try:
        found = baseline.read(run)
        schema = found.get("schema") if isinstance(found, dict) else None
        if schema != baseline.REPORTS:
            raise BaselineError(
                f"its schema is {schema!r}, and a page is made of {baseline.REPORTS!r}; name the "
                "folder of a run, or its report.json"
            )
    except BaselineError as error:
        raise BaselineError(f"{str(run)!r}: {error}") from None
    return found


def folder(run: Path) -> Path:
    """Where a run's pictures are: beside its report."""
    return run if run.is_dir() else run.parent


def prompts(run: Path) -> Prompts:
    """What the prompts showed; none where the answers are not stored beside the report."""
    place = folder(run)
    return read_prompts(place) if (place / NAME).exists() else {}
