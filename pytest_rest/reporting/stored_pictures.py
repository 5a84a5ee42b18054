"""Finds the pictures in a run's folder: named by digest, with the ending of their kind."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pytest_rest.terms import ENDINGS


def find(images: Path, digest: str) -> Path:
    """The picture of that digest in a folder; where there is none, the place of a PNG."""
    places = [images / f"{digest}{ending}" for ending in ENDINGS.values()]
    return next((place for place in places if place.is_file()), places[0])


def listed(images: Path) -> Iterator[Path]:
    """All pictures in a folder, which need not be there."""
    absent = FileNotFoundError, NotADirectoryError, PermissionError
    with contextlib.suppress(*absent), os.scandir(images) as entries:
        paths = (Path(entry.path) for entry in entries)  # a million, perhaps: `glob` keeps all
        yield from (path for path in paths if path.suffix in ENDINGS.values())


def media_type(path: Path) -> str:
    """The kind of a picture, by its file's ending."""
    return next(kind for kind, ending in ENDINGS.items() if ending == path.suffix)
