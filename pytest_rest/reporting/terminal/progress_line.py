"""Turns how far a run has come into one line, and keeps that line at a terminal's foot."""

import os
from dataclasses import dataclass

from pytest_rest.reporting.terminal.figures import duration
from pytest_rest.terms import Rate
from pytest_rest.wording import money, rate

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True)
class Progress:
    """How far a run has come; `left` is in seconds, money in dollars, None where not known."""

    done: int
    planned: int
    in_flight: int = 0
    retries: int = 0
    spent: float | None = None
    left: float | None = None
    rer: Rate | None = None

    def line(self, width: int) -> str:
        """`REST 1,204/4,000 calls, 5 min left, RER 92.0 % [89.1, 94.2], n = 300`, what fits."""
        planned = max(self.planned, self.done)
        parts = [f"REST {self.done:,}/{planned:,} calls"]
        parts += [f"{duration(self.left)} left"] if self.left is not None else []
        parts += [f"RER {rate(self.rer)}"] if self.rer else []
        if self.spent:
            foreseen = self.spent / self.done * planned if self.done else self.spent
            parts.append(f"{money(self.spent)} of some {money(foreseen)}")
        parts += [f"{self.in_flight} in flight"] if self.in_flight else []
        parts += [f"{self.retries:,} retries"] if self.retries else []
        line = parts[0]
        for part in parts[1:]:
            longer = f"{line}, {part}"
            line = longer if len(longer) <= width else line
        return line[:width]


class Foot:
    """A terminal's last row, kept out of the way of whatever else is written.

    The rows above it scroll by themselves (the terminal's scrolling region); each write goes out
    at once, and leaves the cursor where it was. `file` is the terminal's descriptor.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._size: os.terminal_size | None = None
        self._shown = ""

    @property
    def width(self) -> int:
        """The longest line: the last column stays free, so that the terminal does not wrap."""
        return os.get_terminal_size(self._file).columns - 1

    def show(self, line: str) -> None:
        """Put the line there, instead of the one before."""
        size = os.get_terminal_size(self._file)
        if size != self._size:
            self._keep_free(size)
        if line != self._shown:
            self._shown = line
            self._write(f"\x1b7\x1b[{size.lines};1H\x1b[2K{_DIM}{line}{_PLAIN}\x1b8")

    def close(self) -> None:
        """Give the row back, empty."""
        if self._size is not None:
            row = os.get_terminal_size(self._file).lines
            self._write(f"\x1b7\x1b[r\x1b[{row};1H\x1b[2K\x1b8")
            self._size, self._shown = None, ""

    def _keep_free(self, size: os.terminal_size) -> None:
        """Make room below the cursor, and let only the rows above the last one scroll."""
        room = "\x1bD\x1b[1A" if self._size is None else ""
        self._write(f"{room}\x1b7\x1b[1;{size.lines - 1}r\x1b8")
        self._size, self._shown = size, ""

    def _write(self, text: str) -> None:
        os.write(self._file, text.encode())
