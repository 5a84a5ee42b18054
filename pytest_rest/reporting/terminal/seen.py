"""Turns what of each style reaches the model into lines of 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_rest import wording
from pytest_rest.models.seen import NOTICED, Picture, SeenStyle, shrink
from pytest_rest.models.vision_rules import VisionRule
from pytest_rest.reporting.terminal.figures import first
from pytest_rest.safe_text import shown
from pytest_rest.terms import Seen

_SHOWN = 3
_OWN = "the items' own pictures"
_OPTIONS = ("max_side", "max_pixels")
_INDENT = 14  # of the plan's words


def plan(
    styles: Sequence[SeenStyle], rule: VisionRule, size: Sequence[int] | None = None
) -> Iterator[str]:
    """What the model will see of each style, and by which rule; or that this is not known.

    `size` is up to which side and pixels an eye chart has found no limit.
    """
    words = [*_planned(styles, rule)] if styles else [*_unknown(rule, size)]
    for number, text in enumerate(words):
        name = "  seen        " if number == 0 else " " * _INDENT
        yield from textwrap.wrap(text, 80, initial_indent=name, subsequent_indent=" " * 16)


def summary(styles: Sequence[SeenStyle]) -> Iterator[str]:
    """The styles of which the model saw less than was drawn, the worst first."""
    for line in told(styles):
        yield from textwrap.wrap(line, 80, subsequent_indent="  ")


def told(styles: Sequence[SeenStyle]) -> Iterator[str]:
    """The same, a line for each style."""
    yield from first(_worst_first(styles), _SHOWN, _saw)


def header(pictures: Sequence[Picture]) -> Iterator[str]:
    """In how many styles the longest item is smaller to the model, and in the worst of them."""
    if pictures:
        worst, number = pictures[0], len({picture.style for picture in pictures})
        styles = wording.count(number, "style")
        where = _shrunk(worst, f" in {shown(worst.style, 100)}")
        yield f"rest: pictures reach the model smaller in {styles}: {where}"


def of_answer(answer: Mapping[str, Any]) -> str:
    """`the model saw 215 x 1568 of it, 33 DPI`, of a report's answer; empty if that is all."""
    seen, sent = answer.get("seen"), (answer.get("width") or 0, answer.get("height") or 0)
    if not seen or not all(sent) or shrink(sent, (seen["width"], seen["height"])) >= NOTICED:
        return ""
    return f"the model saw {seen['width']} x {seen['height']} of it{_dpi(seen)}"


def cells(style: Mapping[str, Any]) -> tuple[str, ...]:
    """A style of a report's `seen`: its DPI, that of what was seen, how many items, the worst."""
    known = SeenStyle(**{**style, "worst": Picture(style=style["style"], dpi=0, **style["worst"])})
    drawn = f"{known.dpi} DPI" if known.style else "-"
    items = f"{known.shrunk:,} of {known.items:,} smaller"
    return known.style or _OWN, drawn, saw(known) or "smaller", items, _shrunk(known.worst)


def by(report: Mapping[str, Any]) -> str:
    """Which rule says so."""
    rule, about = report["seen"]["rule"], report["provenance"]
    said = [f"--rest-{n.replace('_', '-')}={about[n]}" for n in _OPTIONS if about.get(n)]
    said += [f"{rule['provider']}'s rule of {rule['date']}, {rule['source']}"] if rule else []
    return f"By {' and '.join(said)}."


def saw(style: SeenStyle) -> str:
    """`33 to 200 DPI`; empty for the items' own pictures."""
    ends = dict.fromkeys(f"{end:.0f}" for end in (style.low, style.high) if end is not None)
    return f"{' to '.join(ends)} DPI" if ends else ""


def measured(about: Mapping[str, Any] | None) -> Iterator[str]:
    """What an eye chart before the run has told, in a line."""
    if about is not None:
        cost = f", {wording.money(about['cost'])}" if about["cost"] else ""
        known = "" if about["limit"] else "; none is taken for known"
        calls = wording.count(about["calls"], "call")
        yield f"{calls} of an eye chart{cost}; {about['said']}{known}"


def whole(size: Sequence[int] | None) -> Iterator[str]:
    """That an eye chart which was given has found no limit, and up to which page, in a line."""
    if size is not None:
        side, area = f"{size[0]:,}", f"{size[1] / 1e6:.1f} million"
        yield f"eye chart: no limit up to {side} pixels a side and {area} pixels"


def _planned(styles: Sequence[SeenStyle], rule: VisionRule) -> Iterator[str]:
    less = _worst_first(styles)
    yield from first(less, _SHOWN, _reaches, "")
    if whole := len(styles) - len(less):
        names = [shown(style.style, 60) or _OWN for style in styles if not style.shrunk]
        said = names[0] if whole == 1 else f"{whole} styles"
        yield (
            f"{said}: at {NOTICED * 100:.0f} % of the DPI or more" if less else f"{said}: as drawn"
        )
    if rule.is_told:
        told = {"--rest-max-side": rule.max_side, "--rest-max-pixels": rule.max_pixels}
        yield f"by {' and '.join(f'{name}={value}' for name, value in told.items() if value)}"
    if rule.is_known and rule.source:
        yield f"by {rule.provider}'s rule of {rule.date}"


def _unknown(rule: VisionRule, size: Sequence[int] | None) -> Iterator[str]:
    if rule.seen(1, 1) is not None:
        return
    if size is not None:
        yield "not known of this endpoint"
        yield from whole(size)
    else:
        yield "not known of this endpoint; say what it leaves: --rest-max-side, --rest-max-pixels"
        yield "or measure it: --rest-eyechart"


def _reaches(style: SeenStyle) -> str:
    where = f"at {saw(style)}" if style.style else "smaller"
    name = shown(style.style, 100) or _OWN
    return f"{name}: reaches the model {where}; worst: {_shrunk(style.worst)}"


def _saw(style: SeenStyle) -> str:
    name = shown(style.style, 100) or _OWN
    items = f"{style.shrunk:,} of {style.items:,} items smaller"
    where = f"at {saw(style)}, " if style.style else ""
    return f"{name} reached the model {where}{items}; worst: {_shrunk(style.worst)}"


def _shrunk(picture: Picture, where: str = "") -> str:
    """`soebench-0007, 1292 x 9436 -> 215 x 1568, 33 DPI`."""
    (width, height), seen = picture.sent, picture.seen
    sides = f"{width} x {height} -> {seen['width']} x {seen['height']}"
    return f"{shown(picture.item, 100)}{where}, {sides}{_dpi(seen)}"


def _dpi(seen: Seen) -> str:
    return "" if seen["dpi"] is None else f", {seen['dpi']:.0f} DPI"


def _worst_first(styles: Sequence[SeenStyle]) -> list[SeenStyle]:
    less = [style for style in styles if style.shrunk]
    return sorted(less, key=lambda style: style.worst.left)
