"""Turns what was measured of endpoints into files: JSON, a page, and a chart that was shown."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pytest_rest import __version__
from pytest_rest.eyechart import file
from pytest_rest.eyechart.file import Measured
from pytest_rest.reporting.atomic_file import save
from pytest_rest.reporting.page import eyechart as page

SUFFIXES = (".json", ".html", ".png")


def write(measured: Sequence[Measured], seed: int, output: Path) -> str:
    """Write the JSON, which is returned, to FILE, and the others beside it; may raise `OSError`."""
    provenance = {
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
    }
    content = json.dumps(file.to_builtins(measured, provenance), indent=1, allow_nan=False)
    texts = (content, "\n"), (page.text(measured, provenance),)
    for suffix, text in zip(SUFFIXES, texts, strict=False):
        save(text, output.with_suffix(suffix))
    output.with_suffix(SUFFIXES[-1]).write_bytes(measured[0].eyes.example.image.png)
    return content
