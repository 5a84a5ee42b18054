"""Puts prompts that are to be asked in order, and counts those that have begun."""

from collections import Counter, deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice

from pytest_rest.terms import Completion, Prompt, part_digest

_LOOK = 128  # requests among which one is chosen


@dataclass(eq=False, slots=True)
class Request:
    """A prompt on its way: its future, and the failures that it has met.

    `beginning` is what it begins with, a picture or a text.
    """

    prompt: Prompt
    is_ahead: bool
    future: "Future[Completion]" = field(default_factory=Future)
    errors: list[str] = field(default_factory=list)
    tries: int = 0
    answers_seen: int = 0
    is_begun: bool = False
    is_probe: bool = False
    beginning: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.beginning = str([*map(part_digest, self.prompt.parts[:1])])


class RequestQueue:
    """What is tried again comes first, then what a test waits for, then what is asked ahead.

    `held` requests have begun and are not answered yet: in flight, or pausing after a failure. Of
    what is asked ahead, what begins as a call in flight does gives way to the others: once that one
    is answered, a provider that keeps the beginnings of prompts has it in its cache. Used from one
    thread.
    """

    def __init__(self) -> None:
        self.again: deque[Request] = deque()
        self.waiting: deque[Request] = deque()
        self.ahead: deque[Request] = deque()
        self._aside: deque[Request] = deque()
        self._in_flight: Counter[str] = Counter()  # calls, by what they begin with
        self.held = 0

    def next(self, *, is_full: bool, in_order: bool = False) -> Request | None:
        """The next one; where there is no place for another, only one that holds its place.

        With `in_order` nothing gives way: so what is cut short has the fewest items half asked.
        """
        if self.again:
            return self.again.popleft()
        for queue in () if is_full else (self.waiting, self.ahead, self._aside):
            while queue:
                gives_way = queue is self.ahead and not in_order
                request = self._other_than_in_flight() if gives_way else queue.popleft()
                if not request.is_begun:
                    request.is_begun = True
                    self.held += 1
                    return request
        return None

    def send(self, request: Request) -> None:
        """It is in flight from now on."""
        self._in_flight[request.beginning] += 1

    def end(self, request: Request) -> None:
        """It is not any more."""
        self._in_flight[request.beginning] -= 1
        if not self._in_flight[request.beginning]:
            del self._in_flight[request.beginning]

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

    def _other_than_in_flight(self) -> Request:
        """Take the first ahead that begins otherwise than all in flight; or else the first."""
        while self.ahead[0].is_begun and len(self.ahead) > 1:
            self.ahead.popleft()
        for place, request in enumerate(islice(self.ahead, _LOOK)):
            if not (request.is_begun or request.beginning in self._in_flight):
                del self.ahead[place]
                return request
        return self.ahead.popleft()

    def _release(self, request: Request) -> None:
        request.is_begun = False
        self.held -= 1

    def _own(self, request: Request) -> deque[Request]:
        return self.ahead if request.is_ahead else self.waiting
