"""Turns the same texts into black pictures and coloured ones: `python drawing.py TEXTS`.

Prints the CPU milliseconds of one picture of each, as JSON: the least of several rounds by turns.
"""

import json
import sys
import time

from pytest_rest import rendering
from pytest_rest.benchmark.suites import soebench

STYLES = {"black": "dejavu-200dpi", "coloured": "dejavu-200dpi-red"}
_ROUNDS = 7


def main(texts: int) -> None:
    """Draw them, and print what it took."""
    drawn = [f"{item.context}\n{item.question}" for item in soebench.generate(texts, seed=0)]
    least: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for name, style in STYLES.items():
            start = time.process_time()
            for text in drawn:
                rendering.draw(text, rendering.parse_style(style))
            used = 1000 * (time.process_time() - start) / texts
            least[name] = min(least.get(name, used), used)
    print(json.dumps(least))


if __name__ == "__main__":
    main(int(sys.argv[1]))
