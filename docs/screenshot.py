"""Turns a page into a PNG of its top: `python docs/screenshot.py OUT PAGE [#HASH]`.

Run it with `PYTHONPATH=tests`, whose browser it uses.
"""

import base64
import io
import sys
import tempfile
from pathlib import Path

from browser import started
from PIL import Image

_COLORS = 64  # enough for letters and lines, and a third of the bytes
_WIDTH, _HEIGHT = 1000, 780


def main(out: str, page: str, address: str = "") -> None:
    """Write the picture of what is in view."""
    with tempfile.TemporaryDirectory() as profile, started(Path(profile)) as browser:
        browser.open(Path(page), address, _WIDTH)
        top = browser.run("return scrollY")
        clip = {"x": 0, "y": top, "width": _WIDTH, "height": _HEIGHT, "scale": 1}
        asked = {"clip": clip, "captureBeyondViewport": True}
        png = browser.driver.execute_cdp_cmd("Page.captureScreenshot", asked)["data"]
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.convert("RGB").quantize(_COLORS).save(out, "PNG", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
