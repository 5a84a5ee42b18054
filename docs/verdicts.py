"""Draws what a baseline says of each true drop, from simulated runs: `python docs/verdicts.py`."""

import functools
import random
from collections import Counter
from pathlib import Path

from pytest_rest.statistics.drop import decide

OUT = Path(__file__).with_name("numbers-baseline.svg")
TOLERANCE, FLIPS, RUNS = 0.05, 0.1, 1000
DROPS = [point / 200 for point in range(31)]  # 0 to 15 points
LEFT, TOP, WIDTH, HEIGHT = 60, 34, 280, 170
RIGHT = LEFT + WIDTH + 40
COLORS = {"pass": "#5aa469", "undecided": "#d9d9d9", "fail": "#c8553d"}
WORDS = {"pass": "passed", "undecided": "undecided", "fail": "failed"}


@functools.cache
def verdict(n: int, worse: int, better: int) -> str:
    """What is decided of so many flips."""
    drops = [1.0] * worse + [-1.0] * better + [0.0] * (n - worse - better)
    return decide({"suite": drops}, TOLERANCE, 0.95).decision


def shares(n: int, drop: float) -> Counter[str]:
    """How often each verdict is given of n items, of which some flip either way by themselves."""
    draws, weights = random.Random(1), [drop + FLIPS / 2, FLIPS / 2, 1 - drop - FLIPS]  # noqa: S311
    drawn = (Counter(draws.choices("wb=", weights, k=n)) for _ in range(RUNS))
    return Counter(verdict(n, flips["w"], flips["b"]) for flips in drawn)


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    """Words at a place."""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def panel(n: int, left: int) -> str:
    """The shares of verdicts over the true drop, one above the other."""
    parts, lower = [text(left, TOP - 12, f"{n} items", "start")], [0.0] * len(DROPS)
    found = [shares(n, drop) for drop in DROPS]
    xs = [left + WIDTH * drop / DROPS[-1] for drop in DROPS]
    for word, color in COLORS.items():
        upper = [low + each[word] / RUNS for low, each in zip(lower, found, strict=True)]
        corners = [*zip(xs, lower, strict=True), *reversed([*zip(xs, upper, strict=True)])]
        points = " ".join(f"{x:.1f},{TOP + HEIGHT * (1 - share):.1f}" for x, share in corners)
        parts.append(f'<polygon points="{points}" fill="{color}"/>')
        lower = upper
    at = left + WIDTH * TOLERANCE / DROPS[-1]
    parts.append(f'<path d="M{at:.1f} {TOP}v{HEIGHT}" stroke="black" stroke-dasharray="4 3"/>')
    for drop in DROPS[::10]:
        place = left + WIDTH * drop / DROPS[-1]
        parts.append(text(place, TOP + HEIGHT + 18, f"{100 * drop:g}"))
    return "\n".join(parts)


def main() -> None:
    """Write the picture."""
    foot = TOP + HEIGHT + 40
    parts = [panel(100, LEFT), panel(500, RIGHT)]
    parts += [text(LEFT - 8, TOP + HEIGHT * (1 - s) + 5, f"{s:.0%}", "end") for s in (0, 0.5, 1)]
    for place, (word, color) in enumerate(COLORS.items()):
        x = RIGHT + 80 + 72 * place + 12 * (place > 1)
        parts.append(f'<rect x="{x}" y="{TOP - 22}" width="10" height="10" fill="{color}"/>')
        parts.append(text(x + 14, TOP - 12, WORDS[word], "start"))
    parts.append(text((LEFT + RIGHT + WIDTH) / 2, foot, "the true drop, in points"))
    body = "\n".join(parts)
    OUT.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {foot + 12}" role="img">\n'
        "<title>Verdicts of a baseline with a tolerance of 5 points</title>\n"
        "<style>text { font: 13px sans-serif }</style>\n"
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n',
        "utf-8",
    )


if __name__ == "__main__":
    main()
