"""REST's published rows, and where a run stands among them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_text import record

from pytest_rest import metrics
from pytest_rest.metrics import published_rows
from pytest_rest.metrics.published_rows import ROWS
from pytest_rest.reporting.page import plots
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import findings
from pytest_rest.terms import Record, Style

# As in the paper's table: per cent.
PAPER = """
GPT-5-mini | 90.7 | 8.7 | 99.0
Claude Haiku 4.5 | 90.3 | 8.9 | 98.2
Qwen2.5-VL 32B | 84.7 | 13.6 | 97.5
InternVL3 14B | 78.4 | 19.6 | 95.3
GPT-4o-mini | 71.3 | 26.0 | 98.8
Gemini 2.5 Flash Lite | 54.3 | 40.3 | 98.3
Phi-4 | 14.9 | 82.3 | 94.0
DeepSeek Tiny | 6.6 | 98.0 | 70.3
"""


def run(right: int, n: int = 20, suite: str = "soebench", misread: int = 0) -> list[Record]:
    """Items of which the first `right` agree, and the last `misread` were not read right."""
    return [
        _of_its_own(
            record(
                f"i{item}",
                suite,
                "3A = 8" if item >= n - misread else "3A = 6",
                text="2",
                image="2" if item < right else "3",
                mixed="2",
            )
        )
        for item in range(n)
    ]


def _of_its_own(one: Record) -> Record:
    """The record with answers that no other item has: one answer to all says nothing."""
    answers = {m: replace(a, value=f"{a.value}{one.item}") for m, a in one.verdict.answers.items()}
    return replace(one, verdict=replace(one.verdict, answers=answers))


def report(records: list[Record], **styles: Style) -> Report:
    """The report of a model whose name is long."""
    about = {"resolved_name": "a-provider/" + "m" * 40, "protocol": "rest-1 (a3f2c1d0)"}
    return Report(about, records, metrics.table(records), None, (), 1.0, styles=styles)


def test_the_rows_are_the_papers() -> None:
    """Figure by figure, as shares."""
    rows = [line.split(" | ") for line in PAPER.strip().splitlines()]
    assert [name for name, *_ in rows] == [row.model for row in ROWS]
    for (_, *figures), row in zip(rows, ROWS, strict=True):
        shares = [float(figure) / 100 for figure in figures]
        assert shares == pytest.approx([row.rer, row.cfr, row.ocr_correct_rate])
    assert "2512.08923" in published_rows.SOURCE
    assert "CVPR" in published_rows.SOURCE


def test_a_run_among_them_by_its_ocr_correct_items() -> None:
    """16 of 20 agree, four were misread: 16 of 16 read right do, and 80 % were read right."""
    found = published_rows.standing(run(16, misread=4), "mine", "rest-1")
    assert found is not None
    assert [True] + [False] * 8 == [row.this_run for row in found.rows]
    assert found.rer is not None
    assert (1.0, 16) == (found.rer.value, found.rer.n)
    assert (1.0, 0.0, 0.8) == (
        found.rows[0].rer,
        found.rows[0].cfr,
        found.rows[0].ocr_correct_rate,
    )
    written = found.to_builtins()
    assert 16 == written["this_run"]["rer"]["n"]
    assert "soebench" in written["differs"]
    assert "rest-1" in written["differs"]


@given(st.integers(0, 20), st.integers(0, 20))
def test_the_rows_are_in_order(right: int, misread: int) -> None:
    """By RER, falling; a run that has none comes last; the published rows stay what they are."""
    found = published_rows.standing(run(right, misread=misread), "mine", "rest-1")
    assert found is not None
    rates = [-1.0 if row.rer is None else row.rer for row in found.rows]
    assert sorted(rates, reverse=True) == rates
    assert ROWS == tuple(row for row in found.rows if not row.this_run)
    (own,) = (row for row in found.rows if row.this_run)
    assert (misread == 20) == (own.rer is None)


def test_other_data_have_no_standing() -> None:
    """One's own questions, a form that was not asked, or nothing at all."""
    assert None is published_rows.standing([], "mine", "rest-1")
    assert None is published_rows.standing(run(1) + run(1, suite="own"), "mine", "rest-1")
    two = [record("i", "soebench", text="2", image="2")]
    assert None is published_rows.standing(two, "mine", "rest-1")
    assert None is report(run(1, suite="own")).to_builtins()["published"]


def test_few_items_have_no_standing_nor_has_a_run_that_wants_none() -> None:
    """Of nineteen items the interval is as wide as the table; and a reader may not care."""
    assert None is published_rows.standing(run(15, n=19), "mine", "rest-1")
    wanted = report(run(16))
    assert None is not wanted.standing
    unwanted = replace(wanted, provenance={**wanted.provenance, "published": "off"})
    assert None is unwanted.standing


def test_of_several_styles_rests_own_counts() -> None:
    """REST+ is another measurement: only what was asked in REST's style is compared."""
    low = [replace(each, style="low") for each in run(0)]
    styles = {Style().id: Style(), "low": Style(dpi=50, name="low")}
    both = report(run(20) + low, **styles)
    found = both.standing
    assert found is not None
    said = "  of 2 styles the answers in REST's own, dejavu-200dpi-black, alone"
    assert said == [*findings.standing(both)][-1]
    (shown,) = plots._published(both.to_builtins())
    assert shown.note.startswith("RER on OCR-correct items in REST's own style. arXiv ")
    assert found.rer is not None
    assert (1.0, 20) == (found.rer.value, found.rer.n)
    assert None is report(low, **styles).standing
    named = [replace(each, style="mine") for each in run(20)]
    assert None is not report(named, mine=Style(name="mine")).standing


def test_the_section_in_the_terminal() -> None:
    """Twelve lines of 80 columns: a head, nine rows, the source, and what differs."""
    lines = list(findings.standing(report(run(8, 150))))
    assert 12 == len(lines)
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    (own,) = (line for line in lines if line.startswith("> "))
    assert "5.3 [" in own
    assert "differs: data (here soebench), prompts (here rest-1 (a3f2c1d0))" in lines[-1]
    assert "n = 150" in lines[-1]
    every = [each for suite in sorted(published_rows.DATA_SETS) for each in run(3, suite=suite)]
    assert all(len(line) <= 80 for line in findings.standing(report(every)))
    assert [] == list(findings.standing(report([])))


def test_the_runs_own_figures_are_not_touched() -> None:
    """No published figure is anywhere else in the report."""
    written = report(run(16)).to_builtins()
    rows = written.pop("published")["rows"]
    assert 9 == len(rows)
    assert "GPT-5-mini" not in str(written)
    assert written["metrics"]["mean"]["all"]["rer"]["value"] == 0.8
