"""Many runs become series: which belong together, what changed between them, what is left out."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from releases import N, falling, release, write
from runs import RunRest, read_report
from test_markdown import HOSTILE

from pytest_rest.errors import BaselineError, OptionError
from pytest_rest.gate import baseline
from pytest_rest.reporting import history, report_file
from pytest_rest.reporting.history import History, family
from pytest_rest.reporting.page import history as page
from pytest_rest.reporting.terminal import history as words

STEADY = [True] * 30 + [False] * 10


def kept(folder: Path, *reports: Any) -> History:
    """The history of these reports, each in a folder of its own."""
    for number, report in enumerate(reports):
        write(folder / f"run-{number}", report)
    return history.read([folder])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-haiku-4.5", "claude-haiku"),
        ("anthropic/claude-haiku-4-5-20251001", "claude-haiku"),
        ("gpt-5-mini-2025-08-07", "gpt-mini"),
        ("gemini-2.5-flash-lite", "gemini-flash-lite"),
        ("acme-vl:v3", "acme-vl"),
        ("acme-vl-rc2", "acme-vl"),
        ("qwen2.5-vl-7b-instruct", "qwen2.5-vl-7b-instruct"),
        ("gpt-4o", "gpt-4o"),
        ("simulated:wrong.image=0.2", "simulated:wrong.image=0.2"),
        ("python:house:model", "python:house:model"),
        ("", ""),
        ("-1" * 100, "-1" * 100),
    ],
)
def test_a_family_is_a_name_without_versions(model: str, expected: str) -> None:
    """Nor the provider, nor dates; sizes stay."""
    assert expected == family(model)


def test_a_reports_head_and_items_are_all_of_it(run_rest: RunRest) -> None:
    """As a run writes it, and laid out otherwise."""
    run_rest("--rest-model=simulated:shaky", "--rest-suite=soebench:3")
    path = Path("run/report.json")
    whole = read_report(path.parent)
    for indent in (-1, None, 1, 2):
        if indent != -1:
            path.write_text(json.dumps(whole, indent=indent))
        assert whole == {**report_file.head(path), "items": [*report_file.items(path)]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ("[]", "its schema is None"),
        ('{"schema": "other"}', "its schema is 'other'"),
        ('{"schema": "pytest-rest/report/1"}', "it has no 'gate'"),
        ('{"schema": "pytest-rest/report/1",\n "items": [\n  {}', "Expecting ',' delimiter"),
        ("[" * 100_000, "recursion"),
        ('{"schema": 1e999}', "is not a finite number"),
    ],
)
def test_what_is_not_a_report_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """Told with the reason; the others are shown."""
    write(tmp_path / "good", release(STEADY))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "report.json").write_text(text)
    found = history.read([tmp_path])
    assert 1 == len(found.series)
    ((path, why),) = found.left_out.items()
    assert str(tmp_path / "bad" / "report.json") == path
    assert said in why
    with pytest.raises(BaselineError):
        report_file.head(tmp_path / "bad" / "report.json")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda r: r["provenance"].update(created="yesterday"),
        lambda r: r["metrics"]["a"]["all"]["rer"].update(value="0.9"[1:] + "x"),
        lambda r: r["metrics"]["a"].pop("all"),
        lambda r: r["metrics"].update(a=[]),
        lambda r: r["usage"].update(cost=10**400),
        lambda r: r["gate"].update(thresholds=[1]),
        lambda r: r["provenance"].update(suites={"name": 1}),
    ],
)
def test_a_report_with_odd_values_is_one_line(tmp_path: Path, break_it: Any) -> None:
    """Whatever stands where a number or a name should."""
    broken = release(STEADY, 1)
    break_it(broken)
    found = kept(tmp_path, release(STEADY), broken)
    assert [1] == [len(series.points) for series in found.series]
    assert ["the report cannot be read"] == [w.partition(":")[0] for w in found.left_out.values()]


def test_half_a_report_is_not_one(tmp_path: Path) -> None:
    """Wherever it breaks off: a head alone is not a run."""
    path = write(tmp_path / "run", release(STEADY)) / "report.json"
    text = path.read_bytes()
    for end in (3, 5, 200, len(text) // 2):
        path.write_bytes(text[:-end])
        found = history.read([tmp_path])
        assert ((), [str(path)]) == (tuple(found.series), [*found.left_out])


def test_items_that_cannot_be_read_are_in_no_test(tmp_path: Path) -> None:
    """The run's figures are shown; the others are tested."""
    reports = [release(falling(day), day) for day in range(8)]
    reports[3]["items"][5] = {"id": 7}
    found = kept(tmp_path, *reports)
    assert ["its items cannot be read, and are in no test"] == [
        why.partition(":")[0] for why in found.left_out.values()
    ]
    (series,) = found.series
    assert (8, {7}) == (len(series.points), {each.trend.runs for each in series.trends})


