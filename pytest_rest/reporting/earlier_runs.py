"""Turns the runs beside a run, and its baseline, into the releases before it: a report's `history`.

They are runs of the same family of models, in folders beside the run's, and those that its baseline
knows, of the same items, prompts, styles and forms. Of a report its head is read, and the lines of
a few items.
"""

import os
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_rest.errors import BaselineError
from pytest_rest.gate import releases
from pytest_rest.gate.baseline import JsonObject, judged_item
from pytest_rest.gate.releases import MOST, Release
from pytest_rest.reporting import history, report_file
from pytest_rest.reporting.report import Report

_LOOKED_AT = 60  # of the newest reports beside the run's
_ITEMS = 20  # that became worse, of which it is told since when
_SECONDS = 1.5
_UNREADABLE = (BaselineError, KeyError, TypeError, ValueError, AttributeError, OverflowError)
_Name = tuple[str, str]  # a suite and an id


def find(report: Report, baseline: JsonObject | None, folder: Path) -> dict[str, Any] | None:
    """The report's `history`; None for a part of a run, and where no earlier run is comparable."""
    about, until = report.provenance, time.monotonic() + _SECONDS
    if about.get("shard"):
        return None
    setup, made = history.to_setups(about)[history.MEAN], releases.moment(about["created"])
    known = {release.key: release for release in _of_baseline(baseline, setup)}
    known |= {each.key: each for each in _beside(folder, about, setup, until)}
    earlier = [known[key] for key in sorted(known) if key[0] <= made][-MOST:]
    if not earlier:
        return None
    return {
        "runs": [release.to_builtins() for release in earlier],
        "since": _since(report, earlier, baseline, folder.parent, until),
    }


def _of_baseline(baseline: JsonObject | None, setup: history.Setup) -> list[Release]:
    """The releases that a baseline of the same benchmark knows, itself among them."""
    if baseline is None:
        return []
    styles = baseline["styles"]
    own = {style["id"]: style for style in styles if style["digest"]}
    about = {**baseline, "styles": [style["id"] for style in styles], "own_styles": own}
    is_same = history.to_setups(about)[history.MEAN] == setup
    return releases.chain(baseline) if is_same else []


def _beside(
    folder: Path, about: Mapping[str, Any], setup: history.Setup, until: float
) -> Iterator[Release]:
    """The comparable runs of the model's family in the folders beside the run's, newest first."""
    own, found = history.family(str(about["model"])), 0
    for path in _newest(folder, str(about.get("replay_of") or "")):
        if found == MOST or time.monotonic() > until:
            return
        try:
            point, _ = history.to_point(path, report_file.head(path))
            figures = point.figures.get(history.MEAN, {})
        except _UNREADABLE:
            continue
        is_alike = point.setups[history.MEAN] == setup and history.family(point.model) == own
        if is_alike and "rer" in figures and not point.untested:
            found += 1
            name = path.parent.name
            yield Release(point.model, point.created, figures["rer"], figures.get("cfr"), name)


def _newest(folder: Path, but: str) -> list[Path]:
    """The newest reports in the folders beside this one."""
    reports: list[tuple[float, str]] = []
    try:
        with os.scandir(folder.parent) as entries:
            for entry in entries:
                if entry.name not in (folder.name, but) and entry.is_dir(follow_symlinks=False):
                    path = os.path.join(entry.path, "report.json")  # noqa: PTH118 (thousands)
                    reports.append((_written(path), path))
    except OSError:
        return []
    return [Path(path) for when, path in sorted(reports, reverse=True)[:_LOOKED_AT] if when]


def _written(path: str) -> float:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime  # noqa: PTH116
    except OSError:
        return 0.0


def _since(
    report: Report,
    earlier: list[Release],
    baseline: JsonObject | None,
    folder: Path,
    until: float,
) -> list[dict[str, Any]]:
    """For each of the worst items the place of the run since which it is inconsistent."""
    compared = report.gate.regression if report.gate else None
    changes = compared.changes.items if compared and compared.changes else ()
    worse = [(each.suite, each.item) for each in changes if each.kind == "worse"][:_ITEMS]
    since: dict[_Name, int | None] = dict.fromkeys(worse)
    told, left = (baseline or {}).get("created"), {*worse}
    begun = releases.moment(told) if told else None
    for place, release in reversed([*enumerate(earlier)]):
        if not left or (begun and release.created <= begun):
            break
        if time.monotonic() > until:
            return [_told(name, since[name]) for name in worse if name not in left]
        for name, verdict in _verdicts(folder / release.folder, [*left]) if release.folder else ():
            if verdict == "inconsistent":
                since[name] = place
            elif verdict == "consistent":
                left.discard(name)
    return [_told(name, since[name]) for name in worse]


def _told(name: _Name, place: int | None) -> dict[str, Any]:
    return {"suite": name[0], "item": name[1], "run": place}


def _verdicts(folder: Path, names: Collection[_Name]) -> Iterator[tuple[_Name, str]]:
    """The verdicts of these items in the report of a folder, over all styles."""
    entries: dict[_Name, list[JsonObject]] = {name: [] for name in names}
    try:
        for entry in report_file.items_of(folder / "report.json", names):
            entries[entry["suite"], entry["id"]].append(entry)
        judged = [judged_item(*name, found) for name, found in entries.items() if found]
    except (OSError, *_UNREADABLE):
        return
    yield from (((item["suite"], item["id"]), item["verdict"]) for item in judged)
