"""Turns the folders of runs into what they hold, and finds the one that is meant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rest.dispatch.store_file import NAME
from pytest_rest.dispatch.stored_run import read_prompts, read_run
from pytest_rest.errors import BaselineError, OptionError, StoreError
from pytest_rest.gate import baseline, strict_json
from pytest_rest.reporting import report_file
from pytest_rest.reporting.judgement import verdict
from pytest_rest.reporting.page.items import Prompts

RUNS = Path(".rest/runs")


@dataclass(frozen=True)
class Kept:
    """One run: its folder's name, its report's first figures, and its gate in one word.

    An `unfinished` run has no report yet and can be resumed; an `unreadable` one cannot be read.
    """

    name: str
    model: str
    items: int = 0
    rer: float | None = None
    low: float | None = None
    high: float | None = None
    gate: str = "unfinished"
    all_correct: float | None = None
    created: str = ""
    suites: tuple[str, ...] = ()
    cfr: float | None = None
    cfr_low: float | None = None
    cfr_high: float | None = None


def kept(folder: Path) -> Iterator[Kept]:
    """The runs in a folder, the latest first: their names begin with the time."""
    for path in sorted(folder.iterdir() if folder.is_dir() else [], reverse=True):
        if (path / "report.json").is_file():
            yield _reported(path)
        elif (path / NAME).is_file():
            try:
                yield Kept(path.name, str(read_run(path)["options"]["rest_model"]))
            except StoreError:
                yield Kept(path.name, "?", gate="unreadable")


def find(named: Path | None) -> Path:
    """The folder or the report that is named, or else the latest run with a report here."""
    if named is not None:
        return named
    for path in sorted(RUNS.glob("*/report.json"), reverse=True):
        return path.parent
    raise OptionError(f"no run is kept in {str(RUNS)!r}; name the folder of one")


def report(path: Path) -> dict[str, Any]:
    """The report of a run's folder, or a report's file; `BaselineError` says why it is not one."""
    try:
        content = strict_json.read(path)
        schema = content.get("schema") if isinstance(content, dict) else None
        if schema != baseline.REPORTS:
            raise BaselineError(
                f"its schema is {schema!r}, not {baseline.REPORTS!r}; name the folder of a run, or "
                "its report.json"
            )
    except BaselineError as error:
        raise BaselineError(f"{str(path)!r}: {error}") from None
    return _in_todays_words(content)


def _in_todays_words(content: dict[str, Any]) -> dict[str, Any]:
    """The report, with the word for a failed threshold that earlier versions wrote otherwise."""
    gate = content.get("gate")
    baseline = gate.get("baseline") if isinstance(gate, dict) else None
    judged = [*gate.get("thresholds", ()), *(baseline or {}).get("checks", ())] if gate else []
    for each in judged:
        if each["outcome"] == "missed":
            each["outcome"] = "failed"
    return content


def folder(run: Path) -> Path:
    """Where a run's pictures are: beside its report."""
    return run if run.is_dir() else run.parent


def prompts(run: Path) -> Prompts:
    """What the prompts showed; none where the answers are not stored beside the report."""
    place = folder(run)
    return read_prompts(place) if (place / NAME).exists() else {}


def _reported(path: Path) -> Kept:
    try:
        content = report_file.head(path / "report.json")
        about, rates = content["provenance"], content["metrics"]["mean"]["all"]
        (rer, low, high), (cfr, cfr_low, cfr_high) = map(_numbers, (rates["rer"], rates["cfr"]))
        return Kept(
            path.name,
            str(about["model"]),
            int(rates["items"]),
            rer,
            low,
            high,
            "-" if content["gate"]["passed"] is None else verdict(content["gate"]),
            (rates["all_correct"] or {}).get("value"),
            str(about["created"]),
            tuple(str(suite["name"]) for suite in about["suites"]),
            cfr,
            cfr_low,
            cfr_high,
        )
    except (BaselineError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return Kept(path.name, "?", gate="unreadable")


def _numbers(rate: Mapping[str, Any] | None) -> list[float | None]:
    """A rate's value and bounds."""
    figures = [(rate or {}).get(name) for name in ("value", "low", "high")]
    return [None if figure is None else float(figure) for figure in figures]
