"""Draws the page of a history of made-up releases: `python docs/draw_history.py docs/history.png`.

Run it with `PYTHONPATH=tests:docs`, whose releases and browser it uses.
"""

import random
import sys
import tempfile
from pathlib import Path

import screenshot
from releases import release, write

from pytest_rest.reporting import history
from pytest_rest.reporting.page import history as page

_ITEMS, _RUNS = 200, 12


def main(out: str) -> None:
    """Write the picture of its top."""
    draws = random.Random(1)  # noqa: S311
    hard = [draws.betavariate(3, 0.4) for _ in range(_ITEMS)]
    with tempfile.TemporaryDirectory() as folder:
        for run in range(_RUNS):
            share = 1 - 0.013 * max(run - 3, 0)
            agreed = [draws.random() < chance * share for chance in hard]
            asked = agreed if run > 2 else agreed[:120]
            model = f"acme-vl-1.{run // 4}"
            report = release(asked, 14 * run, model, "invoices", cost=3.1 + draws.random() / 5)
            threshold = {"metric": "rer", "subset": "all", "scope": "", "part": "", "bound": 0.8}
            report["gate"]["thresholds"] = [threshold]
            write(Path(folder) / f"{run:02}", report)
        path = Path(folder) / "history.html"
        path.write_text(page.text(history.read([Path(folder)])), "utf-8")
        screenshot.main(out, str(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
