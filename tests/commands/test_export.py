"""A run's answers as CSV, JSON Lines and Parquet, and its figures as the paper's table."""

import csv
import io
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import RunRest
from stored import planted
from test_cli import printed

from pytest_rest.commands import export
from pytest_rest.reporting.answer_rows import COLUMNS
from pytest_rest.statistics.intervals import proportion

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def report(run_rest: RunRest, capsys: Capture) -> dict[str, Any]:
    """A small run in two styles, some of whose calls fail, in the folder `run`."""
    run = run_rest(
        *("--rest-model=simulated:wrong.image=0.5,failed.mixed=0.3", "--rest-suite=soebench:4"),
        *("--rest-style=dejavu-200dpi-black", "--rest-style=courier-50dpi-red"),
        *("--rest-repeats=2", "--rest-ocr=each", "-pno:xdist"),
    )
    capsys.readouterr()  # what pytest printed
    return run.report


def counted(report: dict[str, Any]) -> int:
    """How many answers and transcriptions a report has: what the rows are compared with."""
    items = report["items"]
    repeats = sum(len(more) for item in items for more in item["repeats"].values())
    read = sum(bool(item[key]) for item in items for key in ("ocr", "ocr_mixed"))
    return repeats + read + sum(len(item["answers"]) for item in items)


def test_a_row_an_answer(capsys: Capture, report: dict[str, Any]) -> None:
    """Each answer and transcription once, with what was asked, what is right, and the style."""
    assert (0, "answers.jsonl\n", "") == printed(capsys, "export", "run", "-o", "answers.jsonl")
    rows = [json.loads(line) for line in Path("answers.jsonl").read_text("ascii").splitlines()]
    assert counted(report) == len(rows) > 50
    assert {tuple(COLUMNS)} == {tuple(row) for row in rows}
    assert {"courier", "dejavu"} == {row["font"] for row in rows}
    assert {("courier-50dpi-red", 50, "red"), ("dejavu-200dpi-black", 200, "black")} == {
        (row["style"], row["dpi"], row["color"]) for row in rows
    }
    by_key = {(row["item"], row["style"], row["form"], row["repeat"]): row for row in rows}
    assert len(rows) == len(by_key)
    for item in report["items"]:
        for mode, answer in item["answers"].items():
            row = by_key[item["id"], item["style"], mode, 0]
            failed = answer["status"] == "failed"
            assert (answer["value"], answer["correct"]) == (row["value"], row["correct"])
            assert (answer["text"], None)[failed] == row["answer"]
            assert (None, answer["text"])[failed] == row["error"]
            assert (item["answer"], item["verdict"]) == (row["expected"], row["verdict"])
            if not failed:
                assert "What is the value of" in row["prompt"] or mode == "image"
        read = by_key[item["id"], item["style"], "transcription", 0]
        assert (item["ocr"]["cer"], item["ocr"]["reference"]) == (read["cer"], read["question"])
    assert any(row["error"] for row in rows)


