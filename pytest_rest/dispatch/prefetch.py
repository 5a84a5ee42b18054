"""Turns the cases that a run will ask into prompts that are on their way before their tests are."""

import contextlib
import functools
import itertools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pytest_rest.dispatch import Dispatcher, interruptible
from pytest_rest.dispatch.prompt_json import light
from pytest_rest.terms import Completion, Item, Prompt, Style

LOG = logging.getLogger("pytest_rest")

Case = tuple[Item, Style]
Asked = list[tuple[Prompt, Completion]]
Follow = Callable[[Prompt, Completion], list[Prompt]]  # what is asked once a prompt is answered
Compare = Callable[[Asked], list[Prompt]]  # what is asked once all of a case's are
_LARGEST = 64 << 20  # bytes of pictures that may wait for their answers


def key(case: Case) -> str:
    """What a case is known by in every process of a run."""
    item, style = case
    return f"{item.suite}/{item.id}/{item.digest}/{style.id}"


class Board(Protocol):
    """Where cases are handed over ahead of their tests."""

    def wait(self, name: str) -> bool:
        """Wait for room for a case; False when it need not be handed over."""
        ...

    def place(self, name: str, prompts: Sequence[Prompt]) -> bool:
        """Take a case's prompts; False when no more are taken."""
        ...


@dataclass
class _Entry:
    """What was handed over for a case, but for its futures.

    Each of these leads to it, and with them it would go round in circles, which Python frees late.
    """

    prompts: list[Prompt]  # without their pictures' bytes, which the dispatcher holds till sent
    size: int
    open: int = field(init=False)
    all: interruptible.Event = field(default_factory=interruptible.Event)  # the last answer
    # by the prompt's place, where all are compared
    answers: dict[int, Completion] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open = len(self.prompts)
        if not self.prompts:
            self.all.happen()

    @classmethod
    def of(cls, prompts: Sequence[Prompt]) -> "_Entry":
        shown = (part for prompt in prompts for part in prompt.parts if not isinstance(part, str))
        return cls([light(each) for each in prompts], sum(len(part.content) for part in shown))

    @property
    def is_compared(self) -> bool:
        """Whether something may follow from all answers."""
        return bool(self.prompts) and bool(self.prompts[0].item.equivalence)


@dataclass(frozen=True)
class Claimed:
    """What was handed over for a case. It is one test's, which alone may wait for it."""

    prompts: list[Prompt]
    futures: list["Future[Completion]"]
    _all: interruptible.Event

    def wait(self) -> Asked:
        """Wait until all is answered: once, and so that an interrupt leaves no lock taken."""
        self._all.wait()
        return [(p, each.result()) for p, each in zip(self.prompts, self.futures, strict=True)]


