"""`pytest-rest history`: what it prints, writes and exits with."""

import json
import re
from pathlib import Path

import pytest
from releases import falling, release, write
from test_cli import printed

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def declining() -> None:
    """Eight releases where runs are kept; of each some more items disagree."""
    for day in range(8):
        write(Path(".rest/runs", f"{day}"), release(falling(day), day, f"acme-vl-1.{day}"))


def test_a_slow_fall_is_a_warning_and_fails_where_asked(declining: None, capsys: Capture) -> None:
    """Last of what is printed; the exit status says it only where it is to."""
    status, out, err = printed(capsys, "history")
    assert (0, "") == (status, err)
    warned = [line for line in out.splitlines() if line.startswith("warning: ")]
    start = "warning: RER of acme-vl in a falls by 7.5 points a run ["
    assert (start, warned) == (warned[0][: len(start)], out.splitlines()[-2:])
    assert "over 8 runs since 2026-01-01 (p = " in warned[0]
    low, high = map(float, re.findall(r"run \[([-0-9.]+), ([-0-9.]+)\]", warned[0])[0])
    assert 0 < low < 7.5 < high
    assert 1 == printed(capsys, "history", "--fail-on-decline")[0]
    assert 0 == printed(capsys, "history", "--fail-on-decline", ".rest/runs/0", ".rest/runs/1")[0]


def test_json_has_every_run_and_test(declining: None, capsys: Capture) -> None:
    """With each figure's interval and n, what changed, and each trend."""
    status, out, _ = printed(capsys, "history", "--json", "--last=1")
    found = json.loads(out)
    assert (0, "pytest-rest/history/1", []) == (status, found["schema"], found["left_out"])
    (series,) = found["series"]
    assert ("acme-vl", "a", 8) == (series["family"], series["scope"], len(series["runs"]))
    assert {"value", "low", "high", "n"} == series["runs"][0]["figures"]["cfr"].keys()
    assert {"model": {"old": "acme-vl-1.0", "new": "acme-vl-1.1"}} == series["runs"][1]["changed"]
    declines = {each["figure"]: each["declines"] for each in series["trends"]}
    modes = {"accuracy.text": False, "accuracy.image": True, "accuracy.mixed": False}
    assert {"rer": True, **modes} == declines


def test_the_page_is_one_file(declining: None, capsys: Capture) -> None:
    """With the report page's policy, and a plot for each figure; its path goes to stderr."""
    status, out, err = printed(capsys, "history", "--html=h.html", "--json")
    assert (0, "h.html\n") == (status, err)
    assert json.loads(out)
    text = Path("h.html").read_text("utf-8")
    assert "default-src 'none'" in text
    assert "<h1>8 runs of 1 model</h1>" in text
    headings = [f"<h3>{name}</h3>" for name in ("RER", "CFR", "Accuracy by form", "Cost of a run")]
    assert all(heading in text for heading in headings)
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 0, "no run with figures is there"),
        (("nowhere",), 4, "'nowhere' is not there"),
        (("--last=0",), 4, "'0' is not valid; give a whole number from 1"),
        (("--html=file/h.html",), 4, "'file/h.html' cannot be written"),
        (("--html=h.html",), 0, "no run with figures is there"),
    ],
)
def test_without_a_run_it_says_so(
    capsys: Capture, words: tuple[str, ...], status: int, said: str
) -> None:
    """And wrong usage is one line."""
    Path("file").write_text("")
    found, out, err = printed(capsys, "history", *words)
    assert (status, True) == (found, said in out + err)
