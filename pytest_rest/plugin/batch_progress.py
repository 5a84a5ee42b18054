"""Turns how far a run's batches are into lines: on a terminal's last row, or now and then."""

import time
from collections.abc import Callable, Sequence

from pytest_rest.dispatch.batches.ledger import Batch
from pytest_rest.plugin.progress import Watch
from pytest_rest.wording import count

_SOONEST, _LATEST = 60.0, 3600.0  # seconds between two lines of which nothing but figures changed
_MOST = 500  # lines of one session


class BatchProgress:
    """Writes a line when a batch enters another stage, and figures on a terminal's last row.

    Without a terminal the figures are lines too, at times that double.
    """

    def __init__(self, watch: Watch, write: Callable[[str], None]) -> None:
        self._watch, self._write = watch, write
        self._said: dict[str, tuple[str, str]] = {}
        self._lines = 0
        self._pause = _SOONEST
        self._next = time.monotonic() + _SOONEST

    def tell(self, batches: Sequence[Batch]) -> None:
        """The batches as they are now."""
        is_time = not self._watch.has_foot and time.monotonic() >= self._next
        if is_time:
            self._pause = min(self._pause * 2, _LATEST)
            self._next = time.monotonic() + self._pause
        current = ""
        for batch in batches:
            state = (batch.stage, batch.status)
            is_new = self._said.get(batch.label) != state
            self._said[batch.label] = state
            said = line(batch, len(batches))
            if batch.is_open:
                current = current or said
            if (is_new or (is_time and batch.is_open)) and self._lines < _MOST:
                self._lines += 1
                self._write(said)
        self._watch.instead = current


def line(batch: Batch, of: int) -> str:
    """`batch 1 of 3: running, 4,120 of 10,000 rows, 12 failed, 01:12`."""
    begin = f"batch {batch.number} of {max(of, batch.number)}"
    if batch.stage in ("prepared", "uploaded", "creating"):
        why = f": {batch.detail}" if batch.detail else ""
        return f"{begin}: {count(batch.rows, 'row')}, not handed over yet{why}"
    rows = f"{batch.done + batch.failed:,} of {count(batch.rows, 'row')}"
    failed = f", {batch.failed:,} failed" if batch.failed else ""
    if batch.stage == "fetched":
        rows = f"{batch.done:,} of {count(batch.rows, 'answer')}"
        failed = f": {batch.detail}" if batch.failed and batch.detail else ""
    took = f", {_clock(time.time() - batch.since)}" if batch.since else ""
    return f"{begin}: {batch.status}, {rows}{failed}{took}"


def _clock(seconds: float) -> str:
    """`01:12`, or with hours `26:01:12`."""
    minutes, rest = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
