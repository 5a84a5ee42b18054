"""How the pages in this folder become a site: `sphinx-build -W docs site`."""

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pytest_rest import __version__  # noqa: E402

project, author, release = "pytest-rest", "pytest-rest contributors", __version__
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc"]
highlight_language = "text"
html_theme = "furo"
html_title = f"pytest-rest {release}"
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_class_signature = "separated"

# Links to files that are no pages: the site names them instead.
_FILES = re.compile(r"\[([^\]]+)\]\((?:\.\./)?((?:pytest_rest|examples)[^)]*|[A-Z]+\.md)\)")


def readable(text: str) -> str:
    """`[gates](../examples/ci)` as `gates (examples/ci)`, and the README's links as from here."""
    named = _FILES.sub(
        lambda m: f"`{m[2]}`" if m[1].rstrip("/") == m[2] else f"{m[1]} (`{m[2]}`)", text
    )
    return named.replace("](docs/", "](")


def read(_app: object, name: str, content: list[str]) -> None:
    """Put the README where the first page has its place, and mend the links."""
    if name == "index":
        readme = (ROOT / "README.md").read_text("utf-8")
        content[0] = content[0].replace("<!-- the README -->", readme)
    content[0] = readable(content[0])


def setup(app: Any) -> None:
    """Have each page read so."""
    app.connect("source-read", read)
