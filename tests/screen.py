"""A terminal of a given size, and what a person would see on it while a command runs."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pyte


class Screen:
    """Runs pytest in a pseudo-terminal; `lines` are what stands there when it has ended.

    `foots` are the last row's texts while it ran. `until` is called with the lines whenever they
    change; when it says so, the run is interrupted as by Ctrl-C.
    """

    def __init__(
        self,
        args: Sequence[str],
        columns: int,
        rows: int = 60,
        until: Callable[[Sequence[str]], bool] = lambda _: False,
        environ: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        hidden = ("CI", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        process = subprocess.Popen(
            [sys.executable, "-mpytest", *args],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**kept, "TERM": "xterm-256color", **environ},
            start_new_session=True,
        )
        os.close(inner)
        screen = pyte.Screen(columns, rows)
        stream = pyte.ByteStream(screen)
        self.foots: list[str] = []
        self.written = b""
        is_interrupted = False
        while piece := _read(outer):
            stream.feed(piece)
            self.written += piece
            if (foot := screen.display[-1].rstrip()) and foot not in self.foots:
                self.foots.append(foot)
            if not is_interrupted and until(screen.display):
                is_interrupted = True
                process.send_signal(signal.SIGINT)
        os.close(outer)
        self.status = process.wait()
        self.lines = [line.rstrip() for line in screen.display]


def _read(file: int) -> bytes:
    """What comes next; nothing when the last process has let go of the terminal."""
    try:
        select.select([file], [], [])
        return os.read(file, 65536)
    except OSError:
        return b""
