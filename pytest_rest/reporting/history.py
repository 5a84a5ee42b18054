"""Turns the reports of many runs into each model's figures over time, and where they stand.

A run is a point of the series of its model's family and of each of its suites. Runs that are no
measurement of their own, such as a replay or a shard, are left out, each with the reason.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pytest_rest.dispatch.store_file import NAME
from pytest_rest.errors import BaselineError, OptionError
from pytest_rest.gate.baseline import JsonObject
from pytest_rest.gate.decline import FigureTrend, ItemHistory
from pytest_rest.reporting import report_file
from pytest_rest.statistics.trend import FEWEST
from pytest_rest.terms import COMPARED, Rate
from pytest_rest.wording import count

MEAN = "mean"
_FIGURES = ("rer", "cfr")
_VERSION = re.compile(
    r"[-_:@ ](?:v?\d[\d.]{0,11}|latest|preview|stable|(?:rc|beta|alpha)[\d.]{0,11})"
    r"(?=[-_:@ ]|\.yaml$|$)"
)
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
Setup = Mapping[str, str]  # what must be the same for figures to be compared, by its name


@dataclass(frozen=True)
class Point:
    """A run: its figures by scope, what was asked there, and what to know of it.

    `untested` says why it is in no test for trend; empty where it is.
    """

    path: Path
    created: datetime
    model: str
    answered_by: tuple[str, ...]
    figures: Mapping[str, Mapping[str, Rate]]
    setups: Mapping[str, Setup]
    cost: float | None
    gate: bool | None
    thresholds: Mapping[tuple[str, str], float]
    notes: tuple[str, ...] = ()
    untested: str = ""

    @property
    def day(self) -> str:
        """`2026-11-21`."""
        return f"{self.created:%Y-%m-%d}"


@dataclass(frozen=True)
class Series:
    """The runs of a model's family in a suite, or in the mean over suites; the earliest first.

    `changes` are by the place of the run before which something changed, each a word and what was
    and is. `start` is the place since when prompts, data, styles and forms are as in the newest.
    """

    family: str
    scope: str
    points: Sequence[Point]
    changes: Mapping[int, Mapping[str, tuple[str, str]]]
    start: int
    trends: Sequence[FigureTrend] = ()

    @property
    def thresholds(self) -> dict[str, float]:
        """The newest run's bounds by figure: the suite's own, or else the whole run's."""
        known = self.points[-1].thresholds
        return {
            metric: bound
            for part in ("", self.scope)
            for (of, metric), bound in known.items()
            if of == part
        }


@dataclass(frozen=True)
class History:
    """All series, and the runs and files that are in none, each with the reason."""

    series: Sequence[Series] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def declines(self) -> list[tuple[Series, FigureTrend]]:
        """What surely falls."""
        return [(one, found) for one in self.series for found in one.trends if found.declines]


def read(places: Sequence[Path], by_name: bool = False) -> History:
    """The history of the runs in these folders and reports; `OptionError` where one is not there.

    Models are told apart by their families, or by their whole names. Of a run's items only what a
    test for trend needs is read, and of one run at a time.
    """
    left_out: dict[str, str] = {}
    points: dict[object, Point] = {}
    for path in _reports(places, left_out):
        try:
            point, identity = to_point(path, report_file.head(path))
        except BaselineError as error:
            left_out[str(path)] = str(error)
        except _UNREADABLE as error:
            left_out[str(path)] = f"the report cannot be read: {type(error).__name__} {error}"
        else:
            if identity in points:
                left_out[str(path)] = f"a copy of {points[identity].path}"
            points.setdefault(identity, point)
    families: dict[str, list[Point]] = defaultdict(list)
    for point in sorted(points.values(), key=lambda each: (each.created, str(each.path))):
        families[point.model if by_name else family(point.model)].append(point)
    series = [
        one for name in sorted(families) for one in _of_family(name, families[name], left_out)
    ]
    return History(series, left_out)


def family(model: str) -> str:
    """A model's name without its provider, versions and dates: `claude-haiku`."""
    return _VERSION.sub("", model.rpartition("/")[2].casefold()) or model


