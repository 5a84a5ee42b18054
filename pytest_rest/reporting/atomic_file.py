"""Turns pieces of text into a file in one step, so that no reader sees half of it."""

import os
from collections.abc import Iterable
from pathlib import Path


def save(pieces: Iterable[str], path: Path) -> None:
    """Write the file, and the folders above it; OSError where that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with half.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
