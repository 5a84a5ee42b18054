"""Turns failures that no prompt is to blame for into a pause of all asking, or into its end."""

import logging
import re
import time
from collections.abc import Callable

from pytest_rest.dispatch.limits import Limits, pause_after
from pytest_rest.models.contents import STREAM_ONLY

LOG = logging.getLogger("pytest_rest")

_FEWEST, _MOST = 3, 10  # failures in a row that are an outage
_LONGEST_PAUSE = 5.0  # seconds between two probes, where the server does not say
# A gateway's (a page under HTTP 200, Cloudflare's 52x and 530, too), or the network's: unlike a
# broken server's, never the fault of one prompt.
_PASSING = re.compile(
    r"connection:|timeout:"
    r"|server error: (?:HTTP (?:200|50[234]|52\d|530)\b|ServiceUnavailable|BadGateway)"
    r"|server error: HTTP 500: litellm\..{0,90}Connection error"  # of its proxy
)
_ENDING = ("authentication:", "quota:", STREAM_ONLY)
_OF_ONE_PROMPT = ("authentication: HTTP 403", STREAM_ONLY)  # once another one was answered
_FIRST = 12  # calls that are refused alike, with no answer ever, before asking ends
_REFUSED = re.compile(r"(?:bad request|authentication):(?: HTTP (\d{3}))?")
_MENDS = {
    "404": "check the address, which may have one /v1 too many or too few, and the model's name",
    "405": "check the address, which may have one /v1 too many or too few",
    "403": "check what the key may be used for",
}


def may_pass(error: str) -> bool:
    """Whether the failure says that the endpoint is away, or too busy, whatever it was asked."""
    return bool(_PASSING.match(error))


class Outage:
    """Whether an endpoint answers nobody, and when it may be asked again; used from one thread.

    It begins when as many calls failed in a row as may be in flight, three to ten, with no answer
    between them; where one or two may be, as soon as the first would be given up. Then one prompt
    at a time is a probe, and the first answer ends it. Its patience is in seconds since the first
    of those failures, and not in tries.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.changes: list[str] = []
        fewest = min(_FEWEST, limits.retries + 1)
        self._sign = min(max(limits.concurrency, fewest), _MOST)
        self._patience, self._clock = limits.patience, clock
        self._since = self._next_probe = 0.0
        self._in_a_row = self._probes = 0
        self._is_probing = False

    @property
    def is_on(self) -> bool:
        """Whether only probes are asked."""
        return self._in_a_row >= self._sign

    def fail(self, error: str, is_probe: bool) -> str:
        """Count a failure; why nothing more should be asked, or nothing."""
        now, was_on = self._clock(), self.is_on
        if not self._in_a_row:
            self._since = now
        self._in_a_row += 1
        if not self.is_on:
            return ""
        if not was_on:
            self._change(f"asking pauses: {self._in_a_row} failures in a row: {error[:200]}")
        if is_probe or not was_on:
            self._is_probing = False
            self._probes += 1
            pause = min(pause_after(error, self._probes), self._longest(error))
            self._next_probe = min(now + pause, self._since + self._patience)
        if now - self._since < self._patience:
            return ""
        return f"outage: nothing was answered for {now - self._since:.0f} s: {error}"

    def answer(self) -> bool:
        """Count an answer; whether it ends an outage."""
        was_on = self.is_on
        if was_on:
            self._change(f"asking goes on after {self._clock() - self._since:.0f} s")
        self._in_a_row = self._probes = 0
        self._is_probing = False
        return was_on

    def wait(self) -> float | None:
        """Seconds until a call may be sent; None while a probe is on its way."""
        if not self.is_on:
            return 0.0
        return None if self._is_probing else max(self._next_probe - self._clock(), 0.0)

    def begin(self) -> bool:
        """Count a call that is being sent; whether it is a probe."""
        self._is_probing = self.is_on
        return self.is_on

    def _longest(self, error: str) -> float:
        """As long as the server says, within the patience; else a few seconds."""
        return self._patience if "retry after" in error else _LONGEST_PAUSE

    def _change(self, text: str) -> None:
        self.changes.append(text)
        LOG.info("%s", text)


class Rejection:
    """Whether an endpoint refuses whatever it is asked: by its word, or the first dozen alike."""

    def __init__(self) -> None:
        self._kind = ""
        self._in_a_row = 0
        self.has_answered = False

    def fail(self, error: str) -> str:
        """Count a failure; why nothing more should be asked, or nothing."""
        if error.startswith(_ENDING) and not (
            self.has_answered and error.startswith(_OF_ONE_PROMPT)
        ):
            return error
        refused = _REFUSED.match(error)
        kind = refused[0] if refused else ""
        self._in_a_row = self._in_a_row + 1 if kind == self._kind else 1
        self._kind = kind
        if not kind or self.has_answered or self._in_a_row < _FIRST:
            return ""
        mend = _MENDS.get(refused[1] or "", "") if refused else ""
        return f"the first {_FIRST} calls were refused alike: {error}{mend and f'; {mend}'}"