def _reports(places: Iterable[Path], left_out: dict[str, str]) -> Iterator[Path]:
    """Each report once; a run's folder without one is left out as unfinished."""
    seen = set()
    for place in places:
        if not place.exists():
            raise OptionError(f"{str(place)!r} is not there; name folders of runs, or reports")
        for path in [place] if not place.is_dir() else _below(place, left_out):
            if (known := path.resolve()) not in seen:
                seen.add(known)
                yield path


def _below(folder: Path, left_out: dict[str, str]) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders.sort()
        if "report.json" in files:
            yield Path(here, "report.json")
        elif NAME in files:
            left_out[here] = "unfinished: it has no report yet; go on with it by --rest-resume"


def to_point(path: Path, report: JsonObject) -> tuple[Point, object]:
    """A run, and what no other run has alike; `BaselineError` where it is no measurement."""
    about, usage = report["provenance"], report["usage"]
    if shard := about.get("shard"):
        raise BaselineError(f"shard {shard} of a run; `pytest-rest merge` makes one of all shards")
    if replayed := about.get("replay_of"):
        raise BaselineError(f"a replay of {replayed}, whose answers count once")
    figures = {scope: _figures(subsets["all"]) for scope, subsets in report["metrics"].items()}
    if not any("rer" in each for each in figures.values()):
        raise BaselineError("it has no items with figures")
    setups = to_setups(about)
    stopped, cached = report["gate"].get("early_stop"), usage.get("from_cache") or 0
    untested = "stopped early" if stopped else "answered from a cache" if cached else ""
    created = datetime.fromisoformat(about["created"])
    cost = usage.get("cost")
    point = Point(
        path=path,
        created=created if created.tzinfo else created.replace(tzinfo=UTC),
        model=str(about["model"]),
        answered_by=tuple(sorted(str(name) for name in about["resolved_model"] if name)),
        figures=figures,
        setups=setups,
        cost=None if cost is None else float(cost),
        gate=report["gate"]["passed"],
        thresholds={
            (str(each["part"]), str(each["metric"])): float(each["bound"])
            for each in report["gate"]["thresholds"]
            if each["subset"] == "all" and not each["scope"]
        },
        notes=(*_notes(report),),
        untested=untested,
    )
    used = tuple(usage.get(name) for name in ("calls", "seconds", "input_tokens"))
    return point, (about["created"], point.model, tuple(setups[MEAN].items()), used)


def _figures(metrics: JsonObject) -> dict[str, Rate]:
    known = {name: metrics.get(name) for name in _FIGURES}
    known |= {f"accuracy.{mode}": metrics["accuracy"].get(mode) for mode in COMPARED}
    return {name: _rate(rate) for name, rate in known.items() if rate and rate["n"]}


def _rate(known: JsonObject) -> Rate:
    low, high = (None if known[end] is None else float(known[end]) for end in ("low", "high"))
    return Rate(float(known["value"]), low, high, int(known["n"]))


def _setup(about: JsonObject, suite: JsonObject) -> Setup:
    own = {name: style.get("digest") for name, style in about.get("own_styles", {}).items()}
    styles = sorted(f"{style} {own.get(style) or ''}".strip() for style in about["styles"])
    return {
        "prompts": str(about["protocol"]),
        "data": f"{suite['items']} items ({suite['fingerprint']})",
        "style": ", ".join(styles),
        "forms": ", ".join(sorted(about["modes"])),
        "transcriptions": str(about["ocr"]),
    }


def to_setups(about: JsonObject) -> dict[str, Setup]:
    """What each suite of a report's provenance was asked by, and all of them together."""
    setups = {str(suite["name"]): _setup(about, suite) for suite in about["suites"]}
    data = [f"{name} {setups[name]['data']}" for name in sorted(setups)]
    return {**setups, MEAN: {**next(iter(setups.values()), {}), "data": ", ".join(data)}}


def _notes(report: JsonObject) -> Iterator[str]:
    lost = {(each["suite"], each["item"]) for each in report["lost"]}
    if lost:
        yield f"{count(len(lost), 'item')} lost"
    if stopped := report["gate"].get("early_stop"):
        yield f"stopped early, after {stopped['items']:,} of {stopped['of']:,} items"
    if cached := report["usage"].get("cached"):
        yield f"gone on with: {cached:,} answers are of before"
    if cached := report["usage"].get("from_cache"):
        yield f"{cached:,} answers are of a gateway's cache"
    if report["provenance"].get("stored"):
        yield "stored answers"


