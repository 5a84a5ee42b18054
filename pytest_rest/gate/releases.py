"""Turns what a baseline says of the releases before it into a chain that ends with the baseline.

So a history goes on from baseline to baseline, where no folder of earlier runs is kept.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pytest_rest.terms import Rate

MOST = 12  # releases before a run


@dataclass(frozen=True)
class Release:
    """A run: its RER and CFR, the means over suites, and the name of its folder, if it has one."""

    model: str
    created: datetime
    rer: Rate
    cfr: Rate | None
    folder: str = ""

    @property
    def key(self) -> tuple[datetime, str]:
        """What no two runs have alike; the earlier run is the lesser."""
        return self.created, self.model

    def to_builtins(self) -> dict[str, Any]:
        """As in a report, and in a baseline."""
        return {**asdict(self), "created": self.created.isoformat()}

    @classmethod
    def from_builtins(cls, data: Mapping[str, Any]) -> "Release":
        """That of a report or a baseline; KeyError, TypeError or ValueError for anything else."""
        rer, cfr = (data[name] and _rate(data[name]) for name in ("rer", "cfr"))
        if not rer:
            raise ValueError("a release has no RER")
        texts = {name: data[name] for name in ("model", "created")}
        texts["folder"] = data.get("folder", "")
        if not all(isinstance(text, str) for text in texts.values()):
            raise TypeError("a release has no name, or no date")
        return cls(texts["model"], moment(texts["created"]), rer, cfr, texts["folder"])


def moment(text: str) -> datetime:
    """When a run was made; ValueError where that is not a date."""
    created = datetime.fromisoformat(text)
    return created if created.tzinfo else created.replace(tzinfo=UTC)


def chain(baseline: Mapping[str, Any]) -> list[Release]:
    """The releases that a baseline knows, the earliest first, and itself, where it has a date."""
    known = [*map(Release.from_builtins, baseline.get("history", ()))]
    headline = baseline["headline"]
    if "created" in baseline and headline.get("rer"):
        figures = {name: headline.get(name) for name in ("rer", "cfr")}
        about = {name: baseline[name] for name in ("model", "created")}
        known.append(Release.from_builtins({**about, **figures}))
    return known


def carried(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The newest releases that a report knows, as its baseline has them: without folders."""
    runs = (report.get("history") or {}).get("runs", ())
    known = [Release.from_builtins({**run, "folder": ""}) for run in runs]
    return [release.to_builtins() for release in known[1 - MOST :]]


def _rate(data: Mapping[str, Any]) -> Rate:
    low, high = (None if data[end] is None else float(data[end]) for end in ("low", "high"))
    return Rate(float(data["value"]), low, high, int(data["n"]))
