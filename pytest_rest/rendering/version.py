"""Turns all that pixels depend on into a digest: what is drawn, and everything that draws it."""

import contextlib
import functools
import hashlib
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PIL import features

from pytest_rest.rendering import font
from pytest_rest.rendering.font import load_font
from pytest_rest.terms import Style

_PACKAGES = ("pillow", "fonttools", "pypdfium2", "pygments")
_LIBRARIES = ("freetype2", "raqm", "harfbuzz", "fribidi", "jpg", "libjpeg_turbo", "webp")


def digest(style: Style, *made_of: object) -> str:
    """Of equal ones the pictures have equal pixels, whichever process of whichever run draws them.

    The parts are what a picture is made of, as `repr` has them. `RenderingError` as `load_font`.
    """
    begun, written = _begun(_drawer(), style, style.name, style.font_sha256)
    parts = begun.copy()
    shown = (written if part is style else repr(part) for part in made_of)
    parts.update(f"{', '.join(shown)})".encode("utf-8", "surrogatepass"))
    return parts.hexdigest()[:32]


@functools.lru_cache(maxsize=64)  # items come in the same styles
def _begun(drawer: str, style: Style, *_: str) -> tuple["hashlib._Hash", str]:
    """Of all but what a picture is made of, and the style; equal ones may have other names."""
    written = repr(style)
    shared = f"({drawer!r}, {written}, {load_font(style.font).digest!r}, "
    return hashlib.sha256(shared.encode("utf-8", "surrogatepass")), written


def of_bytes(content: bytes) -> str:
    """The digest of a file."""
    return hashlib.sha256(content).hexdigest()


@functools.cache
def _drawer() -> str:
    """A digest of this package's code and bundled fonts, and of the libraries beneath it."""
    parts = hashlib.sha256(repr([*_versions()]).encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *font.files()):
        parts.update(path.read_bytes())
    return parts.hexdigest()


def _versions() -> Iterator[str]:
    yield platform.machine()
    yield platform.python_version()  # and with it what Unicode says of characters
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"
    for name in _LIBRARIES:
        yield f"{name} {features.version(name)}"
