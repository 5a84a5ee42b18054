"""The releases before a run: those beside it, and those that its baseline knows."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from releases import N, falling, release, write
from runs import RunRest
from test_schema import misses

from pytest_rest.errors import BaselineError
from pytest_rest.gate import baseline
from pytest_rest.reporting import earlier_runs
from pytest_rest.reporting.report import Report

STEADY = [True] * N


def find(report: Any, folder: Path, against: Any = None) -> Any:
    """The history of a run with that report's provenance."""
    run = Report(report["provenance"], [], {}, None, [], 0.0)
    return earlier_runs.find(run, against, folder)


def models(history: Any) -> list[str]:
    """Those of its runs, the earliest first."""
    return [run["model"] for run in history["runs"]]


@pytest.mark.costly
def test_a_run_knows_the_releases_beside_it(run_rest: RunRest) -> None:
    """By date, with RER and CFR; and since which of them each item that became worse is so."""
    asked = "--rest-suite=soebench:4", "--rest-style=dejavu-50dpi", "-pno:xdist"
    kept = {}
    for profile in ("steady", "low-resolution"):
        run_rest(f"--rest-model=simulated:{profile}", *asked, "--rest-run-dir=made")
        kept[profile] = json.loads(Path("made/report.json").read_text("ascii"))
        shutil.rmtree("made")
    profiles = ["steady", "low-resolution", "steady", "low-resolution", "low-resolution"]
    for day, profile in enumerate(profiles):
        model = f"simulated:low-resolution-1.{day}"
        about = {"model": model, "created": f"2026-01-0{day + 1}T00:00:00+00:00"}
        report = kept[profile]
        write(Path(f"v{day}"), report | {"provenance": report["provenance"] | about})
    held = "--rest-baseline=v0/report.json", "--rest-max-rer-drop=0.1"
    report = run_rest("--rest-model=simulated:low-resolution", *asked, *held).report
    assert [f"simulated:low-resolution-1.{day}" for day in range(5)] == models(report["history"])
    assert ["v0", "v1", "v2", "v3", "v4"] == [run["folder"] for run in report["history"]["runs"]]
    worse = [item["item"] for item in report["gate"]["baseline"]["changes"]["items"]]
    assert 1 < len(worse)
    assert [(name, 3) for name in worse] == [
        (each["item"], each["run"]) for each in report["history"]["since"]
    ]
    assert [] == misses(report)


def test_what_is_not_comparable_is_no_release_before(tmp_path: Path) -> None:
    """Other items, forms, prompts or models; later ones, replays, shards, and what is not a run."""
    own = release(STEADY, 9)
    write(tmp_path / "good", release(falling(2), 3))
    write(tmp_path / "run", own)
    others: dict[str, dict[str, Any]] = {
        "later": {"created": "2026-02-01T00:00:00+00:00"},
        "replay": {"replay_of": "good"},
        "shard": {"shard": "1/2"},
        "prompts": {"protocol": "rest-2"},
        "forms": {"modes": ["text", "image"]},
        "family": {"model": "other-vl-1.0"},
    }
    for name, about in others.items():
        write(tmp_path / name, release(STEADY, **({"day": 2} | about)))
    write(tmp_path / "items", release(STEADY[:20], 2))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "report.json").write_text("{")
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "report.json")
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / "hidden", release(STEADY, 1))
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "hidden")
    history = find(own, tmp_path / "run")
    assert ["good"] == [run["folder"] for run in history["runs"]]
    assert None is find(
        own | {"provenance": own["provenance"] | {"shard": "1/2"}}, tmp_path / "run"
    )
    assert None is find(release(STEADY[:5]), tmp_path / "run")
    assert None is find(release(STEADY, 9, replay_of="good"), tmp_path / "run")
    assert None is find(own, tmp_path / "no" / "folder")


def test_a_history_goes_on_from_baseline_to_baseline(tmp_path: Path) -> None:
    """With no folder of runs: at most twelve, the newest, and none where the items are others."""
    against = None
    for day in range(15):
        report = release(falling(day), day, f"acme-vl-1.{day}")
        report["metrics"]["mean"]["all"]["cfr"] = None
        if history := find(report, tmp_path / "empty" / "run", against):
            report["history"] = history
        text = baseline.to_text(baseline.to_baseline(report))
        against = baseline.to_baseline(json.loads(text))
        assert 'folder": ""' in text or day == 0
    assert [f"acme-vl-1.{day}" for day in range(2, 14)] == models(report["history"])
    assert against is not None
    assert 12 == len(against["history"]) + 1
    assert None is find(release(STEADY[:20], 20), tmp_path / "empty" / "run", against)
    del against["created"]  # of an older version
    assert 11 == len(find(release(STEADY, 20), tmp_path / "empty" / "run", against)["runs"])


@pytest.mark.parametrize(
    "damage",
    [{"rer": None}, {"created": "yesterday"}, {"model": 7}, {"rer": {"value": "x"}}, {"rer": 0.9}],
)
def test_a_damaged_history_is_told(damage: Any) -> None:
    """In one line, as any other damage of a baseline."""
    rate = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9}
    known = {"model": "m", "created": "2026-01-01T00:00:00+00:00", "rer": rate, "cfr": None}
    kept = baseline.to_baseline(release(STEADY))
    assert baseline.to_baseline(kept | {"history": [known]})["history"]
    with pytest.raises(BaselineError, match="the report cannot be read"):
        baseline.to_baseline(kept | {"history": [known | damage]})
