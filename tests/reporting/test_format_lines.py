"""What formats do, in lines of a terminal, in Markdown and on the page."""

import json

from pytest_rest import metrics
from pytest_rest.metrics import formats as measured
from pytest_rest.metrics.format_findings import Finding
from pytest_rest.reporting.page import summary
from pytest_rest.reporting.terminal import formats
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import Answer, Record, Verdict

NAMES = ("csv", "html", "json", "latex", "markdown")


def records(n: int) -> list[Record]:
    """Items whose LaTeX is answered otherwise in three of four, and not as its picture is."""
    made = []
    for item in range(n):
        for name in NAMES:
            text, image = ("2", "3") if name == "latex" and item % 4 else ("1", "1")
            answers = (Answer("text", "parsed", "", text), Answer("image", "parsed", "", image))
            verdict = Verdict("inconsistent", {answer.mode: answer for answer in answers})
            made.append(Record("s", str(item), name, str(item), "1", verdict, format=name))
    return made


def test_lines_name_what_differs_and_fit() -> None:
    """In 80 columns; of many pairs of formats the first ones are shown."""
    listed = records(40)
    found = measured.measure(listed, metrics.table(listed))
    lines = [*formats.lines(found)]
    assert "latex is where it differs, as text" in lines
    assert "  latex as text: +75.0 [+58.6, +89.0] points beyond the other texts, n = 40" in lines
    assert 2 == lines.count("  and 4 more, in report.json") + lines.count(
        "  and 14 more, in report.json"
    )
    assert max(map(len, lines)) <= 80
    assert found is not None
    told = summary.differing_formats({"formats": json.loads(json.dumps(found.to_builtins()))})
    assert lines[-2:] == [told[0], f"  {told[1]}"]


def test_a_finding_says_of_what_it_is() -> None:
    """Pictures of all formats, or of one."""
    size = Difference(0.5, 0.4, 0.6, 200, 9.0, 199, 0.001)
    said = [formats.found(Finding("pictures", name, size, True)) for name in ("", "latex")]
    assert said == [
        "pictures: +50.0 [+40.0, +60.0] points beyond text, n = 200",
        "pictures in latex: +50.0 [+40.0, +60.0] points beyond those in other formats, n = 200",
    ]


def test_an_older_report_says_nothing_of_it() -> None:
    """It has formats, and no findings."""
    listed = records(4)
    found = measured.measure(listed, metrics.table(listed))
    assert found is not None
    told = found.to_builtins()
    for name in ("floor", "format_floor", "modality_excess", "beyond_noise", "findings"):
        del told[name]
    heads = [head[0] for head, _ in summary.formats({"formats": told})]
    assert ["per cent [95%]", "all formats agree", "modality beyond format"] == heads
    assert [] == summary.differing_formats({"formats": told})
    assert [] == summary.differing_formats({})
