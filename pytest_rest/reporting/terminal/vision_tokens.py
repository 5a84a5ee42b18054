"""Turns what pictures take in tokens, and buy, into lines of 80 columns."""

from collections.abc import Iterator, Sequence

from pytest_rest.metrics.vision_tokens import Use, Vision
from pytest_rest.reporting.terminal.tables import percent, points
from pytest_rest.safe_text import shown
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import Rate

_ROWS = 5
_NAME_WIDTH = 20
_LOOKS = 3


def lines(found: Vision | None) -> Iterator[str]:
    """Whether pictures save tokens and what they cost in right answers; at most 12 lines.

    Nothing where one style was asked. The rows are the image form's, or the mixed one's, of the
    styles with the most items, those that take the fewest tokens first.
    """
    rows = compared(found)
    if found is None or not rows:
        return
    title, items, text, mode, change, agreement = head(rows)
    yield f"{title:<{_NAME_WIDTH}} {items} {text} {mode} {change:<22} {agreement}"
    yield from (_row(use) for use in rows[:_ROWS])
    if more := len(rows[_ROWS:]):
        yield f"  and {more} more, in report.json"
    yield from equal(found, rows)
    yield from answer(found)


def compared(found: Vision | None) -> list[Use]:
    """One mode's uses, the image form's where it was asked; those of most items first.

    And then those that take the fewest tokens. Nothing of one style: it is beside no other.
    """
    rows = sorted(_rows(found), key=lambda use: (-use.n, use.vision.value, use.style))
    return rows if len(rows) > 1 else []


def head(rows: Sequence[Use]) -> tuple[str, ...]:
    """What stands above `cells`."""
    return "tokens a question", "items", "text", rows[0].mode, "accuracy less text", "RER"


def cells(use: Use) -> tuple[str, ...]:
    """A style, its items, both counts of tokens, and what the picture costs in right answers."""
    sizes = f"{use.text.value:.0f}", f"{use.vision.value:.0f}"
    return use.style, str(use.n), *sizes, points(use.change), percent(use.agreement)


def _rows(found: Vision | None) -> list[Use]:
    """One mode's uses: the image form's where it was asked."""
    uses = found.uses if found else ()
    images = [use for use in uses if use.mode == "image"]
    return images or [*uses]


def _row(use: Use) -> str:
    style, n, text, vision, change, agreement = cells(use)
    name = _cut(shown(style, 100), _NAME_WIDTH)
    return f"{name:<{_NAME_WIDTH}} {n:>5} {text:>4} {vision:>5} {change:<22} {agreement}"


def equal(found: Vision, rows: Sequence[Use]) -> Iterator[str]:
    """Where vision and text tokens are equal, and what the first look buys there."""
    evens = [even for even in found.evens if even.mode == rows[0].mode]
    if not evens:
        return
    first = sorted(evens, key=lambda even: (even.change is None, even.look != "dejavu-black"))
    told = [
        f"{shown(even.look, 30)} {f'{even.dpi:.0f} DPI' if even.dpi else 'at no DPI'}"
        for even in first[:_LOOKS]
    ]
    yield _cut(f"  equal at: {', '.join(told)}", 80)
    best = first[0]
    if best.change and best.agreement:
        cells = f"{points(best.change)}, RER {percent(best.agreement)}, n = {best.change.n}"
        yield f"  there, {_cut(shown(best.look, 100), 16)}: {cells}"


def answer(found: Vision) -> Iterator[str]:
    """The answer, of the cheapest style: what it saves, and what that costs in right answers."""
    use = found.cheapest
    word = {True: "saves", False: "saves nothing", None: "is not clear to save"}[found.saves]
    counted = "" if use.source == "reported" else ", by the formula"
    yield f"a picture {word}: {_times(use.input)} x the text form's input tokens{counted}"
    yield f"  in {_cut(shown(use.style, 100), 30)}, {use.mode}: accuracy {_points_n(use.change)}"
    if use.dollars_change is not None and use.dollars_as_text:
        dollars = f"{use.dollars_as_text:.3f} as text, {_dollars(use.dollars_change)}"
        yield f"  dollars for 1,000: {dollars} as a picture"


def _times(ratio: Rate) -> str:
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}"
    return f"{ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


def _dollars(change: Difference) -> str:
    if change.low is None or change.high is None:
        return f"{change.value:+.3f}"
    return f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"


def _points_n(found: Difference) -> str:
    return f"{points(found)} points, n = {found.n}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
