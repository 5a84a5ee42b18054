"""Turns what pictures take in tokens, and buy, into lines of 80 columns and into a plot."""

from collections.abc import Iterator, Sequence
from html import escape

from pytest_rest.metrics.vision_tokens import Use, Vision
from pytest_rest.reporting.terminal.tables import percent, points
from pytest_rest.safe_text import shown
from pytest_rest.statistics.paired import Difference
from pytest_rest.terms import Rate

_ROWS = 5
_NAME_WIDTH = 20
_LOOKS = 3
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 460, 360, 52, 34, 44, 10
_LINE, _COLUMNS = 20, 2  # of the names below
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito, 2008
_MOST_LOOKS = 2 * len(_COLORS)


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


def plot(found: Vision) -> str:
    """An SVG element: each style's accuracy over its form's tokens, a line for each look.

    The twelve looks with the most items, those after the sixth with hollow points; their names
    stand below.
    Bars are intervals at 95 %; the dashed lines cross at the text form. It takes the colour of the
    page's text, and needs nothing else of the page.
    """
    rows = _rows(found)
    most = max(max(use.input.value for use in rows), 1.0) * 1.1
    parts = [*_axes(most, rows[0].mode), _text_form(max(rows, key=lambda use: use.n), most)]
    looks: dict[str, list[Use]] = {}
    for use in rows:
        looks.setdefault(use.look, []).append(use)
    kept = sorted(looks, key=lambda look: (-max(use.n for use in looks[look]), look))[:_MOST_LOOKS]
    for number, look in enumerate(kept):
        uses = sorted(looks[look], key=lambda use: use.input.value)
        parts += _curve(number, look, uses, most)
    height = _HEIGHT + _LINE * -(-len(kept) // _COLUMNS) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="12" fill="currentColor">\n'
        "<title>Accuracy over input tokens, by style</title>\n" + "\n".join(parts) + "\n</svg>"
    )


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


def _x(times: float, most: float) -> float:
    return _LEFT + times / most * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _axes(most: float, mode: str) -> Iterator[str]:
    right, foot = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    yield f'<path d="M{_LEFT} {_TOP}V{foot}H{right}" fill="none" stroke="currentColor"/>'
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        yield _text(_LEFT - 6, _y(share) + 4, f"{share:.0%}", "end")
    step = next(each for each in (0.25, 0.5, 1, 2, 5, 10, 50, 500, 10**9) if most / each <= 8)
    ticks = range(int(most / step) + 1)
    yield from (_text(_x(n * step, most), foot + 16, f"{n * step:g}", "middle") for n in ticks)
    yield _text((_LEFT + right) / 2, foot + 34, "input tokens, text form = 1", "middle")
    yield _text(_LEFT, _TOP - 14, f"accuracy of the {mode} form, 95 % intervals", "start")


def _text_form(use: Use, most: float) -> str:
    """Two dashed lines: as many tokens as the text form, and as accurate."""
    x, y = _x(1.0, most), _y(use.accuracy.value - use.change.value)
    path = f"M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"
    return f'<path d="{path}" stroke="currentColor" stroke-dasharray="4 4"/>'


def _curve(number: int, look: str, uses: Sequence[Use], most: float) -> Iterator[str]:
    """A look's points with their intervals, a line through them, and its name."""
    color = _COLORS[number % len(_COLORS)]
    paint = f'fill="{"none" if number >= len(_COLORS) else color}" stroke="{color}"'
    places = [(_x(use.input.value, most), _y(use.accuracy.value), use) for use in uses]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
    yield f'<polyline points="{line}" fill="none" stroke="{color}"/>'
    for x, y, use in places:
        low, high = use.accuracy.low or 0.0, use.accuracy.high or 0.0
        yield f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{color}"/>'
        said = escape(f"{shown(use.style, 100)}: {percent(use.accuracy)} %, n = {use.n}")
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {paint}><title>{said}</title></circle>'
    row, column = divmod(number, _COLUMNS)
    foot, left = _HEIGHT + _LINE * (row + 1), 14 + column * _WIDTH / _COLUMNS
    yield f'<circle cx="{left:g}" cy="{foot - 4}" r="4" {paint}/>'
    yield _text(left + 10, foot, _cut(shown(look, 100), 24), "start")


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
