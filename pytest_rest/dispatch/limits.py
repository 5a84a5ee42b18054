"""Turns the limits of a run into when its next call may be sent."""

import logging
import random
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_rest.models.tokens import estimate
from pytest_rest.terms import Completion, Price, Prompt

LOG = logging.getLogger("pytest_rest")

_LONGEST_PAUSE = 30.0
_LONGEST_PATIENCE = 300.0
_PATIENCE = re.compile(r"[a-z ]{1,20}: HTTP \d{3}, retry after (\d{1,9}(?:\.\d{1,9})?) s")
_CUT = 0.5
_GROWTH = 1.1
_CAUTION = 1.5  # a budget is held against this many times the tokens that a prompt seems to have


@dataclass(frozen=True, slots=True)
class Limits:
    """What a whole run may do, however many processes it has.

    Calls in flight; calls and tokens in any minute; US dollars; tries after the first; seconds for
    which the endpoint may answer nobody.
    """

    concurrency: int = 32
    rpm: int | None = None
    tpm: int | None = None
    max_cost: float | None = None
    retries: int = 5
    patience: float = 60.0

    def share(self, askers: int) -> "Limits":
        """What each of several processes may do that ask by themselves."""
        return replace(
            self,
            concurrency=max(self.concurrency // askers, 1),
            rpm=self.rpm and max(self.rpm // askers, 1),
            tpm=self.tpm and max(self.tpm // askers, 1),
            max_cost=self.max_cost and self.max_cost / askers,
        )


@dataclass(slots=True)
class Call:
    """One call that was sent: when, and what it was expected to take until it is known."""

    sent: float
    tokens: int
    cost: float


class Throttle:
    """Says when a call may be sent; used from one thread.

    The number of calls in flight starts at the limit. A burst of rate limits halves it, once: what
    was sent before the cut says nothing about it. As many answers in a row as may be in flight let
    it grow by a tenth; a server's error begins that count anew. `spent` is in dollars.
    """

    def __init__(
        self,
        limits: Limits,
        price: Price | None = None,
        model: str = "",
        spent: float = 0.0,
        *,
        minute: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.changes: list[str] = []
        self._price, self._model, self._spent = price, model, spent
        self._minute, self._clock = minute, clock
        self._allowed = float(limits.concurrency)
        self._in_flight = 0
        self._reserved = 0.0
        self._window: deque[Call] = deque()
        self._window_tokens = 0
        self._cut_at = float("-inf")
        self._clean = 0

    @property
    def spent(self) -> float:
        """Dollars, for what was answered."""
        return self._spent

    @property
    def allowed(self) -> int:
        """How many calls may be in flight now."""
        return int(self._allowed)

    def wait(self, prompt: Prompt) -> float | None:
        """Seconds until this prompt may be sent; None: when a call that is in flight has ended."""
        if self._in_flight >= self.allowed:
            return None
        if self._is_dear(prompt):
            return None
        now = self._clock()
        while self._window and self._window[0].sent <= now - self._minute:
            self._window_tokens -= self._window.popleft().tokens
        return max(self._wait_for_calls(now), self._wait_for_tokens(now, prompt), 0.0)

    def overspends(self, prompt: Prompt) -> str | None:
        """Why this prompt can never be sent, if the budget is all but spent."""
        if self._in_flight or not self._is_dear(prompt):
            return None
        return (
            f"${self._spent:.4f} of --rest-max-cost={self.limits.max_cost:g} are spent, and the "
            f"next call may cost ${self._worst(prompt):.4f}"
        )

    def begin(self, prompt: Prompt) -> Call:
        """Count a call that is being sent."""
        call = Call(self._clock(), self._tokens(prompt), self._worst(prompt))
        self._in_flight += 1
        self._reserved += call.cost
        if self.limits.rpm or self.limits.tpm:
            self._window.append(call)
            self._window_tokens += call.tokens
        return call

    def end(self, call: Call, completion: Completion) -> None:
        """Count what came of it, and learn from it how many calls the endpoint takes."""
        self._in_flight -= 1
        self._reserved -= call.cost
        if completion.error is None:
            self._spent += call.cost if completion.cost is None else completion.cost
        used = (completion.input_tokens or 0) + (completion.output_tokens or 0)
        if used and self._window and call.sent >= self._window[0].sent:
            self._window_tokens += used - call.tokens
            call.tokens = used
        self._learn(call, completion.error)

    def _learn(self, call: Call, error: str | None) -> None:
        if error is None:
            self._clean += 1
            if self._allowed < self.limits.concurrency and self._clean >= self.allowed:
                allowed = min(
                    max(self._allowed * _GROWTH, self._allowed + 1), self.limits.concurrency
                )
                self._change(allowed, f"{self._clean} answers in a row")
        elif error.startswith("rate limit:"):
            if call.sent >= self._cut_at and self._allowed > 1:
                self._cut_at = self._clock()
                self._change(max(self._allowed * _CUT, 1.0), error)
            self._clean = 0
        elif error.startswith("server error:"):
            self._clean = 0

    def _change(self, allowed: float, reason: str) -> None:
        was, self._allowed, self._clean = self.allowed, allowed, 0
        if self.allowed != was:
            self.changes.append(f"{was} -> {self.allowed} calls in flight: {reason[:200]}")
            LOG.info("%s", self.changes[-1])

    def _wait_for_calls(self, now: float) -> float:
        if not self.limits.rpm or len(self._window) < self.limits.rpm:
            return 0.0
        return self._window[-self.limits.rpm].sent + self._minute - now

    def _wait_for_tokens(self, now: float, prompt: Prompt) -> float:
        if not self.limits.tpm:
            return 0.0
        over = self._window_tokens + self._tokens(prompt) - self.limits.tpm
        wait = 0.0
        for call in self._window:  # a prompt larger than the limit goes when nothing else is there
            if over <= 0:
                break
            over -= call.tokens
            wait = call.sent + self._minute - now
        return wait

    def _tokens(self, prompt: Prompt) -> int:
        return estimate(prompt, self._model).total + prompt.max_tokens if self.limits.tpm else 0

    def _is_dear(self, prompt: Prompt) -> bool:
        if self.limits.max_cost is None:
            return False
        return self._spent + self._reserved + self._worst(prompt) > self.limits.max_cost

    def _worst(self, prompt: Prompt) -> float:
        """Dollars that a call may cost: its tokens with a margin, and the longest answer."""
        if self._price is None or self.limits.max_cost is None:
            return 0.0
        tokens = estimate(prompt, self._model).total * _CAUTION
        return tokens * self._price.input + prompt.max_tokens * self._price.output


def pause_after(error: str, tries: int) -> float:
    """Seconds until the next try: the server's own word, or 0.5, 1, 2, ... give or take half.

    Its word is not taken for none at all, nor for so long that no run should wait: a used-up quota.
    """
    patience = _PATIENCE.match(error)
    if patience and 0 < float(patience[1]) <= _LONGEST_PATIENCE:
        return float(patience[1])
    doubled: float = min(0.5 * 2 ** (tries - 1), _LONGEST_PAUSE)
    return doubled * random.uniform(0.5, 1.5)  # noqa: S311 (spreads the retries of many prompts)
