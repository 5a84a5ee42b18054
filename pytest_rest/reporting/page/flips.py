"""Turns the flips that hunts found, as report.json has them, into a part of its page."""

import html
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pytest_rest.fuzzing.flip import Flip
from pytest_rest.reporting.page import layout
from pytest_rest.reporting.terminal import flips as text

Builtins = Mapping[str, Any]
_MOST = 50
_LONGEST = 1_000  # characters of a line


def flips(report: Builtins, source: Callable[[str], str]) -> str:
    """What was hunted for, and each flip; `source` tells where a picture is, by its digest."""
    fuzz = report.get("fuzz")
    if not fuzz:
        return ""
    found = [Flip.from_builtins(each) for each in fuzz["findings"][:_MOST]]
    parts = [layout.paragraphs(text.hunted(fuzz))]
    parts += [_flip(flip, number, source) for number, flip in enumerate(found, 1)]
    if more := len(fuzz["findings"]) - len(found):
        parts.append(f"<p>and {more:,} more, in report.json</p>")
    if found:
        again = (
            "Number 1 is asked again by --rest-fuzz-replay=RUN:1, with this run's folder as RUN."
        )
        parts.append(layout.paragraphs([again]))
    return layout.section("fuzz", "Flips that were hunted for", "".join(parts))


def _flip(flip: Flip, number: int, source: Callable[[str], str]) -> str:
    told = "".join(
        f"<dt>{layout.escape(title)}</dt><dd>{layout.escape(said, _LONGEST)}</dd>"
        for title, said in text.told(flip)
    )
    name = f"flip {number}"
    example = _lines(f"{name} as an example", text.example(flip.item, flip.style))
    return (
        f'<div class="card flip"><h3>{layout.escape(f"{name}: {text.change(flip)}")}</h3>'
        f"{_lines(f'{name}, the question', text.question(flip))}{_pair(flip, source)}"
        f"<dl>{told}</dl><details><summary>For Hypothesis</summary>{example}</details></div>"
    )


def _pair(flip: Flip, source: Callable[[str], str]) -> str:
    found = "".join(_pictures(flip, source))
    return f'<div class="pair">{found}</div>' if found else ""


def _pictures(flip: Flip, source: Callable[[str], str]) -> Iterator[str]:
    for title, name in text.PICTURED.items():
        if place := source(str(flip.pictures.get(name, ""))):
            yield (
                f'<div class="picture"><h4>{title}</h4><img src="{html.escape(place)}" '
                f'alt="The question in {title}" loading="lazy"></div>'
            )


def _lines(name: str, lines: Iterator[str] | list[str]) -> str:
    """Lines as they are; what scrolls is within reach of the keyboard."""
    said = "\n".join(layout.escape(line, _LONGEST) for line in lines)
    return f'<pre tabindex="0" role="region" aria-label="{layout.escape(name)}">{said}</pre>'
