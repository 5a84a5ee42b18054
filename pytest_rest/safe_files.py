"""Reads a user's file, which must be a regular one: a pipe or a device may never end, or block."""

import errno
import stat
from pathlib import Path


def read(path: Path, most: int = -1) -> bytes:
    """At most so many bytes of a file; `OSError` for what is not a file, or cannot be read."""
    kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # opening a folder fails by itself
        raise OSError(errno.EINVAL, "it is a pipe or a device, and not a file", str(path))
    with path.open("rb") as file:
        return file.read(most)
