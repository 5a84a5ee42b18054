"""Turns flips, and what the hunts for them did, into lines for a terminal of 80 columns."""

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_rest.fuzzing.flip import REST, Flip
from pytest_rest.metrics import failure_causes
from pytest_rest.safe_text import shown
from pytest_rest.scoring import fold
from pytest_rest.terms import Item, Style
from pytest_rest.wording import count

_WIDTH = 79
_ALSO_SHOWN = 6
_SAID_SHOWN = 120  # characters
PICTURED = {"REST's style": "rest", "this style": "style"}  # titles, and what a flip calls them


def hunted(fuzz: Mapping[str, Any]) -> Iterator[str]:
    """What was asked: examples, calls, seed; and what was not; a sentence a line."""
    hunts = f"{fuzz['hunts']} {'hunt' if fuzz['hunts'] == 1 else 'hunts'}"
    yield (
        f"{fuzz['examples']:,} examples in {hunts}, {fuzz['compared']:,} compared; "
        f"{fuzz['calls']:,} calls; seed {fuzz['seed']}"
    )
    if fuzz["not_repeated"]:
        yield f"{fuzz['not_repeated']:,} flipped once and not again: there the model is unsteady"
    if fuzz["lost"]:
        yield f"{fuzz['lost']:,} lost to failed calls: {shown(fuzz['failure'])}"
    if fuzz["undrawn"]:
        first = shown(next(iter(fuzz["undrawn"].values())))
        yield f"{count(len(fuzz['undrawn']), 'style')} could not be drawn: {first}"
    yield from (f"ended early: {shown(ended)}" for ended in fuzz["ended"])


def change(flip: Flip) -> str:
    """`dpi=79 (REST's 200); transcribed wrongly, steady: 5 of 5 times`."""
    changes = ", ".join(
        f"{name.removesuffix('_pt')}={value} (REST's {getattr(REST, name)})"
        for name, value in flip.style.changes.items()
    )
    failing = failure_causes.WORDS.get(flip.failing, flip.failing)
    return f"{changes}; {failing}, {flip.steadiness}: {flip.times} of {flip.of} times"


def finding(flip: Flip, picture: Callable[[str], Path], again: str) -> Iterator[str]:
    """The question, its answers in both styles, the pictures, and how to ask it again."""
    yield from (f"  {line}" for line in question(flip))
    for title, said in told(flip):
        yield from folded(f"  {title:<13} {said}", " " * 16)
        if digest := flip.pictures.get(PICTURED.get(title, "")):
            yield f"    {picture(digest)}"
    yield f"  again: {again}"
    yield from (f"  {line}" for line in example(flip.item, flip.style))


def question(flip: Flip) -> Iterator[str]:
    """What was asked, line by line, and what is right."""
    for line in (*flip.item.context.splitlines(), flip.item.question):
        yield shown(line)
    yield f"right is {shown(flip.item.answer)}"


def told(flip: Flip) -> Iterator[tuple[str, str]]:
    """Titles and texts: the answers in every form, what was read, and what flips alike."""
    for title, name in PICTURED.items():
        yield title, _values(flip.answers[name])
    for mode in ("text", "mixed"):
        if flip.answers.get(mode):
            yield mode, _values(flip.answers[mode])
    if None in flip.answers["style"]:
        yield "it wrote", shown(flip.said[:_SAID_SHOWN]) or "nothing"
    yield "transcription", _reading(flip)
    if flip.also:
        others = ", ".join(style.id for style in flip.also[:_ALSO_SHOWN])
        more = len(flip.also[_ALSO_SHOWN:])
        yield "so too", f"{others} and {more} more" if more else others


def example(item: Item, style: Style) -> list[str]:
    """The flip as Hypothesis's `@example`, in Python."""
    lines = item.context.splitlines(keepends=True)
    return [
        "@example(",
        "    item=Item(",
        f"        id={item.id!r},",
        f"        question={item.question!r},",
        f"        answer={item.answer!r},",
        "        context=(",
        *(f"            {line!r}" for line in lines),
        "        ),",
        f"        answer_kind={item.answer_kind!r},",
        f"        suite={item.suite!r},",
        "    ),",
        f"    style=Style({', '.join(f'{k}={v!r}' for k, v in style.changes.items())}),",
        ")",
    ]


def to_yaml(flips: Sequence[Flip]) -> str:
    """A benchmark file, `*.rest.yaml`: every question that flipped, in every style that did."""
    items = {flip.item.digest: flip.item for flip in flips}
    flipping = (style.id for flip in flips for style in (flip.style, *flip.also))
    styles = dict.fromkeys([REST.id, *flipping])
    lines = [
        "# Flips that Hypothesis found: each question in each style, and in REST's own.",
        f"styles: {json.dumps([*styles])}",
        "items:",
    ]
    for item in items.values():
        keys = {
            "id": item.id,
            "context": item.context,
            "question": item.question,
            "answer": int(item.answer),
            "kind": item.answer_kind,
        }
        entry = [f"{key}: {json.dumps(value)}" for key, value in keys.items()]
        lines += [f"  - {entry[0]}", *(f"    {line}" for line in entry[1:])]
    return "\n".join(lines) + "\n"


def folded(line: str, indent: str = "  ") -> list[str]:
    """A line that may be too long as several, all but the first indented."""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _values(values: Sequence[str | None]) -> str:
    return ", ".join("no answer" if value is None else shown(value, 20) for value in values)


def _reading(flip: Flip) -> str:
    if flip.cer is None:
        return "was not asked"
    if not flip.cer:
        return "right, every character"
    return f"wrong (CER {flip.cer:.3f}): {shown(fold(flip.read)[:_SAID_SHOWN])}"
