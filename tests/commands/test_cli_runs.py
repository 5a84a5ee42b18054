"""`pytest-rest list`, `show` and `render`: what a person sees of the runs that are kept."""

import json
from pathlib import Path

import pages
import pytest
from runs import RunRest
from test_cli import printed

from pytest_rest import rendering
from pytest_rest.reporting import runs as stored_runs
from pytest_rest.terms import Style

Capture = pytest.CaptureFixture[str]
RUN = ".rest/runs/20261121-101500-a"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def kept(run_rest: RunRest, capsys: Capture) -> None:
    """A finished run, where runs are kept."""
    args = ("--rest-suite=soebench:3", "--rest-style=dejavu,courier-50dpi-red")
    run_rest("--rest-model=simulated:wrong.image=1", *args, f"--rest-run-dir={RUN}")
    capsys.readouterr()


def test_list_shows_the_latest_run_first(kept: None, capsys: Capture) -> None:
    """The latest first; a run without a report is unfinished, a broken one unreadable."""
    for name, content in (("20270101-b", "{"), ("20270102-c", '{"schema": "other"}')):
        Path(".rest/runs", name).mkdir()
        Path(".rest/runs", name, "report.json").write_text(content)
    Path(".rest/runs/20250101-d").mkdir()
    Path(".rest/runs/20250101-d/completions.sqlite").write_bytes(b"x")
    status, out, _ = printed(capsys, "list")
    assert 0 == status
    _, *rows = out.splitlines()
    assert ["20270102-c", "20270101-b", "20261121-101500-a"] == [
        each.split()[-1] for each in rows[:3]
    ]
    assert "simulated:wrong.image=1" in rows[2]
    assert " 3  0.0 [0.0, 56.1] " in rows[2]
    assert ["unreadable", "unreadable", "-"] == [each.split()[-2] for each in rows[:3]]
    status, out, _ = printed(capsys, "list", "--json")
    assert "simulated:wrong.image=1" == json.loads(out)[2]["model"]


def test_without_a_run_list_says_so_and_show_fails(folder: Path, capsys: Capture) -> None:
    """Said, and no failure for a list; for an item there must be one."""
    assert (0, "no run is kept in '.rest/runs'\n", "") == printed(capsys, "list")
    status, _, err = printed(capsys, "show", "soebench-0000")
    assert 4 == status
    assert "no run is kept in '.rest/runs'; name the folder of one" in err


@pytest.mark.parametrize("named", ["soebench-0001", "soebench-0001-courier-50dpi-red"])
def test_show_prints_an_item_in_each_style(kept: None, capsys: Capture, named: str) -> None:
    """In each of its styles, or in the one that a test's name has; of the latest run, or of one."""
    status, out, _ = printed(capsys, "show", named)
    assert 0 == status
    assert (2 if named == "soebench-0001" else 1) == out.count("inconsistent; right is ")
    assert "  image  " in out
    assert ", wrong (parsed)" in out
    assert "         | Answer: " in out
    assert "  read   every character of the picture right" in out
    (first, *_) = [line.strip() for line in out.splitlines() if line.endswith(".png")]
    assert Path(first).is_file()
    assert (status, out, "") == printed(capsys, "show", named, RUN)
    status, out, _ = printed(capsys, "show", named, f"{RUN}/report.json", "--json")
    assert {"soebench-0001"} == {each["id"] for each in json.loads(out)}


def test_show_ends_with_the_runs_advice(kept: None, capsys: Capture) -> None:
    """As the run's own summary had it; a report without advice has none, and JSON neither."""
    path = Path(RUN, "report.json")
    report = json.loads(path.read_text())
    for advised, n in ((pages.everything("\x1b[2J")["advice"], 2), (None, 0)):
        report["advice"] = advised
        path.write_text(json.dumps(report))
        status, out, _ = printed(capsys, "show", "soebench-0001")
        assert (0, n) == (status, out.count("advice, of 17") + out.count("\navoid 50 DPI\\x1b[2J "))
    del report["advice"]
    path.write_text(json.dumps(report))
    assert 0 == printed(capsys, "show", "soebench-0001")[0]


def test_show_suggests_the_nearest_item(kept: None, capsys: Capture) -> None:
    """With the nearest that is."""
    status, _, err = printed(capsys, "show", "soebench-001")
    assert 4 == status
    assert "the run has no item 'soebench-001'; did you mean 'soebench-000" in err


def test_a_file_that_is_not_a_report_is_refused(folder: Path, capsys: Capture) -> None:
    """One line, whatever it is."""
    broken = '{"schema": "pytest-rest/report/1", "items": [{"id": 1}]}'
    for name, content in (("a.json", "["), ("b.json", "{}"), ("c.json", broken)):
        Path(name).write_text(content)
        status, _, err = printed(capsys, "show", "1", name)
        assert 4 == status
        assert err.startswith(f"pytest-rest show: error: '{name}': ")


def test_what_a_model_wrote_is_shown_as_text(kept: None, capsys: Capture) -> None:
    """No escape sequence reaches the terminal, and a megabyte is cut."""
    path = Path(RUN, "report.json")
    report = json.loads(path.read_text())
    answer = report["items"][0]["answers"]["image"]
    answer["text"], answer["value"] = "\x1b[2J\u202e" + "x" * 10**6, "\x1b]0;z"
    path.write_text(json.dumps(report))
    _, out, _ = printed(capsys, "show", report["items"][0]["id"])
    assert "\\x1b[2J\\u202e" in out
    assert len(out) < 10_000


def test_render_writes_the_models_pixels(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same pixels as a model sees, where and as named; several into a folder."""
    status, out, _ = printed(capsys, "render", "3x = 9", "-s", "cursive-50dpi", "-o", "x/a.png")
    assert (0, "x/a.png: ") == (status, out[:9])
    drawn = rendering.draw("3x = 9", Style(font="cursive", dpi=50))
    assert drawn.png == Path("x/a.png").read_bytes()
    styles = ("-s", "dejavu", "-s", "courier-50dpi-red")
    status, out, _ = printed(capsys, "render", "3x = 9", *styles, "-o", "y", "--json")
    assert ["y/dejavu-200dpi-black.png", "y/courier-50dpi-red.png"] == [
        each["path"] for each in json.loads(out)
    ]
    assert 0 == printed(capsys, "render", "x")[0]
    assert Path("dejavu-200dpi-black.png").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["\u6f22"], "has no glyph for"),
        (["x", "-s", "dejavo"], "did you mean"),
        (["x", "-o", "file/x.png"], "cannot be written"),
    ],
)
def test_render_refuses_what_cannot_be_drawn(
    folder: Path, capsys: Capture, words: list[str], said: str
) -> None:
    """One line, and exit status 4."""
    Path("file").write_text("")
    status, _, err = printed(capsys, "render", *words)
    assert (4, True) == (status, said in err)


def test_an_older_report_s_word_is_today_s(folder: Path) -> None:
    """A threshold that failed was once `missed`; what else its gate says is as it was written."""
    content = pages.everything()
    content["gate"]["thresholds"] = [{"outcome": "missed"}, {"outcome": "passed"}]
    content["gate"]["baseline"] = {"checks": [{"outcome": "missed"}]}
    Path("old.json").write_text(json.dumps(content))
    gate = stored_runs.report(Path("old.json"))["gate"]
    assert ["failed", "passed"] == [each["outcome"] for each in gate["thresholds"]]
    assert [{"outcome": "failed"}] == gate["baseline"]["checks"]
