"""Suites, models, styles and metrics of another package, installed beside this one."""

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from runs import RunRest
from test_evidence import RUNS, record

from pytest_rest import extensions, metrics
from pytest_rest.commands import main
from pytest_rest.errors import MetricError
from pytest_rest.extensions import METRICS
from pytest_rest.gate.thresholds import parse

ROOT = Path(__file__).parents[2]
OURS = """
from pytest_rest import Item, Style
from pytest_rest.models.providers.simulated import SimulatedModel

FAX = Style(dpi=50, noise=0.02, name="fax")
FAXES = [FAX, Style(dpi=100, noise=0.02, name="fine-fax")]

def receipts(n, seed):
    dues = [str(seed + i) for i in range(n)]
    return [
        Item(f"receipt-{due}", "What is due?", due, context=f"Due: {due}", suite="receipts")
        for due in dues
    ]

def make(profile=""):
    return SimulatedModel(profile, 0)

def is_brief(record):
    return all(len(answer.text) < 20 for answer in record.verdict.answers.values())

def none(*_): return None
def many(record): return 7
def broken(*_): raise RuntimeError("what a day")
def strangers(n, seed): return ["item"] * n
"""
DECLARED = """
[pytest_rest.suites]
receipts = ours:receipts
strangers = ours:strangers
broken = ours:broken
[pytest_rest.models]
house = ours:make
[pytest_rest.styles]
fax = ours:FAX
faxes = ours:FAXES
gone = ours:GONE
[pytest_rest.metrics]
brief = ours:is_brief
"""


