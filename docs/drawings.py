"""Draws the pictures of numbers.md from seeded simulations: `python docs/drawings.py`."""

import random
from collections.abc import Iterable
from pathlib import Path

from pytest_rest import metrics, scoring
from pytest_rest.metrics import reading
from pytest_rest.metrics.agreement import Group
from pytest_rest.statistics.paired import difference, simultaneous
from pytest_rest.terms import Answer, Mode, Record

HERE = Path(__file__).parent
WIDTH, LEFT, ROW = 720, 190, 34
BLUE, ORANGE, GREY = "#0072b2", "#b85600", "#8a8a8a"
LABELS = "ABCD"


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def bar(x: float, y: float, width: float, color: str, words: str = "") -> str:
    """A bar with words in it."""
    box = f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="22" fill="{color}"/>'
    inside = text(x + width / 2, y + 16, words, "middle") if words else ""
    return box + inside.replace("<text", '<text fill="white"')


def line(x: float, right: float, y: float, color: str, width: float) -> str:
    """A level line."""
    return (
        f'<line x1="{x:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{color}" '
        f'stroke-width="{width:g}"/>'
    )


def save(name: str, title: str, height: float, parts: Iterable[str]) -> None:
    """One picture, on white, so that it can be read on any page."""
    body = "\n".join(parts)
    (HERE / f"numbers-{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img">\n'
        f"<title>{title}</title>\n<style>text {{ font: 14px sans-serif }}</style>\n"
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n',
        "utf-8",
    )


def record(item: int, modes: Iterable[Mode], values: Iterable[str], truth: str) -> Record:
    """An item with these answers."""
    answers = [
        Answer(mode, "parsed", "", value, value == truth)
        for mode, value in zip(modes, values, strict=True)
    ]
    return Record("s", str(item), "x", "d", truth, scoring.judge(answers), choices=4)


def agreement() -> None:
    """Two models whose forms agree on as many items: one that knows most, and one that guesses."""
    draws, parts = random.Random(1), []  # noqa: S311 (no secret)
    modes: tuple[Mode, ...] = ("text", "image", "mixed")
    for row, (name, known, steady) in enumerate((("knows most", 0.85, 0.4), ("says A", 0.0, 0.9))):
        records = []
        for item in range(400):
            truth, guess = draws.choice(LABELS), "A" if not known else draws.choice(LABELS)
            own = truth if draws.random() < known else guess
            same = (own == truth and known > 0) or draws.random() < steady
            values = [own, own, own if same else draws.choice(LABELS)]
            records.append(record(item, modes, values, truth))
        found = metrics.compute(records)
        y, x = 10 + row * 3 * ROW, float(LEFT)
        parts.append(text(LEFT - 12, y + 16, f"a model that {name}", "end"))
        for rate, color, word in (
            (found.all_correct, BLUE, "all right"),
            (found.agreed_wrong, ORANGE, "agreed, wrong"),
        ):
            share = rate.value if rate else 0.0
            width = share * (WIDTH - LEFT - 20)
            words = f"{word} {share * 100:.1f} %" if share > 0.2 else f"{share * 100:.1f}"
            parts.append(bar(x, y, width, color, words))
            x += width
        rates = found.rer, found.agree_not_right, found.rer_beyond_chance
        rer, rest, beyond = (rate.value * 100 if rate else 0.0 for rate in rates)
        told = f"RER {rer:.1f} %; of what is not all right {rest:.1f} % agrees"
        parts.append(text(LEFT, y + 42, told))
        parts.append(text(LEFT, y + 62, f"RER beyond chance {beyond:.1f} %"))
    save("agreement", "RER taken apart, of two models", 6 * ROW - 4, parts)


def explained() -> None:
    """What differs between text and image, and what still does with the model's own words."""
    modes: tuple[Mode, ...] = ("text", "image", "ocr-then-solve")
    kinds = [("1", "1", "1")] * 60 + [("1", "2", "2")] * 15 + [("1", "2", "1")] * 25
    found = reading.share(
        [Group([record(n, modes, values, "1")]) for n, values in enumerate(kinds)]
    )
    if found is None or found.low is None or found.high is None:
        raise SystemExit("nothing is explained")
    scale = (WIDTH - LEFT - 20) / 50
    gone = found.differing - found.remaining
    low, high = found.low * 100, found.high * 100
    parts = [
        text(LEFT - 12, 26, "text against image", "end"),
        bar(LEFT, 10, found.differing * scale, ORANGE, f"{found.differing:.0f} of 100 differ"),
        text(LEFT - 12, 60, "own words against image", "end"),
        bar(LEFT, 44, found.remaining * scale, ORANGE, f"{found.remaining:.0f} still do"),
        bar(LEFT + found.remaining * scale, 44, gone * scale, BLUE, f"{gone:.0f} are gone"),
        text(
            LEFT, 94, f"reading explains at least {found.value * 100:.1f} [{low:.1f}, {high:.1f}] %"
        ),
    ]
    save("reading", "What reading explains", 110, parts)


def effects() -> None:
    """Twenty-seven looks that change nothing, each by itself and all together."""
    draws, parts = random.Random(7), []  # noqa: S311 (no secret)
    middle = (WIDTH + LEFT) / 2
    scale = (WIDTH - LEFT) / 2 / 0.45
    rows = [[draws.choice([-1, -0.5, 0, 0, 0, 0.5, 1]) for _ in range(60)] for _ in range(27)]
    found = [change for row in rows if (change := difference(row)) is not None]
    found.sort(key=lambda change: change.value)
    off = clear = 0
    for place, change in enumerate(found):
        y = 16 + place * 9
        low, high = simultaneous(change, len(found))
        alone = change.low or 0.0, change.high or 0.0
        is_off = not alone[0] <= 0 <= alone[1]
        off, clear = off + is_off, clear + (not low <= 0 <= high)
        parts.append(line(middle + low * scale, middle + high * scale, y, "#c8c8c8", 2))
        left, right = (middle + end * scale for end in alone)
        parts.append(line(left, right, y, ORANGE if is_off else GREY, 4))
    foot = 27 * 9 + 14
    parts.append(f'<path d="M{middle:.1f} 6V{foot}" stroke="black"/>')
    parts += [
        text(LEFT - 12, 40, f"{off} of 27 leave out zero", "end"),
        text(LEFT - 12, 60, "each by itself (thick),", "end"),
        text(LEFT - 12, 80, f"{clear} of them together", "end"),
        text(middle, foot + 18, "0 points", "middle"),
    ]
    save("effects", "Twenty-seven effects that are not there", foot + 30, parts)


if __name__ == "__main__":
    agreement()
    explained()
    effects()
