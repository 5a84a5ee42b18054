"""Reads what a stored run was asked for, and which prompts it has answered."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_rest.dispatch.store_file import NAME, damaged, reading
from pytest_rest.errors import StoreError
from pytest_rest.models.completions import from_builtins
from pytest_rest.terms import Completion

Parts = list[str | dict[str, str]]  # of a prompt: a text, or {"image": the picture's digest}


def read_about(folder: Path) -> dict[str, Any]:
    """What a stored run was asked for; `StoreError` if the folder has no run that can be read."""
    with reading(folder) as connection:
        rows = connection.execute("SELECT name, value FROM about").fetchall()
        return {name: json.loads(value) for name, value in rows}


def read_run(folder: Path) -> dict[str, Any]:
    """As `read_about`, and `StoreError` if its model, parameters or options are missing."""
    about = read_about(folder)
    wanted = {"model", "parameters", "options"}
    if not wanted <= about.keys() or "rest_model" not in about["options"]:
        raise damaged(folder / NAME, "it does not say what was asked")
    return about


def read_digests(folder: Path) -> frozenset[str]:
    """The prompts that are answered in a stored run."""
    with reading(folder) as connection:
        return frozenset(row[0] for row in connection.execute("SELECT digest FROM completions"))


def read_answers(folder: Path) -> Iterator[Completion]:
    """The answers of a stored run."""
    with reading(folder) as connection:
        for (text,) in connection.execute("SELECT completion FROM completions"):
            if (answer := from_builtins(json.loads(text))) is not None:
                yield answer


def read_prompts(folder: Path) -> dict[str, Parts]:
    """What each answered prompt of a stored run showed, by its digest."""
    with reading(folder) as connection:
        rows = connection.execute("SELECT digest, parts FROM completions")
        return {digest: json.loads(parts) for digest, parts in rows}


def refuse_others(folder: Path, about: Mapping[str, Any]) -> None:
    """Raise `StoreError` where the folder's run was asked for something else than `about`."""
    stored = read_about(folder)
    for name, value in about.items():
        if stored.get(name) != json.loads(json.dumps(value)):
            raise StoreError(
                f"run {str(folder)!r} was asked with {name} {stored.get(name)!r}, and this one is "
                f"with {value!r}: their answers do not belong together; start a new run"
            )
