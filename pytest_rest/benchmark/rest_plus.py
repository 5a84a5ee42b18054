"""Gives the ten styles of REST+ for an item and a seed.

Source: arXiv 2512.08923: {DejaVu Sans, Courier New, Cursive} x {50, 100, 200 DPI} in black, and one
coloured style in DejaVu Sans at 200 DPI. That its colour is drawn for each item is our reading.
"""

import hashlib
from itertools import product

from pytest_rest.terms import Style

FONTS = ("dejavu", "courier", "cursive")
DPIS = (50, 100, 200)
COLORS = ("red", "green", "blue", "cyan", "magenta", "yellow")


def rest_plus(item: str, seed: int) -> tuple[Style, ...]:
    """The ten styles of the item with that digest (or id): nine in black, and a coloured one.

    Equal for equal arguments, on every platform and in every process.
    """
    drawn = hashlib.sha256(f"{seed} {item}".encode("utf-8", "surrogatepass")).digest()
    color = COLORS[int.from_bytes(drawn[:8]) % len(COLORS)]
    black = (Style(font, dpi) for font, dpi in product(FONTS, DPIS))
    return (*black, Style("dejavu", 200, color))
