"""Names fonts that have the characters which another one lacks."""

import functools
import subprocess
from pathlib import Path

from pytest_rest.rendering.font import fonts, load_font

_MOST = 500  # characters that a command line names
_FIRST = ("Regular", "Sans")  # of a family's files, the plain ones


@functools.lru_cache(maxsize=64)
def fonts_with(characters: str) -> str:
    """A bundled font's name, or else the file of one that fontconfig knows; or empty."""
    for name in fonts():
        if all(ord(char) in load_font(name).advances for char in characters):
            return name
    codes = " ".join(f"{ord(char):x}" for char in characters[:_MOST])
    try:
        listed = subprocess.run(  # noqa: S603 (the codes are hexadecimal)
            ["fc-list", "--format", "%{file}\n", f":charset={codes}"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    files = {line for line in listed.stdout.splitlines() if line.endswith((".ttf", ".otf", ".ttc"))}
    return min(files, key=_plainness, default="")


def _plainness(file: str) -> tuple[bool | str, ...]:
    name = Path(file).name
    return (*(word not in name for word in _FIRST), file)