class LookAhead:
    """The cases that were handed over, of one dispatcher; may be used from several threads.

    Bounded: `most` prompts without an answer, 64 MB of their pictures, and `unclaimed` prompts
    whose test has not come yet. Once full, there is room again when half of it is: whoever fills
    it draws many pictures in a row then, which is much cheaper than one after each answer.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        most: int,
        unclaimed: int,
        follow: Follow | None = None,
        compare: Compare | None = None,
    ) -> None:
        self._dispatcher, self._most, self.unclaimed = dispatcher, most, unclaimed
        self._follow, self._compare = follow, compare
        self._entries: dict[str, tuple[_Entry, list[Future[Completion]]]] = {}
        self._claimed: set[int] = set()  # hashes: names take three times the memory
        self._lock = threading.RLock()  # which no interrupt leaves taken, as it might a Condition
        self._changed = threading.Condition(self._lock)
        self._open = self._waiting = self._size = 0
        self._is_full = self._closed = False
        self._following = ThreadPoolExecutor(1, "rest-follow")  # its thread starts when it is used

    def has(self, name: str) -> bool:
        """Whether a case need not be handed over: it was, or its test has come."""
        with self._lock:
            return self._is_known(name)

    def wait(self, name: str) -> bool:
        """Wait for room for a case; False when it need not be handed over."""
        with self._lock:
            self._changed.wait_for(lambda: self._is_known(name) or self._has_room())
            return not self._is_known(name)

    def place(self, name: str, prompts: Sequence[Prompt]) -> bool:
        """Take a case's prompts; False when no more are taken."""
        return self.place_all({name: prompts})

    def place_all(self, built: Mapping[str, Sequence[Prompt]]) -> bool:
        """Take the prompts of several cases, so that the dispatcher is woken once."""
        entries = []
        with self._lock:
            if self._closed:
                return False
            new = {name: prompts for name, prompts in built.items() if not self._is_known(name)}
            asked = [prompt for prompts in new.values() for prompt in prompts]
            futures = iter(self._dispatcher.submit(asked, ahead=True))
            for name, prompts in new.items():
                placed = _Entry.of(prompts), [*itertools.islice(futures, len(prompts))]
                entries.append(placed)
                self._entries[name] = placed
                self._open += len(prompts)
                self._waiting += len(prompts)
                self._size += placed[0].size
        for entry, its_futures in entries:
            for place, future in enumerate(its_futures):
                future.add_done_callback(functools.partial(self._answered, entry, place))
                self._go_on_after(entry.prompts[place], future)
        return True

    def has_room(self) -> bool:
        """Whether a case may be handed over now."""
        with self._lock:
            return self._has_room()

    def claim(self, name: str) -> "Claimed | None":
        """A case's prompts and their answers to come, for the test that now waits for them.

        None for a case that was not handed over, or was claimed before: its test asks by itself.
        """
        with self._lock:
            self._claimed.add(hash(name))
            placed = self._entries.pop(name, None)
            if placed is not None:
                self._waiting -= len(placed[0].prompts)
            self._changed.notify_all()  # also whoever waits with this very case
        if placed is None:
            return None
        entry, futures = placed
        self._dispatcher.hurry(entry.prompts)
        return Claimed(entry.prompts, futures, entry.all)

    def stop(self) -> None:
        """Take no more, and have nothing asked that no test has claimed."""
        self.close()
        with self._lock:
            left = [prompt for entry, _ in self._entries.values() for prompt in entry.prompts]
            self._entries.clear()
        self._dispatcher.drop(left)

    def close(self) -> None:
        """Take no more, and let go of whoever waits for room."""
        with self._lock:
            self._closed = True
            self._changed.notify_all()
        self._following.shutdown(wait=False, cancel_futures=True)

    def _go_on_after(self, prompt: Prompt, future: "Future[Completion]") -> None:
        """Ask ahead what follows from an answer, once it is there.

        In a thread of its own, for it may draw pictures, and whoever brings answers has others.
        """
        if self._follow is None or (prompt.task == "solve" and prompt.budget is None):
            return

        def begin(future: "Future[Completion]") -> None:
            with contextlib.suppress(RuntimeError):  # the session is over
                self._following.submit(self._go_on, prompt, future)

        future.add_done_callback(begin)

    def _go_on(self, prompt: Prompt, future: "Future[Completion]") -> None:
        """Ask ahead what follows from an answer; its test will ask for the same."""
        if self._follow is None or self._closed or future.cancelled():
            return
        try:
            more = self._follow(prompt, future.result())
            for each, answer in zip(more, self._dispatcher.submit(more, ahead=True), strict=True):
                self._go_on_after(light(each), answer)
        except Exception as error:  # its test meets the same, and says so
            LOG.debug("%s is not asked ahead: %s", prompt.item.id, error)

    def _compare_all(self, entry: _Entry) -> None:
        """Ask ahead what follows from all answers of a case; its test will ask for the same."""
        if self._compare is None or self._closed:
            return
        try:
            asked = [(prompt, entry.answers[n]) for n, prompt in enumerate(entry.prompts)]
            self._dispatcher.submit(self._compare(asked), ahead=True)
        except Exception as error:  # its test meets the same, and says so
            LOG.debug("its answers are not compared ahead: %s", error)

    def _is_known(self, name: str) -> bool:
        return name in self._entries or hash(name) in self._claimed

    def _has_room(self) -> bool:
        if self._closed:
            return True
        if self._open >= self._most or self._size >= _LARGEST:
            self._is_full = True
        elif self._open <= self._most // 2 and self._size <= _LARGEST // 2:
            self._is_full = False
        return not self._is_full and self._waiting < self.unclaimed

    def _answered(self, entry: _Entry, place: int, future: "Future[Completion]") -> None:
        with self._lock:
            if entry.is_compared and not future.cancelled():
                entry.answers[place] = future.result()
            self._open -= 1
            entry.open -= 1
            if entry.open == 0:
                self._size -= entry.size
                entry.all.happen()
                if entry.is_compared:
                    with contextlib.suppress(RuntimeError):  # the session is over
                        self._following.submit(self._compare_all, entry)
            if self._is_full and self._has_room():
                self._changed.notify_all()
