"""Reports of a model's releases, laid out as a run writes them, for the tests of history."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stored import planted

from pytest_rest.statistics.intervals import proportion

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
N = 40


def release(
    agreed: Sequence[bool],
    day: int = 0,
    model: str = "acme-vl-1.0",
    suite: str = "a",
    cost: float = 0.5,
    **about: Any,
) -> Any:
    """A report of so many days after the first, whose i-th item agrees, or is wrong as a picture.

    `about` is more of its provenance.
    """
    found, n, good = planted(agreed, suite), len(agreed), sum(agreed)
    rates = {count: asdict(rate) for count in (good, n - good, n) if (rate := proportion(count, n))}
    figures = {
        **{"items": n, "rer": rates[good], "cfr": rates[n - good], "all_correct": rates[good]},
        "accuracy": {"text": rates[n], "image": rates[good], "mixed": rates[n]},
    }
    found["metrics"] = {scope: {"all": figures} for scope in (suite, "mean", "pooled")}
    found["gate"] = {"passed": None, "thresholds": [], "early_stop": None}
    found["provenance"] |= {
        "model": model,
        "resolved_model": [model],
        "created": f"{FIRST + timedelta(days=day):%Y-%m-%dT%H:%M:%S+00:00}",
        **about,
    }
    found["usage"] = {"cost": cost, "calls": 3 * n, "seconds": float(day), "cached": 0}
    return found


def falling(day: int, steps: int = 3, n: int = N) -> list[bool]:
    """Items of which some more disagree each day."""
    return [number >= steps * day for number in range(n)]


def write(path: Path, report: Any) -> Path:
    """The folder of a run with its report, a line for each item."""
    path.mkdir(parents=True)
    head = json.dumps({key: value for key, value in report.items() if key != "items"}, indent=1)
    items = ",".join(f"\n  {json.dumps(item)}" for item in report["items"])
    (path / "report.json").write_text(f'{head[:-2]},\n "items": [{items}\n ]\n}}\n', "ascii")
    return path