def test_every_format_has_the_same_rows(capsys: Capture, report: dict[str, Any]) -> None:
    """As far as its types go: CSV has texts alone."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `datasets` is not installed")
    for name in ("answers.csv", "answers.jsonl", "answers.parquet"):
        assert (0, f"{name}\n", "") == printed(capsys, "export", "run", "-o", name)
    lines = [json.loads(line) for line in Path("answers.jsonl").read_text("ascii").splitlines()]
    assert lines == parquet.read_table("answers.parquet").to_pylist()
    with Path("answers.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [row["item"] for row in lines] == [row["item"] for row in rows]
    assert [row["correct"] for row in lines] == [row["correct"] == "true" for row in rows]
    assert [str(row["value"] or "") for row in lines] == [row["value"] for row in rows]
    status, out, _ = printed(capsys, "export", "run")
    assert (0, Path("answers.csv").read_text("utf-8")) == (status, out)


@given(st.text(max_size=30))
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    """What it would take for a formula has an apostrophe, and one apostrophe less is the text."""
    table = "".join(export._csv_lines([{"first": "", "answer": text}]))
    _, (_, cell) = csv.reader(io.StringIO(table, newline=""))
    is_number = export._NUMBER.fullmatch(text)
    assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert text in (cell, cell[1:])


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "@x", "-2+3", "\t=1", "'=1"])
def test_a_formula_is_text(text: str) -> None:
    """With an apostrophe before it."""
    assert f"'{text}" == export._cell(text)


@pytest.mark.parametrize("value", ["-3", "+7", "-0.5", "x=1", "", None, 3])
def test_numbers_and_texts_stay_as_they_are(value: Any) -> None:
    """A negative number is no formula."""
    assert value == export._cell(value)


def write(name: str, model: str, **suites: list[bool]) -> None:
    """A report of items that are consistent or not, by suite."""
    content = planted([True])
    content["provenance"]["model"] = model
    suites["mean"] = suites["pooled"] = [each for values in suites.values() for each in values]
    content["metrics"] = {suite: figures(values) for suite, values in suites.items()}
    Path(name).write_text(json.dumps(content), "ascii")


def figures(values: list[bool]) -> dict[str, Any]:
    """A suite's figures, as far as the table has them."""
    rate = proportion(sum(values), len(values))
    share = rate and asdict(rate)
    return {"all": {"ocr_correct_rate": share}, "ocr_correct": {"rer": share, "cfr": share}}


def test_the_table_of_the_paper(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row a model; per cent, intervals, n; the best in bold; no mean without all suites."""
    monkeypatch.chdir(tmp_path)
    write("one.json", "one|two", arc=[True] * 8 + [False] * 2, mmlu=[True] * 10)
    write("two.json", "a_b", arc=[True] * 6 + [False] * 4)
    status, out, _ = printed(capsys, "export", "one.json", "two.json", "--as=markdown")
    head, rule, one, two = out.splitlines()
    assert 0 == status
    assert head.startswith("| model | arc RER | arc CFR | arc OCR-correct | mmlu RER |")
    assert 1 + 3 * 3 == rule.count("---")
    assert one.startswith("| one&#124;two | **80.0** [49.0, 94.3], n = 10 |")
    assert two.startswith("| a&#95;b | 60.0 [31.3, 83.2], n = 10 |")
    assert two.endswith("| -- | -- | -- | -- | -- | -- |")
    assert (0, "t.tex\n", "") == printed(capsys, "export", "one.json", "two.json", "-o", "t.tex")
    latex = Path("t.tex").read_text("utf-8")
    assert r"one\textbar{}two & \textbf{80.0} {\scriptsize [49.0, 94.3], n = 10} &" in latex
    assert r"a\_b & 60.0 {\scriptsize [31.3, 83.2], n = 10} &" in latex
    assert r"\begin{tabular}{lrrrrrrrrr}" in latex


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("good.json", "-o", "x.xls"), "'x.xls' does not say as what; name it .csv, .jsonl, "),
        (("good.json", "--as=parquet"), "Parquet is not for a terminal; name a file: -o "),
        (("none.json",), "'none.json'"),
        (("odd.json", "--as=latex"), "a report cannot be read: KeyError 'metrics'"),
        (("good.json", "-o", "/proc/x.csv"), "'/proc/x.csv' cannot be written: "),
    ],
)
def test_wrong_usage(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    """One line, exit status 4, and no half a file."""
    monkeypatch.chdir(tmp_path)
    write("good.json", "m", arc=[True] * 3)
    Path("odd.json").write_text(json.dumps({"schema": "pytest-rest/report/1"}))
    status, out, err = printed(capsys, "export", *words)
    assert (4, "") == (status, out)
    assert err.startswith("pytest-rest export: error: ")
    assert said in err
    assert {"good.json", "odd.json"} == {path.name for path in tmp_path.iterdir()}


def test_without_pyarrow(
    capsys: Capture, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install, and what does without."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    status, _, err = printed(capsys, "export", "run", "-o", "x.parquet")
    assert 4 == status
    assert "pip install 'pytest-rest[datasets]'; or write .csv or .jsonl" in err


def test_every_column_is_in_the_docs() -> None:
    """In the table, in their order."""
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [*COLUMNS] == [name for row in rows for name in re.findall(r"`([a-z_]+)`", row)]
