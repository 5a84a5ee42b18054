"""What a person reads of what the model saw: the summary, a pull request's, a table's cells."""

from dataclasses import asdict
from typing import Any

import pages
from test_seen_dpi import HIGH, STYLES, asked

from pytest_rest import metrics
from pytest_rest.reporting import markdown
from pytest_rest.reporting.page import plots
from pytest_rest.reporting.page.heat_map import heat_map
from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal import findings, seen, vision_tokens

SAW = "dejavu-200dpi-black reached the model at 50 to 200 DPI, 20 of 30 items smaller"
WORST = "item-11, 800 x 1600 -> 200 x 400, 50 DPI"


def report(**about: Any) -> Report:
    """A run of pages of 2, 4 and 8 inches, of which the model sees 400 pixels."""
    records = asked({0: 2, 1: 4, 2: 8}, {50: False})
    provenance = {"model": "served", "seed": 0, "protocol": "p", **about}
    return Report(provenance, records, metrics.table(records), None, [], 1.0, styles=STYLES)


def test_the_summary_has_the_styles_that_were_smaller_the_worst_first() -> None:
    """In 80 columns; a style that was seen as drawn is not among them."""
    lines = [*seen.summary(report().seen)]
    assert f"{SAW}; worst: {WORST}" == " ".join(" ".join(lines[:2]).split())
    assert ["dejavu-200dpi-black", "dejavu-100dpi-black"] == [
        line.split()[0] for line in lines if not line.startswith(" ")
    ]
    assert max(map(len, lines)) <= 80
    assert SAW in markdown.page(report())


def test_a_report_names_the_rule_and_the_worst_item() -> None:
    """As the page's table has it, too."""
    told = report(max_side=400).to_builtins()
    high = next(each for each in told["seen"]["styles"] if each["style"] == HIGH.id)
    cells = ("200 DPI", "50 to 200 DPI", "20 of 30 smaller", WORST)
    assert (HIGH.id, *cells) == seen.cells(high)
    assert "By --rest-max-side=400." == seen.by(told)
    claude = report(resolved_name="anthropic/claude-haiku-4-5").to_builtins()
    assert seen.by(claude).startswith("By Anthropic's rule of 2026-09-20, https://platform.claude")


def test_no_row_of_a_table_calls_a_style_what_it_was_not() -> None:
    """Effects of a resolution, and the styles that are compared with their text."""
    made = report(resolved_name="Qwen/Qwen2.5-VL-7B-Instruct", max_side=400)
    (row,) = [line for line in findings.effects(made) if line.startswith("dpi 50")]
    assert row.startswith("dpi 50 / 200 seen 100-200 ")
    names = {label for plot in plots.of(made.content()) for label in pages.labels(plot)}
    mapped = heat_map(made.content(), {}, str)
    names |= {name for name, _ in mapped.figures} if mapped else set()
    assert {"dpi 50 / 200 seen 100-200", "dejavu-200dpi-black (seen 50-200)"} < names
    (shrunk,) = [line for line in vision_tokens.lines(made.vision) if line.startswith("  shrunk")]
    assert "dejavu-200dpi-black 50-200" in shrunk


def test_an_answer_says_what_of_its_picture_was_seen() -> None:
    """And nothing where that is all of it, or not known."""
    found = report()
    answers = [asdict(each.verdict.answers["image"]) for each in found.records[6:9]]
    assert ["", "the model saw 200 x 400 of it, 100 DPI"][0] == seen.of_answer(answers[0])
    assert "the model saw 200 x 400 of it, 50 DPI" == seen.of_answer(answers[2])
    assert "" == seen.of_answer({**answers[2], "seen": None})