def _of_family(name: str, points: Sequence[Point], left_out: dict[str, str]) -> Iterator[Series]:
    suites = sorted({scope for point in points for scope in point.setups} - {MEAN})
    listed = []
    for scope in [MEAN, *suites] if len(suites) > 1 else suites:
        own = [p for p in points if "rer" in p.figures.get(scope, {}) and scope in p.setups]
        if scope == MEAN:
            own = [point for point in own if len(point.setups) > 2]
        if own:
            changes = dict(_changes(own, scope))
            broken = [place for place, words in changes.items() if words.keys() - {"model"}]
            listed.append(Series(name, scope, own, changes, max(broken, default=0)))
    trends = _trends([one for one in listed if one.scope != MEAN], left_out)
    for one in listed:
        own_trends = [each for each in trends if each.suite == one.scope]
        yield Series(name, one.scope, one.points, one.changes, one.start, own_trends)


def _changes(
    points: Sequence[Point], scope: str
) -> Iterator[tuple[int, dict[str, tuple[str, str]]]]:
    """What differs between each run and the one before it."""
    for place, (before, after) in enumerate(pairwise(points), 1):
        one, other = before.setups[scope], after.setups[scope]
        words = {word: (one[word], other[word]) for word in one if one[word] != other[word]}
        models = [" / ".join(dict.fromkeys((p.model, *p.answered_by))) for p in (before, after)]
        if models[0] != models[1]:
            words["model"] = models[0], models[1]
        if words:
            yield place, words


def tested(series: Series) -> list[Point]:
    """The runs that its test for trend is of."""
    return [point for point in series.points[series.start :] if not point.untested]


def _trends(listed: Sequence[Series], left_out: dict[str, str]) -> list[FigureTrend]:
    """The trends of a family's suites since each was asked as it is now."""
    suites: dict[Path, list[str]] = defaultdict(list)
    for one in listed:
        points = tested(one)
        for point in points if len(points) >= FEWEST else ():
            suites[point.path].append(one.scope)
    created = {
        point.path: (point.created, str(point.path)) for one in listed for point in one.points
    }
    items = ItemHistory()
    for path in sorted(suites, key=created.__getitem__):
        try:
            items.add(report_file.items(path), suites[path])
        except (BaselineError, *_UNREADABLE) as error:
            why = f"{type(error).__name__} {error}"
            left_out[str(path)] = f"its items cannot be read, and are in no test: {why}"
    return items.trends()


def to_builtins(history: History) -> dict[str, Any]:
    """All of it, as `pytest-rest history --json` prints it."""
    return {
        "schema": "pytest-rest/history/1",
        "series": [*map(_series_to_builtins, history.series)],
        "left_out": [{"path": path, "reason": why} for path, why in history.left_out.items()],
    }


def _series_to_builtins(series: Series) -> dict[str, Any]:
    return {
        "family": series.family,
        "scope": series.scope,
        "since": str(series.points[series.start].path),
        "thresholds": series.thresholds,
        "runs": [
            {
                "path": str(point.path),
                "created": point.created.isoformat(),
                "model": point.model,
                "resolved_model": [*point.answered_by],
                "figures": {
                    name: {"value": r.value, "low": r.low, "high": r.high, "n": r.n}
                    for name, r in point.figures[series.scope].items()
                },
                "cost": point.cost,
                "passed": point.gate,
                "changed": {
                    word: {"old": old, "new": new}
                    for word, (old, new) in series.changes.get(place, {}).items()
                },
                "notes": [*point.notes],
                "untested": point.untested,
            }
            for place, point in enumerate(series.points)
        ],
        "trends": [
            {
                "figure": each.figure,
                "slope": each.trend.slope,
                "low": each.trend.low,
                "high": each.trend.high,
                "runs": each.trend.runs,
                "items": each.trend.items,
                "p": each.trend.p,
                "p_adjusted": each.trend.adjusted,
                "p_runs": each.trend.p_runs,
                "declines": each.declines,
            }
            for each in series.trends
        ],
    }
