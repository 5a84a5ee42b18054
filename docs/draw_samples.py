"""Draws, from seeded simulations, what items are worth: `python docs/draw_samples.py`."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_rest.statistics import clusters
from pytest_rest.statistics.bounds import Share, Shares
from pytest_rest.statistics.clusters import Sample
from pytest_rest.statistics.intervals import of_sample

HERE = Path(__file__).parent
WIDTH = 720
BLUE, ORANGE, GREY = "#0072b2", "#b85600", "#8a8a8a"


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def line(points: Sequence[tuple[float, float]], color: str, width: float = 2) -> str:
    """A line through points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"/>'


def save(name: str, title: str, height: float, parts: Iterable[str]) -> None:
    """One picture, on white, so that it can be read on any page."""
    body = "\n".join(parts)
    (HERE / f"numbers-{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img">\n'
        f"<title>{title}</title>\n<style>text {{ font: 14px sans-serif }}</style>\n"
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n',
        "utf-8",
    )


def sample(shares: Sequence[float], names: Sequence[str] = ()) -> Sample:
    """The sample of these items."""
    found = clusters.sample(shares, names)
    assert found is not None  # noqa: S101 (there are items)
    return found


def together(runs: int = 40, k: int = 50, size: int = 10, truth: float = 0.8) -> None:
    """Forty runs of 500 items of 50 templates, their intervals without the clusters and with."""
    draws, missed, parts = random.Random(4), [0, 0], []  # noqa: S311 (no secret)
    names = [str(place // size) for place in range(k * size)]
    spread, high = 1 / 0.3 - 1, 60 + 6 * runs
    for row in range(runs):
        rates = [draws.betavariate(truth * spread, (1 - truth) * spread) for _ in range(k)]
        items = [float(draws.random() < rate) for rate in rates for _ in range(size)]
        for side, rate in enumerate((of_sample(sample(items)), of_sample(sample(items, names)))):
            low, up = rate.low or 0.0, rate.high or 0.0
            is_missed = not low <= truth <= up
            missed[side] += is_missed
            left = 20 + side * WIDTH / 2
            ends = [(left + (x - 0.65) * 1_050, 50 + 6 * row) for x in (low, up)]
            parts.append(line(ends, ORANGE if is_missed else BLUE, 3))
    for side, words in enumerate(("as 500 items that stand alone", "as 50 templates of 10 items")):
        left = 20 + side * WIDTH / 2
        at = left + (truth - 0.65) * 1_050
        parts.append(line([(at, 36), (at, high - 6)], GREY, 1))
        parts.append(text(left, 24, f"{words}: {missed[side]} of {runs} miss"))
    parts.append(text(WIDTH / 2, high + 10, "the line is the true RER, 80 %", "middle"))
    said = f"Of {runs} runs {missed[0]} miss the truth as single items, {missed[1]} as clusters"
    save("clusters", said, high + 24, parts)


def several(runs: int = 200) -> None:
    """How often a gate at 90 % passes at a true 95 %, by items, in one style or in ten."""
    draws, sizes = random.Random(5), (50, 75, 100, 150, 200, 300)  # noqa: S311 (no secret)
    parts, spread = [], 1 / 0.3 - 1
    for styles, color, anchor in ((1, GREY, 20), (10, BLUE, -12)):
        points = []
        for n in sizes:
            passed = 0
            for _ in range(runs):
                rates = [draws.betavariate(0.95 * spread, 0.05 * spread) for _ in range(n)]
                right = [sum(draws.random() < rate for _ in range(styles)) for rate in rates]
                found = sample([number / styles for number in right])
                plain = None if found.is_plain else found
                share = Share(min(found.value * n, n), n, found.is_plain, plain)
                passed += (Shares((share,)).limits(0.95) or (0, 1))[0] >= 0.9
            points.append((60 + 2 * n, 240 - 200 * passed / runs))
            if n == 100:
                parts.append(
                    text(points[-1][0], points[-1][1] + anchor, f"{100 * passed / runs:g} %")
                )
        parts.append(line(points, color, 3))
        words = "one style" if styles == 1 else "ten styles"
        parts.append(text(points[3][0] + anchor, points[3][1] + 1.2 * anchor, words, "middle"))
    parts.append(line([(60, 240), (WIDTH - 20, 240)], GREY, 1))
    parts += [text(60 + 2 * n, 260, str(n), "middle") for n in sizes]
    parts.append(
        text(
            WIDTH / 2,
            282,
            "items; how often accuracy.image &gt;= 0.9 passes at a true 95 %",
            "middle",
        )
    )
    save("styles", "A gate of ten styles passes more often than one of one style", 296, parts)


if __name__ == "__main__":
    together()
    several()
