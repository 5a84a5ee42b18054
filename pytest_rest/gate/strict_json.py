"""Reads the JSON of a report or a baseline, strictly: it has neither NaN nor infinity."""

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_rest import safe_files
from pytest_rest.errors import BaselineError


def read(path: Path) -> Any:
    """The JSON of a file, or of the report in a run's folder; `BaselineError` if it has none."""
    with as_baseline_error():
        return parse(safe_files.read(path / "report.json" if path.is_dir() else path))


@contextlib.contextmanager
def as_baseline_error() -> Iterator[None]:
    """Turns what reading and parsing raise into a `BaselineError` of one line."""
    try:
        yield
    except FileNotFoundError:
        raise BaselineError("no such file, or folder with a report.json; check the path") from None
    except OSError as error:
        raise BaselineError(error.strerror or str(error)) from None
    except json.JSONDecodeError as error:
        raise BaselineError(f"it is not valid JSON, or cut off: {error}") from None
    except (RecursionError, ValueError) as error:
        raise BaselineError(" ".join(str(error).split())) from None


def parse(text: bytes) -> Any:
    """JSON whose numbers are all finite; ValueError or RecursionError where it is not."""
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    """A number of a report, which has neither NaN nor infinity."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is not a finite number")
    return value
