"""Draws the pictures of a planted run's page: `python docs/draw_report.py`.

Run it with `PYTHONPATH=tests:docs`, whose browser it uses. Two releases of a model that does not
exist are asked REST+; the second reads small cursive and yellow print worse than the first.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import screenshot

from pytest_rest.reporting import page, runs

HERE = Path(__file__).parent
_BEFORE = [{"kind": "wrong", "modes": ["image"], "rate": 0.03, "when": {"dpi": 50}}]
_FIRST = [
    {"kind": "wrong", "modes": ["image"], "rate": 0.12, "when": {"dpi": 50, "font": "cursive"}},
    {"kind": "wrong", "modes": ["image"], "rate": 0.01},
]
_SECOND = [
    {"kind": "misread", "rate": 0.3, "when": {"dpi": 50, "font": "cursive"}},
    {"kind": "wrong", "modes": ["image"], "rate": 0.4, "when": {"dpi": 50, "font": "cursive"}},
    {"kind": "wrong", "modes": ["mixed"], "rate": 0.25, "when": {"dpi": 50, "font": "cursive"}},
    {
        "kind": "unparseable",
        "modes": ["mixed"],
        "rate": 0.1,
        "when": {"dpi": 50, "font": "cursive"},
    },
    {"kind": "wrong", "modes": ["image"], "rate": 0.3, "when": {"color": "yellow"}},
    {"kind": "wrong", "modes": ["image"], "rate": 0.06, "when": {"dpi": 50}},
    {"kind": "wrong", "modes": ["text"], "rate": 0.02},
    *_FIRST,
]
_GATE = (
    *("--rest-baseline=acme-vl-2.0/report.json", "--rest-max-rer-drop=0.02"),
    *("--rest-min-rer=0.7", "--rest-max-cfr=0.3", "--rest-require=accuracy.text>=0.9"),
)


def main() -> None:
    """Write the page's top, its releases, an opened item, and the matrix."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ask(folder, "acme-vl-1.9", "2026-10-05", _BEFORE)
        ask(folder, "acme-vl-2.0", "2026-11-02", _FIRST)
        ask(folder, "acme-vl-2.1", "2026-11-28", _SECOND, *_GATE)
        shown = str(folder / "acme-vl-2.1" / page.NAME)
        screenshot.main(str(HERE / "report.png"), shown)
        screenshot.main(str(HERE / "report-releases.png"), shown, "", "#releases")
        screenshot.main(str(HERE / "matrix.png"), shown, "", "#matrix", at=(515, 250))
        item = _opened(folder / "acme-vl-2.1" / "report.json")
        screenshot.main(str(HERE / "report-item.png"), shown, f"#item={item}")


def ask(folder: Path, model: str, day: str, faults: object, *gate: str) -> None:
    """A run of the planted model, kept under its name; 100 systems of equations in ten styles.

    Its day is made up, too, so that the pictures of tomorrow are those of today.
    """
    (folder / f"{model}.yaml").write_text(json.dumps({"faults": faults}), "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    asked = "--rest-plus", "--rest-suite=soebench:100", f"--rest-run-dir={model}"
    command = [sys.executable, "-m", "pytest", "-q", f"--rest-model=simulated:{model}.yaml"]
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([*command, *asked, *gate], cwd=folder, env=environ, check=False)  # noqa: S603
    path = folder / model / "report.json"
    report = json.loads(path.read_text("ascii"))
    report["provenance"]["created"] = f"{day}T00:00:00+00:00"
    path.write_text(json.dumps(report), "ascii")
    page.write(report, runs.prompts(path), path.parent, path.with_name(page.NAME))


def _opened(path: Path) -> str:
    """The first item that is misread in small cursive print."""
    for item in json.loads(path.read_text("ascii"))["items"]:
        is_misread = item["ocr"] and item["ocr"]["cer"] and not item["answers"]["image"]["correct"]
        if item["style"] == "cursive-50dpi-black" and is_misread:
            return f"{item['suite']}/{item['id']}/{item['style']}"
    raise SystemExit("no item is misread")


if __name__ == "__main__":
    main()
