"""Draw a text as models see it, in one style or several, to PNG files."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_rest import rendering
from pytest_rest.benchmark.styles import named_styles
from pytest_rest.commands import GOOD, writing
from pytest_rest.safe_text import shown
from pytest_rest.terms import Style


def declare(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("text", metavar="TEXT", help="the text; - reads it from standard input")
    parser.add_argument(
        "-s",
        "--style",
        action="append",
        metavar="NAME",
        help=f"a style's name, or a file of styles; repeatable (default: {Style().id}, REST's)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PATH",
        help="the file, or the folder of several styles' files (default: here, named by the style)",
    )
    parser.add_argument("--json", action="store_true", help="print what was drawn as JSON")


def run(arguments: Namespace) -> int:
    """Write a picture for each style, and print where it is."""
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    styles = named_styles(arguments.style or [Style().id])
    drawn = []
    for style in styles:
        image = rendering.draw(text, style)
        path = _path(arguments.output, style, len(styles))
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image.content)
        width, height = image.size
        about = {"path": str(path), "style": style.id, "width": width, "height": height}
        drawn.append({**about, "bytes": len(image.content), "digest": image.digest})
    if arguments.json:
        print(json.dumps(drawn, indent=1))
        return GOOD
    for about in drawn:
        size = f"{about['width']} x {about['height']} pixels, {about['bytes']:,} bytes"
        print(f"{shown(str(about['path']), 500)}: {size}")
    return GOOD


def _path(output: Path | None, style: Style, number: int) -> Path:
    own = Path(f"{style.id}.png")
    if output is None:
        return own
    return output / own if number > 1 or output.is_dir() else output
