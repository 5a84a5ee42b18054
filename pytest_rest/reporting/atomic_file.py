"""Turns pieces of text into a file in one step: no reader sees half of it, or a secret."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_rest.credentials import masked


def save(pieces: Iterable[str], path: Path) -> None:
    """Write the file, and the folders above it; OSError where that cannot be."""
    with replacing(path) as half, half.open("w", encoding="utf-8") as file:
        file.writelines(map(masked, pieces))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Another name to write a file under, which becomes `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield half
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
