"""Turns an endpoint's eyes into lines of text for a terminal of 80 columns."""

import sys
import textwrap
from collections.abc import Iterator

from pytest_rest.eyechart import Eyes
from pytest_rest.eyechart.file import Measured
from pytest_rest.safe_text import shown
from pytest_rest.statistics import legibility
from pytest_rest.statistics.legibility import CONFIDENCE, Conclusion, Estimate
from pytest_rest.wording import count, interval

_POINTS = 12  # of the print in REST's style
_REFUSED = 5
_NEARLY = 0.05  # below the largest page a limit cannot be told from none
SURE = f"{CONFIDENCE * 100:.0f} %"


class Progress:
    """Tells whoever watches a terminal how far it is."""

    def __init__(self, model: str, most: int) -> None:
        self._model, self._most, self.done = shown(model, 40), most, 0

    def __call__(self, done: int) -> None:
        """So many calls are done."""
        self.done = done
        if sys.stderr.isatty():
            text = f"\r{self._model}: {done} calls of {self._most} at most"
            print(text, end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self.done and sys.stderr.isatty():
            print(file=sys.stderr)


def lines(measured: Measured) -> Iterator[str]:
    """All that was measured of one endpoint."""
    eyes = measured.eyes
    yield f"eyes of {shown(measured.name)}"
    yield from wrapped(sight(eyes))
    if eyes.conclusion is not None:
        yield from wrapped(limit(eyes, eyes.conclusion))
        yield f"smallest legible print{'':<6}as it arrives{'':<17}of {_POINTS} points"
        for font, size, dpi in prints(measured, eyes.conclusion):
            yield f"  {shown(font, 24):<26}{size:<30}{dpi}".rstrip()
        yield from _pages(measured)
    yield from refused(eyes)
    number = sum(cell.shown for cell in eyes.cells)
    yield f"{count(eyes.calls, 'call')}, {count(number, 'line')} of print; intervals at {SURE}"


def wrapped(text: str) -> list[str]:
    """A sentence on lines of 80 columns."""
    return textwrap.wrap(text, 80, subsequent_indent="  ")


def sight(eyes: Eyes) -> str:
    """Whether pictures are seen at all, and whether they are counted."""
    without, most = eyes.tokens
    if most is None or without is None:
        counted = "the endpoint reports no input tokens"
    elif eyes.counts:
        counted = f"a picture adds up to {most - without:,} input tokens"
    else:
        counted = f"input tokens do not rise with a picture ({without:,} without, {most:,} with)"
    if eyes.sees:
        return f"pictures are seen; {counted}"
    charts = len(eyes.cells)
    return f"PICTURES ARE NOT SEEN: no line of {charts} charts was read; {counted}"


def limit(eyes: Eyes, conclusion: Conclusion) -> str:
    """Which pictures are shrunk, to what."""
    side, area = conclusion.side, conclusion.pixels
    longest, most = eyes.largest
    if conclusion.is_below:
        return (
            f"limit: below {conclusion.smallest:,.0f} pixels a side, or every picture is made one "
            "size: print shrinks with the page from the smallest page on"
        )
    if conclusion.rule == "none":
        return f"limit: none up to {longest:,} pixels a side and {most / 1e6:.1f} million pixels"
    if conclusion.rule is None:
        limits = zip(("square", "tall"), conclusion.shapes, _largest(eyes), strict=True)
        known = (
            f"{shape} pages are whole up to {limit.low:,.0f} pixels a side"
            if limit.high > largest * (1 - _NEARLY)
            else f"{shape} pages are shrunk above {pixels(limit)} pixels a side"
            for shape, limit, largest in limits
        )
        return f"limit: no rule is sure; {', '.join(known)}"
    words = []
    if side is not None:
        which = "shortest" if conclusion.rule == "short side" else "longest"
        words.append(f"{pixels(side)} pixels on the {which} side")
    if area is not None:
        words.append(f"{pixels(area)} pixels in all")
    return f"limit: pictures are shrunk to {' and '.join(words)}"


def _largest(eyes: Eyes) -> tuple[int, int]:
    """The longest side of the largest square page, and of the largest tall one."""
    sizes = [(cell.width, cell.height) for cell in eyes.cells]
    squares = [height for width, height in sizes if width == height]
    return max(squares, default=0), max(height for _, height in sizes)


def prints(measured: Measured, conclusion: Conclusion) -> Iterator[tuple[str, str, str]]:
    """For each font the smallest legible print as it arrives, and what that is of 12 points."""
    for font, size in zip(measured.fonts, conclusion.prints, strict=True):
        if size is None:
            yield font, "not read in any size", ""
        else:
            yield font, f"{pixels(size)} pixels", f"from {size.value * 72 / _POINTS:.0f} DPI"


def head(measured: Measured) -> list[str]:
    """The columns of `rows`."""
    return ["page", *measured.fonts]


def rows(measured: Measured) -> Iterator[list[str]]:
    """The smallest legible print on each page, in pixels as it is sent."""
    cells = {(c.width, c.height, c.font): c.smallest for c in measured.eyes.cells}
    for width, height in dict.fromkeys((c.width, c.height) for c in measured.eyes.cells):
        sizes = [cells.get((width, height, font)) for font in measured.fonts]
        yield [f"{width} x {height}", *("-" if s is None else pixels(s) for s in sizes)]


def _pages(measured: Measured) -> Iterator[str]:
    yield "smallest legible print on a page, in pixels as it is sent"
    for cells in (head(measured), *rows(measured)):
        page, *sizes = (f"{shown(cell, 18):<20}" for cell in cells)
        yield f"  {page[:13]}{''.join(sizes)}".rstrip()


def refused(eyes: Eyes) -> Iterator[str]:
    """The pages that failed, and why."""
    for (width, height), error in [*eyes.refused.items()][:_REFUSED]:
        yield f"a page of {width} x {height} pixels failed: {shown(error)}"
    if (more := len(eyes.refused) - _REFUSED) > 0:
        yield f"and {more} pages more failed"


def differences(one: Measured, other: Measured) -> Iterator[tuple[str, bool]]:
    """In what the second endpoint differs from the first, and whether that is sure."""
    first, second = one.eyes.conclusion, other.eyes.conclusion
    if first is None or second is None:
        if one.eyes.sees != other.eyes.sees:
            yield "one of them sees pictures, and the other does not", True
        return
    if None not in (first.rule, second.rule) and first.rule != second.rule:
        yield "their limits follow different rules", True
    else:
        shapes = zip(("square", "tall"), first.shapes, second.shapes, strict=True)
        for shape, *limits in shapes:
            yield _difference(f"limit of {shape} pages", *limits)
    for font, *sizes in zip(one.fonts, first.prints, second.prints, strict=True):
        yield _difference(f"smallest legible print, {font}", *sizes)


def _difference(what: str, one: Estimate | None, other: Estimate | None) -> tuple[str, bool]:
    if one is None or other is None:
        return f"{what}: read by {'both' if one is other else 'one of them'}", one is not other
    times = legibility.ratio(other, one)
    is_sure = not times.low <= 1 <= times.high
    said = interval(times.value, times.low, times.high, "{:.2f}".format)
    return f"{what}: {said} times the first's{', which is sure' if is_sure else ''}", is_sure


def pixels(size: Estimate) -> str:
    """`9.1 [8.7, 9.5]`, and from a hundred whole ones."""
    write = "{:,.0f}" if size.value >= 100 else "{:.1f}"
    return interval(size.value, size.low, size.high, write.format)
