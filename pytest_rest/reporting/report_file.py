"""Turns a report's file into its head, and into its items one by one, so that none is held whole.

A report has a line for each item, below all else. A file that is laid out otherwise is read whole.
"""

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pytest_rest import safe_files
from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline, strict_json
from pytest_rest.gate.baseline import JsonObject

_ITEMS = b' "items": ['
_NEEDED = {"schema", "provenance", "metrics", "gate", "lost", "usage"}
_TAIL = 64  # bytes: where a whole report ends


def head(path: Path) -> dict[str, Any]:
    """All but the items of a report; `BaselineError` where it is not a whole one."""
    with strict_json.as_baseline_error():
        safe_files.read(path, 0)  # refuses a pipe
        content = _beginning(path)
        if content is None:
            content = strict_json.parse(safe_files.read(path))
        schema = content.get("schema") if isinstance(content, dict) else None
        if schema != baseline.REPORTS:
            raise BaselineError(f"its schema is {schema!r}, not {baseline.REPORTS!r}")
        if missing := sorted(_NEEDED - content.keys()):
            raise BaselineError(f"it has no {missing[0]!r}")
        return {**content, "items": []}


def items(path: Path) -> Iterator[JsonObject]:
    """The items of a report that has a head; `BaselineError` where one cannot be read."""
    with strict_json.as_baseline_error():
        with path.open("rb") as file:
            is_by_lines = any(line.rstrip() == _ITEMS for line in file)
            first = file.readline().strip()
            if is_by_lines and first.startswith(b"{") and first.endswith((b"}", b"},")):
                yield strict_json.parse(first.removesuffix(b","))
                for line in file:
                    if (text := line.strip()) == b"]":
                        return
                    yield strict_json.parse(text.removesuffix(b","))
        yield from strict_json.parse(safe_files.read(path))["items"]


def items_of(path: Path, names: Collection[tuple[str, str]]) -> Iterator[JsonObject]:
    """The items of these suites and ids, of a report that has a line for each."""
    begins = tuple(
        f'  {{"id": {json.dumps(name)}, "suite": {json.dumps(suite)},'.encode()
        for suite, name in names
    )
    with strict_json.as_baseline_error(), path.open("rb") as file:
        for line in file:
            if line.startswith(begins):
                yield strict_json.parse(line.strip().removesuffix(b","))


def _beginning(path: Path) -> dict[str, Any] | None:
    """What stands above the items; None where the file is laid out otherwise."""
    above = []
    with path.open("rb") as file:
        for line in file:
            if line.rstrip() == _ITEMS:
                break
            above.append(line)
        else:
            return None
        file.seek(-min(_TAIL, file.seek(0, os.SEEK_END)), os.SEEK_END)
        if file.read().split()[-2:] != [b"]", b"}"]:
            return None
    content = strict_json.parse(b"".join(above) + b'"items": []}')
    return content if isinstance(content, dict) and content.keys() >= _NEEDED else None