@pytest.fixture
def installed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package, as pip leaves it, where this process and its workers find it."""
    folder = pytester.mkdir("site")
    (folder / "ours.py").write_text(OURS, "utf-8")
    info = folder / "ours-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(DECLARED)
    monkeypatch.syspath_prepend(folder)
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setattr(extensions, "METRICS", METRICS)
    extensions.declared.cache_clear()
    yield info / "entry_points.txt"
    extensions.declared.cache_clear()
    METRICS.clear()


@RUNS
def test_all_four_in_one_run(installed: Path, run_rest: RunRest, workers: Sequence[str]) -> None:
    """Known by their names, as ours are; the metric has a rate, an interval, and a threshold."""
    run = run_rest(
        *("--rest-model=house:wrong.image=0.3", "--rest-suite=receipts:6", "--rest-style=fax"),
        *("--rest-require=own.brief>=0.5", *workers),
        subprocess="-n2" in workers,  # xdist's workers get the path that its module was loaded with
    )
    assert pytest.ExitCode.OK == run.status, run.out
    assert {"receipt-3"} <= {each["id"] for each in run.report["items"]}
    assert {"fax"} == {each["style"] for each in run.report["items"]}
    rate = run.report["metrics"]["receipts"]["all"]["own"]["brief"]
    assert (1.0, 6) == (rate["value"], rate["n"])
    assert "own.brief>=0.5 passed: 100.0 % [61.0, 100.0], n = 6" in run.out
    assert "metric         items brief" in run.out


def test_a_metric_of_shards(installed: Path, run_rest: RunRest) -> None:
    """Merged, it is what it was in the shards: the gate passes as that of the whole run does."""
    for number in (1, 2):
        run_rest(
            *("--rest-model=house", "--rest-suite=receipts:6", "--rest-require=own.brief>=0.5"),
            *(f"--rest-shard={number}/2", f"--rest-run-dir=part-{number}", "-pno:xdist"),
            own_folder=True,
        )
    assert 0 == main(["merge", "part-1", "part-2", "-o", "whole"])
    merged = json.loads(Path("whole/report.json").read_text())
    rate = merged["metrics"]["receipts"]["all"]["own"]["brief"]
    assert (1.0, 6, True) == (rate["value"], rate["n"], merged["gate"]["passed"])


def test_a_metric_is_sure_or_not(installed: Path, run_rest: RunRest) -> None:
    """With a confidence, and where a run may stop early, as any share of the items."""
    args = ("--rest-model=house", "--rest-suite=receipts:60", "--rest-confidence=0.95")
    run = run_rest(*args, "--rest-require=own.brief>=0.8", "--rest-early-stop")
    assert pytest.ExitCode.OK == run.status, run.out
    assert run.report["gate"]["early_stop"]["items"] < 60


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--rest-suite=receipt"], "unknown suite 'receipt'; did you mean 'receipts'"),
        (
            ["--rest-suite=strangers"],
            "suite 'strangers' gave 'item'; it must give",
        ),
        (["--rest-suite=broken"], "suite 'broken' cannot be made: RuntimeError: what a day"),
        (["--rest-style=gone"], "'gone' of 'ours' cannot be loaded (ours:GONE): AttributeError"),
        (
            ["--rest-require=own.brevity>=1"],
            "unknown metric 'own.brevity'; did you mean",
        ),
        (["--rest-style=faxes", "--rest-suite=soebench:1", "--rest-plan"], None),
    ],
)
def test_extensions_that_cannot_be_used_are_refused(
    installed: Path, run_rest: RunRest, args: Sequence[str], said: str | None
) -> None:
    """One line each, before anything is asked."""
    run = run_rest("--rest-model=house", *args)
    assert (pytest.ExitCode.USAGE_ERROR if said else pytest.ExitCode.OK) == run.status
    assert (said or "2 tests") in run.out


@pytest.mark.parametrize(
    ("name", "said"), [("many", "is 7; it must be from 0 to 1"), ("broken", "fails: RuntimeError")]
)
def test_a_metric_that_fails_loses_its_items(
    installed: Path, run_rest: RunRest, name: str, said: str
) -> None:
    """Loses its items, by name; their answers are stored, and nothing passes."""
    installed.write_text(f"[pytest_rest.metrics]\nodd = ours:{name}\n")
    run = run_rest("--rest-model=simulated", "--rest-suite=soebench:2", "--rest-min-rer=0")
    assert pytest.ExitCode.TESTS_FAILED == run.status
    assert f"metric 'odd' {said}" in run.report["lost"][0]["reason"]
    assert 2 == len(run.report["lost"])
    installed.write_text("[pytest_rest.metrics]\nodd = ours:none\n")
    extensions.declared.cache_clear()
    again = run_rest("--rest-resume", "--rest-min-rer=0", keep=True)
    assert pytest.ExitCode.OK == again.status
    assert again.report["usage"]["calls"] == again.report["usage"]["cached"]


def test_an_item_of_several_styles_counts_once() -> None:
    """With the mean of its styles; those without a value take no part."""
    values = {"a": 1.0, "b": 0.5, "c": None}
    METRICS["own"] = lambda each: values[each.style]
    try:
        records = [extensions.measure(record("s", 1, style=style)) for style in values]
    finally:
        METRICS.clear()
    (rate,) = metrics.compute(records).own.values()
    assert rate is not None
    assert (0.75, 1) == (rate.value, rate.n)
    with pytest.raises(Exception, match="unknown metric"):
        parse("own.own>=1")


def test_a_metric_beyond_zero_to_one_is_refused() -> None:
    """Named, with what it must be."""
    METRICS["odd"] = lambda _: float("nan")
    try:
        with pytest.raises(MetricError, match="metric 'odd' is nan; it must be from 0 to 1"):
            extensions.measure(record("s", 1))
    finally:
        METRICS.clear()


def test_the_page_s_package(
    run_rest: RunRest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What docs/extending.md has, as it stands there, makes a package whose command works."""
    page = (ROOT / "docs" / "extending.md").read_text("utf-8")
    (pyproject,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    code = "\n\n".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    declared = tomllib.loads(pyproject)["project"]["entry-points"]
    for group, names in declared.items():
        found = {name: EntryPoint(name, value, group) for name, value in names.items()}
        cached = {group.partition(".")[2]: found}
        before = extensions.declared
        monkeypatch.setattr(
            extensions, "declared", lambda kind, c=cached, b=before: c.get(kind) or b(kind)
        )
    pytester.makepyfile(my_package=code)
    pytester.syspathinsert()
    (command,) = [line for line in page.splitlines() if line.startswith("pytest ")]
    run = run_rest(*shlex.split(command)[1:])
    METRICS.clear()
    assert pytest.ExitCode.OK == run.status, run.out
    assert 20 == len(run.report["items"])
    assert {"fax"} == {each["style"] for each in run.report["items"]}
    assert "own.brief>=0.5 passed: 100.0 %" in run.out
