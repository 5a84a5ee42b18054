"""What a person reads behind the rates, in 80 columns."""

import random
from dataclasses import replace

from test_text import record, report

from pytest_rest import metrics
from pytest_rest.benchmark.rest_plus import rest_plus
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import findings
from pytest_rest.terms import Style


def test_where_items_failed() -> None:
    """One line: how many of how many, and each cause that there is."""
    found = report(
        record("i1", text="2", image="2", mixed="2"),
        record("i2", text="2", image="3", mixed="2"),
        record("i3", read="3A = 8", text="2", image="3", mixed="2"),
        record("i4", text="2", image=None, mixed="2"),
    )
    assert [
        "3 of 4 items inconsistent: 1 transcribed wrongly, 1 without an answer, 1",
        "  transcribed rightly",
    ] == list(findings.failed_at(found))
    assert [] == list(findings.failed_at(report(record(text="2", image="2", mixed="2"))))
    assert [] == list(findings.failed_at(report()))


def test_effects_in_eighty_columns() -> None:
    """Each characteristic's clearest first; no single colours, no style of one change."""
    found = simulated(40, 3)
    lines = list(findings.effects(found))
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    assert lines[0].split()[:4] == ["effect", "in", "points", "[95%"]
    rows = lines[1:-1]
    names = [line[:27].strip() for line in rows[::2]]
    assert 8 == len(names) == len(set(names))
    assert "dpi 50" == names[0]
    assert {"color any", "dpi 50"} <= set(names)
    assert any(name.startswith("font ") for name in names)
    assert not {"color red", "style dejavu-50dpi-black"} & set(names)
    assert {"OCR-correct"} == {line[:27].strip() for line in rows[1::2]}
    assert lines[-1].endswith("more, in report.json")


def test_wide_intervals_stay_in_eighty_columns() -> None:
    """Two items: an interval beyond what a difference of shares can be is cut there."""
    lines = list(findings.effects(simulated(2, 5)))
    assert any("-100.0," in line or "+100.0]" in line for line in lines)
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)


def test_two_items_that_change_alike_are_not_the_first() -> None:
    """Without a spread, and of two items: what forty of sixty show at 50 DPI stands above it."""
    styles = {each.id: each for each in (Style(), Style(dpi=50), Style("cursive"))}
    records = []
    for item in range(60):
        wrong = "3" if item % 3 else "2"
        for style in styles.values():
            said = {Style(): "2", Style(dpi=50): wrong}.get(style, "3")
            if style.font == "dejavu" or item < 2:
                one = record(f"i{item}", text="2", image=said, mixed=said)
                records.append(replace(one, style=style.id))
    found = Report({}, records, metrics.table(records), None, (), 1.0, styles=styles)
    lines = [line.split()[:2] for line in findings.effects(found)]
    assert [["dpi", "50"], ["font", "cursive"]] == [lines[1], lines[3]]


def test_one_style_has_no_effects() -> None:
    """Nothing to compare, nothing shown, and an empty list in the report."""
    found = report(record("i1", text="2", image="2", mixed="2"))
    assert [] == list(findings.effects(found))
    assert [] == found.to_builtins()["effects"]


def simulated(n: int, seed: int) -> Report:
    """REST+ of items that are right at random, seldom at 50 DPI."""
    draws, asked, records = random.Random(seed), {}, []
    for item in range(n):
        for style in rest_plus(f"i{item}", 0):
            asked[style.id] = style
            share = 0.3 if style.dpi == 50 else 0.8
            said = {mode: "2" if draws.random() < share else "3" for mode in ("image", "mixed")}
            records.append(replace(record(f"i{item}", text="2", **said), style=style.id))
    return Report({}, records, metrics.table(records), None, (), 1.0, styles=asked)
