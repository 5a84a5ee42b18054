"""Turns headings, tables and plots into a page of one file, that needs no network.

The page's policy allows its own script and style alone, and pictures from its own folder or out of
the page itself.
"""

import base64
import hashlib
import html
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from pytest_rest.reporting.page.svg import Plot
from pytest_rest.safe_text import shown

_HERE = Path(__file__).parent


def save(pieces: Iterable[str], path: Path) -> None:
    """Write a page in one step; OSError where that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with half.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def fill(
    kind: str, heading: str, verdict: str, sections: Iterable[str], footer: str, script: str = ""
) -> str:
    """A page of parts that are markup already, but for `kind` and `heading`."""
    style = part("page.css")
    sources = f"style-src {_hash(style)}; img-src 'self' file: data:"
    sources += f"; script-src {_hash(part('page.js'))}" if script else ""
    return Template(part("page.html")).substitute(
        policy=f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'",
        title=f"{escape(heading)} · {escape(kind)}",
        style=style,
        kind=escape(kind),
        heading=escape(heading),
        verdict=verdict,
        sections="\n".join(filter(None, sections)),
        footer=footer,
        script=script,
    )


def escape(value: object, limit: int = 300) -> str:
    """Text from outside as it may stand in the page: bounded, on one line, nothing hidden."""
    return html.escape(shown(str(value), limit))


def figures(found: Iterable[Plot]) -> str:
    """The plots, each with its figures as a table; empty where there is none."""
    parts = [figure(plot) for plot in found]
    return (
        section("plots", "What the figures say", f'<div class="plots">{"".join(parts)}</div>')
        if parts
        else ""
    )


def figure(plot: Plot) -> str:
    """A plot with its heading, its note, and its figures as a table."""
    rows = table(plot.head, plot.figures, plot.heading)
    note = f"<h3>{escape(plot.heading)}</h3><p>{escape(plot.note, 500)}</p>"
    details = f"<details><summary>As a table</summary>{rows}</details>"
    return f"<figure><figcaption>{note}</figcaption>{plot.picture}{details}</figure>"


def paragraphs(lines: Iterable[str]) -> str:
    """Lines of text as a terminal has them, a paragraph each."""
    return "".join(f"<p>{escape(line[:1].upper() + line[1:], 500)}</p>" for line in lines)


def section(name: str, heading: str, content: str) -> str:
    """A part of the page with its heading; empty where there is nothing in it."""
    return f'<section id="{name}"><h2>{heading}</h2>{content}</section>' if content else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Rows of text; the first cell names the row. It scrolls by itself where it is too wide."""
    lines = [
        f'<tr><th scope="row">{escape(name)}</th>'
        f"{''.join(f'<td>{escape(cell, 1_000)}</td>' for cell in rest)}</tr>"
        for name, *rest in rows
    ]
    if not lines:
        return ""
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def part(name: str) -> str:
    """A file beside this one: markup, style or script, as it goes into a page."""
    return (_HERE / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
