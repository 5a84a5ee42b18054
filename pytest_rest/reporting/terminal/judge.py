"""Turns what a judge said of answers into lines of text for a terminal."""

from collections.abc import Iterator

from pytest_rest.reporting.report import Report
from pytest_rest.reporting.terminal.figures import percent
from pytest_rest.safe_text import shown
from pytest_rest.terms import Comparison


def lines(report: Report) -> Iterator[str]:
    """What the judge said of all pairs, and how often it agrees with itself."""
    if (judged := report.judge) is None:
        return
    counts = (f"{number:,} {word}" for word, number in judged.verdicts.items())
    rate = judged.self_agreement
    yield f"judge {shown(str(report.provenance.get('judge', '')), 60)}: {', '.join(counts)}"
    yield f"  agrees with itself in {percent(rate)} % of {rate.n} pairs, asked in both orders"


def compared(each: Comparison) -> str:
    """`text and image mean the same: 'Ada', 'Ada Lovelace'`."""
    unsure = "mean the same in one order alone"
    words = {"same": "mean the same", "different": "differ", "unsure": unsure}
    texts = ", ".join(repr(shown(text, 60)) for text in (each.first, each.second))
    return f"{each.one} and {each.other} {words[each.verdict]}: {texts}"
