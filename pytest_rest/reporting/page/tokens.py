"""Turns report.json's vision tokens and advice into parts of its page."""

from collections.abc import Mapping
from typing import Any

from pytest_rest.metrics.advice import Advised
from pytest_rest.metrics.vision_tokens import Vision
from pytest_rest.reporting.page import layout
from pytest_rest.reporting.page.svg import Plot
from pytest_rest.reporting.terminal import findings, vision_tokens

Builtins = Mapping[str, Any]
_MOST = 400  # styles in the table
_HEADING = "What pictures take in tokens, and buy"
_NOTE = (
    "Each point is a style, each line a look at several resolutions, with intervals at 95 %. The "
    "dashed lines cross at the text form: left of them a picture takes fewer tokens, below them it "
    "is answered worse."
)


def advice(report: Builtins) -> str:
    """What the data support doing, with intervals that hold together; or that there is nothing.

    Empty where no difference was looked at.
    """
    data = report.get("advice")
    found = Advised.from_builtins(data) if data else None
    if found is None or not found.looked_at:
        return ""
    if not found.given:
        return layout.section("advice", "Advice", layout.paragraphs([findings.nothing(found)]))
    head = findings.advised_head(found)
    return layout.section(
        "advice", "Advice", layout.table(head, map(findings.advised, found.given), head[0])
    )


def tokens(report: Builtins) -> str:
    """Whether pictures save tokens and what they cost in right answers, in words and as a plot.

    Nothing where one style was asked, as on the terminal.
    """
    data = report.get("vision_tokens")
    found = Vision.from_builtins(data) if data else None
    rows = vision_tokens.compared(found)
    if found is None or not rows:
        return ""
    lines = [
        line.strip() for line in (*vision_tokens.answer(found), *vision_tokens.equal(found, rows))
    ]
    cells = [vision_tokens.cells(use) for use in rows[:_MOST]]
    plot = Plot(
        "Accuracy over input tokens",
        _NOTE,
        vision_tokens.plot(found),
        cells,
        vision_tokens.head(rows),
    )
    content = f'{layout.paragraphs(lines)}<div class="alone">{layout.figure(plot)}</div>'
    return layout.section("vision", _HEADING, content)
