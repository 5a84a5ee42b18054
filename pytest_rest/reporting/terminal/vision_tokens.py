"""Turns what pictures take in tokens, and buy, into lines of 80 columns."""

from collections.abc import Iterator, Sequence

from pytest_rest import wording
from pytest_rest.metrics import seen_dpi
from pytest_rest.metrics.vision_tokens import Use, Vision
from pytest_rest.reporting.terminal.figures import cut, first, percent, points
from pytest_rest.safe_text import shown

_ROWS = 5
_NAME_WIDTH = 20
_LOOKS = 3


def lines(vision: Vision | None) -> Iterator[str]:
    """Whether pictures save tokens and what they cost in right answers; at most 12 lines.

    Nothing where one style was asked. The rows are the image form's, or the mixed one's, of the
    styles with the most items, those that take the fewest tokens first.
    """
    rows = compared(vision)
    if vision is None or not rows:
        return
    title, items, text, mode, change, agreement = head(rows)
    yield f"{title:<{_NAME_WIDTH}} {items} {text} {mode} {change:<22} {agreement}"
    yield from first(rows, _ROWS, _row)
    if smaller := [f"{shown(r.style, 40)} {seen_dpi.span(r.seen)}" for r in rows if r.seen]:
        yield cut(f"  shrunk to DPI: {', '.join(smaller)}", 80)
    yield from equal(vision, rows)
    yield from answer(vision)


def compared(vision: Vision | None) -> list[Use]:
    """One mode's uses, those of most items first, then those that take the fewest tokens.

    None of a single style, which has no other to be compared with.
    """
    uses = of_one_mode(vision) if vision else ()
    rows = sorted(uses, key=lambda use: (-use.n, use.vision.value, use.style))
    return rows if len(rows) > 1 else []


def of_one_mode(vision: Vision) -> Sequence[Use]:
    """The image form's uses where it was asked, or else the mixed one's."""
    return [use for use in vision.uses if use.mode == "image"] or vision.uses


def head(rows: Sequence[Use]) -> tuple[str, ...]:
    """What stands above `cells`."""
    return "tokens a question", "items", "text", rows[0].mode, "accuracy less text", "RER"


def cells(use: Use) -> tuple[str, ...]:
    """A style, its items, both counts of tokens, and what the picture costs in right answers."""
    sizes = f"{use.text.value:.0f}", f"{use.vision.value:.0f}"
    return use.style, str(use.n), *sizes, points(use.change), percent(use.agreement)


def _row(use: Use) -> str:
    style, n, text, vision, change, agreement = cells(use)
    name = cut(shown(style, 100), _NAME_WIDTH)
    return f"{name:<{_NAME_WIDTH}} {n:>5} {text:>4} {vision:>5} {change:<22} {agreement}"


def equal(vision: Vision, rows: Sequence[Use]) -> Iterator[str]:
    """Where vision and text tokens are equal, and what the first look buys there."""
    evens = [even for even in vision.evens if even.mode == rows[0].mode]
    if not evens:
        return
    evens.sort(key=lambda even: (even.change is None, even.look != "dejavu-black"))
    places = [
        f"{shown(even.look, 30)} {f'{even.dpi:.0f} DPI' if even.dpi else 'at no DPI'}"
        for even in evens[:_LOOKS]
    ]
    yield cut(f"  equal at: {', '.join(places)}", 80)
    best = evens[0]
    if best.change and best.agreement:
        cells = f"{points(best.change)}, RER {wording.rate(best.agreement)}"
        yield f"  there, {cut(shown(best.look, 100), 16)}: {cells}"


def answer(vision: Vision) -> Iterator[str]:
    """The answer, of the cheapest style: what it saves, and what that costs in right answers."""
    use = vision.cheapest
    word = {True: "saves", False: "saves nothing", None: "is not clear to save"}[vision.saves]
    times = wording.interval(use.input.value, use.input.low, use.input.high, "{:.2f}".format)
    source = "" if use.source == "reported" else ", by the formula"
    yield f"a picture {word}: {times} x the text form's input tokens{source}"
    accuracy = f"{points(use.change)} points, n = {use.change.n}"
    yield f"  in {cut(shown(use.style, 100), 30)}, {use.mode}: accuracy {accuracy}"
    if (change := use.dollars_change) is not None and use.dollars_as_text:
        dollars = wording.interval(change.value, change.low, change.high, "{:+.3f}".format)
        yield f"  dollars for 1,000: {use.dollars_as_text:.3f} as text, {dollars} as a picture"
