"""Puts prompts that are to be asked in order, and counts those that have begun."""

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from pytest_rest.terms import Completion, Prompt


@dataclass(eq=False, slots=True)
class Request:
    """A prompt on its way: its future, and the failures that it has met."""

    prompt: Prompt
    is_ahead: bool
    future: "Future[Completion]" = field(default_factory=Future)
    errors: list[str] = field(default_factory=list)
    tries: int = 0
    answers_seen: int = 0
    is_begun: bool = False
    is_probe: bool = False


class RequestQueue:
    """What is tried again comes first, then what a test waits for, then what is asked ahead.

    `held` requests have begun and are not answered yet: in flight, or pausing after a failure. Used
    from one thread.
    """

    def __init__(self) -> None:
        self.again: deque[Request] = deque()
        self.waiting: deque[Request] = deque()
        self.ahead: deque[Request] = deque()
        self._aside: deque[Request] = deque()
        self.held = 0

    def next(self, *, is_full: bool) -> Request | None:
        """The next one; where there is no place for another, only one that holds its place."""
        if self.again:
            return self.again.popleft()
        for queue in () if is_full else (self.waiting, self.ahead, self._aside):
            while queue:
                request = queue.popleft()
                if not request.is_begun:
                    request.is_begun = True
                    self.held += 1
                    return request
        return None

    def put_back(self, request: Request) -> None:
        """It cannot be asked yet after all."""
        if request.errors:
            self.again.appendleft(request)
            return
        self._release(request)
        self._own(request).appendleft(request)

    def set_aside(self, request: Request) -> None:
        """An outage has met it: all others are asked before it."""
        self._release(request)
        self._aside.append(request)

    def take_back(self) -> None:
        """The outage is over: what it met is asked before what has not been asked yet."""
        while self._aside:
            request = self._aside.pop()
            self._own(request).appendleft(request)

    def _release(self, request: Request) -> None:
        request.is_begun = False
        self.held -= 1

    def _own(self, request: Request) -> deque[Request]:
        return self.ahead if request.is_ahead else self.waiting