def test_runs_that_measure_nothing_new_are_left_out(tmp_path: Path) -> None:
    """A replay, a shard, a copy, an unfinished run, one without figures: each with its reason."""
    bare = release(STEADY, 9)
    bare["metrics"] = {}
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "completions.sqlite").write_bytes(b"")
    found = kept(
        tmp_path,
        release(STEADY),
        release(STEADY),
        release(STEADY, 1, replay_of="run-0"),
        release(STEADY, 2, shard="1/3"),
        bare,
    )
    assert [1] == [len(series.points) for series in found.series]
    reasons = {Path(path).name: why for path, why in found.left_out.items()}
    assert reasons.pop("begun").startswith("unfinished")
    assert len(found.left_out) == 5
    said = " ".join(found.left_out.values())
    for reason in ("a replay of run-0", "shard 1/3 of a run", "a copy of", "no items with figures"):
        assert reason in said


def test_each_change_is_told_before_its_run(tmp_path: Path) -> None:
    """Model, prompts, data, style; what is as it was is not."""
    found = kept(
        tmp_path,
        release(STEADY),
        release(STEADY, 1, "acme-vl-1.1"),
        release(STEADY, 2, "acme-vl-1.1", protocol="own"),
        release(STEADY[:-1], 3, "acme-vl-1.1", protocol="own"),
        release(STEADY[:-1], 4, "acme-vl-1.1", protocol="own", styles=["courier-50dpi-red"]),
        release(STEADY[:-1], 5, "acme-vl-1.1", protocol="own", styles=["courier-50dpi-red"]),
    )
    (series,) = found.series
    assert {1: ["model"], 2: ["prompts"], 3: ["data"], 4: ["style"]} == {
        place: [*words] for place, words in series.changes.items()
    }
    assert ("acme-vl-1.0", "acme-vl-1.1") == series.changes[1]["model"]
    assert (4, ()) == (series.start, tuple(series.trends))


def test_models_of_a_family_are_one_series_unless_told_by_name(tmp_path: Path) -> None:
    """And a suite is a series of its own."""
    runs = [release(STEADY, 0), release(STEADY, 1, "acme-vl-2.0"), release(STEADY, 2, suite="b")]
    found = kept(tmp_path, *runs)
    assert ["acme-vl mean", "acme-vl a", "acme-vl b"][1:] == [
        f"{series.family} {series.scope}" for series in found.series
    ]
    names = {series.family for series in history.read([tmp_path], by_name=True).series}
    assert {"acme-vl-1.0", "acme-vl-2.0"} == names


def test_a_slow_fall_is_found_only_where_nothing_else_changed(tmp_path: Path) -> None:
    """Agreement and the picture's accuracy fall; over a change of the prompts nothing is tested."""
    reports = [release(falling(day), day, f"acme-vl-1.{day}") for day in range(8)]
    found = kept(tmp_path / "one", *reports)
    assert ["rer", "accuracy.image"] == [each.figure for _, each in found.declines]
    assert -3 / N == pytest.approx(found.declines[0][1].trend.slope)
    for report in reports[5:]:
        report["provenance"]["protocol"] = "own"
    assert [] == kept(tmp_path / "two", *reports).declines


def test_runs_that_stopped_early_or_were_cached_are_not_tested(tmp_path: Path) -> None:
    """Shown, and said."""
    reports = [release(falling(day), day) for day in range(9)]
    reports[2]["gate"]["early_stop"] = {"items": 4, "of": 40, "calls_saved": 9}
    reports[3]["usage"]["from_cache"] = 7
    (series,) = kept(tmp_path, *reports).series
    assert (9, 7) == (len(series.points), series.trends[0].trend.runs)
    said = " ".join(words.tested(series))
    assert "not tested: 2 runs answered from a cache or stopped early" in said
    assert ("stopped early, after 4 of 40 items",) == series.points[2].notes


