"""Turns a command's real terminal output into an SVG picture: `python docs/picture.py OUT COMMAND`.

The command runs under a pseudo-terminal of 80 columns, so colours are those that a person sees.
"""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 80
SVG = """<svg viewBox="0 0 {terminal_width}+24 {terminal_height}+44" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}+24" height="{terminal_height}+44"/>
</clipPath>{lines}</defs>
<rect fill="#1c1c1c" width="{terminal_width}+24" height="{terminal_height}+44" rx="8"/>
<g transform="translate(8, 8)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def main(out: str, *command: str) -> None:
    """Run the command and write the picture."""
    text = record(command)
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115
    console.print(Text(f"$ {shlex.join(command)}", style="bold"))
    console.print(Text.from_ansi(text))
    svg = console.export_svg(title="", code_format=SVG)
    Path(out).write_text(re.sub(r"(-?[\d.]+)\+(\d+)", _sum, svg), "utf-8")


def _sum(found: re.Match[str]) -> str:
    return f"{float(found[1]) + int(found[2]):g}"


def record(command: tuple[str, ...]) -> str:
    """What the command writes to a terminal; paths of this machine are shortened."""
    main_end, child_end = pty.openpty()
    environ = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    running = subprocess.Popen(  # noqa: S603
        command, stdout=child_end, stderr=child_end, env=environ
    )
    os.close(child_end)
    received = b""
    while True:
        try:
            piece = os.read(main_end, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        received += piece
    running.wait()
    text = received.decode("utf-8").replace("\r\n", "\n")
    noise = re.compile(r"(plugins|cachedir|configfile):")
    lines = [line for line in text.split("\n") if not noise.match(line)]
    return "\n".join(lines).replace(str(Path.cwd()), "~").rstrip("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
