"""Keeps items' pooled vectors in a folder, a file each, so that a measurement can be resumed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pytest_rest.errors import StoreError

Pooled = NDArray[np.float32]  # (2, layers, width): of the picture, then of the text

_SETTINGS = "settings.json"


class Vectors:
    """The vectors of one measurement: of these items, this model, this style."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Open the folder, or create it; `StoreError` if it has vectors of other settings."""
        self._folder = folder
        path = folder / _SETTINGS
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                part = path.with_suffix(".part")
                part.write_text(json.dumps(settings, indent=1), "ascii")
                part.replace(path)
            there = json.loads(path.read_bytes())
        except (OSError, RecursionError, ValueError) as error:
            raise StoreError(f"{str(path)!r} cannot be used: {error}; remove its folder") from None
        if there != settings:
            known = there if isinstance(there, dict) else {}
            (first, *_) = (name for name in settings if known.get(name) != settings[name])
            raise StoreError(
                f"{str(folder)!r} holds vectors of another {first}: {known.get(first)!r}, not "
                f"{settings[first]!r}; remove it, or write elsewhere"
            )

    def __contains__(self, index: int) -> bool:
        """Whether the item's vectors are stored completely."""
        try:
            return self._read(index).ndim == len(("kind", "layer", "width"))
        except (OSError, ValueError, EOFError):
            return False

    def write(self, index: int, pooled: Pooled) -> None:
        """Store an item's vectors; a reader sees all of them or none."""
        path = self._path(index)
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                np.save(file, pooled, allow_pickle=False)
            part.replace(path)
        except OSError as error:
            raise StoreError(f"{str(path)!r} cannot be written: {error.strerror}") from None

    def layers(self, n: int) -> Iterator[tuple[Pooled, Pooled]]:
        """The first n items' pictures and texts, layer by layer: two arrays (n, width) at a time.

        `StoreError` if the files do not fit each other.
        """
        try:
            for layer in range(self._read(0).shape[1]):
                rows = np.stack([self._read(index)[:, layer] for index in range(n)], axis=1)
                yield rows[0], rows[1]
        except (OSError, ValueError, IndexError) as error:
            where = str(self._folder)
            raise StoreError(f"{where!r} cannot be read: {error}; remove it") from None

    def _path(self, index: int) -> Path:
        return self._folder / f"{index:05}.npy"

    def _read(self, index: int) -> Pooled:
        """The file mapped, not read, so that one layer at a time is in memory."""
        pooled: Pooled = np.load(self._path(index), mmap_mode="r", allow_pickle=False)
        return pooled