def test_lost_items_are_missing_in_their_run_alone(tmp_path: Path) -> None:
    """What a run lost says nothing of the others."""
    reports = [release(falling(day), day) for day in range(7)]
    reports[6]["items"] = reports[6]["items"][4:]
    reports[6]["lost"] = [{"suite": "a", "item": f"i{n:04}"} for n in range(4)]
    (series,) = kept(tmp_path, *reports).series
    assert ("4 items lost",) == series.points[6].notes
    assert (7, 40) == (series.trends[0].trend.runs, series.trends[0].trend.items)


def test_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    """A folder, or a report."""
    with pytest.raises(OptionError, match="is not there; name folders of runs"):
        history.read([tmp_path / "nothing"])


def test_a_baseline_is_not_a_run(tmp_path: Path) -> None:
    """Named as one it is left out."""
    path = tmp_path / "b.json"
    path.write_text(baseline.to_text(baseline.to_baseline(release(STEADY))))
    assert "its schema is 'pytest-rest/baseline/1'" in history.read([path]).left_out[str(path)]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_terminal_has_room_for_every_line(tmp_path: Path, width: int) -> None:
    """But for sentences, which wrap; no rate is without its interval."""
    names = [f"acme-vl-1.{day}-20260101" for day in range(3)]
    found = kept(tmp_path, *(release(falling(day, 1), day, names[day]) for day in range(3)))
    lines = [*words.lines(found, 20, width)]
    sentences = ("no test for trend: it takes 4 runs of the same items", "acme-vl, a")
    assert [] == [line for line in lines if len(line) > width and not line.startswith(sentences)]
    text = "\n".join(lines)
    assert 3 == text.count("2026-01-0") / (2 if width > 78 else 1)
    assert 3 * 5 == text.count("[")


def test_the_newest_runs_are_printed_and_the_others_counted(tmp_path: Path) -> None:
    """All are in JSON."""
    found = kept(tmp_path, *(release(STEADY, day) for day in range(6)))
    text = "\n".join(words.lines(found, 2, 80))
    assert ("2026-01-05" in text, "2026-01-04" in text) == (True, False)
    assert "the newest 2; all are in --json and --html" in text
    assert 6 == len(history.to_builtins(found)["series"][0]["runs"])


def test_a_threshold_of_the_newest_run_is_the_series(tmp_path: Path) -> None:
    """The suite's own before the whole run's; a folder's is not the series'."""
    reports = [release(STEADY, day) for day in range(2)]
    common = {"metric": "rer", "subset": "all", "scope": "", "part": "", "bound": 0.7}
    reports[1]["gate"]["thresholds"] = [
        {**common, "part": "a", "bound": 0.8},
        common,
        {**common, "part": "a", "scope": "tests", "bound": 0.1},
        {**common, "part": "a", "subset": "ocr_correct", "bound": 0.2},
    ]
    (series,) = kept(tmp_path, *reports).series
    assert {"rer": 0.8} == series.thresholds
    assert "threshold 80 %" in page.text(kept(tmp_path / "again", *reports))


def test_names_of_others_are_text_on_the_page(tmp_path: Path) -> None:
    """A model's, a suite's, a protocol's: no element more."""
    reports = [release(falling(day), day) for day in range(8)]
    harmless = page.text(kept(tmp_path / "one", *reports))
    hostile = copy.deepcopy(reports)
    for number, report in enumerate(hostile):
        report["provenance"] |= {"model": f"acme{HOSTILE}", "resolved_model": [HOSTILE]}
        report["provenance"]["styles"] = [f"x{HOSTILE}"]
        report["provenance"]["created"] = reports[number]["provenance"]["created"]
    text = page.text(kept(tmp_path / "two", *hostile))
    assert harmless.count("<") == text.count("<")
    assert "<script" not in text
    lines = "\n".join(words.lines(history.read([tmp_path / "two"]), 20, 80))
    assert "\x1b" not in lines
