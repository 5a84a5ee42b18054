"""Turns a page into a PNG of its top: `python docs/screenshot.py OUT PAGE [#HASH [SELECTOR]]`.

Run it with `PYTHONPATH=tests`, whose browser it uses.
"""

import base64
import io
import sys
import tempfile
from pathlib import Path

from browser import started
from PIL import Image

_COLORS = 160  # enough for letters, lines and the matrix, and half of the bytes
_WIDTH, _HEIGHT = 1280, 1000
_SETTLED = """if (document.readyState != "complete") return false;
const seen = [...document.images].filter(i => i.getBoundingClientRect().top < innerHeight);
document.querySelector("#list > li.open")?.scrollIntoView();
return seen.every(image => image.complete);"""
_BOX = """const box = document.querySelector(arguments[0]).getBoundingClientRect();
return [box.left, box.top + scrollY, box.width, box.height];"""


def main(
    out: str,
    page: str,
    address: str = "",
    selector: str = "",
    *,
    at: tuple[float, float] | None = None,
) -> None:
    """Write the picture of what is in view, or of the one element, with the mouse in its canvas."""
    with tempfile.TemporaryDirectory() as profile, started(Path(profile)) as browser:
        browser.open(Path(page), address, _WIDTH)
        browser.comes_true(_SETTLED)
        if at:
            browser.point(f"{selector} canvas", *at)
            browser.comes_true("return [...document.images].every(image => image.complete)")
        top = browser.run("return scrollY")
        box = browser.run(_BOX, selector) if selector else [0, top, _WIDTH, _HEIGHT]
        clip = dict(zip(("x", "y", "width", "height"), box, strict=True)) | {"scale": 1}
        asked = {"clip": clip, "captureBeyondViewport": True}
        png = browser.driver.execute_cdp_cmd("Page.captureScreenshot", asked)["data"]
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.convert("RGB").quantize(_COLORS).save(out, "PNG", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
