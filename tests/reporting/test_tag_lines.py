"""The figures of tags in the terminal, in Markdown, on the page and between two runs."""

from dataclasses import replace
from pathlib import Path

import pages
from test_page import data, written

from pytest_rest import metrics
from pytest_rest.reporting import markdown
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import tags
from pytest_rest.terms import Record

LONG = "high_school_government_and_politics_and_more"


def tagged(n: int = 60, names: int = 26) -> list[Record]:
    """Records, each of one of so many tags and of one that all have; every fifth is odd."""
    words = [LONG, *(f"t{number:02}" for number in range(1, names))]
    records = [pages.record(number) for number in range(n)]
    return [replace(r, tags=("all", words[n % names])) for n, r in enumerate(records)]


def report(records: list[Record]) -> Report:
    """Their report."""
    return Report(pages.ABOUT, records, metrics.table(records), None, (), 1.0)


def test_the_least_consistent_tags_come_first() -> None:
    """Twenty of them, in 80 columns; what all items have is not told again."""
    lines = [*tags.lines(report(tagged()))]
    assert all(len(line) <= 80 for line in lines), max(lines, key=len)
    assert "of each tag, per cent [95%]        items RER                 CFR" == lines[0]
    assert "  and 6 more, in report.json" == lines[-1]
    rates = [float(line.split()[2]) for line in lines[1:-1]]
    assert 20 == len(rates)
    assert sorted(rates) == rates
    assert not any(line.startswith("all") for line in lines)
    few = [*tags.lines(report(tagged(names=2)))]
    assert ["high_school_government_and_pol...", "t01"] == [line.split()[0] for line in few[1:]]


def test_without_tags_nothing_is_told() -> None:
    """Nor where all items have the same ones."""
    records = [pages.record(number) for number in range(4)]
    assert [] == [*tags.lines(report(records))]
    assert "tags" not in report(records).to_builtins()
    assert [] == [*tags.lines(report([replace(r, tags=("all",)) for r in records]))]


def test_a_summary_of_markdown_has_the_same() -> None:
    """Names are text, the rest is counted."""
    found = report(tagged())
    page = markdown.page(replace(found, provenance={**pages.ABOUT, "suites": []}))
    rows = page.partition("| tag | items |")[2].partition("\n\n")[0].splitlines()[2:]
    assert 21 == len(rows)
    assert "| and 6 more |  |  |  |  |" == rows[-1]
    names = [line.split()[0] for line in tags.lines(found)]
    assert [markdown.escape(name) for name in names[1:3]] == [row.split()[1] for row in rows[:2]]


def test_a_page_has_a_row_for_each_tag(tmp_path: Path) -> None:
    """All of them, each a link to its items; an item has its tags."""
    text = written(tmp_path, pages.report(tagged()))
    section = text.partition('<section id="tags">')[2].partition("</section>")[0]
    assert 26 == section.count('<a href="#tag=')
    assert {("all", LONG)} == {
        tuple(item["tags"]) for item in data(text)["items"] if LONG in item["tags"]
    }
    plain = written(tmp_path, pages.report([pages.record(1)]))
    assert ('<section id="tags">' in plain, 'select name="tag"' in plain) == (False, False)
