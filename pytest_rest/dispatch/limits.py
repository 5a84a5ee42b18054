"""Decides when a run's next call may be sent, by its limits on calls, tokens and dollars."""

import logging
import random
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_rest.dispatch.budgets import NAMES, Budgets, Used
from pytest_rest.models.tokens import estimate
from pytest_rest.terms import Completion, Price, Prompt

LOG = logging.getLogger("pytest_rest")

_LONGEST_PAUSE = 30.0
_LONGEST_WAIT = 300.0
_WAIT = re.compile(r"[a-z ]{1,20}: HTTP \d{3}, retry after (\d{1,15}(?:\.\d{1,9})?) s")
_CUT = 0.5
_GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a whole run may do, however many processes it has.

    Calls in flight; calls and tokens in any minute; US dollars; tries after the first; seconds for
    which the endpoint may answer nobody; calls and tokens in all.
    """

    concurrency: int = 32
    rpm: int | None = None
    tpm: int | None = None
    max_cost: float | None = None
    retries: int = 5
    patience: float = 60.0
    max_calls: int | None = None
    max_tokens: int | None = None

    @property
    def budgets(self) -> dict[str, float | None]:
        """What the run may use in all, by the names of `Used`."""
        return {name: getattr(self, f"max_{name}") for name in NAMES}

    @property
    def longest_wait(self) -> float:
        """Seconds that a call waits for the server's own word at most: from five minutes up."""
        return max(self.patience, _LONGEST_WAIT)

    def share(self, askers: int) -> "Limits":
        """The share of each of `askers` processes that ask by themselves.

        A budget that is smaller than their number leaves nothing to any: together they keep it.
        """
        return replace(
            self,
            concurrency=max(self.concurrency // askers, 1),
            rpm=self.rpm and max(self.rpm // askers, 1),
            tpm=self.tpm and max(self.tpm // askers, 1),
            max_cost=self.max_cost and self.max_cost / askers,
            max_calls=self.max_calls and self.max_calls // askers,
            max_tokens=self.max_tokens and self.max_tokens // askers,
        )


@dataclass(slots=True)
class Call:
    """A call that was sent: when, its tokens (expected, until known), and what it may take."""

    sent: float
    tokens: int
    most: Used


class Throttle:
    """Says when a call may be sent; used from one thread.

    The number of calls in flight starts at the limit. A burst of rate limit errors halves it once:
    what was sent before the cut says nothing about it. It grows by a tenth after as many answers in
    a row as may be in flight; a server error restarts that count. `spent` is what was used before.
    """

    def __init__(
        self,
        limits: Limits,
        price: Price | None = None,
        model: str = "",
        spent: Used = Used(),  # noqa: B008 (copied)
        *,
        minute: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.changes: list[str] = []
        self._model = model
        self._budgets = Budgets(limits.budgets, price, model, spent)
        self._minute, self._clock = minute, clock
        self._allowed = float(limits.concurrency)
        self._in_flight = 0
        self._window: deque[Call] = deque()
        self._window_tokens = 0
        self._cut_at = float("-inf")
        self._clean = 0

    @property
    def spent(self) -> float:
        """US dollars for answers."""
        return self._budgets.spent.cost

    @property
    def allowed(self) -> int:
        """How many calls may be in flight now."""
        return int(self._allowed)

    def wait(self, prompt: Prompt) -> float | None:
        """Seconds until this prompt may be sent; None where a call in flight has to end first."""
        if self._in_flight >= self.allowed:
            return None
        if self._budgets.exceeded(self._budgets.most(prompt)):
            return None
        now = self._clock()
        while self._window and self._window[0].sent <= now - self._minute:
            self._window_tokens -= self._window.popleft().tokens
        return max(self._wait_for_calls(now), self._wait_for_tokens(now, prompt), 0.0)

    def overspends(self, prompt: Prompt) -> str | None:
        """Why this prompt can never be sent within the budgets; None if it may."""
        if self._in_flight:
            return None
        most = self._budgets.most(prompt)
        name = self._budgets.exceeded(most)
        return name and self._budgets.why(name, most)

    def begin(self, prompt: Prompt) -> Call:
        """Count a call that is being sent."""
        call = Call(self._clock(), self._tokens(prompt), self._budgets.most(prompt))
        self._in_flight += 1
        self._budgets.begin(call.most)
        if self.limits.rpm or self.limits.tpm:
            self._window.append(call)
            self._window_tokens += call.tokens
        return call

    def end(self, call: Call, completion: Completion) -> None:
        """Count its completion, and adapt the number of calls in flight to it."""
        self._in_flight -= 1
        self._budgets.end(call.most, completion)
        used = (completion.input_tokens or 0) + (completion.output_tokens or 0)
        if used and self._window and call.sent >= self._window[0].sent:
            self._window_tokens += used - call.tokens
            call.tokens = used
        self._adapt(call, completion.error)

    def _adapt(self, call: Call, error: str | None) -> None:
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
        for call in self._window:  # a prompt above the limit goes once all others have
            if over <= 0:
                break
            over -= call.tokens
            wait = call.sent + self._minute - now
        return wait

    def _tokens(self, prompt: Prompt) -> int:
        return estimate(prompt, self._model).total + prompt.max_tokens if self.limits.tpm else 0


def wait_told(error: str) -> float | None:
    """Seconds that the server asked for; None where it did not, or for none at all."""
    told = _WAIT.match(error)
    return (float(told[1]) or None) if told else None


def pause_after(error: str, tries: int, longest: float = _LONGEST_WAIT) -> float:
    """Seconds until the next try: the server's own word, or 0.5, 1, 2, ... give or take half."""
    if told := wait_told(error):
        return min(told, longest)
    doubled: float = min(0.5 * 2 ** (tries - 1), _LONGEST_PAUSE)
    return doubled * random.uniform(0.5, 1.5)  # noqa: S311 (spreads the retries of many prompts)
