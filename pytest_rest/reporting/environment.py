"""Turns where a run is made into what its provenance says of it: versions, and the commit."""

import functools
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("pytest", "pytest-xdist", "pillow", "litellm", "jiwer", "rapidocr", "onnxruntime")


@functools.cache
def versions() -> dict[str, str]:
    """The versions of Python, and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """The commit that is checked out here; None where there is none."""
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip() or None
